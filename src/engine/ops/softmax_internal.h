/* Softmax of blocks [length, inner], along the first axis, and what its gradient needs. */
#include "engine/cpu/math_internal.h"

enum { SHORT_COLUMN = 64, STRIP_VECTORS = VL == 16 ? 1 : 2 }; /* a strip is a line of the cache wide */

/* One strip of nv vectors of columns, or `part` of one. A short one is kept aside: rows 4 KB apart share cache sets and
 * are read only once. gated, where given, is multiplied with the result into product. */
INLINE void softmax_strip(const float *x, float *y, size_t length, size_t stride, const int nv, size_t part,
                          const float *gated, float *product) {
    vf kept[SHORT_COLUMN][STRIP_VECTORS], highest[STRIP_VECTORS], scale[STRIP_VECTORS];
    bool is_short = length <= SHORT_COLUMN;
    for (int v = 0; v < nv; v++) highest[v] = vload_part(x + v * VL, part), scale[v] = (vf){0};
    for (size_t k = 0; k < length; k++)
        for (int v = 0; v < nv; v++) {
            vf value = vload_part(x + k * stride + (size_t)v * VL, part);
            if (is_short) kept[k][v] = value;
            highest[v] = vmax(highest[v], value);
        }
    for (size_t k = 0; k < length; k++)
        for (int v = 0; v < nv; v++) {
            size_t at = k * stride + (size_t)v * VL;
            vf e = vexp_negative((is_short ? kept[k][v] : vload_part(x + at, part)) - highest[v]);
            scale[v] += e;
            if (is_short)
                kept[k][v] = e;
            else
                vstore_part(y + at, e, part);
        }
    for (int v = 0; v < nv; v++) scale[v] = 1.0f / scale[v];
    for (size_t k = 0; k < length; k++)
        for (int v = 0; v < nv; v++) {
            size_t at = k * stride + (size_t)v * VL;
            vf share = (is_short ? kept[k][v] : vload_part(y + at, part)) * scale[v];
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
    const float *g = gated;
    float *p = product;
    for (size_t i = 0, width; i < inner; i += width, x += width, y += width) {
        size_t rest = inner - i;
        width = rest >= STRIP_VECTORS * VL ? STRIP_VECTORS * VL : rest >= VL ? VL : rest;
        if (rest >= STRIP_VECTORS * VL)
            softmax_strip(x, y, length, inner, STRIP_VECTORS, VL, g, p);
        else
            softmax_strip(x, y, length, inner, 1, width, g, p);
        if (g) g += width, p += width;
    }
}
