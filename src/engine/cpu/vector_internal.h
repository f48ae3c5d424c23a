/* Vectors of the width that this instruction set has, in GCC's vector extensions (gcc and clang). */
#ifndef GIMLET_ENGINE_CPU_VECTOR_INTERNAL_H
#define GIMLET_ENGINE_CPU_VECTOR_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(VL) /* said by the build: the code of AVX-512 in the instructions of AVX2 */
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#elif defined(__AVX512F__)
#define VL 16
#elif defined(__AVX2__)
#define VL 8
#else
#define VL 4
#endif

typedef float vf __attribute__((vector_size(VL * 4)));
typedef float vf_anywhere __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(VL * 4)));

#define INLINE static inline __attribute__((always_inline, unused))

INLINE vf vload(const float *p) {
    return *(const vf_anywhere *)p;
}

INLINE void vstore(float *p, vf x) {
    *(vf_anywhere *)p = x;
}

/* A kernel that fills fresh memory line by line says so a little ahead: the line is fetched meanwhile. What a training
 * step keeps for its way back is far more than the caches hold, so each first write would wait for memory; and so would
 * each first reading on the way back, where will_read says the same. */
enum { FETCH_AHEAD = 512 };
INLINE void will_write(const float *p) {
    __builtin_prefetch(p + FETCH_AHEAD, 1, 2);
}

INLINE void will_read(const float *p) {
    __builtin_prefetch(p + FETCH_AHEAD, 0, 2);
}

/* The first n < VL floats, the rest zero; and back. */
INLINE vf vload_part(const float *p, size_t n) {
    vf x = {0};
    memcpy(&x, p, n * sizeof(float));
    return x;
}

INLINE void vstore_part(float *p, vf x, size_t n) {
    memcpy(p, &x, n * sizeof(float));
}

INLINE vf vsplat(float x) {
    return x - (vf){0};
}

/* mask lanes are 0 or -1, as comparisons give them. */
INLINE vf vselect(vi mask, vf yes, vf no) {
    return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}

/* a where a > b, else b: the order of x86's own instruction, so NaN in b stays NaN. */
INLINE vf vmax(vf a, vf b) {
#if VL == 16
    return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif VL == 8
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__x86_64__)
    return (vf)_mm_max_ps((__m128)a, (__m128)b);
#else
    return vselect(a > b, a, b);
#endif
}

INLINE vf vmin(vf a, vf b) {
#if VL == 16
    return (vf)_mm512_min_ps((__m512)a, (__m512)b);
#elif VL == 8
    return (vf)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(__x86_64__)
    return (vf)_mm_min_ps((__m128)a, (__m128)b);
#else
    return vselect(a < b, a, b);
#endif
}

INLINE vf vabs(vf x) {
    return (vf)((vi)x & 0x7fffffff);
}

/* Sum and maximum over the lanes, in a fixed tree. */
#if VL == 16
#define VFOLD(op, x)                                                                                                   \
    x = op(x, __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));                    \
    x = op(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));                    \
    x = op(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));                    \
    x = op(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
#elif VL == 8
#define VFOLD(op, x)                                                                                                   \
    x = op(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3));                                                  \
    x = op(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5));                                                  \
    x = op(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6));
#else
#define VFOLD(op, x)                                                                                                   \
    x = op(x, __builtin_shufflevector(x, x, 2, 3, 0, 1));                                                              \
    x = op(x, __builtin_shufflevector(x, x, 1, 0, 3, 2));
#endif

INLINE vf vplus(vf a, vf b) {
    return a + b;
}

/* The total in every lane. */
INLINE vf vsum_all(vf x) {
    VFOLD(vplus, x)
    return x;
}

INLINE vf vmax_all(vf x) {
    VFOLD(vmax, x)
    return x;
}

INLINE float vsum(vf x) {
    return vsum_all(x)[0];
}

/* VL vectors reduced to one: lane i of the result is the total over the lanes of in[i]. Three operations a vector
 * instead of the eight of vsum_all. op joins two vectors. */
