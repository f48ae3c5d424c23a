/* What the newest finished run says about the holes that it was trained with, each predicted by the fold that has not
 * seen it (RUN/out_of_fold.csv). */
#ifndef GIMLET_SERVICE_FOLD_PREDICTIONS_H
#define GIMLET_SERVICE_FOLD_PREDICTIONS_H

#include "training/out_of_fold.h"

typedef struct {
    gm_out_of_fold table;
    char run[256];                  /* its name; "" = there is no finished run      */
    char finished_at[GM_TIME_TEXT]; /* labels made later were not part of it       */
} gm_fold_predictions;

/* models_dir may be NULL or absent: then nothing is predicted. Damaged lines are passed over. */
gm_status gm_fold_predictions_read(const char *models_dir, gm_fold_predictions *out, gm_error *err) GM_MUST_CHECK;
void gm_fold_predictions_finish(gm_fold_predictions *predictions);

#endif
