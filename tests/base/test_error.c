#include "test.h"

static void a_report_keeps_the_first_message(void **state) {
    (void)state;
    gm_error err = {0};
    assert_int_equal(gm_fail(&err, GM_E_IO, "first %d", 1), GM_E_IO);
    assert_int_equal(gm_fail(&err, GM_E_ARG, "second"), GM_E_ARG);
    assert_int_equal(err.code, GM_E_IO);
    assert_string_equal(err.message, "first 1");
    assert_non_null(strstr(err.where, "test_error.c:"));
}

static void a_missing_report_still_returns_the_status(void **state) {
    (void)state;
    assert_int_equal(gm_fail(NULL, GM_E_SHAPE, "nobody reads this"), GM_E_SHAPE);
    assert_int_equal(gm_error_prefix(NULL, GM_E_SHAPE, "x"), GM_E_SHAPE);
}

static void place_and_hint_appear_in_the_text(void **state) {
    (void)state;
    gm_error err = {0};
    char text[800];
    (void)gm_fail_at(&err, GM_E_FORMAT, 12, 3, "save as text", "found 'x'");
    assert_string_equal(gm_error_text(&err, text, sizeof text), "line 12, column 3: found 'x' (save as text)");
    (void)gm_error_prefix(&err, err.code, "%s", "a.xls");
    assert_string_equal(gm_error_text(&err, text, sizeof text), "a.xls, line 12, column 3: found 'x' (save as text)");
    (void)gm_error_prefix(&err, err.code, "%s", "folder");
    assert_string_equal(gm_error_text(&err, text, sizeof text),
                        "folder: a.xls, line 12, column 3: found 'x' (save as text)");
    gm_error whole = {0};
    (void)gm_fail_at(&whole, GM_E_FORMAT, 7, 0, NULL, "cut off");
    (void)gm_error_prefix(&whole, whole.code, "b.xls");
    assert_string_equal(whole.message, "b.xls, line 7: cut off");
    assert_int_equal(whole.line, 7);
}

static void long_messages_are_cut_and_terminated(void **state) {
    (void)state;
    gm_error err = {0};
    char big[1000], small[8];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    (void)gm_fail(&err, GM_E_ARG, "%s", big);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    (void)gm_error_prefix(&err, err.code, "front");
    assert_int_equal(strncmp(err.message, "front: aaa", 10), 0);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    (void)gm_error_prefix(&err, err.code, "%s", big);
    assert_int_equal(strncmp(err.message, "front: aaa", 10), 0);
    assert_string_equal(gm_error_text(&err, small, sizeof small), "front: ");
}

static void every_status_has_a_name(void **state) {
    (void)state;
    for (int i = 0; i < GM_N_STATUS; i++) assert_string_not_equal(gm_status_name((gm_status)i), "unknown status");
    assert_string_equal(gm_status_name((gm_status)999), "unknown status");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_keeps_the_first_message),
        cmocka_unit_test(a_missing_report_still_returns_the_status),
        cmocka_unit_test(place_and_hint_appear_in_the_text),
        cmocka_unit_test(long_messages_are_cut_and_terminated),
        cmocka_unit_test(every_status_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
