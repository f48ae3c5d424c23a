/* LayerNorm over the last axis: (x - mean) / sqrt(var + epsilon) gamma + beta, biased variance.
 *
 * Rows of one or two vectors go in blocks of VL, whose sums are taken together. Training keeps mean and 1/sd of each
 * row; the normalised row is made again on the way back: with g = dy gamma, dx = (g - mean(g) - xhat mean(g xhat)) /
 * sd. */
#include "engine/cpu/math_internal.h"
#include "engine/op_internal.h"

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)n_in;
    if (!in[0] || !in[1] || !in[2]) return gm_fail(err, GM_E_ARG, "a value, gamma and beta are needed");
    if (in[0]->rank < 1) return gm_fail(err, GM_E_SHAPE, "a scalar cannot be normalised");
    int width = in[0]->dims[in[0]->rank - 1];
    for (int i = 1; i <= 2; i++)
        if (in[i]->batched || in[i]->rank != 1 || in[i]->dims[0] != width)
            return gm_fail(err, GM_E_SHAPE, "gamma and beta must have shape [%d]", width);
    if (!(settings->a >= 0)) return gm_fail(err, GM_E_ARG, "epsilon %g is negative", settings->a);
    out[0] = *in[0];
    *n_out = 1;
    return GM_OK;
}

static size_t width_of(const gm_call *call) {
    return (size_t)call->in_shape[1]->dims[0];
}

static size_t rows_of(const gm_call *call) {
    return call->in_shape[0]->size / width_of(call) * (call->in_shape[0]->batched ? (size_t)call->batch : 1);
}

static size_t saved(const gm_call *call) {
    return 2 * rows_of(call);
}

static size_t scratch(const gm_call *call) {
    return 3 * width_of(call) + 3 * VL;
}

/* A block of VL rows of nv vectors; nv is a constant where it is called. */
INLINE void forward_block(const gm_call *call, const float *x, float *y, float *mean, float *rsd, const size_t nv) {
    size_t width = nv * VL;
    float share = 1.0f / (float)width;
    vf sums[VL];
    for (size_t r = 0; r < VL; r++) {
        sums[r] = vload(x + r * width);
        for (size_t v = 1; v < nv; v++) sums[r] += vload(x + r * width + v * VL);
    }
    vstore(mean, vtree_sum(sums) * share);
    for (size_t r = 0; r < VL; r++) {
        sums[r] = (vf){0};
        for (size_t v = 0; v < nv; v++) {
            vf d = vload(x + r * width + v * VL) - mean[r];
            sums[r] += d * d;
        }
    }
    vstore(rsd, 1.0f / vsqrt(vtree_sum(sums) * share + (float)call->settings->a));
    for (size_t v = 0; v < nv; v++) {
        vf gamma = vload(call->in[1] + v * VL), beta = vload(call->in[2] + v * VL);
        for (size_t r = 0; r < VL; r++) {
            vf xhat = (vload(x + r * width + v * VL) - mean[r]) * rsd[r];
            will_write(y + r * width + v * VL);
            vstore(y + r * width + v * VL, xhat * gamma + beta);
        }
    }
}

/* Any width, any number of rows. */
static void forward_rows(const gm_call *call, size_t from, size_t rows, size_t width, float *means, float *rsds) {
    const float *gamma = call->in[1], *beta = call->in[2];
    for (size_t r = from; r < rows; r++) {
        const float *x = call->in[0] + r * width;
        float *y = call->out[0] + r * width, mean = 0, var = 0;
        for (size_t i = 0; i < width; i++) mean += x[i];
        mean /= (float)width;
        for (size_t i = 0; i < width; i++) var += (x[i] - mean) * (x[i] - mean);
        float rsd = 1.0f / sqrtf(var / (float)width + (float)call->settings->a);
        for (size_t i = 0; i < width; i++) y[i] = (x[i] - mean) * rsd * gamma[i] + beta[i];
        if (means) means[r] = mean, rsds[r] = rsd;
    }
}

static void forward(const gm_call *call) {
    size_t width = width_of(call), rows = rows_of(call), r = 0;
    float *means = call->saved, *rsds = means ? means + rows : NULL, mean[VL], rsd[VL];
    for (; (width == VL || width == 2 * VL) && r + VL <= rows; r += VL) {
        const float *x = call->in[0] + r * width;
        float *y = call->out[0] + r * width;
        if (width == VL)
            forward_block(call, x, y, means ? means + r : mean, rsds ? rsds + r : rsd, 1);
        else
            forward_block(call, x, y, means ? means + r : mean, rsds ? rsds + r : rsd, 2);
    }
    forward_rows(call, r, rows, width, means, rsds);
}

