/* Exit: the tip breaks through the far side.
 *
 * Both currents fall over the length of the drill's point: thrust first, as soon as the thin rest of the layer gives
 * way, torque when the lips leave. The point lies between the two knees. Levels are taken just before the last fall,
 * because both signals drift, wave and dip once before the real breakthrough; fractions of the overall plateau are not
 * used. */
#include "labeling_internal.h"

/* Worn tools keep their torque up long after the tip is out: torque may follow thrust by this much, no more. */
static const double longest_lag_mm = 0.5;
/* The point between the knees: a little nearer to thrust, whose break is the sharper one. */
static const double torque_weight = 0.45;
/* Torque's knee alone lies behind that point by its weight's rest of the usual lag. */
static const double torque_alone_mm = 0.17;
/* Broken through when torque has fallen to this part of its level, or thrust to that while torque follows. */
static const double thrust_out = 0.12, torque_out = 0.25, torque_falling = 0.6;
/* A level that lasts longer than the longest drill point is a layer. */
static const double soft_layer_mm = 2;
enum { most_soft_layers = 3 };
/* Thrust begins its last fall at most this far before torque is down to half: a point's length, waves, lags. Humps of
 * the touch lie before. */
static const double thrust_window_mm = 3;
/* Stairs of thrust are shorter than this at any feed. */
static const double rest_mm = 0.45;

