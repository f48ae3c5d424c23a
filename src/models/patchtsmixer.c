/* The configuration: defaults, and what it may not be. */
#include "patchtsmixer.h"

#include <math.h>
#include <string.h>

void gm_patchtsmixer_defaults(gm_patchtsmixer_config *config) {
    *config = (gm_patchtsmixer_config){.class_ = GM_PTSM_PREDICTION,
                                       .context_length = 32,
                                       .patch_length = 8,
                                       .patch_stride = 8,
                                       .num_input_channels = 1,
                                       .num_parallel_samples = 100,
                                       .d_model = 8,
                                       .expansion_factor = 2,
                                       .num_layers = 3,
                                       .dropout = 0.2,
                                       .mode = GM_PTSM_COMMON_CHANNEL,
                                       .gated_attn = true,
                                       .norm_mlp = GM_PTSM_LAYERNORM,
                                       .self_attn_heads = 1,
                                       .positional_encoding_type = GM_PTSM_SINCOS,
                                       .scaling = GM_PTSM_SCALING_STD,
                                       .loss = GM_PTSM_MSE,
                                       .init_std = 0.02,
                                       .norm_eps = 1e-5,
                                       .mask_type = GM_PTSM_MASK_RANDOM,
                                       .random_mask_ratio = 0.5,
                                       .n_forecast_masks = 1,
                                       .num_forecast_mask_patches = {2},
                                       .masked_loss = true,
                                       .channel_consistent_masking = true,
                                       .n_unmasked_channels = -1,
                                       .head_dropout = 0.2,
                                       .distribution_output = GM_PTSM_STUDENT_T,
                                       .prediction_length = 16,
                                       .n_prediction_channels = -1,
                                       .num_targets = 3,
                                       .head_aggregation = GM_PTSM_MAX_POOL,
                                       .head_kind = GM_PTSM_HEAD_LINEAR,
                                       .init = GM_PTSM_INIT_V5};
}

void gm_patchtsmixer_inference_system(gm_patchtsmixer_config *config, int channels) {
    gm_patchtsmixer_defaults(config);
    config->context_length = config->prediction_length = 512;
    config->num_input_channels = channels;
    config->d_model = 16;
    config->num_layers = 8;
    config->mode = GM_PTSM_MIX_CHANNEL;
    config->self_attn = true;
    config->use_positional_encoding = true;
    config->loss = GM_PTSM_FOCAL_MSE;
    config->head_kind = GM_PTSM_HEAD_LINEAR3;
    config->init = GM_PTSM_INIT_V4;
}

int gm_patchtsmixer_patches(const gm_patchtsmixer_config *c) {
    return (GM_MAX(c->context_length, c->patch_length) - c->patch_length) / c->patch_stride + 1;
}

static gm_status check_range(const char *key, double value, double low, double high, gm_error *err) {
    if (value >= low && value <= high) return GM_OK;
    return gm_fail(err, GM_E_ARG, "%s is %g; from %g to %g is possible", key, value, low, high);
}

static gm_status check_sizes(const gm_patchtsmixer_config *c, gm_error *err) {
    GM_TRY(check_range("patch_length", c->patch_length, 1, 1 << 20, err));
    GM_TRY(check_range("patch_stride", c->patch_stride, 1, 1 << 20, err));
    GM_TRY(check_range("context_length", c->context_length, 2, 1 << 20, err));
    if (c->context_length <= c->patch_length)
        return gm_fail(err, GM_E_ARG, "context_length %d must be greater than patch_length %d", c->context_length,
                       c->patch_length);
    GM_TRY(check_range("num_input_channels", c->num_input_channels, 1, GM_PTSM_MAX_CHANNELS, err));
    GM_TRY(check_range("d_model", c->d_model, 1, 1 << 14, err));
    GM_TRY(check_range("expansion_factor", c->expansion_factor, 1, 64, err));
    GM_TRY(check_range("num_layers", c->num_layers, 1, 1000, err));
    GM_TRY(check_range("prediction_length", c->prediction_length, 1, 1 << 20, err));
    GM_TRY(check_range("num_targets", c->num_targets, 1, 1 << 20, err));
    GM_TRY(check_range("self_attn_heads", c->self_attn_heads, 1, 1 << 14, err));
    if (c->self_attn && c->d_model % c->self_attn_heads)
        return gm_fail(err, GM_E_ARG, "self_attn_heads %d does not divide d_model %d", c->self_attn_heads, c->d_model);
    if (c->use_positional_encoding && c->positional_encoding_type == GM_PTSM_SINCOS && c->d_model % 2)
        return gm_fail(err, GM_E_ARG, "d_model %d is odd; sincos positions need an even one", c->d_model);
    return GM_OK;
}

/* 0 <= index < channels, ascending, none twice. */
static gm_status check_channels(const char *key, const int *indices, int n, int channels, gm_error *err) {
    if (n > channels) return gm_fail(err, GM_E_ARG, "%s names %d channels of %d", key, n, channels);
    for (int i = 0; i < n; i++) {
        if (indices[i] < 0 || indices[i] >= channels)
            return gm_fail(err, GM_E_ARG, "%s: channel %d of %d", key, indices[i], channels);
        if (i && indices[i] <= indices[i - 1]) return gm_fail(err, GM_E_ARG, "%s must ascend without repetition", key);
    }
    return GM_OK;
}

gm_status gm_patchtsmixer_check(const gm_patchtsmixer_config *c, gm_error *err) {
    GM_TRY(check_sizes(c, err));
    GM_TRY(check_range("dropout", c->dropout, 0, 0.999, err));
    GM_TRY(check_range("head_dropout", c->head_dropout, 0, 0.999, err));
    GM_TRY(check_range("norm_eps", c->norm_eps, 0, 1, err));
    GM_TRY(check_range("init_std", c->init_std, 0, 100, err));
    GM_TRY(check_range("random_mask_ratio", c->random_mask_ratio, 0, 1, err));
    GM_TRY(check_range("minimum_scale", c->minimum_scale, 0, 1, err));
    GM_TRY(check_channels("prediction_channel_indices", c->prediction_channel_indices, c->n_prediction_channels,
                          c->num_input_channels, err));
    GM_TRY(check_channels("unmasked_channel_indices", c->unmasked_channel_indices, c->n_unmasked_channels,
                          c->num_input_channels, err));
    for (int i = 0; c->mask_type == GM_PTSM_MASK_FORECAST && i < c->n_forecast_masks; i++)
        GM_TRY(check_range("num_forecast_mask_patches", c->num_forecast_mask_patches[i], 1,
                           gm_patchtsmixer_patches(c) - 1, err));
    if (c->class_ == GM_PTSM_PREDICTION && c->loss == GM_PTSM_NLL && c->prediction_length == 1)
        return gm_fail(err, GM_E_ARG,
                       "prediction_length 1 with loss nll: upstream mixes up samples and channels there");
    if (c->head_kind == GM_PTSM_HEAD_LINEAR3 && (c->class_ != GM_PTSM_PREDICTION || c->loss == GM_PTSM_NLL))
        return gm_fail(err, GM_E_ARG, "the three-layer head belongs to predictions without a distribution");
    return GM_OK;
}
