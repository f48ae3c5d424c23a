/* Long work for a server, as child processes of this program: prepare, evaluate, export, simulate, push, replay. A few
 * at once, the others wait in line. All that is known of a job lies in its folder, so that a server that starts again shows it, goes
 * on with what waits, and finds what still runs.
 *
 *     DATA/jobs/ID/job.json      what was asked for, by whom
 *     DATA/jobs/ID/process.json  which process does it (children.h); none yet = it waits
 *     DATA/jobs/ID/log.txt       its progress and remarks; result.json: its answer
 *
 * JSON       JOB: {"id", "kind", "state": "waiting|running|done|failed|stopped", "stage", "done", "total", "text",
 *            "result", "error", "options", "author", "created_at", "ended_at"}. Results are the caller's.
 * Errors     GM_E_ARG: kind or option that does not exist or fit, with its name; GM_E_NOTFOUND, GM_E_CONFLICT.
 * Audit      starting, stopping and deleting are lines in the log of changes (job.start, ...).
 * Threads    all functions from any thread. */
#ifndef GIMLET_SERVICE_JOBS_H
#define GIMLET_SERVICE_JOBS_H

#include "base/base.h"

#include <jansson.h>

typedef struct gm_jobs gm_jobs;
enum { GM_JOBS_WAITING = 100, GM_JOBS_LISTED = 200 }; /* at most */

typedef struct {
    const char *data_dir, *models_dir;
    const char *program; /* what does the work; NULL = this very program */
    double grace_s;      /* a job that was asked to stop is killed after this; 0 = 20 */
    int at_once;         /* 0 = 1 */
} gm_jobs_options;
gm_status gm_jobs_open(const gm_jobs_options *options, gm_jobs **out, gm_error *err) GM_MUST_CHECK;
void gm_jobs_free(gm_jobs *jobs); /* accepts NULL; what runs goes on */
GM_AUTO(gm_jobs)

typedef struct {
    const char *kind;
    const json_t *options; /* {name: value} of the kind, see gm_jobs_kinds; NULL = none */
    const char *author;    /* who asks; NULL = unknown */
    bool any_folder;       /* may it read any folder of this machine? Only where whoever asks could anyway */
} gm_job_request;
gm_status gm_jobs_start(gm_jobs *jobs, const gm_job_request *request, json_t **out, gm_error *err) GM_MUST_CHECK;
gm_status gm_jobs_list(gm_jobs *jobs, json_t **out,
                       gm_error *err) GM_MUST_CHECK; /* {"items": [JOB]}, the newest first */
gm_status gm_jobs_get(gm_jobs *jobs, const char *id, json_t **out, gm_error *err) GM_MUST_CHECK;
/* by: who asks, for the log of changes; NULL = unknown. */
gm_status gm_jobs_stop(gm_jobs *jobs, const char *id, const char *by, json_t **out, gm_error *err) GM_MUST_CHECK;
/* Into DATA/jobs/.trash/; GM_E_CONFLICT while it runs or waits. out: {"id", "kept"}, kept being its path below DATA now.
 */
gm_status gm_jobs_delete(gm_jobs *jobs, const char *id, const char *by, json_t **out, gm_error *err) GM_MUST_CHECK;

/* [{"kind", "doc", "options": [{"key", "type", "default", "min", "max", "choices", "doc"}]}] */
json_t *gm_jobs_kinds(void);

#endif
