#include "data/ingestion/ingestion.h"
#include "data/storage/storage.h"
#include "samples.h"
#include "test.h"

#include <sys/wait.h>
#include <unistd.h>

static gm_record *sample_record(void) {
    gm_error err = {0};
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_record *record = NULL;
    assert_ok(gm_read_record(&(gm_source){NULL, SAMPLE_RECORD, strlen(SAMPLE_RECORD)}, &record, &findings, &err), err);
    return record;
}

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void put_sample(gm_store *store, const char *file) {
    gm_error err = {0};
    gm_auto(gm_record) record = sample_record();
    gm_hole_facts facts;
    gm_hole_facts_of(record, &facts);
    assert_ok(gm_store_write_hole(store, HASH_A, record, &err), err);
    assert_ok(gm_store_put_hole(store, HASH_A, &facts, (gm_hole_blob){"blob", 4, 1}, &err), err);
    gm_stored_file row = {.root = "/r",
                          .file = file,
                          .sha256 = HASH_A,
                          .size_bytes = 10,
                          .mtime_ns = 20,
                          .inode = 30,
                          .verdict = GM_WARNING,
                          .score = 0.5,
                          .findings = "[]",
                          .is_hole = true};
    assert_ok(gm_store_put_file(store, &row, &err), err);
}

static void a_hole_comes_back_as_it_was(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    assert_ok(gm_store_open(folder, true, 0, &store, &err), err);
    put_sample(store, "x/a.xls");
    assert_ok(gm_store_commit(store, &err), err);
    gm_auto(gm_record) a = sample_record();
    gm_auto(gm_record) b = NULL;
    assert_ok(gm_store_load_hole(store, HASH_A, &b, &err), err);
    assert_string_equal(b->format, "setitec");
    assert_int_equal(b->n, a->n);
    assert_memory_equal(b->depth_mm, a->depth_mm, a->n * sizeof *a->depth_mm);
    assert_memory_equal(b->stop_code, a->stop_code, a->n * sizeof *a->stop_code);
    assert_null(b->speed_rpm);
    assert_int_equal(b->n_program, 2);
    assert_true(b->program[1].torque_max_a == 3 && b->program[1].enabled);
    assert_string_equal(b->meta.date, a->meta.date);
    assert_int_equal(b->n_fields, a->n_fields);
    assert_ptr_equal(b->segments[0].program, &b->program[1]);
    test_folder_remove(folder);
}

static void the_preferred_label_is_the_most_trusted(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    assert_ok(gm_store_open(folder, true, 0, &store, &err), err);
    put_sample(store, "x/a.xls");
    gm_label label = GM_LABEL_EMPTY;
    label.source = GM_SOURCE_RULE;
    label.points[GM_ENTRY].mm = 1;
    assert_ok(gm_store_put_label(store, HASH_A, &label, &err), err);
    label.source = GM_SOURCE_EXPERT;
    label.points[GM_ENTRY].mm = 2;
    strcpy(label.points[GM_ENTRY].evidence, "seen");
    assert_ok(gm_store_put_label(store, HASH_A, &label, &err), err);
    gm_stored_holes holes;
    assert_ok(gm_store_holes(store, false, &holes, &err), err);
    assert_int_equal(holes.count, 1);
    assert_true(holes.items[0].has_label && holes.items[0].label.points[GM_ENTRY].mm == 2);
    assert_true(isnan(holes.items[0].label.points[GM_EXIT].mm));
    assert_string_equal(holes.items[0].label.points[GM_ENTRY].evidence, "seen");
    assert_string_equal(holes.items[0].family, "x");
    assert_int_equal(holes.items[0].facts.tool_age, 7);
    gm_stored_holes_finish(&holes);
    bool found;
    assert_ok(gm_store_label(store, HASH_A, GM_SOURCE_RULE, &found, &label, &err), err);
    assert_true(found && label.points[GM_ENTRY].mm == 1); /* kept apart */
    test_folder_remove(folder);
}

