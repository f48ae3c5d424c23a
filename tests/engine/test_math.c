/* The vector functions of engine/cpu against libm in double, for every instruction set that this machine runs.
 * "Units" are units in the last place of the true value in float32. */
#include "test.h"

#include "engine/op_internal.h"
#include "math_functions.h"

#include <float.h>
#include <math.h>

enum { N = 1 << 16 };

/* The sets of this build, NULL where this machine lacks one. */
static const math_functions *sets[3];

static void find_sets(void) {
    static const math_functions *const built[] = {
        &math_functions_v2,
#if defined(__x86_64__)
        &math_functions_v3,
        &math_functions_v4,
#endif
    };
    for (size_t i = 0; i < GM_COUNT(built); i++) {
        if (gm_isa_named(built[i]->name)) sets[i] = built[i];
    }
}

#define FOR_EACH_SET(f)                                                                                                \
    for (size_t set_ = 0; set_ < GM_COUNT(sets); set_++)                                                               \
        for (const math_functions *f = sets[set_]; f; f = NULL)

static double units(float got, double truth) {
    double unit = fmax(ldexp(1, ilogb(truth) - 23), (double)FLT_TRUE_MIN);
    return fabs((double)got - truth) / unit;
}

static void spread(float *x, double low, double high) {
    for (int i = 0; i < N; i++) x[i] = (float)(low + (high - low) * i / (N - 1));
}

/* The worst error of f over [low, high] in units. */
static double worst_units(void (*f)(const float *, float *, size_t), double (*truth)(double), double low, double high) {
    static float x[N], y[N];
    spread(x, low, high);
    f(x, y, N);
    double worst = 0;
    for (int i = 0; i < N; i++) worst = fmax(worst, units(y[i], truth((double)x[i])));
    return worst;
}

static void assert_at_most(double value, double bound, const char *what, const math_functions *f) {
    if (!(value <= bound)) fail_msg("%s of %s: %g, at most %g expected", what, f->name, value, bound);
}

static void exp_is_within_2_units(void **state) {
    (void)state;
    FOR_EACH_SET(f) {
        assert_at_most(worst_units(f->exp, exp, -87.2, 88.7), 2, "exp", f);
        assert_at_most(worst_units(f->exp, exp, -1e-3, 1e-3), 2, "exp near 0", f);
        assert_at_most(worst_units(f->exp_negative, exp, -86.9, 0), 2, "exp of negatives", f);
        assert_at_most(worst_units(f->exp_negative, exp, -1, 0), 2, "exp of small negatives", f);
    }
}

static void exp_keeps_its_ends_and_nan(void **state) {
    (void)state;
    float x[16] = {-INFINITY, -1000, -87.4f, 88.71f, 1000, INFINITY, NAN}, y[16], z[16];
    FOR_EACH_SET(f) {
        f->exp(x, y, 16);
        f->exp_negative(x, z, 16);
        for (int i = 0; i < 3; i++) {
            assert_true(y[i] == 0);
            assert_at_most(units(z[i], exp(-87)), 2, "exp below -87", f);
        }
        for (int i = 3; i < 6; i++) assert_true(isfinite(y[i]) && y[i] > 3e38f);
        assert_true(isnan(y[6]) && isnan(z[6]));
        assert_true(y[7] == 1 && z[7] == 1); /* e^0 is exactly 1 */
    }
}

static double normal(double x) {
    return 0.5 * erfc(-x / sqrt(2));
}

static void normal_cdf_is_within_2_units_of_one_half(void **state) {
    (void)state;
    static float x[N], y[N], e[N];
    FOR_EACH_SET(f) {
        spread(x, -12, 12);
        f->normal_cdf(x, y, e, N);
        double worst = 0, worst_e = 0;
        for (int i = 0; i < N; i++) {
            double at = (double)x[i];
            worst = fmax(worst, fabs((double)y[i] - normal(at)));
            worst_e = fmax(worst_e, fabs((double)e[i] - exp(-at * at / 2)));
            assert_true(y[i] >= 0 && y[i] <= 1);
        }
        assert_at_most(worst, 1.2e-7, "the normal distribution", f);
        /* x^2 / 2 itself is rounded: half a unit of it is 3e-8 of x^2 / 2, times the power */
        assert_at_most(worst_e, 1.5e-7, "exp(-x^2 / 2)", f);
        float special[16] = {0, -0.0f, INFINITY, -INFINITY, NAN};
        f->normal_cdf(special, y, e, 16);
        assert_true(fabsf(y[0] - 0.5f) < 1e-7f && y[0] == y[1]);
        assert_true(y[2] == 1 && y[3] >= 0 && y[3] < 1e-30f && isnan(y[4]));
    }
}

