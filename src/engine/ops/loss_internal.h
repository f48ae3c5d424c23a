/* Losses between a prediction and a target of the same shape, entry by entry, averaged over the sample; an optional
 * weight broadcasts to the prediction. A file gives
 *
 *   #define LOSS_VALUE(d)    of d = prediction - target       #define LOSS_SLOPE(d)   its derivative
 *   #define LOSS_VECTOR(d)   the derivative in vectors        `settings` is in scope in all of them
 *   static double reference_of(double d, const gm_settings *settings) */
#include "engine/cpu/math_internal.h"
#include "engine/op_internal.h"

static double reference_of(double d, const gm_settings *settings);

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in, (void)settings;
    char a[96], b[96];
    if (!in[0] || !in[1]) return gm_fail(err, GM_E_ARG, "a prediction and a target are needed");
    if (!gm_shape_same(in[0], in[1]) || !in[0]->batched || !in[1]->batched)
        return gm_fail(err, GM_E_SHAPE, "prediction %s and target %s differ", gm_shape_text(in[0], a),
                       gm_shape_text(in[1], b));
    bool fits = !in[2] || in[2]->rank <= in[0]->rank;
    for (int i = 1; in[2] && fits && i <= in[2]->rank; i++) {
        int have = in[2]->dims[in[2]->rank - i];
        fits = have == 1 || have == in[0]->dims[in[0]->rank - i];
    }
    if (!fits)
        return gm_fail(err, GM_E_SHAPE, "weight %s does not broadcast to %s", gm_shape_text(in[2], a),
                       gm_shape_text(in[0], b));
    out[0] = gm_shape_of(0, NULL, true);
    *n_out = 1;
    return GM_OK;
}

/* Entry of the weight for entry i of the prediction. */
static size_t weight_place(const gm_shape *weight, const gm_shape *whole, size_t i) {
    size_t place = 0, stride = 1;
    for (int a = whole->rank - 1, b = weight->rank - 1; b >= 0; a--, b--) {
        size_t at = i % (size_t)whole->dims[a];
        i /= (size_t)whole->dims[a];
        if (weight->dims[b] > 1) place += at * stride;
        stride *= (size_t)weight->dims[b];
    }
    return place;
}

/* The weights of one sample, one per entry; NULL = all 1. spare has room for them. */
static const float *weights_of(const gm_call *call, size_t sample, float *spare) {
    const gm_shape *weight = call->in_shape[2], *whole = call->in_shape[0];
    if (!weight) return NULL;
    const float *own = call->in[2] + (weight->batched ? sample * weight->size : 0);
    if (weight->size == whole->size) return own;
    for (size_t i = 0; i < whole->size; i++) spare[i] = own[weight_place(weight, whole, i)];
    return spare;
}

static size_t scratch(const gm_call *call) {
    return call->in_shape[0]->size;
}

/* Sum over `part` entries, a whole vector or what is left. */
INLINE float value_at(const gm_settings *settings, const float *p, const float *t, const float *w, size_t part) {
    (void)settings;
    vf d = vload_part(p, part) - vload_part(t, part), value = LOSS_VALUE(d);
    return vsum(w ? value * vload_part(w, part) : value);
}

static void forward(const gm_call *call) {
    size_t n = call->in_shape[0]->size;
    for (size_t s = 0; s < (size_t)call->batch; s++) {
        const float *p = call->in[0] + s * n, *t = call->in[1] + s * n, *w = weights_of(call, s, call->scratch);
        double sum = 0;
        size_t i = 0;
        for (; i + VL <= n; i += VL) sum += (double)value_at(call->settings, p + i, t + i, w ? w + i : NULL, VL);
        if (i < n) sum += (double)value_at(call->settings, p + i, t + i, w ? w + i : NULL, n - i);
        call->out[0][s] = (float)(sum / (double)n);
    }
}

/* The gradients of `part` entries from entry i of all samples on; w: theirs. */
INLINE void slope_at(const gm_call *call, size_t i, const float *w, float share, size_t part) {
    const gm_settings *settings = call->settings;
    (void)settings;
    vf d = vload_part(call->in[0] + i, part) - vload_part(call->in[1] + i, part), slope = (LOSS_SLOPE(d)) * share;
    if (w) slope *= vload_part(w, part);
    for (int which = 0; which < 2; which++) {
        float *to = call->din[which];
        if (!to) continue;
        vf old = call->add[which] ? vload_part(to + i, part) : (vf){0};
        vstore_part(to + i, which ? old - slope : old + slope, part);
    }
}

static void backward(const gm_call *call) {
    size_t n = call->in_shape[0]->size;
    for (size_t s = 0; s < (size_t)call->batch; s++) {
        const float *w = weights_of(call, s, call->scratch);
        float share = call->dout[0][s] / (float)n;
        size_t i = 0;
        for (; i + VL <= n; i += VL) slope_at(call, s * n + i, w ? w + i : NULL, share, VL);
        if (i < n) slope_at(call, s * n + i, w ? w + i : NULL, share, n - i);
    }
}

static void reference(const gm_reference_call *call) {
    size_t n = call->in_shape[0]->size;
    for (size_t s = 0; s < (size_t)call->batch; s++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            double w = 1;
            if (call->in_shape[2])
                w = call->in[2][(call->in_shape[2]->batched ? s * call->in_shape[2]->size : 0) +
                                weight_place(call->in_shape[2], call->in_shape[0], i)];
            sum += w * reference_of(call->in[0][s * n + i] - call->in[1][s * n + i], call->settings);
        }
        call->out[0][s] = sum / (double)n;
    }
}

#define LOSS_OP(op, MAKE)                                                                                              \
    static gm_value make_case(gm_case *c, int index) {                                                                 \
        gm_value p = c->tensor(c, true, -1, 1, GM_DIMS(5, 9)), t = c->tensor(c, true, -1.5, 1, GM_DIMS(5, 9));         \
        gm_value w = index == 1   ? c->input(c, false, 0, 2, GM_DIMS(5, 1))                                            \
                     : index == 2 ? c->input(c, true, 0, 1, GM_DIMS(5, 9))                                             \
                                  : GM_NONE;                                                                           \
        return MAKE;                                                                                                   \
    }                                                                                                                  \
    GM_OP(op)                                                                                                          \
    = {                                                                                                                \
        .name = #op,                                                                                                   \
        .flags = GM_READS_IN0 | GM_READS_IN1 | GM_READS_IN2 | GM_DATA_IN0 << 2,                                        \
        .shape = shape,                                                                                                \
        .scratch = scratch,                                                                                            \
        .forward = forward,                                                                                            \
        .backward = backward,                                                                                          \
        .reference = reference,                                                                                        \
        .n_cases = 3,                                                                                                  \
        .make_case = make_case,                                                                                        \
    };
