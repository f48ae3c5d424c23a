#include "experiments.h"

#include <pthread.h>

static const gm_event_sink *const sinks[] = {
#define GM_SINK(symbol) &symbol,
#include "sinks.list.h"
#undef GM_SINK
};

struct gm_experiments {
    gm_experiment experiment;
    pthread_mutex_t lock;
    void *states[GM_COUNT(sinks)];
    size_t n_open;
};

gm_status gm_experiments_open(const gm_experiment *experiment, gm_experiments **out, gm_error *err) {
    gm_experiments *all = gm_calloc(1, sizeof *all);
    if (!all) return gm_nomem(err);
    all->experiment = *experiment;
    pthread_mutex_init(&all->lock, NULL);
    for (; all->n_open < GM_COUNT(sinks); all->n_open++) {
        gm_status status = sinks[all->n_open]->open(&all->experiment, &all->states[all->n_open], err);
        if (status == GM_OK) continue;
        gm_experiments_free(all);
        return status;
    }
    *out = all;
    return GM_OK;
}

void gm_experiments_epoch(gm_experiments *experiments, const gm_experiment_epoch *epoch) {
    if (!experiments) return;
    pthread_mutex_lock(&experiments->lock);
    for (size_t i = 0; i < experiments->n_open; i++)
        if (sinks[i]->epoch) sinks[i]->epoch(experiments->states[i], epoch);
    pthread_mutex_unlock(&experiments->lock);
}

void gm_experiments_end(gm_experiments *experiments, const gm_metrics *out_of_fold) {
    if (!experiments) return;
    pthread_mutex_lock(&experiments->lock);
    for (size_t i = 0; i < experiments->n_open; i++)
        if (sinks[i]->end) sinks[i]->end(experiments->states[i], out_of_fold);
    pthread_mutex_unlock(&experiments->lock);
}

void gm_experiments_free(gm_experiments *experiments) {
    if (!experiments) return;
    for (size_t i = 0; i < experiments->n_open; i++) sinks[i]->close(experiments->states[i]);
    pthread_mutex_destroy(&experiments->lock);
    gm_free(experiments);
}
