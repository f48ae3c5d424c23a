/* The inference system's focal mse, 0.75 (1 - exp(-s))^2 s with s the squared error: small errors count less. */
#include "../components_internal.h"

static gm_value build(gm_graph *g, gm_value prediction, gm_value target, gm_value weight) {
    return gm_loss_focal_mse(g, prediction, target, weight, 0.75, 2);
}

const gm_training_loss gm_loss_focal_mse_heatmap = {
    .name = "focal_mse",
    .doc = "the inference system's focal squared error of the heat map",
    .target = GM_TARGET_PEAK,
    .peaks = true,
    .build = build,
};
