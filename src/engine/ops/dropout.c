/* Inverted dropout: kept entries are divided by the share that is kept. Identity outside training.
 *
 * Decisions have 16 bits: p is rounded to 1/65536 and the divisor follows it. The mask is made again on the way back.
 */
#include "engine/cpu/philox_internal.h"
#include "engine/op_internal.h"

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in, (void)settings;
    if (!in[0]) return gm_fail(err, GM_E_ARG, "a value is needed");
    out[0] = *in[0];
    *n_out = 1;
    return GM_OK;
}

/* to = (add ? to : 0) + from * multipliers */
static void apply(const gm_call *call, const float *from, float *to, bool add) {
    size_t n = call->in_shape[0]->size, samples = call->in_shape[0]->batched ? (size_t)call->batch : 1;
    _Alignas(64) float piece[DICE_GROUP];
    for (size_t s = 0; s < samples; s++) {
        dice d = dice_new(call->dice.key.seed, gm_dice_stream(&call->dice, (int)s), call->settings->p);
        const float *x = from + s * n;
        float *y = to + s * n;
        for (size_t group = 0; group * DICE_GROUP < n; group++) {
            if (call->dice.on)
                dice_group(&d, group, piece);
            else
                for (int i = 0; i < DICE_GROUP; i++) piece[i] = 1;
            size_t first = group * DICE_GROUP, count = GM_MIN((size_t)DICE_GROUP, n - first);
            if (add)
                for (size_t i = 0; i < count; i++) y[first + i] += x[first + i] * piece[i];
            else
                for (size_t i = 0; i < count; i++) y[first + i] = x[first + i] * piece[i];
        }
    }
}

static void forward(const gm_call *call) {
    apply(call, call->in[0], call->out[0], false);
}

static void backward(const gm_call *call) {
    apply(call, call->dout[0], call->din[0], call->add[0]);
}

static void reference(const gm_reference_call *call) {
    size_t n = call->in_shape[0]->size, samples = call->in_shape[0]->batched ? (size_t)call->batch : 1;
    for (size_t s = 0; s < samples; s++)
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
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 2,
    .make_case = make_case,
};
