/* A cone-shaped point of length L whose tip is at depth z cuts a layer [a, b] with the radii from (z-b)/L to (z-a)/L
 * (as shares of the drill's radius). Cutting force is spread evenly along the lip: thrust goes with the width of that
 * band, torque (force times radius) with the difference of the squares. The chisel edge at the tip bears a share of the
 * thrust of its own, but almost no torque. So thrust leads torque into a layer and leaves it first. */
#include "loads.h"

static double clamp01(double x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* The chisel edge bites within a tenth of a millimetre. It is free when it is through, earlier where the rest gives
 * way under it. */
static double chisel_share(double z, double a, double b, double bend_mm) {
    return clamp01((z - a) / 0.12) * (1 - clamp01((z - b + 0.5 * bend_mm) / (0.15 + 0.5 * bend_mm)));
}

static void add_layer(const layer_load *load, double z, double a, double b, bool last, loads *sum) {
    double outer = clamp01((z - a) / load->point_mm), inner = clamp01((z - b) / load->point_mm);
    double lip_mm = load->thrust_point_mm > 0 && z < b ? load->thrust_point_mm : load->point_mm;
    double lip = clamp01((z - a) / lip_mm) - inner, area = outer * outer - inner * inner;
    double bend_mm = last ? load->bend_mm : 0, give = 1, torque_give = 1;
    if (bend_mm > 0 && z > b - bend_mm) { /* the thin rest of the last layer gives way */
        double s = clamp01((z - (b - bend_mm)) / bend_mm);
        give = 1 - 0.06 * s * s;
        torque_give = 1 - 0.04 * s * s;
    }
    if (last && inner > 0.76) lip *= clamp01(1 - (inner - 0.76) / 0.07); /* the corners break through at once */
    sum->thrust_a += load->thrust_a * give * ((1 - load->chisel) * lip + load->chisel * chisel_share(z, a, b, bend_mm));
    sum->torque_a += load->torque_a * torque_give * area;
    sum->torque_noise_a += load->torque_noise_a * lip;
    sum->thrust_noise_a += load->thrust_noise_a * lip;
    sum->ripple_a += load->ripple_a * area;
    if (last && load->tail_mm > 0 && z > b) { /* margins that still rub in the bore */
        double begun = clamp01((z - b) / load->point_mm);
        double left = 1 - clamp01((z - b - load->point_mm) / load->tail_mm);
        sum->torque_a += load->tail_a * begun * begun * left;
    }
}

loads part_loads(const drilled_part *part, double z_mm) {
    loads sum = {0};
    for (int k = 0; k < part->n_layers; k++)
        add_layer(&part->loads[k], z_mm, part->surface_mm[k], part->surface_mm[k + 1], k == part->n_layers - 1, &sum);
    if (z_mm > part->jam_mm) sum.torque_a += 160 * (z_mm - part->jam_mm); /* false when there is no jam */
    return sum;
}
