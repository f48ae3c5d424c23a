/* Read-out "ordered-points", version 2: the heat maps of all windows of a hole to three ordered points.
 *
 * 1. Log odds of each row against "absent": the outputs themselves, or 12 (h - 0.35) of a bump's height h. Overlapping
 *    windows are averaged, a row near a window's edge counting less.
 * 2. Probability of each row: softmax over rows and "absent" (log odds 0).
 * 3. Score of a place: the logarithm of the probability within 0.3 mm; the best entry < transition < exit by dynamic
 *    programming, each of them also allowed to be absent at the price of the probability of absence.
 * 4. Depth: the centre of the probability within 0.3 mm of the place, so finer than a row; uncertainty: its deviation.
 *
 * A centre lies up to 0.3 mm beside its place. So places are 0.6 mm apart, which no pair of points is too close for: the
 * two places move away from each other, the centres stay. How sure a point is: the probability within 0.3 mm of its place.
 *
 * Version 1 had places one row apart, so that the depths could stand in the wrong order, and was as sure of a point as of
 * its being anywhere. */
#include "loop_internal.h"

#include <stdlib.h>
#include <string.h>

#define WITHIN_MM  GM_CONFIDENCE_MM /* reports judge it by the same; another one is a new version */
#define PEAK_SLOPE 12.0
#define PEAK_HALF  0.35
#define LEAST      1e-12 /* a probability is never taken as smaller */
#define QUANTUM_MM 0.01  /* of the encoder, in the uncertainty */

typedef struct {
    size_t rows;
    long reach; /* rows within WITHIN_MM */
    long apart; /* rows from one place to the next, at least */
    bool first_version;
    double *odds, *weight;       /* [3, rows], [rows] */
    double *probability, *score; /* [3, rows] */
    double absent[GM_N_POINTS];  /* logarithm of the probability of absence */
    double present[GM_N_POINTS]; /* probability of presence */
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
        double here = r > 0 ? before[GM_MAX((long)r - m->apart, 0)] + s[r - 1] : -INFINITY;
        if (here > best) best = here, place = (long)r - 1;
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
        if (place[p] >= 0) end = (size_t)GM_MAX(place[p] + 1 - m->apart, 0);
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
    if (!m->first_version) out->probability[p] = mass;
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
    long reach = lround(WITHIN_MM / pipeline->features.bin_mm);
    bool first = pipeline->read_out_version == 1;
    maps m = {.rows = rows,
              .reach = reach,
              .apart = first ? 1 : GM_MAX(2 * reach, 1),
              .first_version = first,
              .odds = room,
              .probability = room + GM_N_POINTS * rows,
              .score = room + 2 * GM_N_POINTS * rows,
              .weight = room + 3 * GM_N_POINTS * rows};
    return fill(&m, pipeline, series, windows, n_windows, length, outputs, out, err);
}

gm_read_out_kind gm_read_out_of(const gm_feature_set *set) {
    if (set->n_heatmaps == GM_N_POINTS) return (gm_read_out_kind){"ordered-points", 2};
    return (gm_read_out_kind){"inference-40", 1};
}

gm_status gm_read_out(const gm_pipeline *pipeline, const gm_hole_view *hole, const gm_window *windows, int n_windows,
                      int length, const float *outputs, int width, gm_points *out, gm_error *err) {
    if (pipeline->set->n_heatmaps == GM_N_POINTS)
        return gm_read_out_ordered(pipeline, &hole->series, windows, n_windows, length, outputs, out, err);
    gm_read_out_inference(pipeline, hole, windows, n_windows, length, outputs, width, out);
    return GM_OK;
}

gm_status gm_hole_view_make(const gm_feature_set *set, const gm_feature_options *features, const gm_record *record,
                            gm_hole_view *out, gm_error *err) {
    gm_hole_view made = {.entry_rule_mm = NAN, .transition_rule_mm = NAN};
    GM_TRY(set->compute(record, features, &made.series, err));
    if (set->n_heatmaps != GM_N_POINTS) {
        made.entry_rule_mm = gm_baseline_entry_mm(record);
        made.transition_rule_mm = gm_baseline_transition_mm(record);
    }
    *out = made;
    return GM_OK;
}
