/* Labels out to Label Studio and back in. */
#include "holes.h"
#include "service/review/review.h"
#include "service/service.h"

static void save(gm_store *store, const test_holes *holes, size_t hole, const char *author, double shift_mm,
                 bool rejected) {
    gm_error err = {0};
    gm_review_result r;
    gm_label_edit edit = {.hole = holes->id[hole],
                          .author = author,
                          .expected_version = -1,
                          .rejected = rejected,
                          .reason = rejected ? "aborted" : NULL};
    for (int p = 0; p < GM_N_POINTS; p++) edit.mm[p] = holes->truth[hole].points_mm[p] - shift_mm;
    assert_ok(gm_review_save(store, &edit, &r, &err), err);
}

static char *export_tasks(const test_holes *holes) {
    gm_error err = {0};
    gm_auto(gm_store) store = test_holes_edit(holes);
    gm_auto_text text = GM_TEXT_INIT;
    size_t n;
    assert_ok(gm_labels_write(store, GM_LABELS_LABEL_STUDIO, NULL, &text, &n, &err), err);
    return gm_text_take(&text);
}

static void what_goes_out_comes_back_the_same(void **state) {
    (void)state;
    test_holes holes, other;
    gm_error err = {0};
    test_holes_make(&holes, 2, 3);
    test_holes_make(&other, 2, 3); /* the same holes, without people's labels */
    gm_auto(gm_store) from = test_holes_edit(&holes);
    save(from, &holes, 0, "A. Meyer", 0, false);
    save(from, &holes, 0, "B. Kim", 0.123456, false);
    save(from, &holes, 4, "M\303\274ller \"H\"", 0.25, true);
    gm_auto_free char *tasks = export_tasks(&holes);
    gm_auto(gm_store) to = test_holes_edit(&other);
    gm_import_summary summary;
    gm_import_options options = {GM_SOURCE_EXPERT, NULL, "root", "tasks.json"};
    assert_ok(gm_labels_import_bytes(to, tasks, strlen(tasks), &options, &summary, &err), err);
    assert_int_equal(summary.imported, 3);
    assert_int_equal(summary.unknown, 0);
    gm_import_summary_finish(&summary);
    gm_stored_labels a, b;
    assert_ok(gm_store_labels(from, NULL, &a, &err), err);
    assert_ok(gm_store_labels(to, NULL, &b, &err), err);
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++) {
        const gm_label *x = &a.items[i].label, *y = &b.items[i].label;
        assert_string_equal(a.items[i].sha256, b.items[i].sha256);
        assert_string_equal(x->author, y->author);
        assert_string_equal(x->reason, y->reason);
        assert_int_equal(x->source, y->source);
        assert_int_equal(x->rejected, y->rejected);
        for (int p = 0; p < GM_N_POINTS; p++) {
            assert_int_equal(isnan(x->points[p].mm), isnan(y->points[p].mm));
            if (!isnan(x->points[p].mm)) assert_true(fabs(x->points[p].mm - y->points[p].mm) < 1e-6);
        }
    }
    gm_stored_labels_finish(&a);
    gm_stored_labels_finish(&b);
    gm_label_versions history;
    assert_ok(gm_store_history(to, holes.id[0], &history, &err), err);
    assert_int_equal(history.count, 2);
    assert_string_equal(history.items[0].gesture, "imported from tasks.json");
    gm_label_versions_finish(&history);
    test_holes_remove(&holes);
    test_holes_remove(&other);
}

