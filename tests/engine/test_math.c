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
    double unit = truth == 0 ? 0 : ldexp(1, ilogb(truth) - 23);
    return fabs((double)got - truth) / fmax(unit, (double)FLT_TRUE_MIN);
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
    }
}

/* Against e^0 = 1, as a softmax needs it; relative to itself it may lose a little more than a unit for each of x. */
static void exp_of_negatives_is_exact_beside_the_largest(void **state) {
    (void)state;
    static float x[N], y[N];
    FOR_EACH_SET(f) {
        spread(x, -86.9, 0);
        f->exp_negative(x, y, N);
        double worst = 0, worst_share = 0;
        for (int i = 0; i < N; i++) {
            double truth = exp((double)x[i]);
            worst = fmax(worst, fabs((double)y[i] - truth));
            worst_share = fmax(worst_share, units(y[i], truth) / (4 - 1.3 * (double)x[i]));
        }
        assert_at_most(worst, 1.3e-7, "exp of negatives", f);
        assert_at_most(worst_share, 1, "exp of negatives in units", f);
        assert_at_most(worst_units(f->exp_negative, exp, -1, 0), 3, "exp of small negatives", f);
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
            assert_at_most(units(z[i], exp(-87)), 90, "exp below -87", f);
        }
        for (int i = 3; i < 6; i++) assert_true(isfinite(y[i]) && y[i] > 3e38f);
        assert_true(isnan(y[6]) && isnan(z[6]));
        assert_true(y[7] == 1 && z[7] == 1); /* e^0 is exactly 1 */
    }
}

static double normal(double x) {
    return 0.5 * erfc(-x / sqrt(2));
}

static double normal_density(double x) {
    return exp(-0.5 * x * x) / sqrt(2 * acos(-1));
}

static void gelu_and_its_slope_are_within_2_units_of_one(void **state) {
    (void)state;
    static float x[N], y[N], slope[N];
    FOR_EACH_SET(f) {
        for (int k = 0; k < 2; k++) {
            double factor = k ? 1.25 : 1, worst = 0, worst_slope = 0;
            spread(x, -12, 12);
            f->gelu(x, (float)factor, y, slope, N);
            for (int i = 0; i < N; i++) {
                double at = (double)x[i], truth = factor * (normal(at) + at * normal_density(at));
                worst = fmax(worst, fabs((double)y[i] - factor * at * normal(at)) / fmax(fabs(at), 1));
                worst_slope = fmax(worst_slope, fabs((double)slope[i] - truth));
            }
            assert_at_most(worst, 2e-7 * factor, "GELU", f);
            assert_at_most(worst_slope, 2e-7 * factor, "the slope of GELU", f);
        }
        float special[16] = {0, -0.0f, INFINITY, NAN, 1e30f, -1e30f};
        f->gelu(special, 1, y, slope, 16);
        assert_true(y[0] == 0 && y[1] == 0 && fabsf(slope[0] - 0.5f) < 1e-7f && fabsf(slope[1] - 0.5f) < 1e-7f);
        assert_true(y[2] == INFINITY && isnan(y[3]) && isnan(slope[3]));
        assert_true(y[4] == 1e30f && fabsf(slope[4] - 1) < 1e-7f && fabsf(y[5]) < 1e-7f && fabsf(slope[5]) < 1e-7f);
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
        cmocka_unit_test(exp_of_negatives_is_exact_beside_the_largest),
        cmocka_unit_test(gelu_and_its_slope_are_within_2_units_of_one),
        cmocka_unit_test(roots_logarithms_and_the_rest_are_within_their_units),
        cmocka_unit_test(the_second_nan_of_max_and_min_stays),
        cmocka_unit_test(sums_and_maxima_go_over_each_row),
        cmocka_unit_test(transposing_moves_every_value_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
