#include "test.h"

#include "training/training.h"

#include <stdio.h>

enum { HOLES = 300 };

/* 300 holes: 3 families, 30 tool lives of ten, one duplicate trace across two tools, 10 sessions. */
static gm_fold_key *made_keys(void) {
    gm_fold_key *keys = gm_calloc(HOLES, sizeof *keys);
    for (int i = 0; i < HOLES; i++) {
        snprintf(keys[i].trace, sizeof keys[i].trace, "%d", i == 299 ? 3 : i);
        snprintf(keys[i].stratum, sizeof keys[i].stratum, "family%d", i / 100);
        snprintf(keys[i].tool, sizeof keys[i].tool, "tool%d", i / 10);
        snprintf(keys[i].session, sizeof keys[i].session, "day%d", i / 30);
    }
    return keys;
}

static bool leaks(const gm_fold_key *keys, const gm_folds *folds, size_t offset) {
    for (int i = 0; i < HOLES; i++)
        for (int j = 0; j < i; j++)
            if (strcmp((const char *)&keys[i] + offset, (const char *)&keys[j] + offset) == 0 &&
                folds->fold[i] != folds->fold[j])
                return true;
    return false;
}

static void no_group_stands_on_both_sides(void **state) {
    (void)state;
    gm_auto_free gm_fold_key *keys = made_keys();
    for (gm_grouping grouping = GM_GROUP_NONE; grouping <= GM_GROUP_SESSION; grouping++) {
        gm_folds folds;
        gm_error err = {0};
        assert_ok(gm_folds_make(keys, HOLES, 24, true, grouping, 1, &folds, &err), err);
        assert_int_equal(leaks(keys, &folds, offsetof(gm_fold_key, trace)), grouping < GM_GROUP_HOLE);
        assert_int_equal(leaks(keys, &folds, offsetof(gm_fold_key, tool)), grouping < GM_GROUP_TOOL_LIFE);
        assert_int_equal(leaks(keys, &folds, offsetof(gm_fold_key, session)), grouping < GM_GROUP_SESSION);
        gm_folds_finish(&folds);
    }
}

/* How many holes have a mate (equal at this offset) in another fold, counted pair by pair. */
static size_t with_mates(const gm_fold_key *keys, const int *fold, size_t offset) {
    size_t n = 0;
    for (int i = 0; i < HOLES; i++) {
        bool found = false;
        for (int j = 0; j < HOLES; j++)
            found |= fold[i] >= 0 && fold[j] >= 0 && fold[i] != fold[j] &&
                     strcmp((const char *)&keys[i] + offset, (const char *)&keys[j] + offset) == 0;
        n += found;
    }
    return n;
}

static void what_stands_on_both_sides_is_counted(void **state) {
    (void)state;
    gm_auto_free gm_fold_key *keys = made_keys();
    for (gm_grouping grouping = GM_GROUP_NONE; grouping <= GM_GROUP_SESSION; grouping++) {
        gm_folds folds;
        gm_fold_overlap overlap;
        gm_error err = {0};
        assert_ok(gm_folds_make(keys, HOLES, 7, true, grouping, 1, &folds, &err), err);
        for (int i = 0; i < 20; i++) folds.fold[i * 11] = -1; /* held out */
        assert_ok(gm_folds_overlap(keys, folds.fold, HOLES, &overlap, &err), err);
        assert_int_equal(overlap.holes, HOLES - 20);
        assert_int_equal(overlap.trace, with_mates(keys, folds.fold, offsetof(gm_fold_key, trace)));
        assert_int_equal(overlap.tool_life, with_mates(keys, folds.fold, offsetof(gm_fold_key, tool)));
        assert_int_equal(overlap.session, with_mates(keys, folds.fold, offsetof(gm_fold_key, session)));
        assert_int_equal(overlap.session > 0, grouping < GM_GROUP_SESSION);
        gm_folds_finish(&folds);
    }
}

static void folds_are_stratified_and_never_empty(void **state) {
    (void)state;
    gm_auto_free gm_fold_key *keys = made_keys();
    gm_folds folds;
    gm_error err = {0};
    assert_ok(gm_folds_make(keys, HOLES, 5, true, GM_GROUP_HOLE, 1, &folds, &err), err);
    int count[5][3] = {0};
    for (int i = 0; i < HOLES; i++) count[folds.fold[i]][i / 100]++;
    for (int f = 0; f < 5; f++)
        for (int s = 0; s < 3; s++) assert_in_range(count[f][s], 18, 22);
    gm_folds_finish(&folds);
    assert_ok(gm_folds_make(keys, HOLES, 24, true, GM_GROUP_TOOL_LIFE, 1, &folds, &err), err);
    int size[24] = {0};
    for (int i = 0; i < HOLES; i++) size[folds.fold[i]]++;
    for (int f = 0; f < 24; f++) assert_in_range(size[f], 10, 20);
    gm_folds_finish(&folds);
}

static void fewer_groups_than_folds_are_said_so(void **state) {
    (void)state;
    gm_auto_free gm_fold_key *keys = made_keys();
    gm_folds folds;
    gm_error err = {0};
    assert_ok(gm_folds_make(keys, HOLES, 24, true, GM_GROUP_SESSION, 1, &folds, &err), err);
    assert_true(folds.n_folds < 24 && (size_t)folds.n_folds == folds.n_groups);
    assert_non_null(strstr(folds.message, "folds instead of 24"));
    gm_folds_finish(&folds);
}

static void one_hole_cannot_be_split(void **state) {
    (void)state;
    gm_auto_free gm_fold_key *keys = made_keys();
    gm_folds folds;
    gm_error err = {0};
    assert_int_equal(gm_folds_make(keys, 1, 24, true, GM_GROUP_HOLE, 1, &folds, &err), GM_E_ARG);
    assert_non_null(strstr(err.message, "nothing is left to validate on"));
    err = (gm_error){0};
    assert_int_equal(gm_folds_make(keys, 0, 24, true, GM_GROUP_HOLE, 1, &folds, &err), GM_E_ARG);
}

static void a_falling_counter_is_a_new_tool(void **state) {
    (void)state;
    gm_fold_key keys[6] = {0};
    for (int i = 0; i < 6; i++) {
        snprintf(keys[i].tool, sizeof keys[i].tool, "head");
        keys[i].global_counter = 100 + i;
        keys[i].local_counter = i < 3 ? 7 + i : i - 2;
        keys[i].file = "x";
    }
    gm_error err = {0};
    assert_ok(gm_fold_keys_tools(keys, 6, &err), err);
    assert_string_equal(keys[0].tool, keys[2].tool);
    assert_string_not_equal(keys[2].tool, keys[3].tool);
    assert_string_equal(keys[3].tool, keys[5].tool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_group_stands_on_both_sides),
        cmocka_unit_test(what_stands_on_both_sides_is_counted),
        cmocka_unit_test(folds_are_stratified_and_never_empty),
        cmocka_unit_test(fewer_groups_than_folds_are_said_so),
        cmocka_unit_test(one_hole_cannot_be_split),
        cmocka_unit_test(a_falling_counter_is_a_new_tool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
