/* Read-out "ordered-points", version 1: the heat maps of all windows of a hole to three ordered points.
 *
 * 1. Log odds of each row against "absent": the outputs themselves, or 12 (h - 0.35) of a bump's height h. Overlapping
 *    windows are averaged, a row near a window's edge counting less.
 * 2. Probability of each row: softmax over rows and "absent" (log odds 0).
 * 3. Score of a place: the logarithm of the probability within 0.3 mm; the best entry < transition < exit by dynamic
 *    programming, each of them also allowed to be absent at the price of the probability of absence.
 * 4. Depth: the centre of the probability within 0.3 mm of the place, so finer than a row; uncertainty: its deviation.
 */
#include "loop_internal.h"

#include <stdlib.h>
#include <string.h>

#define WITHIN_MM   0.3
#define PEAK_SLOPE  12.0
#define PEAK_HALF   0.35
#define LEAST       1e-12 /* a probability is never taken as smaller */
#define QUANTUM_MM  0.01  /* of the encoder, in the uncertainty */

typedef struct {
    size_t rows;
    long reach;                   /* rows within WITHIN_MM */
    double *odds, *weight;        /* [3, rows], [rows] */
    double *probability, *score;  /* [3, rows] */
    double absent[GM_N_POINTS];   /* logarithm of the probability of absence */
    double present[GM_N_POINTS];  /* probability of presence */
} maps;

static double edge_weight(int row, int length) {
    double from_edge = GM_MIN(row, length - 1 - row) + 1;
    return GM_MIN(from_edge / (0.1 * length), 1);
}

static void gather(maps *m, const gm_pipeline *pipeline, const gm_window *windows, int n_windows, int length,
                   const float *outputs) {
    for (int w = 0; w < n_windows; w++)
        for (int r = 0; r < length; r++) {
            double at = windows[w].first + r * windows[w].step;
            if (at < -0.5 || at >= (double)m->rows - 0.5) continue;
            size_t row = (size_t)lround(at);
            double weight = edge_weight(r, length);
            const float *z = outputs + ((size_t)w * (size_t)length + (size_t)r) * GM_N_POINTS;
            m->weight[row] += weight;
            for (int p = 0; p < GM_N_POINTS; p++) {
                double odds = pipeline->peaks ? PEAK_SLOPE * (z[p] - PEAK_HALF) : z[p];
                m->odds[(size_t)p * m->rows + row] += weight * odds;
            }
        }
    for (size_t i = 0; i < GM_N_POINTS * m->rows; i++) {
        double weight = m->weight[i % m->rows];
        m->odds[i] = weight > 0 ? m->odds[i] / weight : -50;
    }
}

static void normalise(maps *m, int p) {
    const double *z = m->odds + (size_t)p * m->rows;
    double *out = m->probability + (size_t)p * m->rows, top = 0, sum = 0;
    for (size_t r = 0; r < m->rows; r++) top = fmax(top, z[r]);
    for (size_t r = 0; r < m->rows; r++) sum += out[r] = exp(z[r] - top);
    double total = sum + exp(-top);
    for (size_t r = 0; r < m->rows; r++) out[r] /= total;
    m->present[p] = sum / total;
    m->absent[p] = log(fmax(exp(-top) / total, LEAST));
}

static void score(maps *m, int p) {
    const double *q = m->probability + (size_t)p * m->rows;
    double *out = m->score + (size_t)p * m->rows, sum = 0;
    long rows = (long)m->rows, reach = m->reach;
    for (long r = 0; r < GM_MIN(reach, rows); r++) sum += q[r];
    for (long r = 0; r < rows; r++) {
        if (r + reach < rows) sum += q[r + reach];
        if (r - reach - 1 >= 0) sum -= q[r - reach - 1];
        out[r] = log(fmax(sum, LEAST));
    }
}

/* Best value of the first p points within rows before r, and where the last of them stands (-1 = absent). */
typedef struct {
    double *value; /* [rows + 1] */
    long *place;   /* [rows + 1] */
} table;

/* before: best of the earlier points for every r. A point p at row r adds score[r]; absent adds absent[p]. */
static void extend(const maps *m, int p, const double *before, table out) {
    const double *s = m->score + (size_t)p * m->rows;
    double best = -INFINITY;
    long place = -1;
    for (size_t r = 0; r <= m->rows; r++) {
        if (r > 0 && before[r - 1] + s[r - 1] > best) {
            best = before[r - 1] + s[r - 1];
            place = (long)r - 1;
        }
        double without = before[r] + m->absent[p];
        out.value[r] = fmax(best, without);
        out.place[r] = best > without ? place : -1;
    }
}

static gm_status decode(const maps *m, long place[GM_N_POINTS], gm_error *err) {
    size_t n = m->rows + 1;
    gm_auto_free double *values = gm_calloc((GM_N_POINTS + 1) * n, sizeof *values);
    gm_auto_free long *places = gm_calloc(GM_N_POINTS * n, sizeof *places);
    if (!values || !places) return gm_nomem(err);
    for (int p = 0; p < GM_N_POINTS; p++)
        extend(m, p, values + (size_t)p * n, (table){values + (size_t)(p + 1) * n, places + (size_t)p * n});
    size_t end = m->rows;
    for (int p = GM_N_POINTS - 1; p >= 0; p--) {
        place[p] = places[(size_t)p * n + end];
        if (place[p] >= 0) end = (size_t)place[p];
    }
    return GM_OK;
}

