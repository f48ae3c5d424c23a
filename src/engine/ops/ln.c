/* Natural logarithm; -infinity at 0, NaN below. */
#define UNARY_VECTOR(x)   (vlog(x))
#define UNARY_SLOPE(x, y) (1.0f / (x))
#define UNARY_CASE(g, x)  gm_ln(g, x)
#include "unary_internal.h"

static double reference_of(double x, const gm_settings *settings) {
    (void)settings;
    return log(x);
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    gm_emit_node(call, "Log", 1, call->in, call->out[0], 0, NULL);
    return GM_OK;
}

UNARY_OP(ln, GM_READS_IN0, 0.2, 5)
