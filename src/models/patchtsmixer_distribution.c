/* Heads that give a distribution instead of a number (loss "nll"). */
#include "patchtsmixer_internal.h"

#include <float.h>
#include <stdio.h>

int gm_ptsm_parameter_count(const gm_patchtsmixer_config *config) {
    return config->distribution_output == GM_PTSM_STUDENT_T ? 3 : 2;
}

/* Positive, and at least float32's epsilon, as torch.finfo(float32).eps in the implementation that is matched. */
static gm_value positive(gm_graph *g, gm_value x) {
    return gm_clamp_min(g, gm_squareplus(g, x), (double)FLT_EPSILON);
}

gm_ptsm_parameters gm_ptsm_map_parameters(gm_graph *g, const gm_patchtsmixer_config *c, const gm_value *raw,
                                          gm_value scale) {
    gm_ptsm_parameters out = {.count = gm_ptsm_parameter_count(c)};
    switch (c->distribution_output) {
    case GM_PTSM_STUDENT_T:
        out.values[0] = gm_scale(g, gm_squareplus(g, raw[0]), 1, 2);
        out.values[1] = raw[1];
        out.values[2] = positive(g, raw[2]);
        break;
    case GM_PTSM_NORMAL:
        out.values[0] = raw[0];
        out.values[1] = positive(g, raw[1]);
        break;
    case GM_PTSM_NEGATIVE_BINOMIAL:
        out.values[0] = gm_squareplus(g, raw[0]); /* not clamped upstream either */
        out.values[1] = scale == GM_NONE ? raw[1] : gm_add(g, raw[1], gm_ln(g, scale));
        break;
    }
    return out;
}

gm_value gm_ptsm_nll(gm_graph *g, const gm_patchtsmixer_config *c, const gm_ptsm_parameters *p, gm_value target) {
    switch (c->distribution_output) {
    case GM_PTSM_STUDENT_T: return gm_nll_student_t(g, p->values[0], p->values[1], p->values[2], target);
    case GM_PTSM_NORMAL: return gm_nll_normal(g, p->values[0], p->values[1], target);
    case GM_PTSM_NEGATIVE_BINOMIAL: return gm_nll_negative_binomial(g, p->values[0], p->values[1], target);
    }
    return GM_NONE;
}

void gm_ptsm_output_parameters(gm_graph *g, const char *name, const gm_ptsm_parameters *p) {
    for (int i = 0; i < p->count; i++) {
        char numbered[64];
        snprintf(numbered, sizeof numbered, i ? "%s_%d" : "%s", name, i);
        gm_output(g, numbered, p->values[i]);
    }
}
