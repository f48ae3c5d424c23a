/* Mean of w (prediction - target)^2 over a sample. */
#define LOSS_VALUE(d) ((d) * (d))
#define LOSS_SLOPE(d) (2.0f * (d))
#include "loss_internal.h"

static double reference_of(double d, const gm_settings *settings) {
    (void)settings;
    return d * d;
}

LOSS_OP(loss_mse, gm_loss_mse(c->graph, p, t, w))
