#include "../components_internal.h"

static double factor(double done) {
    return 1 - done;
}

const gm_schedule gm_schedule_linear = {.name = "linear", .doc = "falls in a straight line", .factor = factor};
