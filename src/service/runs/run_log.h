/* What the files of a run tell about it: configuration, events, metrics, process. Inside service/ only.
 *
 * A log is kept between two looks: only what was added to events.jsonl since is read.
 * Threads    a log belongs to one thread at a time. */
#ifndef GIMLET_SERVICE_RUN_LOG_H
#define GIMLET_SERVICE_RUN_LOG_H

#include "service/processes/children.h"

#include <sys/types.h>
#include <time.h>

typedef struct {
    long epoch;                                   /* the newest, from 1; 0 = none yet */
    double train_loss, val_loss, val_mm, best_mm; /* NAN = not known */
} run_log_fold;

typedef struct {
    char *dir, *name;
    /* config.yaml */
    bool has_config;
    char experiment[200], strategy[64];
    long epochs;
    json_t *params; /* {key: value} of the whole configuration */
    json_t *about;  /* run.json; NULL = not there yet */
    json_t *asked;  /* request.json; NULL = started by the command line */
    /* events.jsonl */
    ino_t inode;
    long long offset; /* up to here it is read */
    run_log_fold *folds;
    long n_folds, holes;
    double begun_s;    /* UTC of the last begin (a resume begins again), seconds; 0 = not begun */
    long epochs_since; /* over all folds since then */
    char cpu[32];      /* instruction set of the last begin */
    char ending[16];   /* "end", "failed" or "stopped" where that is the newest event; else "" */
    char ending_at[GM_TIME_TEXT], ending_message[400];
    json_t *messages; /* what a person should know: fewer folds, holes left out */
    /* metrics.json */
    json_t *metrics; /* the whole file */
    struct timespec metrics_time;
    char started_at[GM_TIME_TEXT];
} run_log;

gm_status run_log_new(const char *dir, const char *name, run_log **out, gm_error *err) GM_MUST_CHECK;
void run_log_free(run_log *log);
GM_AUTO(run_log)
gm_status run_log_update(run_log *log, gm_error *err) GM_MUST_CHECK;

typedef enum { RUN_RUNNING, RUN_STOPPED, RUN_FINISHED, RUN_FAILED } run_state;
run_state run_log_state(const run_log *log, const service_child_record *record);
/* RUN as in docs/api.md. record NULL: no process was ever noted. groups: with the metrics of every group of holes. NULL
 * when out of memory. */
json_t *run_log_json(const run_log *log, const service_child_record *record, bool groups);

/* "2026-11-24T02:15:00.123Z" as seconds; 0 when it is no time. */
double run_log_seconds(const char *utc);
/* RUN/name, where that is a run: something was or is trained in it. */
bool run_dir_is_run(const char *dir);
char *run_log_path(const char *dir); /* of the text that its process writes; gm_free */

#endif
