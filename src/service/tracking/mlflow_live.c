/* Telling MLflow while a run trains: a thread beside it. The run's own events are the spool, so nothing is kept here. */
#include "mlflow.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static const double pause_s = 5;

struct gm_mlflow_live {
    char *run_dir, *url, *experiment;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool stop;
    bool warned;
};

static bool go_on(void *ctx, const gm_progress *progress) {
    (void)progress;
    return !atomic_load(&((gm_mlflow_live *)ctx)->stop);
}

static void push_once(gm_mlflow_live *live) {
    gm_observer observer = {go_on, live};
    gm_mlflow_request request = {.run_dir = live->run_dir,
                                 .url = live->url,
                                 .experiment = live->experiment,
                                 .briefly = true,
                                 .observer = &observer};
    json_t *answer = NULL;
    gm_error err = {0};
    gm_status status = gm_mlflow_push(&request, &answer, &err);
    json_decref(answer);
    /* at its beginning a run has no folder to speak of yet */
    if (status == GM_OK || status == GM_E_CANCELLED || status == GM_E_NOTFOUND || live->warned) return;
    char text[700];
    gm_log(GM_LOG_WARNING, "MLflow is not told for now, training goes on: %s", gm_error_text(&err, text, sizeof text));
    live->warned = true;
}

static void *work(void *ctx) {
    gm_mlflow_live *live = ctx;
    while (!atomic_load(&live->stop)) {
        push_once(live);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += (time_t)pause_s;
        pthread_mutex_lock(&live->lock);
        if (!atomic_load(&live->stop)) pthread_cond_timedwait(&live->wake, &live->lock, &until);
        pthread_mutex_unlock(&live->lock);
    }
    return NULL;
}

static void live_free(gm_mlflow_live *live) {
    pthread_mutex_destroy(&live->lock);
    pthread_cond_destroy(&live->wake);
    gm_free(live->run_dir);
    gm_free(live->url);
    gm_free(live->experiment);
    gm_free(live);
}

gm_status gm_mlflow_live_start(const char *run_dir, const char *url, const char *experiment, gm_mlflow_live **out,
                               gm_error *err) {
    gm_mlflow_live *live = gm_calloc(1, sizeof *live);
    if (!live) return gm_nomem(err);
    pthread_mutex_init(&live->lock, NULL);
    pthread_cond_init(&live->wake, NULL);
    live->run_dir = gm_strdup(run_dir);
    live->url = gm_strdup(url);
    live->experiment = gm_strdup(experiment);
    if (!live->run_dir || (url && !live->url) || (experiment && !live->experiment))
        return live_free(live), gm_nomem(err);
    if (pthread_create(&live->thread, NULL, work, live) != 0) {
        live_free(live);
        return gm_fail(err, GM_E_NOMEM, "no thread for MLflow could be started");
    }
    *out = live;
    return GM_OK;
}

/* ---- the end ---- */

typedef struct {
    const gm_observer *observer;
    double until;
} limit;

static bool in_time(void *ctx, const gm_progress *progress) {
    const limit *l = ctx;
    bool wanted = !l->observer || !l->observer->report || l->observer->report(l->observer->ctx, progress);
    return wanted && gm_seconds() < l->until;
}

void gm_mlflow_live_finish(gm_mlflow_live *live, bool finished, double limit_s, const gm_observer *observer,
                           gm_text *messages) {
    if (!live) return;
    pthread_mutex_lock(&live->lock);
    atomic_store(&live->stop, true);
    pthread_cond_signal(&live->wake);
    pthread_mutex_unlock(&live->lock);
    pthread_join(live->thread, NULL);
    limit l = {observer, gm_seconds() + limit_s};
    gm_observer bounded = {in_time, &l};
    gm_mlflow_request request = {.run_dir = live->run_dir,
                                 .url = live->url,
                                 .experiment = live->experiment,
                                 .state = finished ? "finished" : NULL,
                                 .observer = &bounded};
    json_t *answer = NULL;
    gm_error err = {0};
    char text[700];
    gm_status status = gm_mlflow_push(&request, &answer, &err);
    if (status == GM_OK)
        gm_text_printf(messages, "MLflow: %s\n", json_string_value(json_object_get(answer, "page")));
    else
        gm_text_printf(messages, "MLflow has not got all of this run (%s); later: gimlet runs push %s%s%s\n",
                       status == GM_E_CANCELLED ? "not done in time" : gm_error_text(&err, text, sizeof text),
                       live->run_dir, live->url ? " --mlflow " : "", live->url ? live->url : "");
    json_decref(answer);
    live_free(live);
}
