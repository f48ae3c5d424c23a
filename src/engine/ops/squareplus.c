/* (x + sqrt(x^2 + 4)) / 2, in this very form: it cancels for large negative x as torch does. */
#define UNARY_VECTOR(x)   (0.5f * ((x) + vsqrt((x) * (x) + 4.0f)))
#define UNARY_SLOPE(x, y) (0.5f + 0.5f * (x) / vsqrt((x) * (x) + 4.0f))
#define UNARY_CASE(g, x)  gm_squareplus(g, x)
#include "unary_internal.h"

static double reference_of(double x, const gm_settings *settings) {
    (void)settings;
    return 0.5 * (x + sqrt(x * x + 4));
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    const char *square = gm_emit_step(call, "Mul", 2, (const char *[]){call->in[0], call->in[0]}, 0, NULL);
    const char *sum = gm_emit_step(call, "Add", 2, (const char *[]){square, gm_emit_scalar(call, 4)}, 0, NULL);
    const char *root = gm_emit_step(call, "Sqrt", 1, &sum, 0, NULL);
    const char *twice = gm_emit_step(call, "Add", 2, (const char *[]){call->in[0], root}, 0, NULL);
    gm_emit_node(call, "Div", 2, (const char *[]){twice, gm_emit_scalar(call, 2)}, call->out[0], 0, NULL);
    return GM_OK;
}

UNARY_OP(squareplus, GM_READS_IN0, -6, 6)
