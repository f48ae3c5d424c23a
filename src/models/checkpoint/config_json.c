#include "config_json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum { KEY_INT, KEY_FLOAT, KEY_LOOSE_FLOAT, KEY_BOOL, KEY_CHOICE } key_kind;

/* Keys with one value of one type. FLOAT must be written with a point or exponent; LOOSE_FLOAT may be either. */
static const struct key {
    const char *name;
    key_kind kind;
    size_t offset;
    const char *const *choices; /* NULL-terminated, in the order of the enum */
} keys[] = {
#define KEY(member, kind, ...)                                                                                         \
    { #member, kind, offsetof(gm_patchtsmixer_config, member), __VA_ARGS__ }
#define CHOICES(...)                                                                                                   \
    (const char *const[]) {                                                                                            \
        __VA_ARGS__, NULL                                                                                              \
    }
    KEY(context_length, KEY_INT, NULL),
    KEY(patch_length, KEY_INT, NULL),
    KEY(num_input_channels, KEY_INT, NULL),
    KEY(patch_stride, KEY_INT, NULL),
    KEY(num_parallel_samples, KEY_INT, NULL),
    KEY(d_model, KEY_INT, NULL),
    KEY(expansion_factor, KEY_INT, NULL),
    KEY(num_layers, KEY_INT, NULL),
    KEY(dropout, KEY_LOOSE_FLOAT, NULL),
    KEY(mode, KEY_CHOICE, CHOICES("common_channel", "mix_channel")),
    KEY(gated_attn, KEY_BOOL, NULL),
    KEY(self_attn, KEY_BOOL, NULL),
    KEY(self_attn_heads, KEY_INT, NULL),
    KEY(use_positional_encoding, KEY_BOOL, NULL),
    KEY(positional_encoding_type, KEY_CHOICE, CHOICES("sincos", "random")),
    KEY(init_std, KEY_FLOAT, NULL),
    KEY(norm_eps, KEY_FLOAT, NULL),
    KEY(mask_type, KEY_CHOICE, CHOICES("random", "forecast")),
    KEY(random_mask_ratio, KEY_FLOAT, NULL),
    KEY(masked_loss, KEY_BOOL, NULL),
    KEY(channel_consistent_masking, KEY_BOOL, NULL),
    KEY(head_dropout, KEY_LOOSE_FLOAT, NULL),
    KEY(distribution_output, KEY_CHOICE, CHOICES("student_t", "normal", "negative_binomial")),
    KEY(prediction_length, KEY_INT, NULL),
    KEY(num_targets, KEY_INT, NULL),
};

static const char *const classes[] = {"PatchTSMixerModel", "PatchTSMixerForPretraining", "PatchTSMixerForPrediction",
                                      "PatchTSMixerForRegression", "PatchTSMixerForTimeSeriesClassification"};
static const char *const aggregations[] = {"max_pool", "avg_pool", "use_last"};

/* Keys that are read or made in another way; all further ones are kept as they are. */
static const char *const other_keys[] = {"architectures",
                                         "model_type",
                                         "norm_mlp",
                                         "scaling",
                                         "loss",
                                         "mask_value",
                                         "num_forecast_mask_patches",
                                         "unmasked_channel_indices",
                                         "prediction_channel_indices",
                                         "output_range",
                                         "head_aggregation",
                                         "num_patches",
                                         "patch_last",
                                         "minimum_scale",
                                         "gimlet_head",
                                         "gimlet_loss",
                                         "post_init"};

/* ---- reading ---- */

static gm_status wrong_type(const char *key, const char *expected, gm_error *err) {
    return gm_fail(err, GM_E_FORMAT, "config.json: \"%s\" must be %s", key, expected);
}

static gm_status read_choice(const char *key, const json_t *value, const char *const *choices, int *out,
                             gm_error *err) {
    const char *text = json_string_value(value);
    size_t n = 0;
    for (; choices[n]; n++)
        if (text && strcmp(choices[n], text) == 0) return *out = (int)n, GM_OK;
    const char *nearest = text ? gm_nearest_name(text, choices, n) : NULL;
    return gm_fail(err, GM_E_FORMAT, "config.json: \"%s\" is \"%.60s\"; known is %s%s%s", key,
                   text ? text : "(not a text)", nearest ? "\"" : "", nearest ? nearest : choices[0],
                   nearest ? "\"" : " and others");
}

static gm_status read_key(const struct key *key, const json_t *value, gm_patchtsmixer_config *out, gm_error *err) {
    void *member = (char *)out + key->offset;
    switch (key->kind) {
    case KEY_INT:
        if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 1 << 24)
            return wrong_type(key->name, "a whole number", err);
        *(int *)member = (int)json_integer_value(value);
        return GM_OK;
    case KEY_FLOAT:
    case KEY_LOOSE_FLOAT:
        if (!json_is_number(value)) return wrong_type(key->name, "a number", err);
        *(double *)member = json_number_value(value);
        return GM_OK;
    case KEY_BOOL:
        if (!json_is_boolean(value)) return wrong_type(key->name, "true or false", err);
        *(bool *)member = json_is_true(value);
        return GM_OK;
    case KEY_CHOICE: return read_choice(key->name, value, key->choices, member, err);
    }
    return GM_OK;
}

