/* Kinds of holes by program and stack, and what makes them hard. Numbers in the order of family_step and layer_load. */
#ifndef GIMLET_TESTS_STRESS_CASES_H
#define GIMLET_TESTS_STRESS_CASES_H

#include "stress_holes.h"

/* A kind begins as one of the machines below and then says what is different. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* rpm, feed, stroke, Torque Max, Thrust Max, Torque Min, Gap, no-load currents */
#define STEP(rpm, feed, stroke, torque_max, thrust_max, torque_min, gap)                                               \
    { true, rpm, feed, stroke, torque_max, thrust_max, torque_min, gap, 3.0, 0.2 }
#define OFF                                                                                                            \
    { 0 }
/* torque, thrust, chisel, noises; the rest by name */
#define CFRP(torque, thrust)                                                                                           \
    { torque, thrust, 0.35, 0.026, 0.005 }
#define AL(torque, thrust)                                                                                             \
    { torque, thrust, 0.35, 0.045, 0.006, .build_up = 0.55, .build_up_mm = 1.6, .bend_mm = 0.15 }
#define AL_TAIL_MM(torque, thrust, tail, mm)                                                                           \
    {                                                                                                                  \
        torque, thrust, 0.35, 0.045, 0.006, .build_up = 0.55, .build_up_mm = 1.6, .bend_mm = 0.15, .tail_a = tail,     \
                                            .tail_mm = mm                                                              \
    }
#define AL_TAIL(torque, thrust, tail) AL_TAIL_MM(torque, thrust, tail, 2.2)
#define TI(torque, thrust)                                                                                             \
    { torque, thrust, 0.25, 0.12, 0.011, .build_up = 0.3, .build_up_mm = 1.2, .bend_mm = 0.4 }
#define TI_PECK(torque, thrust)                                                                                        \
    { torque, thrust, 0.3, 0.06, 0.012, .bend_mm = 0.2, .ripple_a = 1.6 }

/* One step through CFRP and aluminium onto the hard stop. */
#define ONE_STEP(cfrp, metal, ...)                                                                                     \
    .steps = {OFF, OFF, OFF, OFF, STEP(4500, 4.35, 26.7, 0, 0, 0, 0)}, .m2_ratio = 21.923, .hard_stop_mm = 25.01,      \
    .entry_mm = 5.9, .entry_sd_mm = 0.15, .layers_mm = {9.75, 4.75}, .loads = {cfrp, metal}, .point_mm = 1.35,         \
    .n_layers = 2, .second = 1, .odd = {__VA_ARGS__}
#define TWO_STEP(rpm1, feed1, rpm2, feed2, cfrp, metal, ...)                                                           \
    .steps = {OFF, OFF, STEP(rpm1, feed1, 15.7, 0, 0, 0, 0), STEP(rpm2, feed2, 11, 0, 0, 0, 0)}, .m2_ratio = 21.923,   \
    .hard_stop_mm = 25.01, .entry_mm = 6.0, .entry_sd_mm = 0.15, .layers_mm = {9.75, 4.5}, .loads = {cfrp, metal},     \
    .point_mm = 1.35, .n_layers = 2, .second = 1, .odd = {__VA_ARGS__}
/* As TWO_STEP with the second layer 0.8 mm below the step change. */
#define TI_STEPS(cfrp, metal, ...)                                                                                     \
    .steps = {OFF, OFF, STEP(4000, 3, 15.7, 0, 0, 0, 0), STEP(1000, 0.75, 11, 0, 0, 0, 0)}, .m2_ratio = 21.923,        \
    .hard_stop_mm = 25.01, .entry_mm = 6.4, .entry_sd_mm = 0.15, .layers_mm = {9.95, 4}, .loads = {cfrp, metal},       \
    .point_mm = 1.35, .n_layers = 2, .second = 1, .odd = {__VA_ARGS__}
