#include "../gate_internal.h"

#include <string.h>

typedef struct {
    double mae_mm;
    int holes;
} options_t;

static const gm_param_spec params[] = {
    GATE_LIMIT(options_t, mae_mm, "mae_mm", "0.4", "mm", "Largest mean absolute error of any point in any group"),
    {.key = "holes",
     .type = GM_PARAM_INT,
     .offset = offsetof(options_t, holes),
     .fallback = "20",
     .min = 1,
     .max = 1000000,
     .doc = "Smaller groups are not judged"},
};

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    const gm_gate_group *worst = NULL;
    int point = 0;
    size_t judged = 0;
    for (size_t i = 0; i < e->n_groups; i++) {
        const gm_gate_group *g = &e->groups[i];
        if (g->metrics.holes < (size_t)o->holes) continue;
        judged++;
        for (int p = 0; p < GM_N_EVAL; p++) {
            if (!g->metrics.points[p].n) continue;
            if (worst && g->metrics.points[p].mae_mm <= worst->metrics.points[point].mae_mm) continue;
            worst = g;
            point = p;
        }
    }
    if (!worst) {
        gate_say(out, &gate_rule_groups, GM_GATE_SKIPPED, "no group has %d holes", o->holes);
        return;
    }
    const gm_point_metrics *m = &worst->metrics.points[point];
    gate_say(out, &gate_rule_groups, m->mae_mm <= o->mae_mm ? GM_GATE_PASSED : GM_GATE_FAILED,
             "worst of %zu groups: %s %.80s, %s MAE %.3f mm (%zu holes), at most %.3f", judged,
             strcmp(worst->kind, "tool_age") == 0 ? "tool age" : worst->kind, worst->name, gm_eval_title(point),
             m->mae_mm, m->n, o->mae_mm);
}

const gm_gate_rule gate_rule_groups = {
    .name = "groups",
    .doc = "No family, program or tool age is left behind",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