static gm_status read_indices(const char *key, const json_t *value, int *out, int *n, gm_error *err) {
    *n = -1;
    if (!value || json_is_null(value)) return GM_OK;
    size_t count = json_array_size(value);
    if (!json_is_array(value) || count > GM_PTSM_MAX_CHANNELS)
        return wrong_type(key, "a list of channels, or null", err);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(value, i);
        if (!json_is_integer(entry) || json_integer_value(entry) < 0 ||
            json_integer_value(entry) >= GM_PTSM_MAX_CHANNELS)
            return wrong_type(key, "a list of channel numbers from 0", err);
        out[i] = (int)json_integer_value(entry);
    }
    *n = (int)count;
    return GM_OK;
}

static gm_status read_scaling(const json_t *value, gm_patchtsmixer_config *out, gm_error *err) {
    if (!value) return GM_OK;
    const char *text = json_string_value(value);
    if (json_is_true(value) || (text && strcmp(text, "std") == 0))
        out->scaling = GM_PTSM_SCALING_STD;
    else if (text && strcmp(text, "mean") == 0)
        out->scaling = GM_PTSM_SCALING_MEAN;
    else if (json_is_null(value) || json_is_false(value))
        out->scaling = GM_PTSM_SCALING_NONE;
    else
        return wrong_type("scaling", "\"std\", \"mean\", true, false or null", err);
    return GM_OK;
}

/* Upstream takes anything with "batch" in it for BatchNorm; all else must be LayerNorm. */
static gm_status read_norm(const json_t *value, gm_patchtsmixer_config *out, gm_error *err) {
    if (!value) return GM_OK;
    const char *text = json_string_value(value);
    if (text && strcasestr(text, "batch")) return out->norm_mlp = GM_PTSM_BATCHNORM, GM_OK;
    if (text && strcasecmp(text, "LayerNorm") == 0) return out->norm_mlp = GM_PTSM_LAYERNORM, GM_OK;
    return wrong_type("norm_mlp", "\"LayerNorm\" or \"BatchNorm\"", err);
}

static gm_status read_loss(const json_t *root, gm_patchtsmixer_config *out, gm_error *err) {
    const json_t *loss = json_object_get(root, "loss");
    const char *own = json_string_value(json_object_get(root, "gimlet_loss"));
    const char *head = json_string_value(json_object_get(root, "gimlet_head"));
    int choice = 0;
    if (loss) GM_TRY(read_choice("loss", loss, CHOICES("mse", "nll"), &choice, err));
    out->loss = choice ? GM_PTSM_NLL : own && strcmp(own, "focal_mse") == 0 ? GM_PTSM_FOCAL_MSE : GM_PTSM_MSE;
    out->head_kind = head && strcmp(head, "linear3") == 0 ? GM_PTSM_HEAD_LINEAR3 : GM_PTSM_HEAD_LINEAR;
    return GM_OK;
}

