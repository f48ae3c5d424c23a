#include "registry_internal.h"

#include "deployment/package/package.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    json_t *checks;
    bool good;
} verdicts;

static void say(verdicts *v, const char *name, gm_gate_verdict verdict, const char *format, ...) GM_PRINTF(4, 5);
static void say(verdicts *v, const char *name, gm_gate_verdict verdict, const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    v->good = v->good && verdict != GM_GATE_FAILED;
    json_array_append_new(v->checks, json_pack("{s:s, s:s, s:s}", "name", name, "verdict",
                                               gm_gate_verdict_name(verdict), "message", text));
}

static gm_status check_files(gm_registry *registry, const gm_model_ref *ref, verdicts *v, gm_error *err) {
    json_t *damaged, *one;
    size_t i;
    GM_TRY(gm_registry_check_files(registry, ref->model, ref->version, &damaged, err));
    json_array_foreach (damaged, i, one)
        say(v, "files", GM_GATE_FAILED, "%s: %s", json_string_value(json_object_get(one, "path")),
            json_string_value(json_object_get(one, "problem")));
    if (!json_array_size(damaged)) say(v, "files", GM_GATE_PASSED, "every file has the hash it was registered with");
    json_decref(damaged);
    return GM_OK;
}

static gm_status check_history(gm_registry *registry, verdicts *v, gm_error *err) {
    char problem[300];
    GM_TRY(gm_registry_check_history(registry, problem, err));
    if (*problem)
        say(v, "history", GM_GATE_FAILED, "%s", problem);
    else
        say(v, "history", GM_GATE_PASSED, "the history is a chain without a gap or a change");
    return GM_OK;
}

static gm_status check_passport(gm_registry *registry, const gm_model_ref *ref, verdicts *v, gm_error *err) {
    gm_registry_passport passport = {0};
    GM_TRY(gm_registry_passport_get(registry, ref->model, ref->version, &passport, err));
    gm_error problem = {0};
    char fingerprint[GM_SHA256_HEX];
    if (!passport.manifest)
        say(v, "signature", GM_GATE_SKIPPED, "no passport was made of it yet");
    else if (gm_package_verify(passport.manifest, passport.signature, passport.public_key, fingerprint, &problem) !=
             GM_OK)
        say(v, "signature", GM_GATE_FAILED, "%s", problem.message);
    else
        say(v, "signature", GM_GATE_PASSED, "the passport is signed by %s", fingerprint);
    gm_registry_passport_finish(&passport);
    return GM_OK;
}

static gm_status check_evidence(gm_registry *registry, const gm_model_ref *ref, const gm_observer *observer,
                                verdicts *v, gm_error *err) {
    auto_evidence evidence = {0};
    const evidence_request request = {
        .model = ref->model, .version = ref->version, .promoter = "", .observer = observer};
    gm_error problem = {0};
    gm_status status = version_evidence_collect(registry, &request, &evidence, &problem);
    if (status == GM_E_FORMAT) return say(v, "weights", GM_GATE_FAILED, "%s", problem.message), GM_OK;
    if (status != GM_OK) {
        if (err) *err = problem;
        return status;
    }
    const gm_gate_evidence *e = &evidence.facts;
    if (*e->damaged)
        say(v, "weights", GM_GATE_FAILED, "%s", e->damaged);
    else
        say(v, "weights", GM_GATE_PASSED, "%d folds load, all weights are numbers", e->folds_found);
    bool agree = e->proof_relative <= 1e-4 && e->proof_mm <= 0.01 && !e->proof_differ;
    if (!e->proven)
        say(v, "onnx", strstr(e->unproven, "ONNX Runtime") ? GM_GATE_SKIPPED : GM_GATE_FAILED, "not proven: %s",
            e->unproven);
    else
        say(v, "onnx", agree ? GM_GATE_PASSED : GM_GATE_FAILED,
            "ONNX and weights differ by %.1e of the output and %.4f mm (%zu holes), at most 1e-04 and 0.01",
            e->proof_relative, e->proof_mm, e->proof_holes);
    if (!e->repeated)
        say(v, "predictions", GM_GATE_SKIPPED, "the records are not at hand: no prediction was made anew");
    else
        say(v, "predictions", e->repeated_mm <= 0.01 ? GM_GATE_PASSED : GM_GATE_FAILED,
            "made anew, predictions of %zu holes differ by up to %.4f mm from those written down, at most 0.01",
            e->repeated, e->repeated_mm);
    return GM_OK;
}

gm_status gm_model_verify(gm_registry *registry, const char *model, const gm_observer *observer, json_t **out,
                          gm_error *err) {
    gm_model_ref ref;
    GM_TRY(gm_registry_resolve(registry, model, &ref, err));
    size_t n_freed;
    GM_TRY(gm_registry_clean_up(registry, &n_freed, err));
    verdicts v = {json_array(), true};
    gm_status status = v.checks ? check_files(registry, &ref, &v, err) : gm_nomem(err);
    if (status == GM_OK) status = check_history(registry, &v, err);
    if (status == GM_OK) status = check_passport(registry, &ref, &v, err);
    /* what is damaged cannot be fetched, and need not be run */
    if (status == GM_OK && v.good) status = check_evidence(registry, &ref, observer, &v, err);
    if (status != GM_OK) return json_decref(v.checks), status;
    *out = json_pack("{s:s, s:I, s:b, s:o}", "model", ref.model, "version", (json_int_t)ref.version, "good", v.good,
                     "checks", v.checks);
    return *out ? GM_OK : gm_nomem(err);
}
