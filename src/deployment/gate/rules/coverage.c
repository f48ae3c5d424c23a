#include "../gate_internal.h"

typedef struct {
    double at_least, width_mm;
} options_t;

static const gm_param_spec params[] = {
    {.key = "at_least",
     .type = GM_PARAM_FLOAT,
     .offset = offsetof(options_t, at_least),
     .fallback = "0.85",
     .min = 0,
     .max = 1,
     .doc = "Smallest share of holes whose true point lies in the interval that the model gives"},
    GATE_LIMIT(options_t, width_mm, "width_mm", "2", "mm",
               "Largest mean width of the intervals: an endless one holds everything; 0 = no limit"),
};

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    for (int p = 0; p < GM_N_POINTS; p++) {
        const gm_point_metrics *m = &e->metrics.points[p];
        if (!m->n) continue;
        if (!m->n_interval) {
            gate_say(out, &gate_rule_coverage, GM_GATE_FAILED, "%s has no intervals", gm_eval_title(p));
            continue;
        }
        bool covers = m->interval_coverage >= o->at_least, narrow = !o->width_mm || m->interval_width_mm <= o->width_mm;
        if (covers && !narrow)
            gate_say(out, &gate_rule_coverage, GM_GATE_FAILED, "%s intervals are %.2f mm wide, at most %.2f",
                     gm_eval_title(p), m->interval_width_mm, o->width_mm);
        else
            gate_say(out, &gate_rule_coverage, covers ? GM_GATE_PASSED : GM_GATE_FAILED,
                     "%s lies in its interval in %.1f %% of %zu holes, at least %.1f %%", gm_eval_title(p),
                     100 * m->interval_coverage, m->n_interval, 100 * o->at_least);
    }
}

const gm_gate_rule gate_rule_coverage = {
    .name = "coverage",
    .doc = "The intervals hold what they promise",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
