/* Editing stores for a server's threads: each request takes one for itself and gives it back.
 *
 * Threads    any. */
#ifndef GIMLET_SERVICE_STORE_POOL_H
#define GIMLET_SERVICE_STORE_POOL_H

#include "data/storage/storage.h"

typedef struct gm_store_pool gm_store_pool;
/* Nothing is opened yet, and the directory need not exist. */
gm_status gm_store_pool_new(const char *data_dir, gm_store_pool **out, gm_error *err) GM_MUST_CHECK;
void gm_store_pool_free(gm_store_pool *pool); /* accepts NULL; all stores must be back */
GM_AUTO(gm_store_pool)
/* create: make the database where there is none, else GM_E_NOTFOUND. */
gm_status gm_store_pool_take(gm_store_pool *pool, bool create, gm_store **out, gm_error *err) GM_MUST_CHECK;
void gm_store_pool_give(gm_store_pool *pool, gm_store *store); /* accepts NULL */

#endif
