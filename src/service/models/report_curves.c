/* Learning curves of a run's folds, from its events.jsonl. */
#include "data/report/report.h"
#include "reports.h"

#include <string.h>

void report_history_finish(report_history *h) {
    gm_free(h->train_loss);
}

static double number_or_nan(const json_t *value) {
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Calls visit for every epoch event; lines that are cut off (a killed run) are skipped. */
static void each_epoch(char *bytes, void (*visit)(report_history *, const json_t *, size_t fold, size_t epoch),
                       report_history *h) {
    char *rest = bytes;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        json_t *event = json_loads(line, 0, NULL);
        const char *name = json_string_value(json_object_get(event, "event"));
        json_int_t fold = json_integer_value(json_object_get(event, "fold"));
        json_int_t epoch = json_integer_value(json_object_get(event, "epoch"));
        if (name && strcmp(name, "epoch") == 0 && fold > 0 && epoch > 0 && fold <= 10000 && epoch <= 1000000)
            visit(h, event, (size_t)fold - 1, (size_t)epoch - 1);
        json_decref(event);
        if (rest) rest[-1] = '\n'; /* the text is walked twice */
    }
}

static void measure(report_history *h, const json_t *event, size_t fold, size_t epoch) {
    (void)event;
    h->n_folds = GM_MAX(h->n_folds, fold + 1);
    h->n_epochs = GM_MAX(h->n_epochs, epoch + 1);
}

static void fill(report_history *h, const json_t *event, size_t fold, size_t epoch) {
    size_t at = fold * h->n_epochs + epoch;
    h->train_loss[at] = number_or_nan(json_object_get(event, "train_loss"));
    h->val_loss[at] = number_or_nan(json_object_get(event, "val_loss"));
    h->val_mm[at] = number_or_nan(json_object_get(event, "val_mm"));
}

gm_status report_history_read(const char *run_dir, report_history *h, gm_error *err) {
    *h = (report_history){0};
    gm_auto_free char *path = gm_path_join(run_dir, "events.jsonl"), *bytes = NULL;
    size_t size;
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path)) return GM_OK; /* track_metrics: false */
    GM_TRY(gm_read_file(path, (size_t)1 << 30, &bytes, &size, err));
    each_epoch(bytes, measure, h);
    size_t n = h->n_folds * h->n_epochs;
    if (n == 0) return GM_OK;
    h->train_loss = gm_alloc_array(3 * n, sizeof *h->train_loss);
    if (!h->train_loss) return gm_nomem(err);
    h->val_loss = h->train_loss + n;
    h->val_mm = h->train_loss + 2 * n;
    for (size_t i = 0; i < 3 * n; i++) h->train_loss[i] = NAN;
    each_epoch(bytes, fill, h);
    return GM_OK;
}

static void put_curves(gm_text *page, const report_history *h) {
    gm_report_section(
        page, "How the folds learned",
        "Each thin line is a fold, the thick one their mean. Curves that still fall at the end ask for more "
        "epochs; a validation curve that rises again while the training curve falls asks for fewer, or for "
        "more holes.");
    gm_learning_curves losses = {.title = "loss",
                                 .y_label = "loss",
                                 .n_folds = h->n_folds,
                                 .n_epochs = h->n_epochs,
                                 .training = h->train_loss,
                                 .validation = h->val_loss};
    gm_learning_curves errors = {.title = "error on the validation holes",
                                 .y_label = "MAE, mm",
                                 .n_folds = h->n_folds,
                                 .n_epochs = h->n_epochs,
                                 .validation = h->val_mm,
                                 .y_log = true};
    gm_report_learning_curves(page, &losses);
    gm_report_learning_curves(page, &errors);
}

gm_status report_learning_curves(gm_text *page, const char *run_dir, gm_error *err) {
    __attribute__((cleanup(report_history_finish))) report_history h = {0};
    GM_TRY(report_history_read(run_dir, &h, err));
    if (h.train_loss) put_curves(page, &h);
    return GM_OK;
}
