/* Robust statistics and fits on one channel of a step. */
#include "labeling_internal.h"

#define MAX_SAMPLES 2048u

/* Hoare's selection: puts the k-th smallest of values[0..n) at place k. */
static float select_kth(float *values, size_t n, size_t k) {
    size_t low = 0, high = n - 1;
    while (low < high) {
        const float pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot) i++;
            while (values[j] > pivot) j--;
            if (i >= j) break;
            const float swap = values[i];
            values[i++] = values[j];
            values[j--] = swap;
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[k];
}

double gm_quantile(const float *values, size_t n, double fraction) {
    float copy[MAX_SAMPLES];
    const size_t stride = (n + MAX_SAMPLES - 1) / MAX_SAMPLES;
    size_t count = 0;
    for (size_t i = 0; i < n; i += stride) copy[count++] = values[i];
    return (double)select_kth(copy, count, (size_t)(fraction * (double)(count - 1) + 0.5));
}

double gm_trace_median(const gm_trace_step *step, const float *values, double from_mm, double to_mm) {
    const size_t from = gm_trace_cell(step, from_mm), to = gm_trace_cell(step, to_mm);
    return to > from ? gm_quantile(values + from, to - from + 1, 0.5) : (double)values[from];
}

double gm_trace_mean(const gm_trace_step *step, const float *values, double from_mm, double to_mm) {
    const size_t from = gm_trace_cell(step, from_mm), to = gm_trace_cell(step, to_mm);
    double sum = 0;
    for (size_t i = from; i <= to; i++) sum += (double)values[i];
    return to >= from ? sum / (double)(to - from + 1) : (double)values[from];
}

size_t gm_last_at_most(const float *values, size_t from, size_t to, double level) {
    for (size_t i = to + 1; i > from; i--)
        if ((double)values[i - 1] <= level) return i - 1;
    return SIZE_MAX;
}

size_t gm_last_above(const float *values, size_t from, size_t to, double level) {
    for (size_t i = to + 1; i > from; i--)
        if ((double)values[i - 1] > level) return i - 1;
    return SIZE_MAX;
}

size_t gm_first_sustained(const float *values, size_t from, size_t to, double level, size_t run) {
    size_t length = 0;
    for (size_t i = from; i <= to; i++) {
        length = (double)values[i] > level ? length + 1 : 0;
        if (length >= run) return i + 1 - run;
    }
    return SIZE_MAX;
}

bool gm_fit_hinge(const gm_trace_step *step, const float *values, size_t from, size_t to, double low_mm, double high_mm,
                  gm_hinge *out) {
    double sum_y = 0, sum_yy = 0, best = INFINITY;
    for (size_t i = from; i <= to; i++) {
        sum_y += (double)values[i];
        sum_yy += (double)values[i] * (double)values[i];
    }
    const double n = (double)(to - from + 1);
    for (double bend = low_mm; bend < high_mm; bend += step->cell_mm) {
        double sum_z = 0, sum_zz = 0, sum_zy = 0;
        const size_t start = GM_MAX(from, gm_trace_cell(step, bend));
        for (size_t i = start; i <= to; i++) {
            const double z = fmax(0, gm_trace_mm(step, i) - bend);
            sum_z += z;
            sum_zz += z * z;
            sum_zy += z * (double)values[i];
        }
        const double determinant = n * sum_zz - sum_z * sum_z;
        if (!(determinant > 1e-9)) continue;
        const double slope = (n * sum_zy - sum_z * sum_y) / determinant, level = (sum_y - slope * sum_z) / n;
        const double error = sum_yy - level * sum_y - slope * sum_zy;
        if (slope > 0 && error < best) {
            best = error;
            *out = (gm_hinge){bend, level, slope};
        }
    }
    return best < INFINITY;
}
