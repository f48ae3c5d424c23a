/* Entry: the tip touches the first layer.
 *
 * Torque finds the contact (thrust wanders by a few counts in air, torque does not stay up there); the foot of its ramp
 * and the last sharp rise of thrust before it say where the touch was. Thrust leads: the chisel edge presses before the
 * lips turn a chip, and the first fraction of an ampere of torque hides in the friction of the idling spindle. */
#include "labeling_internal.h"

/* A contact is a torque of this many units over this depth. Zero steps in air reach four units. */
static const double contact_units = 7, contact_run_mm = 0.3;
/* A touch of thrust is at least this many units; up to one and a bit is toggling between two counts. */
static const double thrust_rise_units = 1.8, toggle_units = 1.2, foot_units = 1.6;
/* Ramps of less than this many units a millimetre hide their foot in the counts: over the travel of two units,
 * this length at most. */
static const double gentle_units_per_mm = 25, gentle_foot_units = 0.7, gentle_reach_mm = 0.35;
/* From the foot of an ordinary ramp to a sure contact. */
static const double gentle_contact_mm = 0.5;
/* Zero steps of torque in air are not higher. */
static const double highest_zero_step_units = 4.3;
/* How far thrust can lead: the chisel edge's own length and the travel that hides the first torque. */
static const double chisel_lead_mm = 0.3, hidden_torque_units = 7;

/* A feed motor that sees nothing toggles between two or three counts; one that sees wanders further even in air. The
 * hard stop drives thrust up over this length. */
static const double dead_thrust_units = 3, stop_thrust_units = 6, hard_stop_mm = 0.5;
/* What torque alone shows late: half of the lead that thrust has over it, which differs from tool to tool. */
static const double torque_lag_mm = 0.08;

static const double half_row_mm = 0.025;

/* Countersinks are shallower than this. */
static const double longest_countersink_mm = 4;

static double clamp(double value, double low, double high) {
    return fmin(fmax(value, low), high);
}

/* The air level at the start of a step: torque is net of the no-load current, so it is zero but for drift. */
static double start_level(const gm_trace *trace, size_t s) {
    const gm_trace_step *step = &trace->steps[s];
    const size_t cells = GM_MIN(step->n, s == 0 ? (size_t)60 : (size_t)5);
    const double level = gm_quantile(step->torque, cells, 0.5), unit = trace->torque_unit_a;
    return s == 0 ? clamp(level, -10 * unit, 6 * unit) : clamp(level, -10 * unit, 0);
}

/* Thrust that only toggles through the whole record is not measured: then it cannot contradict torque. Where the feed
 * motor shows the hard stop it would have shown a cut. */
static bool thrust_is_alive(const gm_trace *trace) {
    double low = INFINITY, high = -INFINITY, stop = -INFINITY;
    for (size_t s = 0; s < trace->count; s++) {
        const gm_trace_step *step = &trace->steps[s];
        const size_t n = step->n - GM_MIN(step->n / 2, (size_t)(hard_stop_mm / step->cell_mm));
        low = fmin(low, gm_quantile(step->thrust, n, 0.02));
        high = fmax(high, gm_quantile(step->thrust, n, 0.98));
        if (step->stop_code & GM_STOP_HARD_STOP) stop = fmax(stop, step->end_thrust_a);
    }
    return high - low > dead_thrust_units * trace->thrust_unit_a ||
           stop - high > stop_thrust_units * trace->thrust_unit_a;
}

/* More torque than rubbing makes. */
static const double strong_units = 70;

/* Rubbing in a finished hole turns torque up slowly and needs no thrust: does thrust rise around this contact? */
static bool thrust_confirms(const gm_trace *trace, const gm_trace_step *step, double contact_mm) {
    const double air = fmax(step->first_mm, contact_mm - 1.6); /* a step may begin shortly before */
    const double before = gm_trace_median(step, step->thrust, air, fmax(contact_mm - 0.9, air + 0.3));
    const size_t from = gm_trace_cell(step, contact_mm), to = gm_trace_cell(step, contact_mm + 2);
    const double after = gm_quantile(step->thrust + from, to - from + 1, 0.75);
    const double torque = gm_quantile(step->torque + from, to - from + 1, 0.9);
    return after - before > 1.8 * trace->thrust_unit_a || torque > strong_units * trace->torque_unit_a;
}

