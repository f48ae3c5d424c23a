/* gimlet-17: one row per bin of depth, 17 channels. Loads pass through asinh(x / s): linear near the stairs of the
 * sensors (0.2 A torque, 0.045 A thrust), logarithmic above, so that CFRP (1 A) and titanium (50 A) are both seen. */
#include "preprocessing_internal.h"

#include <string.h>

enum {
    TORQUE,
    THRUST,
    TORQUE_SLOPE,
    THRUST_SLOPE,
    TORQUE_SMOOTH,
    THRUST_SMOOTH,
    TORQUE_SPREAD,
    THRUST_SPREAD,
    TORQUE_NO_LOAD,
    THRUST_NO_LOAD,
    FEED,
    STEP_START,
    STEP_END,
    GAP,
    DEPTH,
    TOOL_AGE,
    OBSERVED,
    N_CHANNELS
};

static const gm_channel channels[N_CHANNELS] = {
    {"torque", "asinh(A / 0.5)", "net torque current, mean over the bin", GM_LOAD_TORQUE},
    {"thrust", "asinh(A / 0.05)", "net thrust current, mean over the bin", GM_LOAD_THRUST},
    {"torque_slope", "1/mm", "mean of torque over the next 0.3 mm less that over the last 0.3 mm, per 0.3 mm"},
    {"thrust_slope", "1/mm", "the same of thrust"},
    {"torque_smooth", "asinh(A / 0.5)", "mean of torque within 0.5 mm", GM_LOAD_TORQUE},
    {"thrust_smooth", "asinh(A / 0.05)", "mean of thrust within 0.5 mm", GM_LOAD_THRUST},
    {"torque_spread", "asinh(A / 0.5)", "standard deviation of the net torque within 0.25 mm", GM_LOAD_TORQUE},
    {"thrust_spread", "asinh(A / 0.05)", "standard deviation of the net thrust within 0.25 mm", GM_LOAD_THRUST},
    {"torque_no_load", "asinh(A / 0.5)", "no-load torque current, or net + no-load (combine_torque_signals)"},
    {"thrust_no_load", "asinh(A / 0.05)", "no-load thrust current, or net + no-load (combine_torque_signals)"},
    {"feed", "ln(mm/s + 0.1)", "feed, from positions at 100 Hz"},
    {"step_start", "1", "exp(-distance since the step began / 1 mm)"},
    {"step_end", "1", "falls from 1 to 0 over the 4 mm before a step ends; negative: it ended by a drop of load"},
    {"gap", "asinh(mm / 0.1)", "Gap Length: way drilled below the minimum load"},
    {"depth", "cm", "depth of the bin (normalize_position)"},
    {"tool_age", "ln(holes + 1)", "holes drilled with this tool before"},
    {"observed", "1", "1 within the record, 0 where no sample lies within 0.5 mm"},
};

#define TORQUE_UNIT 0.5
#define THRUST_UNIT 0.05

/* Curves over the front that are then averaged over the bins. */
enum {
    K_TORQUE,
    K_THRUST,
    K_TORQUE2,
    K_THRUST2,
    K_TORQUE_EMPTY,
    K_THRUST_EMPTY,
    K_FEED,
    K_GAP,
    K_START,
    K_END,
    N_CURVES
};

static double mean_of(const float *column, size_t row, size_t rows, double power, double absent) {
    if (!column) return absent;
    double sum = 0;
    size_t n = 0;
    for (size_t i = row; i < row + rows; i++) {
        if (!isfinite(column[i])) continue;
        sum += power == 2 ? (double)column[i] * column[i] : column[i];
        n++;
    }
    return n ? sum / (double)n : absent;
}

/* Feed at row i from the positions half a tenth of a second around it. */
static double feed_at(const gm_record *record, size_t i) {
    enum { HALF = 5 };
    size_t a = i >= HALF ? i - HALF : 0, b = GM_MIN(i + HALF, record->n - 1);
    double rate = record->meta.sample_rate_hz > 0 ? record->meta.sample_rate_hz : 100;
    double way = (double)record->depth_mm[b] - record->depth_mm[a];
    return b > a && way > 0 ? way * rate / (double)(b - a) : 0;
}

static double end_sign(int32_t code) {
    if (code & (GM_STOP_TORQUE_DROP | GM_STOP_THRUST_DROP)) return -1;
    if (code & (GM_STOP_TORQUE_RISE | GM_STOP_THRUST_RISE | GM_STOP_TORQUE_MATERIAL | GM_STOP_THRUST_MATERIAL))
        return 1;
    return 0.5; /* stroke, hard stop: says only where */
}

