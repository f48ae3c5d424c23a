/* The whole model: inputs, and the head of the configuration's class. */
#include "patchtsmixer_internal.h"

void gm_patchtsmixer_build(gm_graph *g, const gm_patchtsmixer_config *c, gm_patchtsmixer_use use) {
    gm_error err = {0};
    if (gm_patchtsmixer_check(c, &err) != GM_OK) {
        gm_graph_fail(g, err.code, "%s", err.message);
        return;
    }
    const int dims[] = {c->context_length, c->num_input_channels};
    gm_ptsm_head_build b = {.graph = g, .config = c, .use = use, .observed = GM_NONE};
    b.past = gm_input(g, "past_values", 2, dims);
    bool observes = c->class_ != GM_PTSM_REGRESSION && c->class_ != GM_PTSM_CLASSIFICATION; /* as upstream */
    if (use.with_observed_mask && observes) b.observed = gm_input(g, "past_observed_mask", 2, dims);
    switch (c->class_) {
    case GM_PTSM_PREDICTION: gm_ptsm_prediction(&b); break;
    case GM_PTSM_PRETRAINING: gm_ptsm_pretraining(&b); break;
    case GM_PTSM_REGRESSION: gm_ptsm_regression(&b); break;
    case GM_PTSM_CLASSIFICATION: gm_ptsm_classification(&b); break;
    case GM_PTSM_MODEL:
        gm_output(g, "last_hidden_state", gm_patchtsmixer_backbone(g, c, "", b.past, b.observed, GM_NONE).hidden);
        break;
    }
}
