/* The order of the queue on constructed cases. */
#include "holes.h"
#include "service/review/queue.h"
#include "service/review/review.h"
#include "training/out_of_fold.h"

enum { N_HOLES = 60 };
static test_holes holes;
static char *models;

static int set_up(void **state) {
    (void)state;
    test_holes_make(&holes, 2, N_HOLES / 2);
    models = gm_path_join(holes.dir, "models");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    gm_free(models);
    test_holes_remove(&holes);
    return 0;
}

static void file_of(size_t hole, char out[64]) {
    snprintf(out, 64, "family%zu/hole%03zu.xls", hole / (N_HOLES / 2), hole % (N_HOLES / 2));
}

/* A finished run that predicts every hole as the rule does, but for one exit that it puts elsewhere by this much, and is
 * so sure of. */
static void write_run(gm_store *store, size_t odd, double off_mm, double half_mm, double sure) {
    gm_error err = {0};
    gm_auto_text text = GM_TEXT_INIT;
    gm_out_of_fold_header(&text);
    for (size_t i = 0; i < holes.count; i++) {
        char file[64];
        bool found;
        gm_evaluation_item item = {.file = file, .fold = 1};
        gm_label *label = &item.prediction.label;
        file_of(i, file);
        assert_ok(gm_store_label(store, holes.id[i], GM_SOURCE_RULE, &found, &item.reference, &err), err);
        *label = item.reference;
        if (i == odd) label->points[GM_EXIT].mm += off_mm;
        for (int p = 0; p < GM_N_POINTS; p++) {
            label->points[p].confidence = i == odd && p == GM_EXIT ? sure : 1;
            item.prediction.low_mm[p] = label->points[p].mm - half_mm;
            item.prediction.high_mm[p] = label->points[p].mm + half_mm;
        }
        gm_out_of_fold_append(&item, &text);
    }
    gm_auto_free char *run = gm_path_join(models, "run1");
    gm_auto_free char *path = gm_path_join(run, "out_of_fold.csv");
    assert_ok(gm_make_dirs(run, &err), err);
    assert_ok(gm_write_file_fast(path, gm_text_c(&text), text.length, &err), err);
}

typedef struct {
    gm_project *project;
    const gm_hole_list *list;
    gm_stored_labels labels;
    gm_queue queue;
} view;

static view look(gm_store *store, const char *user, const gm_hole_filter *filter) {
    static const gm_hole_filter none = {0};
    gm_error err = {0};
    view v = {0};
    assert_ok(gm_project_open(holes.dir, &v.project, &err), err);
    assert_ok(gm_project_holes(v.project, &v.list, &err), err);
    assert_ok(gm_store_labels(store, NULL, &v.labels, &err), err);
    assert_ok(gm_queue_make(v.list, &v.labels, filter ? filter : &none, models, user, &v.queue, &err), err);
    return v;
}

static void finish(view *v) {
    gm_queue_finish(&v->queue);
    gm_stored_labels_finish(&v->labels);
    gm_hole_list_release(v->list);
    gm_project_free(v->project);
}

static size_t place_of(const view *v, size_t hole) {
    for (size_t i = 0; i < v->queue.count; i++)
        if (strcmp(v->queue.items[i].row->hole->sha256, holes.id[hole]) == 0) return i;
    return SIZE_MAX;
}

static void save(gm_store *store, size_t hole, const char *author, double shift_mm) {
    gm_error err = {0};
    gm_review_result r;
    gm_label_edit edit = {.hole = holes.id[hole], .author = author, .expected_version = -1};
    for (int p = 0; p < GM_N_POINTS; p++) edit.mm[p] = holes.truth[hole].points_mm[p] + shift_mm;
    assert_ok(gm_review_save(store, &edit, &r, &err), err);
}

