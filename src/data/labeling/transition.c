/* Transition: the tip touches the second layer.
 *
 * Torque says in which step and roughly where: it climbs from the first layer's level to the second's. Walking back
 * from there to the last flat stretch finds the shelf of the first layer, and the bend of thrust above that shelf is
 * the point. The rise right after a step change is re-contact; where the second layer begins before torque has settled
 * on a shelf, both merge into one rise. A step that torque ended (code 1) ends within the rise. */
#include "labeling_internal.h"

/* Second layers need this much more torque than the first, at least. Waves within a layer reach 1.35. */
static const double layer_ratio = 1.6, layer_units = 6;
/* The part of the difference at which torque is surely in the second layer. */
static const double sure_fraction = 0.35;

/* Torque is flat over a width where it rises less than this part of the layer's level per mm, or by 4 units. */
static const double flat_per_mm = 0.35, flat_units = 4;
/* Torque that creeps rises at less than this part of the slope with which it enters the next layer, which may seem
 * reached so much too early. */
static const double creep_slope = 0.4, creep_reach_mm = 0.5;
/* Where there is no thrust: by how much torque follows it at a metal's surface, less what the fit makes up for. */
static const double torque_lag_mm = 0.08;
/* Within a layer torque walks by some per cent over a millimetre or two. */
static const double still_level = 1.08;

typedef struct {
    const gm_trace *trace;
    const gm_entry_found *entry;
    const gm_cut *cut;
    gm_transition_found *out;
    double still_mm; /* torque still is on the level that it had shortly before        */
    double shelf_mm; /* where the first layer's level is reached                    */
    size_t shelf_step;
    double sure_mm;   /* torque is in the second layer here                          */
    size_t recontact; /* cell of the re-contact in out->step (entry step: after the contact ramp) */
} search;

/* The first level on which torque rests after the contact ramp: the first layer. */
static bool find_first_level(search *find) {
    const gm_trace *trace = find->trace;
    const double zero = find->entry->torque_zero_a, unit = trace->torque_unit_a;
    if (isfinite(find->entry->faint_level_a)) { /* its counts toggle too much for what follows */
        find->out->first_level_a = zero + find->entry->faint_level_a;
        find->shelf_mm = find->entry->torque_foot_mm + 1;
        find->shelf_step = find->entry->step;
        return true;
    }
    for (size_t s = find->cut->first; s <= find->cut->last; s++) {
        const gm_trace_step *step = &trace->steps[s];
        const double settled = step->first_mm + (s == find->entry->step ? 0 : 0.4);
        const size_t width = (size_t)(0.2 / step->cell_mm), n = gm_cut_cells(trace, find->cut, s);
        for (size_t i = gm_trace_cell(step, fmax(find->entry->mm + 0.3, settled)); i + width < n; i++) {
            const double level = (double)step->torque_smooth[i + width / 2] - zero;
            const double rise = (double)(step->torque_smooth[i + width] - step->torque_smooth[i]);
            if (level <= 6 * unit || fabs(rise) >= 0.15 * level * 0.2) continue;
            find->out->first_level_a = level + zero;
            find->shelf_mm = gm_trace_mm(step, i);
            find->shelf_step = s;
            return true;
        }
    }
    return false;
}

static double highest_level(const search *find) {
    double highest = 0;
    for (size_t s = find->cut->first; s <= find->cut->last; s++) {
        const gm_trace_step *step = &find->trace->steps[s];
        const size_t n = gm_cut_cells(find->trace, find->cut, s), from = gm_trace_cell(step, find->entry->mm);
        if (gm_trace_last_mm(step) > find->entry->mm && n > from + 20)
            highest = fmax(highest, gm_quantile(step->torque_smooth + from, n - from, 0.97));
    }
    return highest;
}

