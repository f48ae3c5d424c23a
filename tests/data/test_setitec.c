#include "data/ingestion/ingestion.h"
#include "samples.h"
#include "test.h"

#include <math.h>

static gm_status read_text(const char *text, gm_record **out, gm_findings *findings, gm_error *err) {
    return gm_read_record(&(gm_source){NULL, text, strlen(text)}, out, findings, err);
}

/* Reads what must be readable. */
static gm_record *read_good(const char *text) {
    gm_error err = {0};
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_record *record = NULL;
    assert_ok(read_text(text, &record, &findings, &err), err);
    assert_non_null(record);
    return record;
}

/* Refuses, and says so in words that hold all of these. */
static void refuse(const char *text, long line, long column, const char *in_message, const char *in_hint) {
    gm_error err = {0};
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_record *record = NULL;
    assert_int_equal(read_text(text, &record, &findings, &err), GM_E_FORMAT);
    assert_null(record);
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
    if (!strstr(err.message, in_message)) fail_msg("\"%s\" does not say \"%s\"", err.message, in_message);
    if (in_hint && !strstr(err.hint, in_hint)) fail_msg("\"%s\" does not hint \"%s\"", err.hint, in_hint);
}

static void a_record_gives_header_program_and_signals(void **state) {
    (void)state;
    gm_auto(gm_record) r = read_good(SAMPLE_RECORD);
    assert_string_equal(r->format, "setitec");
    assert_int_equal(r->meta.file_version, 9);
    assert_string_equal(r->meta.date, "2024-05-30T04:31:01");
    assert_int_equal(r->meta.cycle_id, 3287891394);
    assert_true(fabs(r->meta.motor_m2_ratio - 21.923) < 1e-9);
    assert_string_equal(r->meta.head_name, "114-V3");
    assert_int_equal(r->meta.head_local_counter_1, 7);
    assert_int_equal(r->n_program, 2);
    assert_true(isinf(r->program[0].feed_mm_rev));
    assert_true(r->program[1].enabled && !r->program[0].enabled);
    assert_true(r->program[1].torque_max_a == 3);
    assert_int_equal(r->n, 2);
    assert_true(r->depth_mm[1] == 0.563f && r->torque_a[1] == 2.93f && r->thrust_a[0] == -0.012f);
    assert_int_equal(r->n_segments, 1);
    assert_int_equal(r->segments[0].stop_code, GM_STOP_TORQUE_RISE);
    assert_ptr_equal(r->segments[0].program, &r->program[1]);
    assert_null(r->speed_rpm);
}

static void a_wrapped_header_row_is_joined(void **state) {
    (void)state;
    gm_auto(gm_record) r = read_good("*** General Infos ***\t\nVersion\tDate\n4\tx\n\t\n*** Control Box Datas ***\t\t\n"
                                     "BOX Name\tBOX Maintenance Date\n\n\n\n"
                                     "BOX Maintenance Date\tBOX Operation Time\tBOX SN\n"
                                     "box\t01/02/2016\t64006\tSN1\n\t\t\n" SAMPLE_TITLE SAMPLE_COLUMNS SAMPLE_ROWS);
    assert_string_equal(r->meta.box_serial, "SN1");
    assert_string_equal(gm_record_field(r, NULL, "BOX Operation Time"), "64006");
    assert_string_equal(gm_record_field(r, NULL, "BOX Maintenance Date"), "01/02/2016");
}

static void a_blank_value_row_belongs_to_its_header(void **state) {
    (void)state;
    gm_auto(gm_record) r = read_good(
        "*** Cycle Parameters ***\t\nComment\t\n \t\nMax Stroke (mm)\tX\n10,500\t1\n" SAMPLE_TITLE SAMPLE_COLUMNS
            SAMPLE_ROWS);
    assert_true(r->meta.max_stroke_mm == 10.5);
    assert_string_equal(gm_record_field(r, NULL, "Comment"), "");
}

static void names_are_latin_1_or_utf_8(void **state) {
    (void)state;
    gm_auto(gm_record) latin =
        read_good("*** Pset ***\t\nPset Type\tPset n\xb0\nStandard\t12\n" SAMPLE_TITLE SAMPLE_COLUMNS SAMPLE_ROWS);
    gm_auto(gm_record) saved = read_good(
        "*** Pset ***\t\nPset Type\tPset n\xef\xbf\xbd\nStandard\t13\n" SAMPLE_TITLE SAMPLE_COLUMNS SAMPLE_ROWS);
    assert_int_equal(latin->meta.pset_number, 12);
    assert_int_equal(saved->meta.pset_number, 13);
}

