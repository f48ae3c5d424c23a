/* Data sets: taken once, recalled to the bit, every change of a file found and named, differences by person and mm. */
#include "holes.h"

#include "service/datasets/datasets.h"
#include "service/models/snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static test_holes holes;
static char first[GM_SHA256_HEX], second[GM_SHA256_HEX]; /* names: before and after an edit */

static int make(void **state) {
    (void)state;
    test_holes_make(&holes, 2, 4);
    return 0;
}

static int clean(void **state) {
    (void)state;
    test_holes_remove(&holes);
    return 0;
}

static void take(char name[GM_SHA256_HEX]) {
    gm_error err = {0};
    auto_dataset dataset = {0};
    assert_ok(service_dataset_open(holes.dir, DATASET_TO_LEARN, &dataset, &err), err);
    assert_ok(snapshot_take(&dataset, true, &err), err);
    memcpy(name, dataset.snapshot, GM_SHA256_HEX);
}

/* A person moves the exit of a hole by so much. */
static void move_exit(int hole, double by_mm) {
    gm_error err = {0};
    gm_auto(gm_store) store = test_holes_edit(&holes);
    gm_label label;
    bool found;
    assert_ok(gm_store_label(store, holes.id[hole], GM_SOURCE_RULE, &found, &label, &err), err);
    gm_label_version version = {.present = true, .label = label};
    memcpy(version.sha256, holes.id[hole], sizeof version.sha256);
    version.label.source = GM_SOURCE_EXPERT;
    version.label.points[GM_EXIT].mm += by_mm;
    snprintf(version.label.author, sizeof version.label.author, "A. Meyer");
    snprintf(version.gesture, sizeof version.gesture, "exit dragged");
    assert_ok(gm_store_begin(store, &err), err);
    assert_ok(gm_store_end(store, gm_store_add_version(store, &version, "A. Meyer", "label.save", &err), &err), err);
}

static void one_set_has_one_name(void **state) {
    (void)state;
    char again[GM_SHA256_HEX];
    gm_error err = {0};
    json_t *list;
    take(first);
    take(again);
    assert_string_equal(first, again);
    move_exit(2, 0.25);
    take(second);
    assert_string_not_equal(first, second);
    assert_ok(gm_datasets_list(holes.dir, &list, &err), err);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 2);
    json_decref(list);
}

static void the_same(const service_dataset *a, const snapshot *b) {
    assert_int_equal(a->data.count, b->count);
    for (size_t i = 0; i < b->count; i++) {
        const gm_label *x = &a->holes[i].label, *y = &b->items[i].label;
        assert_string_equal(a->holes[i].id, b->items[i].id);
        assert_int_equal(x->source, y->source);
        for (int p = 0; p < GM_N_POINTS; p++) {
            assert_memory_equal(&x->points[p].mm, &y->points[p].mm, sizeof(double));
            assert_memory_equal(&x->points[p].confidence, &y->points[p].confidence, sizeof(double));
        }
    }
}

static void a_set_is_recalled_to_the_bit(void **state) {
    (void)state;
    gm_error err = {0};
    auto_dataset now = {0};
    auto_snapshot kept = {0};
    assert_ok(service_dataset_open(holes.dir, DATASET_TO_LEARN, &now, &err), err);
    assert_ok(snapshot_read(holes.dir, second, &kept, &err), err);
    the_same(&now, &kept);
    assert_int_equal(kept.items[2].version, 1);
    assert_string_equal(kept.items[2].label.author, "A. Meyer");
    snapshot_finish(&kept);
    assert_ok(snapshot_read(holes.dir, first, &kept, &err), err);
    assert_int_equal(kept.items[2].label.source, GM_SOURCE_RULE);
    assert_ok(snapshot_recall(&now, &kept, &err), err);
    the_same(&now, &kept);
    assert_string_equal(now.data.snapshot, first);
    gm_auto(gm_record) record = NULL;
    assert_ok(now.data.load(now.data.ctx, 3, &record, &err), err);
    assert_true(record->n > 100);
}

