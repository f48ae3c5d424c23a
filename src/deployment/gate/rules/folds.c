#include "../gate_internal.h"

typedef struct {
    int at_least;
} options_t;

static const gm_param_spec params[] = {
    {.key = "at_least",
     .type = GM_PARAM_INT,
     .offset = offsetof(options_t, at_least),
     .fallback = "3",
     .min = 1,
     .max = 1000,
     .unit = "folds",
     .doc = "Models that the ensemble must have"},
};

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    if (e->folds_trained < e->folds)
        gate_say(out, &gate_rule_folds, GM_GATE_FAILED, "%d of %d folds were trained", e->folds_trained, e->folds);
    else if (e->folds_found != e->folds)
        gate_say(out, &gate_rule_folds, GM_GATE_FAILED, "%d folds were trained, %d are there", e->folds,
                 e->folds_found);
    else if (e->folds < o->at_least)
        gate_say(out, &gate_rule_folds, GM_GATE_FAILED, "%d folds, at least %d", e->folds, o->at_least);
    else
        gate_say(out, &gate_rule_folds, GM_GATE_PASSED, "all %d folds are there", e->folds);
}

const gm_gate_rule gate_rule_folds = {
    .name = "folds",
    .doc = "The cross-validation is complete",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
