#include "../components_internal.h"

static double factor(double done) {
    return 0.5 * (1 + cos(M_PI * done));
}

const gm_schedule gm_schedule_cosine = {.name = "cosine", .doc = "falls like half a cosine", .factor = factor};
