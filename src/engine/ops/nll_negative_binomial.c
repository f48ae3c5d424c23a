/* Negative binomial with count n and logit g: -(n l(-g) + y l(g) + lnG(n+y) - lnG(1+y) - lnG(n)), l(v) = -ln(1+e^-v);
 * the three lnG are 0 together where n + y = 0. Parameters n, g. */
enum { N_PARAMETERS = 2 };
#include "nll_internal.h"

static double log_sigmoid(double v) {
    return v > 0 ? -log1p(exp(-v)) : v - log1p(exp(v));
}

static double value_of(const double *p, double y) {
    double n = p[0], gammas = n + y == 0 ? 0 : log_gamma(n + y) - log_gamma(1 + y) - log_gamma(n);
    return -(n * log_sigmoid(-p[1]) + y * log_sigmoid(p[1]) + gammas);
}

static void slopes_of(const double *p, double y, double *slopes) {
    double n = p[0], chance = 1 / (1 + exp(-p[1]));
    slopes[0] = -(log_sigmoid(-p[1]) + (n + y == 0 ? 0 : digamma(n + y) - digamma(n)));
    slopes[1] = n * chance - y * (1 - chance);
}

static gm_value make_case(gm_case *c, int index) {
    (void)index;
    gm_value count = c->tensor(c, true, 0.5, 5, GM_DIMS(4, 3)), logits = c->tensor(c, true, -2, 2, GM_DIMS(4, 3));
    return gm_nll_negative_binomial(c->graph, count, logits, c->input(c, true, 0, 6, GM_DIMS(4, 3)));
}

NLL_OP(nll_negative_binomial)
