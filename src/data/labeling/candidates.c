/* What a marker may snap to: the places that the rules met on their way to the three points, each step's first hold of
 * torque, and the ends of the steps with their stop codes in words. */
#include "labeling_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *gm_candidate_kind_name(gm_candidate_kind kind) {
    static const char *const names[GM_N_CANDIDATE_KINDS] = {"torque_onset", "thrust_knee", "step_edge", "model_peak",
                                                            "label"};
    return names[kind];
}

static size_t nearest_row(const gm_record *record, double mm) {
    size_t best = 0;
    double distance = INFINITY;
    for (size_t i = 0; i < record->n; i++) {
        const double d = fabs((double)record->depth_mm[i] - mm);
        if (d >= distance) continue;
        distance = d;
        best = i;
    }
    return best;
}

static gm_status insert(gm_candidates *all, const gm_candidate *candidate, gm_error *err) {
    if (all->count == all->capacity) {
        const size_t capacity = GM_MAX(2 * all->capacity, (size_t)16);
        gm_candidate *grown = gm_realloc_array(all->items, capacity, sizeof *grown);
        if (!grown) return gm_nomem(err);
        all->items = grown;
        all->capacity = capacity;
    }
    size_t at = all->count++;
    for (; at > 0 && all->items[at - 1].mm > candidate->mm; at--) all->items[at] = all->items[at - 1];
    all->items[at] = *candidate;
    return GM_OK;
}

gm_status gm_candidates_add(gm_candidates *candidates, const gm_record *record, const gm_candidate *candidate,
                            gm_error *err) {
    gm_candidate c = *candidate;
    if (!isfinite(c.mm) || record->n == 0) return GM_OK;
    c.row = nearest_row(record, c.mm);
    return insert(candidates, &c, err);
}

const gm_candidate *gm_candidates_near(const gm_candidates *candidates, gm_point point, double mm, double within_mm) {
    const gm_candidate *best = NULL;
    for (size_t i = 0; i < candidates->count; i++) {
        const gm_candidate *c = &candidates->items[i];
        if (c->point != point && c->point != GM_N_POINTS) continue;
        const double distance = fabs(c->mm - mm);
        if (distance > within_mm || (best && fabs(best->mm - mm) <= distance)) continue;
        best = c;
    }
    return best;
}

void gm_candidates_finish(gm_candidates *candidates) {
    gm_free(candidates->items);
    *candidates = (gm_candidates){0};
}

typedef struct {
    const gm_record *record;
    gm_candidates *out;
    gm_status status; /* the first failure; later ones do nothing */
    gm_error *err;
} collector;

static void collect(collector *to, gm_candidate_kind kind, gm_point point, double mm, double strength,
                    const char *format, ...) GM_PRINTF(6, 7);
static void collect(collector *to, gm_candidate_kind kind, gm_point point, double mm, double strength,
                    const char *format, ...) {
    if (to->status != GM_OK) return;
    gm_candidate c = {.kind = kind, .point = point, .mm = mm, .strength = strength};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(c.text, sizeof c.text, format, args);
    va_end(args);
    to->status = gm_candidates_add(to->out, to->record, &c, to->err);
}

static void collect_entry(collector *to, const gm_trace *trace, const gm_entry_found *entry) {
    if (!isfinite(entry->mm)) return;
    const int step = trace->steps[entry->step].number;
    collect(to, GM_CANDIDATE_TORQUE_ONSET, GM_ENTRY, entry->torque_foot_mm, 0.9,
            "torque leaves the air level in step %d", step);
    if (entry->by_thrust)
        collect(to, GM_CANDIDATE_THRUST_KNEE, GM_ENTRY, entry->mm, 0.9, "thrust leaves its idle level in step %d",
                step);
}

