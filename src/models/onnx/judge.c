#include "onnx.h"

#include <math.h>

struct gm_onnx_judge {
    gm_onnx_runtime *runtime;
    gm_onnx_session *session;
};

gm_status gm_onnx_judge_open(const char *path, const char *library, gm_onnx_judge **out, gm_error *err) {
    gm_auto(gm_onnx_judge) judge = gm_calloc(1, sizeof *judge);
    if (!judge) return gm_nomem(err);
    GM_TRY(gm_onnx_runtime_open(library, &judge->runtime, err));
    GM_TRY(gm_onnx_session_open(judge->runtime, path, 1, &judge->session, err));
    *out = gm_steal(&judge);
    return GM_OK;
}

void gm_onnx_judge_free(gm_onnx_judge *judge) {
    if (!judge) return;
    gm_onnx_session_free(judge->session);
    gm_onnx_runtime_free(judge->runtime);
    gm_free(judge);
}

gm_status gm_onnx_judge_run(gm_onnx_judge *judge, const gm_onnx_value *inputs, int n_inputs,
                            const gm_onnx_value *output, gm_error *err) {
    return gm_onnx_session_run(judge->session, inputs, n_inputs, output, 1, err);
}

gm_onnx_value gm_onnx_value_of(const char *name, gm_value_info info, int batch, float *data) {
    gm_onnx_value value = {.name = name, .rank = info.rank + 1, .shape = {batch}, .data = data};
    for (int i = 0; i < info.rank; i++) value.shape[i + 1] = info.dims[i];
    return value;
}

void gm_onnx_compare(const float *ours, const float *theirs, size_t n, gm_onnx_difference *worst) {
    double largest = 0, difference = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)ours[i] - (double)theirs[i]);
        if (!(d <= difference)) difference = isnan(d) ? INFINITY : d; /* a NaN on one side is no agreement */
        largest = fmax(largest, fabs((double)ours[i]));
    }
    worst->max_abs = fmax(worst->max_abs, difference);
    worst->max_rel = fmax(worst->max_rel, largest > 0 ? difference / largest : difference);
    worst->n_values += n;
}
