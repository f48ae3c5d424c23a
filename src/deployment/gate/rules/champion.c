#include "../gate_internal.h"

#include <math.h>

typedef struct {
    double worse_mm;
    int common;
} options_t;

static const gm_param_spec params[] = {
    GATE_LIMIT(options_t, worse_mm, "worse_mm", "0.005", "mm",
               "It fails when it is surely (95 %) worse than the champion by more than this, hole by hole"),
    {.key = "common",
     .type = GM_PARAM_INT,
     .offset = offsetof(options_t, common),
     .fallback = "10",
     .min = 0,
     .max = 1000000,
     .unit = "holes",
     .doc = "Holes that both must have predicted unseen; 0 = compare where possible"},
};

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    if (!e->champion) {
        gate_say(out, &gate_rule_champion, GM_GATE_SKIPPED, "there is no champion to compare with");
        return;
    }
    if (e->common < (size_t)o->common) {
        gate_say(out, &gate_rule_champion, GM_GATE_FAILED,
                 "%zu holes in common with the champion (version %ld), at least %d: train both on the same data",
                 e->common, e->champion, o->common);
        return;
    }
    for (int p = 0; p < GM_N_EVAL; p++) {
        const gm_paired *d = &e->against[p];
        if (!d->n) continue;
        bool worse = isfinite(d->low) && d->low > o->worse_mm;
        gate_say(
            out, &gate_rule_champion, worse ? GM_GATE_FAILED : GM_GATE_PASSED,
            "%s %+.3f mm against version %ld on %zu holes (95 %%: %+.3f to %+.3f, p %.3g), surely worse above %.3f",
            gm_eval_title(p), d->difference, e->champion, d->n, d->low, d->high, d->p, o->worse_mm);
    }
}

const gm_gate_rule gate_rule_champion = {
    .name = "champion",
    .doc = "Not worse than the champion on the same holes",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
