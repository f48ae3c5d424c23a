/* Matrix products for the shapes of small models: thousands of small products, one side often 16 to 128 wide.
 *
 * gemm_nn: one operand is broadcast element by element (rows or columns may lie together, so its transpose costs nothing),
 * the other is read in vectors along its rows. gemm_nt: both are read along the contraction, for long contractions.
 *
 * Two threads of one core share what it can begin in a cycle, so besides its products a step of a tile has little else:
 * the vectors of B lie one behind the other (a panel), and four steps go by with one addition to each pointer. */
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
 * groups. start: row_bias[m], else column_bias[n] (of one group), else C itself when add, else 0. */
typedef struct {
    size_t rows, columns, depth, groups, depth2;
    const float *a;
    size_t a_row, a_column, a_depth2; /* a_row or a_column is 1 */
    const float *b;
    size_t b_row, b_group;
    bool panels; /* b is made of panels, of one group (panel_place); only then depth2 may be more than 1 */
    float *c;
    size_t c_row, c_group;
    const float *row_bias, *column_bias;
    bool add;
    float *scratch; /* GEMM_SCRATCH floats */
} gemm;

/* A matrix in panels: its columns from left to right in panels of PANEL_WIDTH, then perhaps one of VL, then perhaps one
 * of VL with zeros behind the last column; the rows of a panel one behind the other. Where the panel that begins at
 * `column` begins, and the size of them all. */
INLINE size_t panel_place(size_t rows, size_t column) {
    return rows * column;
}

INLINE size_t panels_size(size_t rows, size_t columns) {
    return rows * ((columns + VL - 1) / VL * VL);
}

/* in [columns, rows], turned into rows first ... first + rows - 1 of panels of `all` rows and `padded` columns. */
INLINE void panels_turn(const float *in, size_t in_row, size_t columns, size_t rows, size_t first, size_t all,
                        size_t padded, float *panels) {
    for (size_t at = 0, width; at < padded; at += width) {
        width = padded - at >= PANEL_WIDTH ? PANEL_WIDTH : VL;
        size_t n = at < columns ? GM_MIN(width, columns - at) : 0;
        float *to = panels + panel_place(all, at) + first * width;
        if (n < width) memset(to, 0, rows * width * sizeof *to);
        if (n) transpose(in + at * in_row, in_row, n, rows, to, width);
    }
}

/* `count` tiles of nr rows each, one below the other, or beside it: nv vectors of columns, C's with pointers of their own.
 */
typedef struct {
    size_t count;
    size_t depth, depth2, a_row, a_column, a_depth2, c_row;
    const float *a, *b, *row_bias, *column_bias;
    float *c[2];
    bool add;
} tile;

/* Two things that gcc does not know. Which distances to keep: it would rather make many from one, until registers run
 * out. And in which order to add: it mixes the steps of a round until it has more numbers than registers, so where it
 * is not told, with four numbers to a vector, a round has one step. */
enum { STEPS = VL == 4 ? 1 : 4 };
#define STAYS_IN_REGISTER(distance) __asm__("" : "+r"(distance))

/* sum[v] += x[v] w for nv vectors. */
INLINE void add_products(vf sum[2], const vf x[2], vf w, const int nv) {
#if defined(__FMA__) && (VL == 8 || defined(__AVX512F__))
    if (nv == 2)
        __asm__ volatile("vfmadd231ps %2, %4, %0\n\tvfmadd231ps %3, %4, %1"
                         : "+v"(sum[0]), "+v"(sum[1])
                         : "v"(x[0]), "v"(x[1]), "v"(w));
    else
        __asm__ volatile("vfmadd231ps %1, %2, %0" : "+v"(sum[0]) : "v"(x[0]), "v"(w));
#else
    for (int v = 0; v < nv; v++) sum[v] += x[v] * w;
#endif
}

/* Where the numbers of A are. Where rows lie together (across): a pointer to the column. Else a pointer to three rows
 * each, the second and third reached by the address mode. Bytes to the next column or row, and two and three times as far. */
typedef struct {
    const float *at[(TALL_ROWS + 2) / 3];
    size_t one, two, three;
} a_side;

