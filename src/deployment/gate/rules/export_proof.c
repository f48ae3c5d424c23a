#include "../gate_internal.h"

typedef struct {
    double relative, within_mm;
} options_t;

static const gm_param_spec params[] = {
    GATE_LIMIT(options_t, relative, "relative", "0.0001", NULL,
               "Largest difference of outputs between the ONNX file and the weights, of the largest output"),
    GATE_LIMIT(options_t, within_mm, "within_mm", "0.01", "mm", "Largest difference of points between the two"),
};

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    if (!e->proven) {
        gate_say(out, &gate_rule_export_proof, GM_GATE_FAILED, "the ONNX file is not proven: %s", e->unproven);
        return;
    }
    bool good = e->proof_relative <= o->relative && e->proof_mm <= o->within_mm && !e->proof_differ;
    char on[60];
    if (e->proof_holes)
        snprintf(on, sizeof on, "%zu holes", e->proof_holes);
    else
        snprintf(on, sizeof on, "random inputs");
    gate_say(
        out, &gate_rule_export_proof, good ? GM_GATE_PASSED : GM_GATE_FAILED,
        "ONNX and weights differ by %.1e of the output and %.4f mm on %s, %zu points found by one of both only; at "
        "most %.1e, %.4f mm and 0",
        e->proof_relative, e->proof_mm, on, e->proof_differ, o->relative, o->within_mm);
}

const gm_gate_rule gate_rule_export_proof = {
    .name = "export_proof",
    .doc = "The ONNX file says what the weights say",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
