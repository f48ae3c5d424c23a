/* What people decide: migration from the tables of version 1, histories, the audit log, batches, users. */
#include "data/storage/storage.h"
#include "test.h"

#include <sqlite3.h>
#include <stdio.h>

#define HOLE_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* The tables as version 1 of the program made them. */
static const char tables_of_version_1[] =
    "CREATE TABLE files(root TEXT, file TEXT, sha256 TEXT, size INTEGER, mtime_ns INTEGER, inode INTEGER,"
    " reader TEXT, own_verdict INTEGER, own_score REAL, findings TEXT, verdict INTEGER, score REAL, is_hole INTEGER,"
    " seen INTEGER,"
    " PRIMARY KEY(root, file)) WITHOUT ROWID;"
    "CREATE INDEX files_by_content ON files(sha256);"
    "CREATE TABLE holes(sha256 TEXT PRIMARY KEY, trace_sha256 TEXT, program_id TEXT, tool TEXT, panel TEXT, date TEXT,"
    " tool_age INTEGER, n_rows INTEGER, summary BLOB, summary_version INTEGER) WITHOUT ROWID;"
    "CREATE TABLE labels(sha256 TEXT, source INTEGER, author TEXT, made_at TEXT, rejected INTEGER, confidence REAL,"
    " factor_clarity REAL, factor_signal REAL, factor_pattern REAL,"
    " entry_mm REAL, entry_confidence REAL, entry_evidence TEXT,"
    " transition_mm REAL, transition_confidence REAL, transition_evidence TEXT,"
    " exit_mm REAL, exit_confidence REAL, exit_evidence TEXT,"
    " PRIMARY KEY(sha256, source, author)) WITHOUT ROWID;"
    "CREATE TABLE state(name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;"
    "INSERT INTO state VALUES('session', 3);"
    "INSERT INTO files VALUES('/r','x/a.xls','" HOLE_A "',1,2,3,'v',1,0.5,'[]',1,0.5,1,3);"
    "INSERT INTO holes VALUES('" HOLE_A "','t','p','tool','panel','2024-05-29',7,2,NULL,0);"
    "INSERT INTO labels VALUES('" HOLE_A "',0,'rules v1','',0,0.9,1,1,1,6.5,0.9,'foot',NULL,0.8,'one layer',20.25,0.7,"
    "'knee');"
    "PRAGMA user_version = 1;";

static void run_sql(const char *folder, const char *sql) {
    gm_auto_free char *path = gm_path_join(folder, "gimlet.db");
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, sql, NULL, NULL, &message);
    if (message) fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static void an_old_database_is_brought_forward(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    run_sql(folder, tables_of_version_1);
    gm_auto(gm_store) store = NULL;
    assert_ok(gm_store_open(folder, false, 0, &store, &err), err); /* a reader does it too */
    gm_stored_holes holes;
    assert_ok(gm_store_holes(store, false, &holes, &err), err);
    assert_int_equal(holes.count, 1);
    assert_true(holes.items[0].label.points[GM_EXIT].mm == 20.25);
    assert_string_equal(holes.items[0].label.reason, "");
    gm_stored_holes_finish(&holes);
    int64_t version;
    assert_ok(gm_store_hole_version(store, HOLE_A, &version, &err), err);
    assert_int_equal(version, 0);
    gm_store_free(gm_steal(&store));
    assert_ok(gm_store_open_edit(folder, false, &store, &err), err);
    gm_audit_verdict verdict;
    assert_ok(gm_store_audit_verify(store, &verdict, &err), err);
    assert_string_equal(verdict.problem, "");
    test_folder_remove(folder);
}

static void a_newer_database_is_refused_in_words(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    run_sql(folder, "PRAGMA user_version = 999;");
    gm_store *store = NULL;
    assert_int_equal(gm_store_open_edit(folder, false, &store, &err), GM_E_CONFLICT);
    assert_non_null(strstr(err.message, "newer version"));
    test_folder_remove(folder);
}

static void a_missing_directory_is_not_made_by_reading(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_auto_free char *path = gm_path_join(folder, "data");
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    assert_int_equal(gm_store_open_edit(path, false, &store, &err), GM_E_NOTFOUND);
    assert_false(gm_file_exists(path));
    err = (gm_error){0};
    assert_ok(gm_store_open_edit(path, true, &store, &err), err);
    test_folder_remove(folder);
}

