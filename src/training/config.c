#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/yaml.h"
#include "components_internal.h"

/* Flat keys of the seed's TrainingConfiguration and words of its other examples. */
static const struct {
    const char *from, *to;
} aliases[] = {
    {"model_strategy", "strategy"},
    {"sequence_length", "model_config.sequence_length"},
    {"feature_channels", "model_config.input_channels"},
    {"train_test_split", "training_config.train_test_split"},
    {"validation_split", "training_config.validation_split"},
    {"batch_size", "training_config.batch_size"},
    {"model_config.num_heads", "model_config.self_attn_heads"},
    {"training_params.epochs", "training_config.epochs"},
    {"training_params.learning_rate", "training_config.learning_rate"},
    {"training_params.batch_size", "training_config.batch_size"},
};

static const char *known_key(const char *key) {
    for (size_t i = 0; i < GM_COUNT(aliases); i++)
        if (strcmp(aliases[i].from, key) == 0) return aliases[i].to;
    return key;
}

static const char *known_value(const char *key, const char *value) {
    if (strcmp(key, "training_config.scheduler") == 0 && strcmp(value, "cosine_annealing") == 0) return "cosine";
    return value;
}

static gm_status set_key(gm_training_config *config, const char *key, const char *value, gm_error *err) {
    size_t n;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    const char *known = known_key(key);
    return gm_params_set(specs, n, config, known, known_value(known, value), err);
}

gm_status gm_training_config_defaults(gm_training_config *out, gm_error *err) {
    size_t n;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    return gm_params_defaults(specs, n, out, err);
}

void gm_training_config_finish(gm_training_config *config) {
    size_t n;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    gm_params_finish(specs, n, config);
}

void gm_training_config_to_yaml(const gm_training_config *config, bool with_docs, gm_text *out) {
    size_t n;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    gm_params_to_yaml(specs, n, config, with_docs, out);
}

gm_status gm_training_config_set(gm_training_config *config, const char *assignment, gm_error *err) {
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment)
        return gm_fail(err, GM_E_ARG, "--set %s: write it as key.sub=value", assignment);
    gm_auto_free char *key = gm_strndup(assignment, (size_t)(equals - assignment));
    if (!key) return gm_nomem(err);
    return set_key(config, key, equals + 1, err);
}

static gm_status take_key(void *config, const char *key, const char *value, gm_error *err) {
    return set_key(config, key, value, err);
}

gm_status gm_training_config_read(gm_training_config *config, const char *yaml, size_t size, const char *origin,
                                  gm_error *err) {
    static const gm_yaml_kind kind = {
        .name = "a training configuration",
        .hint = "this is no configuration: --config takes a text file of keys and values, such as "
                "configs/patchtsmixer_24cv.yaml",
        .take = take_key,
    };
    return gm_yaml_read(yaml, size, origin, &kind, config, err);
}

/* ---- what fits together ---- */

static gm_status check_components(const gm_training_config *c, gm_error *err) {
    if (!gm_strategy_find(c->strategy)) return gm_unknown_component(err, "strategy", c->strategy, gm_strategy_names());
    if (!gm_training_loss_find(c->training.loss))
        return gm_unknown_component(err, "training_config.loss", c->training.loss, gm_training_loss_names());
    if (!gm_schedule_find(c->training.scheduler))
        return gm_unknown_component(err, "training_config.scheduler", c->training.scheduler, gm_schedule_names());
    if (!gm_optimizer_find(c->training.optimizer))
        return gm_unknown_component(err, "training_config.optimizer", c->training.optimizer, gm_optimizer_names());
    return GM_OK;
}

