#include "holes.h"

static void other_sample_rates_are_noticed(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->meta.sample_rate_hz = 50;
    r->meta.cycle_time_s *= 2;
    assert_found_only(r, "temporal.rate", GM_WARNING, "temporal.feed");
    r->meta.sample_rate_hz = NAN;
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(r, "", &findings, NULL);
    assert_int_equal(find(&findings, "temporal.no_rate")->severity, GM_INFO);
}

static void travel_per_row_is_0_9765_of_the_command(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->program[1].feed_mm_s = 0.69; /* 8 % less than what was drilled */
    assert_found_only(r, "temporal.feed", GM_WARNING, NULL);
    r->program[1].feed_mm_s = 0.74;
    assert_nothing_found(r);
}

static void take_rows_out(gm_record *r, size_t first, size_t count) {
    for (size_t i = first; i + count < r->n; i++) {
        r->depth_mm[i] = r->depth_mm[i + count];
        r->torque_a[i] = r->torque_a[i + count];
        r->thrust_a[i] = r->thrust_a[i + count];
        r->step[i] = r->step[i + count];
        r->stop_code[i] = r->stop_code[i + count];
    }
    r->n -= count;
    gm_error err = {0};
    assert_ok(gm_record_finish(r, &err), err);
}

static void missing_rows_show_as_jumps_of_depth(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    take_rows_out(r, 1000, 10); /* 0.07 mm at 0.75 mm/s */
    gm_auto_findings few = GM_FINDINGS_INIT;
    check_record(r, "", &few, NULL);
    assert_int_equal(find(&few, "temporal.gap")->severity, GM_INFO);
    take_rows_out(r, 1200, 40);
    gm_auto_findings many = GM_FINDINGS_INIT;
    check_record(r, "", &many, NULL);
    const gm_finding *gap = find(&many, "temporal.gap");
    assert_int_equal(gap->severity, GM_WARNING);
    assert_non_null(strstr(gap->message, "2 places"));
    assert_float_equal(gap->to_mm - gap->from_mm, 41 * 0.75 * 0.009765, 0.01);
}

static void a_feed_that_stands_still_is_noticed(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    float held = r->depth_mm[900];
    for (size_t i = 900; i < 1020; i++) r->depth_mm[i] = held;
    assert_found_only(r, "temporal.idle", GM_WARNING, "temporal.gap");
}

static void a_record_must_be_long_enough_for_a_hole(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->n = 40;
    gm_error err = {0};
    assert_ok(gm_record_finish(r, &err), err);
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(r, "", &findings, NULL);
    assert_int_equal(find(&findings, "temporal.short")->severity, GM_FAILURE);
    assert_non_null(find(&findings, "step_codes.no_end"));
}

static void durations_cannot_be_shorter_than_the_rows(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->meta.cycle_time_s = 6.4;
    assert_found_only(r, "temporal.cycle_time", GM_WARNING, NULL);
    gm_auto(gm_record) held = make_record(&ORDINARY_HOLE);
    held->meta.cycle_time_s += 60;
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(held, "", &findings, NULL);
    assert_int_equal(find(&findings, "temporal.cycle_time")->severity, GM_INFO);
    gm_step_result results[] = {
        {.step = 2, .stop_code = 64, .duration_s = 1, .distance_m2_mm = NAN, .m1_no_load_a = NAN},
        {.step = 3, .stop_code = 64, .duration_s = 14, .distance_m2_mm = NAN, .m1_no_load_a = NAN},
    };
    held->step_results = results;
    held->n_step_results = 2;
    assert_found_only(held, "temporal.duration", GM_WARNING, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_sample_rates_are_noticed),
        cmocka_unit_test(travel_per_row_is_0_9765_of_the_command),
        cmocka_unit_test(missing_rows_show_as_jumps_of_depth),
        cmocka_unit_test(a_feed_that_stands_still_is_noticed),
        cmocka_unit_test(a_record_must_be_long_enough_for_a_hole),
        cmocka_unit_test(durations_cannot_be_shorter_than_the_rows),
    };
    return cmocka_run_group_tests_name("temporal", tests, NULL, NULL);
}
