/* ln(1 + e^x). */
#define UNARY_VECTOR(x)   (vsoftplus(x))
#define UNARY_SLOPE(x, y) (1.0f / (1.0f + vexp(-(x))))
#define UNARY_CASE(g, x)  gm_softplus(g, x)
#include "unary_internal.h"

static double reference_of(double x, const gm_settings *settings) {
    (void)settings;
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    gm_emit_node(call, "Softplus", 1, call->in, call->out[0], 0, NULL);
    return GM_OK;
}

UNARY_OP(softplus, GM_READS_IN0, -6, 6)