/* The step and depth at which torque is in the second layer for the first time. */
static bool find_sure(search *find) {
    const double first = find->out->first_level_a, second = find->out->second_level_a;
    const double level = first + sure_fraction * (second - first);
    for (size_t s = find->cut->first; s <= find->cut->last; s++) {
        const gm_trace_step *step = &find->trace->steps[s];
        if (gm_trace_last_mm(step) <= find->shelf_mm) continue;
        const size_t from = gm_trace_cell(step, find->shelf_mm), n = gm_cut_cells(find->trace, find->cut, s);
        if (n <= from) continue;
        const size_t cell = gm_first_sustained(step->torque_smooth, from, n - 1, level, (size_t)(0.2 / step->cell_mm));
        if (cell == SIZE_MAX) continue;
        find->out->step = s;
        find->sure_mm = gm_trace_mm(step, cell);
        return true;
    }
    return false;
}

/* Torque at the end of the step before was already climbing out of its shelf: the touch was there. A step that its
 * torque or thrust limit ended says so itself; one that ended by chance within the rise must show the slope. */
static void step_back_if_climbing(search *find) {
    if (find->out->step == find->cut->first || find->shelf_step >= find->out->step) return;
    const gm_trace_step *before = &find->trace->steps[find->out->step - 1];
    const double last = gm_trace_last_mm(before);
    if (last < find->entry->mm + 0.6 || before->n < 20) return;
    const double near = gm_trace_median(before, before->torque_smooth, last - 1.2, last - 0.6);
    const double far = gm_trace_median(before, before->torque_smooth, last - 2.6, last - 1.6);
    double end = gm_quantile(before->torque_smooth + before->n - 3, 3, 0.5);
    const double rise = end - gm_trace_median(before, before->torque_smooth, last - 0.17, last - 0.13);
    const bool limited = (before->stop_code & (GM_STOP_TORQUE_RISE | GM_STOP_THRUST_RISE)) != 0;
    const double shelf = limited && last - 2.6 > find->shelf_mm ? fmin(near, far) : near;
    /* the limit's comparator is faster than the record, which may end short of it */
    if ((before->stop_code & GM_STOP_TORQUE_RISE) && before->program) end = fmax(end, before->program->torque_max_a);
    if (end <= (limited ? 1.15 : 1.25) * shelf + 4 * find->trace->torque_unit_a || (!limited && rise <= 0.12 * shelf))
        return;
    find->out->step--;
    find->out->at_step_end = true;
    find->sure_mm = last;
}

/* Where this step's torque left air (the notch after a step change, or the entry). */
static void find_recontact(search *find) {
    const gm_trace_step *step = &find->trace->steps[find->out->step];
    if (find->out->step == find->entry->step) {
        find->recontact = gm_trace_cell(step, find->entry->mm + 0.3);
        return;
    }
    const double level =
        find->entry->torque_zero_a + fmax(4 * find->trace->torque_unit_a, 0.1 * find->out->first_level_a);
    const size_t cell = gm_first_sustained(step->torque_smooth, 0, step->n - 1, level, 5);
    find->recontact = cell == SIZE_MAX ? 0 : GM_MIN(cell + (size_t)(0.1 / step->cell_mm), step->n - 1);
}

/* The last stretch before the rise on which torque is flat and near the level: where it ends. */
static bool find_last_flat(const search *find, double level, size_t width, double *leaves_mm) {
    const gm_trace_step *step = &find->trace->steps[find->out->step];
    const float *torque = step->torque_smooth;
    const double unit = find->trace->torque_unit_a;
    const double flat = fmax(flat_per_mm * level * (double)width * step->cell_mm, flat_units * unit);
    for (size_t i = gm_trace_cell(step, find->sure_mm) - width + 1; i > find->recontact; i--) {
        const double low = (double)torque[i - 1], high = (double)torque[i - 1 + width];
        if (high - low >= flat || high >= 1.35 * level + 3 * unit || low <= 0.5 * level) continue;
        *leaves_mm = gm_trace_mm(step, i - 1 + width);
        return true;
    }
    return false;
}

