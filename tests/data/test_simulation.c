#include "data/ingestion/ingestion.h"
#include "data/simulation/simulation.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

static gm_simulation_summary simulate(const char *folder, int holes, uint64_t seed, int threads) {
    gm_simulation_options options = {
        .output_dir = folder, .holes = holes, .seed = seed, .anomaly_rate = 0.2, .threads = threads};
    gm_simulation_summary summary;
    gm_error err = {0};
    assert_ok(gm_simulate(&options, &summary, &err), err);
    return summary;
}

static void the_same_seed_gives_the_same_bytes_for_any_threads(void **state) {
    (void)state;
    char *folders[3];
    gm_file_list lists[3];
    for (int i = 0; i < 3; i++) {
        folders[i] = test_folder_new();
        gm_simulation_summary s = simulate(folders[i], 30, i == 2 ? 8 : 7, i == 0 ? 1 : 3);
        gm_simulation_summary_finish(&s);
        assert_int_equal(gm_list_files(folders[i], &lists[i], NULL), GM_OK);
    }
    assert_int_equal(lists[0].count, 31);
    size_t differ = 0;
    for (size_t i = 0; i < lists[0].count; i++) {
        char a[GM_SHA256_HEX], b[GM_SHA256_HEX], c[GM_SHA256_HEX];
        assert_string_equal(lists[0].items[i].relative, lists[1].items[i].relative);
        assert_int_equal(gm_sha256_file(lists[0].items[i].path, a, NULL), GM_OK);
        assert_int_equal(gm_sha256_file(lists[1].items[i].path, b, NULL), GM_OK);
        assert_int_equal(gm_sha256_file(lists[2].items[i].path, c, NULL), GM_OK);
        assert_string_equal(a, b);
        differ += strcmp(a, c) != 0;
    }
    assert_true(differ > 20); /* another seed is another set */
    for (int i = 0; i < 3; i++) {
        gm_file_list_finish(&lists[i]);
        test_folder_remove(folders[i]);
    }
}

/* What is written is what the machine saw: to the last digit that the file shows. */
static void every_family_reads_back_as_it_was_made(void **state) {
    (void)state;
    const gm_family_info *families;
    size_t n = gm_simulation_families(&families);
    bool versions[12] = {false};
    for (size_t f = 0; f < n; f++) {
        gm_error err = {0};
        gm_auto(gm_record) made = NULL;
        gm_auto(gm_record) seen = NULL;
        gm_hole_truth truth;
        assert_ok(gm_simulate_hole(f, 3, 5, GM_HOLE_NORMAL, &made, &truth, &err), err);
        gm_auto_text text = GM_TEXT_INIT;
        gm_setitec_write(made, &text);
        gm_auto_findings findings = GM_FINDINGS_INIT;
        assert_ok(gm_read_record(&(gm_source){NULL, text.data, text.length}, &seen, &findings, &err), err);
        assert_int_equal(seen->n, made->n);
        for (size_t i = 0; i < made->n; i++) {
            assert_true(fabsf(seen->depth_mm[i] - made->depth_mm[i]) < 0.00051f);
            assert_true(fabsf(seen->torque_a[i] - made->torque_a[i]) < 0.00051f);
            assert_true(fabsf(seen->thrust_a[i] - made->thrust_a[i]) < 0.00051f);
            assert_int_equal(seen->step[i], made->step[i]);
            assert_int_equal(seen->stop_code[i], made->stop_code[i]);
        }
        assert_int_equal(seen->meta.file_version, made->meta.file_version);
        assert_int_equal(seen->n_program, made->n_program);
        assert_int_equal(seen->n_step_results, made->n_step_results);
        assert_string_equal(seen->meta.date, made->meta.date);
        assert_string_equal(seen->meta.head_name, made->meta.head_name);
        assert_int_equal(seen->meta.head_local_counter_1, made->meta.head_local_counter_1);
        versions[seen->meta.file_version] = true;
    }
    assert_true(versions[4] && versions[7] && versions[8] && versions[9] && versions[11]);
}

