/* How sure a label is, and why, in words.
 *
 * Three factors, each 0..1: clarity (do steps and stop codes bracket the points), signal (how well the currents fix
 * the points), pattern (does the hole look like a hole; refined among its own kind by gm_label_set). A point's
 * confidence is the chance that it lies within its tolerance, from an error that the evidence suggests; the constants
 * are calibrated in docs/labels.md. */
#include "labeling_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Half-widths within which a point counts as right: what careful reading by eye repeats to, definition included. */
static const double tolerance_mm[GM_N_POINTS] = {0.15, 0.15, 0.25};

gm_number_text gm_mm_text(double value_mm) {
    gm_number_text out;
    const long hundredths = lround(value_mm * 100), size = labs(hundredths);
    snprintf(out.text, sizeof out.text, "%s%ld.%02ld", hundredths < 0 ? "-" : "", size / 100, size % 100);
    return out;
}

static double chance_within(gm_point point, double sigma_mm) {
    return erf(tolerance_mm[point] / (sigma_mm * 1.4142135623730951));
}

/* Sentences joined by "; " in the label's fixed-size text. */
static void say(gm_label_point *point, const char *format, ...) GM_PRINTF(2, 3);
static void say(gm_label_point *point, const char *format, ...) {
    size_t used = strlen(point->evidence);
    const size_t size = sizeof point->evidence;
    if (used > 0 && used + 3 < size) used += (size_t)snprintf(point->evidence + used, size - used, "; ");
    va_list args;
    va_start(args, format);
    (void)vsnprintf(point->evidence + used, size - used, format, args);
    va_end(args);
}

typedef struct {
    double clarity, sigma_mm;
} verdict;

static verdict judge_entry(const gm_trace *trace, const gm_entry_found *entry, gm_label_point *point) {
    const gm_trace_step *step = &trace->steps[entry->step];
    verdict v = {.clarity = 0.9, .sigma_mm = 0.03 + step->row_mm / 2};
    if (entry->by_thrust) {
        say(point, "thrust leaves its idle level %s mm before the torque ramp",
            gm_mm_text(entry->torque_foot_mm - entry->mm).text);
        v.sigma_mm += 0.06 * fmax(0, entry->torque_foot_mm - entry->mm - 0.1);
        /* where a count of torque takes long, one or two of thrust do as well */
        if (entry->torque_slope > 0) v.sigma_mm += fmax(0, trace->torque_unit_a / entry->torque_slope - 0.07);
    } else {
        say(point, "foot of the torque ramp; thrust does not lead");
        v.sigma_mm += isfinite(entry->torque_slope) ? trace->torque_unit_a / entry->torque_slope : 0.03;
    }
    if (entry->at_trigger) {
        say(point, "step %d ended on this contact", step->number);
        v.clarity = 1;
    }
    if (entry->torque_noise_a > 2 * trace->torque_unit_a) {
        say(point, "torque wanders in air");
        v.sigma_mm += 0.06;
    }
    return v;
}

static verdict judge_transition(const gm_trace *trace, const gm_transition_found *found, gm_label_point *point) {
    const gm_trace_step *step = &trace->steps[found->step];
    verdict v = {.clarity = 0.9, .sigma_mm = 0.03};
    if (found->merged) {
        say(point, "merged with the re-contact in step %d: halfway from leaving air to the first layer's thrust",
            step->number);
        return (verdict){.clarity = 0.6, .sigma_mm = 0.1};
    }
    if (isfinite(found->thrust_slope)) {
        say(point, "thrust bends up from %s A, torque from its shelf at %s mm", gm_mm_text(found->thrust_level_a).text,
            gm_mm_text(found->torque_onset_mm).text);
        v.sigma_mm += 0.5 * found->thrust_noise_a / found->thrust_slope;
    } else {
        say(point, "torque leaves its shelf at %s mm; thrust does not tell", gm_mm_text(found->torque_onset_mm).text);
        v.sigma_mm += 0.1;
    }
    const double lead = found->torque_onset_mm - found->mm;
    if (lead < -0.1 || lead > 0.5) {
        say(point, "the two currents disagree");
        v.sigma_mm += 0.06;
    }
    if (found->at_step_end && (step->stop_code & (GM_STOP_TORQUE_RISE | GM_STOP_THRUST_RISE))) {
        say(point, "step %d ends %s mm later on this rise", step->number, gm_mm_text(step->end_mm - found->mm).text);
        v.clarity = 1;
    }
    return v;
}

