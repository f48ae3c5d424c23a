/* max(x, 0); the gradient at 0 is 0, as in torch. */
#define UNARY_VECTOR(x)   (vmax(x, (vf){0}))
#define UNARY_SLOPE(x, y) ((vf)((vi)vsplat(1) & (vi)(x > 0.0f)))
#define UNARY_CASE(g, x)  gm_relu(g, x)
#include "unary_internal.h"

static double reference_of(double x, const gm_settings *settings) {
    (void)settings;
    return x > 0 ? x : 0;
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    gm_emit_node(call, "Relu", 1, call->in, call->out[0], 0, NULL);
    return GM_OK;
}

UNARY_OP(relu, GM_READS_IN0, -2, 2)
