/* PatchTSMixer's scalers over axis 0 of x [length, channels], with an observed mask. Three results: the scaled value,
 * loc and scale [1, channels]. They act on inputs: no gradient.
 *
 * std: n = max(sum m, 1), loc = sum x m / n, scale = sqrt(sum ((x - loc) m)^2 / n + minimum), z = (x - loc) / scale.
 * mean: s = sum |x m|, n = sum m, scale = s / max(n, 1), where n = 0 the fallback; then max(scale, minimum); z = x /
 * scale. */
#include "engine/op_internal.h"

#include <math.h>

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0] || in[0]->rank != 2 || !in[0]->batched)
        return gm_fail(err, GM_E_SHAPE, "needs a batched value [length, channels]");
    if (in[1] && (!gm_shape_same(in[0], in[1]) || !in[1]->batched))
        return gm_fail(err, GM_E_SHAPE, "the observed mask must have the shape of the value");
    if (in[2] && (in[2]->rank != 1 || in[2]->dims[0] != in[0]->dims[1]))
        return gm_fail(err, GM_E_SHAPE, "the fallback must have shape [%d]", in[0]->dims[1]);
    if (!(settings->a > 0)) return gm_fail(err, GM_E_ARG, "minimum %g; above 0 is needed", settings->a);
    out[0] = *in[0];
    out[1] = out[2] = gm_shape_of(2, (const int[]){1, in[0]->dims[1]}, true);
    *n_out = 3;
    return GM_OK;
}

/* One channel of one sample; sums in double. */
#define SCALE_CHANNEL(real, call, s, c)                                                                                \
    {                                                                                                                  \
        size_t length = (size_t)(call)->in_shape[0]->dims[0], channels = (size_t)(call)->in_shape[0]->dims[1];         \
        const real *x = (call)->in[0] + s * length * channels + c;                                                     \
        const real *m = (call)->in[1] ? (call)->in[1] + s * length * channels + c : NULL;                              \
        double n = 0, sum = 0, squares = 0, loc = 0, scale;                                                            \
        bool is_std = (call)->settings->mode == GM_SCALER_STD;                                                         \
        for (size_t t = 0; t < length; t++) {                                                                          \
            double w = m ? (double)m[t * channels] : 1, v = (double)x[t * channels] * w;                               \
            n += w, sum += is_std ? v : fabs(v);                                                                       \
        }                                                                                                              \
        double count = n > 1 ? n : 1;                                                                                  \
        if (is_std) {                                                                                                  \
            loc = sum / count;                                                                                         \
            for (size_t t = 0; t < length; t++) {                                                                      \
                double d = ((double)x[t * channels] - loc) * (m ? (double)m[t * channels] : 1);                        \
                squares += d * d;                                                                                      \
            }                                                                                                          \
            scale = sqrt(squares / count + (call)->settings->a);                                                       \
        } else {                                                                                                       \
            scale = sum / count;                                                                                       \
            if (n == 0 && (call)->in[2])                                                                               \
                scale = (double)(call)->in[2][((call)->in_shape[2]->batched ? s * channels : 0) + c];                  \
            if (scale < (call)->settings->a) scale = (call)->settings->a;                                              \
        }                                                                                                              \
        real *z = (call)->out[0] + s * length * channels + c;                                                          \
        for (size_t t = 0; t < length; t++) z[t * channels] = (real)(((double)x[t * channels] - loc) / scale);         \
        (call)->out[1][s * channels + c] = (real)loc;                                                                  \
        (call)->out[2][s * channels + c] = (real)scale;                                                                \
    }

static void forward(const gm_call *call) {
    for (size_t s = 0; s < (size_t)call->batch; s++)
        for (size_t c = 0; c < (size_t)call->in_shape[0]->dims[1]; c++) SCALE_CHANNEL(float, call, s, c)
}

static void reference(const gm_reference_call *call) {
    for (size_t s = 0; s < (size_t)call->batch; s++)
        for (size_t c = 0; c < (size_t)call->in_shape[0]->dims[1]; c++) SCALE_CHANNEL(double, call, s, c)
}

static const char *two(const gm_emit_call *call, const char *op, const char *a, const char *b) {
    return gm_emit_step(call, op, 2, (const char *[]){a, b}, 0, NULL);
}

static const char *total(const gm_emit_call *call, const char *x) {
    const char *axes = gm_emit_ints(call, 1, (const int64_t[]){1});
    return gm_emit_step(call, "ReduceSum", 2, (const char *[]){x, axes}, 0, NULL);
}

static void name_it(const gm_emit_call *call, const char *value, const char *out) {
    gm_emit_node(call, "Identity", 1, &value, out, 0, NULL);
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    const char *x = call->in[0], *m = call->in[1], *one = gm_emit_scalar(call, 1), *n = NULL;
    const char *minimum = gm_emit_scalar(call, call->settings->a);
    const char *length = gm_emit_scalar(call, call->in_shape[0]->dims[0]), *count = length;
    const char *masked = m ? two(call, "Mul", x, m) : x;
    if (m) {
        n = total(call, m);
        count = two(call, "Max", n, one);
    }
    if (call->settings->mode == GM_SCALER_STD) {
        const char *loc = two(call, "Div", total(call, masked), count);
        name_it(call, loc, call->out[1]);
        const char *centred = two(call, "Sub", x, loc), *d = m ? two(call, "Mul", centred, m) : centred;
        const char *var = two(call, "Div", total(call, two(call, "Mul", d, d)), count);
        const char *sum = two(call, "Add", var, minimum);
        const char *scale = gm_emit_step(call, "Sqrt", 1, &sum, 0, NULL);
        name_it(call, scale, call->out[2]);
        gm_emit_node(call, "Div", 2, (const char *[]){centred, scale}, call->out[0], 0, NULL);
        return GM_OK;
    }
    const char *size = gm_emit_step(call, "Abs", 1, &masked, 0, NULL);
    const char *sum = total(call, size), *scale = two(call, "Div", sum, count);
    if (n && call->in[2]) {
        const char *none = gm_emit_step(call, "Equal", 2, (const char *[]){n, gm_emit_scalar(call, 0)}, 0, NULL);
        scale = gm_emit_step(call, "Where", 3, (const char *[]){none, gm_emit_aligned(call, 2, 2), scale}, 0, NULL);
    }
    scale = two(call, "Max", scale, minimum);
    name_it(call, scale, call->out[2]);
    name_it(call, two(call, "Sub", scale, scale), call->out[1]);
    gm_emit_node(call, "Div", 2, (const char *[]){x, scale}, call->out[0], 0, NULL);
    return GM_OK;
}

/* All three results in one value, so that the test weighs each. */
static gm_value make_case(gm_case *c, int index) {
    gm_value x = c->input(c, false, -2, 3, GM_DIMS(11, 3));
    gm_value observed = index % 2 ? c->input(c, true, 0, 1, GM_DIMS(11, 3)) : GM_NONE;
    gm_value fallback = index == 3 ? c->tensor(c, false, 1, 2, GM_DIMS(3)) : GM_NONE;
    gm_scaled z = gm_scaler(c->graph, index < 2 ? GM_SCALER_STD : GM_SCALER_MEAN, x, observed, fallback,
                            index < 2 ? 1e-5 : 1e-10);
    return gm_concat(c->graph, 3, (const gm_value[]){z.scaled, z.loc, z.scale}, 0);
}

GM_OP(scaler)
= {
    .name = "scaler",
    .shape = shape,
    .forward = forward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 4,
    .make_case = make_case,
};
