/* What stands on the backbone: one function per class, and the whole model. */
#include "patchtsmixer_internal.h"

/* The channels that are predicted, of a value whose last axis is channels. */
static gm_value chosen(gm_graph *g, const gm_patchtsmixer_config *c, gm_value x) {
    if (c->n_prediction_channels < 0) return x;
    return gm_select(g, x, -1, c->n_prediction_channels, c->prediction_channel_indices);
}

/* One linear layer, or the inference system's three without an activation between them. */
static gm_value forecast_block(gm_graph *g, const gm_patchtsmixer_config *c, gm_value flat) {
    gm_value y = gm_ptsm_linear(g, flat, 1, c->prediction_length, "head.base_forecast_block");
    if (c->head_kind == GM_PTSM_HEAD_LINEAR) return y;
    y = gm_ptsm_linear(g, y, 1, c->prediction_length, "head.base_forecast_block1");
    return gm_ptsm_linear(g, y, 1, c->prediction_length, "head.base_forecast_block2");
}

static void prediction(gm_graph *g, const gm_patchtsmixer_config *c, gm_patchtsmixer_use use, gm_value past,
                       gm_value observed) {
    if (c->loss == GM_PTSM_NLL) {
        gm_graph_fail(g, GM_E_UNAVAILABLE, "predictions with a distribution are not built yet");
        return;
    }
    gm_ptsm_backbone backbone = gm_patchtsmixer_backbone(g, c, "model.", past, observed, GM_NONE);
    gm_value flat = gm_reshape(g, backbone.hidden, 2,
                               (const int[]){c->num_input_channels, gm_patchtsmixer_patches(c) * c->d_model});
    gm_value y = forecast_block(g, c, gm_dropout(g, flat, c->head_dropout));
    y = chosen(g, c, gm_transpose(g, y, (const int[]){1, 0}));
    if (backbone.loc != GM_NONE) y = gm_add(g, gm_mul(g, y, chosen(g, c, backbone.scale)), chosen(g, c, backbone.loc));
    gm_named(g, y, "prediction_outputs");
    gm_output(g, "prediction_outputs", y);
    if (backbone.loc != GM_NONE) {
        gm_output(g, "loc", backbone.loc);
        gm_output(g, "scale", backbone.scale);
    }
    if (!use.with_targets) return;
    const int dims[] = {c->prediction_length, c->num_input_channels};
    gm_value target = chosen(g, c, gm_input(g, "future_values", 2, dims)), weight = GM_NONE;
    if (use.with_target_weights) weight = chosen(g, c, gm_input(g, "future_weights", 2, dims));
    gm_loss(g, c->loss == GM_PTSM_FOCAL_MSE ? gm_loss_focal_mse(g, y, target, weight, 0.75, 2)
                                            : gm_loss_mse(g, y, target, weight));
}

void gm_patchtsmixer_build(gm_graph *g, const gm_patchtsmixer_config *c, gm_patchtsmixer_use use) {
    gm_error err = {0};
    if (gm_patchtsmixer_check(c, &err) != GM_OK) {
        gm_graph_fail(g, err.code, "%s", err.message);
        return;
    }
    const int dims[] = {c->context_length, c->num_input_channels};
    gm_value past = gm_input(g, "past_values", 2, dims), observed = GM_NONE;
    if (use.with_observed_mask) observed = gm_input(g, "past_observed_mask", 2, dims);
    switch (c->class_) {
    case GM_PTSM_PREDICTION: prediction(g, c, use, past, observed); break;
    case GM_PTSM_MODEL:
        gm_output(g, "last_hidden_state", gm_patchtsmixer_backbone(g, c, "", past, observed, GM_NONE).hidden);
        break;
    case GM_PTSM_PRETRAINING:
    case GM_PTSM_REGRESSION:
    case GM_PTSM_CLASSIFICATION: gm_graph_fail(g, GM_E_UNAVAILABLE, "this class of PatchTSMixer is not built yet");
    }
}
