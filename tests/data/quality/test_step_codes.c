#include "holes.h"

static void finish(gm_record *r) {
    gm_error err = {0};
    assert_ok(gm_record_finish(r, &err), err);
}

static void set_end_code(gm_record *r, int step, int32_t code) {
    for (size_t i = 0; i < r->n; i++)
        if (r->step[i] == step && r->stop_code[i]) r->stop_code[i] = code;
    finish(r);
}

static void overload_and_abort_break_a_cycle_off(void **state) {
    (void)state;
    static const struct {
        int32_t code;
        const char *check, *words;
    } cases[] = {
        {GM_STOP_TORQUE_LIMIT | GM_STOP_M1_SHORT, "step_codes.overload", "torque limit"},
        {GM_STOP_M2_OVERLOAD, "step_codes.overload", "overload"},
        {GM_STOP_ABORT, "step_codes.aborted", "abort"},
        {GM_STOP_BUTTON, "step_codes.aborted", "button"},
        {GM_STOP_TOOL_BREAK, "step_codes.aborted", "break"},
        {GM_STOP_THRUST_SAFETY, "step_codes.aborted", "safety"},
    };
    for (size_t i = 0; i < GM_COUNT(cases); i++) {
        gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
        set_end_code(r, 3, cases[i].code);
        assert_found_only(r, cases[i].check, GM_FAILURE, NULL);
        gm_auto_findings findings = GM_FINDINGS_INIT;
        check_record(r, "", &findings, NULL);
        assert_non_null(strstr(find(&findings, cases[i].check)->message, cases[i].words));
    }
}

static void a_hard_stop_is_an_ordinary_end(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    set_end_code(r, 3, GM_STOP_HARD_STOP);
    assert_nothing_found(r);
}

static void steps_run_upwards(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    for (size_t i = 0; i < r->n; i++) r->step[i] = r->step[i] == 2 ? 3 : 2;
    finish(r);
    assert_found_only(r, "step_codes.order", GM_WARNING, "step_codes.stroke temporal.feed");
}

static void a_step_ends_with_its_code_and_only_there(void **state) {
    (void)state;
    gm_auto(gm_record) open = make_record(&ORDINARY_HOLE);
    for (size_t i = open->n - 4; i < open->n; i++) open->stop_code[i] = 0;
    finish(open);
    assert_found_only(open, "step_codes.no_end", GM_WARNING, NULL);
    gm_auto(gm_record) early = make_record(&ORDINARY_HOLE);
    early->stop_code[800] = GM_STOP_STROKE;
    finish(early);
    assert_found_only(early, "step_codes.early_code", GM_WARNING, NULL);
    gm_auto(gm_record) unknown = make_record(&ORDINARY_HOLE);
    set_end_code(unknown, 3, 0x4000000);
    assert_found_only(unknown, "step_codes.unknown_code", GM_WARNING, NULL);
}

static void the_program_must_be_the_one_that_ran(void **state) {
    (void)state;
    gm_auto(gm_record) none = make_record(&ORDINARY_HOLE);
    none->n_program = 0;
    finish(none);
    assert_found_only(none, "step_codes.no_program", GM_WARNING, NULL);

    gm_auto(gm_record) off = make_record(&ORDINARY_HOLE);
    off->program[1].enabled = false;
    assert_found_only(off, "step_codes.not_in_program", GM_WARNING, NULL);

    gm_auto(gm_record) stroke = make_record(&ORDINARY_HOLE);
    stroke->program[1].stroke_mm = 6.8;
    assert_found_only(stroke, "step_codes.stroke", GM_WARNING, NULL);

    gm_auto(gm_record) limit = make_record(&ORDINARY_HOLE);
    set_end_code(limit, 3, GM_STOP_TORQUE_DROP);
    assert_found_only(limit, "step_codes.limit", GM_WARNING, NULL);

    gm_auto(gm_record) max_stroke = make_record(&ORDINARY_HOLE);
    max_stroke->meta.max_stroke_mm = 40;
    set_end_code(max_stroke, 3, GM_STOP_MAX_STROKE);
    assert_found_only(max_stroke, "step_codes.max_stroke", GM_WARNING, NULL);
}

