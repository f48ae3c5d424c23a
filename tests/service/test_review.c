/* One hole in the hands of people: saving, conflicts, undo, two at once, a kill in the middle. */
#include "holes.h"
#include "service/review/review.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static test_holes holes;

static int set_up(void **state) {
    (void)state;
    test_holes_make(&holes, 1, 3);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_holes_remove(&holes);
    return 0;
}

/* The truth of a hole with another exit. */
static gm_label_edit edit_of(size_t hole, const char *author, int64_t version, double exit_mm) {
    gm_label_edit edit = {.hole = holes.id[hole], .author = author, .expected_version = version, .gesture = "exit"};
    for (int p = 0; p < GM_N_POINTS; p++) edit.mm[p] = holes.truth[hole].points_mm[p];
    edit.mm[GM_EXIT] = exit_mm;
    return edit;
}

static double good_exit(size_t hole) {
    return holes.truth[hole].points_mm[GM_EXIT];
}

static gm_review_result save(gm_store *store, size_t hole, const char *author, int64_t version, double exit_mm) {
    gm_error err = {0};
    gm_review_result result;
    gm_label_edit edit = edit_of(hole, author, version, exit_mm);
    assert_ok(gm_review_save(store, &edit, &result, &err), err);
    return result;
}

/* The label that training would take. */
static gm_label preferred(gm_store *store, size_t hole) {
    gm_error err = {0};
    gm_stored_holes stored;
    gm_label label = GM_LABEL_EMPTY;
    assert_ok(gm_store_holes(store, false, &stored, &err), err);
    for (size_t i = 0; i < stored.count; i++)
        if (strcmp(stored.items[i].sha256, holes.id[hole]) == 0) label = stored.items[i].label;
    gm_stored_holes_finish(&stored);
    return label;
}

static void a_saved_label_is_the_one_that_counts(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    const double exit_mm = good_exit(0) - 0.5;
    gm_review_result r = save(store, 0, "A. Meyer", 0, exit_mm);
    assert_int_equal(r.version, 1);
    assert_true(r.has_label && r.can_undo && !r.can_redo);
    gm_label label = preferred(store, 0);
    assert_int_equal(label.source, GM_SOURCE_EXPERT);
    assert_string_equal(label.author, "A. Meyer");
    assert_true(label.points[GM_EXIT].mm == exit_mm);
    assert_non_null(strstr(label.points[GM_EXIT].evidence, "set"));
    if (isnan(holes.truth[0].points_mm[GM_TRANSITION]))
        assert_string_equal(label.points[GM_TRANSITION].evidence, "marked absent");
}

static void expect_refusal(gm_store *store, const gm_label_edit *edit, const char *words) {
    gm_error err = {0};
    gm_review_result result;
    assert_int_equal(gm_review_save(store, edit, &result, &err), GM_E_ARG);
    if (!strstr(err.message, words)) fail_msg("%s", err.message);
    int64_t version;
    assert_ok(gm_store_hole_version(store, edit->hole, &version, &err), err);
    assert_int_equal(version, 0);
}

static void points_that_cannot_be_are_refused_in_words(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    gm_label_edit edit = edit_of(0, "A. Meyer", 0, holes.truth[0].points_mm[GM_ENTRY] - 1);
    expect_refusal(store, &edit, "exit at ");
    edit = edit_of(0, "A. Meyer", 0, 900);
    expect_refusal(store, &edit, "lies outside of the record, which goes from");
    edit = edit_of(0, "A. Meyer", 0, good_exit(0));
    edit.rejected = true;
    expect_refusal(store, &edit, "needs a reason");
    edit = edit_of(0, "A. Meyer", 0, good_exit(0));
    edit.hole = "0000000000000000000000000000000000000000000000000000000000000000";
    gm_review_result result;
    assert_int_equal(gm_review_save(store, &edit, &result, NULL), GM_E_NOTFOUND);
}

static void a_stale_version_changes_nothing(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    save(store, 0, "A. Meyer", 0, good_exit(0));
    gm_label_edit edit = edit_of(0, "B. Kim", 0, good_exit(0) - 1);
    gm_error err = {0};
    gm_review_result result;
    assert_int_equal(gm_review_save(store, &edit, &result, &err), GM_E_CONFLICT);
    assert_non_null(strstr(err.message, "version 1, not 0"));
    assert_int_equal(gm_review_undo(store, holes.id[0], "A. Meyer", 0, &result, NULL), GM_E_CONFLICT);
    assert_string_equal(preferred(store, 0).author, "A. Meyer");
    edit.expected_version = 1;
    err = (gm_error){0};
    assert_ok(gm_review_save(store, &edit, &result, &err), err);
    assert_int_equal(result.version, 2);
}

