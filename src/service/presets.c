#include "presets.h"

#include "training/training.h"

#include <stdio.h>
#include <string.h>

static const gm_preset presets[] = {
#include "service/presets.inc.h"
};

const gm_preset *gm_presets(size_t *count) {
    *count = GM_COUNT(presets);
    return presets;
}

static gm_status find_preset(const char *name, const gm_preset **out, gm_error *err) {
    const char *names[GM_COUNT(presets)];
    for (size_t i = 0; i < GM_COUNT(presets); i++) {
        names[i] = presets[i].name;
        if (strcmp(names[i], name) == 0) {
            *out = &presets[i];
            return GM_OK;
        }
    }
    const char *nearest = gm_nearest_name(name, names, GM_COUNT(presets));
    char hint[160];
    snprintf(hint, sizeof hint, "did you mean '%s'?", nearest ? nearest : presets[0].name);
    return gm_fail_at(err, GM_E_ARG, 0, 0, hint, "there is no preset '%s'", name);
}

/* ---- values ---- */

static gm_status value_text(const char *key, const json_t *value, gm_text *out, gm_error *err) {
    char number[32];
    switch (json_typeof(value)) {
    case JSON_STRING: gm_text_append(out, json_string_value(value)); break;
    case JSON_INTEGER: gm_text_printf(out, "%lld", (long long)json_integer_value(value)); break;
    case JSON_REAL: gm_text_append(out, gm_format_double(json_real_value(value), number)); break;
    case JSON_TRUE: gm_text_append(out, "true"); break;
    case JSON_FALSE: gm_text_append(out, "false"); break;
    default: return gm_fail(err, GM_E_ARG, "%s must be a number, a text, true or false", key);
    }
    return gm_text_ok(out) ? GM_OK : gm_nomem(err);
}

static gm_status set_values(const json_t *values, gm_training_config *config, gm_error *err) {
    if (!values || json_is_null(values)) return GM_OK;
    if (!json_is_object(values)) return gm_fail(err, GM_E_ARG, "values must be an object: {key: value}");
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)values, key, value) {
        gm_auto_text assignment = GM_TEXT_INIT;
        gm_text_printf(&assignment, "%s=", key);
        GM_TRY(value_text(key, value, &assignment, err));
        if (*key == '\0') return gm_fail(err, GM_E_ARG, "values holds an empty key");
        GM_TRY(gm_training_config_set(config, gm_text_c(&assignment), err));
    }
    return GM_OK;
}

static gm_status fill(const char *preset, const json_t *values, gm_training_config *config, gm_error *err) {
    if (preset && *preset) {
        const gm_preset *found = NULL;
        GM_TRY(find_preset(preset, &found, err));
        GM_TRY(gm_training_config_read(config, found->yaml, strlen(found->yaml), found->name, err));
    }
    GM_TRY(set_values(values, config, err));
    return gm_training_config_check(config, err);
}

gm_status gm_preset_config(const char *preset, const json_t *values, gm_training_config *out, gm_error *err) {
    gm_training_config config;
    GM_TRY(gm_training_config_defaults(&config, err));
    gm_status status = fill(preset, values, &config, err);
    if (status != GM_OK)
        gm_training_config_finish(&config);
    else
        *out = config;
    return status;
}

/* ---- for a form ---- */

/* Text as gm_params_set reads it, in the JSON type of the parameter. */
static json_t *typed(const gm_param_spec *spec, const char *text) {
    bool truth;
    long whole;
    double number;
    if (!text) return json_null();
    if (spec->type == GM_PARAM_BOOL && gm_parse_bool(text, &truth)) return json_boolean(truth);
    if (spec->type == GM_PARAM_INT && gm_parse_long(text, &whole)) return json_integer(whole);
    if (spec->type == GM_PARAM_FLOAT && gm_parse_double(text, &number)) return json_real(number);
    return json_string(text);
}

static json_t *parameter_json(const gm_param_spec *spec) {
    static const char *const types[] = {[GM_PARAM_BOOL] = "bool",
                                        [GM_PARAM_INT] = "int",
                                        [GM_PARAM_FLOAT] = "float",
                                        [GM_PARAM_STRING] = "string",
                                        [GM_PARAM_CHOICE] = "choice"};
    bool limited = spec->min != 0 || spec->max != 0;
    json_t *choices = spec->choices ? json_array() : json_null();
    for (const char *const *c = spec->choices; c && *c; c++) json_array_append_new(choices, json_string(*c));
    return json_pack("{s:s, s:s, s:s?, s:o, s:o, s:o, s:o, s:s}", "key", spec->key, "type", types[spec->type], "unit",
                     spec->unit, "default", typed(spec, spec->fallback), "min",
                     limited ? json_real(spec->min) : json_null(), "max", limited ? json_real(spec->max) : json_null(),
                     "choices", choices, "doc", spec->doc);
}

/* What the preset changes: its values where they are not the defaults. */
static gm_status preset_values(const gm_preset *preset, json_t *out, gm_error *err) {
    gm_auto_training_config config = {0}, defaults = {0};
    GM_TRY(gm_training_config_defaults(&defaults, err));
    GM_TRY(gm_preset_config(preset->name, NULL, &config, err));
    size_t n;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    for (size_t i = 0; i < n; i++) {
        gm_auto_text own = GM_TEXT_INIT, other = GM_TEXT_INIT;
        GM_TRY(gm_params_get(&specs[i], &config, &own, err));
        GM_TRY(gm_params_get(&specs[i], &defaults, &other, err));
        if (strcmp(gm_text_c(&own), gm_text_c(&other)) != 0)
            json_object_set_new(out, specs[i].key, typed(&specs[i], gm_text_c(&own)));
    }
    return GM_OK;
}

/* The comment lines at the head of the file. */
static json_t *preset_doc(const gm_preset *preset) {
    gm_auto_text doc = GM_TEXT_INIT;
    for (const char *line = preset->yaml; *line == '#'; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *text = line + 1 + strspn(line + 1, " ");
        if (text[0] == '\n' || gm_starts_with(text, "Every key") || gm_starts_with(text, "gimlet train")) break;
        if (doc.length) gm_text_append(&doc, " ");
        gm_text_append_n(&doc, text, strcspn(text, "\n"));
    }
    return json_string(gm_text_c(&doc));
}

json_t *gm_training_choices(void) {
    json_t *root = json_object(), *list = json_array();
    size_t n;
    const gm_strategy *const *strategies = gm_strategies(&n);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", strategies[i]->name, "doc", strategies[i]->doc));
    json_object_set_new(root, "strategies", list);
    list = json_array();
    for (size_t i = 0; i < GM_COUNT(presets); i++) {
        json_t *values = json_object();
        gm_error err = {0};
        if (preset_values(&presets[i], values, &err) != GM_OK)
            gm_log(GM_LOG_ERROR, "%s: %s", presets[i].name, err.message);
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "name", presets[i].name, "doc",
                                              preset_doc(&presets[i]), "values", values));
    }
    json_object_set_new(root, "presets", list);
    list = json_array();
    const gm_param_spec *specs = gm_training_config_specs(&n);
    for (size_t i = 0; i < n; i++) json_array_append_new(list, parameter_json(&specs[i]));
    json_object_set_new(root, "parameters", list);
    return root;
}
