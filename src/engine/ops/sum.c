/* Sum over one axis. Added up in double: a loss is the mean of thousands of terms. */
#include "reduce_internal.h"

static void column_forward(const float *x, float *y, size_t length, size_t inner) {
    double sum = 0;
    for (size_t k = 0; k < length; k++) sum += (double)x[k * inner];
    *y = (float)(sum);
}

static void column_backward(const float *x, float dy, float *dx, size_t length, size_t inner) {
    (void)x;
    float share = dy;
    for (size_t k = 0; k < length; k++) dx[k * inner] += share;
}

static double column_reference(const double *x, size_t length, size_t inner) {
    double sum = 0;
    for (size_t k = 0; k < length; k++) sum += x[k * inner];
    return sum;
}

REDUCE_OP(sum, 0, "ReduceSum", true)
