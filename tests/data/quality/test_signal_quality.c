#include "holes.h"

static void an_ordinary_hole_is_not_complained_about(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    assert_nothing_found(r);
}

static void a_cycle_in_air_has_no_contact(void **state) {
    (void)state;
    hole h = ORDINARY_HOLE;
    h.entry_mm = h.metal_mm = h.exit_mm = INFINITY;
    gm_auto(gm_record) r = make_record(&h);
    assert_found_only(r, "signal_quality.no_contact", GM_FAILURE, NULL);
}

static void rubbing_in_a_finished_hole_is_told_from_drilling(void **state) {
    (void)state;
    hole h = ORDINARY_HOLE;
    h.entry_mm = 17, h.metal_mm = INFINITY, h.exit_mm = 21, h.soft_a = 1.2;
    gm_auto(gm_record) r = make_record(&h);
    assert_found_only(r, "signal_quality.already_drilled", GM_FAILURE, NULL);
}

static void drilling_the_rest_of_a_hole_is_late_contact(void **state) {
    (void)state;
    hole h = ORDINARY_HOLE;
    h.entry_mm = 19, h.metal_mm = INFINITY, h.exit_mm = 21.5, h.soft_a = 45;
    gm_auto(gm_record) r = make_record(&h);
    assert_found_only(r, "signal_quality.late_contact", GM_FAILURE, NULL);
}

static void a_step_that_seeks_the_part_may_be_all_air(void **state) {
    (void)state;
    hole h = ORDINARY_HOLE;
    h.entry_mm = 16.2, h.metal_mm = INFINITY, h.exit_mm = 21.5, h.soft_a = 20;
    gm_auto(gm_record) r = make_record(&h);
    r->program[0].torque_max_a = 0.3;
    for (size_t i = 0; i < r->n; i++)
        if (r->step[i] == 2 && r->stop_code[i]) r->stop_code[i] = GM_STOP_TORQUE_RISE;
    gm_error err = {0};
    assert_ok(gm_record_finish(r, &err), err);
    assert_nothing_found(r);
}

static void torque_left_at_the_end_means_not_through(void **state) {
    (void)state;
    static const double exits_mm[] = {INFINITY, 24.6, 23.9};
    for (size_t i = 0; i < GM_COUNT(exits_mm); i++) {
        hole h = ORDINARY_HOLE;
        h.exit_mm = exits_mm[i];
        gm_auto(gm_record) r = make_record(&h);
        assert_found_only(r, "signal_quality.not_through", GM_WARNING, NULL);
    }
    hole h = ORDINARY_HOLE;
    h.exit_mm = 23.4; /* torque is back in air at 24.8, just before the end */
    gm_auto(gm_record) r = make_record(&h);
    assert_nothing_found(r);
}

/* A countersink behind the hole may ask more torque than the hole did. */
static void a_countersink_is_no_layer(void **state) {
    (void)state;
    hole h = ORDINARY_HOLE;
    h.hard_a = 9, h.exit_mm = 19;
    gm_auto(gm_record) r = make_record(&h);
    for (size_t i = 0; i < r->n; i++) {
        if (r->depth_mm[i] > 23) r->torque_a[i] += 8 * (r->depth_mm[i] - 23);
        if (r->stop_code[i] && r->step[i] == 3) r->stop_code[i] = GM_STOP_HARD_STOP;
    }
    gm_error err = {0};
    assert_ok(gm_record_finish(r, &err), err);
    assert_nothing_found(r);
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_hole_summary summary;
    check_record(r, "", &findings, &summary);
    assert_float_equal(summary.torque_max_a, 9, 0.5);
    assert_float_equal(summary.exit_mm, 19.7, 0.3);
}

static void torque_at_70_a_is_clipped(void **state) {
    (void)state;
    hole h = ORDINARY_HOLE;
    gm_auto(gm_record) r = make_record(&h);
    for (size_t i = 0; i < r->n; i++) r->torque_a[i] = fminf(r->torque_a[i] * 1.9f, 67.3f);
    assert_found_only(r, "signal_quality.clipped", GM_WARNING, NULL);
}

static void a_current_that_never_changes_is_stuck(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    for (size_t i = 600; i < 1300; i++) r->thrust_a[i] = r->thrust_a[600];
    assert_found_only(r, "signal_quality.stuck", GM_WARNING, NULL);
    gm_auto(gm_record) fast = make_record(&ORDINARY_HOLE); /* 8 mm of CFRP at 3 mm/s is but 2.7 s */
    for (size_t i = 215; i < 500; i++) fast->torque_a[i] = 5.029f;
    assert_found_only(fast, "signal_quality.stuck", GM_WARNING, NULL);
    gm_auto(gm_record) quiet = make_record(&ORDINARY_HOLE); /* in air it may rest on one count */
    for (size_t i = 0; i < 190; i++) quiet->torque_a[i] = 0;
    assert_nothing_found(quiet);
}

