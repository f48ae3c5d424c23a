/* Over every real record: what the format's description counts must come out of the reader. */
#include "data/ingestion/ingestion.h"
#include "test.h"

#include <math.h>

static const char *records_folder(void) {
    const char *folder = getenv("GIMLET_RECORDS");
    if (!folder) skip();
    return folder;
}

static void every_record_is_read_whole(void **state) {
    (void)state;
    gm_error err = {0};
    gm_file_list files;
    assert_ok(gm_list_files(records_folder(), &files, &err), err);
    size_t n_records = 0;
    for (size_t i = 0; i < files.count; i++) {
        if (!gm_ends_with(files.items[i].path, ".xls")) continue;
        gm_auto_findings findings = GM_FINDINGS_INIT;
        gm_auto(gm_record) r = NULL;
        gm_error e = {0};
        if (gm_read_record_file(files.items[i].path, &r, &findings, NULL, &e) != GM_OK)
            fail_msg("%s: %s", files.items[i].relative, e.message);
        n_records++;
        bool converted = strstr(files.items[i].relative, "MQTT") != NULL; /* headers there belong to other traces */
        long version = r->meta.file_version;
        assert_true(version == 4 || version == 7 || version == 8 || version == 9 || version == 11);
        assert_true(r->n >= 56 && r->n <= 11466);
        assert_true(r->n_program >= 2 && r->n_program <= 6);
        assert_true(r->meta.sample_rate_hz == 100);
        if (converted) continue;
        assert_non_null(r->segments[0].program);
        /* the distance of versions other than 9 is the last depth */
        if (version != 9) assert_true(fabs(r->meta.distance_mm - (double)r->depth_mm[r->n - 1]) < 0.07);
        /* step results repeat the stop codes of the rows */
        for (size_t s = 0; s < r->n_step_results; s++) {
            assert_int_equal(r->step_results[s].step, r->segments[s].step);
            assert_int_equal(r->step_results[s].stop_code, r->segments[s].stop_code);
        }
    }
    assert_true(n_records >= 700);
    gm_file_list_finish(&files);
}

/* Positions lie on the grid of the feed motor: 1 / (12 ratio) mm, as printed with three decimals. */
static void positions_lie_on_the_motor_grid(void **state) {
    (void)state;
    gm_error err = {0};
    gm_file_list files;
    assert_ok(gm_list_files(records_folder(), &files, &err), err);
    size_t n_rows = 0, n_off = 0;
    for (size_t i = 0; i < files.count; i += 7) {
        gm_auto_findings findings = GM_FINDINGS_INIT;
        gm_auto(gm_record) r = NULL;
        gm_error e = {0};
        if (!gm_ends_with(files.items[i].path, ".xls") ||
            gm_read_record_file(files.items[i].path, &r, &findings, NULL, &e) != GM_OK || isnan(r->meta.motor_m2_ratio))
            continue;
        if (strstr(files.items[i].relative, "MQTT")) continue;
        double quantum = 1 / (12 * 21.923);
        if (fabs(r->meta.motor_m2_ratio - 7.2) < 0.01) quantum = 1 / (12 * 7.2);
        for (size_t k = 0; k < r->n; k++, n_rows++) {
            double steps = (double)r->depth_mm[k] / quantum;
            n_off += fabs(steps - round(steps)) * quantum > 0.0016;
        }
    }
    gm_file_list_finish(&files);
    assert_true(n_rows > 100000);
    if (n_off > n_rows / 100) fail_msg("%zu of %zu positions lie off the grid", n_off, n_rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_read_whole),
        cmocka_unit_test(positions_lie_on_the_motor_grid),
    };
    return cmocka_run_group_tests_name("real_records", tests, NULL, NULL);
}