static double softplus(double x) {
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static void roots_logarithms_and_the_rest_are_within_their_units(void **state) {
    (void)state;
    FOR_EACH_SET(f) {
        assert_at_most(worst_units(f->sqrt, sqrt, 0, 1e6), 0.5, "sqrt", f);
        assert_at_most(worst_units(f->log, log, 1e-3, 1e3), 1, "log", f);
        assert_at_most(worst_units(f->tanh, tanh, -10, 10), 3, "tanh", f);
        assert_at_most(worst_units(f->softplus, softplus, -80, 80), 4, "softplus", f);
    }
}

/* As the instruction of x86: the second argument wins where neither is larger, so its NaN stays. */
static void the_second_nan_of_max_and_min_stays(void **state) {
    (void)state;
    const float x[16] = {1, 3, NAN, 5, -1, INFINITY}, y[16] = {2, 2, 7, NAN, -INFINITY, 4};
    const float larger[] = {2, 3, 7, NAN, -1, INFINITY}, smaller[] = {1, 2, 7, NAN, -INFINITY, 4};
    float high[16], low[16];
    FOR_EACH_SET(f) {
        f->max(x, y, high, 16);
        f->min(x, y, low, 16);
        for (size_t i = 0; i < GM_COUNT(larger); i++) {
            assert_true(isnan(larger[i]) ? isnan(high[i]) : high[i] == larger[i]);
            assert_true(isnan(smaller[i]) ? isnan(low[i]) : low[i] == smaller[i]);
        }
    }
}

static void fill(float *values, size_t n, uint64_t seed) {
    gm_random r;
    gm_random_init(&r, seed, 0);
    for (size_t i = 0; i < n; i++) values[i] = (float)gm_random_normal(&r);
}

static void sums_and_maxima_go_over_each_row(void **state) {
    (void)state;
    float rows[16 * 16], sums[16], maxima[16], every[16];
    FOR_EACH_SET(f) {
        size_t lanes = f->lanes;
        fill(rows, lanes * lanes, lanes);
        f->tree_sum(rows, sums);
        f->tree_max(rows, maxima);
        for (size_t i = 0; i < lanes; i++) {
            double sum = 0, absolute = 0, most = -INFINITY;
            for (size_t j = 0; j < lanes; j++) {
                double value = (double)rows[i * lanes + j];
                sum += value, absolute += fabs(value), most = fmax(most, value);
            }
            /* 4 additions deep at most: half a unit of a partial sum each */
            double bound = 4 * absolute * (double)FLT_EPSILON / 2;
            assert_at_most(fabs((double)sums[i] - sum), bound, "tree sum", f);
            assert_true((double)maxima[i] == most);
            f->sum_all(rows + i * lanes, every);
            for (size_t j = 0; j < lanes; j++) assert_at_most(fabs((double)every[j] - sum), bound, "sum", f);
            f->max_all(rows + i * lanes, every);
            for (size_t j = 0; j < lanes; j++) assert_true((double)every[j] == most);
        }
    }
}

/* Every size around the vector's, with rows longer than what is used of them; nothing beside the result is touched. */
static void transposing_moves_every_value_and_nothing_else(void **state) {
    (void)state;
    enum { MOST = 35, IN_ROW = 37, OUT_ROW = 41 };
    static float in[MOST * IN_ROW], out[(MOST + 1) * OUT_ROW];
    fill(in, GM_COUNT(in), 5);
    FOR_EACH_SET(f) {
        for (size_t rows = 0; rows <= MOST; rows++) {
            for (size_t columns = 0; columns <= MOST; columns++) {
                for (size_t i = 0; i < GM_COUNT(out); i++) out[i] = 1e9f;
                f->transpose(in, IN_ROW, rows, columns, out, OUT_ROW);
                for (size_t c = 0; c <= MOST; c++) {
                    for (size_t r = 0; r < OUT_ROW; r++) {
                        float expected = c < columns && r < rows ? in[r * IN_ROW + c] : 1e9f;
                        if (out[c * OUT_ROW + r] != expected)
                            fail_msg("%s: %zu x %zu, row %zu, column %zu", f->name, rows, columns, r, c);
                    }
                }
            }
        }
    }
}

int main(void) {
    find_sets();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_within_2_units),
        cmocka_unit_test(exp_keeps_its_ends_and_nan),
        cmocka_unit_test(normal_cdf_is_within_2_units_of_one_half),
        cmocka_unit_test(roots_logarithms_and_the_rest_are_within_their_units),
        cmocka_unit_test(the_second_nan_of_max_and_min_stays),
        cmocka_unit_test(sums_and_maxima_go_over_each_row),
        cmocka_unit_test(transposing_moves_every_value_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