static verdict judge_exit(const gm_trace *trace, const gm_exit_found *found, gm_label_point *point) {
    const gm_trace_step *step = &trace->steps[found->step];
    verdict v = {.clarity = 0.9, .sigma_mm = 0.2};
    const bool thrust = isfinite(found->thrust_knee_mm), torque = isfinite(found->torque_knee_mm);
    if (thrust && torque) {
        const double lag = found->torque_knee_mm - found->thrust_knee_mm;
        say(point, "between the knees of thrust at %s and torque at %s mm", gm_mm_text(found->thrust_knee_mm).text,
            gm_mm_text(found->torque_knee_mm).text);
        v.sigma_mm = 0.11 + 0.1 * fabs(lag - 0.3) + (lag < 0 ? 0.05 : 0);
        if (lag > 0.6) say(point, "torque stays up: worn tool");
    } else {
        say(point, "knee of %s alone at %s mm", thrust ? "thrust" : "torque", gm_mm_text(found->mm).text);
    }
    if (found->soft_layer) {
        say(point, "end of a soft layer behind the hard one");
        v.sigma_mm += 0.1;
    }
    if (step->stop_code & GM_STOP_TORQUE_DROP) {
        const double after = step->end_mm - found->mm, gap = step->program ? step->program->gap_mm : 0;
        say(point, "step %d ends %s mm later on torque drop", step->number, gm_mm_text(after).text);
        if (step->program) say(point, "its gap is %s mm", gm_mm_text(gap).text);
        if (after > gap && after < gap + 4) v.clarity = 1;
    }
    if (found->torque_left > 0.25) {
        say(point, "torque has not come back to air");
        v.clarity = 0.6;
        v.sigma_mm += 0.05;
    }
    return v;
}

/* Does one record alone look like a hole: order and thickness of the layers, air before the entry. */
static double judge_pattern(const gm_trace *trace, const gm_found *found) {
    double factor = 0.95;
    const double entry = found->entry.mm, transition = found->transition.mm, exit = found->exit.mm;
    if (isfinite(transition) && transition - entry < 0.7) factor -= 0.3;
    if (isfinite(exit) && exit - (isfinite(transition) ? transition : entry) < 0.7) factor -= 0.3;
    if (entry - trace->steps[0].first_mm < 0.3) factor -= 0.3; /* begins in the material */
    const int32_t last = trace->steps[trace->count - 1].stop_code;
    if (last & GM_STOP_ABNORMAL) factor -= 0.15;
    return factor;
}

/* How sure an absent point is: how far the deciding ratio lies from its limit. */
static double sure_of_absence(const gm_found *found, int point) {
    if (!isfinite(found->entry.mm)) return 0.9;
    if (point == GM_EXIT) return fmin(0.95, 0.7 + 0.5 * fmax(0, found->exit.torque_left - 0.25));
    const double first = found->transition.first_level_a, second = found->transition.second_level_a;
    return first > 0 && second > 0 ? fmin(0.95, 0.7 + 0.5 * fmax(0, 1.6 - second / first)) : 0.75;
}

static void judge_absent(const gm_found *found, gm_label *label) {
    const char *const why[GM_N_POINTS] = {found->entry.absent, found->transition.absent, found->exit.absent};
    for (int p = 0; p < GM_N_POINTS; p++) {
        if (isfinite(label->points[p].mm)) continue;
        say(&label->points[p], "%s", why[p] ? why[p] : found->entry.absent ? found->entry.absent : "not found");
        label->points[p].confidence = sure_of_absence(found, p);
    }
}

void gm_judge(const gm_trace *trace, const gm_found *found, gm_label *label) {
    const double depths[GM_N_POINTS] = {found->entry.mm, found->transition.mm, found->exit.mm};
    double clarity = 0, signal = 0;
    int present = 0;
    label->factor_pattern = isfinite(found->entry.mm) ? judge_pattern(trace, found) : 0.95;
    for (int p = 0; p < GM_N_POINTS; p++) {
        gm_label_point *point = &label->points[p];
        point->mm = depths[p];
        if (!isfinite(depths[p])) continue;
        const verdict v = p == GM_ENTRY        ? judge_entry(trace, &found->entry, point)
                          : p == GM_TRANSITION ? judge_transition(trace, &found->transition, point)
                                               : judge_exit(trace, &found->exit, point);
        const double chance = chance_within((gm_point)p, v.sigma_mm);
        point->confidence = chance * gm_pattern_weight(label->factor_pattern);
        clarity += v.clarity;
        signal += chance;
        present++;
    }
    judge_absent(found, label);
    label->factor_clarity = present ? clarity / present : 0.9;
    label->factor_signal = present ? signal / present : 0.9;
    gm_label_weigh(label);
}

double gm_pattern_weight(double factor_pattern) {
    return 0.4 + 0.6 * fmin(1, factor_pattern / 0.95);
}

void gm_label_weigh(gm_label *label) {
    label->confidence = (label->factor_clarity + label->factor_signal + label->factor_pattern) / 3;
    double weakest = 1;
    for (int p = 0; p < GM_N_POINTS; p++) weakest = fmin(weakest, label->points[p].confidence);
    /* A label is not better than its weakest point by more than a category. */
    label->confidence = fmin(label->confidence, weakest + 0.2);
}
