#include "params.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *field_of(const gm_param_spec *spec, void *target) {
    return (char *)target + spec->offset;
}

static const void *const_field_of(const gm_param_spec *spec, const void *target) {
    return (const char *)target + spec->offset;
}

const gm_param_spec *gm_params_find(const gm_param_spec *specs, size_t count, const char *key) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(specs[i].key, key) == 0) return &specs[i];
    return NULL;
}

static gm_status unknown_key(const gm_param_spec *specs, size_t count, const char *key, gm_error *err) {
    const char **names = gm_alloc_array(count, sizeof *names);
    if (!names) return gm_nomem(err);
    for (size_t i = 0; i < count; i++) names[i] = specs[i].key;
    const char *nearest = gm_nearest_name(key, names, count);
    gm_free(names);
    if (!nearest) return gm_fail(err, GM_E_ARG, "unknown key '%s'", key);
    char hint[200];
    snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    return gm_fail_at(err, GM_E_ARG, 0, 0, hint, "unknown key '%s'", key);
}

static gm_status check_range(const gm_param_spec *spec, double value, const char *text, gm_error *err) {
    bool limited = spec->min != 0 || spec->max != 0;
    if (!limited || (value >= spec->min && value <= spec->max)) return GM_OK;
    char low[32], high[32];
    if (spec->type == GM_PARAM_INT)
        return gm_fail(err, GM_E_ARG, "%s is %s; it must lie between %.0f and %.0f%s%s", spec->key, text, spec->min,
                       spec->max, spec->unit ? " " : "", spec->unit ? spec->unit : "");
    return gm_fail(err, GM_E_ARG, "%s is %s; it must lie between %s and %s%s%s", spec->key, text,
                   gm_format_double(spec->min, low), gm_format_double(spec->max, high), spec->unit ? " " : "",
                   spec->unit ? spec->unit : "");
}

static gm_status set_choice(const gm_param_spec *spec, int *field, const char *value, gm_error *err) {
    gm_auto_text all = GM_TEXT_INIT;
    for (int i = 0; spec->choices[i]; i++) {
        if (gm_equal_nocase(spec->choices[i], value)) {
            *field = i;
            return GM_OK;
        }
        gm_text_printf(&all, "%s%s", i ? ", " : "", spec->choices[i]);
    }
    return gm_fail(err, GM_E_ARG, "%s is '%s'; it must be one of: %s", spec->key, value, gm_text_c(&all));
}

static gm_status set_field(const gm_param_spec *spec, void *target, const char *value, gm_error *err) {
    void *field = field_of(spec, target);
    double number;
    switch (spec->type) {
    case GM_PARAM_BOOL:
        if (gm_parse_bool(value, field)) return GM_OK;
        return gm_fail(err, GM_E_ARG, "%s is '%s'; it must be true or false", spec->key, value);
    case GM_PARAM_INT: {
        long whole;
        if (!gm_parse_long(value, &whole) || whole > INT_MAX || whole < INT_MIN)
            return gm_fail(err, GM_E_ARG, "%s is '%s'; it must be a whole number", spec->key, value);
        GM_TRY(check_range(spec, (double)whole, value, err));
        *(int *)field = (int)whole;
        return GM_OK;
    }
    case GM_PARAM_FLOAT:
        if (!gm_parse_double(value, &number) || !isfinite(number))
            return gm_fail_at(err, GM_E_ARG, 0, 0, "write the decimal mark as a point",
                              "%s is '%s'; it must be a number", spec->key, value);
        GM_TRY(check_range(spec, number, value, err));
        *(double *)field = number;
        return GM_OK;
    case GM_PARAM_STRING: {
        char *copy = gm_strdup(value);
        if (!copy) return gm_nomem(err);
        gm_free(*(char **)field);
        *(char **)field = copy;
        return GM_OK;
    }
    case GM_PARAM_CHOICE: return set_choice(spec, field, value, err);
    }
    return gm_fail(err, GM_E_INTERNAL, "parameter '%s' has an unknown type", spec->key);
}