/* Without thrust rubbing shows by its pace alone: torque still climbs when a drill's point would long be in, and never
 * becomes strong. */
static bool turns_up_slowly(const gm_trace *trace, size_t s, double contact_mm) {
    const gm_trace_step *step = &trace->steps[s];
    const double strong = strong_units * trace->torque_unit_a;
    for (size_t k = s; k < trace->count; k++)
        if (gm_quantile(trace->steps[k].torque_smooth, trace->steps[k].n, 0.98) > strong) return false;
    const size_t in = gm_trace_cell(step, contact_mm + 2.3), to = gm_trace_cell(step, contact_mm + 4);
    const double zero = gm_trace_median(step, step->torque, contact_mm - 1.6, contact_mm - 0.8);
    const double now = gm_trace_median(step, step->torque, contact_mm + 2.1, contact_mm + 2.3) - zero;
    return now < 0.72 * (gm_quantile(step->torque + in, to - in + 1, 0.9) - zero);
}

/* A step that ended on a torque or thrust trigger just where this contact is: the touch was there. The spindle has
 * drawn back since, and meets the part again somewhat deeper at higher feed. */
static bool was_trigger(const gm_trace *trace, size_t s, double contact_mm) {
    if (s == 0) return false;
    const gm_trace_step *before = &trace->steps[s - 1];
    return (before->stop_code & (GM_STOP_TORQUE_RISE | GM_STOP_THRUST_RISE)) != 0 &&
           contact_mm < before->end_mm + 0.35 + 0.08 * trace->steps[s].feed_mm_s;
}

/* First sustained torque of a step that is no rubbing, as a cell; SIZE_MAX when there is none. */
static size_t find_contact(const gm_trace *trace, size_t s, bool thrust_alive) {
    const gm_trace_step *step = &trace->steps[s];
    const size_t run = (size_t)(contact_run_mm / step->cell_mm);
    double level = start_level(trace, s);
    for (size_t from = 0; from < step->n;) {
        const size_t cell =
            gm_first_sustained(step->torque, from, step->n - 1, level + contact_units * trace->torque_unit_a, run);
        if (cell == SIZE_MAX) return SIZE_MAX;
        const double mm = gm_trace_mm(step, cell);
        if (was_trigger(trace, s, mm)) return cell;
        if (!thrust_alive) return turns_up_slowly(trace, s, mm) ? SIZE_MAX : cell;
        if (thrust_confirms(trace, step, mm)) return cell;
        level = gm_quantile(step->torque + cell, run, 0.5);
        from = cell + run;
    }
    return SIZE_MAX;
}

/* Torque's zero can step up by two to four counts shortly before the contact: then it rests there, thrust does not
 * notice, and rises where torque leaves that rest. Gives the rest's level and end; false when foot_mm is a touch. */
static bool is_zero_step(const gm_trace *trace, const gm_trace_step *step, double foot_mm, double contact_mm,
                         double *zero_a, double *end_mm) {
    const double unit = trace->torque_unit_a;
    const double level = gm_trace_mean(step, step->torque, foot_mm + 0.08, foot_mm + 0.3);
    if (level < *zero_a + foot_units * unit || level > *zero_a + highest_zero_step_units * unit) return false;
    const size_t last = gm_last_at_most(step->torque, gm_trace_cell(step, foot_mm), gm_trace_cell(step, contact_mm),
                                        level + 1.2 * unit);
    if (last == SIZE_MAX || gm_trace_mm(step, last) < foot_mm + 0.35) return false;
    const double grown = gm_trace_mean(step, step->torque, foot_mm + 0.22, foot_mm + 0.35) -
                         gm_trace_mean(step, step->torque, foot_mm + 0.05, foot_mm + 0.18);
    if (grown > unit) return false; /* a ramp does not rest */
    const double end = gm_trace_mm(step, last), thrust_unit = trace->thrust_unit_a;
    const double before =
        fmin(gm_trace_mean(step, step->thrust, foot_mm - 0.6, foot_mm - 0.1),
             gm_trace_mean(step, step->thrust, foot_mm - 1.8, foot_mm - 0.9)); /* it can lead by far */
    const double on = gm_trace_mean(step, step->thrust, foot_mm + 0.05, end - 0.1);
    const double after = gm_trace_mean(step, step->thrust, end + 0.2, end + 0.8);
    if (fabs(on - before) > 0.6 * thrust_unit || after - on < 1.0 * thrust_unit) return false;
    *zero_a = level;
    *end_mm = end;
    return true;
}

