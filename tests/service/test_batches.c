/* Batch approval and agreement. */
#include "holes.h"
#include "service/review/agreement.h"
#include "service/review/batches.h"
#include "service/review/review.h"

enum { N_HOLES = 40 };
static test_holes holes;

static int set_up(void **state) {
    (void)state;
    test_holes_make(&holes, 2, N_HOLES / 2);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_holes_remove(&holes);
    return 0;
}

typedef struct {
    gm_project *project;
    const gm_hole_list *list;
} view;

static view look(void) {
    gm_error err = {0};
    view v = {0};
    assert_ok(gm_project_open(holes.dir, &v.project, &err), err);
    assert_ok(gm_project_holes(v.project, &v.list, &err), err);
    return v;
}

static void finish(view *v) {
    gm_hole_list_release(v->list);
    gm_project_free(v->project);
}

static void save_shifted(gm_store *store, size_t hole, const char *author, double shift_mm, bool truth) {
    gm_error err = {0};
    gm_review_result r;
    gm_label_edit edit = {.hole = holes.id[hole], .author = author, .expected_version = -1};
    for (int p = 0; p < GM_N_POINTS; p++) edit.mm[p] = holes.truth[hole].points_mm[p] + shift_mm;
    if (truth)
        assert_ok(gm_review_adjudicate(store, &edit, &r, &err), err);
    else
        assert_ok(gm_review_save(store, &edit, &r, &err), err);
}

static size_t count_experts(gm_store *store) {
    gm_error err = {0};
    gm_stored_labels labels;
    size_t n = 0;
    assert_ok(gm_store_labels(store, NULL, &labels, &err), err);
    for (size_t i = 0; i < labels.count; i++) n += labels.items[i].label.source == GM_SOURCE_EXPERT;
    gm_stored_labels_finish(&labels);
    return n;
}

/* Ids of what a preview wants to be looked at; borrowed from the list. */
static size_t to_see(const gm_batch_to_see *preview, const char *ids[2 * GM_BATCH_TO_SEE]) {
    size_t n = 0;
    for (size_t i = 0; i < preview->n_worst; i++) ids[n++] = preview->worst[i]->hole->sha256;
    for (size_t i = 0; i < preview->n_random; i++) ids[n++] = preview->random[i]->hole->sha256;
    return n;
}

static const gm_agreement_pair *pair_of(const gm_agreement *all, const char *a, const char *b) {
    for (size_t i = 0; i < all->n_pairs; i++)
        if (strcmp(all->pairs[i].a, a) == 0 && strcmp(all->pairs[i].b, b) == 0) return &all->pairs[i];
    return NULL;
}

static gm_agreement agree(gm_store *store, const view *v, gm_stored_labels *labels) {
    gm_error err = {0};
    gm_agreement all;
    assert_ok(gm_store_labels(store, NULL, labels, &err), err);
    assert_ok(gm_agreement_make(v->list, labels, NULL, 0.1, &all, &err), err);
    return all;
}

static void a_batch_needs_a_look_and_can_be_taken_back(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_store) store = test_holes_edit(&holes);
    gm_hole_filter filter = {.family = "family0"};
    save_shifted(store, 0, "B. Kim", 0, false); /* a person has spoken: not the batch's any more */
    view v = look();
    gm_batch_to_see preview;
    assert_ok(gm_batch_preview_make(store, v.list, &filter, "{\"family\":\"family0\"}", "A. Meyer", &preview, &err),
              err);
    assert_int_equal(preview.count, N_HOLES / 2 - 1);
    assert_int_equal(preview.n_worst, 9);
    assert_int_equal(preview.n_random, 9);
    for (size_t i = 1; i < preview.n_worst; i++)
        assert_true(preview.worst[i - 1]->hole->label.confidence <= preview.worst[i]->hole->label.confidence);
    for (size_t i = 0; i < 81; i++) assert_ptr_not_equal(preview.worst[i / 9], preview.random[i % 9]);
    const char *seen[2 * GM_BATCH_TO_SEE];
    const size_t n = to_see(&preview, seen);
    int64_t batch;
    size_t count;
    assert_int_equal(gm_batch_approve(store, preview.token, seen, n - 1, "A. Meyer", &batch, &count, &err), GM_E_ARG);
    assert_non_null(strstr(err.message, "1 of the 18 holes"));
    assert_int_equal(gm_batch_approve(store, preview.token, seen, n, "B. Kim", &batch, &count, NULL), GM_E_CONFLICT);
    assert_int_equal(gm_batch_approve(store, "x", seen, n, "A. Meyer", &batch, &count, NULL), GM_E_NOTFOUND);
    err = (gm_error){0};
    assert_int_equal(count_experts(store), 1);
    save_shifted(store, 1, "B. Kim", 0, false); /* meanwhile */
    assert_ok(gm_batch_approve(store, preview.token, seen, n, "A. Meyer", &batch, &count, &err), err);
    assert_int_equal(count, N_HOLES / 2 - 2);
    assert_int_equal(count_experts(store), N_HOLES / 2);
    assert_int_equal(gm_batch_approve(store, preview.token, seen, n, "A. Meyer", &batch, &count, NULL), GM_E_NOTFOUND);
    save_shifted(store, 5, "A. Meyer", 0.1, false); /* edited since: kept by the undo */
    gm_stored_labels labels;
    finish(&v);
    v = look();
    gm_agreement all = agree(store, &v, &labels);
    assert_int_equal(pair_of(&all, "rule", "A. Meyer")->points[GM_ENTRY].n, 1); /* not what was approved unseen */
    gm_agreement_finish(&all);
    gm_stored_labels_finish(&labels);
    size_t n_undone, n_kept;
    assert_ok(gm_batch_undo(store, batch, "C. Sato", &n_undone, &n_kept, &err), err);
    assert_int_equal(n_undone, N_HOLES / 2 - 3);
    assert_int_equal(n_kept, 1);
    assert_int_equal(count_experts(store), 3);
    assert_int_equal(gm_batch_undo(store, batch, "C. Sato", &n_undone, &n_kept, NULL), GM_E_CONFLICT);
    assert_int_equal(gm_batch_undo(store, 99, "C. Sato", &n_undone, &n_kept, NULL), GM_E_NOTFOUND);
    gm_audit_verdict verdict;
    assert_ok(gm_store_audit_verify(store, &verdict, &err), err);
    assert_string_equal(verdict.problem, "");
    finish(&v);
}

