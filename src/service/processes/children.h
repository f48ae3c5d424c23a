/* Child processes that do the long work, and the record of each on disk; inside service/ only.
 *
 * A child outlives the server: it leads a process group of its own, writes to files, inherits nothing else. Its record
 * (process.json beside its log) stands before the child begins; so a server that starts again finds whatever runs.
 *
 *     {"pid", "start_ticks", "boot", "started_at", "log_from", "stop_asked_at", "ended_at", "exit_status", "signal"}
 *
 * Threads    all functions from any thread. One watcher thread looks five times a second while there are children. */
#ifndef GIMLET_SERVICE_CHILDREN_H
#define GIMLET_SERVICE_CHILDREN_H

#include "base/base.h"
#include "base/process.h"

#include <jansson.h>

typedef struct {
    gm_process process;
    char started_at[GM_TIME_TEXT];
    long long log_from;                                       /* where this process's part of the log begins, bytes */
    char stop_asked_at[GM_TIME_TEXT], ended_at[GM_TIME_TEXT]; /* "" = not (yet) */
    int exit_status, signal;                                  /* how it ended; -1 and 0 = not known */
} service_child_record;

/* GM_E_NOTFOUND when there is no record, GM_E_FORMAT when it is damaged. */
gm_status service_child_read(const char *record_path, service_child_record *out, gm_error *err) GM_MUST_CHECK;
/* "it was killed (signal 9): ..."; "" when the child ended by itself with status 0 or nothing is known. */
void service_child_end_text(const service_child_record *record, gm_text *out);
/* The last lines that people wrote for people, from byte `from` on: no progress lines, at most `lines`. */
void service_log_tail(const char *log_path, long long from, int lines, gm_text *out);
/* The newest line of --progress json: {"stage", "done", "total", "text"}; NULL when there is none. */
json_t *service_log_progress(const char *log_path, long long from);

typedef struct service_children service_children;
/* Called on the watcher thread when a child has ended; its record is complete then. */
typedef void (*service_child_ended)(void *ctx);

/* grace_s: from the wish to stop (SIGTERM) until the end is forced (SIGKILL). */
gm_status service_children_new(double grace_s, service_child_ended ended, void *ctx, service_children **out,
                               gm_error *err) GM_MUST_CHECK;
void service_children_free(service_children *children); /* accepts NULL; the children go on */
GM_AUTO(service_children)

typedef struct {
    const char *program;     /* NULL = this very program */
    const char *const *argv; /* argv[0] first, NULL last */
    const char *record_path; /* process.json of this child */
    const char *out_path;    /* stdout; emptied */
    const char *log_path;    /* stderr, and stdout where out_path is NULL; appended to */
} service_child_request;
gm_status service_child_start(service_children *children, const service_child_request *request,
                              gm_error *err) GM_MUST_CHECK;
/* Watch a child that somebody else has started. Nothing happens when it has ended or is watched already. */
void service_child_adopt(service_children *children, const char *record_path);
/* GM_E_CONFLICT when it does not run. */
gm_status service_child_stop(service_children *children, const char *record_path, gm_error *err) GM_MUST_CHECK;
/* Take note of whatever has ended by now. */
void service_children_look(service_children *children);
size_t service_children_count(service_children *children);

#endif
