/* Training runs for a server: list, start, stop, resume, follow. A run is a child process of this program that
 * outlives it; what is known of a run is read from its folder, so runs of the command line stand in the list too.
 *
 *     RUN/request.json   what a server was asked for: preset, values, by whom
 *     RUN/process.json   which process trains (children.h)
 *     RUN/log.txt        what that process wrote
 *
 * JSON       RUN, the table of holes and the list of models are described in docs/api.md. Results are the caller's.
 * Errors     GM_E_NOTFOUND: no such run or file; GM_E_CONFLICT: it runs already, does not run, is finished; GM_E_ARG:
 *            a value that does not fit, with its key.
 * Audit      starting, stopping, resuming and deleting are lines in the log of changes (run.start, ...).
 * Threads    all functions from any thread. */
#ifndef GIMLET_SERVICE_RUNS_H
#define GIMLET_SERVICE_RUNS_H

#include "base/base.h"

#include <jansson.h>

typedef struct gm_runs gm_runs;
enum { GM_RUNS_AT_ONCE = 4 }; /* more only take the processors from each other */

typedef struct {
    const char *models_dir, *data_dir;
    const char *program; /* what trains; NULL = this very program */
    double grace_s;      /* a run that was asked to stop is killed after this; 0 = 20 */
} gm_runs_options;
/* Finds the runs that go on from before. The models folder is made where absent. */
gm_status gm_runs_open(const gm_runs_options *options, gm_runs **out, gm_error *err) GM_MUST_CHECK;
void gm_runs_free(gm_runs *runs); /* accepts NULL; what trains goes on */
GM_AUTO(gm_runs)

typedef struct {
    const char *filter, *sort, *columns; /* as in gm_run_list_query (run_store.h); NULL = all, newest first, none */
    long limit, offset;                  /* limit < 0 = all */
} gm_runs_query;
/* {"total", "items": [RUN]}: each with "values": {key: value} of the columns. query NULL = all. */
gm_status gm_runs_list(gm_runs *runs, const gm_runs_query *query, json_t **out, gm_error *err) GM_MUST_CHECK;
/* Where the runs are kept: borrowed. */
const char *gm_runs_models_dir(const gm_runs *runs);
gm_status gm_runs_get(gm_runs *runs, const char *run, json_t **out, gm_error *err) GM_MUST_CHECK; /* RUN */

typedef struct {
    const char *preset;   /* NULL = the documented defaults */
    const json_t *values; /* {key: value} over it; NULL = none */
    const char *author;   /* who asks; NULL = unknown */
} gm_run_request;
/* All is checked before the child is started. out: RUN. */
gm_status gm_runs_start(gm_runs *runs, const gm_run_request *request, json_t **out, gm_error *err) GM_MUST_CHECK;
/* by: who asks, for the log of changes; NULL = unknown. */
gm_status gm_runs_stop(gm_runs *runs, const char *run, const char *by, json_t **out, gm_error *err) GM_MUST_CHECK;
gm_status gm_runs_resume(gm_runs *runs, const char *run, const char *by, json_t **out, gm_error *err) GM_MUST_CHECK;
/* Into MODELS/.trash/; GM_E_CONFLICT while it runs. out: {"run", "kept"}, kept being its path below MODELS now. */
gm_status gm_runs_delete(gm_runs *runs, const char *run, const char *by, json_t **out, gm_error *err) GM_MUST_CHECK;

/* ---- following events.jsonl ---- */

typedef struct gm_run_events gm_run_events;
/* after: the number of the last line that the reader has; 0 = from the first. The file need not be there yet. */
gm_status gm_run_events_open(gm_runs *runs, const char *run, long after, gm_run_events **out,
                             gm_error *err) GM_MUST_CHECK;
void gm_run_events_free(gm_run_events *events);
GM_AUTO(gm_run_events)
/* The next line (an event as JSON) and its number; *number = 0 when there is none yet. One thread at a time. */
gm_status gm_run_events_next(gm_run_events *events, gm_text *line, long *number, gm_error *err) GM_MUST_CHECK;
/* Will no more come? The run has ended, and the last look at the file, after that, found nothing new. */
bool gm_run_events_over(gm_run_events *events);

/* ---- results ---- */

/* {"items": [...]}: every hole as the fold that has not seen it predicts it, beside its label. */
gm_status gm_runs_holes(gm_runs *runs, const char *run, json_t **out, gm_error *err) GM_MUST_CHECK;
/* {"items": [...]}: finished runs, newest first, with their files. */
gm_status gm_models_list(gm_runs *runs, json_t **out, gm_error *err) GM_MUST_CHECK;
/* The path of one file inside a run, for download: it is there, and no name and no symbolic link leads out of the run's
 * folder. gm_free. */
gm_status gm_run_file(gm_runs *runs, const char *run, const char *path, char **out, gm_error *err) GM_MUST_CHECK;
/* May a file of a run name labels of single holes? Not those that are known to be without; the results of an evaluation
 * can lie under any name. */
bool gm_run_file_has_labels(const char *path);
/* The folder of a run; gm_free. */
gm_status gm_runs_dir(gm_runs *runs, const char *run, char **out, gm_error *err) GM_MUST_CHECK;

#endif