/* Contact step, stroke inside the first layer, torque drop, countersink. */
#define CONTACT(stroke1, layer1, layer2, cfrp, metal, ...)                                                             \
    .steps = {STEP(4000, 3, 10, 0.3, 0, 0, 0), STEP(4000, 3, stroke1, 8, 0, 0, 0), STEP(1000, 0.75, 35, 0, 0, 2, 2),   \
              STEP(4000, 3, 45, 0, 0, 0, 0)},                                                                          \
    .m2_ratio = 21.923, .hard_stop_mm = 32, .countersink_mm = 30.7, .countersink_a = 6, .entry_mm = 4.7,               \
    .entry_sd_mm = 0.3, .layers_mm = {layer1, layer2}, .loads = {cfrp, metal}, .point_mm = 1.35, .n_layers = 2,        \
    .second = 1, .odd = {__VA_ARGS__}
#define PECK(cfrp, metal, ...)                                                                                         \
    .steps = {OFF, STEP(1500, 1, 50, 3, 0, 0, 0), STEP(320, 0.16, 50, 0, 0, 1, 2), STEP(1500, 1, 50, 0, 0, 0, 0)},     \
    .m2_ratio = 21.923, .hard_stop_mm = 36.49, .countersink_mm = 34.7, .countersink_a = 1.7, .entry_mm = 5.2,          \
    .entry_sd_mm = 0.1, .layers_mm = {5.25, 5.6}, .loads = {cfrp, metal}, .point_mm = 1.4, .n_layers = 2, .second = 1, \
    .odd = {__VA_ARGS__}

