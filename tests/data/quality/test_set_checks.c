#include "holes.h"

enum { N = 20 };

typedef struct {
    gm_set_hole holes[N];
    char names[N][40];
    gm_findings findings[N];
} set;

/* Twenty holes of one head: counters 100.., entries within 0.1 mm. */
static set *new_set(void) {
    set *s = gm_calloc(1, sizeof *s);
    assert_non_null(s);
    for (int i = 0; i < N; i++) {
        snprintf(s->names[i], sizeof s->names[i], "a/V1_%d.xls", i + 1);
        s->holes[i].file = s->names[i];
        gm_hole_summary *h = &s->holes[i].summary;
        *h = (gm_hole_summary){.global_counter = 100 + i,
                               .local_counter = 1 + i,
                               .entry_mm = 6.5f + 0.05f * (float)(i % 3),
                               .metal_mm = 17,
                               .exit_mm = 21,
                               .end_mm = 25,
                               .torque_max_a = 40 + (float)(i % 4),
                               .thrust_max_a = 1};
        snprintf(h->sha256, sizeof h->sha256, "%064d", i);
        snprintf(h->trace_sha256, sizeof h->trace_sha256, "%064d", i);
        snprintf(h->program_id, sizeof h->program_id, "%016d", 1);
        snprintf(h->head, sizeof h->head, "head");
        snprintf(h->date, sizeof h->date, "2024-05-29T14:%02d:00", i);
    }
    return s;
}

static void free_set(set *s) {
    for (int i = 0; i < N; i++) gm_findings_finish(&s->findings[i]);
    gm_free(s);
}

static void check(set *s) {
    gm_error err = {0};
    for (int i = 0; i < N; i++) gm_findings_finish(&s->findings[i]);
    assert_ok(gm_quality_check_set(s->holes, N, s->findings, &err), err);
}

/* Only this hole has findings, and only this one. */
static void assert_only(const set *s, int expected, const char *name, gm_severity severity) {
    for (int i = 0; i < N; i++) {
        if (i == expected) {
            if (!find(&s->findings[i], name)) fail_msg("%s was not found", name);
            assert_int_equal(find(&s->findings[i], name)->severity, severity);
        }
        if (s->findings[i].count != (size_t)(i == expected))
            fail_msg("%s has %zu findings", s->names[i], s->findings[i].count);
    }
}

static void ordinary_neighbours_have_no_findings(void **state) {
    (void)state;
    set *s = new_set();
    check(s);
    assert_only(s, -1, "", GM_INFO);
    free_set(s);
}

static void copies_are_named_and_the_first_is_kept(void **state) {
    (void)state;
    set *s = new_set();
    s->holes[11].summary = s->holes[4].summary;
    s->names[11][0] = 'b'; /* in another folder */
    check(s);
    assert_only(s, 11, "set.duplicate_file", GM_FAILURE);
    assert_non_null(strstr(s->findings[11].items[0].message, "a/V1_5.xls"));
    snprintf(s->holes[11].summary.sha256, GM_SHA256_HEX, "%064d", 77); /* other header, same trace */
    check(s);
    assert_only(s, 11, "set.duplicate_trace", GM_FAILURE);
    s->holes[11].summary.score = 1; /* nothing to complain about: this one is the machine's own */
    s->holes[4].summary.score = 0.8F;
    check(s);
    assert_only(s, 4, "set.duplicate_trace", GM_FAILURE);
    free_set(s);
}

static void an_entry_off_its_neighbours_is_a_bad_seat(void **state) {
    (void)state;
    set *s = new_set();
    s->holes[6].summary.entry_mm += 1.2f;
    s->holes[6].summary.metal_mm += 1.1f;
    check(s);
    assert_only(s, 6, "set.entry_shifted", GM_WARNING);
    assert_non_null(strstr(s->findings[6].items[0].message, "not seated"));
    s->holes[6].summary.metal_mm -= 1.1f;
    check(s);
    assert_non_null(strstr(s->findings[6].items[0].message, "not shifted with it"));
    s->holes[6].summary.entry_mm = 17.5f;
    check(s);
    assert_only(s, 6, "set.redrilled", GM_FAILURE);
    s->holes[6].summary.entry_mm = 6.9f; /* within what ordinary holes scatter */
    check(s);
    assert_only(s, -1, "", GM_INFO);
    free_set(s);
}

static void a_few_holes_are_too_few_to_compare(void **state) {
    (void)state;
    set *s = new_set();
    for (int i = 0; i < N; i++)
        snprintf(s->holes[i].summary.program_id, sizeof s->holes[i].summary.program_id, "%016d", i / 4);
    s->holes[6].summary.entry_mm += 2;
    check(s);
    assert_only(s, -1, "", GM_INFO);
    free_set(s);
}

static void a_weak_cut_is_a_hole_drilled_before(void **state) {
    (void)state;
    set *s = new_set();
    s->holes[9].summary.torque_max_a = 4;
    check(s);
    assert_only(s, 9, "set.weak_cut", GM_FAILURE);
    free_set(s);
}

static void counters_and_dates_must_run_on(void **state) {
    (void)state;
    set *s = new_set();
    s->holes[8].summary.global_counter = s->holes[7].summary.global_counter;
    s->holes[8].summary.local_counter = s->holes[7].summary.local_counter;
    check(s);
    assert_only(s, 8, "set.counter_repeated", GM_WARNING);
    s->holes[8].summary.global_counter = 50;
    check(s);
    assert_non_null(find(&s->findings[8], "set.counter_order"));
    free_set(s);
    s = new_set();
    snprintf(s->holes[8].summary.date, sizeof s->holes[8].summary.date, "2024-05-28T14:00:00");
    check(s);
    assert_only(s, 8, "set.date_order", GM_WARNING);
    free_set(s);
}

static void a_fresh_tool_is_seen_with_and_without_a_reset(void **state) {
    (void)state;
    set *s = new_set();
    for (int i = 12; i < N; i++) s->holes[i].summary.local_counter = i - 11;
    check(s);
    assert_only(s, 12, "set.tool_change", GM_INFO);
    free_set(s);
    s = new_set();
    for (int i = 10; i < N; i++) s->holes[i].summary.torque_max_a -= 15;
    check(s);
    assert_only(s, 10, "set.tool_change", GM_INFO);
    free_set(s);
}

static void running_out_of_memory_is_reported(void **state) {
    (void)state;
    set *s = new_set();
    s->holes[11].summary = s->holes[4].summary;
    gm_status status = GM_E_NOMEM;
    for (long n = 0; status != GM_OK; n++) {
        assert_true(n < 1000);
        gm_error err = {0};
        for (int i = 0; i < N; i++) gm_findings_finish(&s->findings[i]);
        gm_memory_fail_after(n);
        status = gm_quality_check_set(s->holes, N, s->findings, &err);
        gm_memory_fail_after(-1);
        assert_true(status == GM_OK || status == GM_E_NOMEM);
    }
    free_set(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_neighbours_have_no_findings),
        cmocka_unit_test(copies_are_named_and_the_first_is_kept),
        cmocka_unit_test(an_entry_off_its_neighbours_is_a_bad_seat),
        cmocka_unit_test(a_few_holes_are_too_few_to_compare),
        cmocka_unit_test(a_weak_cut_is_a_hole_drilled_before),
        cmocka_unit_test(counters_and_dates_must_run_on),
        cmocka_unit_test(a_fresh_tool_is_seen_with_and_without_a_reset),
        cmocka_unit_test(running_out_of_memory_is_reported),
    };
    return cmocka_run_group_tests_name("set_checks", tests, NULL, NULL);
}
