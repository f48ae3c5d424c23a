/* PatchTSMixerForPrediction: the next prediction_length rows of each channel, as numbers or as a distribution. */
#include "patchtsmixer_internal.h"

/* The channels that are predicted, of a value whose last axis is channels. */
static gm_value chosen(const gm_ptsm_head_build *b, gm_value x) {
    const gm_patchtsmixer_config *c = b->config;
    if (c->n_prediction_channels < 0) return x;
    return gm_select(b->graph, x, -1, c->n_prediction_channels, c->prediction_channel_indices);
}

/* One linear layer, or the inference system's three without an activation between them. */
static gm_value forecast_block(const gm_ptsm_head_build *b, gm_value flat) {
    int length = b->config->prediction_length;
    gm_value y = gm_ptsm_linear(b->graph, flat, 1, length, "head.base_forecast_block");
    if (b->config->head_kind == GM_PTSM_HEAD_LINEAR) return y;
    y = gm_ptsm_linear(b->graph, y, 1, length, "head.base_forecast_block1");
    return gm_ptsm_linear(b->graph, y, 1, length, "head.base_forecast_block2");
}

static gm_value target_of(const gm_ptsm_head_build *b, const char *name) {
    const int dims[] = {b->config->prediction_length, b->config->num_input_channels};
    return chosen(b, gm_input(b->graph, name, 2, dims));
}

static void numbers(const gm_ptsm_head_build *b, const gm_ptsm_backbone *backbone, gm_value flat) {
    gm_graph *g = b->graph;
    gm_value y = chosen(b, gm_transpose(g, forecast_block(b, flat), (const int[]){1, 0}));
    if (backbone->loc != GM_NONE) y = gm_add(g, gm_mul(g, y, chosen(b, backbone->scale)), chosen(b, backbone->loc));
    gm_named(g, y, "prediction_outputs");
    gm_output(g, "prediction_outputs", y);
    if (backbone->loc != GM_NONE) {
        gm_output(g, "loc", backbone->loc);
        gm_output(g, "scale", backbone->scale);
    }
    if (!b->use.with_targets) return;
    gm_value target = target_of(b, "future_values"), weight = GM_NONE;
    if (b->use.with_target_weights) weight = target_of(b, "future_weights");
    gm_loss(g, b->config->loss == GM_PTSM_FOCAL_MSE ? gm_loss_focal_mse(g, y, target, weight, 0.75, 2)
                                                    : gm_loss_mse(g, y, target, weight));
}

/* Densities of the scaled values: ln p(y) = ln p0((y - loc) / scale) - ln scale; summed over channels, mean over rows.
 */
static void distribution(const gm_ptsm_head_build *b, const gm_ptsm_backbone *backbone, gm_value flat) {
    gm_graph *g = b->graph;
    const gm_patchtsmixer_config *c = b->config;
    gm_value raw[3] = {GM_NONE, GM_NONE, GM_NONE}, scale = GM_NONE, loc = GM_NONE;
    for (int k = 0; k < gm_ptsm_parameter_count(c); k++) {
        gm_value y = gm_ptsm_linear(g, flat, 1, c->prediction_length, "head.base_forecast_block.proj.%d", k);
        raw[k] = chosen(b, gm_transpose(g, y, (const int[]){1, 0}));
    }
    if (backbone->loc != GM_NONE) loc = chosen(b, backbone->loc), scale = chosen(b, backbone->scale);
    gm_ptsm_parameters p = gm_ptsm_map_parameters(g, c, raw, scale);
    gm_ptsm_output_parameters(g, "prediction_outputs", &p);
    if (!b->use.with_targets) return;
    gm_value target = target_of(b, "future_values");
    bool affine = scale != GM_NONE && c->distribution_output != GM_PTSM_NEGATIVE_BINOMIAL;
    if (affine) target = gm_div(g, gm_sub(g, target, loc), scale);
    gm_value nll = gm_ptsm_nll(g, c, &p, target);
    if (affine) nll = gm_add(g, nll, gm_ln(g, scale));
    gm_loss(g, gm_scale(g, gm_sum_all(g, nll), 1.0 / c->prediction_length, 0));
}

void gm_ptsm_prediction(const gm_ptsm_head_build *b) {
    const gm_patchtsmixer_config *c = b->config;
    gm_ptsm_backbone backbone = gm_patchtsmixer_backbone(b->graph, c, "model.", b->past, b->observed, GM_NONE);
    gm_value flat = gm_reshape(b->graph, backbone.hidden, 2,
                               (const int[]){c->num_input_channels, gm_patchtsmixer_patches(c) * c->d_model});
    flat = gm_dropout(b->graph, flat, c->head_dropout);
    if (c->loss == GM_PTSM_NLL)
        distribution(b, &backbone, flat);
    else
        numbers(b, &backbone, flat);
}
