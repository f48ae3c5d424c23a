/* Softmax of blocks [length, inner], along the first axis, and what its gradient needs. */
#include "engine/cpu/math_internal.h"

enum { SHORT_COLUMN = 64 };

/* One strip of at most VL columns. A short one is kept aside: rows 4 KB apart share cache sets and are read only once.
 * gated, where given, is multiplied with the result into product. */
INLINE void softmax_strip(const float *x, float *y, size_t length, size_t stride, size_t part, const float *gated,
                          float *product) {
    vf kept[SHORT_COLUMN];
    bool is_short = length <= SHORT_COLUMN;
    vf highest = vload_part(x, part), sum = {0};
    for (size_t k = 0; k < length; k++) {
        vf v = vload_part(x + k * stride, part);
        if (is_short) kept[k] = v;
        highest = vmax(highest, v);
    }
    for (size_t k = 0; k < length; k++) {
        vf e = vexp_negative((is_short ? kept[k] : vload_part(x + k * stride, part)) - highest);
        sum += e;
        if (is_short)
            kept[k] = e;
        else
            vstore_part(y + k * stride, e, part);
    }
    vf scale = 1.0f / sum;
    for (size_t k = 0; k < length; k++) {
        size_t at = k * stride;
        vf share = (is_short ? kept[k] : vload_part(y + at, part)) * scale;
        will_write(y + at);
        vstore_part(y + at, share, part);
        if (!gated) continue;
        will_write(product + at);
        vstore_part(product + at, vload_part(gated + at, part) * share, part);
    }
}

/* One row along the last axis. */
INLINE void softmax_row(const float *x, float *y, size_t length) {
    if (length == VL) {
        vf v = vload(x), e = vexp_negative(v - vmax_all(v));
        vstore(y, e / vsum_all(e));
        return;
    }
    float highest = x[0], sum = 0;
    for (size_t k = 1; k < length; k++) highest = x[k] > highest || x[k] != x[k] ? x[k] : highest;
    for (size_t k = 0; k < length; k += VL) {
        size_t part = length - k < VL ? length - k : VL;
        vstore_part(y + k, vexp_negative(vload_part(x + k, part) - highest), part);
    }
    for (size_t k = 0; k < length; k++) sum += y[k];
    for (size_t k = 0; k < length; k++) y[k] /= sum;
}

/* Along the first axis of [length, inner]; gated, where given, is multiplied with the result into product. */
INLINE void softmax_block(const float *x, float *y, size_t length, size_t inner, const float *gated, float *product) {
    if (inner == 1) {
        softmax_row(x, y, length);
        for (size_t k = 0; gated && k < length; k++) product[k] = gated[k] * y[k];
        return;
    }
    for (size_t i = 0; i < inner; i += VL) {
        const float *g = gated ? gated + i : NULL;
        float *p = gated ? product + i : NULL;
        if (inner - i >= VL)
            softmax_strip(x + i, y + i, length, inner, VL, g, p);
        else
            softmax_strip(x + i, y + i, length, inner, inner - i, g, p);
    }
}
