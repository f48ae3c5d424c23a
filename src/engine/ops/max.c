/* Maximum over one axis; the gradient goes to the first of equal maxima, as in torch on the CPU. */
#include "reduce_internal.h"

static size_t highest_float(const float *x, size_t length, size_t inner) {
    size_t best = 0;
    for (size_t k = 1; k < length; k++)
        if (x[k * inner] > x[best * inner]) best = k;
    return best;
}

static void column_forward(const float *x, float *y, size_t length, size_t inner) {
    *y = x[highest_float(x, length, inner) * inner];
}

static void column_backward(const float *x, float dy, float *dx, size_t length, size_t inner) {
    dx[highest_float(x, length, inner) * inner] += dy;
}

static double column_reference(const double *x, size_t length, size_t inner) {
    double best = x[0];
    for (size_t k = 1; k < length; k++)
        if (x[k * inner] > best) best = x[k * inner];
    return best;
}

REDUCE_OP(max, GM_READS_IN0, "ReduceMax", false)
