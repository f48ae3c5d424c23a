#include "store_pool.h"

#include <pthread.h>

enum { KEPT = 16 }; /* idle stores beyond these are closed */

struct gm_store_pool {
    char *dir;
    pthread_mutex_t mutex;
    gm_store *idle[KEPT];
    size_t n_idle;
};

gm_status gm_store_pool_new(const char *data_dir, gm_store_pool **out, gm_error *err) {
    gm_auto(gm_store_pool) pool = gm_calloc(1, sizeof *pool);
    if (!pool) return gm_nomem(err);
    pthread_mutex_init(&pool->mutex, NULL);
    pool->dir = gm_strdup(data_dir);
    if (!pool->dir) return gm_nomem(err);
    *out = gm_steal(&pool);
    return GM_OK;
}

void gm_store_pool_free(gm_store_pool *pool) {
    if (!pool) return;
    for (size_t i = 0; i < pool->n_idle; i++) gm_store_free(pool->idle[i]);
    pthread_mutex_destroy(&pool->mutex);
    gm_free(pool->dir);
    gm_free(pool);
}

gm_status gm_store_pool_take(gm_store_pool *pool, bool create, gm_store **out, gm_error *err) {
    gm_store *store = NULL;
    pthread_mutex_lock(&pool->mutex);
    if (pool->n_idle) store = pool->idle[--pool->n_idle];
    pthread_mutex_unlock(&pool->mutex);
    if (!store) return gm_store_open_edit(pool->dir, create, out, err);
    *out = store;
    return GM_OK;
}

void gm_store_pool_give(gm_store_pool *pool, gm_store *store) {
    if (!store) return;
    gm_store_rollback(store);
    pthread_mutex_lock(&pool->mutex);
    const bool keep = pool->n_idle < KEPT;
    if (keep) pool->idle[pool->n_idle++] = store;
    pthread_mutex_unlock(&pool->mutex);
    if (!keep) gm_store_free(store);
}
