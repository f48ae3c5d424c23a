#include "test.h"

#include "training/loop_internal.h"

enum { LENGTH = 512 };
#define BIN_MM 0.05

/* A hole of `rows` bins; outputs of one window made by hand. */
static gm_series made_series(size_t rows) {
    gm_series s = {.rows = rows, .channels = 17};
    s.depth_mm = gm_calloc(rows, sizeof(float));
    s.values = gm_calloc(rows * 17, sizeof(float));
    for (size_t r = 0; r < rows; r++) s.depth_mm[r] = (float)(((double)r + 0.5) * BIN_MM);
    return s;
}

static gm_pipeline made_pipeline(void) {
    return (gm_pipeline){.set = gm_feature_set_find("gimlet-17"),
                         .features = {.bin_mm = BIN_MM},
                         .many_windows = true,
                         .read_out_version = 2};
}

/* Log odds of a bump of total probability `mass` around a depth, in window rows. */
static void put_bump(float *outputs, int point, double row, double sigma, double mass) {
    for (int r = 0; r < LENGTH; r++) {
        double q = mass / (sigma * sqrt(2 * M_PI)) * exp(-0.5 * (r - row) * (r - row) / (sigma * sigma));
        outputs[r * GM_N_POINTS + point] = (float)fmax(log(fmax(q, 1e-30) / (1 - mass)), -30);
    }
}

static void put_nothing(float *outputs, int point) {
    for (int r = 0; r < LENGTH; r++) outputs[r * GM_N_POINTS + point] = -20;
}

static double row_of(double mm) {
    return mm / BIN_MM - 0.5;
}

static void points_are_read_finer_than_a_row(void **state) {
    (void)state;
    gm_series s = made_series(500);
    gm_pipeline pipeline = made_pipeline();
    static float outputs[LENGTH * GM_N_POINTS];
    put_bump(outputs, GM_ENTRY, row_of(6.013), 2, 0.99);
    put_bump(outputs, GM_TRANSITION, row_of(15.768), 2, 0.99);
    put_bump(outputs, GM_EXIT, row_of(20.031), 2, 0.99);
    gm_window window = {.step = 1};
    gm_points points;
    gm_error err = {0};
    assert_ok(gm_read_out_ordered(&pipeline, &s, &window, 1, LENGTH, outputs, &points, &err), err);
    assert_true(fabs(points.mm[GM_ENTRY] - 6.013) < 0.003);
    assert_true(fabs(points.mm[GM_TRANSITION] - 15.768) < 0.003);
    assert_true(fabs(points.mm[GM_EXIT] - 20.031) < 0.003);
    assert_true(fabs(points.uncertainty[GM_EXIT] - (2 * BIN_MM + 0.01)) < 0.01);
    gm_series_finish(&s);
}

static void an_absent_point_stays_absent(void **state) {
    (void)state;
    gm_series s = made_series(500);
    gm_pipeline pipeline = made_pipeline();
    static float outputs[LENGTH * GM_N_POINTS];
    put_bump(outputs, GM_ENTRY, row_of(6), 2, 0.9);
    put_nothing(outputs, GM_TRANSITION);
    put_bump(outputs, GM_EXIT, row_of(20), 2, 0.2);
    gm_window window = {.step = 1};
    gm_points points;
    gm_error err = {0};
    assert_ok(gm_read_out_ordered(&pipeline, &s, &window, 1, LENGTH, outputs, &points, &err), err);
    assert_true(isfinite(points.mm[GM_ENTRY]) && isnan(points.mm[GM_TRANSITION]) && isnan(points.mm[GM_EXIT]));
    assert_true(fabs(points.probability[GM_EXIT] - 0.2) < 0.01);
    gm_series_finish(&s);
}

/* A second bump of a point, a little lower than the one that stands there. */
static void add_lower_bump(float *outputs, int point, double row) {
    static float low[LENGTH * GM_N_POINTS];
    put_bump(low, point, row, 2, 0.6);
    for (int r = 0; r < LENGTH; r++) {
        float *z = &outputs[r * GM_N_POINTS + point];
        *z = fmaxf(*z, low[r * GM_N_POINTS + point] - 0.3f);
    }
}

