/* The backbone: scaling, patches, embedding, mixer layers. Values are [channels, patches, d_model] per sample; a mixer
 * works along its axis in place, so upstream's transposes are not needed. */
#include "patchtsmixer_internal.h"

#include <stdarg.h>
#include <stdio.h>

gm_value gm_ptsm_linear(gm_graph *graph, gm_value x, int axis, int out, const char *format, ...) {
    if (x == GM_NONE) return GM_NONE;
    char name[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    gm_value_info info = gm_value_describe(graph, x);
    int in = info.dims[axis < 0 ? axis + info.rank : axis];
    gm_value weight = gm_parameter(graph, GM_TRAINABLE, 2, (const int[]){out, in}, "%s.weight", name);
    gm_value bias = gm_parameter(graph, GM_TRAINABLE, 1, (const int[]){out}, "%s.bias", name);
    return gm_named(graph, gm_linear(graph, x, weight, bias, axis), "%s", name);
}

typedef struct {
    gm_graph *graph;
    const gm_patchtsmixer_config *config;
    char prefix[160]; /* of the current mixer: "model.encoder.mlp_mixer_encoder.mixers.0.patch_mixer" */
} builder;

static gm_value norm(builder *b, gm_value x, const char *which) {
    int width[] = {b->config->d_model};
    bool batch = b->config->norm_mlp == GM_PTSM_BATCHNORM;
    const char *kind = batch ? ".batchnorm" : "";
    gm_graph *g = b->graph;
    gm_value gamma = gm_parameter(g, GM_TRAINABLE, 1, width, "%s.%s.norm%s.weight", b->prefix, which, kind);
    gm_value beta = gm_parameter(g, GM_TRAINABLE, 1, width, "%s.%s.norm%s.bias", b->prefix, which, kind);
    gm_value y;
    if (batch) {
        gm_value mean = gm_parameter(g, GM_STATE, 1, width, "%s.%s.norm%s.running_mean", b->prefix, which, kind);
        gm_value var = gm_parameter(g, GM_STATE, 1, width, "%s.%s.norm%s.running_var", b->prefix, which, kind);
        y = gm_batchnorm(g, x, gamma, beta, mean, var, b->config->norm_eps);
    } else {
        y = gm_layernorm(g, x, gamma, beta, b->config->norm_eps);
    }
    return gm_named(g, y, "%s.%s", b->prefix, which);
}

static gm_value mlp(builder *b, gm_value x, int axis) {
    int width = gm_value_describe(b->graph, x).dims[axis];
    gm_value h = gm_ptsm_linear(b->graph, x, axis, width * b->config->expansion_factor, "%s.mlp.fc1", b->prefix);
    h = gm_named(b->graph, gm_gelu(b->graph, h, b->config->dropout), "%s.mlp.gelu", b->prefix);
    h = gm_ptsm_linear(b->graph, h, axis, width, "%s.mlp.fc2", b->prefix);
    return gm_dropout(b->graph, h, b->config->dropout);
}

static gm_value gate(builder *b, gm_value x, int axis) {
    if (!b->config->gated_attn || x == GM_NONE) return x;
    int width = gm_value_describe(b->graph, x).dims[axis];
    gm_value logits = gm_ptsm_linear(b->graph, x, axis, width, "%s.gating_block.attn_layer", b->prefix);
    return gm_named(b->graph, gm_gate(b->graph, x, logits, axis), "%s.gating_block", b->prefix);
}

static gm_value self_attention(builder *b, gm_value x) {
    int width = b->config->d_model;
    gm_graph *g = b->graph;
    gm_value k = gm_ptsm_linear(g, x, 2, width, "%s.self_attn_layer.k_proj", b->prefix);
    gm_value v = gm_ptsm_linear(g, x, 2, width, "%s.self_attn_layer.v_proj", b->prefix);
    gm_value q = gm_ptsm_linear(g, x, 2, width, "%s.self_attn_layer.q_proj", b->prefix);
    gm_value context = gm_attention(g, q, k, v, b->config->self_attn_heads, b->config->dropout);
    gm_named(g, context, "%s.self_attn_layer", b->prefix);
    return gm_ptsm_linear(g, context, 2, width, "%s.self_attn_layer.out_proj", b->prefix);
}

/* The gate stands before the MLP here and behind it in the other two. */
static gm_value channel_mixer(builder *b, gm_value x) {
    gm_value u = gate(b, norm(b, x, "norm"), 0);
    return gm_named(b->graph, gm_add(b->graph, mlp(b, u, 0), x), "%s", b->prefix);
}

static gm_value patch_mixer(builder *b, gm_value x) {
    gm_value u = norm(b, x, "norm"), attended = GM_NONE;
    if (b->config->self_attn) attended = self_attention(b, u);
    u = gate(b, mlp(b, u, 1), 1);
    if (b->config->self_attn) u = norm(b, gm_add(b->graph, u, attended), "norm_attn");
    return gm_named(b->graph, gm_add(b->graph, u, x), "%s", b->prefix);
}

static gm_value feature_mixer(builder *b, gm_value x) {
    gm_value u = gate(b, mlp(b, norm(b, x, "norm"), 2), 2);
    return gm_named(b->graph, gm_add(b->graph, u, x), "%s", b->prefix);
}

static gm_value embed(gm_graph *g, const gm_patchtsmixer_config *c, const char *prefix, gm_value patches) {
    gm_value hidden = gm_ptsm_linear(g, patches, 2, c->d_model, "%sencoder.patcher", prefix);
    if (!c->use_positional_encoding) return hidden;
    bool trained = c->positional_encoding_type == GM_PTSM_RANDOM || c->train_positions;
    gm_value table =
        gm_parameter(g, trained ? GM_TRAINABLE : GM_FROZEN, 2, (const int[]){gm_patchtsmixer_patches(c), c->d_model},
                     "%sencoder.positional_encoder.position_enc", prefix);
    return gm_named(g, gm_add(g, hidden, table), "%sencoder.positional_encoder", prefix);
}

/* patches (1 - mask) + value mask, the mask [channels, patches] seen as [channels, patches, 1]. */
static gm_value hide(gm_graph *g, const gm_patchtsmixer_config *c, gm_value patches, gm_value mask) {
    gm_value seen = gm_reshape(g, mask, 3, (const int[]){c->num_input_channels, gm_patchtsmixer_patches(c), 1});
    gm_value kept = gm_mul(g, patches, gm_scale(g, seen, -1, 1));
    return c->mask_value == 0 ? kept : gm_add(g, kept, gm_scale(g, seen, c->mask_value, 0));
}

gm_ptsm_backbone gm_patchtsmixer_backbone(gm_graph *g, const gm_patchtsmixer_config *c, const char *prefix,
                                          gm_value past_values, gm_value observed_mask, gm_value patch_mask) {
    gm_ptsm_backbone out = {.loc = GM_NONE, .scale = GM_NONE};
    gm_value x = past_values;
    if (c->scaling != GM_PTSM_SCALING_NONE) {
        bool is_std = c->scaling == GM_PTSM_SCALING_STD;
        double minimum = c->minimum_scale > 0 ? c->minimum_scale : is_std ? 1e-5 : 1e-10;
        gm_scaled scaled = gm_scaler(g, is_std ? GM_SCALER_STD : GM_SCALER_MEAN, x, observed_mask, GM_NONE, minimum);
        x = gm_named(g, scaled.scaled, "%sscaled", prefix);
        out.loc = gm_named(g, scaled.loc, "%sloc", prefix);
        out.scale = gm_named(g, scaled.scale, "%sscale", prefix);
    }
    out.patches = gm_named(g, gm_patchify(g, x, c->patch_length, c->patch_stride), "%spatches", prefix);
    gm_value hidden = embed(g, c, prefix, patch_mask == GM_NONE ? out.patches : hide(g, c, out.patches, patch_mask));
    builder b = {.graph = g, .config = c};
    for (int i = 0; i < c->num_layers && hidden != GM_NONE; i++) {
        const char *root = "encoder.mlp_mixer_encoder.mixers";
        if (c->mode == GM_PTSM_MIX_CHANNEL) {
            snprintf(b.prefix, sizeof b.prefix, "%s%s.%d.channel_feature_mixer", prefix, root, i);
            hidden = channel_mixer(&b, hidden);
        }
        snprintf(b.prefix, sizeof b.prefix, "%s%s.%d.patch_mixer", prefix, root, i);
        hidden = patch_mixer(&b, hidden);
        snprintf(b.prefix, sizeof b.prefix, "%s%s.%d.feature_mixer", prefix, root, i);
        hidden = feature_mixer(&b, hidden);
    }
    out.hidden = hidden;
    return out;
}
