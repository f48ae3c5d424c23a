/* Values one behind the other along one axis. */
#include "engine/op_internal.h"

#include <string.h>

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    for (int i = 0; i < n_in; i++)
        if (!in[i]) return gm_fail(err, GM_E_ARG, "value %d is missing", i);
    GM_TRY(gm_axis_resolve(in[0]->rank, &settings->axis, err));
    gm_shape sum = *in[0];
    for (int i = 1; i < n_in; i++) {
        gm_shape aligned = *in[i];
        if (aligned.rank == sum.rank) aligned.dims[settings->axis] = sum.dims[settings->axis];
        if (!gm_shape_same(&aligned, &sum) || aligned.batched != sum.batched)
            return gm_fail(err, GM_E_SHAPE, "value %d differs from value 0 in more than axis %d", i, settings->axis);
        sum.dims[settings->axis] += in[i]->dims[settings->axis];
    }
    out[0] = gm_shape_of(sum.rank, sum.dims, sum.batched);
    *n_out = 1;
    return GM_OK;
}

/* Each operand's rows [length * inner] and where they lie in the rows of the result. */
#define EACH_ROW(call, ...)                                                                                            \
    size_t outer, total, inner, before = 0;                                                                            \
    gm_shape_split((call)->out_shape[0], (call)->settings->axis, &outer, &total, &inner);                              \
    if ((call)->out_shape[0]->batched) outer *= (size_t)(call)->batch;                                                 \
    for (int i = 0; i < (call)->n_in; i++) {                                                                           \
        size_t n = (size_t)(call)->in_shape[i]->dims[(call)->settings->axis] * inner;                                  \
        for (size_t o = 0; o < outer; o++) {                                                                           \
            size_t from = o * n, to = o * total * inner + before;                                                      \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
        before += n;                                                                                                   \
    }

static void forward(const gm_call *call) {
    EACH_ROW(call, { memcpy(call->out[0] + to, call->in[i] + from, n * sizeof(float)); })
}

static void reference(const gm_reference_call *call) {
    EACH_ROW(call, { memcpy(call->out[0] + to, call->in[i] + from, n * sizeof(double)); })
}

static void backward(const gm_call *call) {
    EACH_ROW(call, {
        if (!call->din[i]) break;
        for (size_t k = 0; k < n; k++)
            call->din[i][from + k] = call->dout[0][to + k] + (call->add[i] ? call->din[i][from + k] : 0);
    })
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    gm_emit_node(
        call, "Concat", call->n_in, call->in, call->out[0], 1,
        &(gm_attribute){"axis", GM_ATTRIBUTE_INT, .i = gm_onnx_axis(call->out_shape[0], call->settings->axis)});
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    int axis = index;
    int dims[3][3] = {{3, 4, 5}, {3, 4, 5}, {3, 4, 5}};
    gm_value parts[3];
    for (int i = 0; i < 3; i++) {
        dims[i][axis] = i + 1;
        parts[i] = c->tensor(c, true, -1, 1, 3, dims[i]);
    }
    return gm_concat(c->graph, 3, parts, axis);
}

GM_OP(concat)
= {
    .name = "concat",
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 3,
    .make_case = make_case,
};