static void adjudicate(gm_store *store, size_t hole, const char *author) {
    gm_error err = {0};
    gm_review_result r;
    gm_label_edit edit = {.hole = holes.id[hole], .author = author, .expected_version = -1};
    for (int p = 0; p < GM_N_POINTS; p++) edit.mm[p] = holes.truth[hole].points_mm[p];
    assert_ok(gm_review_adjudicate(store, &edit, &r, &err), err);
}

static void every_hole_stands_there_once_the_most_valuable_first(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    view v = look(store, "A. Meyer", NULL);
    assert_int_equal(v.queue.count, N_HOLES);
    double last = INFINITY;
    for (size_t i = 0; i < v.queue.count; i++) {
        const gm_queue_item *item = &v.queue.items[i];
        for (size_t k = 0; k < i; k++) assert_ptr_not_equal(item->row, v.queue.items[k].row);
        if (item->kind != GM_QUEUE_VALUE) continue;
        assert_true(item->value_mm <= last);
        assert_true(item->reason[0] != '\0');
        last = item->value_mm;
    }
    finish(&v);
}

static void a_label_that_a_sure_model_contradicts_comes_first(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    write_run(store, 17, 0.9, 0.1, 1);
    view v = look(store, "A. Meyer", NULL);
    assert_int_equal(place_of(&v, 17), 0);
    if (!strstr(v.queue.items[0].reason, "label and model differ by 0.90 mm at the exit"))
        fail_msg("%s", v.queue.items[0].reason);
    const double sure = v.queue.items[0].value_mm;
    finish(&v);
    write_run(store, 17, 0.9, 1.5, 1); /* the same difference means less where the model is unsure itself */
    v = look(store, "A. Meyer", NULL);
    double unsure = 0;
    for (size_t i = 0; i < v.queue.count; i++)
        if (i == place_of(&v, 17)) unsure = v.queue.items[i].value_mm - 0.3 * 1.5;
    assert_true(unsure < sure / 2);
    finish(&v);
}

/* Nothing speaks against the label but the model's own doubt. */
static void a_point_that_may_lie_elsewhere_is_worth_a_look(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    write_run(store, 17, 0, 0.1, 0.4);
    view v = look(store, "A. Meyer", NULL);
    const gm_queue_item *item = &v.queue.items[place_of(&v, 17)];
    if (!strstr(item->reason, "the model is only 40 % sure of the exit")) fail_msg("%s", item->reason);
    const double doubted = item->value_mm;
    finish(&v);
    write_run(store, 17, 0, 0.1, 1);
    v = look(store, "A. Meyer", NULL);
    assert_true(fabs(doubted - v.queue.items[place_of(&v, 17)].value_mm - 0.5 * 0.6) < 1e-6);
    finish(&v);
}

static void who_has_looked_since_the_run_is_not_asked_again(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    save(store, 17, "A. Meyer", 0);
    write_run(store, 17, 0.9, 0.1, 1);
    view v = look(store, "A. Meyer", NULL);
    assert_true(place_of(&v, 17) < 5); /* their own label, from before the run: a past mistake? */
    finish(&v);
    save(store, 17, "A. Meyer", 0.001);
    v = look(store, "A. Meyer", NULL);
    assert_int_equal(place_of(&v, 17), SIZE_MAX);
    finish(&v);
}

static void people_who_disagree_come_before_rules_that_are_unsure(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    save(store, 3, "A. Meyer", 0);
    save(store, 3, "B. Kim", 0.8);
    save(store, 4, "A. Meyer", 0);
    save(store, 4, "B. Kim", 0.01);
    view v = look(store, "C. Sato", NULL);
    assert_int_equal(place_of(&v, 3), 0);
    assert_non_null(strstr(v.queue.items[0].reason, "A. Meyer and B. Kim differ by 0.80 mm"));
    assert_int_equal(place_of(&v, 4), SIZE_MAX); /* they agree: nothing to do */
    finish(&v);
    v = look(store, "A. Meyer", NULL);
    assert_int_equal(place_of(&v, 3), SIZE_MAX); /* has had their say */
    adjudicate(store, 3, "B. Kim");
    finish(&v);
    v = look(store, "A. Meyer", NULL);
    assert_int_equal(place_of(&v, 3), SIZE_MAX);
    finish(&v);
}

