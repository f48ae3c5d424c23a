/* a x + b with numbers fixed in the graph. */
#define UNARY_VECTOR(x)   ((x) * (float)settings->a + (float)settings->b)
#define UNARY_SLOPE(x, y) (vsplat((float)settings->a))
#define UNARY_CASE(g, x)  gm_scale(g, x, 1.5, -0.5)
#include "unary_internal.h"

static double reference_of(double x, const gm_settings *settings) {
    return x * settings->a + settings->b;
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    const char *product = call->in[0];
    if (call->settings->b == 0) {
        gm_emit_node(call, "Mul", 2, (const char *[]){product, gm_emit_scalar(call, call->settings->a)}, call->out[0],
                     0, NULL);
        return GM_OK;
    }
    if (call->settings->a != 1)
        product =
            gm_emit_step(call, "Mul", 2, (const char *[]){product, gm_emit_scalar(call, call->settings->a)}, 0, NULL);
    gm_emit_node(call, "Add", 2, (const char *[]){product, gm_emit_scalar(call, call->settings->b)}, call->out[0], 0,
                 NULL);
    return GM_OK;
}

UNARY_OP(scale, 0, -2, 2)
