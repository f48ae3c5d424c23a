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

/* Vectors of a panel, panels of a wide tile; rows of a wide tile, of one of a single panel, of one of a single vector. With
 * 16 registers a wide tile of three rows keeps the numbers of A in registers, not the vectors of B. */
#if VL == 16
enum { PANEL_VECTORS = 1, WIDE_PANELS = 2, WIDE_ROWS = 12, NARROW_ROWS = 18, TALL_ROWS = 18, PANEL_DEPTH = 256 };
enum { DOT_ROWS = 4, DOT_COLUMNS = 6 };
#elif VL == 8
enum { PANEL_VECTORS = 2, WIDE_PANELS = 2, WIDE_ROWS = 3, NARROW_ROWS = 6, TALL_ROWS = 12, PANEL_DEPTH = 128 };
enum { DOT_ROWS = 3, DOT_COLUMNS = 4 };
#else
enum { PANEL_VECTORS = 2, WIDE_PANELS = 1, WIDE_ROWS = 6, NARROW_ROWS = 6, TALL_ROWS = 12, PANEL_DEPTH = 256 };
enum { DOT_ROWS = 3, DOT_COLUMNS = 4 };
#endif
enum { PANEL_WIDTH = PANEL_VECTORS * VL, PACKED = PANEL_DEPTH * WIDE_PANELS * PANEL_WIDTH, MANY_ROWS = 128 };
enum { MOST_VECTORS = WIDE_PANELS * PANEL_VECTORS };
/* Floats of scratch that gemm_nn needs. */
#define GEMM_SCRATCH ((size_t)PACKED + (size_t)TALL_ROWS * VL)

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

/* `count` tiles of nr rows each, one below the other, or beside it: of one or two panels, each with a place of its own in C.
 */
typedef struct {
    size_t count;
    size_t depth, depth2, a_row, a_column, a_depth2, c_row;
    const float *a, *b[2], *row_bias, *column_bias;
    float *c[2];
    bool add;
} tile;

/* Two things that gcc does not know. Which distances to keep: it would rather make many from one, until registers run
 * out. And in which order to add: it mixes the steps of a round until it has more numbers than registers, so where it
 * is not told, with four numbers to a vector, a round has one step. */
enum { STEPS = VL == 4 ? 1 : 4 };
#define STAYS_IN_REGISTER(distance) __asm__("" : "+r"(distance))

#if defined(__FMA__) && (VL == 8 || defined(__AVX512F__))
#define ADD_PRODUCT(sum, x, w) __asm__ volatile("vfmadd231ps %1, %2, %0" : "+v"(sum) : "v"(x), "v"(w))
#else
#define ADD_PRODUCT(sum, x, w) ((sum) += (x) * (w))
#endif

/* Where the numbers of A are. Where rows lie together (across): a pointer to the column. Else a pointer to three rows
 * each, the second and third reached by the address mode. Bytes to the next column or row, and two and three times as far. */
typedef struct {
    const float *at[(TALL_ROWS + 2) / 3];
    size_t one, two, three;
} a_side;

INLINE const float *a_behind(const a_side *a, int pointer, int n) {
    return (const float *)((const char *)a->at[pointer] + (n == 0 ? 0 : n == 1 ? a->one : n == 2 ? a->two : a->three));
}

#if VL == 8
/* One panel's part of a step of a wide tile. All 16 registers are in use: left alone, gcc moves sums from one to another. */
INLINE void three_rows(vf acc[TALL_ROWS][MOST_VECTORS], const vf w[3], const float *b, const int v) {
    vf x;
    __asm__ volatile("vmovups %10, %0\n\t"
                     "vfmadd231ps %0, %7, %1\n\t"
                     "vfmadd231ps %0, %8, %2\n\t"
                     "vfmadd231ps %0, %9, %3\n\t"
                     "vmovups %11, %0\n\t"
                     "vfmadd231ps %0, %7, %4\n\t"
                     "vfmadd231ps %0, %8, %5\n\t"
                     "vfmadd231ps %0, %9, %6"
                     : "=&v"(x), "+v"(acc[0][v]), "+v"(acc[1][v]), "+v"(acc[2][v]), "+v"(acc[0][v + 1]),
                       "+v"(acc[1][v + 1]), "+v"(acc[2][v + 1])
                     : "v"(w[0]), "v"(w[1]), "v"(w[2]), "m"(*(const vf_anywhere *)b),
                       "m"(*(const vf_anywhere *)(b + VL)));
}
#endif