/* A ramp that starts out gently looks flat too: step back to where torque was still at the level that it had shortly
 * before. */
static double find_last_level(const search *find, double from_mm, double leaves_mm) {
    const gm_trace_step *step = &find->trace->steps[find->out->step];
    for (int k = 0; k < 3; k++) {
        const double from = fmax(from_mm, leaves_mm - 2), to = fmax(from + 0.1, leaves_mm - 0.6);
        const double level = gm_trace_median(step, step->torque_smooth, from, to);
        const size_t cell =
            gm_last_at_most(step->torque_smooth, gm_trace_cell(step, from), gm_trace_cell(step, leaves_mm),
                            still_level * level + 3 * find->trace->torque_unit_a);
        if (cell == SIZE_MAX) break;
        leaves_mm = gm_trace_mm(step, cell);
    }
    return leaves_mm;
}

/* The last flat stretch of torque before the rise, on the first layer's level. Gives where the level begins and where
 * torque leaves it; false when torque climbs from the re-contact straight into the second layer. */
static bool find_shelf(search *find, double *from_mm, double *leaves_mm) {
    const gm_trace_step *step = &find->trace->steps[find->out->step];
    const float *torque = step->torque_smooth;
    const bool entry_step = find->out->step == find->entry->step;
    const double first = find->out->first_level_a;
    const size_t width = (size_t)((entry_step || step->feed_mm_s > 1.5 ? 0.2 : 0.12) / step->cell_mm);
    const size_t start = find->recontact, end = gm_trace_cell(step, find->sure_mm);
    if (end <= start + width + 3) return false;
    double level = NAN;
    *from_mm = find->shelf_mm;
    if (entry_step) {
        level = gm_trace_median(step, torque, find->shelf_mm, fmax(find->sure_mm - 0.7, find->shelf_mm + 0.1));
    } else {
        for (size_t i = start; i + width <= end && !isfinite(level); i++) {
            const double low = (double)torque[i], high = (double)torque[i + width];
            if (high - low >= flat_per_mm * first * (double)width * step->cell_mm || low <= 0.3 * first ||
                high >= 1.6 * first)
                continue;
            level = gm_quantile(torque + i, width, 0.5);
            *from_mm = gm_trace_mm(step, i);
        }
    }
    if (!isfinite(level)) return false;
    if (!find_last_flat(find, level, width, leaves_mm)) return false;
    find->still_mm = find_last_level(find, *from_mm, *leaves_mm);
    return true;
}

/* Re-contact and touch in one rise: between where thrust leaves air and where it passes the level that the first layer
 * had in the step before. */
static void place_merged(search *find) {
    const gm_trace_step *step = &find->trace->steps[find->out->step];
    gm_transition_found *out = find->out;
    const double unit = find->trace->thrust_unit_a;
    const double touch = gm_trace_mm(step, find->recontact) - 0.1;
    const double air =
        touch - 0.1 > step->first_mm ? gm_trace_median(step, step->thrust, step->first_mm, touch - 0.1) : 0;
    out->merged = true;
    out->thrust_level_a = air;
    if (out->step > find->cut->first) {
        const gm_trace_step *before = &find->trace->steps[out->step - 1];
        out->thrust_level_a = gm_trace_median(before, before->thrust, before->end_mm - 1.5, before->end_mm - 0.1);
    }
    out->torque_onset_mm = touch;
    out->thrust_noise_a = unit;
    out->thrust_slope = NAN;
    out->mm = touch;
    const size_t sure = gm_trace_cell(step, find->sure_mm);
    if ((double)step->thrust_smooth[sure] < air + 3 * unit) return; /* thrust tells nothing */
    size_t leaves = gm_last_at_most(step->thrust_smooth, 0, sure, air + 2 * unit);
    if (leaves == SIZE_MAX) leaves = gm_trace_cell(step, touch);
    size_t passes = leaves;
    while (passes < sure && (double)step->thrust_smooth[passes] < out->thrust_level_a) passes++;
    out->mm = (gm_trace_mm(step, leaves) + gm_trace_mm(step, passes)) / 2;
}

