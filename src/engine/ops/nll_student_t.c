/* Student's t: -lnG((v+1)/2) + lnG(v/2) + ln(v pi)/2 + ln scale + (v+1)/2 ln(1 + t^2/v). Parameters v, loc, scale. */
enum { N_PARAMETERS = 3 };
#include "nll_internal.h"

static double value_of(const double *p, double target) {
    double v = p[0], t = (target - p[1]) / p[2];
    return log_gamma(0.5 * v) - log_gamma(0.5 * (v + 1)) + 0.5 * log(v * 3.14159265358979323846) + log(p[2]) +
           0.5 * (v + 1) * log1p(t * t / v);
}

static void slopes_of(const double *p, double target, double *slopes) {
    double v = p[0], t = (target - p[1]) / p[2], pull = (v + 1) * t / (v + t * t);
    slopes[0] = 0.5 * (digamma(0.5 * v) - digamma(0.5 * (v + 1)) + 1 / v + log1p(t * t / v)) - 0.5 * pull * t / v;
    slopes[1] = -pull / p[2];
    slopes[2] = (1 - pull * t) / p[2];
}

static gm_value make_case(gm_case *c, int index) {
    (void)index;
    gm_value df = c->tensor(c, true, 2.5, 6, GM_DIMS(4, 3)), loc = c->tensor(c, true, -1, 1, GM_DIMS(4, 3));
    gm_value scale = c->tensor(c, true, 0.5, 2, GM_DIMS(4, 3));
    return gm_nll_student_t(c->graph, df, loc, scale, c->input(c, false, -2, 2, GM_DIMS(4, 3)));
}

NLL_OP(nll_student_t)
