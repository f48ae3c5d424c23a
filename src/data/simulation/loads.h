/* What the drill feels at a depth: the physics, without the machine. Inside simulation/ only. */
#ifndef GIMLET_DATA_SIMULATION_LOADS_H
#define GIMLET_DATA_SIMULATION_LOADS_H

#include "simulation_internal.h"

/* Layers of one part, gaps between sheets included: a gap is a layer that loads nothing. */
enum { MAX_LAYERS = 5 };

/* One hole's part: surfaces at true depths of the tip, and how this tool feels its layers today. */
typedef struct {
    int n_layers;
    double surface_mm[MAX_LAYERS + 1]; /* [0] entry, [n_layers] far side */
    layer_load loads[MAX_LAYERS];
    double point_mm; /* length of the drill point, which wear makes longer */
    double jam_mm;   /* the tool jams from here on: NAN = never */
} drilled_part;

typedef struct {
    double torque_a, thrust_a;
    double torque_noise_a, thrust_noise_a; /* standard deviations of what cutting adds */
    double ripple_a;
} loads;

/* Loads with the tip at depth z_mm. */
loads part_loads(const drilled_part *part, double z_mm);

#endif