/* n <= STEPS steps of the contraction; nv vectors, `per` of them in a panel. */
INLINE void tile_steps(const a_side *a, const float *const b[2], const int n, vf acc[TALL_ROWS][MOST_VECTORS],
                       const int nr, const int nv, const int per, const bool across) {
#pragma GCC unroll 8
    for (int k = 0; k < n; k++) {
        vf x[MOST_VECTORS], w[WIDE_ROWS];
        const bool rows_stay = nv > nr && nr <= WIDE_ROWS;
#pragma GCC unroll 32
        for (int m = 0; rows_stay && m < nr; m++)
            w[m] = vsplat(across ? a_behind(a, 0, k)[m] : a_behind(a, m / 3, m % 3)[k]);
#if VL == 8
        if (nr == 3 && nv == 4) {
            three_rows(acc, w, b[0] + k * PANEL_WIDTH, 0);
            three_rows(acc, w, b[1] + k * PANEL_WIDTH, 2);
            continue;
        }
#endif
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) {
            x[v] = vload(b[v / per] + (k * per + v % per) * VL);
#pragma GCC unroll 32
            for (int m = 0; rows_stay && m < nr; m++) ADD_PRODUCT(acc[m][v], x[v], w[m]);
        }
#pragma GCC unroll 32
        for (int m = 0; !rows_stay && m < nr; m++) {
            vf one = vsplat(across ? a_behind(a, 0, k)[m] : a_behind(a, m / 3, m % 3)[k]);
#pragma GCC unroll 4
            for (int v = 0; v < nv; v++) ADD_PRODUCT(acc[m][v], x[v], one);
        }
    }
}

INLINE void tile_contract(const tile *t, const float *first, const float *const from[2], size_t behind,
                          vf acc[TALL_ROWS][MOST_VECTORS], const int nr, const int nv, const int per,
                          const bool across) {
    const int n_pointers = across ? 1 : (nr + 2) / 3, n_panels = nv / per;
    const size_t step = across ? t->a_column : 1;
    a_side a = {.one = (across ? t->a_column : t->a_row) * sizeof(float)};
    a.two = 2 * a.one, a.three = 3 * a.one;
#pragma GCC unroll 8
    for (int i = 0; i < n_pointers; i++) a.at[i] = first + (size_t)(3 * i) * t->a_row;
    const float *b[2] = {from[0] + behind, n_panels == 2 ? from[1] + behind : NULL};
    size_t k = t->depth;
    for (; k >= STEPS; k -= STEPS) {
        STAYS_IN_REGISTER(a.one);
        STAYS_IN_REGISTER(a.two);
        if (across) STAYS_IN_REGISTER(a.three);
        tile_steps(&a, b, STEPS, acc, nr, nv, per, across);
#pragma GCC unroll 8
        for (int i = 0; i < n_pointers; i++) a.at[i] += STEPS * step;
#pragma GCC unroll 2
        for (int p = 0; p < n_panels; p++) b[p] += STEPS * per * VL;
    }
    for (; k; k--) {
        tile_steps(&a, b, 1, acc, nr, nv, per, across);
#pragma GCC unroll 8
        for (int i = 0; i < n_pointers; i++) a.at[i] += step;
#pragma GCC unroll 2
        for (int p = 0; p < n_panels; p++) b[p] += per * VL;
    }
}

INLINE void tile_run(const tile *tiles, const int nr, const int nv, const int per, const bool beside,
                     const bool across) {
    const tile t = *tiles; /* which no store can change */
    const float *a = t.a, *b[2] = {t.b[0], t.b[1]}, *bias = t.row_bias;
    float *c[2] = {t.c[0], t.c[1]};
    for (size_t i = t.count; i; i--) {
        vf acc[TALL_ROWS][MOST_VECTORS];
#pragma GCC unroll 32
        for (int m = 0; m < nr; m++)
#pragma GCC unroll 4
            for (int v = 0; v < nv; v++) {
                if (bias)
                    acc[m][v] = vsplat(bias[m]);
                else if (t.column_bias)
                    acc[m][v] = vload(t.column_bias + v * VL);
                else if (t.add)
                    acc[m][v] = vload(c[v / per] + (size_t)m * t.c_row + v % per * VL);
                else
                    acc[m][v] = (vf){0};
            }
        for (size_t j = 0; j < t.depth2; j++)
            tile_contract(&t, a + j * t.a_depth2, b, j * t.depth * (size_t)(per * VL), acc, nr, nv, per, across);
#pragma GCC unroll 32
        for (int m = 0; m < nr; m++)
#pragma GCC unroll 4
            for (int v = 0; v < nv; v++) vstore(c[v / per] + (size_t)m * t.c_row + v % per * VL, acc[m][v]);
        if (beside) {
            b[0] += t.depth * WIDE_PANELS * PANEL_WIDTH, b[1] += t.depth * WIDE_PANELS * PANEL_WIDTH;
            c[0] += WIDE_PANELS * PANEL_WIDTH, c[1] += WIDE_PANELS * PANEL_WIDTH;
            continue;
        }
        a += (size_t)nr * t.a_row;
        if (bias) bias += nr;
        c[0] += (size_t)nr * t.c_row, c[1] += (size_t)nr * t.c_row;
    }
}

