/* Dropout's decisions: how often an entry is dropped, and that what is kept makes up for it. That every instruction set
 * decides alike is held by the generic tests, which compare dropout with gm_dice_reference. */
#include "test.h"

#include "engine/op_internal.h"

#include <math.h>

enum { ENTRIES = 192, STEPS = 20000 };

/* Share of dropped decisions of every entry over many steps, within 5 standard deviations of p. */
static void assert_dropped(double p, double expected) {
    static int dropped[ENTRIES];
    memset(dropped, 0, sizeof dropped);
    double sum = 0, all = 0;
    for (int step = 0; step < STEPS; step++) {
        gm_dice dice = {.on = true, .key = {.seed = 7, .step = (uint64_t)step}, .node = 3};
        for (size_t i = 0; i < ENTRIES; i++) {
            double factor = gm_dice_reference(&dice, 0, p, i);
            dropped[i] += factor == 0;
            sum += factor;
        }
    }
    double tolerance = 5 * sqrt(expected * (1 - expected) / STEPS);
    for (int i = 0; i < ENTRIES; i++) {
        double share = (double)dropped[i] / STEPS;
        all += share / ENTRIES;
        if (fabs(share - expected) > tolerance)
            fail_msg("entry %d is dropped with %g instead of %g", i, share, expected);
    }
    assert_true(fabs(all - expected) <= tolerance / sqrt(ENTRIES));
    double spread = sqrt(expected / (1 - expected) / ((double)STEPS * ENTRIES));
    assert_true(fabs(sum / ((double)STEPS * ENTRIES) - 1) <= 5 * spread);
}

static void every_entry_is_dropped_with_its_probability(void **state) {
    (void)state;
    assert_dropped(0.2, 0.2);
    assert_dropped(0.001, 0.001);
    assert_dropped(0.5, 0.5);
}

static void nothing_is_kept_less_often_than_once_in_256(void **state) {
    (void)state;
    assert_dropped(0.9999, 255.0 / 256);
}

static void without_training_or_probability_all_is_kept(void **state) {
    (void)state;
    gm_dice off = {.on = false}, on = {.on = true};
    for (size_t i = 0; i < ENTRIES; i++) {
        assert_true(gm_dice_reference(&off, 0, 0.5, i) == 1);
        assert_true(gm_dice_reference(&on, 0, 0, i) == 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_is_dropped_with_its_probability),
        cmocka_unit_test(nothing_is_kept_less_often_than_once_in_256),
        cmocka_unit_test(without_training_or_probability_all_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
