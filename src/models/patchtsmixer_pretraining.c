/* PatchTSMixerForPretraining: hidden patches are filled in from the others. Which ones are hidden comes in as an input,
 * "patch_mask" [channels, patches] (1 = hidden): drawing it is the caller's business.
 *
 * Loss of a sample: sum over hidden patches of the mean square error, or with masked_loss false the mean over all. For
 * upstream's mean over all hidden patches of a batch give each sample the weight 1 / (hidden patches of the batch). */
#include "patchtsmixer_internal.h"

void gm_ptsm_pretraining(const gm_ptsm_head_build *b) {
    gm_graph *g = b->graph;
    const gm_patchtsmixer_config *c = b->config;
    const int dims[] = {c->num_input_channels, gm_patchtsmixer_patches(c)};
    gm_value mask = gm_input(g, "patch_mask", 2, dims);
    gm_ptsm_backbone backbone = gm_patchtsmixer_backbone(g, c, "model.", b->past, b->observed, mask);
    gm_value hidden = gm_dropout(g, backbone.hidden, c->head_dropout);
    gm_value y = gm_ptsm_linear(g, hidden, 2, c->patch_length, "head.base_pt_block");
    gm_output(g, "prediction_outputs", y);
    if (!b->use.with_targets) return;
    gm_value difference = gm_sub(g, y, backbone.patches);
    gm_value square = gm_mean(g, gm_mul(g, difference, difference), 2);
    gm_loss(g, c->masked_loss ? gm_sum_all(g, gm_mul(g, square, mask)) : gm_mean_all(g, square));
}
