#include "preprocessing_internal.h"

#include <string.h>

gm_status gm_series_alloc(gm_series *series, size_t rows, int channels, gm_error *err) {
    gm_series made = {.rows = rows, .channels = channels};
    made.values = gm_calloc(rows * (size_t)channels, sizeof(float));
    made.depth_mm = gm_calloc(rows, sizeof(float));
    if (!made.values || !made.depth_mm) {
        gm_series_finish(&made);
        return gm_nomem(err);
    }
    *series = made;
    return GM_OK;
}

void gm_series_finish(gm_series *series) {
    gm_free(series->values);
    gm_free(series->depth_mm);
    *series = (gm_series){0};
}

double gm_series_row_at(const gm_series *series, double depth_mm) {
    const float *d = series->depth_mm;
    if (series->rows < 2) return 0;
    size_t low = 0, high = series->rows - 1; /* first row in [1, rows-1] with d >= depth */
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (d[middle] >= depth_mm)
            high = middle;
        else
            low = middle;
    }
    double step = d[high] - d[low];
    if (step <= 0) return depth_mm > d[high] ? (double)high : (double)low;
    return (double)low + (depth_mm - d[low]) / step;
}

double gm_series_depth_at(const gm_series *series, double row) {
    const float *d = series->depth_mm;
    if (series->rows < 2) return series->rows ? d[0] : 0;
    double top = (double)(series->rows - 2);
    double base = floor(GM_MIN(GM_MAX(row, 0), top));
    size_t i = (size_t)base;
    return d[i] + (row - base) * ((double)d[i + 1] - d[i]);
}

static void fit_channel(const gm_series *const *series, size_t count, int c, double *mean, double *scale) {
    double sum = 0, squares = 0;
    size_t n = 0;
    for (size_t s = 0; s < count; s++)
        for (size_t r = 0; r < series[s]->rows; r++, n++)
            sum += series[s]->values[r * (size_t)series[s]->channels + (size_t)c];
    *mean = n ? sum / (double)n : 0;
    for (size_t s = 0; s < count; s++)
        for (size_t r = 0; r < series[s]->rows; r++) {
            double d = series[s]->values[r * (size_t)series[s]->channels + (size_t)c] - *mean;
            squares += d * d;
        }
    double deviation = n ? sqrt(squares / (double)n) : 0;
    *scale = deviation > 1e-6 ? deviation : 1; /* a channel that never changes stays at 0 */
}

void gm_normaliser_fit(const gm_feature_set *set, const gm_series *const *series, size_t count, gm_normaliser *out) {
    *out = (gm_normaliser){.channels = set->n_channels};
    for (int c = 0; c < set->n_channels; c++) {
        if (set->fixed && set->fixed[c].scale != 0) {
            out->scale[c] = 1 / set->fixed[c].scale;
            out->mean[c] = -set->fixed[c].offset / set->fixed[c].scale;
        } else {
            fit_channel(series, count, c, &out->mean[c], &out->scale[c]);
        }
    }
}
