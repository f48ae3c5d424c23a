/* Labels of the real records against points read by eye (GIMLET_RECORDS: folder of records; GIMLET_READINGS: the
 * readings' CSV). The same limits as the project's score; taken again with the records shifted, scaled and made noisy,
 * because a rule that knows depths or levels of these families would not survive that. */
#include "data/ingestion/ingestion.h"
#include "data/labeling/labeling.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#if defined __OPTIMIZE__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
static const double slowest_s = 1e-3;
#else
static const double slowest_s = 20e-3;
#endif

typedef struct {
    double shift_mm, scale, torque_noise_a, thrust_noise_a;
} change;

/* What the readings say besides the points: half-widths, and which holes are air or not drilled through. */
typedef struct {
    double u_transition_mm;
    bool never_through;
} remark;

static gm_label_table readings;
static remark *remarks;

/* Cell `wanted` of a line of plain CSV (the columns used stand before the quoted one). */
static void cell_of(const char *line, int wanted, char *out, size_t size) {
    for (; wanted > 0; line++) wanted -= *line == ',';
    const size_t length = strcspn(line, ",\n");
    snprintf(out, size, "%.*s", (int)length, line);
}

static int read_readings(void **state) {
    (void)state;
    const char *path = getenv("GIMLET_READINGS");
    gm_error err = {0};
    gm_auto_free char *bytes = NULL;
    size_t size;
    assert_ok(gm_read_file(path, 1 << 24, &bytes, &size, &err), err);
    assert_ok(gm_labels_read(bytes, size, GM_SOURCE_EXPERT, &readings, &err), err);
    remarks = gm_calloc(readings.count, sizeof *remarks);
    const char *line = bytes;
    for (size_t i = 0; i < readings.count; i++) {
        char cell[64];
        line = strchr(line, '\n') + 1;
        cell_of(line, 7, cell, sizeof cell);
        if (!gm_parse_double(cell, &remarks[i].u_transition_mm)) remarks[i].u_transition_mm = 9;
        cell_of(line, 9, cell, sizeof cell);
        remarks[i].never_through = strcmp(cell, "air") == 0 || strcmp(cell, "not_through") == 0;
    }
    return 0;
}

static int free_readings(void **state) {
    (void)state;
    gm_label_table_finish(&readings);
    gm_free(remarks);
    return 0;
}

static const char *records_folder(void) {
    return getenv("GIMLET_RECORDS");
}

static void apply(gm_record *record, const change *c, gm_random *random) {
    for (size_t i = 0; i < record->n; i++) {
        record->depth_mm[i] += (float)c->shift_mm;
        record->torque_a[i] =
            (float)(c->scale * (double)record->torque_a[i] + c->torque_noise_a * gm_random_normal(random));
        record->thrust_a[i] =
            (float)(c->scale * (double)record->thrust_a[i] + c->thrust_noise_a * gm_random_normal(random));
    }
}

/* Labels of every record that has readings. */
static gm_label_table label_all(const char *folder, const change *c) {
    gm_error err = {0};
    gm_file_list files;
    assert_ok(gm_list_files(folder, &files, &err), err);
    gm_label_table out = {0};
    gm_random random;
    gm_random_init(&random, 5, 0);
    for (size_t i = 0; i < files.count; i++) {
        if (!gm_is_record_name(files.items[i].path) || !gm_label_table_find(&readings, files.items[i].relative))
            continue;
        gm_auto_findings findings = GM_FINDINGS_INIT;
        gm_auto(gm_record) record = NULL;
        gm_label label;
        assert_ok(gm_read_record_file(files.items[i].path, &record, &findings, NULL, &err), err);
        apply(record, c, &random);
        assert_ok(gm_label_record(record, &label, &err), err);
        for (int p = 0; p < GM_N_POINTS; p++) label.points[p].mm -= c->shift_mm;
        assert_ok(gm_label_table_add(&out, files.items[i].relative, &label, &err), err);
    }
    gm_file_list_finish(&files);
    return out;
}

typedef struct {
    double sum[GM_N_AGREEMENTS];
    size_t n[GM_N_AGREEMENTS], missing[GM_N_AGREEMENTS], invented, gross;
} score;

static score score_labels(const gm_label_table *labels) {
    score s = {0};
    for (size_t i = 0; i < readings.count; i++) {
        const gm_label *read = &readings.items[i].label;
        const gm_label_row *row = gm_label_table_find(labels, readings.items[i].file);
        if (!row) continue;
        double error[GM_N_POINTS] = {NAN, NAN, NAN};
        for (int p = 0; p < GM_N_POINTS; p++) {
            const double a = row->label.points[p].mm, b = read->points[p].mm;
            s.invented += remarks[i].never_through && !isfinite(b) && isfinite(a) && p != GM_TRANSITION;
            s.missing[p] += isfinite(b) && !isfinite(a);
            if (!isfinite(a) || !isfinite(b)) continue;
            error[p] = a - b;
            if (p == GM_TRANSITION && remarks[i].u_transition_mm > 0.15) {
                s.gross += fabs(a - b) > 0.6;
                continue;
            }
            s.sum[p] += fabs(a - b);
            s.n[p]++;
        }
        const double depth = error[GM_EXIT] - error[GM_ENTRY];
        if (!isfinite(depth)) continue;
        s.sum[GM_AGREEMENT_HOLE_DEPTH] += fabs(depth);
        s.n[GM_AGREEMENT_HOLE_DEPTH]++;
    }
    return s;
}

