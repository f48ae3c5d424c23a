#include "test.h"

#include <math.h>

/* Known answers of the Random123 distribution's kat_vectors for philox4x32 (D. E. Shaw Research). */
static void philox_gives_the_published_answers(void **state) {
    (void)state;
    uint32_t out[4];
    gm_philox(10, 0, 0, 0, out);
    assert_int_equal(out[0], 0x6627e8d5);
    assert_int_equal(out[1], 0xe169c58d);
    assert_int_equal(out[2], 0xbc57ac4c);
    assert_int_equal(out[3], 0x9b00dbd8);
    gm_philox(10, UINT64_MAX, UINT64_MAX, UINT64_MAX, out);
    assert_int_equal(out[0], 0x408f276d);
    assert_int_equal(out[1], 0x41c83b0e);
    assert_int_equal(out[2], 0xa20bc7c6);
    assert_int_equal(out[3], 0x6d5451fd);
    gm_philox(7, 0, 0, 0, out);
    assert_int_equal(out[0], 0x5f6fb709);
    assert_int_equal(out[1], 0x0d893f64);
    assert_int_equal(out[2], 0x4f121f81);
    assert_int_equal(out[3], 0x4f730a48);
}

/* The answer in php-src, ext/random/tests/02_engine/user_xoshiro128plusplus.phpt. */
static void xoshiro_gives_the_published_answer(void **state) {
    (void)state;
    uint32_t s[4] = {1, 2, 3, 4};
    for (int i = 0; i < 102400; i++) gm_xoshiro(s);
    assert_int_equal(gm_xoshiro(s), 0x2c873cfa);
}

static void streams_differ_by_name_and_order(void **state) {
    (void)state;
    uint64_t a = gm_stream(2, (uint64_t)1, (uint64_t)2), b = gm_stream(2, (uint64_t)2, (uint64_t)1);
    assert_true(a != b);
    assert_true(a != gm_stream(3, (uint64_t)1, (uint64_t)2, (uint64_t)0));
    assert_true(a == gm_stream(2, (uint64_t)1, (uint64_t)2));
}

static void normal_and_uniform_have_their_moments(void **state) {
    (void)state;
    gm_random r;
    gm_random_init(&r, 42, 7);
    enum { N = 200000 };
    double sum = 0, squares = 0, uniform = 0;
    for (int i = 0; i < N; i++) {
        double x = gm_random_normal(&r), u = gm_random_uniform(&r);
        assert_true(u >= 0 && u < 1);
        sum += x, squares += x * x, uniform += u;
    }
    assert_true(fabs(sum / N) < 0.01); /* 4 standard errors are 0.009 */
    assert_true(fabs(squares / N - 1) < 0.013);
    assert_true(fabs(uniform / N - 0.5) < 0.003);
}

static void a_shuffle_is_a_permutation_and_reproducible(void **state) {
    (void)state;
    uint32_t a[100], b[100];
    bool seen[100] = {0};
    for (uint32_t i = 0; i < 100; i++) a[i] = b[i] = i;
    gm_random r;
    gm_random_init(&r, 1, 1);
    gm_random_shuffle(&r, a, 100);
    gm_random_init(&r, 1, 1);
    gm_random_shuffle(&r, b, 100);
    assert_memory_equal(a, b, sizeof a);
    int moved = 0;
    for (uint32_t i = 0; i < 100; i++) seen[a[i]] = true, moved += a[i] != i;
    for (int i = 0; i < 100; i++) assert_true(seen[i]);
    assert_true(moved > 80);
}

static void below_covers_its_range_evenly(void **state) {
    (void)state;
    gm_random r;
    gm_random_init(&r, 3, 0);
    int counts[7] = {0};
    for (int i = 0; i < 70000; i++) counts[gm_random_below(&r, 7)]++;
    for (int i = 0; i < 7; i++) assert_in_range(counts[i], 9600, 10400);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_answers),
        cmocka_unit_test(xoshiro_gives_the_published_answer),
        cmocka_unit_test(streams_differ_by_name_and_order),
        cmocka_unit_test(normal_and_uniform_have_their_moments),
        cmocka_unit_test(a_shuffle_is_a_permutation_and_reproducible),
        cmocka_unit_test(below_covers_its_range_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