/* Has thrust a shelf of its own after the re-contact? Not when it climbs from there at once and is above the level that
 * the first layer had at the end of the step before. */
static bool thrust_rests(const search *find, double from_mm) {
    const gm_trace_step *step = &find->trace->steps[find->out->step];
    if (find->out->step == find->entry->step) return true;
    const gm_trace_step *before = step - 1;
    const double level = gm_trace_median(before, before->thrust, before->end_mm - 1.5, before->end_mm - 0.1);
    const double now = gm_trace_median(step, step->thrust, from_mm, from_mm + 0.05);
    const double unit = find->trace->thrust_unit_a;
    if (now < 1.3 * level + 2.5 * unit) return true;
    const double first = gm_trace_median(step, step->thrust, from_mm, from_mm + 0.15);
    const double soon = gm_trace_median(step, step->thrust, from_mm + 0.2, from_mm + 0.4);
    return find->still_mm > from_mm + 0.6 || soon < first + fmax(1.5 * unit, 0.12 * first);
}

/* Median and scatter of thrust over a stretch. */
typedef struct {
    double level, noise;
} quiet;
static quiet quiet_thrust(const gm_trace_step *step, double from_mm, double to_mm) {
    const size_t from = gm_trace_cell(step, from_mm), n = gm_trace_cell(step, to_mm) - from + 1;
    const float *thrust = step->thrust_smooth + from;
    return (quiet){gm_quantile(thrust, n, 0.5), (gm_quantile(thrust, n, 0.75) - gm_quantile(thrust, n, 0.25)) / 1.35};
}

/* Torque can creep up through a layer by heat. Thrust does not; where it leaves its level later, and torque turns up
 * steeply only there, the touch is there. Gives that depth, or NAN when torque had left for the second layer. */
static double leaves_after_creep(const search *find, double torque_leaves_mm, double level) {
    const gm_trace_step *step = &find->trace->steps[find->out->step];
    const size_t from = gm_trace_cell(step, torque_leaves_mm),
                 sure = gm_trace_cell(step, find->sure_mm + creep_reach_mm);
    const size_t last = gm_last_at_most(step->thrust_smooth, from, sure, level);
    if (last == SIZE_MAX) return NAN;
    const double leaves = gm_trace_mm(step, last);
    if (leaves < torque_leaves_mm + 0.3 || leaves + 0.5 > gm_trace_last_mm(step)) return NAN;
    const double before = (double)(step->torque_smooth[last] - step->torque_smooth[from]) / (leaves - torque_leaves_mm);
    const size_t begun = gm_trace_cell(step, leaves + 0.15), risen = gm_trace_cell(step, leaves + 0.5);
    const double after = (double)(step->torque_smooth[risen] - step->torque_smooth[begun]) / 0.35;
    return before < creep_slope * after ? leaves : NAN;
}

