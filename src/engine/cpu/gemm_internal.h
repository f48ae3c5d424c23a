/* Matrix products for the shapes of small models: thousands of small products, one side often 16 to 128 wide.
 *
 * gemm_nn: one operand is broadcast element by element (any strides, so its transpose costs nothing), the other is read
 * in vectors along its rows. gemm_nt: both are read along the contraction, for long contractions. Register tiles, no
 * general packing; panels are copied only where rows lie so far apart that they would share cache sets. */
#ifndef GIMLET_ENGINE_CPU_GEMM_INTERNAL_H
#define GIMLET_ENGINE_CPU_GEMM_INTERNAL_H

#include "base/memory.h"
#include "vector_internal.h"

#if VL == 16
enum { TILE_ROWS = 12, TALL_ROWS = 18, DOT_ROWS = 4, DOT_COLUMNS = 6 }; /* 32 registers */
#else
enum { TILE_ROWS = 6, TALL_ROWS = 12, DOT_ROWS = 3, DOT_COLUMNS = 4 }; /* 16 registers */
#endif
enum { PANEL_DEPTH = 256, PANEL_WIDTH = 2 * VL, MANY_ROWS = 128 };
/* Floats of scratch that gemm_nn needs. */
#define GEMM_SCRATCH ((size_t)PANEL_DEPTH * PANEL_WIDTH + (size_t)TALL_ROWS * PANEL_WIDTH)

/* C[g](m, n) = start + sum over j < depth2, k < depth of A(m, j, k) B[g](j, k, n), for g < groups; one A for all
 * groups. start: row_bias[m], else column_bias[n], else C itself when add, else 0. */
typedef struct {
    size_t rows, columns, depth, groups, depth2;
    const float *a;
    size_t a_row, a_column, a_depth2;
    const float *b;
    size_t b_row, b_group, b_depth2;
    float *c;
    size_t c_row, c_group;
    const float *row_bias, *column_bias;
    bool add;
    float *scratch; /* GEMM_SCRATCH floats */
} gemm;

/* `count` tiles of nr rows each, one below the other, or beside it: nv vectors of columns with pointers of their own. */
typedef struct {
    size_t count;
    size_t depth, depth2, a_row, a_column, a_depth2, b_row, b_depth2, c_row;
    const float *a, *b[2], *row_bias, *column_bias[2];
    float *c[2];
    bool add;
} tile;

/* Keeps a broadcast number in a register of its own: folded into each product it would be loaded twice. */
#if defined(__x86_64__) && !defined(GM_AVX512_EMULATED)
#define IN_REGISTER(x) __asm__("" : "+v"(x))
#else
#define IN_REGISTER(x) (void)(x)
#endif

INLINE void tile_run(const tile *t, const int nr, const int nv, const bool beside) {
    const float *a_rows = t->a, *bias = t->row_bias;
    float *c[2] = {t->c[0], t->c[1]};
    size_t stride = t->a_row, b_at = 0;
    for (size_t i = t->count; i; i--) {
        vf acc[TALL_ROWS][2];
#pragma GCC unroll 32
        for (int m = 0; m < nr; m++)
#pragma GCC unroll 2
            for (int v = 0; v < nv; v++) {
                if (bias)
                    acc[m][v] = vsplat(bias[m]);
                else if (t->column_bias[0])
                    acc[m][v] = vload(t->column_bias[v]);
                else if (t->add)
                    acc[m][v] = vload(c[v] + (size_t)m * t->c_row);
                else
                    acc[m][v] = (vf){0};
            }
        for (size_t j = 0; j < t->depth2; j++) {
            /* one pointer to three rows: the second and third are reached by the address mode */
            const float *a[(TALL_ROWS + 2) / 3];
#pragma GCC unroll 8
            for (int k = 0; k < (nr + 2) / 3; k++) a[k] = a_rows + j * t->a_depth2 + (size_t)(3 * k) * stride;
            const float *b0 = t->b[0] + b_at + j * t->b_depth2, *b1 = t->b[1] + b_at + j * t->b_depth2;
            for (size_t k = t->depth; k; k--) {
                vf x0 = vload(b0), x1 = nv > 1 ? vload(b1) : x0;
#pragma GCC unroll 32
                for (int m = 0; m < nr; m++) {
                    vf w = vsplat(a[m / 3][(size_t)(m % 3) * stride]);
                    if (nv > 1) {
                        IN_REGISTER(w);
                        acc[m][1] += x1 * w;
                    }
                    acc[m][0] += x0 * w;
                }
#pragma GCC unroll 8
                for (int n = 0; n < (nr + 2) / 3; n++) a[n] += t->a_column;
                b0 += t->b_row, b1 += t->b_row;
            }
        }
#pragma GCC unroll 32
        for (int m = 0; m < nr; m++)
#pragma GCC unroll 2
            for (int v = 0; v < nv; v++) vstore(c[v] + (size_t)m * t->c_row, acc[m][v]);
        if (beside) {
            b_at += t->depth * PANEL_WIDTH;
            c[0] += PANEL_WIDTH, c[1] += PANEL_WIDTH;
            continue;
        }
        a_rows += (size_t)nr * stride;
        if (bias) bias += nr;
        c[0] += (size_t)nr * t->c_row, c[1] += (size_t)nr * t->c_row;
    }
}

