/* Threads for requests that may wait: for the disk, for another writer, for a prediction. Their connections are
 * suspended meanwhile, so that the threads that talk to clients go on. */
#include "server_internal.h"

struct api_work {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    void (*run)(api_exchange *x);
    api_exchange *first, *last;
    bool closed;
    int n_waiting, n_threads;
    pthread_t threads[64];
};

static void *work(void *ctx) {
    api_work *w = ctx;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->first && !w->closed) pthread_cond_wait(&w->wake, &w->lock);
        api_exchange *x = w->first;
        if (!x) break;
        w->first = x->next;
        if (!w->first) w->last = NULL;
        w->n_waiting--;
        pthread_mutex_unlock(&w->lock);
        w->run(x);
        MHD_resume_connection(x->connection);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

gm_status api_work_new(int threads, void (*run)(api_exchange *x), api_work **out, gm_error *err) {
    api_work *w = gm_calloc(1, sizeof *w);
    if (!w) return gm_nomem(err);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->run = run;
    for (int i = 0; i < threads && i < (int)GM_COUNT(w->threads); i++) {
        if (pthread_create(&w->threads[i], NULL, work, w) != 0) {
            api_work_free(w);
            return gm_fail(err, GM_E_IO, "no more threads can be started on this machine");
        }
        w->n_threads++;
    }
    *out = w;
    return GM_OK;
}

void api_work_close(api_work *w) {
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->closed = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->n_threads; i++) pthread_join(w->threads[i], NULL);
    w->n_threads = 0;
}

void api_work_free(api_work *w) {
    if (!w) return;
    api_work_close(w);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    gm_free(w);
}

bool api_work_add(api_work *w, api_exchange *x) {
    pthread_mutex_lock(&w->lock);
    bool open = !w->closed && w->n_waiting < API_MAX_WAITING;
    if (open) {
        MHD_suspend_connection(x->connection); /* under the lock: nobody resumes it before it is suspended */
        x->next = NULL;
        w->n_waiting++;
        if (w->last)
            w->last->next = x;
        else
            w->first = x;
        w->last = x;
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    return open;
}
