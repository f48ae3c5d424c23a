/* Mean squared error against bumps of height 1. */
#include "../components_internal.h"

static gm_value build(gm_graph *g, gm_value prediction, gm_value target, gm_value weight) {
    return gm_loss_mse(g, prediction, target, weight);
}

const gm_training_loss gm_loss_mse_heatmap = {
    .name = "mse",
    .doc = "mean squared error of the heat map",
    .target = GM_TARGET_PEAK,
    .peaks = true,
    .build = build,
};