static void step_curves(const gm_record *record, const gm_front *front, double *start, double *end) {
    size_t k = 0;
    for (size_t s = 0; s < record->n_segments; s++) {
        const gm_segment *segment = &record->segments[s];
        size_t first = k, stop = segment->first + segment->count;
        while (k < front->count && front->row[k] < stop) k++;
        if (k == first) continue;
        double from = front->depth_mm[first], to = front->depth_mm[k - 1];
        for (size_t j = first; j < k; j++) {
            start[j] = s ? exp(-(front->depth_mm[j] - from)) : 0;
            end[j] = end_sign(segment->stop_code) * fmax(0, 1 - (to - front->depth_mm[j]) / 4);
        }
    }
}

static void fill_curves(const gm_record *record, const gm_front *front, double *curves[N_CURVES]) {
    for (size_t k = 0; k < front->count; k++) {
        size_t row = front->row[k], rows = front->rows[k];
        curves[K_TORQUE][k] = mean_of(record->torque_a, row, rows, 1, 0);
        curves[K_THRUST][k] = mean_of(record->thrust_a, row, rows, 1, 0);
        curves[K_TORQUE2][k] = mean_of(record->torque_a, row, rows, 2, 0);
        curves[K_THRUST2][k] = mean_of(record->thrust_a, row, rows, 2, 0);
        curves[K_TORQUE_EMPTY][k] = mean_of(record->torque_empty_a, row, rows, 1, 0);
        curves[K_THRUST_EMPTY][k] = mean_of(record->thrust_empty_a, row, rows, 1, 0);
        curves[K_FEED][k] = feed_at(record, row);
        curves[K_GAP][k] = mean_of(record->gap_mm, row, rows, 1, 0);
    }
    step_curves(record, front, curves[K_START], curves[K_END]);
}

/* Mean of column c over rows [from, to] clipped to the series, by a running sum made by the caller. */
static double span_mean(const double *sums, size_t rows, long from, long to) {
    from = GM_MAX(from, 0);
    to = GM_MIN(to, (long)rows - 1);
    if (to < from) return NAN;
    return (sums[to + 1] - sums[from]) / (double)(to - from + 1);
}

static void running_sum(const gm_series *s, int c, double *sums) {
    sums[0] = 0;
    for (size_t r = 0; r < s->rows; r++) sums[r + 1] = sums[r] + s->values[r * N_CHANNELS + (size_t)c];
}

static void smooth_and_slope(gm_series *s, double bin_mm, int of, int smooth, int slope, double *sums) {
    long half = GM_MAX(lround(0.5 / bin_mm), 1), reach = GM_MAX(lround(0.3 / bin_mm), 1);
    running_sum(s, of, sums);
    for (long r = 0; r < (long)s->rows; r++) {
        float *row = s->values + (size_t)r * N_CHANNELS;
        double after = span_mean(sums, s->rows, r + 1, r + reach), before = span_mean(sums, s->rows, r - reach, r - 1);
        row[smooth] = (float)span_mean(sums, s->rows, r - half, r + half);
        row[slope] = isfinite(after) && isfinite(before) ? (float)((after - before) / ((double)reach * bin_mm)) : 0;
    }
}

/* column `spread` holds the mean square, column `of` the mean, both in A: turn the first into a deviation. */
static void spread_of(gm_series *s, double bin_mm, int of, int spread, double unit, double *sums, double *squares) {
    long half = GM_MAX(lround(0.25 / bin_mm), 1);
    running_sum(s, of, sums);
    running_sum(s, spread, squares);
    for (long r = 0; r < (long)s->rows; r++) {
        double mean = span_mean(sums, s->rows, r - half, r + half);
        double variance = span_mean(squares, s->rows, r - half, r + half) - mean * mean;
        s->values[(size_t)r * N_CHANNELS + (size_t)spread] = (float)asinh(sqrt(fmax(variance, 0)) / unit);
    }
}

static void compress(gm_series *s, int c, double unit) {
    for (size_t r = 0; r < s->rows; r++) {
        float *v = &s->values[r * N_CHANNELS + (size_t)c];
        *v = (float)asinh(*v / unit);
    }
}

