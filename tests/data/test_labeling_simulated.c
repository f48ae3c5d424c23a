/* Labels against simulated holes of known truth. The simulator was written from the physics without knowledge of the
 * rules: its torque grows with the square of the engaged radius, so touches are softer than on the real machines. */
#include "data/labeling/labeling.h"
#include "data/simulation/simulation.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOLES = 40, MAX_ERRORS = 4000 };

typedef struct {
    double errors[GM_N_POINTS][MAX_ERRORS];
    size_t n[GM_N_POINTS], missing, invented;
} tally;

static void count(const gm_label *label, const gm_hole_truth *truth, tally *t) {
    for (int p = 0; p < GM_N_POINTS; p++) {
        const double found = label->points[p].mm, real = truth->points_mm[p];
        if (isfinite(found) && isfinite(real) && t->n[p] < MAX_ERRORS) t->errors[p][t->n[p]++] = fabs(found - real);
        t->missing += isfinite(real) && !isfinite(found);
        t->invented += isfinite(found) && !isfinite(real);
    }
}

static void drill_and_label(gm_hole_kind kind, int holes, tally *t) {
    const gm_family_info *families;
    const size_t n_families = gm_simulation_families(&families);
    for (size_t family = 0; family < n_families; family++)
        for (int i = 0; i < holes; i++) {
            gm_error err = {0};
            gm_auto(gm_record) record = NULL;
            gm_hole_truth truth;
            gm_label label;
            assert_ok(gm_simulate_hole(family, 77, i, kind, &record, &truth, &err), err);
            assert_ok(gm_label_record(record, &label, &err), err);
            count(&label, &truth, t);
        }
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void points_lie_where_the_drill_was(void **state) {
    (void)state;
    static tally t;
    drill_and_label(GM_HOLE_NORMAL, HOLES, &t);
    static const double mae_limit[GM_N_POINTS] = {0.10, 0.15, 0.12};
    for (int p = 0; p < GM_N_POINTS; p++) {
        double sum = 0;
        for (size_t i = 0; i < t.n[p]; i++) sum += t.errors[p][i];
        qsort(t.errors[p], t.n[p], sizeof t.errors[p][0], by_size);
        printf("# %-10s n %zu MAE %.3f P95 %.3f worst %.3f mm\n", gm_point_name((gm_point)p), t.n[p],
               sum / (double)t.n[p], t.errors[p][(size_t)(0.95 * (double)(t.n[p] - 1))], t.errors[p][t.n[p] - 1]);
        assert_true(t.n[p] > 200);
        assert_true(sum / (double)t.n[p] <= mae_limit[p]);
    }
    printf("# missing %zu, invented %zu\n", t.missing, t.invented);
    assert_int_equal(t.invented, 0);
    assert_true(t.missing <= 2);
}

static void nothing_is_found_in_air(void **state) {
    (void)state;
    static tally t;
    drill_and_label(GM_HOLE_AIR, 6, &t);
    assert_int_equal(t.invented, 0);
}

static void a_hole_that_is_not_through_gets_no_exit(void **state) {
    (void)state;
    static tally t;
    drill_and_label(GM_HOLE_NOT_THROUGH, 6, &t);
    printf("# not through: missing %zu, invented %zu\n", t.missing, t.invented);
    assert_int_equal(t.invented, 0);
    assert_int_equal(t.n[GM_EXIT], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_lie_where_the_drill_was),
        cmocka_unit_test(nothing_is_found_in_air),
        cmocka_unit_test(a_hole_that_is_not_through_gets_no_exit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
