#include "test.h"

#include "training/paired.h"

#include <math.h>

/* The numbers of make_paired_golden.py. */
static void made(size_t n, double scale, double shift, int step, double *a, double *b) {
    for (size_t k = 0; k < n; k++) {
        a[k] = round((scale * (double)((k * 37 + 11) % 101) + shift) * 1e6) / 1e6;
        b[k] = round(scale * (double)((k * (size_t)step + 5) % 101) * 1e6) / 1e6;
    }
}

static void the_signed_rank_test_agrees_with_scipy(void **state) {
    (void)state;
    static const struct {
        size_t n;
        double scale, shift;
        int step;
        double p;
    } golden[] = {
        {12, 0.0013, 0.02, 53, 0.2333984375},    /* exact */
        {200, 0.0013, 0.0, 53, 0.896027715106},  /* large */
        {30, 0.01, 0.0, 37, 0.000324108093328},  /* ties  */
        {101, 0.001, 0.01, 53, 0.0237769966282}, /* shifted */
    };
    for (size_t i = 0; i < GM_COUNT(golden); i++) {
        double a[200], b[200];
        made(golden[i].n, golden[i].scale, golden[i].shift, golden[i].step, a, b);
        gm_paired result;
        gm_error err = {0};
        assert_ok(gm_paired_compare(a, b, golden[i].n, 1, &result, &err), err);
        if (fabs(result.p - golden[i].p) > 1e-6) fail_msg("case %zu: p %.9f, scipy has %.9f", i, result.p, golden[i].p);
    }
}

static void the_interval_is_that_of_the_bootstrap(void **state) {
    (void)state;
    double a[101], b[101];
    gm_paired result, again;
    gm_error err = {0};
    made(101, 0.001, 0.01, 53, a, b);
    assert_ok(gm_paired_compare(a, b, 101, 7, &result, &err), err);
    assert_ok(gm_paired_compare(a, b, 101, 7, &again, &err), err);
    assert_true(fabs(result.low + 0.01779) < 0.0006 && fabs(result.high + 0.00217) < 0.0006);
    assert_true(result.low == again.low && result.high == again.high);
    assert_true(fabs(result.difference + 0.01) < 1e-6);
}

static void no_pairs_and_no_differences_say_nothing(void **state) {
    (void)state;
    double a[3] = {1, 2, 3};
    gm_paired result;
    gm_error err = {0};
    assert_ok(gm_paired_compare(a, a, 3, 1, &result, &err), err);
    assert_true(result.p == 1 && result.low == 0 && result.high == 0);
    assert_ok(gm_paired_compare(a, a, 0, 1, &result, &err), err);
    assert_true(result.p == 1 && isnan(result.difference) && isnan(result.low));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signed_rank_test_agrees_with_scipy),
        cmocka_unit_test(the_interval_is_that_of_the_bootstrap),
        cmocka_unit_test(no_pairs_and_no_differences_say_nothing),
    };
    return cmocka_run_group_tests_name("training/paired", tests, NULL, NULL);
}
