/* What the newest finished run says about the holes that it was trained with, each predicted by the fold that has not
 * seen it (RUN/out_of_fold.csv). */
#ifndef GIMLET_SERVICE_FOLD_PREDICTIONS_H
#define GIMLET_SERVICE_FOLD_PREDICTIONS_H

#include "data/data.h"

typedef struct {
    const char *file;             /* path below the input folder                     */
    int fold;                     /* from 1; 0 = held out, predicted by all folds     */
    double mm[GM_N_POINTS];       /* NAN = absent                                     */
    double label_mm[GM_N_POINTS]; /* the label that it was trained with then         */
    double half_mm[GM_N_POINTS];  /* half of the interval; NAN = none                 */
} gm_fold_prediction;

typedef struct {
    gm_fold_prediction *items; /* by file */
    size_t count;
    char run[256];                  /* its name; "" = there is no finished run      */
    char finished_at[GM_TIME_TEXT]; /* labels made later were not part of it       */
    char *bytes;                    /* owns the names */
} gm_fold_predictions;

/* models_dir may be NULL or absent: then nothing is predicted. A damaged table is passed over. */
gm_status gm_fold_predictions_read(const char *models_dir, gm_fold_predictions *out, gm_error *err) GM_MUST_CHECK;
/* NULL when there is none. */
const gm_fold_prediction *gm_fold_predictions_find(const gm_fold_predictions *predictions, const char *file);
void gm_fold_predictions_finish(gm_fold_predictions *predictions);

#endif
