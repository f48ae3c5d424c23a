/* The same numbers under another shape. */
#include "engine/op_internal.h"

#include <string.h>

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    char from[96], to[96];
    for (int i = 0; i < settings->rank; i++)
        if (settings->dims[i] < 1)
            return gm_fail(err, GM_E_SHAPE, "axis %d would have length %d", i, settings->dims[i]);
    out[0] = gm_shape_of(settings->rank, settings->dims, in[0]->batched);
    *n_out = 1;
    if (out[0].size != in[0]->size)
        return gm_fail(err, GM_E_SHAPE, "%s cannot be seen as %s", gm_shape_text(in[0], from),
                       gm_shape_text(&out[0], to));
    return GM_OK;
}

static size_t entries(const gm_shape *of, int batch) {
    return of->size * (of->batched ? (size_t)batch : 1);
}

static void forward(const gm_call *call) {
    memcpy(call->out[0], call->in[0], entries(call->in_shape[0], call->batch) * sizeof(float));
}

static void backward(const gm_call *call) {
    size_t n = entries(call->in_shape[0], call->batch);
    if (!call->add[0])
        memcpy(call->din[0], call->dout[0], n * sizeof(float));
    else
        for (size_t i = 0; i < n; i++) call->din[0][i] += call->dout[0][i];
}

static void reference(const gm_reference_call *call) {
    memcpy(call->out[0], call->in[0], entries(call->in_shape[0], call->batch) * sizeof(double));
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    int64_t dims[GM_MAX_RANK + 1];
    int rank = 0;
    if (call->out_shape[0]->batched) dims[rank++] = -1;
    for (int i = 0; i < call->out_shape[0]->rank; i++) dims[rank++] = call->out_shape[0]->dims[i];
    gm_emit_node(call, "Reshape", 2, (const char *[]){call->in[0], gm_emit_ints(call, rank, dims)}, call->out[0], 0,
                 NULL);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    gm_value x = c->tensor(c, true, -1, 1, GM_DIMS(4, 6));
    return index == 0 ? gm_reshape(c->graph, x, GM_DIMS(2, 3, 4)) : gm_reshape(c->graph, x, GM_DIMS(24));
}

GM_OP(reshape)
= {
    .name = "reshape",
    .flags = GM_PASSES_GRADIENT,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 2,
    .make_case = make_case,
};
