/* RUN/out_of_fold.csv: each hole of a run as models predict it that have not seen it. Columns: file; fold (from 1; 0 = held
 * out, predicted by all); depths in mm predicted, and of the label; half of the interval in mm; confidence, 0 to 1. An
 * empty cell is an absent point, or what is not known of it. This is the one place that writes and reads them. */
#ifndef GIMLET_TRAINING_OUT_OF_FOLD_H
#define GIMLET_TRAINING_OUT_OF_FOLD_H

#include "evaluation.h"

typedef struct {
    const char *file; /* path below the input folder */
    int fold;
    double mm[GM_N_POINTS];         /* NAN = absent */
    double label_mm[GM_N_POINTS];   /* the label that the run was trained with */
    double half_mm[GM_N_POINTS];    /* NAN = the point is absent */
    double confidence[GM_N_POINTS]; /* NAN in tables written before there was one */
} gm_out_of_fold_row;

typedef struct {
    gm_out_of_fold_row *rows; /* by file: a hole is predicted once */
    size_t count;
    size_t n_damaged; /* lines passed over */
    char *bytes;      /* owns the names */
} gm_out_of_fold;

void gm_out_of_fold_header(gm_text *out);
void gm_out_of_fold_append(const gm_evaluation_item *item, gm_text *out);
/* GM_E_NOTFOUND where there is no such file. */
gm_status gm_out_of_fold_read(const char *path, gm_out_of_fold *out, gm_error *err) GM_MUST_CHECK;
/* The row of a hole; NULL when there is none. */
const gm_out_of_fold_row *gm_out_of_fold_find(const gm_out_of_fold *table, const char *file);
/* Predicted - label of a point or of the hole depth (GM_EVAL_HOLE_DEPTH); NAN where one of both is absent. */
double gm_out_of_fold_error_mm(const gm_out_of_fold_row *row, int index);
void gm_out_of_fold_finish(gm_out_of_fold *table);
#define gm_auto_out_of_fold __attribute__((cleanup(gm_out_of_fold_finish))) gm_out_of_fold

#endif
