/* 1 / (1 + e^-x). */
#define UNARY_VECTOR(x)   (1.0f / (1.0f + vexp(-(x))))
#define UNARY_SLOPE(x, y) ((y) * (1.0f - (y)))
#define UNARY_CASE(g, x)  gm_sigmoid(g, x)
#include "unary_internal.h"

static double reference_of(double x, const gm_settings *settings) {
    (void)settings;
    return 1 / (1 + exp(-x));
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    gm_emit_node(call, "Sigmoid", 1, call->in, call->out[0], 0, NULL);
    return GM_OK;
}

UNARY_OP(sigmoid, GM_READS_OUT0, -6, 6)