static void missing_thrust_is_noticed(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    for (size_t i = 0; i < r->n; i++) r->thrust_a[i] = i % 9 ? 0 : 0.012f;
    assert_found_only(r, "signal_quality.no_thrust", GM_WARNING, NULL);
}

static void noise_is_told_from_ripple(void **state) {
    (void)state;
    gm_auto(gm_record) noisy = make_record(&ORDINARY_HOLE);
    for (size_t i = 0; i < noisy->n; i++) noisy->torque_a[i] += i % 2 ? 0.5f : -0.5f;
    assert_found_only(noisy, "signal_quality.noise", GM_WARNING, NULL);
    gm_auto(gm_record) micropeck = make_record(&ORDINARY_HOLE); /* 8 Hz, 1.9 A: the ripple of a micropecking head */
    for (size_t i = 0; i < micropeck->n; i++)
        if (micropeck->torque_a[i] > 8 && micropeck->stop_code[i] == 0)
            micropeck->torque_a[i] += 1.9f * sinf(2 * 3.14159f * 0.0805f * (float)i);
    assert_nothing_found(micropeck);
}

static void single_rows_off_their_neighbours_are_outliers(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->torque_a[900] += 6;
    r->torque_a[1200] -= 3;
    assert_found_only(r, "signal_quality.outliers", GM_WARNING, NULL);
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(r, "", &findings, NULL);
    const gm_finding *finding = find(&findings, "signal_quality.outliers");
    assert_float_equal(finding->from_mm, r->depth_mm[900], 0.02);
    assert_non_null(strstr(finding->message, "2 single rows"));
}

static void drift_of_the_motor_zero_has_a_limit(void **state) {
    (void)state;
    static const float drifts_a[] = {-2.8f, -5.0f};
    for (size_t k = 0; k < 2; k++) {
        gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
        for (size_t i = 0; i < r->n; i++)
            if (r->depth_mm[i] > 22.2f) r->torque_a[i] += drifts_a[k] * (r->depth_mm[i] - 22.2f) / 2.8f;
        if (k == 0)
            assert_nothing_found(r);
        else
            assert_found_only(r, "signal_quality.drift", GM_WARNING, NULL);
    }
}

static void depth_may_jitter_by_a_motor_step_only(void **state) {
    (void)state;
    gm_auto(gm_record) jitter = make_record(&ORDINARY_HOLE);
    jitter->depth_mm[1000] = jitter->depth_mm[999] - 0.0038f;
    assert_nothing_found(jitter);
    gm_auto(gm_record) back = make_record(&ORDINARY_HOLE);
    for (size_t i = 1000; i < 1010; i++) back->depth_mm[i] -= 0.076f;
    assert_found_only(back, "signal_quality.backwards", GM_WARNING, "temporal.gap");
}

static void rows_without_a_value_are_counted(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->thrust_a[700] = NAN;
    r->torque_a[701] = INFINITY;
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(r, "", &findings, NULL);
    const gm_finding *finding = find(&findings, "signal_quality.missing");
    assert_non_null(finding);
    assert_int_equal(finding->severity, GM_WARNING);
    assert_non_null(strstr(finding->message, "2 of"));
    assert_non_null(strstr(finding->message, "row 701"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_hole_is_not_complained_about),
        cmocka_unit_test(a_cycle_in_air_has_no_contact),
        cmocka_unit_test(rubbing_in_a_finished_hole_is_told_from_drilling),
        cmocka_unit_test(drilling_the_rest_of_a_hole_is_late_contact),
        cmocka_unit_test(a_step_that_seeks_the_part_may_be_all_air),
        cmocka_unit_test(torque_left_at_the_end_means_not_through),
        cmocka_unit_test(a_countersink_is_no_layer),
        cmocka_unit_test(torque_at_70_a_is_clipped),
        cmocka_unit_test(a_current_that_never_changes_is_stuck),
        cmocka_unit_test(missing_thrust_is_noticed),
        cmocka_unit_test(noise_is_told_from_ripple),
        cmocka_unit_test(single_rows_off_their_neighbours_are_outliers),
        cmocka_unit_test(drift_of_the_motor_zero_has_a_limit),
        cmocka_unit_test(depth_may_jitter_by_a_motor_step_only),
        cmocka_unit_test(rows_without_a_value_are_counted),
    };
    return cmocka_run_group_tests_name("signal_quality", tests, NULL, NULL);
}