static void a_batch_that_fits_nothing_says_so(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_store) store = test_holes_edit(&holes);
    gm_hole_filter filter = {.family = "no such"};
    gm_batch_to_see preview;
    view v = look();
    assert_int_equal(gm_batch_preview_make(store, v.list, &filter, "{}", "A. Meyer", &preview, &err), GM_E_ARG);
    finish(&v);
}

static void agreement_is_measured_in_mm(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    for (size_t i = 0; i < 10; i++) {
        save_shifted(store, i, "A. Meyer", 0.05, false);
        save_shifted(store, i, "B. Kim", i == 7 ? -0.45 : 0, false);
    }
    for (size_t i = 0; i < 4; i++) save_shifted(store, i, "C. Sato", 0, true);
    view v = look();
    gm_stored_labels labels;
    gm_agreement all = agree(store, &v, &labels);
    const gm_agreement_pair *pair = pair_of(&all, "A. Meyer", "B. Kim");
    assert_non_null(pair);
    const gm_point_agreement *exit = &pair->points[GM_EXIT];
    assert_int_equal(exit->n, 10);
    assert_true(fabs(exit->median_mm - 0.05) < 1e-9);
    assert_true(fabs(exit->within - 0.9) < 1e-9);
    assert_true(fabs(exit->bias_mm - 0.095) < 1e-9); /* (9 x 0.05 + 0.5) / 10 */
    assert_true(fabs(exit->p95_mm - 0.2975) < 1e-9); /* between 0.05 and 0.5 */
    assert_non_null(pair_of(&all, "rule", "A. Meyer"));
    assert_int_equal(all.n_annotators, 2);
    assert_string_equal(all.annotators[0].author, "A. Meyer");
    assert_int_equal(all.annotators[0].n_known, 4);
    assert_true(fabs(all.annotators[0].points[GM_ENTRY].bias_mm - 0.05) < 1e-9);
    assert_true(fabs(all.annotators[1].points[GM_ENTRY].median_mm) < 1e-9);
    gm_agreement_finish(&all);
    gm_stored_labels_finish(&labels);
    finish(&v);
}

static void disputes_end_with_an_adjudication(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    save_shifted(store, 3, "A. Meyer", 0, false);
    save_shifted(store, 3, "B. Kim", 0.3, false);
    save_shifted(store, 4, "A. Meyer", 0, false);
    save_shifted(store, 4, "B. Kim", 0.09, false); /* within tolerance */
    save_shifted(store, 6, "A. Meyer", 0, false);
    save_shifted(store, 6, "B. Kim", 0.6, false);
    view v = look();
    gm_stored_labels labels;
    gm_agreement all = agree(store, &v, &labels);
    assert_int_equal(all.n_disputes, 2);
    assert_string_equal(all.disputes[0].row->hole->sha256, holes.id[6]);
    assert_true(fabs(all.disputes[0].spread_mm - 0.6) < 1e-9);
    assert_int_equal(all.disputes[0].n_labels, 3); /* with the rule's */
    gm_agreement_finish(&all);
    gm_stored_labels_finish(&labels);
    finish(&v);
    save_shifted(store, 6, "C. Sato", 0.01, true);
    v = look();
    all = agree(store, &v, &labels);
    assert_int_equal(all.n_disputes, 1);
    assert_string_equal(all.disputes[0].row->hole->sha256, holes.id[3]);
    gm_agreement_finish(&all);
    gm_stored_labels_finish(&labels);
    finish(&v);
}

int main(void) {
#define BATCH_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BATCH_TEST(a_batch_needs_a_look_and_can_be_taken_back),
        BATCH_TEST(a_batch_that_fits_nothing_says_so),
        BATCH_TEST(agreement_is_measured_in_mm),
        BATCH_TEST(disputes_end_with_an_adjudication),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
