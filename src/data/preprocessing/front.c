#include "preprocessing_internal.h"

/* A sample this far behind the front still counts: micropecks and the quantum of the encoder (1/96 mm). */
#define BEHIND_MM 0.02
#define SAME_MM   1e-4
#define MIN_MM    1.0
#define MAX_MM    500.0

void gm_front_finish(gm_front *front) {
    gm_free(front->depth_mm);
    gm_free(front->row);
    gm_free(front->rows);
    *front = (gm_front){0};
}

static void walk(const gm_record *record, gm_front *front) {
    double deepest = -INFINITY;
    for (size_t i = 0; i < record->n; i++) {
        double depth = record->depth_mm[i];
        if (!isfinite(depth) || depth < deepest - BEHIND_MM) continue;
        if (depth > deepest + SAME_MM) {
            front->depth_mm[front->count] = depth;
            front->row[front->count] = i;
            front->rows[front->count++] = 1;
            deepest = depth;
        } else if (front->row[front->count - 1] + front->rows[front->count - 1] == i) {
            front->rows[front->count - 1]++;
        }
    }
}

gm_status gm_front_make(const gm_record *record, gm_front *out, gm_error *err) {
    gm_front front = {.depth_mm = gm_alloc_array(record->n + 1, sizeof(double)),
                      .row = gm_alloc_array(record->n + 1, sizeof(size_t)),
                      .rows = gm_alloc_array(record->n + 1, sizeof(size_t))};
    if (!front.depth_mm || !front.row || !front.rows) {
        gm_front_finish(&front);
        return gm_nomem(err);
    }
    walk(record, &front);
    double way = front.count ? front.depth_mm[front.count - 1] - front.depth_mm[0] : 0;
    if (front.count < 10 || way < MIN_MM || way > MAX_MM) {
        size_t count = front.count;
        gm_front_finish(&front);
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "an aborted cycle or a column that is not the position",
                          "the drill moves %.2f mm in %zu positions; between %.0f and %.0f mm are expected", way, count,
                          MIN_MM, MAX_MM);
    }
    *out = front;
    return GM_OK;
}

/* Integral of the curve from its first knot to x; *at is the knot at or before the last x (x rises between calls). */
static double integral_to(const gm_front *front, const double *values, double x, size_t *at, double *sum) {
    const double *d = front->depth_mm;
    size_t last = front->count - 1;
    if (x <= d[0]) return (x - d[0]) * values[0];
    while (*at < last && d[*at + 1] <= x) {
        *sum += (d[*at + 1] - d[*at]) * 0.5 * (values[*at] + values[*at + 1]);
        ++*at;
    }
    double step = x - d[*at];
    if (*at == last) return *sum + step * values[last];
    double slope = (values[*at + 1] - values[*at]) / (d[*at + 1] - d[*at]);
    return *sum + step * (values[*at] + 0.5 * slope * step);
}

void gm_front_bins(const gm_front *front, const double *values, double bin_mm, size_t bins, size_t stride, float *out) {
    size_t at = 0;
    double sum = 0, before = integral_to(front, values, 0, &at, &sum);
    for (size_t b = 0; b < bins; b++) {
        double after = integral_to(front, values, (double)(b + 1) * bin_mm, &at, &sum);
        out[b * stride] = (float)((after - before) / bin_mm);
        before = after;
    }
}
