#include "../components_internal.h"

static double factor(double done) {
    (void)done;
    return 1;
}

const gm_schedule gm_schedule_constant = {
    .name = "constant", .doc = "the same learning rate to the end", .factor = factor};
