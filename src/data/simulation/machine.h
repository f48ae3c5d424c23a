/* The machine: runs a program on a part and records what it sees. Inside simulation/ only. */
#ifndef GIMLET_DATA_SIMULATION_MACHINE_H
#define GIMLET_DATA_SIMULATION_MACHINE_H

#include "loads.h"

enum { MAX_ROWS = 24000 };

/* Seconds by which currents show late: recorded depth of an event = true depth + this * feed. */
#define MACHINE_DELAY_S 0.07

typedef struct {
    const family_spec *family;
    const drilled_part *part;
    gm_random *random;
    double grid_mm, idle_thrust_a, dead_band_a, stair_a, level_walk;
    double smooth_torque, smooth_thrust, walk, shown_thrust_a, torque_zero_a; /* states of the noise */

    size_t n;
    float *depth_mm, *torque_a, *thrust_a, *torque_empty_a, *thrust_empty_a, *speed_rpm, *feed_mm_s, *power_w, *gap_mm,
        *torque_detector;
    int32_t *step, *stop_code;
    double crossed_mm[MAX_LAYERS + 1]; /* recorded depth at which each surface was reached; NAN = not */

    gm_step_result results[MAX_FAMILY_STEPS];
    size_t n_results;
    bool ended; /* by a stop that ends the cycle */
} machine;

/* Runs all enabled steps. The arrays must have room for MAX_ROWS. */
void machine_run(machine *m);

#endif