static void a_summary_comes_back_in_its_own_version_only(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    assert_ok(gm_store_open(folder, true, 0, &store, &err), err);
    put_sample(store, "a.xls");
    gm_hole_facts facts;
    char blob[4] = "";
    bool found, has;
    assert_ok(gm_store_recall_hole(store, HASH_A, &found, &facts, blob, 4, 1, &has, &err), err);
    assert_true(found && has);
    assert_memory_equal(blob, "blob", 4);
    assert_int_equal(facts.n_rows, 2);
    assert_ok(gm_store_recall_hole(store, HASH_A, &found, &facts, blob, 4, 2, &has, &err), err);
    assert_true(found && !has);
    test_folder_remove(folder);
}

static void unchanged_files_are_known_and_unseen_ones_forgotten(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    assert_ok(gm_store_open(folder, true, 0, &store, &err), err);
    put_sample(store, "a.xls");
    assert_ok(gm_store_commit(store, &err), err);
    gm_store_free(gm_steal(&store));
    assert_ok(gm_store_open(folder, true, 0, &store, &err), err);
    gm_file_entry entry = {.relative = "a.xls", .size_bytes = 10, .mtime_ns = 20, .inode = 30};
    gm_stored_file row;
    bool found;
    assert_ok(gm_store_unchanged_file(store, "/r", &entry, &found, &row, &err), err);
    assert_true(found && row.verdict == GM_WARNING && row.is_hole);
    entry.mtime_ns = 21;
    assert_ok(gm_store_unchanged_file(store, "/r", &entry, &found, &row, &err), err);
    assert_false(found);
    size_t n;
    assert_ok(gm_store_forget_unseen(store, "/r", &n, &err), err);
    assert_int_equal(n, 1);
    test_folder_remove(folder);
}