static gm_status read_masks(const json_t *root, gm_patchtsmixer_config *out, gm_error *err) {
    const json_t *value = json_object_get(root, "mask_value"),
                 *patches = json_object_get(root, "num_forecast_mask_patches");
    if (value && !json_is_number(value)) return wrong_type("mask_value", "a number", err);
    if (value) out->mask_value = json_number_value(value);
    GM_TRY(read_indices("unmasked_channel_indices", json_object_get(root, "unmasked_channel_indices"),
                        out->unmasked_channel_indices, &out->n_unmasked_channels, err));
    if (!patches || json_is_null(patches)) return GM_OK;
    size_t n = json_is_array(patches) ? json_array_size(patches) : 1;
    if (n > GM_PTSM_MAX_FORECAST_MASKS) return wrong_type("num_forecast_mask_patches", "a list of at most 16", err);
    for (size_t i = 0; i < n; i++) {
        const json_t *entry = json_is_array(patches) ? json_array_get(patches, i) : patches;
        if (!json_is_integer(entry)) return wrong_type("num_forecast_mask_patches", "whole numbers", err);
        out->num_forecast_mask_patches[i] = (int)json_integer_value(entry);
    }
    out->n_forecast_masks = (int)n;
    return GM_OK;
}

static gm_status read_head(const json_t *root, gm_patchtsmixer_config *out, gm_error *err) {
    const json_t *range = json_object_get(root, "output_range"), *how = json_object_get(root, "head_aggregation");
    GM_TRY(read_indices("prediction_channel_indices", json_object_get(root, "prediction_channel_indices"),
                        out->prediction_channel_indices, &out->n_prediction_channels, err));
    for (int i = 1; i < out->n_prediction_channels; i++) /* upstream sorts them; so do we */
        for (int k = i; k > 0 && out->prediction_channel_indices[k] < out->prediction_channel_indices[k - 1]; k--) {
            int swap = out->prediction_channel_indices[k];
            out->prediction_channel_indices[k] = out->prediction_channel_indices[k - 1];
            out->prediction_channel_indices[k - 1] = swap;
        }
    out->has_output_range = json_is_array(range);
    if (range && !json_is_null(range)) {
        if (json_array_size(range) != 2 || !json_is_number(json_array_get(range, 0)) ||
            !json_is_number(json_array_get(range, 1)))
            return wrong_type("output_range", "[low, high] or null", err);
        out->output_range[0] = json_number_value(json_array_get(range, 0));
        out->output_range[1] = json_number_value(json_array_get(range, 1));
    }
    if (json_is_null(how))
        out->head_aggregation = GM_PTSM_FLATTEN;
    else if (how) {
        int choice;
        GM_TRY(read_choice("head_aggregation", how, CHOICES("max_pool", "avg_pool", "use_last"), &choice, err));
        out->head_aggregation = (gm_ptsm_aggregation)choice;
    }
    return GM_OK;
}

static gm_status read_class(const json_t *root, gm_patchtsmixer_config *out, gm_error *err) {
    const char *type = json_string_value(json_object_get(root, "model_type"));
    if (type && strcmp(type, "patchtsmixer") != 0)
        return gm_fail(err, GM_E_FORMAT, "config.json: model_type is \"%.60s\"; only \"patchtsmixer\" is known", type);
    if (json_object_get(root, "seq_len") || json_object_get(root, "n_targets") || json_object_get(root, "in_channels"))
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "load it with transformers 4.36 or later and save it again",
                          "config.json has the key names of before PatchTSMixer was part of transformers");
    const char *name = json_string_value(json_array_get(json_object_get(root, "architectures"), 0));
    if (!name) return GM_OK; /* a prediction model, as the defaults are */
    for (size_t i = 0; i < GM_COUNT(classes); i++)
        if (strcmp(classes[i], name) == 0) return out->class_ = (gm_ptsm_class)i, GM_OK;
    const char *nearest = gm_nearest_name(name, classes, GM_COUNT(classes));
    return gm_fail(err, GM_E_FORMAT, "config.json: architecture \"%.80s\" is not known%s%s", name,
                   nearest ? "; the nearest is " : "", nearest ? nearest : "");
}

