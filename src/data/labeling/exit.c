/* Exit: the tip breaks through the far side.
 *
 * Both currents fall over the length of the drill's point: thrust first, as soon as the thin rest of the layer gives
 * way, torque when the lips leave. The point lies between the two knees. Levels are taken just before the last fall,
 * because both signals drift, wave and dip once before the real breakthrough; fractions of the overall plateau are not
 * used. */
#include "labeling_internal.h"

/* Worn tools keep their torque up long after the tip is out: torque may follow thrust by this much, no more. */
static const double longest_lag_mm = 0.5;
/* Broken through when torque has fallen to this part of its level, or thrust to that while torque follows. */
static const double thrust_out = 0.12, torque_out = 0.25, torque_falling = 0.6;

typedef struct {
    const gm_trace_step *step;
    size_t from, to;  /* cells after the last rise                                         */
    size_t thrust_to; /* last cell before a hard stop drives thrust up                      */
    double thrust_zero, torque_zero;
    double thrust_top, torque_top; /* levels that 0.6 mm of the cut exceed                     */
} fall;

/* The level that this many millimetres of the stretch exceed. */
static double top_level(const float *values, size_t n, double mm, double cell_mm) {
    const double above = mm / cell_mm / (double)n;
    return gm_quantile(values, n, above < 1 ? 1 - above : 0);
}

/* The last step that cuts with at least half of the highest torque, and its cells after the last touch. */
static bool find_fall(const gm_trace *trace, const gm_cut *cut, double after_mm, fall *out) {
    double highest = 0;
    for (size_t s = cut->last + 1; s-- > cut->first;) {
        const gm_trace_step *step = &trace->steps[s];
        const size_t from = gm_trace_cell(step, after_mm + 0.3), n = gm_cut_cells(trace, cut, s);
        if (gm_trace_last_mm(step) < after_mm + 0.3 || n < from + 60) continue;
        const double top = top_level(step->torque_smooth + from, n - from, 0.6, step->cell_mm);
        if (top <= 2 * highest) continue;
        highest = top;
        *out = (fall){.step = step, .from = from, .to = n - 1, .torque_top = top};
    }
    return highest > 8 * trace->torque_unit_a;
}

/* Zero levels and where thrust is lowest in the last millimetre: what rises after that is the hard stop. */
static void find_ends(fall *f) {
    const gm_trace_step *step = f->step;
    const size_t millimetre = (size_t)(1 / step->cell_mm);
    f->thrust_to = f->to;
    for (size_t i = f->to; i > f->from && i + millimetre > f->to; i--)
        if (step->thrust_smooth[i] < step->thrust_smooth[f->thrust_to]) f->thrust_to = i;
    f->thrust_zero = fmin(0, (double)step->thrust_smooth[f->thrust_to]);
    f->torque_zero = fmin(0, gm_quantile(step->torque_smooth + f->to - 9, 10, 0.5));
    f->thrust_top = top_level(step->thrust_smooth + f->from, f->thrust_to - f->from + 1, 0.6, step->cell_mm);
}

/* Depth at which a channel is above this level for the last time; NAN when never. */
static double last_crossing(const fall *f, const float *values, size_t to, double level) {
    const size_t cell = gm_last_above(values, f->from, to, level);
    return cell == SIZE_MAX ? NAN : gm_trace_mm(f->step, cell);
}

static double thrust_crossing(const fall *f, double level, double fraction) {
    return last_crossing(f, f->step->thrust_smooth, f->thrust_to, f->thrust_zero + fraction * (level - f->thrust_zero));
}

/* Median over a stretch of the fall, never before its first cell. */
static double level_between(const fall *f, const float *values, double from_mm, double to_mm) {
    const double start = gm_trace_mm(f->step, f->from);
    return gm_trace_median(f->step, values, fmax(from_mm, start), fmax(to_mm, start));
}

/* The knee of thrust. Stairs can dip by a fifth long before the breakthrough (early stages): the straight part of the
 * fall, traced up to its level, bounds the knee from below. */
static double find_thrust_knee(const fall *f) {
    const float *thrust = f->step->thrust_smooth;
    double mid = thrust_crossing(f, f->thrust_top, 0.8);
    if (!isfinite(mid)) return NAN;
    double level = f->thrust_top;
    for (int i = 0; i < 3 && isfinite(mid); i++) {
        level = level_between(f, thrust, mid - 0.9, mid - 0.2);
        mid = thrust_crossing(f, level, 0.8);
    }
    if (!isfinite(mid)) return NAN;
    const double quarter = thrust_crossing(f, level, 0.75), half = thrust_crossing(f, level, 0.5);
    const double traced = 2 * quarter - half, first = thrust_crossing(f, level, 0.9);
    return fmax(first, traced);
}

static double find_torque_knee(const fall *f, double near_mm) {
    const double level = level_between(f, f->step->torque_smooth, near_mm - 0.1, near_mm + 0.3);
    return last_crossing(f, f->step->torque_smooth, f->to, f->torque_zero + 0.97 * (level - f->torque_zero));
}

/* Without thrust: where torque last leaves its own level. */
static double find_torque_knee_alone(const fall *f) {
    const float *torque = f->step->torque_smooth;
    const double fallen = last_crossing(f, torque, f->to, f->torque_zero + 0.8 * (f->torque_top - f->torque_zero));
    return isfinite(fallen) ? find_torque_knee(f, fallen - 0.5) : NAN;
}

void gm_find_exit(const gm_trace *trace, const gm_entry_found *entry, const gm_transition_found *transition,
                  const gm_cut *cut, gm_exit_found *out) {
    *out = (gm_exit_found){.mm = NAN, .thrust_knee_mm = NAN, .torque_knee_mm = NAN};
    fall f;
    if (!find_fall(trace, cut, fmax(entry->mm, isfinite(transition->mm) ? transition->mm : -INFINITY), &f)) {
        out->absent = "the record ends right after the last touch";
        return;
    }
    find_ends(&f);
    out->step = (size_t)(f.step - trace->steps);
    const gm_trace_step *step = f.step;
    const double thrust_top = fmax(f.thrust_top - f.thrust_zero, 1e-9);
    out->thrust_left = ((double)step->thrust_smooth[f.thrust_to] - f.thrust_zero) / thrust_top;
    out->torque_left = gm_quantile(step->torque_smooth + f.to - 4, 5, 0) / f.torque_top;
    const bool thrust_tells = thrust_top > 4 * trace->thrust_unit_a;
    const bool out_by_thrust =
        thrust_tells && out->thrust_left * thrust_top < thrust_out * thrust_top + 2 * trace->thrust_unit_a;
    if (out->torque_left > (out_by_thrust ? torque_falling : torque_out)) {
        out->absent = "not broken through: neither current has fallen back when the record ends";
        return;
    }
    if (thrust_tells) out->thrust_knee_mm = find_thrust_knee(&f);
    out->torque_knee_mm =
        isfinite(out->thrust_knee_mm) ? find_torque_knee(&f, out->thrust_knee_mm) : find_torque_knee_alone(&f);
    const double thrust = out->thrust_knee_mm, torque = out->torque_knee_mm;
    if (!isfinite(thrust))
        out->mm = torque;
    else if (!isfinite(torque))
        out->mm = thrust;
    else
        out->mm = (thrust + fmin(torque, thrust + longest_lag_mm)) / 2;
    if (!isfinite(out->mm)) out->absent = "no fall that lasts";
}
