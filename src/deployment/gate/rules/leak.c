#include "../gate_internal.h"

#include <string.h>

typedef struct {
    bool tool_life;
} options_t;

static const gm_param_spec params[] = {
    {.key = "tool_life",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(options_t, tool_life),
     .fallback = "true",
     .doc = "No tool life on both sides of a fold either; else equal holes only"},
};

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    if (e->leaked_traces)
        gate_say(out, &gate_rule_leak, GM_GATE_FAILED,
                 "%zu holes stand on both sides of a fold: the model was judged on what it has learned",
                 e->leaked_traces);
    else if (o->tool_life && e->leaked_lives)
        gate_say(out, &gate_rule_leak, GM_GATE_FAILED,
                 "%zu holes have their tool life on both sides of a fold (grouping: %s), at most 0", e->leaked_lives,
                 e->grouping);
    else
        gate_say(out, &gate_rule_leak, GM_GATE_PASSED, "no hole%s stands on both sides of a fold",
                 o->tool_life ? " and no tool life" : "");
}

const gm_gate_rule gate_rule_leak = {
    .name = "leak",
    .doc = "No model was judged on what it had learned from",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