gm_status gm_params_set(const gm_param_spec *specs, size_t count, void *target, const char *key, const char *value,
                        gm_error *err) {
    const gm_param_spec *spec = gm_params_find(specs, count, key);
    if (!spec) return unknown_key(specs, count, key, err);
    return set_field(spec, target, value, err);
}

gm_status gm_params_defaults(const gm_param_spec *specs, size_t count, void *target, gm_error *err) {
    for (size_t i = 0; i < count; i++)
        if (specs[i].type == GM_PARAM_STRING) *(char **)field_of(&specs[i], target) = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!specs[i].fallback) {
            GM_ASSERT(specs[i].type == GM_PARAM_STRING);
            continue;
        }
        gm_status status = set_field(&specs[i], target, specs[i].fallback, err);
        if (status != GM_OK) {
            gm_params_finish(specs, count, target);
            return status;
        }
    }
    return GM_OK;
}

void gm_params_finish(const gm_param_spec *specs, size_t count, void *target) {
    for (size_t i = 0; i < count; i++) {
        if (specs[i].type != GM_PARAM_STRING) continue;
        char **field = field_of(&specs[i], target);
        gm_free(*field);
        *field = NULL;
    }
}

gm_status gm_params_get(const gm_param_spec *spec, const void *target, gm_text *out, gm_error *err) {
    const void *field = const_field_of(spec, target);
    char number[32];
    switch (spec->type) {
    case GM_PARAM_BOOL: gm_text_append(out, *(const bool *)field ? "true" : "false"); break;
    case GM_PARAM_INT: gm_text_printf(out, "%d", *(const int *)field); break;
    case GM_PARAM_FLOAT: gm_text_append(out, gm_format_double(*(const double *)field, number)); break;
    case GM_PARAM_STRING: {
        const char *s = *(char *const *)field;
        gm_text_append(out, s ? s : "");
        break;
    }
    case GM_PARAM_CHOICE: gm_text_append(out, spec->choices[*(const int *)field]); break;
    }
    return gm_text_ok(out) ? GM_OK : gm_nomem(err);
}

/* Length of the dotted prefix that two keys share, up to and with its last dot. */
static size_t shared_prefix(const char *a, const char *b) {
    size_t shared = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '.') shared = i + 1;
    return shared;
}

static void indent(gm_text *out, int depth) {
    for (int i = 0; i < depth; i++) gm_text_append(out, "  ");
}

static void yaml_value(const gm_param_spec *spec, const void *target, gm_text *out) {
    bool quoted = spec->type == GM_PARAM_STRING && *(char *const *)const_field_of(spec, target);
    gm_auto_text value = GM_TEXT_INIT;
    if (gm_params_get(spec, target, &value, NULL) != GM_OK) {
        out->failed = true;
        return;
    }
    if (quoted)
        gm_text_json_string(out, gm_text_c(&value)); /* a JSON string is a YAML double-quoted scalar */
    else
        gm_text_append(out, spec->type == GM_PARAM_STRING ? "null" : gm_text_c(&value));
}

void gm_params_to_yaml(const gm_param_spec *specs, size_t count, const void *target, bool with_docs, gm_text *out) {
    const char *last = "";
    for (size_t i = 0; i < count; i++) {
        const char *key = specs[i].key;
        size_t shared = shared_prefix(last, key);
        int depth = 0;
        for (size_t j = 0; j < shared; j++) depth += key[j] == '.';
        const char *part = key + shared;
        for (const char *dot; (dot = strchr(part, '.')); part = dot + 1) {
            indent(out, depth++);
            gm_text_append_n(out, part, (size_t)(dot - part));
            gm_text_append(out, ":\n");
        }
        indent(out, depth);
        gm_text_printf(out, "%s: ", part);
        yaml_value(&specs[i], target, out);
        if (with_docs && specs[i].doc)
            gm_text_printf(out, "  # %s%s%s%s", specs[i].doc, specs[i].unit ? " [" : "",
                           specs[i].unit ? specs[i].unit : "", specs[i].unit ? "]" : "");
        gm_text_append(out, "\n");
        last = key;
    }
}
