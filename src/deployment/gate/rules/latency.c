#include "../gate_internal.h"

#include <math.h>

typedef struct {
    double ms;
} options_t;

static const gm_param_spec params[] = {
    GATE_LIMIT(options_t, ms, "ms", "500", "ms", "Longest time for one window through all folds on one processor"),
};

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    if (isnan(e->latency_ms))
        gate_say(out, &gate_rule_latency, GM_GATE_FAILED, "the time of a prediction could not be measured");
    else
        gate_say(out, &gate_rule_latency, e->latency_ms <= o->ms ? GM_GATE_PASSED : GM_GATE_FAILED,
                 "a window takes %.1f ms, at most %.1f", e->latency_ms, o->ms);
}

const gm_gate_rule gate_rule_latency = {
    .name = "latency",
    .doc = "Fast enough beside the machine",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