/* A block of VL rows; dgamma and dbeta take what is added. */
INLINE void backward_block(const gm_call *call, size_t at, const float *mean, const float *rsd, const size_t nv,
                           vf *dgamma, vf *dbeta) {
    size_t width = nv * VL;
    const float *x = call->in[0] + at, *dy = call->dout[0] + at;
    vf sums[VL], dots[VL];
    float a[VL], b[VL];
    for (size_t r = 0; r < VL; r++) {
        sums[r] = dots[r] = (vf){0};
        will_read(x + r * width);
        for (size_t v = 0; v < nv; v++) {
            vf d = vload(dy + r * width + v * VL), xhat = (vload(x + r * width + v * VL) - mean[r]) * rsd[r];
            vf g = d * vload(call->in[1] + v * VL);
            dgamma[v] += d * xhat;
            dbeta[v] += d;
            sums[r] += g;
            dots[r] += g * xhat;
        }
    }
    if (!call->din[0]) return;
    vstore(a, vtree_sum(sums) * (1.0f / (float)width));
    vstore(b, vtree_sum(dots) * (1.0f / (float)width));
    for (size_t v = 0; v < nv; v++) {
        vf gamma = vload(call->in[1] + v * VL);
        for (size_t r = 0; r < VL; r++) {
            float *dx = call->din[0] + at + r * width + v * VL;
            vf xhat = (vload(x + r * width + v * VL) - mean[r]) * rsd[r];
            vf d = (vload(dy + r * width + v * VL) * gamma - a[r] - xhat * b[r]) * rsd[r];
            vstore(dx, call->add[0] ? vload(dx) + d : d);
        }
    }
}

INLINE size_t backward_blocks(const gm_call *call, size_t rows, const size_t nv, float *dgamma, float *dbeta) {
    vf sum_gamma[2] = {{0}}, sum_beta[2] = {{0}};
    size_t r = 0;
    for (; r + VL <= rows; r += VL)
        backward_block(call, r * nv * VL, call->saved + r, call->saved + rows + r, nv, sum_gamma, sum_beta);
    for (size_t v = 0; v < nv; v++) vstore(dgamma + v * VL, sum_gamma[v]), vstore(dbeta + v * VL, sum_beta[v]);
    return r;
}

static void backward_rows(const gm_call *call, size_t from, size_t rows, size_t width, float *dgamma, float *dbeta) {
    const float *gamma = call->in[1];
    float *xhat = call->scratch + 2 * width;
    for (size_t r = from; r < rows; r++) {
        const float *x = call->in[0] + r * width, *dy = call->dout[0] + r * width;
        float mean = call->saved[r], rsd = call->saved[rows + r], a = 0, b = 0;
        for (size_t i = 0; i < width; i++) {
            xhat[i] = (x[i] - mean) * rsd;
            dgamma[i] += dy[i] * xhat[i], dbeta[i] += dy[i];
            a += dy[i] * gamma[i], b += dy[i] * gamma[i] * xhat[i];
        }
        if (!call->din[0]) continue;
        a /= (float)width, b /= (float)width;
        float *dx = call->din[0] + r * width;
        for (size_t i = 0; i < width; i++) {
            float d = (dy[i] * gamma[i] - a - xhat[i] * b) * rsd;
            dx[i] = call->add[0] ? dx[i] + d : d;
        }
    }
}

static void backward(const gm_call *call) {
    size_t width = width_of(call), rows = rows_of(call);
    float *dgamma = call->scratch, *dbeta = call->scratch + width;
    memset(dgamma, 0, 2 * width * sizeof *dgamma);
    size_t done = 0;
    if (width == VL)
        done = backward_blocks(call, rows, 1, dgamma, dbeta);
    else if (width == 2 * VL)
        done = backward_blocks(call, rows, 2, dgamma, dbeta);
    backward_rows(call, done, rows, width, dgamma, dbeta);
    for (int which = 1; which <= 2; which++) {
        float *d = call->din[which];
        const float *sum = which == 1 ? dgamma : dbeta;
        for (size_t i = 0; d && i < width; i++) d[i] = call->add[which] ? d[i] + sum[i] : sum[i];
    }
}

static void reference(const gm_reference_call *call) {
    size_t width = (size_t)call->in_shape[1]->dims[0];
    size_t rows = call->in_shape[0]->size / width * (call->in_shape[0]->batched ? (size_t)call->batch : 1);
    for (size_t r = 0; r < rows; r++) {
        const double *x = call->in[0] + r * width;
        double mean = 0, var = 0;
        for (size_t i = 0; i < width; i++) mean += x[i] / (double)width;
        for (size_t i = 0; i < width; i++) var += (x[i] - mean) * (x[i] - mean) / (double)width;
        for (size_t i = 0; i < width; i++)
            call->out[0][r * width + i] =
                (x[i] - mean) / sqrt(var + call->settings->a) * call->in[1][i] + call->in[2][i];
    }
}

static gm_status onnx(const gm_emit_call *call, gm_error *err) {
    (void)err;
    const gm_attribute attributes[] = {{"axis", GM_ATTRIBUTE_INT, .i = -1},
                                       {"epsilon", GM_ATTRIBUTE_FLOAT, .f = call->settings->a}};
    gm_emit_node(call, "LayerNormalization", 3, call->in, call->out[0], 2, attributes);
    return GM_OK;
}

static gm_value make_case(gm_case *c, int index) {
    static const int widths[] = {16, 8, 32, 5, 4};
    int d = widths[index];
    gm_value x = c->tensor(c, true, -2, 2, GM_DIMS(3, 9, d));
    gm_value gamma = c->tensor(c, false, 0.5, 1.5, GM_DIMS(d)), beta = c->tensor(c, false, -1, 1, GM_DIMS(d));
    return gm_layernorm(c->graph, x, gamma, beta, 1e-5);
}

GM_OP(layernorm)
= {
    .name = "layernorm",
    .flags = GM_READS_IN0 | GM_READS_IN1,
    .shape = shape,
    .saved = saved,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .reference = reference,
    .onnx = onnx,
    .n_cases = 5,
    .make_case = make_case,
};