/* The exit's higher bump lies before the entry: it must be the lower one behind it. */
static void order_beats_height(void **state) {
    (void)state;
    gm_series s = made_series(500);
    gm_pipeline pipeline = made_pipeline();
    static float outputs[LENGTH * GM_N_POINTS];
    put_bump(outputs, GM_ENTRY, row_of(6), 2, 0.98);
    put_nothing(outputs, GM_TRANSITION);
    put_bump(outputs, GM_EXIT, row_of(3), 2, 0.6);
    add_lower_bump(outputs, GM_EXIT, row_of(18));
    gm_window window = {.step = 1};
    gm_points points;
    gm_error err = {0};
    assert_ok(gm_read_out_ordered(&pipeline, &s, &window, 1, LENGTH, outputs, &points, &err), err);
    assert_true(fabs(points.mm[GM_ENTRY] - 6) < 0.01 && fabs(points.mm[GM_EXIT] - 18) < 0.01);
    gm_series_finish(&s);
}

/* A change of step: the exit's higher bump lies a little before the transition. The two real records that had it so lost
 * 5 mm of hole; a model of the first version is read out as it was judged. */
static void depths_stay_in_order(void **state) {
    (void)state;
    gm_series s = made_series(500);
    gm_pipeline pipeline = made_pipeline();
    static float outputs[LENGTH * GM_N_POINTS];
    put_bump(outputs, GM_ENTRY, row_of(6), 2, 0.98);
    put_bump(outputs, GM_TRANSITION, row_of(16), 2, 0.98);
    put_bump(outputs, GM_EXIT, row_of(15.8), 2, 0.6);
    add_lower_bump(outputs, GM_EXIT, row_of(21));
    gm_window window = {.step = 1};
    gm_points points;
    gm_error err = {0};
    assert_ok(gm_read_out_ordered(&pipeline, &s, &window, 1, LENGTH, outputs, &points, &err), err);
    assert_true(fabs(points.mm[GM_TRANSITION] - 16) < 0.01 && fabs(points.mm[GM_EXIT] - 21) < 0.01);
    assert_true(points.probability[GM_TRANSITION] > 0.95);
    assert_true(points.probability[GM_EXIT] > 0.2 && points.probability[GM_EXIT] < 0.5); /* it may lie elsewhere */
    pipeline.read_out_version = 1;
    assert_ok(gm_read_out_ordered(&pipeline, &s, &window, 1, LENGTH, outputs, &points, &err), err);
    assert_true(fabs(points.mm[GM_EXIT] - 15.8) < 0.01 && points.probability[GM_EXIT] > 0.7);
    gm_series_finish(&s);
}

/* Two points closer than the places may stand to each other, at the edges of the record too. */
static void close_points_are_both_read(void **state) {
    (void)state;
    gm_series s = made_series(LENGTH);
    gm_pipeline pipeline = made_pipeline();
    static float outputs[LENGTH * GM_N_POINTS];
    put_bump(outputs, GM_ENTRY, row_of(0.2), 1, 0.98);
    put_bump(outputs, GM_TRANSITION, row_of(25.2), 1, 0.98);
    put_bump(outputs, GM_EXIT, row_of(25.4), 1, 0.98);
    gm_window window = {.step = 1};
    gm_points points;
    gm_error err = {0};
    assert_ok(gm_read_out_ordered(&pipeline, &s, &window, 1, LENGTH, outputs, &points, &err), err);
    assert_true(fabs(points.mm[GM_ENTRY] - 0.2) < 0.02);
    assert_true(fabs(points.mm[GM_TRANSITION] - 25.2) < 0.02 && fabs(points.mm[GM_EXIT] - 25.4) < 0.02);
    gm_series_finish(&s);
}

/* gimlet.json of a model says how it is read out: as before, as now, or in a way that is not known here. */
static void a_model_keeps_its_read_out(void **state) {
    (void)state;
    char *dir = test_folder_new();
    gm_provenance from = {.snapshot = gm_strdup("0")}, read = {0};
    gm_error err = {0};
    for (int version = 1; version <= 3; version++) {
        gm_pipeline pipeline = made_pipeline(), back = {0};
        for (int c = 0; c < pipeline.set->n_channels; c++) pipeline.normaliser.scale[c] = 1;
        pipeline.read_out_version = version;
        assert_ok(gm_pipeline_save(dir, &pipeline, &from, &err), err);
        gm_status status = gm_pipeline_load(dir, &back, &read, &err);
        gm_provenance_finish(&read);
        assert_int_equal(status, version <= gm_read_out_of(pipeline.set).version ? GM_OK : GM_E_FORMAT);
        if (status == GM_OK) assert_int_equal(back.read_out_version, version);
    }
    assert_non_null(strstr(err.message, "another version of the read-out"));
    gm_provenance_finish(&from);
    test_folder_remove(dir);
}