static void fill_constant_and_place(gm_series *s, const gm_record *record, const gm_front *front,
                                    const gm_feature_options *options) {
    double age = isfinite(options->tool_age) ? options->tool_age : (double)record->meta.head_local_counter_1 - 1;
    size_t k = 0;
    for (size_t r = 0; r < s->rows; r++) {
        double depth = ((double)r + 0.5) * options->bin_mm;
        while (k + 1 < front->count && front->depth_mm[k + 1] <= depth) k++;
        double away = fabs(depth - front->depth_mm[k]);
        if (k + 1 < front->count) away = fmin(away, fabs(front->depth_mm[k + 1] - depth));
        float *row = s->values + r * N_CHANNELS;
        s->depth_mm[r] = (float)depth;
        row[DEPTH] = options->normalize_position ? (float)(depth / 10) : 0;
        row[TOOL_AGE] = (float)log1p(fmax(age, 0));
        row[OBSERVED] = away <= 0.5;
    }
}

static void finish_channels(gm_series *s, const gm_feature_options *options, double *sums, double *squares) {
    if (options->combine_torque)
        for (size_t r = 0; r < s->rows; r++) {
            float *row = s->values + r * N_CHANNELS;
            row[TORQUE_NO_LOAD] += row[TORQUE];
            row[THRUST_NO_LOAD] += row[THRUST];
        }
    spread_of(s, options->bin_mm, TORQUE, TORQUE_SPREAD, TORQUE_UNIT, sums, squares);
    spread_of(s, options->bin_mm, THRUST, THRUST_SPREAD, THRUST_UNIT, sums, squares);
    compress(s, TORQUE, TORQUE_UNIT);
    compress(s, THRUST, THRUST_UNIT);
    compress(s, TORQUE_NO_LOAD, TORQUE_UNIT);
    compress(s, THRUST_NO_LOAD, THRUST_UNIT);
    compress(s, GAP, 0.1);
    for (size_t r = 0; r < s->rows; r++) {
        float *v = &s->values[r * N_CHANNELS + FEED];
        *v = (float)log(fmax(*v, 0) + 0.1);
    }
    smooth_and_slope(s, options->bin_mm, TORQUE, TORQUE_SMOOTH, TORQUE_SLOPE, sums);
    smooth_and_slope(s, options->bin_mm, THRUST, THRUST_SMOOTH, THRUST_SLOPE, sums);
}

static gm_status fill(const gm_record *record, const gm_front *front, const gm_feature_options *options, gm_series *out,
                      gm_error *err) {
    static const int channel_of[N_CURVES] = {TORQUE,         THRUST, TORQUE_SPREAD, THRUST_SPREAD, TORQUE_NO_LOAD,
                                             THRUST_NO_LOAD, FEED,   GAP,           STEP_START,    STEP_END};
    double bin = options->bin_mm, deepest = front->depth_mm[front->count - 1];
    size_t bins = (size_t)GM_MAX(ceil(deepest / bin), 2);
    gm_auto_free double *room = gm_calloc(N_CURVES * front->count + 2 * (bins + 1), sizeof(double));
    if (!room) return gm_nomem(err);
    double *curves[N_CURVES], *sums = room + N_CURVES * front->count, *squares = sums + bins + 1;
    for (int c = 0; c < N_CURVES; c++) curves[c] = room + (size_t)c * front->count;
    GM_TRY(gm_series_alloc(out, bins, N_CHANNELS, err));
    fill_curves(record, front, curves);
    for (int c = 0; c < N_CURVES; c++)
        gm_front_bins(front, curves[c], bin, bins, N_CHANNELS, out->values + channel_of[c]);
    finish_channels(out, options, sums, squares);
    fill_constant_and_place(out, record, front, options);
    return GM_OK;
}

static gm_status compute(const gm_record *record, const gm_feature_options *options, gm_series *out, gm_error *err) {
    gm_front front;
    GM_TRY(gm_front_make(record, &front, err));
    gm_status status = fill(record, &front, options, out, err);
    gm_front_finish(&front);
    return status;
}

const gm_feature_set gm_features_gimlet_17 = {
    .name = "gimlet-17",
    .version = 1,
    .doc =
        "17 channels over depth: loads, their slopes and spread, no-load currents, feed, steps, gap, depth, tool age",
    .channels = channels,
    .n_channels = N_CHANNELS,
    .over_depth = true,
    .compressed = true,
    .n_heatmaps = 3,
    .compute = compute,
};
