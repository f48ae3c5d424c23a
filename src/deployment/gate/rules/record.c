#include "../gate_internal.h"

#include <math.h>

typedef struct {
    double within_mm;
    bool needed;
} options_t;

static const gm_param_spec params[] = {
    GATE_LIMIT(options_t, within_mm, "within_mm", "0.01", "mm",
               "How far a prediction that is made anew may lie from the one that was written down"),
    {.key = "needed",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(options_t, needed),
     .fallback = "false",
     .doc = "Fail where the records are not at hand, so that nothing can be made anew"},
};

/* The figures that the run tells must follow from its predictions. */
static bool told_is_true(const gm_gate_evidence *e, gm_gate_findings *out) {
    for (int p = 0; p < GM_N_EVAL; p++) {
        double told = e->told_mae_mm[p], found = e->metrics.points[p].mae_mm;
        if (!e->metrics.points[p].n || fabs(told - found) <= 0.001) continue; /* NAN is not */
        gate_say(out, &gate_rule_record, GM_GATE_FAILED,
                 "the run's metrics say %s MAE %.3f mm, its predictions give %.3f", gm_eval_title(p), told, found);
        return false;
    }
    if (e->metrics.holes >= e->holes_planned) return true;
    gate_say(out, &gate_rule_record, GM_GATE_FAILED, "%zu of %zu holes have a prediction", e->metrics.holes,
             e->holes_planned);
    return false;
}

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    if (!told_is_true(e, out)) return;
    if (!e->repeated)
        gate_say(out, &gate_rule_record, o->needed ? GM_GATE_FAILED : GM_GATE_SKIPPED,
                 "the records are not at hand: no prediction could be made anew");
    else if (!(e->repeated_mm <= o->within_mm))
        gate_say(out, &gate_rule_record, GM_GATE_FAILED,
                 "made anew, predictions of %zu holes differ by up to %.3f mm from those written down, at most %.3f",
                 e->repeated, e->repeated_mm, o->within_mm);
    else
        gate_say(out, &gate_rule_record, GM_GATE_PASSED,
                 "made anew, predictions of %zu holes differ by at most %.4f mm from those written down", e->repeated,
                 e->repeated_mm);
}

const gm_gate_rule gate_rule_record = {
    .name = "record",
    .doc = "The figures follow from the predictions, and these from the weights",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
