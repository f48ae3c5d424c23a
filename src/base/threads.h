/* A pool of worker threads and one way to use it: run task i for i in 0..count-1.
 *
 * Which worker runs which task is not defined; results must not depend on it. Whoever needs a reduction gives every
 * task (not every worker) its own slot and adds the slots in a fixed order.
 * Threads    one gm_threads_run at a time per pool; tasks may not call it again on the same pool. */
#ifndef GIMLET_BASE_THREADS_H
#define GIMLET_BASE_THREADS_H

#include "error.h"
#include "memory.h"

typedef struct gm_threads gm_threads;

/* n_threads 0 = one per processor this process may use. The calling thread is one of them. */
gm_status gm_threads_new(int n_threads, gm_threads **out, gm_error *err) GM_MUST_CHECK;
void gm_threads_free(gm_threads *threads);       /* accepts NULL */
int gm_threads_count(const gm_threads *threads); /* NULL counts as 1 */
int gm_processor_count(void);

/* worker is 0..n_threads-1, for scratch memory. threads may be NULL: then all run here, in order. */
typedef void (*gm_task)(void *ctx, size_t index, int worker);
void gm_threads_run(gm_threads *threads, size_t count, gm_task task, void *ctx);

GM_AUTO(gm_threads)

#endif
