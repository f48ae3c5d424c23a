/* -ln softmax(logits)[target]; the target is a class number held in a float. */
#include "engine/op_internal.h"

#include <math.h>

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in, (void)settings;
    if (!in[0] || !in[1]) return gm_fail(err, GM_E_ARG, "logits and a target are needed");
    if (in[0]->rank != 1 || in[1]->size != 1 || !in[0]->batched || !in[1]->batched)
        return gm_fail(err, GM_E_SHAPE, "needs logits [classes] and one class number per sample");
    out[0] = gm_shape_of(0, NULL, true);
    *n_out = 1;
    return GM_OK;
}

/* The class; numbers outside are held at the ends: bad labels are the caller's to refuse. */
static size_t class_of(double target, size_t classes) {
    if (!(target > 0)) return 0;
    return target < (double)classes ? (size_t)target : classes - 1;
}

static double log_sum(const float *x, size_t n) {
    double highest = (double)x[0], sum = 0;
    for (size_t i = 1; i < n; i++) highest = fmax(highest, (double)x[i]);
    for (size_t i = 0; i < n; i++) sum += exp((double)x[i] - highest);
    return highest + log(sum);
}

static void forward(const gm_call *call) {
    size_t n = call->in_shape[0]->size;
    for (int s = 0; s < call->batch; s++) {
        const float *x = call->in[0] + (size_t)s * n;
        call->out[0][s] = (float)(log_sum(x, n) - (double)x[class_of((double)call->in[1][s], n)]);
    }
}

static void backward(const gm_call *call) {
    size_t n = call->in_shape[0]->size;
    for (int s = 0; s < call->batch; s++) {
        const float *x = call->in[0] + (size_t)s * n;
        float *dx = call->din[0] + (size_t)s * n;
        size_t target = class_of((double)call->in[1][s], n);
        double whole = log_sum(x, n);
        for (size_t i = 0; i < n; i++) {
            float d = (float)(exp((double)x[i] - whole) - (i == target)) * call->dout[0][s];
            dx[i] = call->add[0] ? dx[i] + d : d;
        }
    }
}

static void reference(const gm_reference_call *call) {
    size_t n = call->in_shape[0]->size;
    for (int s = 0; s < call->batch; s++) {
        const double *x = call->in[0] + (size_t)s * n;
        double sum = 0;
        for (size_t i = 0; i < n; i++) sum += exp(x[i]);
        call->out[0][s] = log(sum) - x[class_of(call->in[1][s], n)];
    }
}

static gm_value make_case(gm_case *c, int index) {
    gm_value target = c->input(c, true, 0, 6, index, (const int[]){1});
    return gm_loss_cross_entropy(c->graph, c->tensor(c, true, -3, 3, GM_DIMS(7)), target);
}

GM_OP(loss_cross_entropy)
= {
    .name = "loss_cross_entropy",
    .flags = GM_READS_IN0 | GM_READS_IN1 | GM_DATA_IN0 << 1,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .n_cases = 2,
    .make_case = make_case,
};
