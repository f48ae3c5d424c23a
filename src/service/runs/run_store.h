/* Runs as a store: found by what they are, shown, held against each other, tagged. What the command line and the server
 * answer; the folders are the truth (runs.h), the index only makes it fast (run_index.h).
 *
 * A RUN is the name of a folder in models_dir, or a path to one (with a '/' in it).
 * JSON       as in docs/api.md; results are the caller's.
 * Errors     GM_E_NOTFOUND: no such folder or run, the nearest is named; GM_E_ARG: a filter or key that makes no sense,
 *            with its column.
 * Threads    all functions from any thread. */
#ifndef GIMLET_SERVICE_RUN_STORE_H
#define GIMLET_SERVICE_RUN_STORE_H

#include "base/base.h"

#include <jansson.h>

typedef struct {
    const char *models_dir;
    const char *filter;  /* "metrics.exit_mae_mm < 0.1 and state = 'finished'"; NULL = all (docs/runs.md) */
    const char *sort;    /* a key, "-KEY" downwards; NULL = newest first */
    const char *columns; /* keys with commas between; NULL = some that most people want */
    long limit, offset;  /* limit < 0 = all */
    const gm_observer *observer;
} gm_run_list_query;
/* {"total", "columns": [key], "items": [{"run", "values": {key: value}}]} */
gm_status gm_run_list(const gm_run_list_query *query, json_t **out, gm_error *err) GM_MUST_CHECK;
/* {"items": [{"key", "doc", "used"}]}: what can be filtered and sorted by; used: some run has it. */
gm_status gm_run_list_keys(const char *models_dir, json_t **out, gm_error *err) GM_MUST_CHECK;

/* The folder of a run; gm_free. */
gm_status gm_run_folder(const char *models_dir, const char *run, char **out, gm_error *err) GM_MUST_CHECK;
/* {key: value}: all that lists can be filtered by. */
gm_status gm_run_values(const char *dir, json_t **out, gm_error *err) GM_MUST_CHECK;

/* {"run", "state", "message", "about": {..}, "params": {..}, "metrics": {..}, "system": {..}, "tags", "notes",
 *  "folds": [..], "artifacts": [..], "logs": [..], "messages"} */
gm_status gm_run_show(const char *models_dir, const char *run, json_t **out, gm_error *err) GM_MUST_CHECK;
/* {"a", "b", "same": n, "about": {key: [a, b]}, "params": {..}, "metrics": {..}, "tags": {..}}: what differs only */
gm_status gm_run_diff(const char *models_dir, const char *a, const char *b, json_t **out, gm_error *err) GM_MUST_CHECK;

/* Several runs beside each other, the first is what the others are compared with; two to GM_COMPARE_MOST of them.
 * {"runs": [name], "same": n, "about", "params", "metrics", "tags": {key: [a value for each run]} where not all are equal,
 *  "paired": [{"run", "point", "n", "mean_first_mm", "mean_mm", "difference_mm", "low_mm", "high_mm", "p", "better"}],
 *  "curves": [{"run", "train_loss", "val_loss", "val_mm": [mean over the folds, by epoch]}]}
 * Paired: the absolute errors of the holes that both runs predict out of fold, by bootstrap and Wilcoxon's signed-rank test
 * (training/paired.h); better: whether the other run is, true or false where p < 0.05 and the interval leaves 0 out, else
 * null. */
enum { GM_COMPARE_MOST = 20 };
gm_status gm_run_compare(const char *models_dir, const char *const *runs, size_t count, json_t **out,
                         gm_error *err) GM_MUST_CHECK;
/* The same as a page that opens without a network. */
gm_status gm_run_compare_html(const char *models_dir, const char *const *runs, size_t count, gm_text *page,
                              gm_error *err) GM_MUST_CHECK;

/* value NULL takes the tag away. */
gm_status gm_run_tag(const char *models_dir, const char *run, const char *user, const char *key, const char *value,
                     gm_error *err) GM_MUST_CHECK;
gm_status gm_run_note(const char *models_dir, const char *run, const char *user, const char *text,
                      gm_error *err) GM_MUST_CHECK;
/* {"run", "tags": {key: text}, "notes": [{"at", "user", "text"}]} */
gm_status gm_run_notes(const char *models_dir, const char *run, json_t **out, gm_error *err) GM_MUST_CHECK;

/* The hash of every file that a finished run left, in RUN/artifacts.json. Written once, at its end. */
gm_status gm_run_artifacts_write(const char *dir, gm_error *err) GM_MUST_CHECK;
/* {"files", "bad": [{"path", "problem"}]}: which are not as they were. A run without artifacts.json has no files. */
gm_status gm_run_artifacts_check(const char *dir, json_t **out, gm_error *err) GM_MUST_CHECK;

#endif