static void an_unusual_hole_is_worth_more_than_its_equals(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_store) store = test_holes_edit(&holes);
    bool found;
    gm_label label;
    assert_ok(gm_store_label(store, holes.id[2], GM_SOURCE_RULE, &found, &label, &err), err);
    label.points[GM_EXIT].mm += 1.9;
    label.confidence = 1;
    assert_ok(gm_store_begin(store, &err), err);
    assert_ok(gm_store_put_label(store, holes.id[2], &label, &err), err);
    assert_ok(gm_store_commit(store, &err), err);
    view v = look(store, "A. Meyer", NULL);
    const size_t at = place_of(&v, 2);
    assert_true(at < 3);
    assert_non_null(strstr(v.queue.items[at].reason, "unlike the other"));
    finish(&v);
}

static void random_and_known_holes_are_mixed_in_the_same_way_each_time(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    for (size_t i = 0; i < 10; i++) adjudicate(store, 5 * i, "B. Kim");
    view v = look(store, "A. Meyer", NULL), again = look(store, "A. Meyer", NULL), other = look(store, "C. Sato", NULL);
    size_t n_random = 0, n_known = 0, moved = 0;
    for (size_t i = 0; i < v.queue.count; i++) {
        const gm_queue_item *item = &v.queue.items[i];
        n_random += item->kind == GM_QUEUE_RANDOM;
        n_known += item->kind == GM_QUEUE_KNOWN;
        assert_string_equal(item->row->hole->sha256, again.queue.items[i].row->hole->sha256);
        moved += strcmp(item->row->hole->sha256, other.queue.items[i].row->hole->sha256) != 0;
    }
    assert_int_equal(n_random, 5); /* of 52: places 5, 15, 25, 35, 45 */
    assert_int_equal(n_known, 2);  /* places 20, 40; the other known holes wait */
    assert_true(moved > 0);        /* another person draws other lots */
    const char *known = NULL;
    for (size_t i = 0; i < v.queue.count; i++)
        if (v.queue.items[i].kind == GM_QUEUE_KNOWN) known = v.queue.items[i].row->hole->sha256;
    for (size_t i = 0; i < holes.count; i++)
        if (strcmp(holes.id[i], known) == 0) save(store, i, "A. Meyer", 0.05);
    finish(&again);
    again = look(store, "A. Meyer", NULL);
    for (size_t i = 0; i < again.queue.count; i++)
        assert_string_not_equal(again.queue.items[i].row->hole->sha256, known); /* measured once */
    finish(&v);
    finish(&again);
    finish(&other);
}

static void the_filter_counts(void **state) {
    (void)state;
    gm_auto(gm_store) store = test_holes_edit(&holes);
    gm_hole_filter filter = {.family = "family1"};
    view v = look(store, "A. Meyer", &filter);
    assert_int_equal(v.queue.count, N_HOLES / 2);
    finish(&v);
}

int main(void) {
#define QUEUE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        QUEUE_TEST(every_hole_stands_there_once_the_most_valuable_first),
        QUEUE_TEST(a_label_that_a_sure_model_contradicts_comes_first),
        QUEUE_TEST(a_point_that_may_lie_elsewhere_is_worth_a_look),
        QUEUE_TEST(who_has_looked_since_the_run_is_not_asked_again),
        QUEUE_TEST(people_who_disagree_come_before_rules_that_are_unsure),
        QUEUE_TEST(an_unusual_hole_is_worth_more_than_its_equals),
        QUEUE_TEST(random_and_known_holes_are_mixed_in_the_same_way_each_time),
        QUEUE_TEST(the_filter_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