/* What Label Studio itself exports: instants, regions, other labels, a skipped task, users by number or e-mail. */
static void what_label_studio_exports_is_read(void **state) {
    (void)state;
    static const char tasks[] =
        "[{\"id\":7,\"data\":{\"csv\":\"/upload/family0/hole000.xls\"},\"annotations\":[{\"id\":1,\"completed_by\":3,"
        "\"was_cancelled\":false,\"created_at\":\"2026-11-23T08:15:30.1Z\",\"result\":["
        "{\"type\":\"timeserieslabels\",\"value\":{\"start\":4.5,\"end\":4.5,\"instant\":true,"
        "\"timeserieslabels\":[\"Entry\"]}},"
        "{\"type\":\"timeserieslabels\",\"value\":{\"start\":9.25,\"end\":9.75,\"timeserieslabels\":[\"exit\"]}},"
        "{\"type\":\"timeserieslabels\",\"value\":{\"start\":1,\"end\":2,\"timeserieslabels\":[\"chatter\"]}},"
        "{\"type\":\"choices\",\"value\":{\"choices\":[\"good\"]}}]}],\"predictions\":[{\"result\":[]}]},"
        "{\"id\":8,\"data\":{\"file\":\"hole001.xls\"},\"annotations\":[{\"completed_by\":{\"email\":\"k@example.org\"}"
        ","
        "\"was_cancelled\":true,\"result\":[]}]},"
        "{\"id\":9,\"data\":{\"file\":\"nobody.xls\"},\"annotations\":[{\"result\":[]}]}]";
    test_holes holes;
    gm_error err = {0};
    test_holes_make(&holes, 1, 2);
    gm_auto(gm_store) store = test_holes_edit(&holes);
    gm_import_summary summary;
    gm_import_options options = {GM_SOURCE_EXPERT, NULL, "root", "project-1.json"};
    assert_ok(gm_labels_import_bytes(store, tasks, strlen(tasks), &options, &summary, &err), err);
    assert_int_equal(summary.rows, 3);
    assert_int_equal(summary.imported, 2);
    assert_int_equal(summary.unknown, 1);
    gm_import_summary_finish(&summary);
    bool found;
    gm_label label;
    assert_ok(gm_store_label(store, holes.id[0], GM_SOURCE_EXPERT, &found, &label, &err), err);
    assert_true(found && label.points[GM_ENTRY].mm == 4.5 && label.points[GM_EXIT].mm == 9.25);
    assert_true(isnan(label.points[GM_TRANSITION].mm));
    assert_string_equal(label.author, "annotator 3");
    assert_ok(gm_store_label(store, holes.id[1], GM_SOURCE_EXPERT, &found, &label, &err), err);
    assert_true(found && label.rejected);
    assert_string_equal(label.author, "k@example.org");
    test_holes_remove(&holes);
}

static void expect_refusal(const char *tasks, const char *words) {
    test_holes holes;
    gm_error err = {0};
    test_holes_make(&holes, 1, 1);
    gm_auto(gm_store) store = test_holes_edit(&holes);
    gm_import_summary summary;
    gm_import_options options = {GM_SOURCE_EXPERT, NULL, "root", "tasks.json"};
    assert_int_equal(gm_labels_import_bytes(store, tasks, strlen(tasks), &options, &summary, &err), GM_E_FORMAT);
    if (!strstr(err.message, words)) fail_msg("%s", err.message);
    gm_stored_labels labels;
    err = (gm_error){0};
    assert_ok(gm_store_labels(store, NULL, &labels, &err), err);
    assert_int_equal(labels.count, 1); /* the rule's: all or nothing */
    gm_stored_labels_finish(&labels);
    test_holes_remove(&holes);
}

static void bad_files_are_refused_whole_and_in_words(void **state) {
    (void)state;
    expect_refusal("[{", "not JSON");
    expect_refusal("[{\"annotations\":[]}]", "task 1 does not say which record");
#define POINT(mm, name) "{\"value\":{\"start\":" mm ",\"timeserieslabels\":[\"" name "\"]}}"
    expect_refusal("[{\"data\":{\"file\":\"hole000.xls\"},\"annotations\":[{\"result\":[" POINT(
                       "3", "entry") "]}]},"
                                     "{\"data\":{\"file\":\"hole000.xls\"},\"annotations\":[{\"result\":[" POINT(
                                         "5", "entry") "," POINT("4", "exit") "]}]}]",
                   "task 2: the points are not in the order");
    expect_refusal(
        "[{\"data\":{\"file\":\"hole000.xls\"},\"annotations\":[{\"result\":[" POINT("null", "entry") "]}]}]",
        "has no depth in mm");
    expect_refusal("[{\"data\":{\"file\":\"hole000.xls\"},\"annotations\":[{\"result\":[" POINT("1", "entry") "," POINT(
                       "2", "entry") "]}]}]",
                   "twice");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_out_comes_back_the_same),
        cmocka_unit_test(what_label_studio_exports_is_read),
        cmocka_unit_test(bad_files_are_refused_whole_and_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
