#include "../simulation_internal.h"

/* The cleanest interface: no step notch. */
const family_spec family_cfrp_al_single_step = {
    .name = "cfrp_al_single_step",
    .doc = "10 mm CFRP on 5 mm aluminium in one step onto the hard stop (version 4)",
    .version = 4,
    .firmware = "V 3.1.2",
    .motor_type = "L_EDU",
    .motor_serial = "17070152",
    .head_name = "116-V3-012",
    .head_tag = "Light",
    .m2_ratio = 21.923,
    .n_steps = 5,
    .steps = {{0}, {0}, {0}, {0}, {true, 4500, 4.35, 26.7, 0, 0, 0, 0, 5.2, 0.445}},
    .entry_mm = 5.9,
    .entry_sd_mm = 0.05,
    .n_layers = 2,
    .n_stacks = 1,
    .layers_mm = {{9.75, 4.75}},
    .layer_sd_mm = 0.04,
    .point_mm = 1.35,
    .loads = {{4.1, 0.10, 0.35, 0.026, 0.005, 0.001, 0.001, 0, 0, 0, 0, 0, 0},
              {17.0, 0.26, 0.35, 0.045, 0.006, 0.0005, 0, 0.55, 1.6, 0.15, 3.4, 2.0, 0}},
    .hard_stop_mm = 25.012,
    .holes_per_tool = 12,
    .share = 0.12,
};
