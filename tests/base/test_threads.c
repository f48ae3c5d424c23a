#include "test.h"

#include <stdatomic.h>

typedef struct {
    atomic_int runs[1000];
    atomic_int highest_worker;
} counts;

static void count_run(void *ctx, size_t index, int worker) {
    counts *c = ctx;
    atomic_fetch_add(&c->runs[index], 1);
    int seen = atomic_load(&c->highest_worker);
    while (worker > seen && !atomic_compare_exchange_weak(&c->highest_worker, &seen, worker)) {
    }
}

static void every_task_runs_once_on_any_number_of_threads(void **state) {
    (void)state;
    for (int n = 1; n <= 8; n *= 2) {
        gm_error err = {0};
        gm_auto(gm_threads) pool = NULL;
        assert_ok(gm_threads_new(n, &pool, &err), err);
        assert_int_equal(gm_threads_count(pool), n);
        for (int round = 0; round < 50; round++) {
            counts c = {0};
            gm_threads_run(pool, GM_COUNT(c.runs), count_run, &c);
            for (size_t i = 0; i < GM_COUNT(c.runs); i++) assert_int_equal(atomic_load(&c.runs[i]), 1);
            assert_true(atomic_load(&c.highest_worker) < n);
        }
    }
}

static void without_a_pool_tasks_run_here(void **state) {
    (void)state;
    counts c = {0};
    gm_threads_run(NULL, 10, count_run, &c);
    for (size_t i = 0; i < 10; i++) assert_int_equal(atomic_load(&c.runs[i]), 1);
}

static void a_silly_number_of_threads_is_refused(void **state) {
    (void)state;
    gm_error err = {0};
    gm_threads *pool = NULL;
    assert_int_equal(gm_threads_new(-1, &pool, &err), GM_E_ARG);
    assert_null(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once_on_any_number_of_threads),
        cmocka_unit_test(without_a_pool_tasks_run_here),
        cmocka_unit_test(a_silly_number_of_threads_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
