/* HTML pages for people: what a training run gave, how good a model is. Inside service/ only. */
#ifndef GIMLET_SERVICE_REPORTS_H
#define GIMLET_SERVICE_REPORTS_H

#include "dataset.h"
#include "service/service.h"

typedef struct {
    const gm_evaluation_item *items;
    size_t count;
    const service_dataset *dataset; /* for the signals of the worst holes */
} report_holes;

gm_status report_evaluation(const gm_evaluate_request *request, const gm_evaluate_summary *summary,
                            const report_holes *holes, const char *path, gm_error *err) GM_MUST_CHECK;
/* From what the run has left on disk: metrics.json, events.jsonl. */
gm_status report_run(const char *run_dir, const gm_train_result *result, const char *path, gm_error *err) GM_MUST_CHECK;

/* The epochs that events.jsonl tells of; the last line on an epoch counts (a resumed run may repeat one). Empty where
 * there is no such file. */
typedef struct {
    size_t n_folds, n_epochs;
    double *train_loss, *val_loss, *val_mm; /* [fold * n_epochs + epoch]; NAN = not told */
} report_history;
gm_status report_history_read(const char *run_dir, report_history *h, gm_error *err) GM_MUST_CHECK;
void report_history_finish(report_history *h);

/* What events.jsonl of a run tells of its folds; nothing where there is none (a single fold's directory). */
gm_status report_learning_curves(gm_text *page, const char *run_dir, gm_error *err) GM_MUST_CHECK;

/* A table of point metrics, one row per point that has holes. */
void report_metrics_table(gm_text *page, const gm_metrics *metrics, const char *caption);

#endif
