/* Everything that is compiled for one instruction set, in one table. */
#include "engine/cpu/vector_internal.h"
#include "engine/op_internal.h"

#include <math.h>

#define X(op) extern const gm_op GM_ISA_NAME(gm_op_##op);
#include "ops.list.h"
#undef X

static const gm_op *const ops[GM_N_OPS] = {
#define X(op) &GM_ISA_NAME(gm_op_##op),
#include "ops.list.h"
#undef X
};

/* factors: 1 - lr wd, beta1, 1 - beta1, beta2, 1 - beta2, lr / bias1, 1 / sqrt(bias2), epsilon; grads are already
 * scaled by the caller's factor through factors of one. */
static void adamw(float *restrict params, float *restrict m, float *restrict v, const float *restrict grads, size_t n,
                  const float f[9]) {
    for (size_t i = 0; i < n; i++) {
        float g = grads[i] * f[8];
        float first = m[i] + (g - m[i]) * f[2];
        float second = v[i] * f[3] + g * g * f[4];
        m[i] = first;
        v[i] = second;
        params[i] = params[i] * f[0] - f[5] * first / (sqrtf(second) * f[6] + f[7]);
    }
}

static void add_to(float *restrict target, const float *restrict source, size_t n) {
    for (size_t i = 0; i < n; i++) target[i] += source[i];
}

/* 64 partial sums in double, whatever the vector width. */
static double square_sum(const float *values, size_t n) {
    double sums[64] = {0}, sum = 0;
    size_t i = 0;
    for (; i + 64 <= n; i += 64)
        for (size_t k = 0; k < 64; k++) sums[k] += (double)values[i + k] * (double)values[i + k];
    for (; i < n; i++) sums[i % 64] += (double)values[i] * (double)values[i];
    for (size_t k = 0; k < 64; k++) sum += sums[k];
    return sum;
}

#define NAME_(x) #x
#define NAME(x)  NAME_(x)
const gm_isa GM_ISA_NAME(gm_isa) = {
    .name = NAME(GM_ISA), .ops = ops, .adamw = adamw, .add_to = add_to, .square_sum = square_sum};
