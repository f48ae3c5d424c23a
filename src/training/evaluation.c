#include "evaluation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *gm_eval_name(int index) {
    return index == GM_EVAL_HOLE_DEPTH ? "hole_depth" : gm_point_name((gm_point)index);
}

const char *gm_eval_title(int index) {
    return index == GM_EVAL_HOLE_DEPTH ? "hole depth" : gm_eval_name(index);
}

void gm_prediction_warn(gm_prediction *prediction, const char *format, ...) {
    if (prediction->n_warnings >= (int)GM_COUNT(prediction->warnings)) return;
    va_list args;
    va_start(args, format);
    vsnprintf(prediction->warnings[prediction->n_warnings++], sizeof prediction->warnings[0], format, args);
    va_end(args);
}

typedef struct {
    double reference, predicted, low, high;
} pair;

static pair pair_of(const gm_evaluation_item *item, int index) {
    const gm_prediction *p = &item->prediction;
    if (index == GM_EVAL_HOLE_DEPTH)
        return (pair){gm_label_hole_depth(&item->reference), gm_label_hole_depth(&p->label), p->hole_depth_low_mm,
                      p->hole_depth_high_mm};
    return (pair){item->reference.points[index].mm, p->label.points[index].mm, p->low_mm[index], p->high_mm[index]};
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* numpy.percentile, linear */
static double quantile(const double *sorted, size_t n, double q) {
    if (!n) return 0;
    double at = q * (double)(n - 1);
    size_t i = (size_t)at, j = GM_MIN(i + 1, n - 1);
    return sorted[i] + (at - (double)i) * (sorted[j] - sorted[i]);
}

static double fraction_within(const double *sorted, size_t n, double limit) {
    size_t k = 0;
    while (k < n && sorted[k] <= limit) k++;
    return n ? (double)k / (double)n : 0;
}

static void summarise(const double *errors, const double *references, double *absolute, gm_point_metrics *m) {
    double sum = 0, squares = 0, total = 0, mean = 0, n = (double)m->n;
    for (size_t i = 0; i < m->n; i++) {
        absolute[i] = fabs(errors[i]);
        m->mae_mm += absolute[i] / n;
        sum += errors[i];
        squares += errors[i] * errors[i];
        mean += references[i] / n;
    }
    for (size_t i = 0; i < m->n; i++) total += (references[i] - mean) * (references[i] - mean);
    qsort(absolute, m->n, sizeof *absolute, by_value);
    m->bias_mm = sum / n;
    m->rmse_mm = sqrt(squares / n);
    m->sd_mm = sqrt(fmax(squares / n - m->bias_mm * m->bias_mm, 0));
    m->median_mm = quantile(absolute, m->n, 0.5);
    m->p95_mm = quantile(absolute, m->n, 0.95);
    m->max_mm = absolute[m->n - 1];
    m->r2 = total > 0 && m->n > 1 ? 1 - squares / total : 0;
    m->within_100um = fraction_within(absolute, m->n, 0.1);
    m->within_200um = fraction_within(absolute, m->n, 0.2);
    m->within_300um = fraction_within(absolute, m->n, 0.3);
}

static void point_metrics(const gm_evaluation_item *items, size_t count, int index, double *room, gm_point_metrics *m) {
    double *errors = room, *references = room + count, *absolute = room + 2 * count;
    size_t inside = 0;
    double width = 0;
    for (size_t i = 0; i < count; i++) {
        pair p = pair_of(&items[i], index);
        bool have = isfinite(p.predicted), want = isfinite(p.reference);
        m->missed += want && !have;
        m->invented += have && !want;
        if (!have || !want) continue;
        errors[m->n] = p.predicted - p.reference;
        references[m->n++] = p.reference;
        if (!isfinite(p.low) || !isfinite(p.high)) continue;
        m->n_interval++;
        inside += p.reference >= p.low && p.reference <= p.high;
        width += p.high - p.low;
    }
    if (m->n) summarise(errors, references, absolute, m);
    if (!m->n_interval) return;
    m->interval_coverage = (double)inside / (double)m->n_interval;
    m->interval_width_mm = width / (double)m->n_interval;
}

static void grip_metrics(const gm_evaluation_item *items, size_t count, gm_metrics *out) {
    size_t exact = 0, one_off = 0;
    for (size_t i = 0; i < count; i++) {
        int want = gm_grip_code(gm_label_hole_depth(&items[i].reference));
        int have = gm_grip_code(gm_label_hole_depth(&items[i].prediction.label));
        if (!want || !have) continue;
        out->grip_n++;
        exact += want == have;
        one_off += abs(want - have) == 1;
    }
    if (!out->grip_n) return;
    out->grip_exact = (double)exact / (double)out->grip_n;
    out->grip_one_off = (double)one_off / (double)out->grip_n;
}

gm_status gm_metrics_compute(const gm_evaluation_item *items, size_t count, gm_metrics *out, gm_error *err) {
    gm_auto_free double *room = gm_alloc_array(3 * (count + 1), sizeof *room);
    if (!room) return gm_nomem(err);
    gm_metrics made = {.holes = count};
    for (int p = 0; p < GM_N_EVAL; p++) point_metrics(items, count, p, room, &made.points[p]);
    grip_metrics(items, count, &made);
    *out = made;
    return GM_OK;
}
