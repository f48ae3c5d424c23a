/* e^x; results above e^88.7 stay there. */
#define UNARY_VECTOR(x)   (vexp(x))
#define UNARY_SLOPE(x, y) ((y))
#define UNARY_CASE(g, x)  gm_exp(g, x)
#include "unary_internal.h"

static double reference_of(double x, const gm_settings *settings) {
    (void)settings;
    return exp(x);
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    gm_emit_node(call, "Exp", 1, call->in, call->out[0], 0, NULL);
    return GM_OK;
}

UNARY_OP(exp, GM_READS_OUT0, -3, 3)