static void centre(const maps *m, const gm_series *series, int p, long place, gm_points *out) {
    const double *q = m->probability + (size_t)p * m->rows;
    long from = GM_MAX(place - m->reach, 0), to = GM_MIN(place + m->reach, (long)m->rows - 1);
    double mass = 0, mean = 0, variance = 0;
    for (long r = from; r <= to; r++) {
        mass += q[r];
        mean += q[r] * (double)r;
    }
    mean /= fmax(mass, LEAST);
    for (long r = from; r <= to; r++) variance += q[r] * ((double)r - mean) * ((double)r - mean);
    double mm_per_row = gm_series_depth_at(series, mean + 0.5) - gm_series_depth_at(series, mean - 0.5);
    out->mm[p] = gm_series_depth_at(series, mean);
    out->uncertainty[p] = sqrt(variance / fmax(mass, LEAST)) * mm_per_row + QUANTUM_MM;
}

static gm_status fill(maps *m, const gm_pipeline *pipeline, const gm_series *series, const gm_window *windows,
                      int n_windows, int length, const float *outputs, gm_points *out, gm_error *err) {
    long place[GM_N_POINTS];
    gather(m, pipeline, windows, n_windows, length, outputs);
    for (int p = 0; p < GM_N_POINTS; p++) {
        normalise(m, p);
        score(m, p);
    }
    GM_TRY(decode(m, place, err));
    for (int p = 0; p < GM_N_POINTS; p++) {
        out->probability[p] = m->present[p];
        out->mm[p] = out->uncertainty[p] = NAN;
        if (place[p] >= 0) centre(m, series, p, place[p], out);
    }
    return GM_OK;
}

gm_status gm_read_out_ordered(const gm_pipeline *pipeline, const gm_series *series, const gm_window *windows,
                              int n_windows, int length, const float *outputs, gm_points *out, gm_error *err) {
    size_t rows = series->rows;
    gm_auto_free double *room = gm_calloc((3 * GM_N_POINTS + 1) * rows, sizeof *room);
    if (!room) return gm_nomem(err);
    maps m = {.rows = rows,
              .reach = lround(WITHIN_MM / pipeline->features.bin_mm),
              .odds = room,
              .probability = room + GM_N_POINTS * rows,
              .score = room + 2 * GM_N_POINTS * rows,
              .weight = room + 3 * GM_N_POINTS * rows};
    return fill(&m, pipeline, series, windows, n_windows, length, outputs, out, err);
}

/* Row of the largest sum over the torque channels, as the inference system reads it: values below -1 count as 0. */
static int peak_row(const gm_pipeline *pipeline, const float *z, int length, int width) {
    int best = 0;
    double top = -INFINITY;
    for (int r = 0; r < length; r++) {
        double sum = 0;
        for (int c = 0; c < width; c++) {
            if (pipeline->set->channels[c].load != GM_LOAD_TORQUE) continue;
            float v = z[(size_t)r * (size_t)width + (size_t)c];
            sum += v < -1 ? 0 : v;
        }
        if (sum > top) {
            top = sum;
            best = r;
        }
    }
    return best;
}

gm_status gm_read_out_inference(const gm_pipeline *pipeline, double entry_mm, double transition_mm,
                                const gm_series *series, const gm_window *windows, int n_windows, int length,
                                const float *outputs, int width, gm_points *out, gm_error *err) {
    if (n_windows < 1) return gm_fail(err, GM_E_INTERNAL, "no window to read out");
    double sum = 0, squares = 0, n = n_windows;
    for (int w = 0; w < n_windows; w++) {
        int row = peak_row(pipeline, outputs + (size_t)w * (size_t)length * (size_t)width, length, width);
        double at = gm_window_series_row(&windows[w], length, row);
        bool padding = at < 0 || at > (double)(series->rows - 1); /* padded rows carry the first row's position */
        double mm = padding ? series->depth_mm[0] : gm_series_depth_at(series, at);
        sum += mm;
        squares += mm * mm;
    }
    double deviation = sqrt(fmax(squares / n - (sum / n) * (sum / n), 0));
    *out = (gm_points){.mm = {entry_mm, transition_mm, sum / n},
                       .uncertainty = {0.1, 0.2, deviation + QUANTUM_MM},
                       .probability = {isfinite(entry_mm), isfinite(transition_mm), 1}};
    return GM_OK;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void combine_point(const gm_points *points, int count, int p, double *values, gm_points *out) {
    int n = 0;
    double squares = 0, probability = 0, mean = 0, variance = 0;
    for (int i = 0; i < count; i++) {
        probability += points[i].probability[p] / count;
        if (!isfinite(points[i].mm[p])) continue;
        values[n++] = points[i].mm[p];
        squares += points[i].uncertainty[p] * points[i].uncertainty[p];
    }
    out->probability[p] = probability;
    out->mm[p] = out->uncertainty[p] = NAN;
    if (2 * n <= count) return; /* most say absent */
    qsort(values, (size_t)n, sizeof *values, by_value);
    int from = n / 4, to = n - n / 4; /* the middle half */
    for (int i = from; i < to; i++) mean += values[i] / (to - from);
    for (int i = 0; i < n; i++) variance += (values[i] - mean) * (values[i] - mean) / n;
    out->mm[p] = mean;
    out->uncertainty[p] = sqrt(squares / n + variance);
}

void gm_points_combine(const gm_points *points, int count, gm_points *out) {
    enum { MOST = 1024 };
    double values[MOST];
    *out = (gm_points){0};
    for (int p = 0; p < GM_N_POINTS; p++) combine_point(points, GM_MIN(count, MOST), p, values, out);
}
