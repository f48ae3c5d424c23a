#include "holes.h"

/* --- file_format --- */

static void versions_and_their_columns_are_known(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->meta.file_version = 12;
    assert_found_only(r, "file_format.version", GM_WARNING, "file_format.columns");
    r->meta.file_version = 9; /* has a Gap Length, no Rotation Speed */
    assert_found_only(r, "file_format.columns", GM_WARNING, NULL);
    r->speed_rpm = r->feed_mm_s = NULL;
    r->gap_mm = gm_arena_alloc(r->arena, r->n * sizeof(float));
    assert_nothing_found(r);
    r->meta.file_version = 8; /* has the detector, too */
    assert_found_only(r, "file_format.columns", GM_WARNING, NULL);
}

static void a_header_of_another_motor_is_seen_in_the_positions(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->meta.motor_m2_ratio = 7.2;
    assert_found_only(r, "file_format.off_grid", GM_WARNING, NULL);
    r->meta.motor_m2_ratio = 22.5;
    assert_found_only(r, "file_format.off_grid", GM_WARNING, NULL);
}

static void lost_characters_are_worth_a_remark(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->fields[0].key = "Pset n\xef\xbf\xbd";
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(r, "", &findings, NULL);
    assert_int_equal(find(&findings, "file_format.damaged_text")->severity, GM_INFO);
}

/* --- metadata --- */

static void a_clock_that_was_not_set_is_noticed(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->meta.date = "1970-01-01T06:38:39";
    assert_found_only(r, "metadata.clock", GM_WARNING, NULL);
    r->meta.date = "";
    r->fields[0] = (gm_field){"General Infos", "Date", "1970-01-01:06:38:39"};
    assert_found_only(r, "metadata.clock", GM_WARNING, NULL);
    r->fields[0].value = "yesterday";
    assert_found_only(r, "metadata.clock", GM_WARNING, NULL);
}

static void what_identifies_a_hole_is_required(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->meta.head_global_counter = -1;
    assert_found_only(r, "metadata.required", GM_WARNING, NULL);
    r->meta.head_global_counter = 5;
    r->meta.box_serial = "";
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(r, "", &findings, NULL);
    assert_int_equal(find(&findings, "metadata.fields")->severity, GM_INFO);
    assert_non_null(strstr(find(&findings, "metadata.fields")->message, "BOX SN"));
}

static bool has(const gm_record *r, const char *file, const char *check) {
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(r, file, &findings, NULL);
    return find(&findings, check) != NULL;
}

static void file_names_are_compared_with_the_header(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE); /* motor and head 17070141, counters 100 and 7 */
    assert_false(has(r, "a/17070141_17070141_ST_100_7.xls", "metadata.name_counters"));
    assert_false(has(r, "a/17070141_17070141_ST_100_7.xls", "metadata.name_id"));
    assert_true(has(r, "a/17070141_17070141_ST_101_7.xls", "metadata.name_counters"));
    assert_true(has(r, "a/17070141_17070141_ST_100_8.xls", "metadata.name_counters"));
    assert_true(has(r, "a/17070143_17070141_ST_100_7.xls", "metadata.name_id"));
    assert_true(has(r, "17070141_other_ST_100_7.xls", "metadata.name_id"));
    assert_false(has(r, "server_17070141_17070141_ST_100_7.xls", "metadata.name_id"));
    static const char *const free_names[] = {"V1_001.xls", "_ST_.xls", "_ST_1_2.xls", "x_ST_1.xls", ""};
    for (size_t i = 0; i < GM_COUNT(free_names); i++) {
        assert_false(has(r, free_names[i], "metadata.name_counters"));
        assert_false(has(r, free_names[i], "metadata.name_id"));
    }
    r->meta.head_tag = "E004";
    r->meta.head_name = "41-Al_x";
    assert_true(has(r, "a/E005_x_ST_100_7.xls", "metadata.name_id"));
}

static void the_distance_defect_is_told_from_a_foreign_header(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->meta.distance_mm = (double)r->depth_mm[0];
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(r, "", &findings, NULL);
    assert_int_equal(find(&findings, "metadata.distance_defect")->severity, GM_INFO);
    r->meta.distance_mm = 12;
    assert_found_only(r, "metadata.distance", GM_WARNING, NULL);
}

static void defects_of_a_firmware_are_told(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    assert_false(has(r, "", "metadata.firmware_defect"));
    r->meta.firmware = "V 3.1.2";
    assert_true(has(r, "", "metadata.firmware_defect"));
    r->meta.firmware = "V 3.1.2.1";
    assert_false(has(r, "", "metadata.firmware_defect"));
}

static void what_the_machine_rejected_is_looked_at(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->meta.cycle_ok = 0;
    assert_found_only(r, "metadata.cycle_not_ok", GM_WARNING, NULL);
    r->fields[0] = (gm_field){"Cycle Parameters", "Max cycles Limit 1", "6"};
    assert_true(has(r, "", "metadata.tool_life"));
    r->fields[0].value = "65535";
    assert_false(has(r, "", "metadata.tool_life"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_and_their_columns_are_known),
        cmocka_unit_test(a_header_of_another_motor_is_seen_in_the_positions),
        cmocka_unit_test(lost_characters_are_worth_a_remark),
        cmocka_unit_test(a_clock_that_was_not_set_is_noticed),
        cmocka_unit_test(what_identifies_a_hole_is_required),
        cmocka_unit_test(file_names_are_compared_with_the_header),
        cmocka_unit_test(the_distance_defect_is_told_from_a_foreign_header),
        cmocka_unit_test(defects_of_a_firmware_are_told),
        cmocka_unit_test(what_the_machine_rejected_is_looked_at),
    };
    return cmocka_run_group_tests_name("file_and_metadata", tests, NULL, NULL);
}
