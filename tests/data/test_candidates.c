/* What a marker may snap to, on simulated holes of known truth. */
#include "data/labeling/labeling.h"
#include "data/simulation/simulation.h"
#include "test.h"

#include <math.h>

static gm_record *drill(size_t family, int index, gm_hole_kind kind, gm_hole_truth *truth) {
    gm_error err = {0};
    gm_record *record = NULL;
    assert_ok(gm_simulate_hole(family, 5, index, kind, &record, truth, &err), err);
    return record;
}

static gm_candidates candidates_of(const gm_record *record) {
    gm_error err = {0};
    gm_candidates c = {0};
    assert_ok(gm_candidates_of(record, &c, &err), err);
    return c;
}

static void every_true_point_has_evidence_near_it(void **state) {
    (void)state;
    const gm_family_info *families;
    const size_t n_families = gm_simulation_families(&families);
    size_t points = 0, near = 0;
    for (size_t f = 0; f < n_families; f++)
        for (int i = 0; i < 5; i++) {
            gm_hole_truth truth;
            gm_auto(gm_record) record = drill(f, i, GM_HOLE_NORMAL, &truth);
            gm_candidates c = candidates_of(record);
            for (int p = 0; p < GM_N_POINTS; p++) {
                if (isnan(truth.points_mm[p])) continue;
                points++;
                near += gm_candidates_near(&c, (gm_point)p, truth.points_mm[p], 0.3) != NULL;
            }
            gm_candidates_finish(&c);
        }
    assert_true(points > 60);
    assert_true(near >= points * 95 / 100);
}

static void they_come_in_order_with_rows_and_words(void **state) {
    (void)state;
    gm_hole_truth truth;
    gm_auto(gm_record) record = drill(0, 0, GM_HOLE_NORMAL, &truth);
    gm_candidates c = candidates_of(record);
    size_t edges = 0;
    bool stop_in_words = false;
    for (size_t i = 0; i < c.count; i++) {
        const gm_candidate *at = &c.items[i];
        assert_true(at->row < record->n);
        assert_true(fabs((double)record->depth_mm[at->row] - at->mm) < 0.2);
        assert_true(at->strength > 0 && at->strength <= 1);
        assert_true(at->text[0] != '\0');
        if (i) assert_true(c.items[i - 1].mm <= at->mm);
        edges += at->kind == GM_CANDIDATE_STEP_EDGE;
        stop_in_words |= at->kind == GM_CANDIDATE_STEP_EDGE && strstr(at->text, " ends: ") != NULL;
    }
    assert_int_equal(edges, record->n_segments);
    assert_true(stop_in_words);
    gm_candidates_finish(&c);
}

static void the_nearest_of_the_right_kind_is_found(void **state) {
    (void)state;
    gm_hole_truth truth;
    gm_auto(gm_record) record = drill(0, 0, GM_HOLE_NORMAL, &truth);
    gm_candidates c = candidates_of(record);
    const double mm = truth.points_mm[GM_EXIT] + 0.07;
    gm_candidate peak = {.kind = GM_CANDIDATE_MODEL_PEAK, .point = GM_EXIT, .mm = mm, .strength = 1, .text = "model"};
    gm_error err = {0};
    assert_ok(gm_candidates_add(&c, record, &peak, &err), err);
    for (size_t i = 1; i < c.count; i++) assert_true(c.items[i - 1].mm <= c.items[i].mm);
    assert_string_equal(gm_candidates_near(&c, GM_EXIT, mm + 0.001, 0.01)->text, "model");
    const gm_candidate *other = gm_candidates_near(&c, GM_ENTRY, mm, 0.01);
    assert_true(!other || other->kind != GM_CANDIDATE_MODEL_PEAK);
    assert_null(gm_candidates_near(&c, GM_EXIT, 900, 1));
    gm_candidates_finish(&c);
}

static void an_air_hole_offers_steps_only(void **state) {
    (void)state;
    gm_hole_truth truth;
    gm_auto(gm_record) record = drill(0, 1, GM_HOLE_AIR, &truth);
    gm_candidates c = candidates_of(record);
    for (size_t i = 0; i < c.count; i++) assert_int_equal(c.items[i].point, GM_N_POINTS);
    assert_true(c.count >= record->n_segments);
    gm_candidates_finish(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_true_point_has_evidence_near_it),
        cmocka_unit_test(they_come_in_order_with_rows_and_words),
        cmocka_unit_test(the_nearest_of_the_right_kind_is_found),
        cmocka_unit_test(an_air_hole_offers_steps_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
