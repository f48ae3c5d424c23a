/* inference-15 and inference-17: the channels of today's inference system, so that a model trained here can take the
 * place of one of its own. Samples of step 2 only; three decimated series (phase 0..2), each delayed by 0..4 rows; one
 * row per three samples (33.3 Hz). Matched: its prepare step, colour 3, slide 5, pad rate 1. */
#include "preprocessing_internal.h"

enum { COLOURS = 3, SLIDES = 5, TORQUES = COLOURS * SLIDES, MIDDLE = 2 };

#define T(n, age)                                                                                                      \
    { "torque" #n, "A", "net torque of step 2, 100 Hz sample " age }
static const gm_channel channels[TORQUES + 2] = {
    T(1, "3r"),
    T(2, "3r + 1"),
    T(3, "3r + 2"),
    T(4, "3(r-1)"),
    T(5, "3(r-1) + 1"),
    T(6, "3(r-1) + 2"),
    T(7, "3(r-2)"),
    T(8, "3(r-2) + 1"),
    T(9, "3(r-2) + 2"),
    T(10, "3(r-3)"),
    T(11, "3(r-3) + 1"),
    T(12, "3(r-3) + 2"),
    T(13, "3(r-4)"),
    T(14, "3(r-4) + 1"),
    T(15, "3(r-4) + 2"),
    {"local", "holes", "holes drilled with this tool before"},
    {"PREDRILLED", "1", "1 = the hole was drilled before"},
};

/* Torques: mean and deviation of the training rows. Tool age and predrilled: the constants of the inference system. */
static const struct gm_fixed_scale fixed[TORQUES + 2] = {
    [TORQUES] = {0.034, -1.7},
    [TORQUES + 1] = {0.69 + 1.45, -1.45},
};

static size_t pick_step_2(const gm_record *record, size_t *rows) {
    size_t n = 0;
    for (size_t i = 0; i < record->n; i++)
        if (record->step[i] == 2 && isfinite(record->depth_mm[i])) rows[n++] = i;
    return n;
}

static void fill(const gm_record *record, const size_t *rows, const gm_feature_options *options, gm_series *out) {
    int width = out->channels;
    double age = isfinite(options->tool_age) ? options->tool_age : (double)record->meta.head_local_counter_1 - 1;
    double predrilled = isfinite(options->predrilled) ? options->predrilled : 1;
    double deepest = 0;
    for (size_t r = 0; r < out->rows; r++) {
        float *row = out->values + r * (size_t)width;
        for (size_t g = 0; g < SLIDES && g <= r; g++)
            for (size_t c = 0; c < COLOURS; c++) {
                float torque = record->torque_a[rows[COLOURS * (r - g) + c]];
                row[COLOURS * g + c] = isfinite(torque) ? torque : 0;
            }
        if (width > TORQUES) {
            row[TORQUES] = (float)fmax(age, 0);
            row[TORQUES + 1] = (float)predrilled;
        }
        if (r >= MIDDLE) deepest = fmax(deepest, record->depth_mm[rows[COLOURS * (r - MIDDLE) + 1]]);
        out->depth_mm[r] = (float)deepest;
    }
}

static gm_status compute(const gm_record *record, const gm_feature_options *options, int width, gm_series *out,
                         gm_error *err) {
    gm_auto_free size_t *rows = gm_alloc_array(record->n + 1, sizeof *rows);
    if (!rows) return gm_nomem(err);
    size_t n = pick_step_2(record, rows);
    if (n < 100)
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "use the feature set gimlet-17, which needs no certain step",
                          "%zu samples in step 2; the inference system's channels need at least 100", n);
    GM_TRY(gm_series_alloc(out, n / COLOURS, width, err));
    fill(record, rows, options, out);
    return GM_OK;
}

static gm_status compute_15(const gm_record *record, const gm_feature_options *options, gm_series *out, gm_error *err) {
    return compute(record, options, TORQUES, out, err);
}

static gm_status compute_17(const gm_record *record, const gm_feature_options *options, gm_series *out, gm_error *err) {
    return compute(record, options, TORQUES + 2, out, err);
}

const gm_feature_set gm_features_inference_15 = {
    .name = "inference-15",
    .version = 1,
    .doc = "the inference system's 15 torque channels (models without tool age and predrilled)",
    .channels = channels,
    .n_channels = TORQUES,
    .n_heatmaps = 1,
    .compute = compute_15,
    .fixed = fixed,
    .padding = -1,
};

const gm_feature_set gm_features_inference_17 = {
    .name = "inference-17",
    .version = 1,
    .doc = "the inference system's 15 torque channels, tool age and predrilled",
    .channels = channels,
    .n_channels = TORQUES + 2,
    .n_heatmaps = 1,
    .compute = compute_17,
    .fixed = fixed,
    .padding = -1,
};