static void a_difference_says_what_by_how_much_and_by_whom(void **state) {
    (void)state;
    gm_error err = {0};
    json_t *diff;
    assert_ok(gm_dataset_diff(holes.dir, first, second, &diff, &err), err);
    assert_int_equal(json_integer_value(json_object_get(diff, "same")), 7);
    assert_int_equal(json_array_size(json_object_get(diff, "relabelled")), 1);
    const json_t *change = json_array_get(json_object_get(diff, "relabelled"), 0);
    assert_string_equal(json_string_value(json_object_get(change, "id")), holes.id[2]);
    assert_int_equal(json_object_size(json_object_get(change, "points")), 1);
    const json_t *exit = json_object_get(json_object_get(change, "points"), "exit");
    assert_true(fabs(json_number_value(json_object_get(exit, "by_mm")) - 0.25) < 1e-9);
    assert_string_equal(json_string_value(json_object_get(json_object_get(change, "to"), "author")), "A. Meyer");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(change, "to"), "version")), 1);
    json_decref(diff);
    assert_ok(gm_dataset_diff(holes.dir, second, second, &diff, &err), err);
    assert_int_equal(json_integer_value(json_object_get(diff, "same")), 8);
    assert_int_equal(json_array_size(json_object_get(diff, "relabelled")), 0);
    json_decref(diff);
    assert_int_equal(gm_dataset_diff(holes.dir, first, "beef", &diff, &err), GM_E_NOTFOUND);
}

/* ---- verify ---- */

