/* The exchangeable parts of a training run, each a const descriptor in an own file and a line in a list. */
#ifndef GIMLET_TRAINING_COMPONENTS_INTERNAL_H
#define GIMLET_TRAINING_COMPONENTS_INTERNAL_H

#include "training.h"

/* What a run minimises. Built on top of the model's graph. */
typedef struct {
    const char *name, *doc;
    gm_target_kind target;
    bool peaks; /* outputs are heights of bumps (0..1); false: log odds of each row against "absent" */
    /* prediction and target [length, channels], weight [channels]; returns the loss of a sample. */
    gm_value (*build)(gm_graph *graph, gm_value prediction, gm_value target, gm_value weight);
} gm_training_loss;
const gm_training_loss *gm_training_loss_find(const char *name);
const char *const *gm_training_loss_names(void); /* NULL-terminated */

/* Share of the learning rate (0..1) at `done`, the share of the steps after warm-up. */
typedef struct {
    const char *name, *doc;
    double (*factor)(double done);
} gm_schedule;
const gm_schedule *gm_schedule_find(const char *name);
const char *const *gm_schedule_names(void);
double gm_learning_rate_at(const gm_training_config *config, long step, long steps_per_epoch);

/* Changes parameters in place; state is [2, n] floats that a checkpoint keeps, zero at first. step from 1. */
typedef struct {
    const char *name, *doc;
    void (*step)(const gm_training_config *config, double learning_rate, double gradient_scale, long step,
                 float *params, float *state, const float *grads, size_t n);
} gm_optimizer;
const gm_optimizer *gm_optimizer_find(const char *name);
const char *const *gm_optimizer_names(void);

const char *const *gm_strategy_names(void);

/* data_config.ignore_channels by channel; an unknown name is an error with the nearest one. */
gm_status gm_training_ignored_channels(const gm_training_config *config, bool ignored[GM_MAX_CHANNELS],
                                       gm_error *err) GM_MUST_CHECK;

/* "training_config.loss is 'msee'; did you mean 'mse'? known: ..." */
gm_status gm_unknown_component(gm_error *err, const char *key, const char *value, const char *const *names);

#endif
