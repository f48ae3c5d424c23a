/* Hyperbolic tangent. */
#define UNARY_VECTOR(x)   (vtanh(x))
#define UNARY_SLOPE(x, y) (1.0f - (y) * (y))
#define UNARY_CASE(g, x)  gm_tanh(g, x)
#include "unary_internal.h"

static double reference_of(double x, const gm_settings *settings) {
    (void)settings;
    return tanh(x);
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    gm_emit_node(call, "Tanh", 1, call->in, call->out[0], 0, NULL);
    return GM_OK;
}

UNARY_OP(tanh, GM_READS_OUT0, -4, 4)