INLINE const float *a_behind(const a_side *a, int pointer, int n) {
    return (const float *)((const char *)a->at[pointer] + (n == 0 ? 0 : n == 1 ? a->one : n == 2 ? a->two : a->three));
}

/* n <= STEPS steps of the contraction. */
INLINE void tile_steps(const a_side *a, const float *b, const int n, vf acc[TALL_ROWS][2], const int nr, const int nv,
                       const bool across) {
#pragma GCC unroll 8
    for (int k = 0; k < n; k++, b += nv * VL) {
        vf x[2] = {vload(b)};
        if (nv == 2) x[1] = vload(b + VL);
#pragma GCC unroll 32
        for (int m = 0; m < nr; m++)
            add_products(acc[m], x, vsplat(across ? a_behind(a, 0, k)[m] : a_behind(a, m / 3, m % 3)[k]), nv);
    }
}

INLINE void tile_contract(const tile *t, const float *first, const float *b, vf acc[TALL_ROWS][2], const int nr,
                          const int nv, const bool across) {
    const int n_pointers = across ? 1 : (nr + 2) / 3;
    const size_t step = across ? t->a_column : 1;
    a_side a = {.one = (across ? t->a_column : t->a_row) * sizeof(float)};
    a.two = 2 * a.one, a.three = 3 * a.one;
#pragma GCC unroll 8
    for (int i = 0; i < n_pointers; i++) a.at[i] = first + (size_t)(3 * i) * t->a_row;
    size_t k = t->depth;
    for (; k >= STEPS; k -= STEPS, b += STEPS * nv * VL) {
        STAYS_IN_REGISTER(a.one);
        STAYS_IN_REGISTER(a.two);
        if (across) STAYS_IN_REGISTER(a.three);
        tile_steps(&a, b, STEPS, acc, nr, nv, across);
#pragma GCC unroll 8
        for (int i = 0; i < n_pointers; i++) a.at[i] += STEPS * step;
    }
    for (; k; k--, b += nv * VL) {
        tile_steps(&a, b, 1, acc, nr, nv, across);
#pragma GCC unroll 8
        for (int i = 0; i < n_pointers; i++) a.at[i] += step;
    }
}

INLINE void tile_run(const tile *tiles, const int nr, const int nv, const bool beside, const bool across) {
    const tile t = *tiles; /* which no store can change */
    const float *a = t.a, *b = t.b, *bias = t.row_bias;
    float *c[2] = {t.c[0], t.c[1]};
    for (size_t i = t.count; i; i--) {
        vf acc[TALL_ROWS][2];
#pragma GCC unroll 32
        for (int m = 0; m < nr; m++)
#pragma GCC unroll 2
            for (int v = 0; v < nv; v++) {
                if (bias)
                    acc[m][v] = vsplat(bias[m]);
                else if (t.column_bias)
                    acc[m][v] = vload(t.column_bias + v * VL);
                else if (t.add)
                    acc[m][v] = vload(c[v] + (size_t)m * t.c_row);
                else
                    acc[m][v] = (vf){0};
            }
        for (size_t j = 0; j < t.depth2; j++)
            tile_contract(&t, a + j * t.a_depth2, b + j * t.depth * (size_t)(nv * VL), acc, nr, nv, across);
#pragma GCC unroll 32
        for (int m = 0; m < nr; m++)
#pragma GCC unroll 2
            for (int v = 0; v < nv; v++) vstore(c[v] + (size_t)m * t.c_row, acc[m][v]);
        if (beside) {
            b += t.depth * PANEL_WIDTH;
            c[0] += PANEL_WIDTH, c[1] += PANEL_WIDTH;
            continue;
        }
        a += (size_t)nr * t.a_row;
        if (bias) bias += nr;
        c[0] += (size_t)nr * t.c_row, c[1] += (size_t)nr * t.c_row;
    }
}

#define TILE(nr)                                                                                                       \
    case nr: tile_run(t, nr, nv, beside, across); break;
/* No layout of these lists is stable under clang-format. */
/* clang-format off */
INLINE void tile_of_height(const tile *t, size_t nr, const int nv, const bool beside, const bool across) {
    switch (nr) {
        TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#if VL == 16
        TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
#endif
    }
}

