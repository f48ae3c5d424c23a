/* Normal distribution: t^2/2 + ln scale + ln(2 pi)/2, t = (target - loc) / scale. Parameters loc, scale. */
enum { N_PARAMETERS = 2 };
#include "nll_internal.h"

static double value_of(const double *p, double target) {
    double t = (target - p[0]) / p[1];
    return 0.5 * t * t + log(p[1]) + 0.91893853320467274178;
}

static void slopes_of(const double *p, double target, double *slopes) {
    double t = (target - p[0]) / p[1];
    slopes[0] = -t / p[1];
    slopes[1] = (1 - t * t) / p[1];
}

static gm_value make_case(gm_case *c, int index) {
    (void)index;
    gm_value loc = c->tensor(c, true, -1, 1, GM_DIMS(4, 3)), scale = c->tensor(c, true, 0.5, 2, GM_DIMS(4, 3));
    return gm_nll_normal(c->graph, loc, scale, c->input(c, false, -2, 2, GM_DIMS(4, 3)));
}

NLL_OP(nll_normal)
