/* The vector functions of one instruction set, behind plain calls that run everywhere. */
#ifndef GIMLET_TESTS_ENGINE_MATH_FUNCTIONS_H
#define GIMLET_TESTS_ENGINE_MATH_FUNCTIONS_H

#include <stddef.h>

typedef struct {
    const char *name;
    size_t lanes;
    void (*exp)(const float *x, float *y, size_t n); /* n: a multiple of lanes, here and below */
    void (*exp_negative)(const float *x, float *y, size_t n);
    void (*gelu)(const float *x, float factor, float *y, float *slope, size_t n);
    void (*sqrt)(const float *x, float *y, size_t n);
    void (*log)(const float *x, float *y, size_t n);
    void (*tanh)(const float *x, float *y, size_t n);
    void (*softplus)(const float *x, float *y, size_t n);
    void (*max)(const float *x, const float *y, float *z, size_t n);
    void (*min)(const float *x, const float *y, float *z, size_t n);
    void (*sum_all)(const float *x, float *y); /* one vector; the answer in every lane */
    void (*max_all)(const float *x, float *y);
    void (*tree_sum)(const float *rows, float *y); /* lanes x lanes; y[i]: over row i */
    void (*tree_max)(const float *rows, float *y);
    void (*transpose)(const float *in, size_t in_row, size_t rows, size_t columns, float *out, size_t out_row);
} math_functions;

/* One for each instruction set that this build has (math_functions.c, compiled as the operations are). */
extern const math_functions math_functions_v2, math_functions_v3, math_functions_v4;

#endif
