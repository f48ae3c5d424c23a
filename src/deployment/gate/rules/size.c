#include "../gate_internal.h"

typedef struct {
    double mb;
} options_t;

static const gm_param_spec params[] = {
    GATE_LIMIT(options_t, mb, "mb", "500", "MB", "Largest size of all files of the version"),
};

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    double mb = (double)e->size_bytes / 1e6;
    gate_say(out, &gate_rule_size, mb <= o->mb ? GM_GATE_PASSED : GM_GATE_FAILED, "%.2f MB, at most %.2f", mb, o->mb);
}

const gm_gate_rule gate_rule_size = {
    .name = "size",
    .doc = "Small enough to ship",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
