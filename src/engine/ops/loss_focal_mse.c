/* Mean of w alpha (1 - exp(-s))^gamma s with s = (prediction - target)^2: the inference system's focal mse
 * (alpha 0.75, gamma 2). By s: alpha u^(gamma-1) (u + gamma s e) with e = exp(-s), u = 1 - e. */
#define LOSS_VALUE(d) value_of(d, settings)
#define LOSS_SLOPE(d) slope_of(d, settings)
#include "engine/cpu/math_internal.h"
#include "engine/op_internal.h"

/* u = 1 - exp(-s) without cancelling: its series where s is small. */
INLINE vf one_minus_exp(vf s, vf *e) {
    *e = vexp(-s);
    vf small = s * (1.0f - s * (0.5f - s * (0.16666667f - s * (0.041666667f - s * 0.0083333333f))));
    return vselect(s < 0.25f, small, 1.0f - *e);
}

INLINE vf power(vf u, float exponent) {
    if (exponent == 1) return u;
    if (exponent == 2) return u * u;
    vf y;
    for (int i = 0; i < VL; i++) y[i] = powf(u[i], exponent);
    return y;
}

INLINE vf value_of(vf d, const gm_settings *settings) {
    vf s = d * d, e, u = one_minus_exp(s, &e);
    return (float)settings->a * power(u, (float)settings->b) * s;
}

INLINE vf slope_of(vf d, const gm_settings *settings) {
    vf s = d * d, e, u = one_minus_exp(s, &e);
    float gamma = (float)settings->b;
    vf by_s = power(u, gamma - 1) * (u + gamma * s * e) * (float)settings->a;
    return 2.0f * d * vselect(u > 0.0f, by_s, (vf){0});
}

#include "loss_internal.h"

static double reference_of(double d, const gm_settings *settings) {
    return settings->a * pow(-expm1(-d * d), settings->b) * d * d;
}

LOSS_OP(loss_focal_mse,
        index == 2 ? gm_loss_focal_mse(c->graph, p, t, w, 0.5, 1.5) : gm_loss_focal_mse(c->graph, p, t, w, 0.75, 2))
