#include "test.h"

#include "data/preprocessing/preprocessing.h"

#include <math.h>

enum { ROWS = 1200 };
#define FEED_MM 0.02 /* per sample: 2 mm/s at 100 Hz */

/* A made hole: air to 6 mm, 5 A to 16 mm, 40 A to 20 mm, air. One step change with a way back at 15 mm. */
static gm_record *made_record(void) {
    gm_record *r = gm_record_new();
    r->n = ROWS;
    float **columns[] = {&r->depth_mm, &r->torque_a, &r->thrust_a, &r->torque_empty_a, &r->thrust_empty_a};
    for (size_t c = 0; c < GM_COUNT(columns); c++) *columns[c] = gm_arena_alloc(r->arena, ROWS * sizeof(float));
    r->step = gm_arena_alloc(r->arena, ROWS * sizeof(int32_t));
    r->stop_code = gm_arena_alloc(r->arena, ROWS * sizeof(int32_t));
    double depth = 0;
    for (int i = 0; i < ROWS; i++) {
        depth = i == 750 ? depth - 0.24 : depth + FEED_MM;
        r->depth_mm[i] = (float)depth;
        bool air = depth < 6 || depth > 20 || (i >= 750 && i < 762);
        r->torque_a[i] = air ? 0 : depth < 16 ? 5 : 40;
        r->thrust_a[i] = r->torque_a[i] / 20;
        r->torque_empty_a[i] = 1.5f;
        r->thrust_empty_a[i] = 0.3f;
        r->step[i] = i < 750 ? 2 : 3;
    }
    r->stop_code[749] = GM_STOP_STROKE;
    r->meta.sample_rate_hz = 100;
    r->meta.head_local_counter_1 = 8;
    gm_error err = {0};
    assert_ok(gm_record_finish(r, &err), err);
    return r;
}

static const gm_feature_options options = {
    .bin_mm = 0.05, .normalize_position = true, .tool_age = NAN, .predrilled = NAN};

static int channel(const gm_feature_set *set, const char *name) {
    for (int c = 0; c < set->n_channels; c++)
        if (strcmp(set->channels[c].name, name) == 0) return c;
    fail_msg("no channel %s", name);
    return -1;
}

static double at(const gm_series *s, int c, double depth_mm) {
    return s->values[(size_t)lround(gm_series_row_at(s, depth_mm)) * (size_t)s->channels + (size_t)c];
}

static void every_set_documents_every_channel(void **state) {
    (void)state;
    size_t n;
    const gm_feature_set *const *sets = gm_feature_sets(&n);
    assert_true(n >= 3);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(gm_feature_set_find(sets[i]->name), sets[i]);
        assert_in_range(sets[i]->n_channels, 1, GM_MAX_CHANNELS);
        for (int c = 0; c < sets[i]->n_channels; c++)
            assert_true(*sets[i]->channels[c].name && *sets[i]->channels[c].unit && *sets[i]->channels[c].doc);
    }
    assert_null(gm_feature_set_find("gimlet-18"));
}

static void loads_stand_at_their_depth(void **state) {
    (void)state;
    gm_auto(gm_record) record = made_record();
    const gm_feature_set *set = gm_feature_set_find("gimlet-17");
    gm_series s;
    gm_error err = {0};
    assert_ok(set->compute(record, &options, &s, &err), err);
    int torque = channel(set, "torque"), thrust = channel(set, "thrust"), feed = channel(set, "feed");
    assert_true(fabs(at(&s, torque, 3) - 0) < 1e-6);
    assert_true(fabs(at(&s, torque, 10) - asinh(5 / 0.5)) < 1e-4);
    assert_true(fabs(at(&s, torque, 18) - asinh(40 / 0.5)) < 1e-4);
    assert_true(fabs(at(&s, thrust, 18) - asinh(2 / 0.05)) < 1e-4);
    assert_true(fabs(at(&s, feed, 10) - log(2.1)) < 0.02);
    assert_true(fabs(at(&s, channel(set, "tool_age"), 10) - log(8)) < 1e-5);
    assert_true(at(&s, channel(set, "torque_slope"), 6) > 1);
    assert_true(at(&s, channel(set, "torque_slope"), 20) < -1);
    assert_true(at(&s, channel(set, "step_start"), 15.1) > 0.7);
    gm_series_finish(&s);
}

static void the_way_back_after_a_step_change_leaves_no_notch(void **state) {
    (void)state;
    gm_auto(gm_record) record = made_record();
    const gm_feature_set *set = gm_feature_set_find("gimlet-17");
    gm_series s;
    gm_error err = {0};
    assert_ok(set->compute(record, &options, &s, &err), err);
    for (double d = 14.3; d < 14.95; d += 0.05) assert_true(at(&s, channel(set, "torque"), d) > 2.9);
    gm_series_finish(&s);
}

static void rows_and_depths_are_inverse(void **state) {
    (void)state;
    gm_auto(gm_record) record = made_record();
    const gm_feature_set *set = gm_feature_set_find("gimlet-17");
    gm_series s;
    gm_error err = {0};
    assert_ok(set->compute(record, &options, &s, &err), err);
    gm_window window = {.first = -17.3, .step = 1.07, .bend = 0.7};
    for (double row = -20; row < 600; row += 13.7) {
        assert_true(fabs(gm_series_row_at(&s, gm_series_depth_at(&s, row)) - row) < 2e-3);
        assert_true(fabs(gm_window_row_of(&window, 512, gm_window_series_row(&window, 512, row)) - row) < 1e-6);
    }
    gm_series_finish(&s);
}

