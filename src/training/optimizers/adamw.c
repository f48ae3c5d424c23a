#include "../components_internal.h"

static void step(const gm_training_config *config, double learning_rate, double gradient_scale, long number,
                 float *params, float *state, const float *grads, size_t n) {
    gm_adamw_options options = {
        .learning_rate = learning_rate,
        .beta1 = config->training.beta1,
        .beta2 = config->training.beta2,
        .epsilon = config->training.epsilon,
        .weight_decay = config->training.weight_decay,
        .gradient_scale = gradient_scale,
        .step = number,
    };
    gm_adamw(params, state, state + n, grads, n, options, NULL);
}

const gm_optimizer gm_optimizer_adamw = {
    .name = "adamw", .doc = "Adam with decoupled weight decay, in torch's order of operations", .step = step};