/* Every block is a rectangle: all its lines have the same number of tabs (the wrapped box header aside). */
static void blocks_are_rectangles(void **state) {
    (void)state;
    const gm_family_info *families;
    size_t n = gm_simulation_families(&families);
    for (size_t f = 0; f < n; f++) {
        gm_error err = {0};
        gm_auto(gm_record) made = NULL;
        gm_hole_truth truth;
        assert_ok(gm_simulate_hole(f, 3, 2, GM_HOLE_NORMAL, &made, &truth, &err), err);
        gm_auto_text text = GM_TEXT_INIT;
        gm_setitec_write(made, &text);
        const char *program = strstr(gm_text_c(&text), "*** Program ***");
        assert_non_null(program);
        for (const char *line = program;
             !gm_starts_with(line, "*** Results") && !gm_starts_with(line, "*** External");) {
            const char *end = strchr(line, '\n');
            size_t tabs = 0;
            for (const char *c = line; c < end; c++) tabs += *c == '\t';
            const char *next = end + 1;
            bool before_title = strchr(next, '*') == next || strspn(line, "\t") == (size_t)(end - line);
            if (!before_title) assert_int_equal(tabs, 21);
            line = next;
        }
    }
}

/* Counts of the machine: position on the motor's grid, torque in steps of 200/4096 A, 0.9765 of the feed per row. */
static void signals_lie_on_the_machines_counts(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_record) r = NULL;
    gm_hole_truth truth;
    assert_ok(gm_simulate_hole(0, 1, 10, GM_HOLE_NORMAL, &r, &truth, &err), err);
    double grid = 1 / (12 * r->meta.motor_m2_ratio), count = 200.0 / 4096;
    for (size_t i = 0; i < r->n; i++) {
        double steps = (double)r->depth_mm[i] / grid, counts = (double)r->torque_a[i] / count;
        assert_true(fabs(steps - round(steps)) < 0.01);
        assert_true(fabs(counts - round(counts)) < 0.01);
    }
    const gm_segment *s = &r->segments[1];
    double travel = (double)(r->depth_mm[s->first + 500] - r->depth_mm[s->first]);
    assert_true(fabs(travel / (500 * s->program->feed_mm_s / 100) - 0.9765) < 0.002);
}

static void truth_is_where_the_signals_change(void **state) {
    (void)state;
    gm_error err = {0};
    for (int i = 0; i < 20; i++) {
        gm_auto(gm_record) r = NULL;
        gm_hole_truth t;
        assert_ok(gm_simulate_hole(0, 1, i, GM_HOLE_NORMAL, &r, &t, &err), err);
        assert_true(t.points_mm[GM_ENTRY] < t.points_mm[GM_TRANSITION] &&
                    t.points_mm[GM_TRANSITION] < t.points_mm[GM_EXIT]);
        double before = 0, after = 0; /* torque 0.5 mm above and 1 mm below the entry */
        for (size_t k = 0; k < r->n; k++) {
            if (r->depth_mm[k] < t.points_mm[GM_ENTRY] - 0.5) before = (double)r->torque_a[k];
            if (r->depth_mm[k] < t.points_mm[GM_ENTRY] + 1) after = (double)r->torque_a[k];
        }
        assert_true(before < 0.3 && after > 0.8);
    }
}

static void absent_points_are_absent(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_record) air = NULL;
    gm_auto(gm_record) stuck = NULL;
    gm_hole_truth t;
    assert_ok(gm_simulate_hole(0, 1, 3, GM_HOLE_AIR, &air, &t, &err), err);
    for (int p = 0; p < GM_N_POINTS; p++) assert_true(isnan(t.points_mm[p]));
    for (size_t i = 0; i < air->n; i++) assert_true(fabsf(air->torque_a[i]) < 0.5f);
    assert_ok(gm_simulate_hole(0, 1, 3, GM_HOLE_NOT_THROUGH, &stuck, &t, &err), err);
    assert_true(!isnan(t.points_mm[GM_TRANSITION]) && isnan(t.points_mm[GM_EXIT]));
    assert_true(stuck->segments[stuck->n_segments - 1].stop_code & GM_STOP_TORQUE_LIMIT);
}

static void an_unknown_family_names_the_nearest(void **state) {
    (void)state;
    char *folder = test_folder_new();
    static const char *const families[] = {"cfrp_ti_twostep"};
    gm_simulation_options options = {.output_dir = folder, .holes = 3, .families = families, .n_families = 1};
    gm_simulation_summary summary;
    gm_error err = {0};
    assert_int_equal(gm_simulate(&options, &summary, &err), GM_E_ARG);
    assert_non_null(strstr(err.hint, "cfrp_ti_two_step"));
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes_for_any_threads),
        cmocka_unit_test(every_family_reads_back_as_it_was_made),
        cmocka_unit_test(blocks_are_rectangles),
        cmocka_unit_test(signals_lie_on_the_machines_counts),
        cmocka_unit_test(truth_is_where_the_signals_change),
        cmocka_unit_test(absent_points_are_absent),
        cmocka_unit_test(an_unknown_family_names_the_nearest),
    };
    return cmocka_run_group_tests_name("simulation", tests, NULL, NULL);
}
