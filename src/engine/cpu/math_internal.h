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

/* e^x for x <= 0 within 2 units; e^-87 below -87. NaN stays NaN. For softmax and GELU, where nothing overflows. */
INLINE vf vexp_negative(vf x) {
    vf inside = vmax(vsplat(-87.0f), x);
    vf shifted = inside * 1.44269504088896341f + 12582912.0f;
    vf whole = shifted - 12582912.0f;
    vf r = inside - whole * 0.693145751953125f - whole * 1.42860682030941723e-6f;
    vf p = exp_tail(r);
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    return (vf)((vi)p + ((vi)shifted << 23)); /* the constant of `shifted` leaves at the top */
}

/* Phi(x), the normal distribution function, and e = exp(-x^2/2), which the derivative of GELU needs too.
 * Phi(-u) = e Q(u); Q is a polynomial on [0, 5.5], beyond which Phi(-u) is below 2e-8. Absolute error below 1.2e-7. */
INLINE vf vnormal_cdf(vf x, vf *e) {
    vf u = vabs(x);
    *e = vexp_negative(u * u * -0.5f);
    vf t = vmin(u, vsplat(5.5f)) * 0.36363636363636365f - 1.0f;
    vf q = -0.0025537977926433086f * t - 0.0005597593844868243f;
    q = q * t + 0.0037931085098534822f;
    q = q * t + 0.00634157657623291f;
    q = q * t - 0.007383283693343401f;
    q = q * t + 0.002170982537791133f;
    q = q * t - 0.010560180060565472f;
    q = q * t + 0.019926467910408974f;
    q = q * t - 0.028066474944353104f;
    q = q * t + 0.042470768094062805f;
    q = q * t - 0.061577208340168f;
    q = q * t + 0.08409439772367477f;
    q = q * t - 0.10848286747932434f;
    q = q * t + 0.13072486221790314f;
    vf below = *e * q;
    return vselect(x > 0.0f, 1.0f - below, below);
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