/* Thrust bends up from its level on the shelf. */
static void place_on_shelf(search *find, double shelf_from_mm, double torque_leaves_mm) {
    const gm_trace_step *step = &find->trace->steps[find->out->step];
    gm_transition_found *out = find->out;
    const double unit = find->trace->thrust_unit_a;
    const double from = fmax(shelf_from_mm, find->still_mm - 0.7), to = fmax(find->still_mm - 0.2, from + 0.1);
    out->torque_onset_mm = torque_leaves_mm;
    quiet shelf = quiet_thrust(step, from, to);
    if (from - 0.6 >= shelf_from_mm) { /* thrust may have left its level long before torque */
        const quiet earlier = quiet_thrust(step, from - 0.6, from);
        if (earlier.level < shelf.level) shelf = earlier;
    }
    out->thrust_level_a = shelf.level;
    out->thrust_noise_a = fmax(shelf.noise, 0.7 * unit);
    const double risen = gm_trace_median(step, step->thrust_smooth, find->sure_mm - 0.05, find->sure_mm + 0.05);
    /* the rise must pass the waves of a worn tool, but not be hidden by them */
    const double waves = fmin(3 * out->thrust_noise_a, 0.35 * (risen - out->thrust_level_a));
    /* thrust moves in stairs of four counts: one of them is no rise yet where the rise is many */
    const double stair = fmin(4.5 * unit, 0.15 * (risen - out->thrust_level_a));
    const double level = out->thrust_level_a + fmax(fmax(2.5 * unit, stair), waves);
    const double search_to = fmin(torque_leaves_mm + 0.25, gm_trace_last_mm(step));
    const size_t low = gm_trace_cell(step, shelf_from_mm);
    size_t last = gm_last_at_most(step->thrust_smooth, low, gm_trace_cell(step, search_to), level);
    if (last == SIZE_MAX) last = gm_trace_cell(step, torque_leaves_mm);
    const double after_creep = leaves_after_creep(find, torque_leaves_mm, level);
    if (isfinite(after_creep)) {
        last = gm_trace_cell(step, after_creep);
        torque_leaves_mm = after_creep + 0.1;
    }
    const double leaves = gm_trace_mm(step, last);
    gm_hinge rise;
    out->mm = leaves;
    out->thrust_slope = NAN;
    const bool thrust_tells = risen - out->thrust_level_a > 3 * unit;
    if (!thrust_tells) out->mm = torque_leaves_mm;
    double lag_mm = 0;
    if (!thrust_tells && !find->entry->thrust_alive) lag_mm = torque_lag_mm;
    if (thrust_tells && gm_fit_hinge(step, step->thrust, gm_trace_cell(step, fmax(shelf_from_mm, leaves - 0.45)),
                                     gm_trace_cell(step, leaves + 0.18), leaves - 0.2, leaves + 0.1, &rise)) {
        /* The fitted ramp starts out convex: it meets the level a little before the eye sees it leave. */
        out->mm = rise.bend_mm + 0.02;
        out->thrust_slope = rise.slope_per_mm;
    }
    /* A dead band of thrust can hide the touch; torque never comes before it. */
    gm_hinge torque;
    if (!gm_fit_hinge(step, step->torque, gm_trace_cell(step, fmax(shelf_from_mm, torque_leaves_mm - 0.4)),
                      gm_trace_cell(step, torque_leaves_mm + 0.2), torque_leaves_mm - 0.25, torque_leaves_mm + 0.1,
                      &torque)) {
        out->mm -= lag_mm;
        return;
    }
    out->torque_onset_mm = torque.bend_mm;
    out->mm = fmin(out->mm, torque.bend_mm);
    out->mm -= lag_mm;
}

void gm_find_transition(const gm_trace *trace, const gm_entry_found *entry, const gm_cut *cut,
                        gm_transition_found *out) {
    *out = (gm_transition_found){.mm = NAN, .torque_onset_mm = NAN, .thrust_slope = NAN};
    search find = {.trace = trace, .entry = entry, .cut = cut, .out = out};
    if (!find_first_level(&find)) {
        out->absent = "torque never settles on a first level";
        return;
    }
    out->second_level_a = highest_level(&find);
    if (out->second_level_a < layer_ratio * out->first_level_a + layer_units * trace->torque_unit_a) {
        out->absent = "one layer: torque does not climb to a second level";
        return;
    }
    if (!find_sure(&find)) {
        out->absent = "one layer: torque does not stay on a second level";
        return;
    }
    step_back_if_climbing(&find);
    find_recontact(&find);
    double shelf_from_mm, torque_leaves_mm;
    if (find_shelf(&find, &shelf_from_mm, &torque_leaves_mm) && thrust_rests(&find, shelf_from_mm))
        place_on_shelf(&find, shelf_from_mm, torque_leaves_mm);
    else
        place_merged(&find);
}