static void collect_transition(collector *to, const gm_trace *trace, const gm_transition_found *found) {
    if (!isfinite(found->mm)) return;
    const int step = trace->steps[found->step].number;
    const double strength = found->merged ? 0.6 : 0.9;
    collect(to, GM_CANDIDATE_TORQUE_ONSET, GM_TRANSITION, found->torque_onset_mm, strength,
            found->merged ? "torque takes hold again in step %d" : "torque leaves the first layer's level in step %d",
            step);
    collect(to, GM_CANDIDATE_THRUST_KNEE, GM_TRANSITION, found->mm, strength,
            found->merged ? "thrust passes the first layer's level in step %d" : "thrust bends up in step %d", step);
}

static void collect_exit(collector *to, const gm_trace *trace, const gm_exit_found *found) {
    if (!isfinite(found->mm)) return;
    const int step = trace->steps[found->step].number;
    collect(to, GM_CANDIDATE_THRUST_KNEE, GM_EXIT, found->thrust_knee_mm, 0.9, "thrust begins its last fall in step %d",
            step);
    collect(to, GM_CANDIDATE_TORQUE_ONSET, GM_EXIT, found->torque_knee_mm, 0.9,
            "torque leaves its level for good in step %d", step);
}

/* Where torque first stays above the step's own idle level, in every step: for holes in which a rule found nothing. */
static void collect_holds(collector *to, const gm_trace *trace, const gm_entry_found *entry) {
    for (size_t s = 0; s < trace->count; s++) {
        const gm_trace_step *step = &trace->steps[s];
        const size_t run = (size_t)(0.3 / step->cell_mm);
        if (step->n < 2 * run || (isfinite(entry->mm) && s == entry->step)) continue;
        const double level = gm_quantile(step->torque_smooth, step->n, 0.05) + 7 * trace->torque_unit_a;
        const size_t cell = gm_first_sustained(step->torque_smooth, 0, step->n - 1, level, run);
        if (cell == SIZE_MAX || cell == 0) continue;
        collect(to, GM_CANDIDATE_TORQUE_ONSET, GM_N_POINTS, gm_trace_mm(step, cell), 0.5,
                "torque takes hold in step %d", step->number);
    }
}

static size_t row_of_end(const gm_record *record, const gm_segment *segment) {
    for (size_t i = segment->first; i < segment->first + segment->count; i++)
        if (record->stop_code[i] != 0) return i;
    return segment->first + segment->count - 1;
}

static void collect_step_edges(collector *to) {
    const gm_record *record = to->record;
    for (size_t s = 0; to->status == GM_OK && s < record->n_segments; s++) {
        const gm_segment *segment = &record->segments[s];
        const size_t row = row_of_end(record, segment);
        gm_candidate c = {.kind = GM_CANDIDATE_STEP_EDGE,
                          .point = GM_N_POINTS,
                          .mm = record->depth_mm[row],
                          .row = row,
                          .strength = segment->stop_code ? 0.8 : 0.4};
        gm_auto_text words = GM_TEXT_INIT;
        if (segment->stop_code) gm_stop_code_text(segment->stop_code, &words);
        snprintf(c.text, sizeof c.text, "step %d ends%s%s", segment->step, segment->stop_code ? ": " : "",
                 gm_text_c(&words));
        if (isfinite(c.mm)) to->status = gm_text_ok(&words) ? insert(to->out, &c, to->err) : gm_nomem(to->err);
    }
}

gm_status gm_candidates_of(const gm_record *record, gm_candidates *out, gm_error *err) {
    gm_trace trace;
    gm_found found;
    gm_candidates all = {0};
    GM_TRY(gm_trace_make(record, &trace, err));
    gm_find_all(&trace, &found);
    collector to = {.record = record, .out = &all, .err = err};
    collect_entry(&to, &trace, &found.entry);
    collect_transition(&to, &trace, &found.transition);
    collect_exit(&to, &trace, &found.exit);
    collect_holds(&to, &trace, &found.entry);
    collect_step_edges(&to);
    gm_trace_finish(&trace);
    if (to.status == GM_OK)
        *out = all;
    else
        gm_candidates_finish(&all);
    return to.status;
}
