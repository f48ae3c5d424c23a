#include "../gate_internal.h"

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    (void)options;
    if (*e->damaged)
        gate_say(out, &gate_rule_files, GM_GATE_FAILED, "%s", e->damaged);
    else
        gate_say(out, &gate_rule_files, GM_GATE_PASSED, "every file is as it was registered, all weights are numbers");
}

const gm_gate_rule gate_rule_files = {
    .name = "files",
    .doc = "Files as they were registered; weights that load and are finite",
    .check = check,
};