static void semicolons_points_and_windows_line_ends_are_read(void **state) {
    (void)state;
    gm_auto(gm_record) r = read_good("*** General Infos ***;\r\nVersion;Date\r\n8;2024-03-04T14:27:00Z\r\n;\r\n"
                                     "*** Datas ***;;\r\nPosition (mm);I Torque (A);I Thrust (A);Step (nb)\r\n"
                                     "-1.5;0.1;0.2;1\r\n-1.6;0.1;0.2;1\r\n;;;\r\n");
    assert_int_equal(r->n, 2);
    assert_true(r->depth_mm[1] == 1.6f);
    assert_int_equal(r->stop_code[0], 0);
    assert_string_equal(r->meta.date, "2024-03-04T14:27:00");
}

static void nine_cells_under_any_header_are_the_nine_columns(void **state) {
    (void)state;
    gm_auto(gm_record) r = read_good(
        SAMPLE_HEAD SAMPLE_TITLE "Position (mm)\tI Torque (A)\tI Thrust (A)\tI Torque Empty (A)\tI Thrust Empty (A)\t"
                                 "Step (nb)\tStop code\tPower (W)\tGap Length (mm)\tGap Length (mm)\n" SAMPLE_ROWS);
    assert_int_equal(r->n, 2);
    assert_true(r->power_w[1] == 107 && r->gap_mm[0] == 0);
}

static void nul_bytes_end_no_cell(void **state) {
    (void)state;
    static const char text[] =
        "*** Motor Datas ***\t\nMotor Name\tMotor SN\nLight_EDU\0\t17070141\n" SAMPLE_TITLE SAMPLE_COLUMNS SAMPLE_ROWS;
    gm_error err = {0};
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_auto(gm_record) r = NULL;
    assert_ok(gm_read_record(&(gm_source){NULL, text, sizeof text - 1}, &r, &findings, &err), err);
    assert_string_equal(r->meta.motor_name, "Light_EDU");
    assert_string_equal(r->meta.motor_serial, "17070141");
    gm_auto(gm_record) literal = read_good(
        "*** Motor Datas ***\t\nMotor Name\tMotor SN\nLight_EDU\\u0000\t1\n" SAMPLE_TITLE SAMPLE_COLUMNS SAMPLE_ROWS);
    assert_string_equal(literal->meta.motor_name, "Light_EDU");
}

static void a_lost_separator_between_names_is_found(void **state) {
    (void)state;
    gm_auto(gm_record) r = read_good("*** Program ***\t\t\t\nStep Nb\tStroke Limit (A)Thrust Limit (A)\tMaterial\n"
                                     "1,000\t2,000\t3,000\t4,000\n" SAMPLE_TITLE SAMPLE_COLUMNS SAMPLE_ROWS);
    assert_true(r->program[0].stroke_limit_a == 2 && r->program[0].thrust_limit_a == 3 && r->program[0].material == 4);
}

static void a_clock_that_was_never_set_gives_no_date(void **state) {
    (void)state;
    gm_auto(gm_record) r = read_good(
        "*** General Infos ***\t\nVersion\tDate\n9\t1970-01-01:00:10:00\n" SAMPLE_TITLE SAMPLE_COLUMNS SAMPLE_ROWS);
    assert_string_equal(r->meta.date, "");
    assert_string_equal(gm_record_field(r, "General Infos", "Date"), "1970-01-01:00:10:00");
}

static void damaged_rows_are_refused_with_their_place(void **state) {
    (void)state;
    refuse(SAMPLE_TITLE SAMPLE_COLUMNS SAMPLE_ROWS "-0,6\t1,0", 5, 0, "stops after 2 of 9 cells", "cut off");
    refuse(SAMPLE_TITLE SAMPLE_COLUMNS "-0,5\t1\t1\t1\t1\t1\t0\t1\t0\n-0,6\t1,0\n-0,7\t1\t1\t1\t1\t1\t0\t1\t0\n", 4, 0,
           "the row has 2 cells, all others have 9", "original");
    refuse(SAMPLE_TITLE SAMPLE_COLUMNS "-0,551\t0,049\tabc\t5,029\t0,141\t1,000\t0,000\t106,000\t0,000\n", 3, 3,
           "\"abc\" in column \"I Thrust (A)\"", NULL);
    refuse(SAMPLE_TITLE SAMPLE_COLUMNS "-0,551\t0,049\t\t5,029\t0,141\t1,000\t0,000\t106,000\t0,000\n", 3, 3,
           "\"I Thrust (A)\" is empty", NULL);
    refuse(SAMPLE_TITLE SAMPLE_COLUMNS "-0,551\tNaN\t0,1\t5,029\t0,141\t1,000\t0,000\t106,000\t0,000\n", 3, 2,
           "\"NaN\"", NULL);
    refuse(SAMPLE_TITLE SAMPLE_COLUMNS SAMPLE_ROWS "-0,563\t2,930\t0,250\t5,029\t0,141\t1,000\t1,000\t107,000\t0,0", 5,
           0, "in the middle of a number", "cut off");
}

