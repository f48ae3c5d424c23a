/* All folds of a job, side by side: one thread each. With a single fold the threads share its batches instead. */
#include "loop_internal.h"

#include <string.h>

typedef struct {
    gm_training_job *job;
    gm_status *status;
    gm_error *errors;
} folds_run;

static void train_one(void *ctx, size_t index, int worker) {
    (void)worker;
    folds_run *r = ctx;
    if (atomic_load(&r->job->stop)) {
        r->status[index] = gm_fail(&r->errors[index], GM_E_CANCELLED, "stopped before fold %zu", index + 1);
        return;
    }
    r->status[index] = gm_fold_train(r->job, (int)index, NULL, &r->errors[index]);
    if (r->status[index] != GM_OK) atomic_store(&r->job->stop, true); /* the others stop at their next step */
}

/* The failure that made the others stop, not one of those that were told to. */
static gm_status first_failure(const folds_run *r, int n, gm_error *err) {
    int found = -1;
    for (int i = 0; i < n; i++) {
        if (r->status[i] == GM_OK) continue;
        if (found < 0 || (r->status[found] == GM_E_CANCELLED && r->status[i] != GM_E_CANCELLED)) found = i;
    }
    if (found < 0) return GM_OK;
    if (err) *err = r->errors[found];
    return r->status[found];
}

gm_status gm_job_train_folds(gm_training_job *job, gm_error *err) {
    size_t n = (size_t)job->n_run;
    job->started = gm_seconds();
    if (n == 1) return gm_fold_train(job, 0, job->threads, err);
    gm_auto_free gm_status *status = gm_calloc(n, sizeof *status);
    gm_auto_free gm_error *errors = gm_calloc(n, sizeof *errors);
    if (!status || !errors) return gm_nomem(err);
    folds_run r = {job, status, errors};
    gm_threads_run(job->threads, n, train_one, &r);
    return first_failure(&r, (int)n, err);
}