static void a_rejected_hole_is_not_trained_on_by_the_rules_label(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    gm_label_edit edit = edit_of(1, "A. Meyer", 0, good_exit(1));
    edit.rejected = true;
    edit.reason = "aborted";
    gm_error err = {0};
    gm_review_result result;
    assert_ok(gm_review_save(store, &edit, &result, &err), err);
    gm_label label = preferred(store, 1);
    assert_true(label.rejected);
    assert_string_equal(label.reason, "aborted");
    assert_ok(gm_review_undo(store, holes.id[1], "A. Meyer", 1, &result, &err), err);
    assert_false(result.has_label);
    label = preferred(store, 1);
    assert_true(!label.rejected && label.source == GM_SOURCE_RULE);
}

static gm_review_result go(const char *author, bool back) {
    gm_error err = {0};
    gm_auto(gm_store) store = test_holes_edit(&holes); /* a new one each time: as after a restart */
    gm_review_result r;
    if (back)
        assert_ok(gm_review_undo(store, holes.id[0], author, -1, &r, &err), err);
    else
        assert_ok(gm_review_redo(store, holes.id[0], author, -1, &r, &err), err);
    return r;
}

static void gestures_are_undone_and_redone_one_by_one(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    const double a = good_exit(0), b = a - 0.1, c = a - 0.2;
    save(store, 0, "A. Meyer", -1, a);
    save(store, 0, "A. Meyer", -1, b);
    save(store, 0, "B. Kim", -1, a - 2); /* somebody else's gestures stay out of it */
    save(store, 0, "A. Meyer", -1, c);
    gm_review_result r = go("A. Meyer", true);
    assert_true(r.label.points[GM_EXIT].mm == b && r.can_undo && r.can_redo);
    r = go("A. Meyer", true);
    assert_true(r.label.points[GM_EXIT].mm == a && r.can_undo);
    r = go("A. Meyer", true);
    assert_true(!r.has_label && !r.can_undo && r.can_redo);
    gm_error err = {0};
    assert_int_equal(gm_review_undo(store, holes.id[0], "A. Meyer", -1, &r, &err), GM_E_ARG);
    r = go("A. Meyer", false);
    assert_true(r.has_label && r.label.points[GM_EXIT].mm == a);
    r = go("A. Meyer", false);
    assert_true(r.label.points[GM_EXIT].mm == b && r.can_redo);
    r = go("A. Meyer", false);
    assert_true(r.label.points[GM_EXIT].mm == c && !r.can_redo);
    go("A. Meyer", true);
    save(store, 0, "A. Meyer", -1, a - 0.3); /* ends what could be redone */
    err = (gm_error){0};
    assert_int_equal(gm_review_redo(store, holes.id[0], "A. Meyer", -1, &r, &err), GM_E_ARG);
    r = go("A. Meyer", true);
    assert_true(r.label.points[GM_EXIT].mm == b);
    r = go("A. Meyer", false);
    assert_true(r.label.points[GM_EXIT].mm == a - 0.3);
    r = go("B. Kim", true);
    assert_false(r.has_label);
    gm_audit_verdict verdict;
    assert_ok(gm_store_audit_verify(store, &verdict, &err), err);
    assert_string_equal(verdict.problem, "");
}

static void an_adjudication_is_the_truth_and_can_be_taken_back(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    save(store, 0, "A. Meyer", -1, good_exit(0) - 1);
    gm_label_edit edit = edit_of(0, "A. Meyer", -1, good_exit(0));
    edit.reason = "the knee of thrust counts";
    gm_error err = {0};
    gm_review_result r;
    assert_ok(gm_review_adjudicate(store, &edit, &r, &err), err);
    gm_label label = preferred(store, 0);
    assert_int_equal(label.source, GM_SOURCE_TRUTH);
    assert_string_equal(label.reason, "the knee of thrust counts");
    r = go("A. Meyer", true); /* the last gesture: the adjudication */
    assert_false(r.has_label);
    assert_true(r.can_undo); /* their own label is still there */
    assert_int_equal(preferred(store, 0).source, GM_SOURCE_EXPERT);
}

static void comments_are_kept_and_noted(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    gm_error err = {0};
    int64_t id;
    char at[GM_TIME_TEXT];
    assert_ok(gm_review_comment(store, holes.id[0], "A. Meyer", "drill worn?", &id, at, &err), err);
    assert_int_equal(gm_review_comment(store, holes.id[0], "A. Meyer", "  ", &id, at, NULL), GM_E_ARG);
    assert_int_equal(gm_review_comment(store, "x", "A. Meyer", "a", &id, at, NULL), GM_E_NOTFOUND);
    gm_audit_lines lines;
    int64_t total;
    assert_ok(gm_store_audit_lines(store, 0, 10, &lines, &total, &err), err);
    assert_int_equal(total, 1);
    assert_string_equal(lines.items[0].action, "comment.add");
    gm_audit_lines_finish(&lines);
}

