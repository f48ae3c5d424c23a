#include "holes.h"

#include <jansson.h>

static void findings_become_json(void **state) {
    (void)state;
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_finding *f = gm_findings_add(&findings, "temporal.gap", GM_WARNING, "look \"there\"", "rows < 3 & \xc3\xa4");
    f->from_mm = 1.5, f->to_mm = 2;
    f = gm_findings_add(&findings, "file_format.unreadable", GM_ERROR, NULL, "line\ttab");
    f->line = 12, f->column = 3;
    gm_auto_text text = GM_TEXT_INIT;
    gm_findings_to_json(&findings, &text);
    json_t *list = json_loads(gm_text_c(&text), 0, NULL);
    assert_int_equal(json_array_size(list), 2);
    json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1);
    assert_string_equal(json_string_value(json_object_get(first, "check")), "temporal.gap");
    assert_string_equal(json_string_value(json_object_get(first, "severity")), "warning");
    assert_string_equal(json_string_value(json_object_get(first, "message")), "rows < 3 & \xc3\xa4");
    assert_string_equal(json_string_value(json_object_get(first, "hint")), "look \"there\"");
    assert_float_equal(json_number_value(json_object_get(first, "from_mm")), 1.5, 0);
    assert_true(json_is_null(json_object_get(first, "line")));
    assert_int_equal(json_integer_value(json_object_get(second, "line")), 12);
    assert_int_equal(json_integer_value(json_object_get(second, "column")), 3);
    assert_true(json_is_null(json_object_get(second, "hint")) && json_is_null(json_object_get(second, "to_mm")));
    json_decref(list);
}

static gm_status load_overload(void *ctx, const char *sha256, gm_record **out, gm_error *err) {
    (void)err;
    assert_int_equal(strlen(sha256), 64);
    ++*(size_t *)ctx;
    *out = make_record(&ORDINARY_HOLE);
    return GM_OK;
}

static void add_rows(gm_quality_report *report, size_t count) {
    gm_error err = {0};
    char file[64], sha[GM_SHA256_HEX];
    for (size_t i = 0; i < count; i++) {
        snprintf(file, sizeof file, "family%zu/<hole>&%zu.xls", i / 1000, i);
        snprintf(sha, sizeof sha, "%064zu", i);
        gm_auto_findings findings = GM_FINDINGS_INIT;
        if (i % 10 == 3) {
            gm_finding *f =
                gm_findings_add(&findings, "signal_quality.not_through", GM_WARNING, "drill on", "%zu A", i);
            f->from_mm = f->to_mm = 25;
        }
        if (i % 100 == 7) gm_findings_add(&findings, "step_codes.overload", GM_FAILURE, "change <it>", "hole %zu", i);
        if (i % 1000 == 9) gm_findings_add(&findings, "file_format.unreadable", GM_ERROR, NULL, "empty");
        gm_auto_text json = GM_TEXT_INIT;
        gm_findings_to_json(&findings, &json);
        gm_severity verdict = gm_findings_worst(&findings);
        gm_label label = GM_LABEL_EMPTY;
        label.points[GM_ENTRY].mm = 6.5;
        char family[32];
        snprintf(family, sizeof family, "family%zu", i / 1000);
        gm_quality_row row = {
            file,  sha, family, gm_text_c(&json), verdict, verdict == GM_ERROR ? NAN : gm_quality_score(&findings),
            &label};
        assert_ok(gm_quality_report_add(report, &row, &err), err);
    }
}

static json_t *read_json(const char *folder) {
    gm_auto_free char *path = gm_path_join(folder, "quality/report.json");
    json_error_t error;
    json_t *report = json_load_file(path, 0, &error);
    if (!report) fail_msg("%s:%d: %s", path, error.line, error.text);
    return report;
}

static void a_report_counts_every_row(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_auto_free char *dir = gm_path_join(folder, "quality");
    gm_error err = {0};
    gm_auto(gm_quality_report) report = NULL;
    assert_ok(gm_quality_report_new(dir, &report, &err), err);
    add_rows(report, 2500);
    gm_quality_report_skipped(report, 4);
    size_t n_loaded = 0;
    assert_ok(gm_quality_report_finish(report, load_overload, &n_loaded, &err), err);
    json_t *json = read_json(folder), *totals = json_object_get(json, "totals");
    assert_int_equal(json_array_size(json_object_get(json, "files")), 2500);
    assert_int_equal(json_integer_value(json_object_get(totals, "files")), 2500);
    assert_int_equal(json_integer_value(json_object_get(totals, "skipped")), 4);
    assert_int_equal(json_integer_value(json_object_get(totals, "warning")), 250);
    assert_int_equal(json_integer_value(json_object_get(totals, "failed")), 25);
    assert_int_equal(json_integer_value(json_object_get(totals, "error")), 3);
    assert_int_equal(json_integer_value(json_object_get(totals, "ok")), 2500 - 278);
    assert_int_equal(json_object_size(json_object_get(totals, "families")), 3);
    json_t *check = json_object_get(json_object_get(totals, "checks"), "step_codes.overload");
    assert_int_equal(json_integer_value(json_object_get(check, "files")), 25);
    json_decref(json);

    gm_auto_free char *path = gm_path_join(dir, "report.html");
    gm_auto_free char *html = NULL;
    size_t size;
    assert_ok(gm_read_file(path, 64 << 20, &html, &size, &err), err);
    assert_int_equal(n_loaded, 8); /* four of each of two checks; what cannot be read has no signals */
    assert_non_null(strstr(html, "2,500"));
    assert_non_null(strstr(html, "&lt;hole&gt;&amp;"));
    assert_null(strstr(html, "<hole>"));
    assert_null(strstr(html, "http"));
    assert_non_null(strstr(html, ">entry</text>"));
    test_folder_remove(folder);
}

static void an_unfinished_report_leaves_the_old_one(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_auto_free char *dir = gm_path_join(folder, "quality"), *part = gm_path_join(dir, "report.json.part");
    gm_error err = {0};
    gm_quality_report *report = NULL;
    assert_ok(gm_quality_report_new(dir, &report, &err), err);
    assert_ok(gm_quality_report_finish(report, NULL, NULL, &err), err);
    gm_quality_report_free(report);
    json_decref(read_json(folder)); /* also when there was no row */
    assert_ok(gm_quality_report_new(dir, &report, &err), err);
    add_rows(report, 10);
    assert_true(gm_file_exists(part));
    gm_quality_report_free(report);
    assert_false(gm_file_exists(part));
    json_t *json = read_json(folder);
    assert_int_equal(json_array_size(json_object_get(json, "files")), 0);
    json_decref(json);
    test_folder_remove(folder);
}

static void a_folder_that_cannot_be_written_is_told(void **state) {
    (void)state;
    gm_error err = {0};
    gm_quality_report *report = NULL;
    assert_int_not_equal(gm_quality_report_new("/proc/no/such", &report, &err), GM_OK);
    assert_true(err.message[0]);
    assert_null(report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_become_json),
        cmocka_unit_test(a_report_counts_every_row),
        cmocka_unit_test(an_unfinished_report_leaves_the_old_one),
        cmocka_unit_test(a_folder_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests_name("quality_report", tests, NULL, NULL);
}
