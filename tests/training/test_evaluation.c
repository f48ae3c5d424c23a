#include "test.h"

#include "training/evaluation.h"

#include <jansson.h>
#include <math.h>

enum { N = 57 };

/* The numbers of make_evaluation_golden.py, as entry; exits 10 mm deeper without error. */
static void made_items(gm_evaluation_item *items) {
    for (int i = 0; i < N; i++) {
        items[i] = (gm_evaluation_item){.file = "x", .family = i % 2 ? "odd" : "even", .reference = GM_LABEL_EMPTY};
        items[i].prediction.label = GM_LABEL_EMPTY;
        double reference = 5 + 0.25 * i, error = 0.0213 * ((i * 37) % 23 - 9);
        items[i].reference.points[GM_ENTRY].mm = reference;
        items[i].prediction.label.points[GM_ENTRY].mm = reference + error;
        items[i].reference.points[GM_EXIT].mm = items[i].prediction.label.points[GM_EXIT].mm = reference + 10;
        for (int p = 0; p < GM_N_POINTS; p++) items[i].prediction.low_mm[p] = items[i].prediction.high_mm[p] = NAN;
        items[i].prediction.hole_depth_low_mm = items[i].prediction.hole_depth_high_mm = NAN;
    }
}

static void metrics_agree_with_numpy(void **state) {
    (void)state;
    gm_evaluation_item items[N];
    made_items(items);
    gm_metrics m;
    gm_error err = {0};
    assert_ok(gm_metrics_compute(items, N, &m, &err), err);
    const gm_point_metrics *e = &m.points[GM_ENTRY];
    assert_int_equal(e->n, N);
    struct {
        double have, want;
    } golden[] = {{e->mae_mm, 0.126305263},      {e->median_mm, 0.127800000}, {e->rmse_mm, 0.146976228},
                  {e->bias_mm, 0.035873684},     {e->sd_mm, 0.142531015},     {e->p95_mm, 0.255600000},
                  {e->max_mm, 0.276900000},      {e->r2, 0.998723034},        {e->within_100um, 0.385964912},
                  {e->within_200um, 0.824561404}};
    for (size_t i = 0; i < GM_COUNT(golden); i++)
        if (fabs(golden[i].have - golden[i].want) > 1e-8)
            fail_msg("row %zu: %.9f, not %.9f", i, golden[i].have, golden[i].want);
    assert_true(m.points[GM_EXIT].mae_mm == 0 && m.points[GM_EXIT].r2 == 1);
    assert_int_equal(m.points[GM_TRANSITION].n, 0);
}

static void missed_and_invented_points_are_counted_apart(void **state) {
    (void)state;
    gm_evaluation_item items[N];
    made_items(items);
    items[0].reference.points[GM_ENTRY].mm = NAN;
    items[1].prediction.label.points[GM_ENTRY].mm = NAN;
    items[2].prediction.label.points[GM_ENTRY].mm = NAN;
    gm_metrics m;
    gm_error err = {0};
    assert_ok(gm_metrics_compute(items, N, &m, &err), err);
    assert_int_equal(m.points[GM_ENTRY].n, N - 3);
    assert_int_equal(m.points[GM_ENTRY].missed, 2);
    assert_int_equal(m.points[GM_ENTRY].invented, 1);
}

static void intervals_and_grip_codes_are_counted(void **state) {
    (void)state;
    gm_evaluation_item items[N];
    made_items(items);
    for (int i = 0; i < N; i++) {
        items[i].prediction.low_mm[GM_ENTRY] = items[i].prediction.label.points[GM_ENTRY].mm - (i < 19 ? 0.001 : 1);
        items[i].prediction.high_mm[GM_ENTRY] = items[i].prediction.label.points[GM_ENTRY].mm + (i < 19 ? 0.001 : 1);
    }
    int exact = 0, outside = 0;
    for (int i = 0; i < N; i++) {
        double error = 0.0213 * ((i * 37) % 23 - 9);
        exact += gm_grip_code(10) == gm_grip_code(10 - error);
        outside += i < 19 && fabs(error) > 0.001;
    }
    gm_metrics m;
    gm_error err = {0};
    assert_ok(gm_metrics_compute(items, N, &m, &err), err);
    assert_int_equal(m.grip_n, N);
    assert_true(fabs(m.grip_exact - exact / (double)N) < 1e-12);
    assert_true(fabs(m.points[GM_ENTRY].interval_coverage - (N - outside) / (double)N) < 1e-12);
}

