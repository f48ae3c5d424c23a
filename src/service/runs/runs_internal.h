/* The inside of gm_runs, for runs.c and run_results.c. */
#ifndef GIMLET_SERVICE_RUNS_INTERNAL_H
#define GIMLET_SERVICE_RUNS_INTERNAL_H

#include "run_log.h"
#include "runs.h"

#include <pthread.h>

struct gm_runs {
    char *models_dir, *data_dir, *program;
    service_children *children;
    pthread_mutex_t lock; /* of the logs, and of starting and resuming */
    run_log **logs;
    size_t n_logs;
};

#endif