typedef struct {
    const gm_trace_step *step;
    size_t from, to;  /* cells after the last rise                                         */
    size_t thrust_to; /* last cell before a hard stop drives thrust up                      */
    double thrust_zero, torque_zero;
    double thrust_top, torque_top; /* levels that 0.6 mm of the cut exceed; thrust's only near the last fall */
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

/* Depth at which a channel is above this level for the last time; NAN when never. */
static double last_crossing(const fall *f, const float *values, size_t to, double level) {
    const size_t cell = gm_last_above(values, f->from, to, level);
    return cell == SIZE_MAX ? NAN : gm_trace_mm(f->step, cell);
}

/* The first cell that counts for thrust's level: the touch of a layer can press harder than the rest of it. */
static size_t thrust_from(const fall *f) {
    const double half = f->torque_zero + 0.5 * (f->torque_top - f->torque_zero);
    const double fallen = last_crossing(f, f->step->torque_smooth, f->to, half);
    if (!isfinite(fallen)) return f->from;
    return GM_MIN(GM_MAX(f->from, gm_trace_cell(f->step, fallen - thrust_window_mm)), f->thrust_to);
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
    const size_t from = thrust_from(f);
    f->thrust_top = top_level(step->thrust_smooth + from, f->thrust_to - from + 1, 0.6, step->cell_mm);
}

static double thrust_crossing(const fall *f, double level, double fraction) {
    return last_crossing(f, f->step->thrust_smooth, f->thrust_to, f->thrust_zero + fraction * (level - f->thrust_zero));
}

/* Median over a stretch of the fall, never before its first cell. */
static double level_between(const fall *f, const float *values, double from_mm, double to_mm) {
    const double start = gm_trace_mm(f->step, f->from);
    return gm_trace_median(f->step, values, fmax(from_mm, start), fmax(to_mm, start));
}

/* An early stage: thrust rests again on a lower level, for longer than a stair, while torque has not moved. That level
 * is the one that the last fall leaves; NAN when there is none. */
static double rest_after(const fall *f, double mid_mm, double level) {
    const gm_trace_step *step = f->step;
    const double from = mid_mm + 0.15, to = from + rest_mm;
    if (to > gm_trace_mm(step, f->thrust_to)) return NAN;
    const double early = level_between(f, step->thrust_smooth, from, from + 0.1) - f->thrust_zero;
    const double late = level_between(f, step->thrust_smooth, to - 0.1, to) - f->thrust_zero;
    const double top = level - f->thrust_zero;
    if (early < 0.55 * top || early - late > 0.1 * top) return NAN;
    const double before = level_between(f, step->torque_smooth, mid_mm - 0.5, mid_mm);
    const double after = level_between(f, step->torque_smooth, to - 0.1, to);
    return after - f->torque_zero > 0.96 * (before - f->torque_zero) ? f->thrust_zero + (early + late) / 2 : NAN;
}

/* The knee of thrust. Stairs can dip by a fifth long before the breakthrough (early stages): the straight part of the
 * fall, traced up to its level, bounds the knee from below. */
static double find_thrust_knee(const fall *f) {
    const float *thrust = f->step->thrust_smooth;
    double mid = thrust_crossing(f, f->thrust_top, 0.8);
    if (!isfinite(mid)) return NAN;
    double level = f->thrust_top;
    for (int i = 0; i < 3 && isfinite(mid); i++) {
        level = level_between(f, thrust, mid - 1.2, mid - 0.2);
        mid = thrust_crossing(f, level, 0.8);
    }
    if (!isfinite(mid)) return NAN;
    const double rest = rest_after(f, mid, level);
    if (isfinite(rest) && isfinite(thrust_crossing(f, rest, 0.8))) level = rest;
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
    const double half = last_crossing(f, torque, f->to, f->torque_zero + 0.5 * (f->torque_top - f->torque_zero));
    if (!isfinite(half)) return NAN;
    const double level = level_between(f, torque, half - 1.6, half - 0.7); /* the highest may lie sheets before */
    const double fallen = last_crossing(f, torque, f->to, f->torque_zero + 0.8 * (level - f->torque_zero));
    return isfinite(fallen) ? find_torque_knee(f, fallen - 0.5) : NAN;
}

/* The two knees and the point between them; false when there is no fall that lasts. */
static bool place(const gm_trace *trace, const fall *f, gm_exit_found *out) {
    const bool thrust_tells = f->thrust_top - f->thrust_zero > 4 * trace->thrust_unit_a;
    const double thrust = thrust_tells ? find_thrust_knee(f) : NAN;
    const double torque = isfinite(thrust) ? find_torque_knee(f, thrust) : find_torque_knee_alone(f);
    out->thrust_knee_mm = thrust;
    out->torque_knee_mm = torque;
    if (isfinite(thrust) && isfinite(torque)) {
        const double near = fmin(fmax(torque, thrust - longest_lag_mm), thrust + longest_lag_mm);
        out->mm = thrust + torque_weight * (near - thrust);
    } else {
        out->mm = isfinite(thrust) ? thrust : torque - torque_alone_mm;
    }
    return isfinite(out->mm);
}

static bool is_through(const gm_trace *trace, const fall *f, gm_exit_found *out) {
    const double top = fmax(f->thrust_top - f->thrust_zero, 1e-9), unit = trace->thrust_unit_a;
    const double left = (double)f->step->thrust_smooth[f->thrust_to] - f->thrust_zero;
    out->thrust_left = left / top;
    out->torque_left = gm_quantile(f->step->torque_smooth + f->to - 4, 5, 0) / f->torque_top;
    const bool out_by_thrust = top > 4 * unit && left < thrust_out * top + 2 * unit;
    return out->torque_left <= (out_by_thrust ? torque_falling : torque_out);
}

/* A soft layer behind the hard one: after the fall torque rests on a level of its own, with thrust, for longer than a
 * drill's point; then that layer's fall is the last one. Tails of a worn margin slope and have no thrust. */
static bool find_soft_layer(const gm_trace *trace, bool thrust_alive, const gm_exit_found *found, const fall *hard,
                            fall *out) {
    const gm_trace_step *step = hard->step;
    const double fallen = last_crossing(hard, step->torque_smooth, hard->to, 0.5 * hard->torque_top);
    if (!isfinite(fallen) || fallen < found->mm) return false;
    const double air = fmax(8 * trace->torque_unit_a, 0.06 * hard->torque_top);
    const double rests_from = fallen + 0.4;
    const size_t from = gm_trace_cell(step, rests_from);
    size_t to = from;
    while (to < hard->to && (double)step->torque_smooth[to] > air) to++;
    double rests_to = gm_trace_mm(step, to) - 0.8; /* its own fall */
    if (rests_to - rests_from < soft_layer_mm) return false;
    rests_to = fmin(rests_to, rests_from + 1.5 * soft_layer_mm); /* softer ones may follow */
    const double middle = (rests_from + rests_to) / 2;
    const double early = gm_trace_median(step, step->torque_smooth, rests_from, middle);
    const double late = gm_trace_median(step, step->torque_smooth, middle, rests_to);
    const double thrust = gm_trace_median(step, step->thrust_smooth, rests_from, rests_to);
    if (late < 0.8 * early) return false;
    if (thrust_alive && thrust < hard->thrust_zero + 2.5 * trace->thrust_unit_a) return false;
    *out = *hard;
    out->from = from;
    out->torque_top = early;
    find_ends(out);
    return true;
}

/* The fall had begun when the step ended, and the next step finished it. */
static bool falls_on(const gm_trace *trace, const gm_cut *cut, const gm_exit_found *found) {
    if (found->step == cut->last || found->thrust_left > 0.8) return false;
    const gm_trace_step *last = &trace->steps[cut->last];
    const size_t tail = (size_t)(0.3 / last->cell_mm);
    if (cut->last_cell < tail) return false;
    const double end = gm_quantile(last->torque_smooth + cut->last_cell - tail, tail + 1, 0.5);
    const double top = gm_quantile(last->torque_smooth, cut->last_cell + 1, 0.99);
    return end < torque_out * top;
}

void gm_find_exit(const gm_trace *trace, const gm_entry_found *entry, const gm_transition_found *transition,
                  const gm_cut *cut, gm_exit_found *out) {
    *out = (gm_exit_found){.mm = NAN, .thrust_knee_mm = NAN, .torque_knee_mm = NAN};
    fall f, soft;
    if (!find_fall(trace, cut, fmax(entry->mm, isfinite(transition->mm) ? transition->mm : -INFINITY), &f)) {
        out->absent = "the record ends right after the last touch";
        return;
    }
    find_ends(&f);
    out->step = (size_t)(f.step - trace->steps);
    if (!is_through(trace, &f, out) && !falls_on(trace, cut, out)) {
        out->absent = "not broken through: neither current has fallen back when the record ends";
        return;
    }
    if (!place(trace, &f, out)) {
        out->absent = "no fall that lasts";
        return;
    }
    for (int sheet = 0; sheet < most_soft_layers; sheet++) {
        gm_exit_found behind = *out;
        if (!find_soft_layer(trace, entry->thrust_alive, out, &f, &soft) || !place(trace, &soft, &behind)) break;
        behind.soft_layer = true;
        *out = behind;
        f = soft;
    }
}
