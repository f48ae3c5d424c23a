/* Exact GELU, x Phi(x), with dropout behind it.
 *
 * Training keeps the derivative (times the dropout multiplier), so that going back is one product: erf and exp are
 * computed once. */
#include "engine/cpu/dice_internal.h"
#include "engine/cpu/math_internal.h"
#include "engine/op_internal.h"

#include <math.h>

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in, (void)settings;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    out[0] = *in[0];
    *n_out = 1;
    return GM_OK;
}

static size_t samples(const gm_call *call) {
    return call->in_shape[0]->batched ? (size_t)call->batch : 1;
}

static size_t saved(const gm_call *call) {
    return call->in_shape[0]->size * samples(call);
}

static void plain(const float *x, float *y, float *slope, size_t n) {
    for (size_t i = 0; i < n; i += VL) {
        vf s, one = vsplat(1);
        if (n - i >= VL) {
            will_write(y + i);
            if (slope) will_write(slope + i);
            vstore(y + i, vgelu(vload(x + i), one, &s));
            if (slope) vstore(slope + i, s);
        } else {
            vstore_part(y + i, vgelu(vload_part(x + i, n - i), one, &s), n - i);
            if (slope) vstore_part(slope + i, s, n - i);
        }
    }
}

/* Floats that hold the decisions of one sample. */
static size_t scratch(const gm_call *call) {
    return 2 * ((call->in_shape[0]->size + DICE_GROUP - 1) / DICE_GROUP);
}

static void dropped(dice *d, float factor, const float *x, float *y, float *slope, size_t n, uint64_t *bits) {
    dice_roll(d, (n + DICE_GROUP - 1) / DICE_GROUP, bits);
    vf keep = vsplat(factor), s;
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        will_write(y + i);
        if (slope) will_write(slope + i);
        vstore(y + i, dice_factors(bits, i, vgelu(vload(x + i), keep, &s)));
        if (slope) vstore(slope + i, dice_factors(bits, i, s));
    }
    if (i < n) {
        vstore_part(y + i, dice_factors(bits, i, vgelu(vload_part(x + i, n - i), keep, &s)), n - i);
        if (slope) vstore_part(slope + i, dice_factors(bits, i, s), n - i);
    }
}

static void forward(const gm_call *call) {
    size_t n = call->in_shape[0]->size;
    if (!call->dice.on || call->settings->p == 0) {
        plain(call->in[0], call->out[0], call->saved, n * samples(call));
        return;
    }
    for (size_t s = 0; s < samples(call); s++) {
        dice d = dice_new(call->dice.key.seed, gm_dice_stream(&call->dice, (int)s), call->settings->p);
        dropped(&d, dice_factor(call->settings->p), call->in[0] + s * n, call->out[0] + s * n,
                call->saved ? call->saved + s * n : NULL, n, (uint64_t *)call->scratch);
    }
}

static void backward(const gm_call *call) {
    size_t n = call->in_shape[0]->size * samples(call);
    float *dx = call->din[0];
    const float *dy = call->dout[0], *slope = call->saved;
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        will_read(slope + i);
        vf d = vload(dy + i) * vload(slope + i);
        vstore(dx + i, call->add[0] ? vload(dx + i) + d : d);
    }
    for (; i < n; i++) dx[i] = call->add[0] ? dx[i] + dy[i] * slope[i] : dy[i] * slope[i];
}

static void reference(const gm_reference_call *call) {
    size_t n = call->in_shape[0]->size, samples_ = call->in_shape[0]->batched ? (size_t)call->batch : 1;
    for (size_t s = 0; s < samples_; s++)
        for (size_t i = 0; i < n; i++) {
            double x = call->in[0][s * n + i];
            call->out[0][s * n + i] = 0.5 * x * erfc(-x * 0.70710678118654752440) *
                                      gm_dice_reference(&call->dice, (int)s, call->settings->p, i);
        }
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    const char *x = call->in[0];
    const char *z =
        gm_emit_step(call, "Div", 2, (const char *[]){x, gm_emit_scalar(call, 1.41421356237309505)}, 0, NULL);
    const char *e = gm_emit_step(call, "Erf", 1, &z, 0, NULL);
    const char *one = gm_emit_step(call, "Add", 2, (const char *[]){e, gm_emit_scalar(call, 1)}, 0, NULL);
    const char *product = gm_emit_step(call, "Mul", 2, (const char *[]){x, one}, 0, NULL);
    gm_emit_node(call, "Mul", 2, (const char *[]){product, gm_emit_scalar(call, 0.5)}, call->out[0], 0, NULL);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    static const double p[] = {0, 0.2, 0.5};
    return gm_gelu(c->graph, c->tensor(c, true, -4, 4, GM_DIMS(index + 2, 37)), p[index]);
}

GM_OP(gelu)
= {
    .name = "gelu",
    .shape = shape,
    .saved = saved,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 3,
    .make_case = make_case,
};
