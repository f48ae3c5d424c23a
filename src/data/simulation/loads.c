/* A cone-shaped point of length L whose tip is at depth z cuts a layer [a, b] with the radii from (z-b)/L to (z-a)/L
 * (as shares of the drill's radius). Thrust goes with the width of that band; the chisel edge at the tip bears a share
 * of its own. An ideal lip would give torque by the difference of the squares; wear and friction near the centre make
 * real ramps nearly straight, so the exponent is 1.2. So thrust leads torque into a layer and leaves it first. */
#include "loads.h"

#include <math.h>

static double clamp01(double x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* The chisel edge bites within a tenth of a millimetre. It is free when it is through, earlier where the rest gives
 * way under it. */
static double chisel_share(double z, double a, double b, double bend_mm) {
    return clamp01((z - a) / 0.12) * (1 - clamp01((z - b + 0.5 * bend_mm) / (0.15 + 0.5 * bend_mm)));
}

static void add_layer(const drilled_part *part, int k, double z, loads *sum) {
    const layer_load *load = &part->loads[k];
    double a = part->surface_mm[k], b = part->surface_mm[k + 1], length = part->point_mm;
    bool last = k == part->n_layers - 1;
    double outer = clamp01((z - a) / length), inner = clamp01((z - b) / length), lip = outer - inner;
    double turning = pow(outer, 1.2) - pow(inner, 1.2);
    double bend_mm = last ? load->bend_mm : 0, give = 1, torque_give = 1;
    if (bend_mm > 0 && z > b - bend_mm) { /* the thin rest of the last layer gives way */
        double s = clamp01((z - (b - bend_mm)) / bend_mm);
        give = 1 - 0.06 * s * s;
        torque_give = 1 - 0.04 * s * s;
    }
    double built = 1 - (load->build_up_mm > 0 && z > a ? load->build_up * exp(-(z - a) / load->build_up_mm) : 0);
    if (last && inner > 0.76) lip *= clamp01(1 - (inner - 0.76) / 0.07); /* the corners break through at once */
    sum->thrust_a += load->thrust_a * give * ((1 - load->chisel) * lip + load->chisel * chisel_share(z, a, b, bend_mm));
    sum->torque_a += load->torque_a * torque_give * built * turning;
    sum->torque_noise_a += load->torque_noise_a * lip;
    sum->thrust_noise_a += load->thrust_noise_a * lip;
    sum->ripple_a += load->ripple_a * turning;
    if (last && load->tail_mm > 0 && z > b) { /* margins that still rub in the bore */
        double begun = clamp01((z - b) / length), left = 1 - clamp01((z - b - length) / load->tail_mm);
        sum->torque_a += load->tail_a * begun * begun * left;
    }
}

loads part_loads(const drilled_part *part, double z_mm) {
    loads sum = {0};
    for (int k = 0; k < part->n_layers; k++) add_layer(part, k, z_mm, &sum);
    if (z_mm > part->jam_mm) sum.torque_a += 160 * (z_mm - part->jam_mm); /* false when there is no jam */
    return sum;
}
