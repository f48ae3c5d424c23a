/* Softmax of blocks [length, inner], along the first axis, and what its gradient needs. */
#include "engine/cpu/math_internal.h"
#include "engine/op_internal.h"

/* Columns are taken some at a time, row after row: rows often lie a multiple of 4 KB apart and share a few cache sets, so
 * they are not visited line by line. */
enum { MOST_COLUMNS = 128, KEPT = 4096 };

/* How many of the columns that are left go together: whole vectors of them, or the last few. */
INLINE size_t columns_at_once(size_t length, size_t left) {
    size_t most = GM_MIN((size_t)MOST_COLUMNS, GM_MAX(KEPT / length / VL, (size_t)1) * VL);
    return GM_MIN(most, left < VL ? left : left / VL * VL);
}

/* `width` columns in vectors, or `part` of one. Exponentials wait aside, those of very long columns in y. gated, where
 * given, is multiplied with the result into product. */
INLINE void softmax_columns(const float *x, float *y, size_t length, size_t stride, size_t width, size_t part,
                            const float *gated, float *product) {
    vf highest[MOST_COLUMNS / VL], scale[MOST_COLUMNS / VL];
    float kept[KEPT], *first = width * length <= KEPT ? kept : y, *e = first;
    size_t e_row = first == kept ? width : stride;
    for (size_t i = 0; i < width; i += VL) highest[i / VL] = vload_part(x + i, part), scale[i / VL] = (vf){0};
    for (size_t k = 1; k < length; k++)
        for (size_t i = 0; i < width; i += VL)
            highest[i / VL] = vmax(highest[i / VL], vload_part(x + k * stride + i, part));
    for (size_t k = 0; k < length; k++, e += e_row)
        for (size_t i = 0; i < width; i += VL) {
            vf one = vexp_negative(vload_part(x + k * stride + i, part) - highest[i / VL]);
            scale[i / VL] += one;
            vstore_part(e + i, one, part);
        }
    for (size_t i = 0; i < width; i += VL) scale[i / VL] = 1.0f / scale[i / VL];
    e = first;
    for (size_t k = 0; k < length; k++, e += e_row)
        for (size_t i = 0; i < width; i += VL) {
            size_t at = k * stride + i;
            vf share = vload_part(e + i, part) * scale[i / VL];
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
    for (size_t i = 0, width; i < inner; i += width) {
        width = columns_at_once(length, inner - i);
        const float *g = gated ? gated + i : NULL;
        float *p = gated ? product + i : NULL;
        if (width >= VL)
            softmax_columns(x + i, y + i, length, inner, width, VL, g, p);
        else
            softmax_columns(x + i, y + i, length, inner, width, width, g, p);
    }
}