static void windows_of_a_long_hole_are_joined(void **state) {
    (void)state;
    gm_series s = made_series(900);
    gm_pipeline pipeline = made_pipeline();
    gm_window windows[GM_MAX_WINDOWS];
    int n = gm_windows_plan(pipeline.set, &s, LENGTH, true, windows);
    assert_true(n >= 2 && windows[0].first == 0 && windows[n - 1].first == 900 - LENGTH);
    gm_auto_free float *outputs = gm_calloc((size_t)n * LENGTH * GM_N_POINTS, sizeof *outputs);
    double want[GM_N_POINTS] = {5.2, 19.9, 40.03};
    for (int w = 0; w < n; w++)
        for (int p = 0; p < GM_N_POINTS; p++) {
            double row = row_of(want[p]) - windows[w].first;
            float *window = outputs + (size_t)w * LENGTH * GM_N_POINTS;
            if (row > 5 && row < LENGTH - 5)
                put_bump(window, p, row, 2, 0.99);
            else
                put_nothing(window, p);
        }
    gm_points points;
    gm_error err = {0};
    assert_ok(gm_read_out_ordered(&pipeline, &s, windows, n, LENGTH, outputs, &points, &err), err);
    for (int p = 0; p < GM_N_POINTS; p++) assert_true(fabs(points.mm[p] - want[p]) < 0.02);
    gm_series_finish(&s);
}

static void heights_of_bumps_are_read_too(void **state) {
    (void)state;
    gm_series s = made_series(500);
    gm_pipeline pipeline = made_pipeline();
    pipeline.peaks = true;
    static float outputs[LENGTH * GM_N_POINTS];
    for (int r = 0; r < LENGTH; r++) {
        double d = r - row_of(7.33);
        outputs[r * GM_N_POINTS + GM_ENTRY] = (float)exp(-0.5 * d * d / 9);
    }
    gm_window window = {.step = 1};
    gm_points points;
    gm_error err = {0};
    assert_ok(gm_read_out_ordered(&pipeline, &s, &window, 1, LENGTH, outputs, &points, &err), err);
    assert_true(fabs(points.mm[GM_ENTRY] - 7.33) < 0.01);
    assert_true(isnan(points.mm[GM_TRANSITION]) && isnan(points.mm[GM_EXIT]));
    gm_series_finish(&s);
}

static void a_prediction_has_layers_interval_and_grip_code(void **state) {
    (void)state;
    gm_points points = {.mm = {5, 9, 13}, .uncertainty = {0.1, 0.2, 0.1}, .probability = {0.99, 0.95, 0.6}};
    gm_calibration calibration = {.known = true, .interval = 0.9, .factor = {2, 1, 3, 1}};
    gm_prediction prediction;
    gm_prediction_fill(&points, &calibration, &prediction);
    assert_int_equal(prediction.n_layers, 2);
    assert_true(prediction.layers_mm[0] == 4 && prediction.layers_mm[1] == 4);
    assert_true(fabs(prediction.low_mm[GM_ENTRY] - 4.8) < 1e-9 && fabs(prediction.high_mm[GM_EXIT] - 13.3) < 1e-9);
    assert_int_equal(prediction.grip_code, gm_grip_code(8));
    assert_int_equal(prediction.n_warnings, 1); /* the exit is 60 % sure */
    assert_non_null(strstr(prediction.warnings[0], "the exit may lie elsewhere: only 60 % sure"));
    points.mm[GM_TRANSITION] = NAN;
    points.probability[GM_TRANSITION] = 0.4;
    gm_prediction_fill(&points, &calibration, &prediction);
    assert_int_equal(prediction.n_warnings, 2);
    assert_non_null(strstr(prediction.warnings[0], "there may be a transition: only 60 % sure that there is none"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_read_finer_than_a_row),
        cmocka_unit_test(an_absent_point_stays_absent),
        cmocka_unit_test(order_beats_height),
        cmocka_unit_test(depths_stay_in_order),
        cmocka_unit_test(close_points_are_both_read),
        cmocka_unit_test(a_model_keeps_its_read_out),
        cmocka_unit_test(windows_of_a_long_hole_are_joined),
        cmocka_unit_test(heights_of_bumps_are_read_too),
        cmocka_unit_test(a_prediction_has_layers_interval_and_grip_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
