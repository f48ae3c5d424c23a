/* Who is told how a training goes: event sinks. Each keeps a record of its own in the run's folder, in the form that its
 * readers know; events.jsonl (job.c) is the run's own record, from which everything else can be made again.
 *
 * To add one: a file with a const gm_event_sink, and a line in sinks.list.h.
 * Errors     only opening can fail the training; what a sink cannot write later is lost, and the weights do not depend on
 *            it.
 * Threads    a sink is called by one thread at a time. */
#ifndef GIMLET_TRAINING_EXPERIMENTS_H
#define GIMLET_TRAINING_EXPERIMENTS_H

#include "training/training.h"

typedef struct {
    const char *run_dir; /* borrowed as long as the sinks are open */
    const gm_training_config *config;
    int n_folds;
} gm_experiment;

typedef struct {
    int fold;   /* from 1 */
    long epoch; /* from 1; a resumed run may tell of one again, with the same numbers */
    double train_loss, val_loss, val_mm, learning_rate; /* NAN = not known */
} gm_experiment_epoch;

typedef struct {
    const char *name, *doc;
    /* At the begin, and again when a run is resumed: goes on with what it finds. Borrows the experiment. */
    gm_status (*open)(const gm_experiment *experiment, void **state, gm_error *err);
    void (*epoch)(void *state, const gm_experiment_epoch *epoch); /* NULL = not interested */
    void (*end)(void *state, const gm_metrics *out_of_fold);      /* finished; NULL = not interested */
    void (*close)(void *state);                                   /* also after a failure or a stop */
} gm_event_sink;

#define GM_SINK(symbol) extern const gm_event_sink symbol;
#include "sinks.list.h"
#undef GM_SINK

/* All sinks of the list, as one. */
typedef struct gm_experiments gm_experiments;
gm_status gm_experiments_open(const gm_experiment *experiment, gm_experiments **out, gm_error *err) GM_MUST_CHECK;
/* From any thread; NULL does nothing. */
void gm_experiments_epoch(gm_experiments *experiments, const gm_experiment_epoch *epoch);
void gm_experiments_end(gm_experiments *experiments, const gm_metrics *out_of_fold);
void gm_experiments_free(gm_experiments *experiments); /* closes; accepts NULL */

#endif