static double last_in_air(const gm_trace_step *step, double contact_mm, double level) {
    const size_t cell = gm_last_at_most(step->torque, 0, gm_trace_cell(step, contact_mm), level);
    return gm_trace_mm(step, cell == SIZE_MAX ? 0 : cell);
}

/* The foot of the torque ramp. */
static void find_torque_foot(const gm_trace *trace, const gm_trace_step *step, double contact_mm, gm_entry_found *out) {
    const double air_to = out->at_trigger ? 0.35 : 0.8, unit = trace->torque_unit_a;
    double zero = gm_trace_median(step, step->torque, contact_mm - 1.6, contact_mm - air_to);
    out->torque_foot_mm = last_in_air(step, contact_mm, zero + foot_units * unit);
    const double grown = gm_trace_mean(step, step->torque, contact_mm - 1.1, contact_mm - 0.8) -
                         gm_trace_mean(step, step->torque, contact_mm - 1.6, contact_mm - 1.3);
    const bool reached = isfinite(out->faint_level_a) || grown > unit;
    if (!out->at_trigger && reached && contact_mm - out->torque_foot_mm > gentle_contact_mm) {
        /* that long a ramp reached into the stretch that was taken for air */
        zero = fmin(zero, gm_trace_median(step, step->torque, contact_mm - 2.8, contact_mm - 2));
        out->torque_foot_mm = last_in_air(step, contact_mm, zero + foot_units * unit);
    }
    if (!out->at_trigger && !isfinite(out->faint_level_a))
        is_zero_step(trace, step, out->torque_foot_mm, contact_mm, &zero, &out->torque_foot_mm);
    out->torque_zero_a = zero;
    out->torque_slope = NAN;
    if (out->at_trigger) return; /* the ramp is cut off by the trigger */
    gm_hinge ramp;
    const double foot = out->torque_foot_mm;
    if (!gm_fit_hinge(step, step->torque, gm_trace_cell(step, foot - 0.6), gm_trace_cell(step, contact_mm + 0.3),
                      foot - 0.3, contact_mm, &ramp))
        return;
    out->torque_slope = ramp.slope_per_mm;
    /* Flat ramps need a while to pass the toggling. Rubbing before the contact lifts torque early: then the ramp's own
     * foot is the later, better one. */
    const double passed = 0.5 * foot_units * unit / fmax(ramp.slope_per_mm, 6 * unit);
    out->torque_foot_mm = fmax(foot - passed, ramp.bend_mm);
}

/* The lowest level at which thrust idled shortly before the foot: its zero wanders between two counts in air. */
static double idle_thrust(const gm_trace_step *step, double from_mm, double to_mm) {
    double lowest = INFINITY;
    for (double mm = from_mm; mm < to_mm; mm += 0.04)
        lowest = fmin(lowest, gm_trace_median(step, step->thrust, mm - 0.08, mm + 0.08));
    return isfinite(lowest) ? lowest : gm_trace_median(step, step->thrust, from_mm - 0.1, from_mm + 0.1);
}

/* Where thrust left its idle level for good, if it had done so at the torque foot; NAN otherwise. */
static double find_thrust_onset(const gm_trace *trace, const gm_trace_step *step, double lead_mm, gm_entry_found *out) {
    const double foot = out->torque_foot_mm, unit = trace->thrust_unit_a;
    out->thrust_zero_a = idle_thrust(step, foot - lead_mm - 0.1, foot - 0.05);
    const size_t at = out->at_trigger ? step->n - 1 : gm_trace_cell(step, foot + 0.03);
    const double now =
        out->at_trigger ? (double)step->thrust[at]
                        : fmax((double)step->thrust[at], gm_trace_median(step, step->thrust, foot - 0.06, foot + 0.06));
    if (now <= out->thrust_zero_a + (out->at_trigger ? 1.5 : thrust_rise_units) * unit) return NAN;
    /* A rise of two or three counts toggles down to one: look for its middle in the mean of a few rows. */
    const double rise = now - out->thrust_zero_a;
    const bool faint = rise < 4 * unit;
    const double level = out->thrust_zero_a + (faint ? 0.5 * rise : toggle_units * unit);
    const size_t last_idle = gm_last_at_most(faint ? step->thrust_smooth : step->thrust, 0, at, level);
    return last_idle == SIZE_MAX ? NAN : gm_trace_mm(step, last_idle);
}

