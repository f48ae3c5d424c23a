/* Inverted dropout: kept entries are divided by the share that is kept. Identity outside training.
 *
 * p is rounded to 1/65536, at most 255/256, and the divisor follows it. Training keeps the mask, a bit for each entry.
 */
#include "engine/cpu/dice_internal.h"
#include "engine/op_internal.h"

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in, (void)settings;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    out[0] = *in[0];
    *n_out = 1;
    return GM_OK;
}

static size_t groups(const gm_call *call) {
    return (call->in_shape[0]->size + DICE_GROUP - 1) / DICE_GROUP;
}

static size_t samples(const gm_call *call) {
    return call->in_shape[0]->batched ? (size_t)call->batch : 1;
}

/* Bits of all samples, two floats to 64. */
static size_t saved(const gm_call *call) {
    return 2 * groups(call) * samples(call);
}

/* to = (add ? to : 0) + from * multipliers */
static void apply(const float *from, float *to, const uint64_t *bits, float factor, size_t n, bool add) {
    vf keep = vsplat(factor);
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        vf y = vload(from + i) * dice_factors(bits, i, keep);
        will_write(to + i);
        vstore(to + i, add ? vload(to + i) + y : y);
    }
    for (; i < n; i++) {
        float y = bits[i / DICE_GROUP] >> i % DICE_GROUP & 1 ? from[i] * factor : 0;
        to[i] = add ? to[i] + y : y;
    }
}

static void forward(const gm_call *call) {
    size_t n = call->in_shape[0]->size;
    if (!call->dice.on) {
        memcpy(call->out[0], call->in[0], n * samples(call) * sizeof(float));
        return;
    }
    float factor = dice_factor(call->settings->p);
    for (size_t s = 0; s < samples(call); s++) {
        dice d = dice_new(call->dice.key.seed, gm_dice_stream(&call->dice, (int)s), call->settings->p);
        uint64_t *bits = (uint64_t *)(call->saved ? call->saved : call->scratch) + s * groups(call);
        dice_roll(&d, groups(call), bits);
        apply(call->in[0] + s * n, call->out[0] + s * n, bits, factor, n, false);
    }
}

static void backward(const gm_call *call) {
    size_t n = call->in_shape[0]->size;
    float factor = dice_factor(call->settings->p);
    for (size_t s = 0; s < samples(call); s++)
        apply(call->dout[0] + s * n, call->din[0] + s * n, (const uint64_t *)call->saved + s * groups(call), factor, n,
              call->add[0]);
}

static void reference(const gm_reference_call *call) {
    size_t n = call->in_shape[0]->size, count = call->in_shape[0]->batched ? (size_t)call->batch : 1;
    for (size_t s = 0; s < count; s++)
        for (size_t i = 0; i < n; i++)
            call->out[0][s * n + i] =
                call->in[0][s * n + i] * gm_dice_reference(&call->dice, (int)s, call->settings->p, i);
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    gm_emit_node(call, "Identity", 1, call->in, call->out[0], 0, NULL);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    return index == 0 ? gm_dropout(c->graph, c->tensor(c, true, -1, 1, GM_DIMS(3, 50)), 0.3)
                      : gm_dropout(c->graph, c->tensor(c, true, -1, 1, GM_DIMS(129)), 0.75);
}

GM_OP(dropout)
= {
    .name = "dropout",
    .shape = shape,
    .saved = saved,
    .scratch = saved,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 2,
    .make_case = make_case,
};