enum { EDITS_EACH = 30 };

/* As two browsers do: read the version, write, and read again where somebody was faster. */
static void *edit_often(void *author) {
    gm_auto(gm_store) store = test_holes_edit(&holes);
    for (int done = 0; done < EDITS_EACH;) {
        gm_error err = {0};
        gm_review_result r;
        int64_t version;
        assert_ok(gm_store_hole_version(store, holes.id[0], &version, &err), err);
        gm_label_edit edit = edit_of(0, author, version, good_exit(0) - 0.01 * done);
        gm_status status = gm_review_save(store, &edit, &r, &err);
        if (status != GM_OK && status != GM_E_CONFLICT) return gm_strdup(err.message);
        done += status == GM_OK;
    }
    return NULL;
}

static void two_writers_at_once_lose_nothing(void **state) {
    (void)state;
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, edit_often, "B. Kim"), 0);
    void *mine = edit_often("A. Meyer"), *theirs = NULL; /* what went wrong, in words */
    pthread_join(other, &theirs);
    assert_null(mine);
    assert_null(theirs);
    gm_auto(gm_store) store = test_holes_edit(&holes);
    gm_error err = {0};
    gm_label_versions history;
    assert_ok(gm_store_history(store, holes.id[0], &history, &err), err);
    assert_int_equal(history.count, 2 * EDITS_EACH);
    for (size_t i = 0; i < history.count; i++) assert_int_equal(history.items[i].version, i + 1);
    gm_label_versions_finish(&history);
    gm_audit_verdict verdict;
    assert_ok(gm_store_audit_verify(store, &verdict, &err), err);
    assert_string_equal(verdict.problem, "");
}

/* The child saves and says so, one byte per acknowledged edit, until it is killed. */
static _Noreturn void edit_until_killed(int acknowledge) {
    gm_auto(gm_store) store = test_holes_edit(&holes);
    for (int i = 0;; i++) {
        gm_error err = {0};
        gm_review_result r;
        gm_label_edit edit = edit_of(0, "A. Meyer", -1, good_exit(0) - 0.001 * (i % 500));
        if (gm_review_save(store, &edit, &r, &err) != GM_OK || write(acknowledge, "x", 1) != 1) _exit(1);
    }
}

/* How many edits to have acknowledged in all: GIMLET_EDITS, or enough for a quick test. */
static long wanted_edits(void) {
    long wanted = 200;
    const char *text = getenv("GIMLET_EDITS");
    if (text) assert_true(gm_parse_long(text, &wanted));
    return wanted;
}

static void a_kill_in_the_middle_of_edits_loses_none_that_was_acknowledged(void **state) {
    (void)state;
    long acknowledged = 0;
    const long wanted = wanted_edits();
    for (int round = 0; acknowledged < wanted; round++) {
        int pipe_ends[2];
        assert_int_equal(pipe(pipe_ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) edit_until_killed(pipe_ends[1]);
        close(pipe_ends[1]);
        char byte;
        const long until = acknowledged + wanted / 8 + 1 + round % 3;
        while (acknowledged < until && read(pipe_ends[0], &byte, 1) == 1) acknowledged++;
        kill(child, SIGKILL);
        while (read(pipe_ends[0], &byte, 1) == 1) acknowledged++;
        close(pipe_ends[0]);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        gm_auto(gm_store) store = test_holes_edit(&holes);
        gm_error err = {0};
        int64_t version;
        assert_ok(gm_store_hole_version(store, holes.id[0], &version, &err), err);
        /* one more may be on the disk that nobody was told of, in each round */
        if (version < acknowledged || version > acknowledged + round + 1)
            fail_msg("%ld acknowledged, %lld found", acknowledged, (long long)version);
        gm_audit_verdict verdict;
        assert_ok(gm_store_audit_verify(store, &verdict, &err), err);
        assert_string_equal(verdict.problem, "");
        assert_int_equal(verdict.n_versions, version);
    }
}

int main(void) {
#define REVIEW_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        REVIEW_TEST(a_saved_label_is_the_one_that_counts),
        REVIEW_TEST(points_that_cannot_be_are_refused_in_words),
        REVIEW_TEST(a_stale_version_changes_nothing),
        REVIEW_TEST(a_rejected_hole_is_not_trained_on_by_the_rules_label),
        REVIEW_TEST(gestures_are_undone_and_redone_one_by_one),
        REVIEW_TEST(an_adjudication_is_the_truth_and_can_be_taken_back),
        REVIEW_TEST(comments_are_kept_and_noted),
        REVIEW_TEST(two_writers_at_once_lose_nothing),
        REVIEW_TEST(a_kill_in_the_middle_of_edits_loses_none_that_was_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
