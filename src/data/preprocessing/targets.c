#include "preprocessing_internal.h"

#include <string.h>

/* Bump around row `at`; sigma in rows. Sums to 1 or has the height 1. */
static void bump(double at, double sigma, int length, gm_target_kind kind, float *out) {
    int from = GM_MAX((int)floor(at - 5 * sigma), 0), to = GM_MIN((int)ceil(at + 5 * sigma), length - 1);
    double sum = 0;
    for (int r = from; r <= to; r++) sum += exp(-0.5 * (r - at) * (r - at) / (sigma * sigma));
    if (sum <= 0) return;
    double factor = kind == GM_TARGET_DENSITY ? 1 / sum : 1;
    for (int r = from; r <= to; r++)
        out[(size_t)r * GM_N_POINTS] = (float)(factor * exp(-0.5 * (r - at) * (r - at) / (sigma * sigma)));
}

void gm_targets_fill(const gm_series *series, const gm_window *window, int length, const gm_label *label,
                     double sigma_mm, gm_target_kind kind, float *out, bool present[GM_N_POINTS]) {
    memset(out, 0, (size_t)length * GM_N_POINTS * sizeof *out);
    for (int p = 0; p < GM_N_POINTS; p++) {
        double mm = label->points[p].mm;
        present[p] = false;
        if (!isfinite(mm)) continue;
        double series_row = gm_series_row_at(series, mm), row = gm_window_row_of(window, length, series_row);
        if (row < 0 || row > length - 1) continue;
        double mm_per_row = gm_series_depth_at(series, series_row + 0.5) - gm_series_depth_at(series, series_row - 0.5);
        double sigma = sigma_mm / (fmax(mm_per_row, 1e-3) * window->step);
        present[p] = true;
        bump(row, fmax(sigma, 0.3), length, kind, out + p);
    }
}