static double noise_before(const gm_trace_step *step, double mm) {
    const size_t to = gm_trace_cell(step, mm - 0.3), from = gm_trace_cell(step, mm - 1.5);
    if (to <= from + 4) return NAN;
    return (gm_quantile(step->torque + from, to - from + 1, 0.84) -
            gm_quantile(step->torque + from, to - from + 1, 0.16)) /
           2;
}

/* A gentle ramp has come far before it passes the toggling of single rows: the mean of a few rows leaves air earlier.
 */
static double gentle_foot(const gm_trace *trace, const gm_trace_step *step, const gm_entry_found *found) {
    const double foot = found->torque_foot_mm, unit = trace->torque_unit_a;
    if (!(found->torque_slope < gentle_units_per_mm * unit)) return foot;
    const double level = found->torque_zero_a + gentle_foot_units * unit;
    const double reach = fmin(gentle_reach_mm, 2 * unit / found->torque_slope);
    const size_t from = gm_trace_cell(step, foot - reach);
    const size_t cell = gm_last_at_most(step->torque_smooth, from, gm_trace_cell(step, foot), level);
    return cell == SIZE_MAX ? foot - reach : fmin(foot, gm_trace_mm(step, cell));
}

static void measure(const gm_trace *trace, double contact_mm, gm_entry_found *out) {
    const gm_trace_step *step = &trace->steps[out->step];
    find_torque_foot(trace, step, contact_mm, out);
    double lead = chisel_lead_mm;
    const double unit = trace->torque_unit_a;
    if (isfinite(out->torque_slope)) lead += hidden_torque_units * unit / fmax(out->torque_slope, 6 * unit);
    const double thrust = find_thrust_onset(trace, step, lead, out);
    out->by_thrust = thrust < out->torque_foot_mm && out->torque_foot_mm - thrust < lead;
    out->torque_noise_a = noise_before(step, out->torque_foot_mm);
    /* Levels show a row late on average by half; wide rows show the touch itself within the interpolation. */
    const double foot = gentle_foot(trace, step, out);
    out->mm = (out->by_thrust ? fmin(thrust, foot) : foot) - fmin(step->row_mm / 2, half_row_mm);
    if (!out->thrust_alive) out->mm -= torque_lag_mm;
}

/* Torque that begins close before the hard stop and never falls again is the countersink on the part's edge: the hole
 * was there before. */
static bool is_countersink(const gm_trace *trace, double contact_mm) {
    const gm_trace_step *step = &trace->steps[trace->count - 1];
    if (!(step->stop_code & GM_STOP_HARD_STOP) || step->end_mm - contact_mm > longest_countersink_mm) return false;
    const size_t from = gm_trace_cell(step, contact_mm);
    const double top = gm_quantile(step->torque_smooth + from, step->n - from, 0.95);
    return (double)step->torque_smooth[step->n - 1] > 0.6 * top;
}

void gm_find_entry(const gm_trace *trace, gm_entry_found *out) {
    *out = (gm_entry_found){.mm = NAN, .torque_foot_mm = NAN, .torque_slope = NAN, .faint_level_a = NAN};
    if (trace->count == 0) {
        out->absent = "no step moves";
        return;
    }
    out->thrust_alive = thrust_is_alive(trace);
    for (size_t s = 0; s < trace->count; s++) {
        size_t cell = find_contact(trace, s, out->thrust_alive);
        if (cell == SIZE_MAX) continue;
        double contact_mm = gm_trace_mm(&trace->steps[s], cell);
        if (is_countersink(trace, contact_mm)) continue;
        out->at_trigger = was_trigger(trace, s, contact_mm);
        if (!out->at_trigger && gm_find_faint_layer(trace, out->thrust_alive, &s, &cell, &out->faint_level_a))
            contact_mm = gm_trace_mm(&trace->steps[s], cell);
        out->cutting_step = s;
        out->step = out->at_trigger ? s - 1 : s;
        if (out->at_trigger) contact_mm = gm_trace_last_mm(&trace->steps[s - 1]);
        measure(trace, contact_mm, out);
        return;
    }
    out->absent = "torque never stays above the air level with thrust rising: an air hole or a finished one";
}
