#include "json_values.h"

gm_status service_value_text(const char *key, const json_t *value, gm_text *out, gm_error *err) {
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

json_t *service_value_json(const gm_param_spec *spec, const char *text) {
    bool truth;
    long whole;
    double number;
    if (!text) return json_null();
    if (spec->type == GM_PARAM_BOOL && gm_parse_bool(text, &truth)) return json_boolean(truth);
    if (spec->type == GM_PARAM_INT && gm_parse_long(text, &whole)) return json_integer(whole);
    if (spec->type == GM_PARAM_FLOAT && gm_parse_double(text, &number)) return json_real(number);
    return json_string(text);
}

json_t *service_param_json(const gm_param_spec *spec) {
    static const char *const types[] = {[GM_PARAM_BOOL] = "bool",
                                        [GM_PARAM_INT] = "int",
                                        [GM_PARAM_FLOAT] = "float",
                                        [GM_PARAM_STRING] = "string",
                                        [GM_PARAM_CHOICE] = "choice"};
    bool limited = spec->min != 0 || spec->max != 0;
    json_t *choices = spec->choices ? json_array() : json_null();
    for (const char *const *c = spec->choices; c && *c; c++) json_array_append_new(choices, json_string(*c));
    return json_pack("{s:s, s:s, s:s?, s:o, s:o, s:o, s:o, s:s}", "key", spec->key, "type", types[spec->type], "unit",
                     spec->unit, "default", service_value_json(spec, spec->fallback), "min",
                     limited ? json_real(spec->min) : json_null(), "max", limited ? json_real(spec->max) : json_null(),
                     "choices", choices, "doc", spec->doc);
}
