#include "presets.h"

#include "service/json_values.h"
#include "training/training.h"

#include <stdio.h>
#include <string.h>

static const gm_preset presets[] = {
#include "service/runs/presets.inc.h"
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

static gm_status set_values(const json_t *values, gm_training_config *config, gm_error *err) {
    if (!values || json_is_null(values)) return GM_OK;
    if (!json_is_object(values)) return gm_fail(err, GM_E_ARG, "values must be an object: {key: value}");
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)values, key, value) {
        gm_auto_text assignment = GM_TEXT_INIT;
        gm_text_printf(&assignment, "%s=", key);
        GM_TRY(service_value_text(key, value, &assignment, err));
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
            json_object_set_new(out, specs[i].key, service_value_json(&specs[i], gm_text_c(&own)));
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
    for (size_t i = 0; i < n; i++) json_array_append_new(list, service_param_json(&specs[i]));
    json_object_set_new(root, "parameters", list);
    return root;
}