static gm_store *open_edit(const char *folder) {
    gm_error err = {0};
    gm_store *store = NULL;
    assert_ok(gm_store_open_edit(folder, true, &store, &err), err);
    return store;
}

static gm_label_version make_version(const char *author, double exit_mm) {
    gm_label_version v = {.sha256 = HOLE_A, .gesture = "exit dragged", .present = true, .label = GM_LABEL_EMPTY};
    v.label.source = GM_SOURCE_EXPERT;
    snprintf(v.label.author, sizeof v.label.author, "%s", author);
    v.label.points[GM_EXIT].mm = exit_mm;
    return v;
}

static void add(gm_store *store, gm_label_version *v) {
    gm_error err = {0};
    assert_ok(gm_store_begin(store, &err), err);
    assert_ok(gm_store_add_version(store, v, v->label.author, "label.save", &err), err);
    assert_ok(gm_store_commit(store, &err), err);
}

static void versions_only_grow_and_the_last_one_counts(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = open_edit(folder);
    gm_label_version first = make_version("A. Meyer", 20), second = make_version("B. Kim", 21);
    add(store, &first);
    add(store, &second);
    assert_int_equal(first.version, 1);
    assert_int_equal(second.version, 2);
    assert_int_equal(second.state, second.id);
    gm_label_version gone = first;
    gone.present = false;
    gone.state = 0;
    add(store, &gone);
    gm_stored_labels labels;
    assert_ok(gm_store_labels(store, HOLE_A, &labels, &err), err);
    assert_int_equal(labels.count, 1);
    assert_string_equal(labels.items[0].label.author, "B. Kim");
    assert_true(labels.items[0].label.points[GM_EXIT].mm == 21);
    gm_stored_labels_finish(&labels);
    gm_label_versions history;
    assert_ok(gm_store_history(store, HOLE_A, &history, &err), err);
    assert_int_equal(history.count, 3);
    assert_true(history.items[0].label.points[GM_EXIT].mm == 20 && !history.items[2].present);
    gm_label_versions_finish(&history);
    test_folder_remove(folder);
}

static void what_was_not_committed_is_not_there(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = open_edit(folder);
    gm_label_version v = make_version("A. Meyer", 20);
    assert_ok(gm_store_begin(store, &err), err);
    assert_ok(gm_store_add_version(store, &v, "A. Meyer", "label.save", &err), err);
    gm_store_rollback(store);
    int64_t version = 9;
    assert_ok(gm_store_hole_version(store, HOLE_A, &version, &err), err);
    assert_int_equal(version, 0);
    test_folder_remove(folder);
}

/* A history of three lines, then somebody with a database tool; the verdict must name the line. */
static void expect_tampering(const char *sql, int64_t first_bad, const char *words) {
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = open_edit(folder);
    for (int i = 0; i < 3; i++) {
        gm_label_version v = make_version("A. Meyer", 20 + i);
        add(store, &v);
    }
    gm_audit_verdict verdict;
    assert_ok(gm_store_audit_verify(store, &verdict, &err), err);
    assert_string_equal(verdict.problem, "");
    assert_int_equal(verdict.n_lines, 3);
    assert_int_equal(verdict.n_versions, 3);
    run_sql(folder, "DROP TRIGGER audit_stays; DROP TRIGGER audit_keeps; DROP TRIGGER versions_stay;"
                    "DROP TRIGGER versions_keep;");
    run_sql(folder, sql);
    assert_ok(gm_store_audit_verify(store, &verdict, &err), err);
    assert_int_equal(verdict.first_bad, first_bad);
    if (!strstr(verdict.problem, words)) fail_msg("%s: %s", sql, verdict.problem);
    test_folder_remove(folder);
}

static void tampering_with_the_log_is_found_and_named(void **state) {
    (void)state;
    expect_tampering("UPDATE audit SET user = 'B. Kim' WHERE seq = 2", 2, "line 2 of the log was changed");
    expect_tampering("UPDATE audit SET detail = detail || ' ' WHERE seq = 1", 1, "line 1 of the log was changed");
    expect_tampering("DELETE FROM audit WHERE seq = 2", 2, "line 2 of the log is gone");
    expect_tampering("DELETE FROM audit WHERE seq = 3", 3, "ends with line 2, but 3 were written");
    expect_tampering("DELETE FROM audit", 1, "ends with line 0");
    expect_tampering("UPDATE label_versions SET exit_mm = 25 WHERE version = 2", 2, "version 2, was changed");
    expect_tampering("UPDATE label_versions SET author = 'B. Kim' WHERE version = 3", 3, "version 3, was changed");
    expect_tampering("DELETE FROM label_versions WHERE version = 1", 1, "lacks a version that line 1");
}

