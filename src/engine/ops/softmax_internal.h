/* Softmax of blocks [length, inner], along the first axis, and what its gradient needs. */
#include "engine/cpu/math_internal.h"

/* One strip of at most VL columns. */
INLINE void softmax_strip(const float *x, float *y, size_t length, size_t stride, size_t part) {
    vf highest = vload_part(x, part), sum = {0};
    for (size_t k = 1; k < length; k++) highest = vmax(highest, vload_part(x + k * stride, part));
    for (size_t k = 0; k < length; k++) {
        vf e = vexp_negative(vload_part(x + k * stride, part) - highest);
        sum += e;
        vstore_part(y + k * stride, e, part);
    }
    vf scale = 1.0f / sum;
    for (size_t k = 0; k < length; k++) vstore_part(y + k * stride, vload_part(y + k * stride, part) * scale, part);
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

INLINE void softmax_block(const float *x, float *y, size_t length, size_t inner) {
    if (inner == 1) {
        softmax_row(x, y, length);
        return;
    }
    size_t i = 0;
    for (; i + VL <= inner; i += VL) softmax_strip(x + i, y + i, length, inner, VL);
    if (i < inner) softmax_strip(x + i, y + i, length, inner, inner - i);
}