#define TILE(nr)                                                                                                       \
    case nr: tile_run(t, nr, nv, per, beside, across); break;
/* No layout of these lists is stable under clang-format. */
/* clang-format off */
INLINE void tile_of_height(const tile *t, size_t nr, const int nv, const int per, const bool beside, const bool across) {
    switch (nr) {
        TILE(1) TILE(2) TILE(3)
#if VL != 8
        TILE(4) TILE(5) TILE(6)
#endif
#if VL == 16
        TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
#endif
    }
}

INLINE void narrow_of_height(const tile *t, size_t nr, const bool across) {
    const int nv = PANEL_VECTORS, per = PANEL_VECTORS;
    const bool beside = false;
    switch (nr) {
        TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
    }
}

INLINE void tall_of_height(const tile *t, size_t nr, const bool across) {
    const int nv = 1, per = 1;
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
TILE_KIND(wide_across, tile_of_height(t, nr, MOST_VECTORS, PANEL_VECTORS, false, true))
TILE_KIND(wide_along, tile_of_height(t, nr, MOST_VECTORS, PANEL_VECTORS, false, false))
TILE_KIND(beside_across, tile_of_height(t, nr, MOST_VECTORS, PANEL_VECTORS, true, true))
TILE_KIND(beside_along, tile_of_height(t, nr, MOST_VECTORS, PANEL_VECTORS, true, false))
TILE_KIND(narrow_across, narrow_of_height(t, nr, true))
TILE_KIND(narrow_along, narrow_of_height(t, nr, false))
TILE_KIND(tall_across, tall_of_height(t, nr, true))
TILE_KIND(tall_along, tall_of_height(t, nr, false))

/* Wide panels that lie one behind the other. */
INLINE void tile_beside(const tile *t, size_t nr) {
    t->a_row == 1 ? beside_across(t, nr) : beside_along(t, nr);
}

INLINE void tile_tall(const tile *t, size_t nr) {
    t->a_row == 1 ? tall_across(t, nr) : tall_along(t, nr);
}

INLINE void tile_narrow(const tile *t, size_t nr) {
    if (PANEL_VECTORS == 1)
        tile_tall(t, nr);
    else
        t->a_row == 1 ? narrow_across(t, nr) : narrow_along(t, nr);
}

INLINE void tile_wide(const tile *t, size_t nr) {
    t->a_row == 1 ? wide_across(t, nr) : wide_along(t, nr);
}

/* All rows of `panels` panels (0: of a single vector): rows are cut into tiles of nearly equal height, the higher first. */
INLINE void panel_rows(const gemm *g, tile *t, int panels) {
    size_t most = panels == 0 ? TALL_ROWS : panels == WIDE_PANELS ? WIDE_ROWS : NARROW_ROWS;
    size_t tiles = (g->rows + most - 1) / most, low = g->rows / tiles, n_high = g->rows % tiles;
    for (int step = 0; step < 2; step++) {
        size_t height = step ? low : low + 1;
        t->count = step ? tiles - n_high : n_high;
        if (!t->count) continue;
        if (panels == 0)
            tile_tall(t, height);
        else if (panels == WIDE_PANELS)
            tile_wide(t, height);
        else
            tile_narrow(t, height);
        size_t done = t->count * height;
        t->a += done * g->a_row;
        if (t->row_bias) t->row_bias += done;
        t->c[0] += done * t->c_row, t->c[1] += done * t->c_row;
    }
}

/* A last vector with fewer than VL columns, t->b with zeros behind them: the tile is kept aside and copied. */
static __attribute__((noinline, unused)) void panel_part(const gemm *g, tile t, size_t width) {
    float *aside = g->scratch + PACKED, *c = t.c[0], bias[VL] = {0};
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

/* Rows become a panel. Of many rows the panel after the next, one cache line of each, is fetched meanwhile: they come from
 * a large weight. */
INLINE void pack_panel(const float *from, size_t rows, size_t row, float *panel) {
    bool fetch = rows >= MANY_ROWS;
    for (size_t k = 0; k < rows; k++, from += row, panel += PANEL_WIDTH) {
        if (fetch) __builtin_prefetch(from + 2 * PANEL_WIDTH, 0, 2);
        for (int v = 0; v < PANEL_VECTORS; v++) vstore(panel + v * VL, vload(from + v * VL));
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
    size_t wide = WIDE_PANELS * PANEL_WIDTH, n = GM_MIN(PACKED / (base->depth * wide), (g->columns - from) / wide);
    size_t each = base->depth * PANEL_WIDTH;
    for (size_t p = 0; p < n * WIDE_PANELS; p++)
        pack_panel(base->b[0] + group * g->b_group + from + p * PANEL_WIDTH, base->depth, g->b_row,
                   g->scratch + p * each);
    size_t tiles = (g->rows + WIDE_ROWS - 1) / WIDE_ROWS;
    for (size_t i = 0; i < tiles; i++) {
        size_t row = g->rows * i / tiles, height = g->rows * (i + 1) / tiles - row;
        tile t = *base;
        t.count = n, t.b[0] = g->scratch, t.b[1] = g->scratch + each;
        t.a += row * g->a_row;
        if (t.row_bias) t.row_bias += row;
        t.c[0] += group * g->c_group + row * g->c_row + from, t.c[1] = t.c[0] + PANEL_WIDTH;
        tile_beside(&t, height);
    }
    return from + n * wide;
}

/* The panel of `width` columns (PANEL_WIDTH, VL, or the last few) from column `first` of a group on: where it lies in B as
 * such, else packed into the scratch as number p of a wide tile. */
INLINE const float *panel_of(const gemm *g, const tile *base, size_t group, size_t first, size_t width, int p) {
    const float *from = base->b[0] + group * g->b_group + first;
    if (g->panels) return base->b[0] + panel_place(base->depth * base->depth2, first);
    if (g->b_row == width && (width == PANEL_WIDTH || width == VL)) return from;
    float *packed = g->scratch + (size_t)p * PANEL_DEPTH * PANEL_WIDTH;
    if (width == PANEL_WIDTH)
        pack_panel(from, base->depth, g->b_row, packed);
    else
        pack_vector(from, width, base->depth, g->b_row, packed);
    return packed;
}

/* The tile of the `panels` panels that begin with panel `done`, counted over all groups. */
INLINE tile panel_at(const gemm *g, const tile *base, size_t done, int panels) {
    size_t per_group = g->columns / PANEL_WIDTH;
    tile t = *base;
    if (t.column_bias) t.column_bias += done % per_group * PANEL_WIDTH;
    for (int p = 0; p < panels; p++) {
        size_t group = (done + (size_t)p) / per_group, first = (done + (size_t)p) % per_group * PANEL_WIDTH;
        t.c[p] = base->c[0] + group * g->c_group + first;
        t.b[p] = panel_of(g, base, group, first, PANEL_WIDTH, p);
    }
    return t;
}

/* The columns of a group behind its last whole panel: perhaps a vector, perhaps a few more. */
INLINE void last_columns(const gemm *g, const tile *base, size_t group) {
    for (size_t first = g->columns / PANEL_WIDTH * PANEL_WIDTH, width; first < g->columns; first += width) {
        width = GM_MIN((size_t)VL, g->columns - first);
        tile t = *base;
        t.c[0] = t.c[1] = base->c[0] + group * g->c_group + first;
        if (base->column_bias) t.column_bias += first;
        t.b[0] = panel_of(g, base, group, first, width, 0);
        if (width == VL)
            panel_rows(g, &t, 0);
        else
            panel_part(g, t, width);
    }
}

/* One stretch of the contraction. */
INLINE void gemm_stretch(const gemm *g, const tile *base) {
    bool far = !g->panels && g->b_row >= 256 && g->rows > 8; /* rows of B that share cache sets */
    bool shallow = base->depth <= PANEL_DEPTH / 2 && g->rows <= MANY_ROWS;
    if (far && shallow && g->columns % (WIDE_PANELS * PANEL_WIDTH) == 0 && !base->column_bias) {
        for (size_t group = 0; group < g->groups; group++)
            for (size_t from = 0; from < g->columns;) from = panels_beside(g, base, group, from);
        return;
    }
    for (size_t done = 0, total = g->columns / PANEL_WIDTH * g->groups; done < total;) {
        int panels = total - done >= WIDE_PANELS ? WIDE_PANELS : 1;
        tile t = panel_at(g, base, done, panels);
        panel_rows(g, &t, panels);
        done += (size_t)panels;
    }
    for (size_t group = 0; g->columns % PANEL_WIDTH && group < g->groups; group++) last_columns(g, base, group);
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
                     .b = {g->panels ? g->b : g->b + from * g->b_row},
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
