/* Axes in another order: axis i of the result is axis dims[i] of the operand. */
#include "engine/op_internal.h"

/* Row by row of the result: its entry to + k comes from the operand's from + k * step. */
#define FOR_ROWS(call, ...)                                                                                            \
    {                                                                                                                  \
        size_t strides[GM_MAX_RANK + 1] = {1};                                                                         \
        strides_of((call)->in_shape[0], (call)->settings, strides);                                                    \
        const gm_shape *out = (call)->out_shape[0];                                                                    \
        size_t length = out->rank ? (size_t)out->dims[out->rank - 1] : 1, step = strides[GM_MAX(out->rank - 1, 0)];    \
        size_t samples = out->batched ? (size_t)(call)->batch : 1;                                                     \
        for (size_t s = 0; s < samples; s++)                                                                           \
            for (size_t row = 0; row * length < out->size; row++) {                                                    \
                size_t to = s * out->size + row * length, from = s * out->size + start_of(out, strides, row);          \
                for (size_t k = 0; k < length; k++) __VA_ARGS__;                                                       \
            }                                                                                                          \
    }

static void strides_of(const gm_shape *in, const gm_settings *settings, size_t *strides) {
    for (int i = 0; i < in->rank; i++) {
        int axis = settings->dims[i];
        strides[i] = gm_shape_size(in->rank - axis - 1, in->dims + axis + 1);
    }
}

/* Where the first entry of a row of the result comes from. */
static size_t start_of(const gm_shape *out, const size_t *strides, size_t row) {
    size_t place = 0;
    for (int axis = out->rank - 2; axis >= 0; axis--) {
        place += row % (size_t)out->dims[axis] * strides[axis];
        row /= (size_t)out->dims[axis];
    }
    return place;
}

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    bool seen[GM_MAX_RANK] = {false};
    int dims[GM_MAX_RANK];
    for (int i = 0; i < in[0]->rank; i++) {
        int axis = settings->dims[i];
        if (axis < 0 || axis >= in[0]->rank || seen[axis])
            return gm_fail(err, GM_E_SHAPE, "the order of axes is no permutation of 0 to %d", in[0]->rank - 1);
        seen[axis] = true;
        dims[i] = in[0]->dims[axis];
    }
    out[0] = gm_shape_of(in[0]->rank, dims, in[0]->batched);
    *n_out = 1;
    return GM_OK;
}

static void forward(const gm_call *call) {
    const float *restrict x = call->in[0];
    float *restrict y = call->out[0];
    FOR_ROWS(call, y[to + k] = x[from + k * step])
}

static void backward(const gm_call *call) {
    const float *restrict dy = call->dout[0];
    float *restrict dx = call->din[0];
    if (call->add[0])
        FOR_ROWS(call, dx[from + k * step] += dy[to + k])
    else
        FOR_ROWS(call, dx[from + k * step] = dy[to + k])
}

static void reference(const gm_reference_call *call) {
    FOR_ROWS(call, call->out[0][to + k] = call->in[0][from + k * step])
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    int64_t permutation[GM_MAX_RANK + 1] = {0};
    int rank = call->in_shape[0]->rank, shift = call->in_shape[0]->batched ? 1 : 0;
    for (int i = 0; i < rank; i++) permutation[i + shift] = call->settings->dims[i] + shift;
    gm_emit_transpose(call, call->in[0], call->out[0], rank + shift, permutation);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    gm_value x = c->tensor(c, true, -1, 1, GM_DIMS(3, 4, 5));
    return gm_transpose(c->graph, x, index == 0 ? (const int[]){2, 0, 1} : (const int[]){0, 2, 1});
}

GM_OP(transpose)
= {
    .name = "transpose",
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 2,
    .make_case = make_case,
};
