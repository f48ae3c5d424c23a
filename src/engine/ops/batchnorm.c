/* BatchNorm over the last axis, as torch's BatchNorm1d: in training the statistics of the whole batch (biased
 * variance), running statistics with momentum 0.1 (unbiased variance); otherwise the running ones. A training plan runs
 * the whole batch at once. */
#include "engine/op_internal.h"

#include <math.h>
#include <string.h>

static const double momentum = 0.1;

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in, (void)settings;
    for (int i = 0; i < 5; i++)
        if (!in[i]) return gm_fail(err, GM_E_ARG, "a value, gamma, beta, mean and variance are needed");
    if (in[0]->rank < 1 || !in[0]->batched) return gm_fail(err, GM_E_SHAPE, "needs a batched value with an axis");
    int width = in[0]->dims[in[0]->rank - 1];
    for (int i = 1; i < 5; i++)
        if (in[i]->batched || in[i]->rank != 1 || in[i]->dims[0] != width)
            return gm_fail(err, GM_E_SHAPE, "gamma, beta, mean and variance must have shape [%d]", width);
    out[0] = *in[0];
    *n_out = 1;
    return GM_OK;
}

static size_t width_of(const gm_call *call) {
    return (size_t)call->in_shape[1]->dims[0];
}

static size_t saved(const gm_call *call) {
    return 2 * width_of(call); /* mean, 1/sd */
}

static size_t scratch(const gm_call *call) {
    return 2 * width_of(call);
}

/* Statistics of the batch in double: thousands of terms per feature. */
static void statistics(const gm_call *call, size_t rows, size_t width, float *mean, float *rsd) {
    const float *x = call->in[0];
    for (size_t i = 0; i < width; i++) {
        double sum = 0, squares = 0;
        for (size_t r = 0; r < rows; r++) sum += x[r * width + i];
        double m = sum / (double)rows;
        for (size_t r = 0; r < rows; r++) squares += (x[r * width + i] - m) * (x[r * width + i] - m);
        mean[i] = (float)m;
        rsd[i] = (float)(1 / sqrt(squares / (double)rows + call->settings->a));
        double unbiased = rows > 1 ? squares / (double)(rows - 1) : squares;
        if (call->state[3]) call->state[3][i] = (float)((1 - momentum) * call->in[3][i] + momentum * m);
        if (call->state[4]) call->state[4][i] = (float)((1 - momentum) * call->in[4][i] + momentum * unbiased);
    }
}

static void forward(const gm_call *call) {
    size_t width = width_of(call), rows = call->in_shape[0]->size / width * (size_t)call->batch;
    float *mean = call->saved ? call->saved : call->scratch, *rsd = mean + width;
    if (call->training) {
        statistics(call, rows, width, mean, rsd);
    } else {
        for (size_t i = 0; i < width; i++) {
            mean[i] = call->in[3][i];
            rsd[i] = 1.0f / sqrtf(call->in[4][i] + (float)call->settings->a);
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i++)
            call->out[0][r * width + i] =
                (call->in[0][r * width + i] - mean[i]) * rsd[i] * call->in[1][i] + call->in[2][i];
}

static void backward(const gm_call *call) {
    size_t width = width_of(call), rows = call->in_shape[0]->size / width * (size_t)call->batch;
    const float *mean = call->saved, *rsd = mean + width;
    for (size_t i = 0; i < width; i++) {
        double sum = 0, dot = 0;
        for (size_t r = 0; r < rows; r++) {
            double dy = call->dout[0][r * width + i];
            sum += dy;
            dot += dy * (call->in[0][r * width + i] - mean[i]) * rsd[i];
        }
        if (call->din[1]) call->din[1][i] = (float)(dot + (call->add[1] ? call->din[1][i] : 0));
        if (call->din[2]) call->din[2][i] = (float)(sum + (call->add[2] ? call->din[2][i] : 0));
        if (!call->din[0]) continue;
        float a = (float)(sum / (double)rows), b = (float)(dot / (double)rows), factor = call->in[1][i] * rsd[i];
        for (size_t r = 0; r < rows; r++) {
            float xhat = (call->in[0][r * width + i] - mean[i]) * rsd[i], *dx = &call->din[0][r * width + i];
            float d = (call->dout[0][r * width + i] - a - xhat * b) * factor;
            *dx = call->add[0] ? *dx + d : d;
        }
    }
}

static void reference(const gm_reference_call *call) {
    size_t width = (size_t)call->in_shape[1]->dims[0];
    size_t rows = call->in_shape[0]->size / width * (size_t)call->batch;
    for (size_t i = 0; i < width; i++) {
        double mean = call->in[3][i], var = call->in[4][i];
        if (call->training) {
            mean = var = 0;
            for (size_t r = 0; r < rows; r++) mean += call->in[0][r * width + i] / (double)rows;
            for (size_t r = 0; r < rows; r++) {
                double d = call->in[0][r * width + i] - mean;
                var += d * d / (double)rows;
            }
        }
        for (size_t r = 0; r < rows; r++)
            call->out[0][r * width + i] =
                (call->in[0][r * width + i] - mean) / sqrt(var + call->settings->a) * call->in[1][i] + call->in[2][i];
    }
}

/* (x - mean) * (gamma / sqrt(var + epsilon)) + beta: BatchNormalization wants the channel on axis 1. */
static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    const char *var =
        gm_emit_step(call, "Add", 2, (const char *[]){call->in[4], gm_emit_scalar(call, call->settings->a)}, 0, NULL);
    const char *sd = gm_emit_step(call, "Sqrt", 1, &var, 0, NULL);
    const char *factor = gm_emit_step(call, "Div", 2, (const char *[]){call->in[1], sd}, 0, NULL);
    const char *centred = gm_emit_step(call, "Sub", 2, (const char *[]){call->in[0], call->in[3]}, 0, NULL);
    const char *scaled = gm_emit_step(call, "Mul", 2, (const char *[]){centred, factor}, 0, NULL);
    gm_emit_node(call, "Add", 2, (const char *[]){scaled, call->in[2]}, call->out[0], 0, NULL);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    int d = index ? 16 : 5;
    gm_value x = c->tensor(c, true, -2, 2, GM_DIMS(3, 4, d));
    gm_value gamma = c->tensor(c, false, 0.5, 1.5, GM_DIMS(d)), beta = c->tensor(c, false, -1, 1, GM_DIMS(d));
    gm_value mean = c->state(c, -1, 1, GM_DIMS(d)), var = c->state(c, 0.5, 2, GM_DIMS(d));
    return gm_batchnorm(c->graph, x, gamma, beta, mean, var, 1e-5);
}

GM_OP(batchnorm)
= {
    .name = "batchnorm",
    .flags = GM_READS_IN0 | GM_READS_IN1 | GM_WHOLE_BATCH,
    .shape = shape,
    .saved = saved,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 2,
    .make_case = make_case,
};