#define TILE_WIDE(nr)                                                                                                  \
    case nr:                                                                                                           \
        if (beside)                                                                                                    \
            tile_run(t, nr, 2, true);                                                                                  \
        else                                                                                                           \
            tile_run(t, nr, 2, false);                                                                                 \
        break;
#define TILE_TALL(nr)                                                                                                  \
    case nr: tile_run(t, nr, 1, false); break;
/* No layout of these lists is stable under clang-format. */
/* clang-format off */
INLINE void tile_of_height(const tile *t, size_t nr, const bool beside) {
    switch (nr) {
        TILE_WIDE(1) TILE_WIDE(2) TILE_WIDE(3) TILE_WIDE(4) TILE_WIDE(5) TILE_WIDE(6)
#if VL == 16
        TILE_WIDE(7) TILE_WIDE(8) TILE_WIDE(9) TILE_WIDE(10) TILE_WIDE(11) TILE_WIDE(12)
#endif
    }
}

static __attribute__((noinline, unused)) void tile_wide(const tile *t, size_t nr) {
    tile_of_height(t, nr, false);
}

/* Panels that are packed one behind the other. */
static __attribute__((noinline, unused)) void tile_beside(const tile *t, size_t nr) {
    tile_of_height(t, nr, true);
}

static __attribute__((noinline, unused)) void tile_tall(const tile *t, size_t nr) {
    switch (nr) {
        TILE_TALL(1) TILE_TALL(2) TILE_TALL(3) TILE_TALL(4) TILE_TALL(5) TILE_TALL(6)
        TILE_TALL(7) TILE_TALL(8) TILE_TALL(9) TILE_TALL(10) TILE_TALL(11) TILE_TALL(12)
#if VL == 16
        TILE_TALL(13) TILE_TALL(14) TILE_TALL(15) TILE_TALL(16) TILE_TALL(17) TILE_TALL(18)
#endif
    }
}
/* clang-format on */

/* All rows of one panel of nv vectors: rows are cut into tiles of nearly equal height, the higher ones first. */
INLINE void panel_rows(const gemm *g, tile *t, int nv) {
    size_t most = nv == 2 ? TILE_ROWS : TALL_ROWS, tiles = (g->rows + most - 1) / most;
    size_t low = g->rows / tiles, n_high = g->rows % tiles;
    for (int step = 0; step < 2; step++) {
        size_t height = step ? low : low + 1;
        t->count = step ? tiles - n_high : n_high;
        if (!t->count) continue;
        if (nv == 2)
            tile_wide(t, height);
        else
            tile_tall(t, height);
        size_t done = t->count * height;
        t->a += done * g->a_row;
        if (t->row_bias) t->row_bias += done;
        t->c[0] += done * t->c_row, t->c[1] += done * t->c_row;
    }
}

/* A last vector with fewer than VL columns: operands padded with zeros, the tile kept aside and copied. */
static __attribute__((noinline, unused)) void panel_part(const gemm *g, tile t, size_t width) {
    float *packed = g->scratch, *aside = g->scratch + (size_t)PANEL_DEPTH * PANEL_WIDTH, bias[VL] = {0};
    const float *a = t.a, *row_bias = t.row_bias;
    float *c = t.c[0];
    size_t c_row = t.c_row;
    if (t.column_bias[0]) {
        memcpy(bias, t.column_bias[0], width * sizeof(float));
        t.column_bias[0] = bias;
    }
    const float *b = t.b[0];
    size_t b_row = t.b_row;
    for (size_t j = 0; j < t.depth2; j++) {
        for (size_t k = 0; k < t.depth; k++) vstore(packed + k * VL, vload_part(b + j * t.b_depth2 + k * b_row, width));
        tile one = t;
        one.count = 1, one.depth2 = 1, one.b[0] = one.b[1] = packed, one.b_row = VL, one.c_row = VL;
        one.c[0] = one.c[1] = aside;
        size_t tiles = (g->rows + TALL_ROWS - 1) / TALL_ROWS, row = 0;
        for (size_t i = 0; i < tiles; i++) {
            size_t end = g->rows * (i + 1) / tiles;
            one.a = a + row * g->a_row + j * t.a_depth2;
            one.row_bias = row_bias && j == 0 ? row_bias + row : NULL;
            if (j) one.column_bias[0] = NULL;
            one.add = t.add || j;
            if (one.add)
                for (size_t m = row; m < end; m++) vstore(aside + (m - row) * VL, vload_part(c + m * c_row, width));
            tile_tall(&one, end - row);
            for (size_t m = row; m < end; m++) vstore_part(c + m * c_row, vload(aside + (m - row) * VL), width);
            row = end;
        }
    }
}