INLINE void tall_of_height(const tile *t, size_t nr, const bool across) {
    const int nv = 1;
    const bool beside = false;
    switch (nr) {
        TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
        TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
#if VL == 16
        TILE(13) TILE(14) TILE(15) TILE(16) TILE(17) TILE(18)
#endif
    }
}
/* clang-format on */

#define TILE_KIND(name, run)                                                                                           \
    static __attribute__((noinline, unused)) void name(const tile *t, size_t nr) {                                     \
        run;                                                                                                           \
    }
TILE_KIND(wide_across, tile_of_height(t, nr, 2, false, true))
TILE_KIND(wide_along, tile_of_height(t, nr, 2, false, false))
TILE_KIND(beside_across, tile_of_height(t, nr, 2, true, true))
TILE_KIND(beside_along, tile_of_height(t, nr, 2, true, false))
TILE_KIND(tall_across, tall_of_height(t, nr, true))
TILE_KIND(tall_along, tall_of_height(t, nr, false))

INLINE void tile_wide(const tile *t, size_t nr) {
    t->a_row == 1 ? wide_across(t, nr) : wide_along(t, nr);
}

/* Panels that lie one behind the other. */
INLINE void tile_beside(const tile *t, size_t nr) {
    t->a_row == 1 ? beside_across(t, nr) : beside_along(t, nr);
}

INLINE void tile_tall(const tile *t, size_t nr) {
    t->a_row == 1 ? tall_across(t, nr) : tall_along(t, nr);
}

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

/* A last vector with fewer than VL columns, t->b with zeros behind them: the tile is kept aside and copied. */
static __attribute__((noinline, unused)) void panel_part(const gemm *g, tile t, size_t width) {
    float *aside = g->scratch + (size_t)PANEL_DEPTH * PANEL_WIDTH, *c = t.c[0], bias[VL] = {0};
    size_t tiles = (g->rows + TALL_ROWS - 1) / TALL_ROWS, c_row = t.c_row;
    if (t.column_bias) t.column_bias = memcpy(bias, t.column_bias, width * sizeof(float));
    t.count = 1, t.c[0] = t.c[1] = aside, t.c_row = VL;
    for (size_t i = 0, row = 0; i < tiles; i++) {
        size_t end = g->rows * (i + 1) / tiles, height = end - row;
        for (size_t m = 0; t.add && m < height; m++) vstore(aside + m * VL, vload_part(c + (row + m) * c_row, width));
        tile_tall(&t, height);
        for (size_t m = 0; m < height; m++) vstore_part(c + (row + m) * c_row, vload(aside + m * VL), width);
        t.a += height * t.a_row;
        if (t.row_bias) t.row_bias += height;
        row = end;
    }
}

/* Rows of two vectors become a panel. Of many rows the next panel, the next cache line of each, is fetched meanwhile: they
 * come from a large weight. */
INLINE void pack_panel(const float *left, const float *right, size_t rows, size_t row, float *panel) {
    bool fetch = rows >= MANY_ROWS;
    for (size_t k = 0; k < rows; k++, left += row, right += row, panel += PANEL_WIDTH) {
        if (fetch) __builtin_prefetch(right + VL, 0, 2);
        vstore(panel, vload(left));
        vstore(panel + VL, vload(right));
    }
}

/* The same for a single vector, or for the first `width` numbers of one. */
INLINE void pack_vector(const float *from, size_t width, size_t rows, size_t row, float *panel) {
    for (size_t k = 0; k < rows; k++, from += row, panel += VL)
        vstore(panel, width == VL ? vload(from) : vload_part(from, width));
}

/* Shallow panels of one group from column `from` on, as many as the scratch holds, packed one behind the other; then
 * row of tiles by row of tiles along all of them: rows that share cache sets are not visited line by line. Returns the
 * column behind. */