static void missing_parts_are_named(void **state) {
    (void)state;
    refuse(SAMPLE_HEAD SAMPLE_PROGRAM, 17, 0, "ends in section \"Program\"", "cut off");
    refuse(SAMPLE_TITLE, 2, 0, "no column names", NULL);
    refuse(SAMPLE_TITLE SAMPLE_COLUMNS, 3, 0, "no rows", NULL);
    refuse(SAMPLE_TITLE "Positon (mm)\tI Torque (A)\tI Thrust (A)\tStep (nb)\n-1\t1\t1\t1\n", 2, 0,
           "no column \"Position (mm)\"", "\"Positon (mm)\"");
    refuse(SAMPLE_TITLE "Position (mm)\tI Torque (A)\tI Thrust (A)\tStep (nb)\n-1\t1\t1\n", 3, 0,
           "the rows have 3 cells, but there are 4 column names", NULL);
}

static void foreign_files_are_refused_by_what_they_are(void **state) {
    (void)state;
    refuse("", 0, 0, "empty", NULL);
    refuse("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 rest", 0, 0, "binary Excel", "Text (tab delimited)");
    refuse("PK\x03\x04 rest", 0, 0, ".xlsx", "Text (tab delimited)");
    refuse("<html><table>", 0, 0, "HTML", NULL);
    refuse("hello\n", 1, 1, "*** General Infos ***", NULL);
    refuse("{\"a\": 1}", 1, 1, "JSON", NULL);
}

/* Every prefix of a record is refused or read, never a crash; only whole rows are read. */
static void every_prefix_is_judged(void **state) {
    (void)state;
    size_t length = strlen(SAMPLE_RECORD);
    for (size_t n = 0; n <= length; n++) {
        gm_auto_free char *copy = gm_alloc(n); /* exactly n bytes: the sanitizer sees a step beyond */
        memcpy(copy, SAMPLE_RECORD, n);
        gm_error err = {0};
        gm_auto_findings findings = GM_FINDINGS_INIT;
        gm_auto(gm_record) r = NULL;
        if (gm_read_record(&(gm_source){NULL, copy, n}, &r, &findings, &err) == GM_OK)
            assert_in_range(r->n, 1, 2);
        else
            assert_true(err.message[0] != '\0');
    }
}

static void a_failed_allocation_is_an_error_not_a_crash(void **state) {
    (void)state;
    for (long n = 0; n < 40; n++) {
        gm_error err = {0};
        gm_auto_findings findings = GM_FINDINGS_INIT;
        gm_auto(gm_record) r = NULL;
        gm_memory_fail_after(n);
        gm_status status = read_text(SAMPLE_RECORD, &r, &findings, &err);
        gm_memory_fail_after(-1);
        assert_true(status == GM_OK || status == GM_E_NOMEM);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_gives_header_program_and_signals),
        cmocka_unit_test(a_wrapped_header_row_is_joined),
        cmocka_unit_test(a_blank_value_row_belongs_to_its_header),
        cmocka_unit_test(names_are_latin_1_or_utf_8),
        cmocka_unit_test(semicolons_points_and_windows_line_ends_are_read),
        cmocka_unit_test(nine_cells_under_any_header_are_the_nine_columns),
        cmocka_unit_test(nul_bytes_end_no_cell),
        cmocka_unit_test(a_lost_separator_between_names_is_found),
        cmocka_unit_test(a_clock_that_was_never_set_gives_no_date),
        cmocka_unit_test(damaged_rows_are_refused_with_their_place),
        cmocka_unit_test(missing_parts_are_named),
        cmocka_unit_test(foreign_files_are_refused_by_what_they_are),
        cmocka_unit_test(every_prefix_is_judged),
        cmocka_unit_test(a_failed_allocation_is_an_error_not_a_crash),
    };
    return cmocka_run_group_tests_name("setitec", tests, NULL, NULL);
}