/* Copies the rows of one panel together, to `packed`. Of many rows the next panel, the next cache line of each, is fetched
 * meanwhile: they come from a large weight. */
INLINE void pack_panel(tile *t, float *packed) {
    const float *left = t->b[0], *right = t->b[1];
    t->b[0] = packed, t->b[1] = packed + VL;
    size_t depth = t->depth, row = t->b_row;
    bool fetch = depth >= MANY_ROWS;
    for (size_t k = 0; k < depth; k++, left += row, right += row, packed += PANEL_WIDTH) {
        if (fetch) __builtin_prefetch(right + VL, 0, 2);
        vstore(packed, vload(left));
        vstore(packed + VL, vload(right));
    }
    t->b_row = PANEL_WIDTH;
}

/* Shallow panels of one group from column `from` on, as many as the scratch holds, packed one behind the other; then
 * row of tiles by row of tiles along all of them: rows that share cache sets are not visited line by line. Returns the
 * column behind. */
INLINE size_t panels_beside(const gemm *g, const tile *base, size_t group, size_t from) {
    size_t n = GM_MIN(PANEL_DEPTH / base->depth, (g->columns - from) / PANEL_WIDTH);
    for (size_t p = 0; p < n; p++) {
        tile t = *base;
        t.b[0] += group * g->b_group + from + p * PANEL_WIDTH, t.b[1] = t.b[0] + VL;
        pack_panel(&t, g->scratch + p * base->depth * PANEL_WIDTH);
    }
    size_t tiles = (g->rows + TILE_ROWS - 1) / TILE_ROWS;
    for (size_t i = 0; i < tiles; i++) {
        size_t row = g->rows * i / tiles, height = g->rows * (i + 1) / tiles - row;
        tile t = *base;
        t.count = n, t.b_row = PANEL_WIDTH;
        t.a += row * g->a_row;
        if (t.row_bias) t.row_bias += row;
        t.b[0] = g->scratch, t.b[1] = g->scratch + VL;
        t.c[0] += group * g->c_group + row * g->c_row + from, t.c[1] = t.c[0] + VL;
        tile_beside(&t, height);
    }
    return from + n * PANEL_WIDTH;
}

/* One stretch of the contraction, at most PANEL_DEPTH deep. */
INLINE void gemm_stretch(const gemm *g, const tile *base) {
    size_t per_group = g->columns / VL, rest = g->columns % VL;
    bool pack = base->b_row >= 256 && g->rows > 8 && g->depth2 == 1;
    bool shallow = base->depth <= PANEL_DEPTH / 2 && g->rows <= MANY_ROWS && g->columns % PANEL_WIDTH == 0;
    if (pack && shallow && !base->column_bias[0]) {
        for (size_t group = 0; group < g->groups; group++)
            for (size_t from = 0; from < g->columns;) from = panels_beside(g, base, group, from);
        return;
    }
    for (size_t done = 0, total = per_group * g->groups; done < total;) {
        int nv = total - done >= 2 ? 2 : 1;
        tile t = *base;
        for (int v = 0; v < 2; v++) {
            size_t at = done + (size_t)(v < nv ? v : 0), group = at / per_group, column = at % per_group * VL;
            t.b[v] = base->b[0] + group * g->b_group + column;
            t.c[v] = base->c[0] + group * g->c_group + column;
            if (base->column_bias[0]) t.column_bias[v] = base->column_bias[0] + column;
        }
        if (pack) pack_panel(&t, g->scratch);
        panel_rows(g, &t, nv);
        done += (size_t)nv;
    }
    for (size_t group = 0; rest && group < g->groups; group++) {
        tile t = *base;
        t.b[0] = base->b[0] + group * g->b_group + per_group * VL;
        t.c[0] = base->c[0] + group * g->c_group + per_group * VL;
        if (base->column_bias[0]) t.column_bias[0] = base->column_bias[0] + per_group * VL;
        panel_part(g, t, rest);
    }
}

