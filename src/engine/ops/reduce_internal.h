/* Operations that take one axis away: a file gives forward, backward and reference for one column, and includes this.
 *
 *   static void column_forward(const float *x, float *y, size_t length, size_t inner)
 *   static void column_backward(const float *x, float dy, float *dx, size_t length, size_t inner)   adds to dx
 *   static double column_reference(const double *x, size_t length, size_t inner) */
#include "engine/op_internal.h"

#include <string.h>

static void column_forward(const float *x, float *y, size_t length, size_t inner);
static void column_backward(const float *x, float dy, float *dx, size_t length, size_t inner);
static double column_reference(const double *x, size_t length, size_t inner);

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    GM_TRY(gm_axis_resolve(in[0]->rank, &settings->axis, err));
    int dims[GM_MAX_RANK], rank = 0;
    for (int i = 0; i < in[0]->rank; i++)
        if (i != settings->axis) dims[rank++] = in[0]->dims[i];
    out[0] = gm_shape_of(rank, dims, in[0]->batched);
    *n_out = 1;
    return GM_OK;
}

#define EACH_COLUMN(call, ...)                                                                                         \
    size_t outer, length, inner;                                                                                       \
    gm_shape_split((call)->in_shape[0], (call)->settings->axis, &outer, &length, &inner);                              \
    if ((call)->in_shape[0]->batched) outer *= (size_t)(call)->batch;                                                  \
    for (size_t o = 0; o < outer; o++)                                                                                 \
        for (size_t i = 0; i < inner; i++) {                                                                           \
            size_t from = o * length * inner + i, to = o * inner + i;                                                  \
            __VA_ARGS__;                                                                                               \
        }

static void forward(const gm_call *call) {
    EACH_COLUMN(call, column_forward(call->in[0] + from, call->out[0] + to, length, inner))
}

static void backward(const gm_call *call) {
    size_t entries = call->in_shape[0]->size * (call->in_shape[0]->batched ? (size_t)call->batch : 1);
    if (!call->add[0]) memset(call->din[0], 0, entries * sizeof(float));
    EACH_COLUMN(call, column_backward(call->in[0] + from, call->dout[0][to], call->din[0] + from, length, inner))
}

static void reference(const gm_reference_call *call) {
    EACH_COLUMN(call, call->out[0][to] = column_reference(call->in[0] + from, length, inner))
}

/* ReduceMean and ReduceMax name their axes in an attribute up to opset 17, ReduceSum in an input. */
static gm_status reduce_onnx(const gm_emit_call *call, const char *type, bool axes_are_input) {
    int64_t axis = gm_onnx_axis(call->in_shape[0], call->settings->axis);
    const gm_attribute attributes[] = {{"keepdims", GM_ATTRIBUTE_INT, .i = 0},
                                       {"axes", GM_ATTRIBUTE_INTS, .ints = &axis, .n_ints = 1}};
    if (axes_are_input)
        gm_emit_node(call, type, 2, (const char *[]){call->in[0], gm_emit_ints(call, 1, &axis)}, call->out[0], 1,
                     attributes);
    else
        gm_emit_node(call, type, 1, call->in, call->out[0], 2, attributes);
    return GM_OK;
}

#define REDUCE_OP(op, reads, onnx_type, axes_are_input)                                                                \
    static gm_status onnx(const gm_emit_call *call, gm_error *err) {                                                   \
        (void)err;                                                                                                     \
        return reduce_onnx(call, onnx_type, axes_are_input);                                                           \
    }                                                                                                                  \
    static gm_value make_case(gm_case *c, int index) {                                                                 \
        return gm_##op(c->graph, c->tensor(c, true, -2, 2, GM_DIMS(4, 7, 5)), index);                                  \
    }                                                                                                                  \
    GM_OP(op)                                                                                                          \
    = {                                                                                                                \
        .name = #op,                                                                                                   \
        .flags = reads,                                                                                                \
        .shape = shape,                                                                                                \
        .forward = forward,                                                                                            \
        .backward = backward,                                                                                          \
        .reference = reference,                                                                                        \
        .onnx = onnx,                                                                                                  \
        .n_cases = 3,                                                                                                  \
        .make_case = make_case,                                                                                        \
    };
