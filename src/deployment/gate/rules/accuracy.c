#include "../gate_internal.h"

typedef struct {
    double mae_mm[GM_N_EVAL], missed, grip_exact;
} options_t;

static const gm_param_spec params[] = {
    GATE_LIMIT(options_t, mae_mm[GM_ENTRY], "entry_mae_mm", "0.15", "mm", "Largest mean absolute error; 0 = no limit"),
    GATE_LIMIT(options_t, mae_mm[GM_TRANSITION], "transition_mae_mm", "0.20", "mm", "The same of the transition"),
    GATE_LIMIT(options_t, mae_mm[GM_EXIT], "exit_mae_mm", "0.15", "mm", "The same of the exit"),
    GATE_LIMIT(options_t, mae_mm[GM_EVAL_HOLE_DEPTH], "hole_depth_mae_mm", "0.18", "mm", "The same of the hole depth"),
    {.key = "missed",
     .type = GM_PARAM_FLOAT,
     .offset = offsetof(options_t, missed),
     .fallback = "0.02",
     .min = 0,
     .max = 1,
     .doc = "Largest share of points that are there and not found"},
    {.key = "grip_exact",
     .type = GM_PARAM_FLOAT,
     .offset = offsetof(options_t, grip_exact),
     .fallback = "0.9",
     .min = 0,
     .max = 1,
     .doc = "Smallest share of holes with the right grip code; 0 = no limit"},
};

static void check_point(const gm_gate_evidence *e, const options_t *o, int p, gm_gate_findings *out) {
    const gm_point_metrics *m = &e->metrics.points[p];
    const char *name = gm_eval_title(p);
    size_t there = m->n + m->missed;
    if (!there) return;
    double missed = (double)m->missed / (double)there;
    if (missed > o->missed)
        gate_say(out, &gate_rule_accuracy, GM_GATE_FAILED,
                 "%s not found in %zu of %zu holes (%.1f %%), at most %.1f %%", name, m->missed, there, 100 * missed,
                 100 * o->missed);
    if (!m->n || o->mae_mm[p] == 0) return;
    bool good = m->mae_mm <= o->mae_mm[p];
    gate_say(out, &gate_rule_accuracy, good ? GM_GATE_PASSED : GM_GATE_FAILED, "%s MAE %.3f mm, at most %.3f", name,
             m->mae_mm, o->mae_mm[p]);
}

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    if (!e->metrics.holes)
        gate_say(out, &gate_rule_accuracy, GM_GATE_FAILED, "no hole was predicted by a fold that has not seen it");
    for (int p = 0; p < GM_N_EVAL; p++) check_point(e, o, p, out);
    if (!e->metrics.grip_n || o->grip_exact == 0) return;
    bool good = e->metrics.grip_exact >= o->grip_exact;
    gate_say(out, &gate_rule_accuracy, good ? GM_GATE_PASSED : GM_GATE_FAILED,
             "grip code right in %.1f %% of %zu holes, at least %.1f %%", 100 * e->metrics.grip_exact,
             e->metrics.grip_n, 100 * o->grip_exact);
}

const gm_gate_rule gate_rule_accuracy = {
    .name = "accuracy",
    .doc = "Errors on holes that the model has not seen",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