static __attribute__((noinline, unused)) void gemm_nn(const gemm *g) {
    for (size_t from = 0; from < g->depth; from += PANEL_DEPTH) {
        tile base = {.depth = g->depth - from < PANEL_DEPTH ? g->depth - from : PANEL_DEPTH,
                     .depth2 = g->depth2,
                     .a_row = g->a_row,
                     .a_column = g->a_column,
                     .a_depth2 = g->a_depth2,
                     .b_row = g->b_row,
                     .b_depth2 = g->b_depth2,
                     .c_row = g->c_row,
                     .a = g->a + from * g->a_column,
                     .b = {g->b + from * g->b_row, g->b + from * g->b_row},
                     .row_bias = from ? NULL : g->row_bias,
                     .column_bias = {from ? NULL : g->column_bias, from ? NULL : g->column_bias},
                     .c = {g->c, g->c},
                     .add = g->add || from};
        gemm_stretch(g, &base);
    }
}

/* C(m, n) = (add ? C : column_bias ? column_bias[n] : 0) + sum over k of A[m * a_row + k] B[n * b_row + k]. */
typedef struct {
    size_t rows, columns, depth;
    const float *a;
    size_t a_row;
    const float *b;
    size_t b_row;
    float *c;
    size_t c_row;
    const float *column_bias;
    bool add;
} dots;

INLINE void dots_tile(const dots *d, size_t row, size_t column, const int nr, const int nc) {
    vf acc[DOT_ROWS][DOT_COLUMNS];
#pragma GCC unroll 8
    for (int m = 0; m < nr; m++)
#pragma GCC unroll 8
        for (int n = 0; n < nc; n++) acc[m][n] = (vf){0};
    const float *a = d->a + row * d->a_row, *b = d->b + column * d->b_row;
    size_t k = 0;
    for (; k + VL <= d->depth; k += VL) {
        vf x[DOT_ROWS];
#pragma GCC unroll 8
        for (int m = 0; m < nr; m++) x[m] = vload(a + (size_t)m * d->a_row + k);
#pragma GCC unroll 8
        for (int n = 0; n < nc; n++) {
            vf y = vload(b + (size_t)n * d->b_row + k);
#pragma GCC unroll 8
            for (int m = 0; m < nr; m++) acc[m][n] += x[m] * y;
        }
    }
    if (k < d->depth)
#pragma GCC unroll 8
        for (int n = 0; n < nc; n++) {
            vf y = vload_part(b + (size_t)n * d->b_row + k, d->depth - k);
#pragma GCC unroll 8
            for (int m = 0; m < nr; m++) acc[m][n] += vload_part(a + (size_t)m * d->a_row + k, d->depth - k) * y;
        }
#pragma GCC unroll 8
    for (int m = 0; m < nr; m++)
#pragma GCC unroll 8
        for (int n = 0; n < nc; n++) {
            float *c = d->c + (row + (size_t)m) * d->c_row + column + (size_t)n;
            *c = vsum(acc[m][n]) + (d->add ? *c : d->column_bias ? d->column_bias[column + (size_t)n] : 0);
        }
}

#define DOTS_CASE(nr, nc)                                                                                              \
    case nr * 8 + nc:                                                                                                  \
        dots_tile(d, row, column, nr, nc);                                                                             \
        break;
#define DOTS_ROW(nr)      DOTS_CASE(nr, 1) DOTS_CASE(nr, 2) DOTS_CASE(nr, 3) DOTS_CASE(nr, 4)
#define DOTS_LONG_ROW(nr) DOTS_ROW(nr) DOTS_CASE(nr, 5) DOTS_CASE(nr, 6)
static __attribute__((noinline, unused)) void dots_dispatch(const dots *d, size_t row, size_t column, size_t nr,
                                                            size_t nc) {
    switch (nr * 8 + nc) {
#if VL == 16
        DOTS_LONG_ROW(1) DOTS_LONG_ROW(2) DOTS_LONG_ROW(3) DOTS_LONG_ROW(4)
#else
        DOTS_ROW(1) DOTS_ROW(2) DOTS_ROW(3)
#endif
    }
}

/* Both sides are cut into tiles of nearly equal size. */
static __attribute__((noinline, unused)) void gemm_nt(const dots *d) {
    size_t n_rows = (d->rows + DOT_ROWS - 1) / DOT_ROWS, n_columns = (d->columns + DOT_COLUMNS - 1) / DOT_COLUMNS;
    for (size_t j = 0; j < n_columns; j++)
        for (size_t i = 0; i < n_rows; i++) {
            size_t row = d->rows * i / n_rows, column = d->columns * j / n_columns;
            dots_dispatch(d, row, column, d->rows * (i + 1) / n_rows - row, d->columns * (j + 1) / n_columns - column);
        }
}

#endif
