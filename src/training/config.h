/* Training configuration: one plain struct, one table of keys (YAML, --set, docs). docs/training.md lists them all. */
#ifndef GIMLET_TRAINING_CONFIG_H
#define GIMLET_TRAINING_CONFIG_H

#include "base/base.h"
#include "data/preprocessing/preprocessing.h"
#include "models/patchtsmixer.h"

typedef enum { GM_GROUP_NONE, GM_GROUP_HOLE, GM_GROUP_TOOL_LIFE, GM_GROUP_SESSION } gm_grouping;
typedef enum { GM_METRIC_VAL_MM, GM_METRIC_VAL_LOSS } gm_stop_metric;

typedef struct {
    char *strategy;
    char *experiment_name;
    bool track_metrics;
    int tracking;                         /* 0 none, 1 mlflow: an MLflow server is told while it trains */
    char *mlflow_uri, *mlflow_experiment; /* "" = MLFLOW_TRACKING_URI, experiment_name */
    int device;                           /* auto, cpu, cuda, mps */
    int num_workers;                      /* threads; 0 = all */

    struct {
        int architecture; /* index of choices; only PatchTSMixer is built */
        int input_channels, sequence_length, patch_length, patch_stride, num_classes;
        int d_model, num_layers, expansion_factor, self_attn_heads;
        gm_ptsm_mode mode;
        gm_ptsm_norm norm;
        gm_ptsm_scaling scaling;
        gm_ptsm_head head;
        bool gated_attn, self_attn, positional_encoding;
        double dropout, head_dropout;
    } model;

    struct {
        bool cv_enabled;
        int n_folds, run_folds;
        int stratified; /* 1 = yes */
        gm_grouping grouping;
        int batch_size, epochs, warmup_epochs;
        char *loss, *optimizer, *scheduler; /* names in their lists */
        bool absent_is_known;               /* an absent point is trained as absent; false: it is left out */
        double learning_rate, min_learning_rate, weight_decay, beta1, beta2, epsilon, max_grad_norm;
        int patience;
        gm_stop_metric metric;
        double min_delta, validation_split, train_test_split, heatmap_sigma_mm, min_confidence;
        double point_weight[GM_N_POINTS];
        bool weight_by_confidence;
        int seed;
    } training;

    struct {
        char *features;
        char *ignore_channels; /* names, separated by commas; NULL = none */
        double bin_mm;
        bool normalize_position, combine_torque_signals, sequence_windowing;
        double noise_injection, time_warping, depth_shift_mm, level_scaling;
        double interval; /* nominal coverage of the intervals */
    } data;
} gm_training_config;

gm_status gm_training_config_defaults(gm_training_config *out, gm_error *err) GM_MUST_CHECK;
void gm_training_config_finish(gm_training_config *config);
/* YAML over what config holds already. origin names the file in messages. Unknown key: GM_E_ARG naming the nearest,
 * with line and column. The seed's flat keys (model_strategy, sequence_length, ...) are understood. */
gm_status gm_training_config_read(gm_training_config *config, const char *yaml, size_t size, const char *origin,
                                  gm_error *err) GM_MUST_CHECK;
/* One "key.sub=value" (--set). */
gm_status gm_training_config_set(gm_training_config *config, const char *assignment, gm_error *err) GM_MUST_CHECK;
/* What does not fit together (17 channels for a set of 15, a device that is not there, ...). */
gm_status gm_training_config_check(const gm_training_config *config, gm_error *err) GM_MUST_CHECK;
void gm_training_config_to_yaml(const gm_training_config *config, bool with_docs, gm_text *out);
const gm_param_spec *gm_training_config_specs(size_t *count);
const char *gm_grouping_name(gm_grouping grouping);
/* The model and the features that this configuration means. */
gm_status gm_training_model_config(const gm_training_config *config, gm_patchtsmixer_config *out,
                                   gm_error *err) GM_MUST_CHECK;

static inline void gm_training_config_auto_(gm_training_config *config) {
    gm_training_config_finish(config);
}
#define gm_auto_training_config __attribute__((cleanup(gm_training_config_auto_))) gm_training_config

#endif
