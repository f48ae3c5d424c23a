/* max(x, low); the gradient passes where x >= low, as torch.clamp_min does. */
#define UNARY_VECTOR(x)   (vmax(x, vsplat((float)settings->a)))
#define UNARY_SLOPE(x, y) ((vf)((vi)vsplat(1) & (vi)((x) >= (float)settings->a)))
#define UNARY_CASE(g, x)  gm_clamp_min(g, x, -0.35)
#include "unary_internal.h"

static double reference_of(double x, const gm_settings *settings) {
    return x > settings->a ? x : settings->a;
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    gm_emit_node(call, "Max", 2, (const char *[]){call->in[0], gm_emit_scalar(call, call->settings->a)}, call->out[0],
                 0, NULL);
    return GM_OK;
}

UNARY_OP(clamp_min, GM_READS_IN0, -2, 2)
