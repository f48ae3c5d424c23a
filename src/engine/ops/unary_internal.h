/* Operations with one operand, entry by entry: a file gives f, its derivative and its ONNX form, and includes this.
 *
 *   #define UNARY_VECTOR(x)          vf of vf: the value
 *   #define UNARY_SLOPE(x, y)        vf of vf: the derivative, from operand and result
 *   static double reference_of(double x, const gm_settings *settings)
 * `settings` is in scope in both macros. */
#include "engine/cpu/math_internal.h"
#include "engine/op_internal.h"

#include <math.h>

static double reference_of(double x, const gm_settings *settings);
static gm_status onnx(const gm_emit_call *call, gm_error *err);

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in, (void)settings;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    out[0] = *in[0];
    *n_out = 1;
    return GM_OK;
}

static size_t entries(const gm_shape *of, int batch) {
    return of->size * (of->batched ? (size_t)batch : 1);
}

static void forward(const gm_call *call) {
    const gm_settings *settings = call->settings;
    (void)settings;
    size_t n = entries(call->in_shape[0], call->batch);
    for (size_t i = 0; i < n; i += VL) {
        if (n - i >= VL) {
            vf x = vload(call->in[0] + i);
            vstore(call->out[0] + i, UNARY_VECTOR(x));
        } else {
            vf x = vload_part(call->in[0] + i, n - i);
            vstore_part(call->out[0] + i, UNARY_VECTOR(x), n - i);
        }
    }
}

static void backward(const gm_call *call) {
    const gm_settings *settings = call->settings;
    (void)settings;
    size_t n = entries(call->in_shape[0], call->batch);
    float *dx = call->din[0];
    for (size_t i = 0; i < n; i += VL) {
        size_t part = n - i >= VL ? VL : n - i;
        vf x = vload_part(call->in[0] + i, part), y = vload_part(call->out[0] + i, part);
        vf slope = UNARY_SLOPE(x, y);
        (void)y, (void)x;
        vf d = vload_part(call->dout[0] + i, part) * slope;
        if (call->add[0]) d += vload_part(dx + i, part);
        vstore_part(dx + i, d, part);
    }
}

static void reference(const gm_reference_call *call) {
    size_t n = entries(call->in_shape[0], call->batch);
    for (size_t i = 0; i < n; i++) call->out[0][i] = reference_of(call->in[0][i], call->settings);
}

#define UNARY_OP(op, reads, low, high)                                                                                 \
    static gm_value make_case(gm_case *c, int index) {                                                                 \
        gm_value x =                                                                                                   \
            index == 0 ? c->tensor(c, true, low, high, GM_DIMS(5, 9)) : c->tensor(c, false, low, high, GM_DIMS(64));   \
        return UNARY_CASE(c->graph, index == 0 ? x : gm_add(c->graph, x, c->input(c, false, 0, 0, GM_DIMS(64))));      \
    }                                                                                                                  \
    GM_OP(op)                                                                                                          \
    = {                                                                                                                \
        .name = #op,                                                                                                   \
        .flags = reads,                                                                                                \
        .shape = shape,                                                                                                \
        .forward = forward,                                                                                            \
        .backward = backward,                                                                                          \
        .reference = reference,                                                                                        \
        .onnx = onnx,                                                                                                  \
        .n_cases = 2,                                                                                                  \
        .make_case = make_case,                                                                                        \
    };