static void flip(const char *path, off_t at, int bit) {
    unsigned char byte;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= (unsigned char)(1 << bit);
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* The one problem that is found: the hole it names, "" for the list itself; "-": intact. */
static void expect_problem(const char *id) {
    gm_error err = {0};
    json_t *verdict;
    assert_ok(gm_dataset_verify(holes.dir, second, NULL, &verdict, &err), err);
    const json_t *problems = json_object_get(verdict, "problems");
    assert_int_equal(json_array_size(problems), strcmp(id, "-") != 0);
    assert_int_equal(json_is_true(json_object_get(verdict, "intact")), strcmp(id, "-") == 0);
    const char *named = json_string_value(json_object_get(json_array_get(problems, 0), "id"));
    if (strcmp(id, "-") != 0) assert_string_equal(named ? named : "", id);
    json_decref(verdict);
}

static void every_flipped_bit_is_found_and_named(void **state) {
    (void)state;
    gm_random random;
    gm_random_init(&random, 4, 2);
    expect_problem("-");
    for (int i = 0; i < 60; i++) {
        char path[600];
        struct stat info;
        int hole = (int)gm_random_below(&random, 8);
        bool list = i % 4 == 0;
        if (list)
            snprintf(path, sizeof path, "%s/snapshots/%s.json", holes.dir, second);
        else
            snprintf(path, sizeof path, "%s/holes/%.2s/%s.safetensors", holes.dir, holes.id[hole], holes.id[hole]);
        assert_int_equal(stat(path, &info), 0);
        off_t at = gm_random_below(&random, (uint32_t)info.st_size);
        int bit = (int)gm_random_below(&random, 8);
        flip(path, at, bit);
        expect_problem(list ? "" : holes.id[hole]);
        flip(path, at, bit);
    }
    expect_problem("-");
}

static void a_missing_hole_is_named_and_nothing_is_trained_without_it(void **state) {
    (void)state;
    gm_error err = {0};
    char path[600], aside[700];
    auto_dataset now = {0};
    auto_snapshot kept = {0};
    snprintf(path, sizeof path, "%s/holes/%.2s/%s.safetensors", holes.dir, holes.id[5], holes.id[5]);
    snprintf(aside, sizeof aside, "%s.aside", path);
    assert_ok(service_dataset_open(holes.dir, DATASET_TO_LEARN, &now, &err), err);
    assert_ok(snapshot_read(holes.dir, second, &kept, &err), err);
    assert_int_equal(rename(path, aside), 0);
    expect_problem(holes.id[5]);
    assert_int_equal(snapshot_recall(&now, &kept, &err), GM_E_CONFLICT);
    char short_id[13];
    snprintf(short_id, sizeof short_id, "%.12s", holes.id[5]);
    assert_non_null(strstr(err.message, short_id));
    assert_int_equal(rename(aside, path), 0);
    expect_problem("-");
}

/* ---- from before ---- */

/* What runs left before data sets had this form: DATA/snapshots/NAME.txt, named by holes and depths. */
static void write_old(const service_dataset *dataset, char name[GM_SHA256_HEX]) {
    gm_error err = {0};
    gm_auto_text names = GM_TEXT_INIT, lines = GM_TEXT_INIT;
    for (size_t i = 0; i < dataset->data.count; i++) {
        const gm_training_hole *hole = &dataset->holes[i];
        gm_text_append(&names, hole->id);
        gm_text_printf(&lines, "%s %d", hole->id, (int)hole->label.source);
        for (int p = 0; p < GM_N_POINTS; p++) {
            char mm[32], confidence[32];
            gm_text_append(&names, " ");
            gm_text_number(&names, hole->label.points[p].mm, 4);
            gm_text_printf(&lines, " %s %s", gm_format_double(hole->label.points[p].mm, mm),
                           gm_format_double(hole->label.points[p].confidence, confidence));
        }
        gm_text_append(&names, "\n");
        gm_text_append(&lines, "\n");
    }
    gm_sha256(names.data, names.length, name);
    gm_auto_free char *path = snapshot_path(holes.dir, name, true);
    assert_ok(gm_write_file(path, lines.data, lines.length, &err), err);
}

static void an_old_set_is_still_read(void **state) {
    (void)state;
    gm_error err = {0};
    char name[GM_SHA256_HEX];
    auto_dataset before = {0};
    auto_dataset now = {0};
    auto_snapshot kept = {0};
    assert_ok(service_dataset_open(holes.dir, DATASET_TO_LEARN, &before, &err), err);
    write_old(&before, name);
    assert_string_equal(name, before.snapshot);
    move_exit(4, -0.5);
    assert_ok(service_dataset_open(holes.dir, DATASET_TO_LEARN, &now, &err), err);
    assert_ok(snapshot_read(holes.dir, name, &kept, &err), err);
    assert_true(kept.old);
    assert_ok(snapshot_recall(&now, &kept, &err), err);
    the_same(&before, &kept);
    the_same(&now, &kept);
    assert_string_equal(now.holes[4].file, before.holes[4].file);
    assert_string_equal(now.holes[4].family, before.holes[4].family);
    json_t *verdict;
    assert_ok(gm_dataset_verify(holes.dir, name, NULL, &verdict, &err), err);
    assert_int_equal(json_integer_value(json_object_get(verdict, "unchecked")), (json_int_t)kept.count);
    json_decref(verdict);
    gm_auto_free char *path = snapshot_path(holes.dir, name, true);
    flip(path, 70, 0); /* a digit of the first depth */
    snapshot_finish(&kept);
    assert_int_equal(snapshot_read(holes.dir, name, &kept, &err), GM_E_FORMAT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_set_has_one_name),
        cmocka_unit_test(a_set_is_recalled_to_the_bit),
        cmocka_unit_test(a_difference_says_what_by_how_much_and_by_whom),
        cmocka_unit_test(every_flipped_bit_is_found_and_named),
        cmocka_unit_test(a_missing_hole_is_named_and_nothing_is_trained_without_it),
        cmocka_unit_test(an_old_set_is_still_read),
    };
    return cmocka_run_group_tests_name("service/datasets", tests, make, clean);
}
