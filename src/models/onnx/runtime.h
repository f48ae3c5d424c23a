/* ONNX Runtime as a judge: runs an ONNX file that we wrote, so that its outputs can be compared with ours.
 *
 * For        the proof of an export; never for predictions.
 * Depends on base; at run time on libonnxruntime.so.1 (loaded with dlopen; nothing is linked).
 * Errors     GM_E_UNAVAILABLE when the library is not there: an export then stands without proof, and says so.
 * Ownership  a runtime outlives its sessions. Outputs are copied into the caller's memory.
 * Threads    sessions may run in parallel; each with its own number of threads. */
#ifndef GIMLET_MODELS_ONNX_RUNTIME_H
#define GIMLET_MODELS_ONNX_RUNTIME_H

#include "base/base.h"

typedef struct gm_onnx_runtime gm_onnx_runtime;
typedef struct gm_onnx_session gm_onnx_session;

/* library NULL: $GIMLET_ONNXRUNTIME, then the one configured at build time, then the system's. */
gm_status gm_onnx_runtime_open(const char *library, gm_onnx_runtime **out, gm_error *err) GM_MUST_CHECK;
void gm_onnx_runtime_free(gm_onnx_runtime *runtime);                 /* accepts NULL */
const char *gm_onnx_runtime_version(const gm_onnx_runtime *runtime); /* "1.32.0"; borrowed */

/* GM_E_FORMAT with the runtime's own words when it refuses the file. */
gm_status gm_onnx_session_open(gm_onnx_runtime *runtime, const char *path, int n_threads, gm_onnx_session **out,
                               gm_error *err) GM_MUST_CHECK;
void gm_onnx_session_free(gm_onnx_session *session); /* accepts NULL */

enum { GM_ONNX_MAX_RANK = 8, GM_ONNX_MAX_TENSORS = 16 };
typedef struct {
    const char *name;
    int rank;
    int64_t shape[GM_ONNX_MAX_RANK];
    float *data; /* for outputs: room for the shape that is expected; another shape is GM_E_SHAPE */
} gm_onnx_value;

gm_status gm_onnx_session_run(gm_onnx_session *session, const gm_onnx_value *inputs, int n_inputs,
                              const gm_onnx_value *outputs, int n_outputs, gm_error *err) GM_MUST_CHECK;

GM_AUTO(gm_onnx_runtime)
GM_AUTO(gm_onnx_session)

#endif
