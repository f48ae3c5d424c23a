/* exp, tanh, GELU in vectors. The polynomials are weighted minimax fits (tools/fit_polynomials.py makes them and judges
 * those that stand here); tests/engine/test_math.c holds the errors against libm in double, per instruction set. */
#ifndef GIMLET_ENGINE_CPU_MATH_INTERNAL_H
#define GIMLET_ENGINE_CPU_MATH_INTERNAL_H

#include "vector_internal.h"

#include <math.h>

/* (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2 */
INLINE vf exp_tail(vf r) {
    vf p = 0.0013814539415761828f * r + 0.00836874544620514f;
    p = p * r + 0.04166838899254799f;
    p = p * r + 0.1666652113199234f;
    return p * r + 0.4999999403953552f;
}

/* e^x within 2 units; 0 below -87.3, e^88.7 above 88.7 (never infinite). NaN stays NaN. */
INLINE vf vexp(vf x) {
    vf inside = vmin(vsplat(88.7f), vmax(vsplat(-87.3f), x));
    vf shifted = inside * 1.44269504088896341f + 12582912.0f; /* 1.5 * 2^23: rounds to a whole number */
    vi power = (vi)shifted - 0x4b400000;
    vf whole = shifted - 12582912.0f;
    vf r = inside - whole * 0.693145751953125f - whole * 1.42860682030941723e-6f;
    vf p = exp_tail(r);
    p = p * (r * r) + r + 1.0f;
    p = (vf)((vi)p + (power << 23));
    return (vf)((vi)p & (vi)(x > -87.3f)) + (vf)((vi)x & (vi)(x != x));
}

/* (2^r - 1) / r for |r| <= 1/2, lowest power first. */
static const float exp2_tail[5] = {0.6931470036506653f, 0.24022242426872253f, 0.05550733581185341f,
                                   0.009671512991189957f, 0.001326472731307149f};

/* factor 2^(x rate); |x rate| at most 126, factor from 2^-10 to 2^10. x rate is rounded once, or with fused products not
 * at all, and rate itself is: the relative error is below 2^-22 + |x rate| 2^-23. */
INLINE vf vexp2_of(vf x, float rate, vf factor) {
    vf shifted = x * rate + 12582912.0f;
    vf r = x * rate - (shifted - 12582912.0f);
    vf p = factor * exp2_tail[4];
    for (int i = 3; i >= 0; i--) p = p * r + factor * exp2_tail[i];
    p = p * r + factor;
    return (vf)((vi)p + ((vi)shifted << 23)); /* the constant of `shifted` leaves at the top */
}

/* e^x for x <= 0; e^-87 below -87. NaN stays NaN. For the softmax, where nothing overflows and the largest is 1. */
INLINE vf vexp_negative(vf x) {
    return vexp2_of(vmax(vsplat(-87.0f), x), 1.44269504088896341f, vsplat(1));
}

/* Q(u) = Phi(-u) e^(u^2/2) for u = 3 (t + 1) in [0, 6], lowest power of t first. */
static const float normal_tail[13] = {0.12151438742876053f,   -0.10319066792726517f,  0.08242470026016235f,
                                      -0.06277579814195633f,  0.04332898557186127f,   -0.031485337764024734f,
                                      0.03059094212949276f,   0.0014906298601999879f, 0.00034943659557029605f,
                                      -0.036207422614097595f, -0.008882008492946625f, 0.014697059988975525f,
                                      0.013201992027461529f};

/* factor x Phi(x), and its slope factor (Phi(x) + x phi(x)), with Phi the normal distribution function and phi its
 * density. Absolute errors below 2e-7 max(|x|, 1) factor. With u = |x| and e = exp(-u^2/2): Phi(-u) = e Q(u), and the
 * slope at -u is e (Q(u) - u / sqrt(2 pi)), at u one minus that. Beyond 6 both stay what they are there, below 4e-8. */
INLINE vf vgelu(vf x, vf factor, vf *slope) {
    vf u = vmin(vsplat(6), vabs(x)), half = factor * 0.5f;
    vf e = vexp2_of(u * u, -0.72134752044448170f, factor);
    vf t = u * 0.33333333333333333f - 1.0f, t2 = t * t;
    vf even = vsplat(normal_tail[12]), odd = vsplat(normal_tail[11]);
    for (int i = 10; i >= 2; i -= 2) even = even * t2 + normal_tail[i], odd = odd * t2 + normal_tail[i - 1];
    vf q = odd * t + (even * t2 + normal_tail[0]);
    vi sign = (vi)x & INT32_MIN;
    *slope = half + (vf)((vi)(half - e * (q - u * 0.3989422804014327f)) ^ sign);
    return (x + vabs(x)) * half - e * q * u;
}

INLINE vf vsqrt(vf x) {
#if VL == 16
    return (vf)_mm512_sqrt_ps((__m512)x);
#elif VL == 8
    return (vf)_mm256_sqrt_ps((__m256)x);
#else
    vf y;
    for (int i = 0; i < VL; i++) y[i] = __builtin_sqrtf(x[i]);
    return y;
#endif
}

/* Natural logarithm, lane by lane from libm: no hot path needs more. */
INLINE vf vlog(vf x) {
    vf y;
    for (int i = 0; i < VL; i++) y[i] = logf(x[i]);
    return y;
}

INLINE vf vtanh(vf x) {
    vf y;
    for (int i = 0; i < VL; i++) y[i] = tanhf(x[i]);
    return y;
}

INLINE vf vsoftplus(vf x) {
    vf y;
    for (int i = 0; i < VL; i++) y[i] = (x[i] > 0 ? x[i] : 0) + log1pf(expf(-fabsf(x[i])));
    return y;
}

#endif
