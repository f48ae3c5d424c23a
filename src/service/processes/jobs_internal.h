/* The kinds of jobs: what may be asked for, and the command line that does it. */
#ifndef GIMLET_SERVICE_JOBS_INTERNAL_H
#define GIMLET_SERVICE_JOBS_INTERNAL_H

#include "children.h"
#include "jobs.h"

#include <pthread.h>

enum { JOB_MAX_WORDS = 24 };

struct gm_jobs {
    char *data_dir, *models_dir, *program, *dir;
    size_t at_once;
    service_children *children;
    pthread_mutex_t lock; /* of the line, and of starting */
    char **waiting;       /* ids, first come first */
    size_t n_waiting;
};

typedef struct {
    const char *words[JOB_MAX_WORDS + 1];
    size_t count;
    gm_arena *arena;
    bool any_folder; /* may folders outside the project be named? */
} job_command;

typedef struct {
    const char *name, *doc;
    const gm_param_spec *params;
    size_t n_params, options_size;
    /* The words behind "gimlet"; checks what the options name (a run, a folder). */
    gm_status (*command)(const gm_jobs *jobs, const char *id, const void *options, job_command *out, gm_error *err);
    /* One line on the result; may find that it is a failure (*good = false). */
    void (*tell)(const json_t *result, gm_text *out, bool *good);
} job_kind;

const job_kind *job_kind_find(const char *name, gm_error *err);
/* options -> the words of the command. out->any_folder is given; its arena is the caller's to free. */
gm_status job_kind_command(const gm_jobs *jobs, const job_kind *kind, const char *id, const json_t *options,
                           job_command *out, gm_error *err) GM_MUST_CHECK;

#endif
