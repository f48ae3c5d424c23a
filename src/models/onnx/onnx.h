/* ONNX: models written node by node from their graph, and the proof that another runtime gets the same numbers.
 *
 * For        service/ (train, export).
 * Depends on models, engine, protobuf-c (onnx.proto of libonnx-dev), ONNX Runtime by dlopen (runtime.h).
 * Format     opset 17, IR 8, input "past_values" [batch, context_length, channels] with a free batch axis, initialisers
 *            named as in the state dict; an ensemble has the mean of the members' outputs as its outputs, and prefixes
 *            "fold_01/" ... before names.
 * Errors     GM_E_UNAVAILABLE when ONNX Runtime is not there: then nothing is proven, and that is said. */
#ifndef GIMLET_MODELS_ONNX_ONNX_H
#define GIMLET_MODELS_ONNX_ONNX_H

#include "../models.h"
#include "runtime.h"

/* One model, or an ensemble of models with equal shapes. metadata: pairs key, value for metadata_props; may be NULL.
 * Written atomically. */
gm_status gm_onnx_write(const gm_model *const *models, size_t count, const char *const *metadata, size_t n_metadata,
                        const char *path, gm_error *err) GM_MUST_CHECK;

/* Any graph with its parameters, for tests of single operations. */
gm_status gm_onnx_write_graph(const gm_graph *graph, const float *params, const char *path,
                              gm_error *err) GM_MUST_CHECK;

/* A file opened in ONNX Runtime. library NULL = found by itself. */
typedef struct gm_onnx_judge gm_onnx_judge;
gm_status gm_onnx_judge_open(const char *path, const char *library, gm_onnx_judge **out, gm_error *err) GM_MUST_CHECK;
void gm_onnx_judge_free(gm_onnx_judge *judge);
GM_AUTO(gm_onnx_judge)
/* The output of this name for these inputs; its shape is checked, its data are written. */
gm_status gm_onnx_judge_run(gm_onnx_judge *judge, const gm_onnx_value *inputs, int n_inputs,
                            const gm_onnx_value *output, gm_error *err) GM_MUST_CHECK;
/* Name, batch and shape of a value of a graph, as ONNX sees it. */
gm_onnx_value gm_onnx_value_of(const char *name, gm_value_info info, int batch, float *data);

/* How far two outputs lie apart. */
typedef struct {
    double max_abs; /* largest absolute difference */
    double max_rel; /* largest absolute difference / largest absolute output */
    size_t n_values;
} gm_onnx_difference;
void gm_onnx_compare(const float *ours, const float *theirs, size_t n, gm_onnx_difference *worst); /* keeps the worst */

#endif