static void the_database_itself_refuses_to_change_history(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_auto(gm_store) store = open_edit(folder);
    gm_label_version v = make_version("A. Meyer", 20);
    add(store, &v);
    static const char *const attempts[] = {"UPDATE audit SET user = 'x'", "DELETE FROM audit",
                                           "UPDATE label_versions SET exit_mm = 1", "DELETE FROM label_versions"};
    gm_auto_free char *path = gm_path_join(folder, "gimlet.db");
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < GM_COUNT(attempts); i++)
        assert_int_equal(sqlite3_exec(db, attempts[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
    test_folder_remove(folder);
}

static void edits_do_not_wait_for_the_lock_of_a_prepare(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) preparing = NULL;
    assert_ok(gm_store_open(folder, true, 0, &preparing, &err), err); /* holds DATA/.lock */
    gm_auto(gm_store) store = open_edit(folder);
    gm_label_version v = make_version("A. Meyer", 20);
    add(store, &v);
    gm_label rule = GM_LABEL_EMPTY;
    assert_ok(gm_store_put_label(preparing, HOLE_A, &rule, &err), err);
    assert_ok(gm_store_commit(preparing, &err), err);
    gm_stored_labels labels;
    assert_ok(gm_store_labels(store, NULL, &labels, &err), err);
    assert_int_equal(labels.count, 2);
    gm_stored_labels_finish(&labels);
    test_folder_remove(folder);
}

static void comments_batches_and_previews_come_back(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = open_edit(folder);
    int64_t id, batch;
    char at[GM_TIME_TEXT];
    assert_ok(gm_store_begin(store, &err), err);
    assert_ok(gm_store_add_comment(store, HOLE_A, "A. Meyer", "worn tool?", &id, at, &err), err);
    assert_ok(gm_store_add_batch(store, "B. Kim", "{}", 12, &batch, &err), err);
    assert_ok(gm_store_batch_undone(store, batch, "A. Meyer", 2, &err), err);
    assert_ok(gm_store_put_preview(store, "t1", "B. Kim", "{}", "[1]", "[2]", &err), err);
    assert_ok(gm_store_commit(store, &err), err);
    gm_comments comments;
    assert_ok(gm_store_comments(store, HOLE_A, &comments, &err), err);
    assert_int_equal(comments.count, 1);
    assert_string_equal(comments.items[0].text, "worn tool?");
    gm_comments_finish(&comments);
    gm_batches batches;
    assert_ok(gm_store_batches(store, &batches, &err), err);
    assert_int_equal(batches.count, 1);
    assert_int_equal(batches.items[0].n_kept, 2);
    assert_string_equal(batches.items[0].undone_by, "A. Meyer");
    gm_batches_finish(&batches);
    gm_batch_preview preview;
    assert_ok(gm_store_preview(store, "t1", &preview, &err), err);
    assert_string_equal(preview.to_see, "[2]");
    gm_batch_preview_finish(&preview);
    assert_ok(gm_store_begin(store, &err), err);
    assert_ok(gm_store_drop_preview(store, "t1", &err), err);
    assert_ok(gm_store_commit(store, &err), err);
    assert_int_equal(gm_store_preview(store, "t1", &preview, &err), GM_E_NOTFOUND);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_database_is_brought_forward),
        cmocka_unit_test(a_newer_database_is_refused_in_words),
        cmocka_unit_test(a_missing_directory_is_not_made_by_reading),
        cmocka_unit_test(versions_only_grow_and_the_last_one_counts),
        cmocka_unit_test(what_was_not_committed_is_not_there),
        cmocka_unit_test(tampering_with_the_log_is_found_and_named),
        cmocka_unit_test(the_database_itself_refuses_to_change_history),
        cmocka_unit_test(edits_do_not_wait_for_the_lock_of_a_prepare),
        cmocka_unit_test(comments_batches_and_previews_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
