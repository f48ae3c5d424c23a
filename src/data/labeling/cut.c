/* Where material can be: from the touch to where the drill hangs in air for good. What rises after that is a
 * countersink or the hard stop, never a layer. */
#include "labeling_internal.h"

/* A gap between sheets is shorter than this; the notch after a step change is 0.1-0.3 mm. */
static const double air_run_mm = 1.0;
/* Countersinks are shallower than this; their rise is more than these units; before it torque is down to this part. */
static const double longest_rise_mm = 4, rise_units = 12, valley_part = 0.3;
/* The air that follows a step change. */
static const double notch_mm = 0.4;
/* The last stretch before an emergency stop. */
static const double jam_mm = 0.8;

/* Torque that rises out of a valley and never falls again before the hard stop or Max Stroke: the countersink, or what
 * else lies behind the part. The valley's cell; SIZE_MAX when the end is none of these. */
static size_t last_valley(const gm_trace *trace, const gm_trace_step *step, size_t from, double zero_a) {
    if (!(step->stop_code & (GM_STOP_HARD_STOP | GM_STOP_MAX_STROKE))) return SIZE_MAX;
    const size_t start = GM_MAX(from, gm_trace_cell(step, gm_trace_last_mm(step) - longest_rise_mm));
    const float *torque = step->torque_smooth;
    size_t valley = start;
    for (size_t i = start; i < step->n; i++)
        if (torque[i] <= torque[valley]) valley = i;
    double before = 0, after = 0;
    for (size_t i = from; i < valley; i++) before = fmax(before, (double)torque[i]);
    for (size_t i = valley; i < step->n; i++) after = fmax(after, (double)torque[i]);
    const double low = (double)torque[valley] - zero_a, end = (double)torque[step->n - 1] - zero_a;
    const bool rises = after - zero_a - low > rise_units * trace->torque_unit_a && end > 0.6 * (after - zero_a);
    return rises && low < valley_part * (before - zero_a) ? valley : SIZE_MAX;
}

void gm_find_cut(const gm_trace *trace, const gm_entry_found *entry, gm_cut *out) {
    *out = (gm_cut){.first = entry->step, .last = trace->count - 1};
    double highest = 0;
    size_t air_cells = 0;
    for (size_t s = entry->step; s < trace->count; s++) {
        const gm_trace_step *step = &trace->steps[s];
        /* The notch after a step change is air that the step before has already drilled. */
        const double drilled = s == entry->step ? entry->mm : trace->steps[s - 1].end_mm;
        const size_t from = gm_trace_cell(step, drilled);
        const size_t run = (size_t)(air_run_mm / step->cell_mm);
        for (size_t i = from; i < step->n; i++) {
            const double torque = (double)step->torque_smooth[i] - entry->torque_zero_a;
            highest = fmax(highest, torque);
            const bool air = torque < fmax(6 * trace->torque_unit_a, 0.08 * highest);
            air_cells = air ? air_cells + 1 : 0;
            if (air_cells < run || highest < 12 * trace->torque_unit_a) continue;
            *out = (gm_cut){entry->step, s, i, true};
            return;
        }
        out->last = s;
        if (step->stop_code & GM_STOP_TORQUE_DROP) {
            out->ends_in_air = true;
            break;
        }
    }
    const gm_trace_step *last = &trace->steps[out->last];
    out->last_cell = last->n - 1;
    const size_t from = gm_trace_cell(last, out->last == entry->step ? entry->mm : last[-1].end_mm + notch_mm);
    const size_t valley = out->ends_in_air ? SIZE_MAX : last_valley(trace, last, from, entry->torque_zero_a);
    if (valley != SIZE_MAX) {
        out->last_cell = valley;
        out->ends_in_air = true;
    }
    /* A tool that jams shoots to the machine's limit: that is no layer. */
    const size_t jam = (size_t)(jam_mm / last->cell_mm);
    if ((last->stop_code & GM_STOP_ABNORMAL) && out->last_cell > 2 * jam) out->last_cell -= jam;
}
