/* How long work reports and is asked to stop. The receiver (command line, server) decides how it looks. */
#ifndef GIMLET_BASE_PROGRESS_H
#define GIMLET_BASE_PROGRESS_H

#include <stdbool.h>

typedef struct {
    const char *stage; /* "reading", "training" ...; static or alive during the call; NULL = no news, only asked */
    long done, total;  /* total 0 = unknown */
    const char *text;  /* a few words on the newest item; may be NULL */
} gm_progress;

/* Returns false to ask the work to stop: it then answers GM_E_CANCELLED and keeps what is finished. Called from one
 * thread at a time. */
typedef bool (*gm_progress_fn)(void *ctx, const gm_progress *progress);
typedef struct {
    gm_progress_fn report; /* NULL = nobody listens */
    void *ctx;
} gm_observer;

static inline bool gm_report(const gm_observer *observer, const char *stage, long done, long total, const char *text) {
    if (!observer || !observer->report) return true;
    gm_progress progress = {stage, done, total, text};
    return observer->report(observer->ctx, &progress);
}

#endif