static void programmed_steps_are_not_left_out(void **state) {
    (void)state;
    gm_auto(gm_record) skipped = make_record(&ORDINARY_HOLE);
    for (size_t i = 0; i < skipped->n; i++) skipped->step[i] += skipped->step[i] == 3;
    gm_program_step *program = gm_arena_alloc(skipped->arena, 3 * sizeof *program);
    memcpy(program, skipped->program, 2 * sizeof *program);
    program[2] = program[1];
    program[2].step = 4;
    skipped->program = program;
    skipped->n_program = 3;
    finish(skipped);
    assert_found_only(skipped, "step_codes.skipped_step", GM_WARNING, NULL);

    gm_auto(gm_record) early = make_record(&ORDINARY_HOLE);
    early->program = program;
    early->n_program = 3;
    finish(early);
    assert_found_only(early, "step_codes.ended_early", GM_WARNING, NULL);
    set_end_code(early, 3, GM_STOP_HARD_STOP); /* the stop may come before the last step */
    assert_nothing_found(early);
}

/* Torque Min 2 A, gap 2 mm: torque is below from about 21.8 mm on. */
static void the_gap_follows_the_torque_drop(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->program[1].torque_min_a = 2;
    r->program[1].gap_mm = 3.1;
    set_end_code(r, 3, GM_STOP_TORQUE_DROP);
    assert_nothing_found(r);
    r->program[1].gap_mm = 0;
    assert_found_only(r, "step_codes.gap", GM_WARNING, NULL);
}

static void a_seeking_step_that_ran_its_stroke_did_not_find_the_part(void **state) {
    (void)state;
    hole h = ORDINARY_HOLE;
    h.entry_mm = 16.5, h.metal_mm = INFINITY, h.exit_mm = 22;
    gm_auto(gm_record) r = make_record(&h);
    r->program[0].torque_max_a = 0.3;
    assert_found_only(r, "step_codes.part_not_found", GM_WARNING, NULL);
}

static void step_results_agree_with_the_rows(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    gm_step_result results[] = {
        {.step = 2,
         .stop_code = 64,
         .duration_s = (double)r->segments[0].count / 100 + 0.8,
         .distance_m2_mm = 15.69,
         .m1_no_load_a = 2.5},
        {.step = 3,
         .stop_code = 64,
         .duration_s = (double)r->segments[1].count / 100 + 1.3,
         .distance_m2_mm = 9.31,
         .m1_no_load_a = 2.5},
    };
    r->step_results = results;
    r->n_step_results = 2;
    assert_nothing_found(r);
    results[1].stop_code = 8;
    assert_found_only(r, "step_codes.results", GM_WARNING, NULL);
    results[1].stop_code = 64;
    results[0].m1_no_load_a = 2.6;
    assert_found_only(r, "step_codes.results", GM_WARNING, NULL);
    results[0].m1_no_load_a = NAN; /* not given */
    results[0].distance_m2_mm = NAN;
    assert_nothing_found(r);
    results[1].distance_m2_mm = 5;
    assert_found_only(r, "step_codes.results", GM_WARNING, NULL);
    r->n_step_results = 1;
    assert_found_only(r, "step_codes.results", GM_WARNING, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overload_and_abort_break_a_cycle_off),
        cmocka_unit_test(a_hard_stop_is_an_ordinary_end),
        cmocka_unit_test(steps_run_upwards),
        cmocka_unit_test(a_step_ends_with_its_code_and_only_there),
        cmocka_unit_test(the_program_must_be_the_one_that_ran),
        cmocka_unit_test(programmed_steps_are_not_left_out),
        cmocka_unit_test(the_gap_follows_the_torque_drop),
        cmocka_unit_test(a_seeking_step_that_ran_its_stroke_did_not_find_the_part),
        cmocka_unit_test(step_results_agree_with_the_rows),
    };
    return cmocka_run_group_tests_name("step_codes", tests, NULL, NULL);
}
