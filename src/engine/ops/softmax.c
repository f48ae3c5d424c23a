/* Softmax along one axis. Backward: dx = y (dy - sum of dy y). */
#include "softmax_internal.h"

#include "engine/op_internal.h"

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    GM_TRY(gm_axis_resolve(in[0]->rank, &settings->axis, err));
    out[0] = *in[0];
    *n_out = 1;
    return GM_OK;
}

static void forward(const gm_call *call) {
    size_t outer, length, inner;
    gm_shape_split(call->in_shape[0], call->settings->axis, &outer, &length, &inner);
    if (call->in_shape[0]->batched) outer *= (size_t)call->batch;
    for (size_t o = 0; o < outer; o++)
        softmax_block(call->in[0] + o * length * inner, call->out[0] + o * length * inner, length, inner, NULL, NULL);
}

static void backward(const gm_call *call) {
    size_t outer, length, inner;
    gm_shape_split(call->in_shape[0], call->settings->axis, &outer, &length, &inner);
    if (call->in_shape[0]->batched) outer *= (size_t)call->batch;
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
            size_t at = o * length * inner + i;
            const float *y = call->out[0] + at, *dy = call->dout[0] + at;
            float *dx = call->din[0] + at, sum = 0;
            for (size_t k = 0; k < length; k++) sum += y[k * inner] * dy[k * inner];
            for (size_t k = 0; k < length; k++) {
                float d = y[k * inner] * (dy[k * inner] - sum);
                dx[k * inner] = call->add[0] ? dx[k * inner] + d : d;
            }
        }
}

static void reference(const gm_reference_call *call) {
    size_t outer, length, inner;
    gm_shape_split(call->in_shape[0], call->settings->axis, &outer, &length, &inner);
    if (call->in_shape[0]->batched) outer *= (size_t)call->batch;
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
            const double *x = call->in[0] + o * length * inner + i;
            double *y = call->out[0] + o * length * inner + i, sum = 0;
            for (size_t k = 0; k < length; k++) sum += y[k * inner] = exp(x[k * inner]);
            for (size_t k = 0; k < length; k++) y[k * inner] /= sum;
        }
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    gm_emit_node(call, "Softmax", 1, call->in, call->out[0], 1,
                 &(gm_attribute){"axis", GM_ATTRIBUTE_INT, .i = gm_onnx_axis(call->in_shape[0], call->settings->axis)});
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    static const int axes[] = {0, 1, 2, -1};
    if (index == 4) return gm_softmax(c->graph, c->tensor(c, true, -3, 3, GM_DIMS(520, 9)), 0); /* very long columns */
    return gm_softmax(c->graph, c->tensor(c, true, -3, 3, GM_DIMS(4, 7, index == 3 ? 16 : 19)), axes[index]);
}

GM_OP(softmax)
= {
    .name = "softmax",
    .flags = GM_READS_OUT0,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 5,
    .make_case = make_case,
};
