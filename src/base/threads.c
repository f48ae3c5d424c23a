#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

typedef struct {
    gm_threads *pool;
    int worker;
    pthread_t thread;
} helper;

struct gm_threads {
    int n_threads;
    helper *helpers; /* n_threads - 1 of them */
    int n_started;
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    unsigned long round; /* grows by one with each run; helpers wait for it to change */
    int active;          /* helpers still busy with the current round */
    bool closing;
    gm_task task;
    void *ctx;
    size_t count;
    atomic_size_t next;
};

int gm_processor_count(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

int gm_threads_count(const gm_threads *threads) {
    return threads ? threads->n_threads : 1;
}

static void work_through(gm_threads *pool, int worker) {
    for (;;) {
        size_t index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (index >= pool->count) return;
        pool->task(pool->ctx, index, worker);
    }
}

static void *helper_main(void *argument) {
    helper *self = argument;
    gm_threads *pool = self->pool;
    unsigned long seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->closing && pool->round == seen) pthread_cond_wait(&pool->work, &pool->mutex);
        if (pool->closing) break;
        seen = pool->round;
        pthread_mutex_unlock(&pool->mutex);
        work_through(pool, self->worker);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->active == 0) pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

gm_status gm_threads_new(int n_threads, gm_threads **out, gm_error *err) {
    enum { MOST = 1024 };
    if (n_threads < 0 || n_threads > MOST)
        return gm_fail(err, GM_E_ARG, "%d threads asked for; 0 (all processors) to %d are possible", n_threads, MOST);
    if (n_threads == 0) n_threads = gm_processor_count();
    gm_auto(gm_threads) pool = gm_calloc(1, sizeof *pool);
    if (!pool) return gm_nomem(err);
    pool->n_threads = n_threads;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->helpers = gm_calloc((size_t)n_threads, sizeof *pool->helpers);
    if (!pool->helpers) return gm_nomem(err);
    for (int i = 0; i < n_threads - 1; i++) {
        helper *h = &pool->helpers[i];
        *h = (helper){.pool = pool, .worker = i + 1};
        int code = pthread_create(&h->thread, NULL, helper_main, h);
        if (code) return gm_fail(err, GM_E_NOMEM, "cannot start thread %d of %d: %s", i + 2, n_threads, strerror(code));
        pool->n_started++;
    }
    *out = gm_steal(&pool);
    return GM_OK;
}

void gm_threads_free(gm_threads *pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->mutex);
    pool->closing = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->n_started; i++) pthread_join(pool->helpers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    gm_free(pool->helpers);
    gm_free(pool);
}

void gm_threads_run(gm_threads *pool, size_t count, gm_task task, void *ctx) {
    if (!pool || pool->n_threads == 1 || count < 2) {
        for (size_t i = 0; i < count; i++) task(ctx, i, 0);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->task = task;
    pool->ctx = ctx;
    pool->count = count;
    atomic_store(&pool->next, 0);
    pool->active = pool->n_started;
    pool->round++;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    work_through(pool, 0);
    pthread_mutex_lock(&pool->mutex);
    while (pool->active > 0) pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}
