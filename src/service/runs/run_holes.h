/* The errors of a run, hole by hole, from its out_of_fold.csv. Inside service/ only. */
#ifndef GIMLET_SERVICE_RUN_HOLES_H
#define GIMLET_SERVICE_RUN_HOLES_H

#include "training/out_of_fold.h"

typedef struct {
    const char *file;
    int fold;                   /* from 1; 0 = held out */
    double error_mm[GM_N_EVAL]; /* predicted - label; NAN where one of both is absent */
} run_hole;
typedef struct {
    run_hole *items; /* by file, then fold */
    size_t count;
    gm_out_of_fold table; /* owns the names */
} run_holes;
/* Empty where the run has none yet. */
gm_status run_holes_read(const char *dir, run_holes *out, gm_error *err) GM_MUST_CHECK;
/* The absolute errors of the holes that both have predicted out of fold, in arrays of at most a->count: a hole is the same
 * where file and trace (folds.json, where it is there) are. */
typedef struct {
    double *a, *b; /* one allocation, in a */
    size_t n;
} run_pairs;
gm_status run_pairs_make(const char *dir_a, const char *dir_b, int point, run_pairs *out, gm_error *err) GM_MUST_CHECK;
void run_pairs_finish(run_pairs *pairs);
void run_holes_finish(run_holes *holes);
#define auto_run_holes __attribute__((cleanup(run_holes_finish))) run_holes

#endif
