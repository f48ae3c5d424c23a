/* How well two sources of labels agree over the files that both have. */
#include "labeling_internal.h"

#include <stdlib.h>

typedef struct {
    double difference;
    const char *file;
} pair;

static double depth_of(const gm_label *label, int point) {
    return point == GM_AGREEMENT_HOLE_DEPTH ? gm_label_hole_depth(label) : label->points[point].mm;
}

static int by_size(const void *a, const void *b) {
    const double x = fabs(((const pair *)a)->difference), y = fabs(((const pair *)b)->difference);
    return (x > y) - (x < y);
}

static void summarise(pair *pairs, size_t n, gm_label_agreement *out) {
    out->n = n;
    out->mae_mm = out->bias_mm = out->p95_mm = out->worst_mm = out->within_fifth = NAN;
    if (n == 0) return;
    qsort(pairs, n, sizeof *pairs, by_size);
    double sum = 0, absolute = 0;
    size_t within = 0;
    for (size_t i = 0; i < n; i++) {
        sum += pairs[i].difference;
        absolute += fabs(pairs[i].difference);
        within += fabs(pairs[i].difference) <= 0.2;
    }
    out->mae_mm = absolute / (double)n;
    out->bias_mm = sum / (double)n;
    out->p95_mm = fabs(pairs[(size_t)ceil(0.95 * (double)n) - 1].difference);
    out->worst_mm = pairs[n - 1].difference;
    out->worst = pairs[n - 1].file;
    out->within_fifth = (double)within / (double)n;
}

gm_status gm_labels_agreement(const gm_label_table *a, const gm_label_table *b, gm_label_agreement out[GM_N_AGREEMENTS],
                              gm_error *err) {
    gm_auto_free pair *pairs = gm_alloc_array(a->count + 1, sizeof *pairs);
    gm_auto_free const gm_label_row **other = gm_alloc_array(a->count + 1, sizeof *other);
    if (!pairs || !other) return gm_nomem(err);
    GM_TRY(gm_label_table_match(a, b, other, err));
    for (int point = 0; point < GM_N_AGREEMENTS; point++) {
        gm_label_agreement result = {0};
        size_t n = 0;
        for (size_t i = 0; i < a->count; i++) {
            if (!other[i] || a->items[i].label.rejected || other[i]->label.rejected) continue;
            const double x = depth_of(&a->items[i].label, point), y = depth_of(&other[i]->label, point);
            result.only_a += isfinite(x) && !isfinite(y);
            result.only_b += !isfinite(x) && isfinite(y);
            if (isfinite(x) && isfinite(y)) pairs[n++] = (pair){x - y, a->items[i].file};
        }
        summarise(pairs, n, &result);
        out[point] = result;
    }
    return GM_OK;
}
