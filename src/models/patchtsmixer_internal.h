/* What the files of PatchTSMixer share. */
#ifndef GIMLET_MODELS_PATCHTSMIXER_INTERNAL_H
#define GIMLET_MODELS_PATCHTSMIXER_INTERNAL_H

#include "patchtsmixer.h"

/* y = W x + b along an axis with parameters NAME.weight [out, in] and NAME.bias [out]. */
gm_value gm_ptsm_linear(gm_graph *graph, gm_value x, int axis, int out, const char *format, ...) GM_PRINTF(5, 6);

/* What a head is built from. */
typedef struct {
    gm_graph *graph;
    const gm_patchtsmixer_config *config;
    gm_patchtsmixer_use use;
    gm_value past, observed;
} gm_ptsm_head_build;

/* One file each. */
void gm_ptsm_prediction(const gm_ptsm_head_build *b);
void gm_ptsm_pretraining(const gm_ptsm_head_build *b);
void gm_ptsm_regression(const gm_ptsm_head_build *b);
void gm_ptsm_classification(const gm_ptsm_head_build *b);

/* The parameters of a distribution from raw outputs of the head, mapped to their ranges. */
typedef struct {
    int count;
    gm_value values[3]; /* student_t: df, loc, scale; normal: loc, scale; negative_binomial: total_count, logits */
} gm_ptsm_parameters;
int gm_ptsm_parameter_count(const gm_patchtsmixer_config *config);
/* scale: the scaler's, which negative_binomial adds to its logits as a logarithm; GM_NONE = none. */
gm_ptsm_parameters gm_ptsm_map_parameters(gm_graph *graph, const gm_patchtsmixer_config *config, const gm_value *raw,
                                          gm_value scale);
/* -log p(target), entry by entry. */
gm_value gm_ptsm_nll(gm_graph *graph, const gm_patchtsmixer_config *config, const gm_ptsm_parameters *parameters,
                     gm_value target);
/* Outputs NAME, NAME_1, NAME_2. */
void gm_ptsm_output_parameters(gm_graph *graph, const char *name, const gm_ptsm_parameters *parameters);

#endif
