#include "registry_internal.h"

#include <math.h>
#include <string.h>

/* ---- which gate ---- */

/* The YAML that guards this promotion, over the built-in limits; *guarded = false: none does. */
static gm_status gate_for(gm_registry *registry, const gm_promote_request *request, gm_gate_policy **out,
                          const char **name, gm_error *err) {
    gm_auto(gm_gate_policy) gate = NULL;
    gm_auto_free char *own = gm_path_join(gm_registry_models_dir(registry), "gate.yaml"), *bytes = NULL;
    const char *path = request->gate;
    size_t size = 0;
    *out = NULL;
    *name = "none";
    if (path && strcmp(path, "none") == 0) return GM_OK;
    if (!path && !request->gate_yaml && strcmp(request->alias, "champion") != 0) return GM_OK;
    if (!own) return gm_nomem(err);
    GM_TRY(gm_gate_policy_new(&gate, err));
    *name = "standard";
    if (request->gate_yaml) {
        *name = "given";
        GM_TRY(gm_gate_policy_read(gate, request->gate_yaml, strlen(request->gate_yaml), "the gate", err));
    } else if (path || gm_file_exists(own)) {
        if (!path) path = own;
        *name = request->gate ? gm_path_base(request->gate) : "gate.yaml of the models";
        GM_TRY(gm_read_file(path, 1 << 20, &bytes, &size, err));
        GM_TRY(gm_gate_policy_read(gate, bytes, size, path, err));
    }
    *out = gm_steal(&gate);
    return GM_OK;
}

/* ---- promote ---- */

static gm_status ask_gate(gm_registry *registry, const gm_promote_request *request, const gm_gate_policy *gate,
                          const gm_promotion *promotion, json_t **out, gm_error *err) {
    auto_evidence evidence = {0};
    gm_auto_free gm_gate_findings *findings = gm_calloc(1, sizeof *findings);
    if (!findings) return gm_nomem(err);
    long champion = promotion->expected == promotion->version ? 0 : promotion->expected;
    const evidence_request wanted = {.model = promotion->model,
                                     .version = promotion->version,
                                     .champion = champion,
                                     .promoter = request->by,
                                     .several_people = request->several_people,
                                     .observer = request->observer};
    GM_TRY(version_evidence_collect(registry, &wanted, &evidence, err));
    gm_gate_check(gate, &evidence.facts, findings);
    *out = gm_gate_json(findings);
    return *out ? GM_OK : gm_nomem(err);
}

static gm_status answer(const gm_promotion *p, bool promoted, json_t *gate, json_t **out, gm_error *err) {
    *out = json_pack("{s:s, s:I, s:s, s:b, s:o, s:o}", "model", p->model, "version", (json_int_t)p->version, "alias",
                     p->alias, "promoted", promoted, "previous",
                     p->expected > 0 ? json_integer(p->expected) : json_null(), "gate", gate ? gate : json_null());
    return *out ? GM_OK : gm_nomem(err);
}

/* "none" and the gate's name stand in the history, too. */
static json_t *for_history(const char *name, const json_t *gate) {
    json_t *detail = json_pack("{s:s}", "name", name);
    if (gate) json_object_update(detail, (json_t *)gate);
    return detail;
}

static gm_status decide(gm_registry *registry, const gm_promote_request *request, gm_promotion *promotion,
                        const char *gate_name, json_t *gate, json_t **out, gm_error *err) {
    bool passed = !gate || json_is_true(json_object_get(gate, "passed"));
    bool promoted = passed && !request->only_check;
    json_t *detail = for_history(gate_name, gate);
    promotion->gate = detail;
    gm_status status = detail ? GM_OK : gm_nomem(err);
    if (status == GM_OK && promoted) status = gm_registry_promote(registry, promotion, err);
    if (status == GM_OK && !passed && !request->only_check)
        status = gm_registry_note(registry, promotion, "refused", err);
    json_decref(detail);
    if (status != GM_OK) return json_decref(gate), status;
    return answer(promotion, promoted, gate, out, err);
}

gm_status gm_model_promote(gm_registry *registry, const gm_promote_request *request, json_t **out, gm_error *err) {
    gm_auto(gm_gate_policy) gate = NULL;
    gm_model_ref ref;
    const char *gate_name;
    long now;
    json_t *findings = NULL;
    GM_TRY(gm_registry_name_check(request->alias, "alias", err));
    GM_TRY(gm_registry_resolve(registry, request->model, &ref, err));
    GM_TRY(gm_registry_alias(registry, ref.model, request->alias, &now, err));
    GM_TRY(gate_for(registry, request, &gate, &gate_name, err));
    gm_promotion promotion = {.model = ref.model,
                              .alias = request->alias,
                              .by = request->by,
                              .version = ref.version,
                              .reason = request->reason,
                              .expected = now};
    if (now == ref.version && !request->only_check)
        return gm_fail(err, GM_E_CONFLICT, "%s:%ld is the %s already", ref.model, ref.version, request->alias);
    if (gate) GM_TRY(ask_gate(registry, request, gate, &promotion, &findings, err));
    return decide(registry, request, &promotion, gate_name, findings, out, err);
}

gm_status gm_model_rollback(gm_registry *registry, const char *model, const char *alias, const char *by,
                            const char *reason, json_t **out, gm_error *err) {
    long from, to;
    double began_s = gm_seconds();
    GM_TRY(gm_registry_name_check(model, "model", err));
    GM_TRY(gm_registry_rollback(registry, model, alias, by, reason, &from, &to, err));
    *out = json_pack("{s:s, s:s, s:I, s:I, s:f}", "model", model, "alias", alias, "from", (json_int_t)from, "to",
                     (json_int_t)to, "ms", round((gm_seconds() - began_s) * 1e4) / 10);
    return *out ? GM_OK : gm_nomem(err);
}