static void a_target_has_its_centre_at_the_label(void **state) {
    (void)state;
    gm_auto(gm_record) record = made_record();
    const gm_feature_set *set = gm_feature_set_find("gimlet-17");
    gm_series s;
    gm_error err = {0};
    assert_ok(set->compute(record, &options, &s, &err), err);
    gm_label label = GM_LABEL_EMPTY;
    label.points[GM_ENTRY].mm = 6.013;
    label.points[GM_EXIT].mm = 19.987;
    static float target[512 * GM_N_POINTS];
    bool present[GM_N_POINTS];
    gm_window window = {.first = 3.4, .step = 0.96, .bend = 0.5};
    gm_targets_fill(&s, &window, 512, &label, 0.1, GM_TARGET_DENSITY, target, present);
    assert_true(present[GM_ENTRY] && !present[GM_TRANSITION] && present[GM_EXIT]);
    double sum[GM_N_POINTS] = {0}, centre[GM_N_POINTS] = {0};
    for (int r = 0; r < 512; r++)
        for (int p = 0; p < GM_N_POINTS; p++) {
            sum[p] += target[r * GM_N_POINTS + p];
            centre[p] += r * target[r * GM_N_POINTS + p];
        }
    assert_true(fabs(sum[GM_ENTRY] - 1) < 1e-5 && sum[GM_TRANSITION] == 0 && fabs(sum[GM_EXIT] - 1) < 1e-5);
    double mm = gm_series_depth_at(&s, gm_window_series_row(&window, 512, centre[GM_EXIT]));
    assert_true(fabs(mm - 19.987) < 2e-3);
    gm_series_finish(&s);
}

static void the_same_random_state_gives_the_same_window(void **state) {
    (void)state;
    gm_auto(gm_record) record = made_record();
    const gm_feature_set *set = gm_feature_set_find("gimlet-17");
    gm_series s;
    gm_error err = {0};
    assert_ok(set->compute(record, &options, &s, &err), err);
    gm_normaliser normaliser;
    const gm_series *all[] = {&s};
    gm_normaliser_fit(set, all, 1, &normaliser);
    gm_augmentation augmentation = {.noise = 0.05, .warp = 0.1, .shift_rows = 20, .level = 0.1};
    static float a[512 * 17], b[512 * 17];
    float *out[] = {a, b};
    for (int i = 0; i < 2; i++) {
        gm_random random;
        gm_random_init(&random, 42, gm_stream(2, (uint64_t)3, (uint64_t)7));
        gm_window window = gm_window_augment(&(gm_window){.step = 1}, &augmentation, &random);
        gm_window_fill(set, &s, &normaliser, &window, 512, &augmentation, &random, out[i]);
    }
    assert_memory_equal(a, b, sizeof a);
    gm_series_finish(&s);
}

/* The table of the inference system: torque{3g+c+1}[r] = s[3(r-g)+c], xpos2[r] = position[3(r-2)+1]. */
static void inference_channels_are_those_of_the_inference_system(void **state) {
    (void)state;
    gm_auto(gm_record) record = made_record();
    for (int i = 0; i < ROWS; i++) record->torque_a[i] = (float)i;
    const gm_feature_set *set = gm_feature_set_find("inference-17");
    gm_series s;
    gm_error err = {0};
    assert_ok(set->compute(record, &options, &s, &err), err);
    assert_int_equal(s.rows, 250);
    const float *row = s.values + 100 * 17;
    assert_true(row[0] == 300 && row[2] == 302 && row[7] == 295 && row[14] == 290);
    assert_true(row[15] == 7 && row[16] == 1);
    assert_true(s.depth_mm[100] == record->depth_mm[295]);
    assert_true(s.values[3] == 0 && s.depth_mm[1] == 0);
    gm_normaliser normaliser;
    const gm_series *all[] = {&s};
    gm_normaliser_fit(set, all, 1, &normaliser);
    assert_true(fabs((7 - normaliser.mean[15]) / normaliser.scale[15] - (7 * 0.034 - 1.7)) < 1e-9);
    assert_true(fabs((0 - normaliser.mean[16]) / normaliser.scale[16] + 1.45) < 1e-9);
    gm_window windows[GM_MAX_WINDOWS];
    assert_int_equal(gm_windows_plan(set, &s, 512, true, windows), 40);
    gm_series_finish(&s);
}

static void a_record_that_does_not_move_is_refused_in_words(void **state) {
    (void)state;
    gm_auto(gm_record) record = made_record();
    for (int i = 0; i < ROWS; i++) record->depth_mm[i] = 5;
    gm_series s;
    gm_error err = {0};
    assert_int_equal(gm_feature_set_find("gimlet-17")->compute(record, &options, &s, &err), GM_E_FORMAT);
    assert_non_null(strstr(err.message, "the drill moves 0.00 mm"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_documents_every_channel),
        cmocka_unit_test(loads_stand_at_their_depth),
        cmocka_unit_test(the_way_back_after_a_step_change_leaves_no_notch),
        cmocka_unit_test(rows_and_depths_are_inverse),
        cmocka_unit_test(a_target_has_its_centre_at_the_label),
        cmocka_unit_test(the_same_random_state_gives_the_same_window),
        cmocka_unit_test(inference_channels_are_those_of_the_inference_system),
        cmocka_unit_test(a_record_that_does_not_move_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
