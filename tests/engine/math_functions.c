#include "math_functions.h"

#include "engine/cpu/math_internal.h"
#include "engine/op_internal.h"

#define ONE_TO_ONE(name, function)                                                                                     \
    static void name(const float *x, float *y, size_t n) {                                                             \
        for (size_t i = 0; i < n; i += VL) vstore(y + i, function(vload(x + i)));                                      \
    }

#define TWO_TO_ONE(name, function)                                                                                     \
    static void name(const float *x, const float *y, float *z, size_t n) {                                             \
        for (size_t i = 0; i < n; i += VL) vstore(z + i, function(vload(x + i), vload(y + i)));                        \
    }

#define TREE(name, function)                                                                                           \
    static void name(const float *rows, float *y) {                                                                    \
        vf r[VL];                                                                                                      \
        for (int i = 0; i < VL; i++) r[i] = vload(rows + i * VL);                                                      \
        vstore(y, function(r));                                                                                        \
    }

ONE_TO_ONE(exps, vexp)
ONE_TO_ONE(exps_negative, vexp_negative)
ONE_TO_ONE(sqrts, vsqrt)
ONE_TO_ONE(logs, vlog)
ONE_TO_ONE(tanhs, vtanh)
ONE_TO_ONE(softpluses, vsoftplus)
TWO_TO_ONE(maxima, vmax)
TWO_TO_ONE(minima, vmin)
TREE(tree_sums, vtree_sum)
TREE(tree_maxima, vtree_max)

static void gelus(const float *x, float factor, float *y, float *slope, size_t n) {
    for (size_t i = 0; i < n; i += VL) {
        vf s;
        vstore(y + i, vgelu(vload(x + i), vsplat(factor), &s));
        vstore(slope + i, s);
    }
}

static void sum_all(const float *x, float *y) {
    vstore(y, vsum_all(vload(x)));
}

static void max_all(const float *x, float *y) {
    vstore(y, vmax_all(vload(x)));
}

static void transposed(const float *in, size_t in_row, size_t rows, size_t columns, float *out, size_t out_row) {
    transpose(in, in_row, rows, columns, out, out_row);
}

#define NAME_(isa) #isa
#define NAME(isa)  NAME_(isa)
const math_functions GM_ISA_NAME(math_functions) = {
    .name = NAME(GM_ISA),
    .lanes = VL,
    .exp = exps,
    .exp_negative = exps_negative,
    .gelu = gelus,
    .sqrt = sqrts,
    .log = logs,
    .tanh = tanhs,
    .softplus = softpluses,
    .max = maxima,
    .min = minima,
    .sum_all = sum_all,
    .max_all = max_all,
    .tree_sum = tree_sums,
    .tree_max = tree_maxima,
    .transpose = transposed,
};
