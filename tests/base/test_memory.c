#include "test.h"

static void arena_memory_is_zeroed_aligned_and_apart(void **state) {
    (void)state;
    gm_auto(gm_arena) arena = gm_arena_new();
    unsigned char *blocks[300];
    for (size_t i = 0; i < GM_COUNT(blocks); i++) {
        blocks[i] = gm_arena_alloc(arena, i * 7 + 1);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        for (size_t k = 0; k < i * 7 + 1; k++) assert_int_equal(blocks[i][k], 0);
        memset(blocks[i], (int)(i & 255), i * 7 + 1);
    }
    for (size_t i = 0; i < GM_COUNT(blocks); i++)
        for (size_t k = 0; k < i * 7 + 1; k++) assert_int_equal(blocks[i][k], i & 255);
    assert_non_null(gm_arena_alloc(arena, 10 << 20));
    assert_string_equal(gm_arena_printf(arena, "%s-%d", "hole", 7), "hole-7");
    assert_string_equal(gm_arena_strdup(arena, "text"), "text");
}

static void arena_returns_null_when_the_hook_fails(void **state) {
    (void)state;
    gm_auto(gm_arena) arena = gm_arena_new();
    gm_memory_fail_after(0);
    assert_null(gm_arena_alloc(arena, 16));
    gm_memory_fail_after(-1);
    assert_non_null(gm_arena_alloc(arena, 16));
}

static void sizes_that_overflow_are_refused(void **state) {
    (void)state;
    assert_null(gm_alloc_array(SIZE_MAX / 2, 3));
    assert_null(gm_realloc_array(NULL, SIZE_MAX / 2, 3));
    assert_null(gm_alloc_aligned(SIZE_MAX - 3));
}

static void aligned_memory_is_aligned_and_zeroed(void **state) {
    (void)state;
    gm_auto_free unsigned char *p = gm_alloc_aligned(1000);
    assert_int_equal((uintptr_t)p % 64, 0);
    for (int i = 0; i < 1000; i++) assert_int_equal(p[i], 0);
}

static void steal_moves_ownership_out(void **state) {
    (void)state;
    char *kept;
    {
        gm_auto_free char *inner = gm_strdup("kept");
        kept = gm_steal(&inner);
        assert_null(inner);
    }
    assert_string_equal(kept, "kept");
    gm_free(kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(arena_returns_null_when_the_hook_fails),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(aligned_memory_is_aligned_and_zeroed),
        cmocka_unit_test(steal_moves_ownership_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
