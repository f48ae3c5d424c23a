/* Models: a configuration with its weights, in memory and as a Hugging Face directory.
 *
 * For        training/ (makes and saves them), service/ (predict, export), models/onnx (writes them).
 * Depends on engine, base, jansson. patchtsmixer.h has the configuration and the graph.
 * Errors     GM_E_FORMAT for a directory that is not one of ours or theirs: missing, unexpected or misshapen tensors,
 *            unknown or contradicting keys, each by name.
 * Ownership  a model owns its weights; graphs built from it belong to the caller and do not refer to it.
 * Threads    a model is read by any number of threads. */
#ifndef GIMLET_MODELS_MODELS_H
#define GIMLET_MODELS_MODELS_H

#include "patchtsmixer.h"

typedef struct {
    gm_patchtsmixer_config config;
    float *params; /* [n_params], laid out as gm_parameter_at of any graph of this configuration tells */
    size_t n_params;
    char *extra_json; /* keys of config.json that are not ours, kept for the next save; NULL = none */
} gm_model;

/* Fresh weights. */
gm_status gm_model_new(const gm_patchtsmixer_config *config, uint64_t seed, gm_model **out,
                       gm_error *err) GM_MUST_CHECK;
/* DIR/config.json and DIR/model.safetensors, as transformers or gimlet wrote them. */
gm_status gm_model_load(const char *dir, gm_model **out, gm_error *err) GM_MUST_CHECK;
/* Writes both files, each atomically; the folder is made where absent. What from_pretrained of transformers 4.37
 * to 5.23 loads without a message. */
gm_status gm_model_save(const gm_model *model, const char *dir, gm_error *err) GM_MUST_CHECK;
void gm_model_free(gm_model *model); /* accepts NULL */
GM_AUTO(gm_model)

/* The graph of a model, checked. Parameters lie in params as the graph says. */
gm_status gm_model_graph(const gm_patchtsmixer_config *config, gm_patchtsmixer_use use, gm_graph **out,
                         gm_error *err) GM_MUST_CHECK;

/* A three-layer head folded into one linear layer: the same outputs up to rounding, loadable by the plain class. */
gm_status gm_model_fold_head(const gm_model *model, gm_model **out, gm_error *err) GM_MUST_CHECK;

/* Two model.safetensors: are they the same bytes? If not, what: the first tensor that differs, how many of its values, and
 * the first of them. */
gm_status gm_weights_difference(const char *path_a, const char *path_b, bool *same, gm_text *what,
                                gm_error *err) GM_MUST_CHECK;

#endif