INLINE size_t panels_beside(const gemm *g, const tile *base, size_t group, size_t from) {
    size_t n = GM_MIN(PANEL_DEPTH / base->depth, (g->columns - from) / PANEL_WIDTH);
    for (size_t p = 0; p < n; p++) {
        const float *b = base->b + group * g->b_group + from + p * PANEL_WIDTH;
        pack_panel(b, b + VL, base->depth, g->b_row, g->scratch + p * base->depth * PANEL_WIDTH);
    }
    size_t tiles = (g->rows + TILE_ROWS - 1) / TILE_ROWS;
    for (size_t i = 0; i < tiles; i++) {
        size_t row = g->rows * i / tiles, height = g->rows * (i + 1) / tiles - row;
        tile t = *base;
        t.count = n, t.b = g->scratch;
        t.a += row * g->a_row;
        if (t.row_bias) t.row_bias += row;
        t.c[0] += group * g->c_group + row * g->c_row + from, t.c[1] = t.c[0] + VL;
        tile_beside(&t, height);
    }
    return from + n * PANEL_WIDTH;
}

/* The panel of `width` columns that begins at column `first` of a group: where it lies in B as such, else packed. left and
 * right: its first row, one vector each; only a panel of two has the second. */
INLINE const float *panel_of(const gemm *g, const tile *t, size_t first, const float *left, const float *right,
                             size_t width) {
    if (g->panels) return t->b + panel_place(t->depth * t->depth2, first);
    if (g->b_row == width && (width == PANEL_WIDTH ? right == left + VL : width == VL)) return left;
    if (width == PANEL_WIDTH)
        pack_panel(left, right, t->depth, g->b_row, g->scratch);
    else
        pack_vector(left, width, t->depth, g->b_row, g->scratch);
    return g->scratch;
}

/* Makes t the panel of nv vectors that begins with vector `done`, counted over all groups. */
INLINE void panel_at(const gemm *g, const tile *base, size_t done, int nv, tile *t) {
    size_t per_group = g->columns / VL, first = done % per_group * VL;
    const float *b[2];
    *t = *base;
    for (int v = 0; v < 2; v++) {
        size_t at = done + (size_t)(v < nv ? v : 0), group = at / per_group, column = at % per_group * VL;
        t->c[v] = base->c[0] + group * g->c_group + column;
        b[v] = base->b + group * g->b_group + column;
    }
    if (base->column_bias) t->column_bias += first;
    t->b = panel_of(g, base, first, b[0], b[1], (size_t)nv * VL);
}

/* The columns of a group behind its last whole vector. */
INLINE void last_columns(const gemm *g, const tile *base, size_t group) {
    size_t first = g->columns / VL * VL, width = g->columns - first;
    tile t = *base;
    t.c[0] = base->c[0] + group * g->c_group + first;
    if (base->column_bias) t.column_bias += first;
    t.b = panel_of(g, base, first, base->b + group * g->b_group + first, NULL, width);
    panel_part(g, t, width);
}

/* One stretch of the contraction. */
INLINE void gemm_stretch(const gemm *g, const tile *base) {
    bool far = !g->panels && g->b_row >= 256 && g->rows > 8; /* rows of B that share cache sets */
    bool shallow = base->depth <= PANEL_DEPTH / 2 && g->rows <= MANY_ROWS && g->columns % PANEL_WIDTH == 0;
    if (far && shallow && !base->column_bias) {
        for (size_t group = 0; group < g->groups; group++)
            for (size_t from = 0; from < g->columns;) from = panels_beside(g, base, group, from);
        return;
    }
    for (size_t done = 0, total = g->columns / VL * g->groups; done < total;) {
        int nv = total - done >= 2 ? 2 : 1;
        tile t;
        panel_at(g, base, done, nv, &t);
        panel_rows(g, &t, nv);
        done += (size_t)nv;
    }
    for (size_t group = 0; g->columns % VL && group < g->groups; group++) last_columns(g, base, group);
}

static __attribute__((noinline, unused)) void gemm_nn(const gemm *g) {
    size_t most = g->panels ? g->depth : PANEL_DEPTH;
    for (size_t from = 0; from < g->depth; from += most) {
        tile base = {.depth = GM_MIN(most, g->depth - from),
                     .depth2 = g->depth2,
                     .a_row = g->a_row,
                     .a_column = g->a_column,
                     .a_depth2 = g->a_depth2,
                     .c_row = g->c_row,
                     .a = g->a + from * g->a_column,
                     .b = g->panels ? g->b : g->b + from * g->b_row,
                     .row_bias = from ? NULL : g->row_bias,
                     .column_bias = from ? NULL : g->column_bias,
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