static bool is_ours(const char *name) {
    for (size_t i = 0; i < GM_COUNT(keys); i++)
        if (strcmp(keys[i].name, name) == 0) return true;
    for (size_t i = 0; i < GM_COUNT(other_keys); i++)
        if (strcmp(other_keys[i], name) == 0) return true;
    return false;
}

static gm_status keep_extras(json_t *root, char **extra_json, gm_error *err) {
    json_t *extras = json_object();
    const char *name;
    json_t *value;
    json_object_foreach (root, name, value)
        if (!is_ours(name)) json_object_set(extras, name, value);
    *extra_json = NULL;
    char *text = json_object_size(extras) ? json_dumps(extras, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    bool wanted = json_object_size(extras) > 0;
    json_decref(extras);
    if (text) *extra_json = gm_strdup(text);
    free(text);
    return wanted && !*extra_json ? gm_nomem(err) : GM_OK;
}

static gm_status read_root(json_t *root, gm_patchtsmixer_config *out, gm_error *err) {
    gm_patchtsmixer_defaults(out);
    GM_TRY(read_class(root, out, err));
    for (size_t i = 0; i < GM_COUNT(keys); i++) {
        const json_t *value = json_object_get(root, keys[i].name);
        if (value) GM_TRY(read_key(&keys[i], value, out, err));
    }
    const json_t *minimum = json_object_get(root, "minimum_scale");
    if (json_is_number(minimum)) out->minimum_scale = json_number_value(minimum);
    GM_TRY(read_scaling(json_object_get(root, "scaling"), out, err));
    GM_TRY(read_norm(json_object_get(root, "norm_mlp"), out, err));
    GM_TRY(read_loss(root, out, err));
    GM_TRY(read_masks(root, out, err));
    GM_TRY(read_head(root, out, err));
    GM_TRY(gm_patchtsmixer_check(out, err));
    const json_t *patches = json_object_get(root, "num_patches");
    if (json_is_integer(patches) && json_integer_value(patches) != gm_patchtsmixer_patches(out))
        return gm_fail(err, GM_E_FORMAT, "config.json: num_patches is %lld, but its lengths give %d",
                       (long long)json_integer_value(patches), gm_patchtsmixer_patches(out));
    return GM_OK;
}

gm_status config_json_read(const char *text, size_t size, gm_patchtsmixer_config *out, char **extra_json,
                           gm_error *err) {
    json_error_t where;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    if (!root)
        return gm_error_prefix(
            err, gm_fail_at(err, GM_E_FORMAT, where.line, where.column, NULL, "not valid JSON: %s", where.text),
            "config.json");
    gm_status status = json_is_object(root) ? read_root(root, out, err)
                                            : gm_fail(err, GM_E_FORMAT, "config.json does not hold an object");
    if (status == GM_OK) status = keep_extras(root, extra_json, err);
    json_decref(root);
    return status;
}

/* ---- writing ---- */

static void put_key(gm_text *out, const char *name) {
    gm_text_append(out, ",\n  ");
    gm_text_json_string(out, name);
    gm_text_append(out, ": ");
}

/* A number that a strict reader takes for a float. */
static void put_float(gm_text *out, double value) {
    char text[32];
    gm_format_double(value, text);
    gm_text_append(out, text);
    if (!strpbrk(text, ".e")) gm_text_append(out, ".0");
}

static void put_value(gm_text *out, const struct key *key, const gm_patchtsmixer_config *c) {
    const void *member = (const char *)c + key->offset;
    switch (key->kind) {
    case KEY_INT: gm_text_printf(out, "%d", *(const int *)member); break;
    case KEY_FLOAT:
    case KEY_LOOSE_FLOAT: put_float(out, *(const double *)member); break;
    case KEY_BOOL: gm_text_append(out, *(const bool *)member ? "true" : "false"); break;
    case KEY_CHOICE: gm_text_json_string(out, key->choices[*(const int *)member]); break;
    }
}

static void put_indices(gm_text *out, const char *name, const int *values, int n) {
    put_key(out, name);
    if (n < 0) {
        gm_text_append(out, "null");
        return;
    }
    gm_text_append(out, "[");
    for (int i = 0; i < n; i++) gm_text_printf(out, "%s%d", i ? ", " : "", values[i]);
    gm_text_append(out, "]");
}

static void put_others(gm_text *out, const gm_patchtsmixer_config *c) {
    static const char *const scalings[] = {"null", "\"std\"", "\"mean\""};
    put_key(out, "norm_mlp");
    gm_text_json_string(out, c->norm_mlp == GM_PTSM_BATCHNORM ? "BatchNorm" : "LayerNorm");
    put_key(out, "scaling");
    gm_text_append(out, scalings[c->scaling]);
    put_key(out, "loss");
    gm_text_json_string(out, c->loss == GM_PTSM_NLL ? "nll" : "mse");
    put_key(out, "mask_value");
    if (c->mask_value == trunc(c->mask_value))
        gm_text_printf(out, "%.0f", c->mask_value);
    else
        put_float(out, c->mask_value);
    put_indices(out, "num_forecast_mask_patches", c->num_forecast_mask_patches, c->n_forecast_masks);
    put_indices(out, "unmasked_channel_indices", c->unmasked_channel_indices, c->n_unmasked_channels);
    put_indices(out, "prediction_channel_indices", c->prediction_channel_indices, c->n_prediction_channels);
    put_key(out, "output_range");
    if (c->has_output_range) {
        gm_text_append(out, "[");
        put_float(out, c->output_range[0]);
        gm_text_append(out, ", ");
        put_float(out, c->output_range[1]);
        gm_text_append(out, "]");
    } else
        gm_text_append(out, "null");
    put_key(out, "head_aggregation");
    if (c->head_aggregation == GM_PTSM_FLATTEN)
        gm_text_append(out, "null");
    else
        gm_text_json_string(out, aggregations[c->head_aggregation]);
    put_key(out, "num_patches");
    gm_text_printf(out, "%d", gm_patchtsmixer_patches(c));
    put_key(out, "patch_last");
    gm_text_append(out, "true");
    if (c->minimum_scale > 0) put_key(out, "minimum_scale"), put_float(out, c->minimum_scale);
    if (c->head_kind == GM_PTSM_HEAD_LINEAR3) put_key(out, "gimlet_head"), gm_text_append(out, "\"linear3\"");
    if (c->loss == GM_PTSM_FOCAL_MSE) put_key(out, "gimlet_loss"), gm_text_append(out, "\"focal_mse\"");
}

void config_json_write(const gm_patchtsmixer_config *c, const char *extra_json, gm_text *out) {
    gm_text_append(out, "{\n  \"architectures\": [");
    gm_text_json_string(out, classes[c->class_]);
    gm_text_append(out, "],\n  \"model_type\": \"patchtsmixer\"");
    for (size_t i = 0; i < GM_COUNT(keys); i++) {
        put_key(out, keys[i].name);
        put_value(out, &keys[i], c);
    }
    put_others(out, c);
    json_t *extras = extra_json ? json_loads(extra_json, 0, NULL) : NULL;
    if (!json_object_get(extras, "torch_dtype") && !json_object_get(extras, "dtype"))
        put_key(out, "torch_dtype"), gm_text_append(out, "\"float32\"");
    const char *name;
    json_t *value;
    json_object_foreach (extras, name, value) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
        put_key(out, name);
        gm_text_append(out, text ? text : "null");
        free(text);
    }
    json_decref(extras);
    gm_text_append(out, "\n}\n");
}