static void the_json_has_the_keys_of_the_design(void **state) {
    (void)state;
    gm_evaluation_item items[N];
    made_items(items);
    gm_auto_text text = GM_TEXT_INIT;
    gm_error err = {0};
    assert_ok(gm_evaluation_json(items, N, &text, &err), err);
    json_t *root = json_loads(gm_text_c(&text), 0, NULL);
    assert_non_null(root);
    static const char *const points[] = {"entry", "transition", "exit", "hole_depth"};
    static const char *const keys[] = {"n", "mae_mm", "rmse_mm", "bias_mm", "p95_mm", "max_mm", "r2"};
    for (size_t p = 0; p < GM_COUNT(points); p++)
        for (size_t k = 0; k < GM_COUNT(keys); k++)
            assert_true(
                json_is_number(json_object_get(json_object_get(json_object_get(root, "points"), points[p]), keys[k])));
    assert_true(json_is_number(json_object_get(json_object_get(root, "grip_code"), "exact_fraction")));
    assert_int_equal(json_object_size(json_object_get(json_object_get(root, "groups"), "family")), 2);
    assert_int_equal(json_array_size(json_object_get(json_object_get(root, "confidence"), "exit")),
                     GM_N_CONFIDENCE_BANDS);
    json_decref(root);
}

static void the_confidence_is_held_against_what_is_right(void **state) {
    (void)state;
    gm_evaluation_item items[N];
    made_items(items);
    static const double sure[] = {0, 0.49, 0.5, 0.98, 1};
    for (int i = 0; i < N; i++)
        for (int p = 0; p < GM_N_POINTS; p++) items[i].prediction.label.points[p].confidence = NAN;
    for (int i = 0; i < (int)GM_COUNT(sure); i++) {
        items[i].prediction.label.points[GM_ENTRY].confidence = sure[i];
        items[i].prediction.label.points[GM_ENTRY].mm = items[i].reference.points[GM_ENTRY].mm + 0.29;
    }
    items[1].prediction.label.points[GM_ENTRY].mm += 0.02;                                        /* too far */
    items[2].reference.points[GM_ENTRY].mm = NAN;                                                 /* invented */
    items[3].reference.points[GM_ENTRY].mm = items[3].prediction.label.points[GM_ENTRY].mm = NAN; /* absent, rightly */
    gm_confidence_band bands[GM_N_CONFIDENCE_BANDS];
    gm_confidence_bands(items, N, GM_ENTRY, bands);
    static const size_t n[] = {2, 1, 0, 0, 2}, right[] = {1, 0, 0, 0, 2};
    for (int b = 0; b < GM_N_CONFIDENCE_BANDS; b++) {
        assert_int_equal(bands[b].n, n[b]);
        assert_int_equal(bands[b].right, right[b]);
    }
    assert_true(bands[0].to == bands[1].from && bands[GM_N_CONFIDENCE_BANDS - 1].to == 1);
}

/* The signal of make_evaluation_golden.py; step 2 begins at row 400. */
static void the_baseline_transition_agrees_with_scipy(void **state) {
    (void)state;
    gm_auto(gm_record) r = gm_record_new();
    r->n = 420;
    r->depth_mm = gm_arena_alloc(r->arena, r->n * sizeof(float));
    r->torque_a = gm_arena_alloc(r->arena, r->n * sizeof(float));
    r->step = gm_arena_alloc(r->arena, r->n * sizeof(int32_t));
    for (int k = 0; k < 420; k++) {
        r->depth_mm[k] = (float)(0.01 * k);
        r->torque_a[k] = (float)(0.2 * ((k * 7) % 5 - 2) + fmin(fmax((k - 250) * 0.4, 0), 8));
        r->step[k] = k < 400 ? 1 : 2;
    }
    assert_true(fabs(gm_baseline_transition_mm(r) - 0.01 * 252) < 1e-6);
    for (int k = 0; k < 420; k++) r->step[k] = 1;
    assert_true(isnan(gm_baseline_transition_mm(r)));
}

static void the_baseline_entry_walks_back_to_the_foot(void **state) {
    (void)state;
    gm_auto(gm_record) r = gm_record_new();
    r->n = 600;
    r->depth_mm = gm_arena_alloc(r->arena, r->n * sizeof(float));
    r->torque_a = gm_arena_alloc(r->arena, r->n * sizeof(float));
    for (int k = 0; k < 600; k++) {
        r->depth_mm[k] = (float)(0.01 * k);
        r->torque_a[k] = (float)fmax(0, (k - 500) * 0.03);
    }
    double entry = gm_baseline_entry_mm(r); /* above 0.1 A at row 504; flat before and rising after: row 500 */
    assert_true(fabs(entry - 5.0) < 1e-6);
    for (int k = 0; k < 600; k++) r->torque_a[k] = 0;
    assert_true(isnan(gm_baseline_entry_mm(r)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_agree_with_numpy),
        cmocka_unit_test(missed_and_invented_points_are_counted_apart),
        cmocka_unit_test(intervals_and_grip_codes_are_counted),
        cmocka_unit_test(the_json_has_the_keys_of_the_design),
        cmocka_unit_test(the_confidence_is_held_against_what_is_right),
        cmocka_unit_test(the_baseline_transition_agrees_with_scipy),
        cmocka_unit_test(the_baseline_entry_walks_back_to_the_foot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