static const stress_case stress_cases[] = {
    {"one step, fast feed", ONE_STEP(CFRP(4.2, 0.10), AL_TAIL(17, 0.26, 3.4), 0)},
    {"one step, no tail", ONE_STEP(CFRP(3.2, 0.09), AL(11, 0.2), 0)},
    {"one step, hump after the exit", ONE_STEP(CFRP(3.2, 0.09), AL(12, 0.2), .hump_a = 2.5, .hump_mm = 3.2)},
    {"one step, rubbing before contact", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), .rub_a = 0.18, .rub_mm = 1.2)},
    {"one step, torque's zero steps", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), .zero_step_a = 0.15, .zero_mm = 0.6)},
    {"one step, thrust sags before metal", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), .dip_mm = 0.2, .dip_share = 0.6)},
    {"one step, thrust idles up", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), .idle_step_mm = 0.25), .limit_mm = {0.32}},
    {"one step, rows lost", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), .lost_mm = {0.1, 0.1, 0.05}, .lost_row_mm = 0.2),
     .flag = "temporal.gap", .limit_mm = {0, 0.15}},
    {"one step, torque creeps up by 2 A", ONE_STEP(CFRP(3.5, 0.13), AL(16, 0.26), .creep_a = 2, .creep_mm = 2.4)},
    {"one step, torque creeps up by 1 A", ONE_STEP(CFRP(5.5, 0.13), AL(16, 0.26), .creep_a = 1, .creep_mm = 1)},
    {"titanium, torque creeps", TI_STEPS(CFRP(5, 0.3), TI(38, 1.4), .creep_a = 2, .creep_mm = 3), .entry_mm = 8},
    {"one step, tail to the stop", ONE_STEP(CFRP(4.2, 0.10), AL_TAIL_MM(17, 0.26, 4.6, 5), 0)},
    {"one step, flat tail", ONE_STEP(CFRP(4.2, 0.10), AL_TAIL_MM(17, 0.26, 3.5, 15), 0)},
    {"one step, no thrust", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), .no_thrust = true),
     .flag = "signal_quality.no_thrust signal_quality.stuck", .limit_mm = {0.12, 0.15, 0.2}},
    {"one step, faint CFRP", ONE_STEP(CFRP(0.7, 0.05), AL(12, 0.22), 0)},
    {"one step, very faint CFRP", ONE_STEP(CFRP(0.4, 0.05), AL(12, 0.22), 0), .limit_mm = {0.15}},
    {"one step, not through", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), 0), .entry_mm = 12,
     .flag = "signal_quality.not_through"},
    {"dry: first layer falls at the step change",
     TWO_STEP(4500, 4.35, 4500, 4.35, CFRP(6.2, 0.13), AL_TAIL(15, 0.23, 3.5), .later_share = 0.4)},
    {"dry, step change 1.5 mm above the metal",
     TWO_STEP(4500, 4.35, 4500, 4.35, CFRP(6.2, 0.13), AL_TAIL(15, 0.23, 3.5), .later_share = 0.4), .entry_mm = 7.2},
    {"dry, torque's zero falls by 2.8 A", TWO_STEP(4500, 4.35, 4500, 4.35, CFRP(6.2, 0.13), AL_TAIL(15, 0.23, 3.5),
                                                   .later_share = 0.4, .late_drift_a = -2.8)},
    {"one step, torque's zero falls by 2.8 A", ONE_STEP(CFRP(4.2, 0.10), AL_TAIL(17, 0.26, 3.4), .late_drift_a = -2.8)},
    {"titanium, torque's zero falls by 1.6 A", TI_STEPS(CFRP(5, 0.3), TI(38, 1.4), .late_drift_a = -1.6)},
    {"one step, torque's zero rises by 1 A", ONE_STEP(CFRP(4.2, 0.10), AL_TAIL(17, 0.26, 3.4), .late_drift_a = 1)},
    {"titanium, worn, hump after the exit",
     TI_STEPS(CFRP(5, 0.35), TI(42, 1.8), .wave_a = 0.25, .hump_a = 6, .hump_mm = 2.2)},
    {"feed 3.87", TWO_STEP(4000, 3.867, 4000, 3.867, CFRP(4.3, 0.1), AL_TAIL(15, 0.24, 3), 0)},
    {"feed 2.9", TWO_STEP(3000, 2.9, 3000, 2.9, CFRP(4.3, 0.1), AL_TAIL(15, 0.24, 3), 0)},
    {"feed 1.93", TWO_STEP(2000, 1.93, 2000, 1.93, CFRP(4.3, 0.1), AL_TAIL(15, 0.24, 3), 0), .limit_mm = {0, 0.12}},
    {"feed 0.73", TWO_STEP(750, 0.725, 750, 0.725, CFRP(4.3, 0.1), AL_TAIL(15, 0.24, 3), 0), .limit_mm = {0, 0.10}},
    {"titanium, worn waves", TI_STEPS(CFRP(5, 0.35), TI(42, 1.8), .wave_a = 0.25)},
    {"titanium, torque sags at contact", TI_STEPS(CFRP(5, 0.3), TI(38, 1.4), .contact_dip_a = 0.9)},
    {"titanium, rows lost", TI_STEPS(CFRP(5, 0.3), TI(38, 1.4), .lost_mm = {0.1, 0.1, 0.1}, .lost_row_mm = 0.2),
     .flag = "temporal.gap", .limit_mm = {0.15, 0.15}},
    {"titanium, no thrust", TI_STEPS(CFRP(5, 0.3), TI(38, 1.4), .no_thrust = true),
     .flag = "signal_quality.no_thrust signal_quality.stuck", .limit_mm = {0.12, 0.15, 0.2}},
    {"titanium, overload", TI_STEPS(CFRP(5, 0.3), TI(42, 1.8), 0), .jam_mm = 1.6,
     .flag = "step_codes.overload signal_quality.clipped signal_quality.not_through"},
    {"titanium, gap before the metal", TI_STEPS(CFRP(5, 0.3), TI(38, 1.4), 0), .layers_mm = {9.6, 0.35, 4},
     .loads = {CFRP(5, 0.3), {0}, TI(38, 1.4)}, .n_layers = 3, .second = 2},
    {"re-drilled: the first layer was there", TI_STEPS({0}, TI(38, 1.4), 0), .first = 1, .second = 0,
     .flag = "signal_quality.late_contact"},
    {"air", TI_STEPS({0}, {0}, 0), .n_layers = 0, .second = 0, .flag = "signal_quality.no_contact"},
    {"finished hole, rubs, slow", TI_STEPS({0}, {0}, .hump_a = 1.4, .hump_mm = 14, .hump_width_mm = 2.5), .n_layers = 0,
     .second = 0, .flag = "signal_quality.already_drilled"},
    {"finished hole, rubs, fast",
     TWO_STEP(4500, 4.35, 4500, 4.35, {0}, {0}, .hump_a = 3, .hump_mm = 14.5, .hump_width_mm = 3), .n_layers = 0,
     .second = 0, .flag = "signal_quality.late_contact signal_quality.no_thrust"},
    {"deep contact, CFRP only, not through", TWO_STEP(4500, 4.35, 4500, 4.35, CFRP(3.5, 0.1), AL(15, 0.23), 0),
     .entry_mm = 17, .flag = "signal_quality.late_contact signal_quality.not_through"},
    {"contact step", CONTACT(8.5, 9.4, 3.7, CFRP(5.2, 0.14), TI(48, 1.1), 0)},
    {"contact step, young tool", CONTACT(7.5, 9.6, 3.7, CFRP(3.9, 0.03), TI(24, 0.5), 0)},
    {"contact step, thin stack", CONTACT(3.5, 4, 4, CFRP(4.5, 0.1), TI(21, 0.5), 0)},
    {"contact step, step 3 disabled", CONTACT(8.5, 9.4, 6, CFRP(6.5, 0.2), TI(36, 0.9), 0),
     .steps = {STEP(4000, 3, 10, 0.3, 0, 0, 0), STEP(4000, 3, 8.5, 8, 0, 0, 0), STEP(1000, 0.75, 35, 0, 0, 2, 2), OFF,
               STEP(4000, 3, 45, 0, 0, 0, 0)}},
    {"contact step that finds nothing", CONTACT(8.5, 9.6, 4.3, CFRP(5, 0.6), TI(50, 2.2), 0), .m2_ratio = 7.2,
     .hard_stop_mm = 34.95, .countersink_mm = 33.6, .entry_mm = 12.3, .flag = "step_codes.part_not_found"},
    {"contact step, hard thrust", CONTACT(8, 9.4, 4.4, CFRP(5, 0.63), TI(50, 5), 0), .m2_ratio = 7.2},
    {"contact step, no thrust", CONTACT(8.5, 9.4, 3.7, CFRP(5.2, 0.14), TI(48, 1.1), .no_thrust = true),
     .flag = "signal_quality.no_thrust signal_quality.stuck", .limit_mm = {0.12, 0.15, 0.2}},
    {"micropeck", PECK(CFRP(0.95, 0.05), TI_PECK(8.8, 0.42), 0), .limit_mm = {0.10}},
    {"micropeck, faint CFRP", PECK(CFRP(0.45, 0.04), TI_PECK(8.8, 0.42), 0), .limit_mm = {0.18}},
    {"micropeck, torque's zero steps", PECK(CFRP(0.95, 0.05), TI_PECK(8.8, 0.42), .zero_step_a = 0.15, .zero_mm = 0.5),
     .limit_mm = {0.12}},
    {"micropeck, no thrust", PECK(CFRP(0.95, 0.05), TI_PECK(8.8, 0.42), .no_thrust = true),
     .flag = "signal_quality.no_thrust signal_quality.stuck", .limit_mm = {0.12, 0.15, 0.2}},
    {"micropeck, soft third layer", PECK(CFRP(0.95, 0.05), TI_PECK(8.8, 0.42), 0), .layers_mm = {5.25, 5.6, 5},
     .loads = {CFRP(0.95, 0.05), TI_PECK(8.8, 0.42), {1.1, 0.07, 0.3, 0.05, 0.006}}, .n_layers = 3,
     .limit_mm = {0, 0, 0.15}},
    {"micropeck, thick CFRP, soft third layer", PECK(CFRP(0.8, 0.05), TI_PECK(8.8, 0.42), 0),
     .layers_mm = {15.7, 5.6, 5}, .loads = {CFRP(0.8, 0.05), TI_PECK(8.8, 0.42), {1.6, 0.1, 0.3, 0.05, 0.006}},
     .n_layers = 3, .hard_stop_mm = 44, .countersink_mm = 42, .limit_mm = {0, 0, 0.15}},
    {"approach to thrust, one layer", .steps = {STEP(2000, 3, 30, 0, 0.35, 0, 0), STEP(2000, 2, 40, 0, 0, 1.5, 4)},
     .m2_ratio = 7.2, .hard_stop_mm = 45, .entry_mm = 12.3, .entry_sd_mm = 0.3, .layers_mm = {10},
     .loads = {AL(9, 0.75)}, .point_mm = 1.4, .n_layers = 1},
    {"fast approach, layers with a gap, no thrust",
     .steps = {STEP(4000, 13, 40, 1, 0, 0, 0), STEP(4000, 3, 40, 0, 0, 2, 2), STEP(2000, 13, 60, 1, 0, 0, 0),
               STEP(2000, 2, 60, 0, 0, 0, 0)},
     .m2_ratio = 21.923, .hard_stop_mm = 44, .countersink_mm = 42, .countersink_a = 6, .entry_mm = 15,
     .entry_sd_mm = 0.4, .layers_mm = {8, 0.27, 5}, .loads = {AL(9, 0.3), {0}, AL(9, 0.3)}, .point_mm = 1.4,
     .n_layers = 3, .odd = {.no_thrust = true}, .flag = "signal_quality.no_thrust signal_quality.stuck",
     .limit_mm = {0.12, 0.15, 0.2}},
    {"fast approach, four layers with dips, no thrust",
     .steps = {STEP(4000, 13, 40, 1, 0, 0, 0), STEP(4000, 4, 40, 0, 0, 2, 2), STEP(2000, 13, 60, 1, 0, 0, 0),
               STEP(2000, 2, 60, 0, 0, 0, 0)},
     .m2_ratio = 21.923, .hard_stop_mm = 44, .countersink_mm = 42, .countersink_a = 6, .entry_mm = 15,
     .entry_sd_mm = 0.4, .layers_mm = {4, 4, 0.27, 4}, .loads = {CFRP(4, 0.2), AL(12, 0.3), {0}, AL(9, 0.3)},
     .point_mm = 1.4, .n_layers = 4, .second = 1, .odd = {.no_thrust = true},
     .flag = "signal_quality.no_thrust signal_quality.stuck", .limit_mm = {0.12, 0.15, 0.2}},
    {"fast approach, four layers with dips",
     .steps = {STEP(4000, 13, 40, 1, 0, 0, 0), STEP(4000, 4, 40, 0, 0, 2, 2), STEP(2000, 13, 60, 1, 0, 0, 0),
               STEP(2000, 2, 60, 0, 0, 0, 0)},
     .m2_ratio = 21.923, .hard_stop_mm = 44, .countersink_mm = 42, .countersink_a = 6, .entry_mm = 15,
     .entry_sd_mm = 0.4, .layers_mm = {4, 4, 0.27, 4}, .loads = {CFRP(4, 0.2), AL(12, 0.3), {0}, AL(9, 0.3)},
     .point_mm = 1.4, .n_layers = 4, .second = 1},
    {"fast approach, metal then softer sheets, no thrust",
     .steps = {STEP(4000, 13, 40, 1, 0, 0, 0), STEP(4000, 4, 40, 0, 0, 2, 2), STEP(2000, 13, 60, 1, 0, 0, 0),
               STEP(2000, 2, 60, 0, 0, 0, 0)},
     .m2_ratio = 21.923, .hard_stop_mm = 44, .countersink_mm = 42, .countersink_a = 6, .entry_mm = 15,
     .entry_sd_mm = 0.4, .layers_mm = {4, 4, 0.27, 4}, .loads = {AL(12, 0.3), AL(6, 0.2), {0}, AL(4.5, 0.15)},
     .point_mm = 1.4, .n_layers = 4, .odd = {.no_thrust = true},
     .flag = "signal_quality.no_thrust signal_quality.stuck", .limit_mm = {0.12, 0.15, 0.2}},
    {"fast approach, two materials, no thrust",
     .steps = {STEP(4000, 13, 40, 1, 0, 0, 0), STEP(4000, 3, 40, 0, 0, 2, 2), STEP(2000, 13, 60, 1, 0, 0, 0),
               STEP(2000, 2, 60, 0, 0, 0, 0)},
     .m2_ratio = 21.923, .hard_stop_mm = 44, .countersink_mm = 42, .countersink_a = 6, .entry_mm = 15,
     .entry_sd_mm = 0.4, .layers_mm = {8, 0.27, 5}, .loads = {CFRP(4, 0.2), {0}, AL(14, 0.3)}, .point_mm = 1.4,
     .n_layers = 3, .second = 2, .odd = {.no_thrust = true}, .flag = "signal_quality.no_thrust signal_quality.stuck",
     .limit_mm = {0.12, 0.15, 0.2}},
    {"thin layer, then a harder one, two strokes",
     .steps = {OFF, STEP(4000, 2, 8, 0, 0, 0, 0), STEP(2000, 1, 12, 0, 0, 0, 0)}, .m2_ratio = 7.2, .entry_mm = 5,
     .entry_sd_mm = 0.2, .layers_mm = {2, 6}, .loads = {CFRP(2, 0.15), AL(8, 0.6)}, .point_mm = 1.3, .n_layers = 2,
     .second = 1},
    {"through, second rise before Max Stroke",
     .steps = {OFF, STEP(2000, 3.33, 4, 0, 0, 0, 0), STEP(2000, 2, 20, 0, 0, 0, 0)}, .m2_ratio = 7.2,
     .max_stroke_mm = 10, .countersink_mm = 9.2, .countersink_a = 6, .entry_mm = 4.5, .entry_sd_mm = 0.1,
     .layers_mm = {2}, .loads = {AL(6, 0.5)}, .point_mm = 1.3, .n_layers = 1},
    {"short stroke, ends after contact", .steps = {OFF, STEP(2000, 3.33, 5, 0, 0, 0, 0)}, .m2_ratio = 7.2,
     .entry_mm = 3.8, .entry_sd_mm = 0.1, .layers_mm = {6}, .loads = {AL(9, 0.5)}, .point_mm = 1.3, .n_layers = 1,
     .flag = "signal_quality.not_through"},
    {"three steps, ends at once on torque drop",
     .steps = {OFF, STEP(4500, 2.85, 40, 6, 0, 0, 0), STEP(750, 0.375, 20, 0, 0, 1, 0), STEP(3000, 2, 40, 0, 0, 0, 0)},
     .m2_ratio = 21.923, .hard_stop_mm = 28.956, .countersink_mm = 27.4, .countersink_a = 8.5, .entry_mm = 2.3,
     .entry_sd_mm = 0.1, .layers_mm = {15.6, 5.1},
     .loads = {CFRP(3.8, 0.12), {10.2, 1.1, 0.25, 0.05, 0.026, .bend_mm = 0.3}}, .point_mm = 1.3, .n_layers = 2,
     .second = 1},
    {"contact step, torque limit in the metal", CONTACT(20, 9.4, 3.7, CFRP(5.2, 0.14), TI(48, 1.1), 0)},
    {"layer as thin as the point, then a harder one",
     .steps = {OFF, STEP(4000, 2, 8, 0, 0, 0, 0), STEP(2000, 1, 12, 0, 0, 0, 0)}, .m2_ratio = 7.2, .entry_mm = 5,
     .entry_sd_mm = 0.2, .layers_mm = {1.5, 6}, .loads = {CFRP(2, 0.15), AL(8, 0.6)}, .point_mm = 1.3, .n_layers = 2,
     .second = 1, .missing = 2},
    {"through, second rise without a millimetre of air",
     .steps = {OFF, STEP(2000, 3.33, 4, 0, 0, 0, 0), STEP(2000, 2, 20, 0, 0, 0, 0)}, .m2_ratio = 7.2,
     .max_stroke_mm = 10, .countersink_mm = 9.3, .countersink_a = 9, .entry_mm = 4.5, .entry_sd_mm = 0.1,
     .layers_mm = {2.8}, .loads = {AL(6, 0.5)}, .point_mm = 1.3, .n_layers = 1},
    {"through, second rise in the tail", .steps = {OFF, STEP(2000, 3.33, 4, 0, 0, 0, 0), STEP(2000, 2, 20, 0, 0, 0, 0)},
     .m2_ratio = 7.2, .max_stroke_mm = 10, .countersink_mm = 9.1, .countersink_a = 9, .entry_mm = 4.5,
     .entry_sd_mm = 0.1, .layers_mm = {2.8}, .loads = {AL_TAIL(6, 0.5, 1)}, .point_mm = 1.3, .n_layers = 1},
    {"re-drilled, rubs in the bore", TI_STEPS({0}, TI(38, 1.4), .rub_a = 0.3, .rub_mm = 9), .first = 1, .second = 0,
     .flag = "signal_quality.late_contact"},
    {"air, then the countersink", PECK({0}, {0}, 0), .n_layers = 0, .second = 0, .flag = "signal_quality.no_contact"},
    {"one layer, one step", ONE_STEP(CFRP(4.2, 0.12), {0}, 0), .n_layers = 1, .second = 0, .limit_mm = {0, 0, 0.13}},
    {"one step, titanium", .steps = {OFF, OFF, STEP(1000, 0.75, 25, 0, 0, 0, 0)}, .m2_ratio = 21.923, .entry_mm = 6.4,
     .entry_sd_mm = 0.2, .layers_mm = {9.9, 4}, .loads = {CFRP(4, 0.12), TI(26, 0.7)}, .point_mm = 1.4, .n_layers = 2,
     .second = 1},
    {"one step, metal over CFRP", ONE_STEP(AL(12, 0.25), CFRP(4, 0.1), 0), .second = 0, .layers_mm = {4.75, 9.75},
     .limit_mm = {0, 0, 0.15}},
    {"one step, two sheets of one metal", ONE_STEP(AL(12, 0.25), AL(12, 0.25), 0), .second = 0, .layers_mm = {5, 5}},
    {"one step, CFRP of two levels", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), 0), .layers_mm = {4, 5.75, 4.75},
     .loads = {CFRP(4, 0.1), CFRP(5, 0.12), AL(16, 0.26)}, .n_layers = 3, .second = 2},
    {"one step, drift", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), .drift_a_mm = -0.03)},
    {"micropeck, gap before the metal", PECK(CFRP(0.95, 0.05), TI_PECK(8.8, 0.42), 0), .layers_mm = {5.25, 0.4, 5.6},
     .loads = {CFRP(0.95, 0.05), {0}, TI_PECK(8.8, 0.42)}, .n_layers = 3, .second = 2},
    {"one step, gap before the metal", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), 0), .layers_mm = {9.5, 0.6, 4.5},
     .loads = {CFRP(4, 0.1), {0}, AL(16, 0.26)}, .n_layers = 3, .second = 2},
    {"one step, three layers", ONE_STEP(CFRP(4, 0.1), AL(16, 0.26), 0), .layers_mm = {5, 4, 5},
     .loads = {CFRP(4, 0.1), AL(16, 0.26), CFRP(4, 0.1)}, .n_layers = 3, .limit_mm = {0, 0, 0.15}},
    {"one step, feed 13", .steps = {OFF, STEP(4500, 13, 26.7, 0, 0, 0, 0)}, .m2_ratio = 21.923, .hard_stop_mm = 25,
     .entry_mm = 6.2, .entry_sd_mm = 0.3, .layers_mm = {8, 5}, .loads = {CFRP(4, 0.12), AL(14, 0.25)}, .point_mm = 1.4,
     .n_layers = 2, .second = 1},
};

#endif
