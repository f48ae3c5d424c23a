/* Cross-entropy over depth. The outputs of a channel are log odds z_i of "the point lies in row i" against "there is no
 * such point here", whose logit is 0:  p_i = exp(z_i) / (1 + sum exp(z)).  With a target t (a bump that sums to 1, or
 * all zeros for an absent point) the loss of a channel is  ln(1 + sum exp(z)) - sum t z,  never subtracting large
 * numbers: m = max(0, max z) is taken out first. */
#include "../components_internal.h"

static gm_value build(gm_graph *g, gm_value prediction, gm_value target, gm_value weight) {
    gm_value top = gm_clamp_min(g, gm_max(g, prediction, 0), 0);
    gm_value rows = gm_sum(g, gm_exp(g, gm_sub(g, prediction, top)), 0);
    gm_value absent = gm_exp(g, gm_scale(g, top, -1, 0));
    gm_value total = gm_add(g, gm_ln(g, gm_add(g, rows, absent)), top);
    gm_value hit = gm_sum(g, gm_mul(g, target, prediction), 0);
    gm_value per_channel = gm_mul(g, weight, gm_sub(g, total, hit));
    return gm_mean_all(g, per_channel);
}

const gm_training_loss gm_loss_heatmap = {
    .name = "heatmap",
    .doc = "cross-entropy over depth, with 'absent' as one more class",
    .target = GM_TARGET_DENSITY,
    .build = build,
};
