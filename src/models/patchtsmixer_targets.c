/* PatchTSMixerForRegression and PatchTSMixerForTimeSeriesClassification: num_targets numbers from the whole series. */
#include "patchtsmixer_internal.h"

/* What scaling took away goes back in beside the features: [loc, scale] of each channel through two linear maps. */
static gm_value inject_scale(gm_graph *g, const gm_patchtsmixer_config *c, const gm_ptsm_backbone *backbone) {
    int channels = c->num_input_channels, patches = gm_patchtsmixer_patches(c), width = c->d_model;
    if (backbone->loc == GM_NONE) return backbone->hidden;
    gm_value pair = gm_concat(g, 2, (const gm_value[]){backbone->loc, backbone->scale}, 0);
    pair = gm_transpose(g, pair, (const int[]){1, 0});
    pair = gm_ptsm_linear(g, pair, 1, 4, "inject_scale.map_scale_expansion");
    pair = gm_ptsm_linear(g, pair, 1, 2, "inject_scale.map_scale_compression");
    pair = gm_expand(g, gm_reshape(g, pair, 3, (const int[]){channels, 1, 2}), 3, (const int[]){channels, patches, 2});
    gm_value both = gm_concat(g, 2, (const gm_value[]){backbone->hidden, pair}, 2);
    both = gm_ptsm_linear(g, both, 2, 2 * width, "inject_scale.inverse_trans_expansion");
    return gm_ptsm_linear(g, both, 2, width, "inject_scale.inverse_trans_compression");
}

/* [channels, patches, d_model] -> one vector; without aggregation d_model comes before patches, as upstream has it. */
static gm_value aggregate(gm_graph *g, const gm_patchtsmixer_config *c, gm_value x) {
    int size = c->num_input_channels * c->d_model;
    switch (c->head_aggregation) {
    case GM_PTSM_USE_LAST: x = gm_last(g, x, 1); break;
    case GM_PTSM_MAX_POOL: x = gm_max(g, x, 1); break;
    case GM_PTSM_AVG_POOL: x = gm_mean(g, x, 1); break;
    case GM_PTSM_FLATTEN:
        x = gm_transpose(g, x, (const int[]){0, 2, 1});
        size *= gm_patchtsmixer_patches(c);
        break;
    }
    return gm_dropout(g, gm_reshape(g, x, 1, &size), c->head_dropout);
}

static gm_value features(const gm_ptsm_head_build *b) {
    gm_ptsm_backbone backbone = gm_patchtsmixer_backbone(b->graph, b->config, "model.", b->past, GM_NONE, GM_NONE);
    return aggregate(b->graph, b->config, inject_scale(b->graph, b->config, &backbone));
}

static gm_value projection(const gm_ptsm_head_build *b, gm_value x) {
    const gm_patchtsmixer_config *c = b->config;
    gm_value y = gm_ptsm_linear(b->graph, x, 0, c->num_targets, "head.projection");
    if (!c->has_output_range) return y;
    double low = c->output_range[0], high = c->output_range[1];
    return gm_scale(b->graph, gm_sigmoid(b->graph, y), high - low, low);
}

static void distribution(const gm_ptsm_head_build *b, gm_value x) {
    const gm_patchtsmixer_config *c = b->config;
    gm_value raw[3] = {GM_NONE, GM_NONE, GM_NONE};
    for (int k = 0; k < gm_ptsm_parameter_count(c); k++)
        raw[k] = gm_ptsm_linear(b->graph, x, 0, c->num_targets, "head.projection.proj.%d", k);
    gm_ptsm_parameters p = gm_ptsm_map_parameters(b->graph, c, raw, GM_NONE);
    gm_ptsm_output_parameters(b->graph, "regression_outputs", &p);
    if (!b->use.with_targets) return;
    gm_value target = gm_input(b->graph, "target_values", 1, &c->num_targets);
    gm_loss(b->graph, gm_sum_all(b->graph, gm_ptsm_nll(b->graph, c, &p, target)));
}

void gm_ptsm_regression(const gm_ptsm_head_build *b) {
    gm_value x = features(b);
    if (b->config->loss == GM_PTSM_NLL) {
        distribution(b, x);
        return;
    }
    gm_value y = projection(b, x);
    gm_output(b->graph, "regression_outputs", y);
    if (!b->use.with_targets) return;
    gm_value target = gm_input(b->graph, "target_values", 1, &b->config->num_targets);
    gm_loss(b->graph, gm_loss_mse(b->graph, y, target, GM_NONE));
}

/* The target is the number of the class, as a float. */
void gm_ptsm_classification(const gm_ptsm_head_build *b) {
    gm_value y = projection(b, features(b));
    gm_output(b->graph, "prediction_outputs", y);
    if (!b->use.with_targets) return;
    gm_value target = gm_input(b->graph, "target_values", 1, (const int[]){1});
    gm_loss(b->graph, gm_loss_cross_entropy(b->graph, y, target));
}
