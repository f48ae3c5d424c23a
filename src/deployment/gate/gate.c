#include "base/yaml.h"
#include "gate_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const gm_gate_rule *const rules[] = {
#define GM_GATE_RULE(symbol) &gate_rule_##symbol,
#include "rules.list.h"
#undef GM_GATE_RULE
};
enum { N_RULES = GM_COUNT(rules) };

const gm_gate_rule *const *gm_gate_rules(size_t *count) {
    *count = N_RULES;
    return rules;
}

struct gm_gate_policy {
    bool use[N_RULES];
    void *options[N_RULES];
};

gm_status gm_gate_policy_new(gm_gate_policy **out, gm_error *err) {
    gm_auto(gm_gate_policy) gate = gm_calloc(1, sizeof *gate);
    if (!gate) return gm_nomem(err);
    for (size_t i = 0; i < N_RULES; i++) {
        gate->use[i] = true;
        if (!(gate->options[i] = gm_calloc(1, GM_MAX(rules[i]->options_size, (size_t)1)))) return gm_nomem(err);
        GM_TRY(gm_params_defaults(rules[i]->params, rules[i]->n_params, gate->options[i], err));
    }
    *out = gm_steal(&gate);
    return GM_OK;
}

void gm_gate_policy_free(gm_gate_policy *gate) {
    if (!gate) return;
    for (size_t i = 0; i < N_RULES; i++) {
        if (gate->options[i]) gm_params_finish(rules[i]->params, rules[i]->n_params, gate->options[i]);
        gm_free(gate->options[i]);
    }
    gm_free(gate);
}

/* ---- YAML ---- */

static gm_status unknown_key(const char *key, gm_error *err) {
    static const size_t most = 160;
    gm_auto(gm_arena) arena = gm_arena_new();
    const char **names = arena ? gm_arena_alloc(arena, most * sizeof *names) : NULL;
    if (!names) return gm_nomem(err);
    size_t n = 0;
    for (size_t r = 0; r < N_RULES; r++)
        for (size_t k = 0; k <= rules[r]->n_params && n < most; k++) {
            names[n] = gm_arena_printf(arena, "%s.%s", rules[r]->name,
                                       k < rules[r]->n_params ? rules[r]->params[k].key : "use");
            if (!names[n++]) return gm_nomem(err);
        }
    const char *nearest = gm_nearest_name(key, names, n);
    char hint[200];
    snprintf(hint, sizeof hint, nearest ? "did you mean '%s'?" : "configs/gate.yaml has all of them%s",
             nearest ? nearest : "");
    return gm_fail_at(err, GM_E_ARG, 0, 0, hint, "no rule of the gate has the key '%.100s'", key);
}

static gm_status take_key(void *ctx, const char *key, const char *value, gm_error *err) {
    gm_gate_policy *gate = ctx;
    const char *dot = strchr(key, '.');
    for (size_t r = 0; dot && r < N_RULES; r++) {
        if (strlen(rules[r]->name) != (size_t)(dot - key) || strncmp(rules[r]->name, key, (size_t)(dot - key)) != 0)
            continue;
        if (strcmp(dot + 1, "use") == 0) {
            if (gm_parse_bool(value, &gate->use[r])) return GM_OK;
            return gm_fail(err, GM_E_ARG, "%s is yes or no, not '%.40s'", key, value);
        }
        if (!gm_params_find(rules[r]->params, rules[r]->n_params, dot + 1)) break;
        gm_status status = gm_params_set(rules[r]->params, rules[r]->n_params, gate->options[r], dot + 1, value, err);
        return status == GM_OK ? status : gm_error_prefix(err, status, "%s", rules[r]->name);
    }
    return unknown_key(key, err);
}

gm_status gm_gate_policy_read(gm_gate_policy *gate, const char *yaml, size_t size, const char *origin, gm_error *err) {
    static const gm_yaml_kind kind = {.name = "a gate",
                                      .hint =
                                          "this is no gate: it takes a text file of rules, keys and limits, such as "
                                          "configs/gate.yaml",
                                      .take = take_key};
    return gm_yaml_read(yaml, size, origin, &kind, gate, err);
}

/* 500, not 5e+02 */
static void put_value(const gm_param_spec *spec, const void *options, gm_text *out) {
    double value = spec->type == GM_PARAM_FLOAT ? *(const double *)((const char *)options + spec->offset) : 0.5;
    if (value == floor(value))
        gm_text_number(out, value, 0);
    else if (gm_params_get(spec, options, out, NULL) != GM_OK)
        out->failed = true;
}

void gm_gate_policy_to_yaml(const gm_gate_policy *gate, gm_text *out) {
    for (size_t r = 0; r < N_RULES; r++) {
        gm_text_printf(out, "%s%s:  # %s\n  use: %s\n", r ? "\n" : "", rules[r]->name, rules[r]->doc,
                       gate->use[r] ? "yes" : "no");
        for (size_t k = 0; k < rules[r]->n_params; k++) {
            const gm_param_spec *spec = &rules[r]->params[k];
            gm_text_printf(out, "  %s: ", spec->key);
            put_value(spec, gate->options[r], out);
            gm_text_printf(out, "  # %s", spec->doc);
            if (spec->unit) gm_text_printf(out, " [%s]", spec->unit);
            gm_text_append(out, "\n");
        }
    }
}

/* ---- checking ---- */

void gate_say(gm_gate_findings *out, const gm_gate_rule *rule, gm_gate_verdict verdict, const char *format, ...) {
    if (out->count == GM_GATE_MAX_FINDINGS) {
        out->items[out->count - 1].verdict = GM_MAX(out->items[out->count - 1].verdict, verdict);
        return;
    }
    gm_gate_finding *finding = &out->items[out->count++];
    finding->rule = rule->name;
    finding->verdict = verdict;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->message, sizeof finding->message, format, arguments);
    va_end(arguments);
}

bool gm_gate_check(const gm_gate_policy *gate, const gm_gate_evidence *evidence, gm_gate_findings *out) {
    bool passed = true;
    out->count = 0;
    for (size_t r = 0; r < N_RULES; r++)
        if (gate->use[r])
            rules[r]->check(evidence, gate->options[r], out);
        else
            gate_say(out, rules[r], GM_GATE_SKIPPED, "switched off");
    for (size_t i = 0; i < out->count; i++) passed = passed && out->items[i].verdict != GM_GATE_FAILED;
    return passed;
}

const char *gm_gate_verdict_name(gm_gate_verdict verdict) {
    static const char *const names[] = {"passed", "skipped", "failed"};
    return names[verdict];
}

json_t *gm_gate_json(const gm_gate_findings *findings) {
    bool passed = true;
    json_t *list = json_array();
    for (size_t i = 0; i < findings->count; i++) {
        const gm_gate_finding *f = &findings->items[i];
        passed = passed && f->verdict != GM_GATE_FAILED;
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "rule", f->rule, "verdict",
                                              gm_gate_verdict_name(f->verdict), "message", f->message));
    }
    return json_pack("{s:b, s:o}", "passed", passed, "findings", list);
}