static void what_was_not_committed_is_not_there(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    pid_t child = fork();
    if (child == 0) { /* killed between put and commit */
        gm_store *store = NULL;
        if (gm_store_open(folder, true, 0, &store, NULL) != GM_OK) _exit(1);
        put_sample(store, "a.xls");
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    gm_auto(gm_store) store = NULL;
    assert_ok(gm_store_open(folder, true, 0, &store, &err), err);
    gm_stored_holes holes;
    assert_ok(gm_store_holes(store, false, &holes, &err), err);
    assert_int_equal(holes.count, 0);
    gm_stored_holes_finish(&holes);
    test_folder_remove(folder);
}

static void two_writers_are_kept_apart(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    gm_auto(gm_store) reader = NULL;
    assert_ok(gm_store_open(folder, true, 0, &store, &err), err);
    pid_t child = fork();
    if (child == 0) {
        gm_store *second = NULL;
        _exit(gm_store_open(folder, true, 0, &second, NULL) == GM_E_CONFLICT ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_ok(gm_store_open(folder, false, 0, &reader, &err), err); /* readers are welcome */
    test_folder_remove(folder);
}

static void a_folder_without_a_database_is_refused(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_store *store = NULL;
    assert_int_equal(gm_store_open(folder, false, 0, &store, &err), GM_E_NOTFOUND);
    assert_non_null(strstr(err.message, "not a data directory"));
    test_folder_remove(folder);
}

/* Looks again and again until it finds a database; returns 0 when it never found half of one. */
static int look_for_database(const char *folder) {
    for (;;) {
        gm_store *store = NULL;
        gm_status status = gm_store_open(folder, false, 0, &store, NULL);
        gm_store_free(store);
        if (status == GM_OK) return 0;
        if (status != GM_E_NOTFOUND) return 1;
    }
}

static void a_new_database_is_never_seen_half_made(void **state) {
    (void)state;
    gm_error err = {0};
    for (int i = 0; i < 20; i++) {
        char *folder = test_folder_new();
        pid_t child = fork();
        if (child == 0) _exit(look_for_database(folder));
        gm_store *store = NULL;
        assert_ok(gm_store_open(folder, true, 0, &store, &err), err);
        gm_store_free(store);
        int status;
        waitpid(child, &status, 0);
        assert_int_equal(status, 0);
        gm_file_list files;
        assert_ok(gm_list_files(folder, &files, &err), err);
        for (size_t k = 0; k < files.count; k++) assert_false(gm_starts_with(files.items[k].relative, ".new"));
        gm_file_list_finish(&files);
        test_folder_remove(folder);
    }
}

/* One hole in and out again, while memory ends after n allocations. */
static gm_status store_and_load(const char *folder, const gm_record *record, gm_error *err) {
    gm_auto(gm_store) store = NULL;
    GM_TRY(gm_store_open(folder, true, 0, &store, err));
    gm_hole_facts facts;
    gm_hole_facts_of(record, &facts);
    GM_TRY(gm_store_write_hole(store, HASH_A, record, err));
    GM_TRY(gm_store_put_hole(store, HASH_A, &facts, (gm_hole_blob){"blob", 4, 1}, err));
    gm_stored_file row = {.root = "/r", .file = "a.xls", .sha256 = HASH_A, .findings = "[]", .is_hole = true};
    GM_TRY(gm_store_put_file(store, &row, err));
    gm_label label = GM_LABEL_EMPTY;
    GM_TRY(gm_store_put_label(store, HASH_A, &label, err));
    GM_TRY(gm_store_commit(store, err));
    gm_auto(gm_record) back = NULL;
    GM_TRY(gm_store_load_hole(store, HASH_A, &back, err));
    gm_stored_holes holes;
    GM_TRY(gm_store_holes(store, false, &holes, err));
    gm_stored_holes_finish(&holes);
    return GM_OK;
}

static void missing_memory_is_reported(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_auto(gm_record) record = sample_record();
    long n = 0;
    for (;; n++) {
        gm_error err = {0};
        gm_memory_fail_after(n);
        gm_status status = store_and_load(folder, record, &err);
        gm_memory_fail_after(-1);
        if (status == GM_OK) break;
        if (status != GM_E_NOMEM) fail_msg("after %ld allocations: %s (%s)", n, err.message, err.where);
    }
    assert_true(n > 20);
    test_folder_remove(folder);
}

static void put_named(gm_store *store, const char *root, const char *file, const char *sha256) {
    gm_error err = {0};
    gm_stored_file row = {.root = root, .file = file, .sha256 = sha256, .findings = "[]", .is_hole = true};
    assert_ok(gm_store_put_file(store, &row, &err), err);
}

static void equal_names_are_told_apart_by_their_folder(void **state) {
    (void)state;
    char *folder = test_folder_new(), found[GM_SHA256_HEX];
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    assert_ok(gm_store_open(folder, true, 0, &store, &err), err);
    put_named(store, "/a", "V1/1.xls", HASH_A);
    put_named(store, "/b", "V1/1.xls", HASH_B);
    put_named(store, "/b", "V1/2.xls", HASH_B);
    assert_ok(gm_store_hole_of_file(store, "/a", "V1/1.xls", found, &err), err);
    assert_string_equal(found, HASH_A);
    assert_ok(gm_store_hole_of_file(store, "/b", "V1/1.xls", found, &err), err);
    assert_string_equal(found, HASH_B);
    assert_ok(gm_store_hole_of_file(store, "/c", "V1/1.xls", found, &err), err);
    assert_string_equal(found, ""); /* either could be meant */
    assert_ok(gm_store_hole_of_file(store, NULL, "2.xls", found, &err), err);
    assert_string_equal(found, HASH_B);
    gm_store_free(gm_steal(&store));
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hole_comes_back_as_it_was),
        cmocka_unit_test(the_preferred_label_is_the_most_trusted),
        cmocka_unit_test(a_summary_comes_back_in_its_own_version_only),
        cmocka_unit_test(unchanged_files_are_known_and_unseen_ones_forgotten),
        cmocka_unit_test(what_was_not_committed_is_not_there),
        cmocka_unit_test(two_writers_are_kept_apart),
        cmocka_unit_test(a_folder_without_a_database_is_refused),
        cmocka_unit_test(a_new_database_is_never_seen_half_made),
        cmocka_unit_test(missing_memory_is_reported),
        cmocka_unit_test(equal_names_are_told_apart_by_their_folder),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
