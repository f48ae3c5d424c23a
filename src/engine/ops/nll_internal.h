/* -log p(target | parameters), entry by entry, in double throughout: these run on few numbers and cancel a lot. All
 * operands have one shape. A file gives
 *
 *   enum { N_PARAMETERS = ... }                                  operands before the target
 *   static double value_of(const double *parameters, double target)
 *   static void slopes_of(const double *parameters, double target, double *slopes)      by each parameter */
#include "engine/op_internal.h"

#include <math.h>

static double value_of(const double *parameters, double target);
static void slopes_of(const double *parameters, double target, double *slopes);

/* Derivative of lnGamma: recurrence up to 6, then the asymptotic series (Abramowitz & Stegun 6.3.18). */
static inline double digamma(double x) {
    double sum = 0;
    for (; x < 6; x += 1) sum -= 1 / x;
    double i = 1 / (x * x);
    return sum + log(x) - 0.5 / x - i * (1.0 / 12 - i * (1.0 / 120 - i * (1.0 / 252 - i * (1.0 / 240 - i / 132))));
}

/* lgamma without its global sign. */
static inline double log_gamma(double x) {
    int sign;
    return lgamma_r(x, &sign);
}

static gm_status shape(const gm_shape *const *in, int n_in, gm_settings *settings, gm_shape *out, int *n_out,
                       gm_error *err) {
    (void)settings;
    for (int i = 0; i < n_in; i++) {
        if (!in[i]) return gm_fail(err, GM_E_ARG, "parameters and a target are needed");
        if (!gm_shape_same(in[0], in[i]) || !in[i]->batched)
            return gm_fail(err, GM_E_SHAPE, "parameters and target differ in shape");
    }
    out[0] = *in[0];
    *n_out = 1;
    return GM_OK;
}

static void forward(const gm_call *call) {
    size_t n = call->in_shape[0]->size * (size_t)call->batch;
    for (size_t i = 0; i < n; i++) {
        double parameters[N_PARAMETERS];
        for (int k = 0; k < N_PARAMETERS; k++) parameters[k] = (double)call->in[k][i];
        call->out[0][i] = (float)value_of(parameters, (double)call->in[N_PARAMETERS][i]);
    }
}

static void backward(const gm_call *call) {
    size_t n = call->in_shape[0]->size * (size_t)call->batch;
    for (size_t i = 0; i < n; i++) {
        double parameters[N_PARAMETERS], slopes[N_PARAMETERS];
        for (int k = 0; k < N_PARAMETERS; k++) parameters[k] = (double)call->in[k][i];
        slopes_of(parameters, (double)call->in[N_PARAMETERS][i], slopes);
        for (int k = 0; k < N_PARAMETERS; k++) {
            if (!call->din[k]) continue;
            float d = (float)(slopes[k] * (double)call->dout[0][i]);
            call->din[k][i] = call->add[k] ? call->din[k][i] + d : d;
        }
    }
}

static void reference(const gm_reference_call *call) {
    size_t n = call->in_shape[0]->size * (size_t)call->batch;
    for (size_t i = 0; i < n; i++) {
        double parameters[N_PARAMETERS];
        for (int k = 0; k < N_PARAMETERS; k++) parameters[k] = call->in[k][i];
        call->out[0][i] = value_of(parameters, call->in[N_PARAMETERS][i]);
    }
}

/* The target gets no gradient: it is data. */
#define NLL_OP(op)                                                                                                     \
    GM_OP(op)                                                                                                          \
    = {                                                                                                                \
        .name = #op,                                                                                                   \
        .flags = GM_READS_ALL_IN | GM_DATA_IN0 << N_PARAMETERS,                                                        \
        .shape = shape,                                                                                                \
        .forward = forward,                                                                                            \
        .backward = backward,                                                                                          \
        .reference = reference,                                                                                        \
        .n_cases = 1,                                                                                                  \
        .make_case = make_case,                                                                                        \
    };