#if VL == 16
#define VTREE(op, r)                                                                                                   \
    for (int i = 0; i < 8; i++)                                                                                        \
        r[i] = op(__builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28,   \
                                          14, 30),                                                                     \
                  __builtin_shufflevector(r[2 * i], r[2 * i + 1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29,   \
                                          15, 31));                                                                    \
    for (int i = 0; i < 4; i++)                                                                                        \
        r[i] = op(                                                                                                     \
            __builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29), \
            __builtin_shufflevector(r[2 * i], r[2 * i + 1], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30,    \
                                    31));                                                                              \
    for (int i = 0; i < 2; i++)                                                                                        \
        r[i] = op(                                                                                                     \
            __builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27), \
            __builtin_shufflevector(r[2 * i], r[2 * i + 1], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30,    \
                                    31));                                                                              \
    r[0] = op(__builtin_shufflevector(r[0], r[1], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),             \
              __builtin_shufflevector(r[0], r[1], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
#elif VL == 8
#define VTREE(op, r)                                                                                                   \
    for (int i = 0; i < 4; i++)                                                                                        \
        r[i] = op(__builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 8, 2, 10, 4, 12, 6, 14),                          \
                  __builtin_shufflevector(r[2 * i], r[2 * i + 1], 1, 9, 3, 11, 5, 13, 7, 15));                         \
    for (int i = 0; i < 2; i++)                                                                                        \
        r[i] = op(__builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13),                           \
                  __builtin_shufflevector(r[2 * i], r[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15));                        \
    r[0] = op(__builtin_shufflevector(r[0], r[1], 0, 1, 2, 3, 8, 9, 10, 11),                                           \
              __builtin_shufflevector(r[0], r[1], 4, 5, 6, 7, 12, 13, 14, 15));
#else
#define VTREE(op, r)                                                                                                   \
    for (int i = 0; i < 2; i++)                                                                                        \
        r[i] = op(__builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 4, 2, 6),                                         \
                  __builtin_shufflevector(r[2 * i], r[2 * i + 1], 1, 5, 3, 7));                                        \
    r[0] = op(__builtin_shufflevector(r[0], r[1], 0, 1, 4, 5), __builtin_shufflevector(r[0], r[1], 2, 3, 6, 7));
#endif

INLINE vf vtree_sum(vf r[VL]) {
    VTREE(vplus, r)
    return r[0];
}

INLINE vf vtree_max(vf r[VL]) {
    VTREE(vmax, r)
    return r[0];
}

/* A square block of VL x VL floats: out[i][j] = in[j][i], rows anywhere. */
INLINE void vtranspose(const float *in, size_t in_row, float *out, size_t out_row) {
    vf r[VL];
    for (int i = 0; i < VL; i++) r[i] = vload(in + (size_t)i * in_row);
#if VL == 16
    vf t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
        t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
    }
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; j++) {
            vf a = t[i + j], b = t[i + j + 2];
            r[i + j] = __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
            r[i + j + 2] = __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
        }
    for (int i = 0; i < 16; i += 8)
        for (int j = 0; j < 4; j++) {
            vf a = r[i + j], b = r[i + j + 4];
            t[i + j] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
            t[i + j + 4] = __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
        }
    for (int j = 0; j < 8; j++) {
        vf a = t[j], b = t[j + 8];
        r[j] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
        r[j + 8] = __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    }
    for (int i = 0; i < 16; i++) vstore(out + (size_t)i * out_row, r[i]);
#elif VL == 8
    vf t[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            vf a = t[i + j], b = t[i + j + 2];
            r[i + j] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
            r[i + j + 2] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int j = 0; j < 4; j++) {
        vf a = r[j], b = r[j + 4];
        vstore(out + (size_t)j * out_row, __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11));
        vstore(out + (size_t)(j + 4) * out_row, __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15));
    }
#else
    for (int i = 0; i < VL; i++)
        for (int j = 0; j < VL; j++) out[(size_t)i * out_row + (size_t)j] = r[j][i];
#endif
}

/* out[c * out_row + r] = in[r * in_row + c] for any size. */
INLINE void transpose(const float *in, size_t in_row, size_t rows, size_t columns, float *out, size_t out_row) {
    size_t r = 0;
    for (; r + VL <= rows; r += VL) {
        size_t c = 0;
        for (; c + VL <= columns; c += VL) vtranspose(in + r * in_row + c, in_row, out + c * out_row + r, out_row);
        for (; c < columns; c++)
            for (size_t i = 0; i < VL; i++) out[c * out_row + r + i] = in[(r + i) * in_row + c];
    }
    for (; r < rows; r++)
        for (size_t c = 0; c < columns; c++) out[c * out_row + r] = in[r * in_row + c];
}

#endif