static gm_status check_features(const gm_training_config *c, gm_error *err) {
    const gm_feature_set *set = gm_feature_set_find(c->data.features);
    if (!set) {
        size_t n;
        const gm_feature_set *const *all = gm_feature_sets(&n);
        const char *names[16] = {0};
        for (size_t i = 0; i < n && i < 15; i++) names[i] = all[i]->name;
        return gm_unknown_component(err, "data_config.features", c->data.features, names);
    }
    if (set->n_channels != c->model.input_channels)
        return gm_fail(err, GM_E_ARG, "model_config.input_channels is %d, but the feature set %s has %d",
                       c->model.input_channels, set->name, set->n_channels);
    if (set->n_heatmaps != GM_N_POINTS && !gm_training_loss_find(c->training.loss)->peaks)
        return gm_fail(err, GM_E_ARG,
                       "training_config.loss %s needs one output for each point; with %s use focal_mse or mse",
                       c->training.loss, set->name);
    return GM_OK;
}

static gm_status blank(const gm_feature_set *set, const char *name, bool ignored[GM_MAX_CHANNELS], gm_error *err) {
    const char *names[GM_MAX_CHANNELS + 1] = {0};
    for (int i = 0; i < set->n_channels; i++) {
        names[i] = set->channels[i].name;
        if (strcmp(names[i], name) == 0) {
            ignored[i] = true;
            return GM_OK;
        }
    }
    return gm_unknown_component(err, "data_config.ignore_channels", name, names);
}

gm_status gm_training_ignored_channels(const gm_training_config *c, bool ignored[GM_MAX_CHANNELS], gm_error *err) {
    const gm_feature_set *set = gm_feature_set_find(c->data.features);
    memset(ignored, 0, GM_MAX_CHANNELS * sizeof *ignored);
    gm_auto_free char *list = gm_strdup(c->data.ignore_channels ? c->data.ignore_channels : "");
    if (!list) return gm_nomem(err);
    for (char *at = list; *at;) {
        size_t n = strcspn(at, ", ");
        char *next = at + n + (at[n] != 0);
        at[n] = 0;
        if (n && set) GM_TRY(blank(set, at, ignored, err));
        at = next;
    }
    return GM_OK;
}

gm_status gm_training_config_check(const gm_training_config *c, gm_error *err) {
    GM_TRY(check_components(c, err));
    GM_TRY(check_features(c, err));
    bool ignored[GM_MAX_CHANNELS];
    GM_TRY(gm_training_ignored_channels(c, ignored, err));
    if (c->device >= 2)
        return gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0, "use device: auto or cpu", "device %s: this build has none",
                          c->device == 2 ? "cuda" : "mps");
    gm_patchtsmixer_config model;
    return gm_training_model_config(c, &model, err);
}

gm_status gm_training_model_config(const gm_training_config *c, gm_patchtsmixer_config *out, gm_error *err) {
    const gm_feature_set *set = gm_feature_set_find(c->data.features);
    if (!set) return gm_fail(err, GM_E_ARG, "unknown feature set '%s'", c->data.features);
    gm_patchtsmixer_config m;
    gm_patchtsmixer_defaults(&m);
    m.class_ = GM_PTSM_PREDICTION;
    m.context_length = m.prediction_length = c->model.sequence_length;
    m.patch_length = c->model.patch_length;
    m.patch_stride = c->model.patch_stride ? c->model.patch_stride : c->model.patch_length;
    m.num_input_channels = set->n_channels;
    m.d_model = c->model.d_model;
    m.expansion_factor = c->model.expansion_factor;
    m.num_layers = c->model.num_layers;
    m.dropout = c->model.dropout;
    m.head_dropout = c->model.head_dropout;
    m.mode = c->model.mode;
    m.norm_mlp = c->model.norm;
    m.scaling = c->model.scaling;
    m.head_kind = c->model.head;
    m.gated_attn = c->model.gated_attn;
    m.self_attn = c->model.self_attn;
    m.self_attn_heads = c->model.self_attn_heads;
    m.use_positional_encoding = c->model.positional_encoding;
    if (set->n_heatmaps == GM_N_POINTS) {
        m.n_prediction_channels = GM_N_POINTS;
        for (int p = 0; p < GM_N_POINTS; p++) m.prediction_channel_indices[p] = p;
    }
    GM_TRY(gm_patchtsmixer_check(&m, err));
    *out = m;
    return GM_OK;
}
