/* Read-out "inference-40", version 1: what today's inference system does with its 40 windows. Exit: the mean of the
 * depths at the windows' peaks. Entry and transition: its own rules. */
#include "loop_internal.h"

#define QUANTUM_MM 0.01

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

void gm_read_out_inference(const gm_pipeline *pipeline, const gm_hole_view *hole, const gm_window *windows,
                           int n_windows, int length, const float *outputs, int width, gm_points *out) {
    double sum = 0, squares = 0, n = n_windows;
    for (int w = 0; w < n_windows; w++) {
        int row = peak_row(pipeline, outputs + (size_t)w * (size_t)length * (size_t)width, length, width);
        double at = gm_window_series_row(&windows[w], length, row);
        bool padding = at < 0 || at > (double)(hole->series.rows - 1); /* padded rows carry the first row's position */
        double mm = padding ? hole->series.depth_mm[0] : gm_series_depth_at(&hole->series, at);
        sum += mm;
        squares += mm * mm;
    }
    double deviation = sqrt(fmax(squares / n - (sum / n) * (sum / n), 0));
    *out = (gm_points){.mm = {hole->entry_rule_mm, hole->transition_rule_mm, sum / n},
                       .uncertainty = {0.1, 0.2, deviation + QUANTUM_MM},
                       .probability = {isfinite(hole->entry_rule_mm), isfinite(hole->transition_rule_mm), 1}};
}
