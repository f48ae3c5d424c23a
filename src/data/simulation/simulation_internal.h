#ifndef GIMLET_DATA_SIMULATION_INTERNAL_H
#define GIMLET_DATA_SIMULATION_INTERNAL_H

#include "simulation.h"

enum { MAX_FAMILY_STEPS = 5, MAX_STACKS = 4 };

/* A row of the program; step numbers count from 0, disabled rows are listed too. */
typedef struct {
    bool enabled;
    double speed_rpm, feed_mm_s, stroke_mm;
    double torque_max_a, thrust_max_a, torque_min_a, gap_mm;
    double torque_empty_a, thrust_empty_a; /* no-load currents at this speed and feed */
} family_step;

/* How a material loads the drill when it fills the whole cross-section. */
typedef struct {
    double torque_a, thrust_a;
    double chisel;                         /* share of the thrust that the chisel edge bears              */
    double torque_noise_a, thrust_noise_a; /* standard deviations of the smooth noise while cutting      */
    double torque_wear, thrust_wear;       /* relative growth per hole of the tool's life                 */
    double build_up, build_up_mm;          /* share of the torque that comes with heat and chips only, and
                                              over which depth                                            */
    double bend_mm;                        /* the last so many mm give way before the tip is out          */
    double tail_a, tail_mm;                /* margins that still rub after the exit: level and length     */
    double ripple_a;                       /* micropeck ripple of the torque                              */
} layer_load;

typedef struct {
    const char *name, *doc;
    long version;
    const char *firmware, *motor_type, *motor_serial, *head_name, *head_tag, *customer_info;
    double m2_ratio;
    int first_step, n_steps;
    family_step steps[MAX_FAMILY_STEPS];
    double entry_mm, entry_sd_mm; /* where the part begins                            */
    int n_layers, n_stacks;
    double layers_mm[MAX_STACKS][2];
    double point_mm;    /* length of the drill point */
    double layer_sd_mm; /* of a panel's thickness                               */
    layer_load loads[2];
    double hard_stop_mm, max_stroke_mm;   /* 0 = none */
    double countersink_mm, countersink_a; /* 0 = none */
    int holes_per_tool;
    double share; /* of the holes when all families are simulated */
} family_spec;

#define GM_FAMILY(symbol) extern const family_spec symbol;
#include "families.list.h"
#undef GM_FAMILY

const family_spec *const *all_families(size_t *count);
double quantise(double value, double quantum);

/* random.h streams of one hole, so that changing one part does not reshuffle the others */
enum { STREAM_HOLE = 1, STREAM_NOISE, STREAM_PANEL, STREAM_TOOL };

#endif