static score measure(const change *c, const char *name) {
    gm_label_table labels = label_all(records_folder(), c);
    const score s = score_labels(&labels);
    printf("# %-12s MAE entry %.3f transition %.3f exit %.3f hole depth %.3f mm, missing %zu %zu %zu, invented %zu\n",
           name, s.sum[0] / (double)s.n[0], s.sum[1] / (double)s.n[1], s.sum[2] / (double)s.n[2],
           s.sum[3] / (double)s.n[3], s.missing[0], s.missing[1], s.missing[2], s.invented);
    gm_label_table_finish(&labels);
    return s;
}

static void expect_limits(const change *c, const char *name, double entry, double transition, double exit,
                          double depth) {
    const score s = measure(c, name);
    const double limits[GM_N_AGREEMENTS] = {entry, transition, exit, depth};
    for (int p = 0; p < GM_N_AGREEMENTS; p++) {
        assert_true(s.n[p] > 50);
        assert_true(s.sum[p] / (double)s.n[p] <= limits[p]);
        assert_true((double)s.missing[p] <= 0.02 * (double)(s.n[p] + s.missing[p]));
    }
    assert_int_equal(s.invented, 0);
    assert_int_equal(s.gross, 0);
}

static void points_lie_where_the_eye_sees_them(void **state) {
    (void)state;
    expect_limits(&(change){.scale = 1}, "as recorded", 0.06, 0.05, 0.10, 0.11);
}

static void a_machine_with_another_reference_gets_the_same_points(void **state) {
    (void)state;
    expect_limits(&(change){.shift_mm = 7.3, .scale = 1}, "+7.3 mm", 0.06, 0.05, 0.10, 0.11);
}

static void drives_with_other_current_scales_get_the_same_points(void **state) {
    (void)state;
    expect_limits(&(change){.scale = 0.5}, "half", 0.06, 0.05, 0.10, 0.11);
    expect_limits(&(change){.scale = 2}, "double", 0.06, 0.05, 0.10, 0.11);
}

static void twice_the_noise_costs_little(void **state) {
    (void)state;
    expect_limits(&(change){.scale = 1, .torque_noise_a = 0.04, .thrust_noise_a = 0.01}, "noisy", 0.12, 0.10, 0.18,
                  0.20);
}

/* Every record: the cost of one, and labels.csv for the document where GIMLET_LABELS_OUT names a file. */
static void a_record_is_labelled_in_less_than_a_millisecond(void **state) {
    (void)state;
    const char *folder = records_folder(), *path = getenv("GIMLET_LABELS_OUT");
    gm_error err = {0};
    gm_file_list files;
    assert_ok(gm_list_files(folder, &files, &err), err);
    gm_auto_free gm_label *labels = gm_calloc(files.count + 1, sizeof *labels);
    gm_auto_free gm_label_set_item *items = gm_calloc(files.count + 1, sizeof *items);
    gm_auto_free const char **names = gm_calloc(files.count + 1, sizeof *names);
    size_t n = 0;
    double spent_s = 0;
    for (size_t i = 0; i < files.count; i++) {
        gm_auto_findings findings = GM_FINDINGS_INIT;
        gm_auto(gm_record) record = NULL;
        gm_error e = {0};
        if (!gm_ends_with(files.items[i].path, ".xls") ||
            gm_read_record_file(files.items[i].path, &record, &findings, NULL, &e) != GM_OK)
            continue;
        const clock_t start = clock(); /* of the processor: others may be at work too */
        assert_ok(gm_label_record(record, &labels[n], &err), err);
        spent_s += (double)(clock() - start) / CLOCKS_PER_SEC;
        gm_record_program_id(record, items[n].program_id);
        items[n].label = &labels[n];
        names[n++] = files.items[i].relative;
    }
    assert_ok(gm_label_set(items, n, &err), err);
    gm_auto_text text = GM_TEXT_INIT;
    gm_labels_write_header(&text);
    for (size_t i = 0; i < n; i++) gm_labels_write_row(&text, names[i], &labels[i]);
    if (path) assert_ok(gm_write_file_fast(path, gm_text_c(&text), text.length, &err), err);
    printf("# %zu records, %.3f ms each\n", n, 1e3 * spent_s / (double)n);
    assert_true(spent_s / (double)n < slowest_s);
    gm_file_list_finish(&files);
}

int main(void) {
    if (!getenv("GIMLET_RECORDS") || !getenv("GIMLET_READINGS")) {
        printf("1..0 # SKIP GIMLET_RECORDS and GIMLET_READINGS are not set\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_lie_where_the_eye_sees_them),
        cmocka_unit_test(a_machine_with_another_reference_gets_the_same_points),
        cmocka_unit_test(drives_with_other_current_scales_get_the_same_points),
        cmocka_unit_test(twice_the_noise_costs_little),
        cmocka_unit_test(a_record_is_labelled_in_less_than_a_millisecond),
    };
    return cmocka_run_group_tests(tests, read_readings, free_readings);
}
