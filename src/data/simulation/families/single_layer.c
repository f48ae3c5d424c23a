#include "../simulation_internal.h"

/* One layer: there is no transition. */
const family_spec family_single_layer = {
    .name = "single_layer",
    .doc = "10 mm of one metal: approach until the thrust rises, then one drilling step (version 11)",
    .version = 11,
    .firmware = "V 3.2.5",
    .motor_type = "L-HS_EDU",
    .motor_serial = "23120040",
    .head_name = "P6TL-INT",
    .head_tag = "E00401009F78AA43",
    .customer_info = "ST00234275",
    .m2_ratio = 7.2,
    .n_steps = 2,
    .steps = {{true, 2000, 3.0, 30, 0, 0.35, 0, 0, 5.2, 0.36}, {true, 2000, 2.0, 40, 0, 0, 1.5, 4, 5.2, 0.275}},
    .entry_mm = 12.0,
    .entry_sd_mm = 0.3,
    .n_layers = 1,
    .n_stacks = 2,
    .layers_mm = {{10.0, 0}, {6.0, 0}},
    .layer_sd_mm = 0.05,
    .point_mm = 1.4,
    .loads = {{9.0, 0.75, 0.35, 0.05, 0.008, 0.001, 0.003, 0, 0, 0.15, 0.8, 1.0, 0}, {0}},
    .hard_stop_mm = 45,
    .holes_per_tool = 8,
    .share = 0.08,
};
