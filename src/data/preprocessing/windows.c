#include "preprocessing_internal.h"

#include <string.h>

/* Windows over time: 40 of them around the row of highest torque8, as the inference system does (rows
 * [a-330+j, a+182+j), j = 0, 5, ... 195). */
enum { ANCHOR_CHANNEL = 7, ANCHOR_BEFORE = 330, ANCHOR_STEP = 5, ANCHOR_WINDOWS = 40 };

static int plan_around_peak(const gm_series *series, gm_window *out) {
    size_t anchor = 0;
    for (size_t r = 1; r < series->rows; r++)
        if (series->values[r * (size_t)series->channels + ANCHOR_CHANNEL] >
            series->values[anchor * (size_t)series->channels + ANCHOR_CHANNEL])
            anchor = r;
    for (int w = 0; w < ANCHOR_WINDOWS; w++)
        out[w] = (gm_window){.first = (double)anchor - ANCHOR_BEFORE + ANCHOR_STEP * w, .step = 1};
    return ANCHOR_WINDOWS;
}

int gm_windows_plan(const gm_feature_set *set, const gm_series *series, int length, bool many,
                    gm_window out[GM_MAX_WINDOWS]) {
    if (!set->over_depth) return plan_around_peak(series, out);
    double spare = (double)series->rows - length;
    out[0] = (gm_window){.first = 0, .step = 1};
    if (spare <= 0 || !many) return 1;
    int more = GM_MIN((int)ceil(spare / (0.5 * length)), GM_MAX_WINDOWS - 1);
    for (int w = 1; w <= more; w++) out[w] = (gm_window){.first = floor(spare * w / more), .step = 1};
    return more + 1;
}

double gm_window_series_row(const gm_window *window, int length, double row) {
    double bent = window->bend ? row + window->bend * sin(2 * M_PI * row / length) : row;
    return window->first + window->step * bent;
}

double gm_window_row_of(const gm_window *window, int length, double series_row) {
    double want = (series_row - window->first) / window->step, row = want;
    if (!window->bend) return row;
    for (int i = 0; i < 30; i++)
        row = want - window->bend * sin(2 * M_PI * row / length); /* contracts: bend is small */
    return row;
}

gm_window gm_window_augment(const gm_window *window, const gm_augmentation *augmentation, gm_random *random) {
    gm_window out = *window;
    double stretch = 1 + augmentation->warp * (2 * gm_random_uniform(random) - 1);
    double shift = augmentation->shift_rows * (2 * gm_random_uniform(random) - 1);
    double bend = 2 * gm_random_uniform(random) - 1;
    out.step = window->step * stretch;
    out.first = window->first + shift;
    out.bend = augmentation->warp * 8 * bend; /* 10 % warp: at most 0.8 rows each way */
    return out;
}

static void padding_row(const gm_feature_set *set, const gm_series *series, const gm_normaliser *n, float *out) {
    for (int c = 0; c < n->channels; c++) {
        bool copied = set->fixed && set->fixed[c].scale != 0;
        out[c] = copied ? (float)((series->values[c] - n->mean[c]) / n->scale[c]) : (float)set->padding;
    }
}

static void series_row(const gm_series *series, const gm_normaliser *n, double at, float *out) {
    size_t i = GM_MIN((size_t)at, series->rows - 1), j = GM_MIN(i + 1, series->rows - 1);
    const float *a = series->values + i * (size_t)series->channels, *b = series->values + j * (size_t)series->channels;
    float part = (float)(at - (double)i);
    for (int c = 0; c < n->channels; c++) out[c] = (float)((a[c] + part * (b[c] - a[c]) - n->mean[c]) / n->scale[c]);
}

/* Nearly normal, and cheap: the sum of four random bytes (mean 510, deviation sqrt(4 (256^2 - 1) / 12)). */
static void add_noise(float *out, size_t count, double deviation, gm_random *random) {
    float unit = (float)(deviation / 147.79941362534335);
    for (size_t i = 0; i < count; i++) {
        uint32_t u = gm_random_u32(random);
        int sum = (int)((u & 255) + (u >> 8 & 255) + (u >> 16 & 255) + (u >> 24)) - 510;
        out[i] += unit * (float)sum;
    }
}

/* A duller or sharper tool, a harder lot: all loads of the window times one factor for torque, one for thrust. */
static void scale_loads(const gm_feature_set *set, const gm_normaliser *n, int length, double level, gm_random *random,
                        float *out) {
    double torque = exp(level * gm_random_normal(random)), thrust = exp(level * gm_random_normal(random));
    for (int c = 0; c < set->n_channels; c++) {
        if (set->channels[c].load == GM_LOAD_NONE) continue;
        double factor = set->channels[c].load == GM_LOAD_TORQUE ? torque : thrust;
        for (int r = 0; r < length; r++) {
            float *v = &out[(size_t)r * (size_t)n->channels + (size_t)c];
            double value = *v * n->scale[c] + n->mean[c];
            value = set->compressed ? asinh(factor * sinh(value)) : factor * value;
            *v = (float)((value - n->mean[c]) / n->scale[c]);
        }
    }
}

void gm_window_fill(const gm_feature_set *set, const gm_series *series, const gm_normaliser *normaliser,
                    const gm_window *window, int length, const gm_augmentation *augmentation, gm_random *random,
                    float *out) {
    float padding[GM_MAX_CHANNELS];
    padding_row(set, series, normaliser, padding);
    for (int r = 0; r < length; r++) {
        double at = gm_window_series_row(window, length, r);
        float *row = out + (size_t)r * (size_t)normaliser->channels;
        if (at < 0 || at > (double)(series->rows - 1))
            memcpy(row, padding, (size_t)normaliser->channels * sizeof(float));
        else
            series_row(series, normaliser, at, row);
    }
    if (!random || !augmentation) return;
    if (augmentation->level > 0) scale_loads(set, normaliser, length, augmentation->level, random, out);
    if (augmentation->noise > 0)
        add_noise(out, (size_t)length * (size_t)normaliser->channels, augmentation->noise, random);
}
