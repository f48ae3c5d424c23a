/* PatchTSMixer (arXiv:2306.09364), as Hugging Face transformers computes it: configuration, graph, initial weights.
 *
 * For        models/ (checkpoint, heads), training/.
 * Depends on engine.
 * Errors     a configuration that upstream accepts but cannot mean is refused (gm_patchtsmixer_check says what and
 *            why).
 * Ownership  the configuration is a plain value without pointers.
 *
 * Names and meaning of the fields: config.json of transformers; state-dict names exactly as there. */
#ifndef GIMLET_MODELS_PATCHTSMIXER_H
#define GIMLET_MODELS_PATCHTSMIXER_H

#include "engine/engine.h"

enum { GM_PTSM_MAX_CHANNELS = 1024, GM_PTSM_MAX_FORECAST_MASKS = 16 };

typedef enum {
    GM_PTSM_MODEL,
    GM_PTSM_PRETRAINING,
    GM_PTSM_PREDICTION,
    GM_PTSM_REGRESSION,
    GM_PTSM_CLASSIFICATION
} gm_ptsm_class;
typedef enum { GM_PTSM_COMMON_CHANNEL, GM_PTSM_MIX_CHANNEL } gm_ptsm_mode;
typedef enum { GM_PTSM_LAYERNORM, GM_PTSM_BATCHNORM } gm_ptsm_norm;
typedef enum { GM_PTSM_SINCOS, GM_PTSM_RANDOM } gm_ptsm_positions;
typedef enum { GM_PTSM_SCALING_NONE, GM_PTSM_SCALING_STD, GM_PTSM_SCALING_MEAN } gm_ptsm_scaling;
typedef enum { GM_PTSM_MSE, GM_PTSM_NLL, GM_PTSM_FOCAL_MSE } gm_ptsm_loss; /* focal mse: the inference system's */
typedef enum { GM_PTSM_STUDENT_T, GM_PTSM_NORMAL, GM_PTSM_NEGATIVE_BINOMIAL } gm_ptsm_distribution;
typedef enum {
    GM_PTSM_MAX_POOL,
    GM_PTSM_AVG_POOL,
    GM_PTSM_USE_LAST,
    GM_PTSM_FLATTEN
} gm_ptsm_aggregation; /* FLATTEN = null */
typedef enum { GM_PTSM_MASK_RANDOM, GM_PTSM_MASK_FORECAST } gm_ptsm_mask;
typedef enum { GM_PTSM_HEAD_LINEAR, GM_PTSM_HEAD_LINEAR3 } gm_ptsm_head; /* LINEAR3: three stacked, no activation */
typedef enum { GM_PTSM_INIT_V5, GM_PTSM_INIT_V4 } gm_ptsm_init;          /* v5: N(0, init_std); v4: torch's defaults */

typedef struct {
    gm_ptsm_class class_; /* architectures[0] */
    int context_length, patch_length, patch_stride, num_input_channels, num_parallel_samples;
    int d_model, expansion_factor, num_layers;
    double dropout;
    gm_ptsm_mode mode;
    bool gated_attn;
    gm_ptsm_norm norm_mlp;
    bool self_attn;
    int self_attn_heads;
    bool use_positional_encoding;
    gm_ptsm_positions positional_encoding_type;
    bool train_positions; /* a sincos table that gets gradients, as 5.23 does after from_pretrained; default false */
    gm_ptsm_scaling scaling;
    double minimum_scale; /* 0 = upstream's default: 1e-5 for std, 1e-10 for mean */
    gm_ptsm_loss loss;
    double init_std, norm_eps;
    gm_ptsm_mask mask_type;
    double random_mask_ratio;
    int n_forecast_masks, num_forecast_mask_patches[GM_PTSM_MAX_FORECAST_MASKS];
    double mask_value;
    bool masked_loss, channel_consistent_masking;
    int n_unmasked_channels; /* -1 = null */
    int unmasked_channel_indices[GM_PTSM_MAX_CHANNELS];
    double head_dropout;
    gm_ptsm_distribution distribution_output;
    int prediction_length;
    int n_prediction_channels; /* -1 = null: all; else ascending */
    int prediction_channel_indices[GM_PTSM_MAX_CHANNELS];
    int num_targets;
    bool has_output_range;
    double output_range[2];
    gm_ptsm_aggregation head_aggregation;
    gm_ptsm_head head_kind;
    gm_ptsm_init init;
} gm_patchtsmixer_config;

/* transformers' defaults for a prediction model. */
void gm_patchtsmixer_defaults(gm_patchtsmixer_config *config);
/* The inference system's model: 512/8/8, d_model 16, 8 layers, mix_channel, gated, self attention, sincos, std,
 * linear3, focal mse, prediction_length 512, for 15 or 17 channels. */
void gm_patchtsmixer_inference_system(gm_patchtsmixer_config *config, int channels);
gm_status gm_patchtsmixer_check(const gm_patchtsmixer_config *config, gm_error *err) GM_MUST_CHECK;
int gm_patchtsmixer_patches(const gm_patchtsmixer_config *config); /* num_patches */

/* Building blocks, for heads of other tasks. */
typedef struct {
    gm_value hidden;     /* [channels, patches, d_model] */
    gm_value loc, scale; /* [1, channels], GM_NONE without scaling */
    gm_value patches;    /* scaled, not masked [channels, patches, patch_length] */
} gm_ptsm_backbone;
/* past_values [context_length, channels]; observed_mask the same or GM_NONE; patch_mask [channels, patches] (1 =
 * hidden) or GM_NONE. prefix: "model." or "". */
gm_ptsm_backbone gm_patchtsmixer_backbone(gm_graph *graph, const gm_patchtsmixer_config *config, const char *prefix,
                                          gm_value past_values, gm_value observed_mask, gm_value patch_mask);

/* The whole model of config->class_. Inputs: "past_values"; with_observed_mask adds "past_observed_mask"; with_targets
 * adds "future_values" [prediction_length, channels] (targets of the class, all channels) and the loss. Outputs
 * (prediction): "prediction_outputs" [prediction_length, channels], "loc", "scale" where scaling is on. */
typedef struct {
    bool with_targets;
    bool with_observed_mask;
    bool with_target_weights; /* adds "future_weights", shape of future_values: weight of each entry in the loss */
} gm_patchtsmixer_use;
void gm_patchtsmixer_build(gm_graph *graph, const gm_patchtsmixer_config *config, gm_patchtsmixer_use use);

/* Seeded initial weights into params [gm_parameters_size(graph)], and the position table. */
gm_status gm_patchtsmixer_initialise(const gm_graph *graph, const gm_patchtsmixer_config *config, uint64_t seed,
                                     float *params, gm_error *err) GM_MUST_CHECK;

#endif
