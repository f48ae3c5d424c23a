/* A first layer that turns only a few counts of torque: less than what alone is a contact, but up there without a break
 * until the next layer is met. Zero steps in air reach four counts and rubbing in a finished hole has no thrust, so
 * the layer must be stronger than the one and differ from the other. */
#include "labeling_internal.h"

/* Torque above air, in units, and how long it must last. */
static const double faint_units = 4.5, faint_run_mm = 1.5;
/* Above this the drill is not in air. */
static const double not_air_units = 2.5;
/* Mean rise of thrust, in units, that shows a cut; where there is none torque must be this strong, and level. */
static const double thrust_mean_units = 0.8, alone_units = 5.5;
/* A drill's point is in after this travel at most. */
static const double point_mm = 2.2;

/* The last cell before `cell` at which torque's mean over 0.3 mm is that of air; 0 when there is none. */
static size_t last_air(const gm_trace *trace, const gm_trace_step *step, size_t cell) {
    const size_t width = (size_t)(0.3 / step->cell_mm);
    double sum = 0;
    if (cell < width) return 0;
    for (size_t i = cell - width; i < cell; i++) sum += (double)step->torque[i];
    for (size_t i = cell - width; i > 0; i--) {
        if (sum / (double)width < not_air_units * trace->torque_unit_a) return i + width / 2;
        sum += (double)step->torque[i - 1] - (double)step->torque[i - 1 + width];
    }
    return 0;
}

/* Torque and thrust on the stretch between two depths, over their levels in air before it. */
typedef struct {
    double torque_a, early_a, late_a, at_point_a, thrust_a;
} stretch;

static stretch measure_stretch(const gm_trace_step *step, double from_mm, double to_mm) {
    const double air_from = from_mm - 1.6, air_to = from_mm - 0.4, rests = fmin(from_mm + 1.2, (from_mm + to_mm) / 2);
    const double ends = fmax(to_mm - 0.6, rests), middle = (rests + ends) / 2;
    const double zero = gm_trace_mean(step, step->torque, air_from, air_to);
    const double idle = gm_trace_mean(step, step->thrust, air_from, air_to);
    const double point = fmin(from_mm + point_mm, to_mm);
    return (stretch){.torque_a = gm_trace_median(step, step->torque_smooth, rests, ends) - zero,
                     .early_a = gm_trace_mean(step, step->torque, rests, middle) - zero,
                     .late_a = gm_trace_mean(step, step->torque, middle, ends) - zero,
                     .at_point_a = gm_trace_mean(step, step->torque, point - 0.4, point) - zero,
                     .thrust_a = gm_trace_mean(step, step->thrust, rests, ends) - idle};
}

static bool is_layer(const gm_trace *trace, bool thrust_alive, const stretch *on) {
    if (on->torque_a < faint_units * trace->torque_unit_a || on->at_point_a < 0.7 * on->torque_a) return false;
    if (thrust_alive) return on->thrust_a > thrust_mean_units * trace->thrust_unit_a;
    return on->torque_a > alone_units * trace->torque_unit_a && fabs(on->late_a - on->early_a) < 0.2 * on->torque_a;
}

bool gm_find_faint_layer(const gm_trace *trace, bool thrust_alive, size_t *s, size_t *cell, double *level_a) {
    size_t at = *s, to = *cell;
    size_t from = last_air(trace, &trace->steps[at], to);
    /* the notch after a step change is no air of its own */
    if (at > 0 && gm_trace_mm(&trace->steps[at], from) < trace->steps[at - 1].end_mm + 0.5) {
        at--;
        to = trace->steps[at].n - 1;
        from = last_air(trace, &trace->steps[at], to);
    }
    const gm_trace_step *step = &trace->steps[at];
    const double from_mm = gm_trace_mm(step, from), to_mm = gm_trace_mm(step, to);
    if (from_mm - step->first_mm < 0.8 || to_mm - from_mm < faint_run_mm) return false;
    const stretch on = measure_stretch(step, from_mm, to_mm);
    if (!is_layer(trace, thrust_alive, &on)) return false;
    const double zero = gm_trace_mean(step, step->torque, from_mm - 1.6, from_mm - 0.4);
    const size_t contact = gm_first_sustained(step->torque_smooth, from > 30 ? from - 30 : 0, to,
                                              zero + 0.6 * on.torque_a, (size_t)(0.2 / step->cell_mm));
    if (contact == SIZE_MAX) return false;
    *s = at;
    *cell = contact;
    *level_a = on.torque_a;
    return true;
}
