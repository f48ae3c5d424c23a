/* step_codes: did the cycle run as the program says, step by step, and how did each step end? */
#include "../quality_internal.h"

#include <math.h>

typedef struct {
    double stroke_mm, gap_mm, max_stroke_mm;
} thresholds;

static const gm_param_spec params[] = {
    GM_LIMIT(stroke_mm, "0.25", 0.01, 10, "mm",
             "Travel of a step that ended by its stroke, off the programmed stroke; ordinary: up to 0.06"),
    GM_LIMIT(
        gap_mm, "0.5", 0.05, 10, "mm",
        "Travel from the last row at Torque Min to the end of the step, off the programmed gap; ordinary: up to 0.2"),
    GM_LIMIT(max_stroke_mm, "0.5", 0.05, 10, "mm",
             "Depth at the code for Max Stroke, off the Max Stroke of the cycle; ordinary: up to 0.05"),
};

enum { KNOWN_CODES = 0xFFFFFF };

bool gm_record_overload(const gm_record *r) {
    for (size_t s = 0; s < r->n_segments; s++)
        if (r->segments[s].stop_code &
            (GM_STOP_TORQUE_LIMIT | GM_STOP_POWER_LIMIT | GM_STOP_M1_OVERLOAD | GM_STOP_M2_OVERLOAD))
            return true;
    return false;
}

static float end_depth(const gm_record *r, const gm_segment *g) {
    return r->depth_mm[g->first + g->count - 1];
}

/* --- order --- */

static void check_order(const gm_record *r, gm_findings *findings) {
    for (size_t s = 1; s < r->n_segments; s++) {
        if (r->segments[s].step > r->segments[s - 1].step) continue;
        gm_finding_at(gm_findings_add(findings, "step_codes.order", GM_WARNING,
                                      "steps run once, upwards: look whether two records were joined",
                                      "step %d follows step %d at %s mm (data row %zu)", r->segments[s].step,
                                      r->segments[s - 1].step, GM_NUM(r->depth_mm[r->segments[s].first], 2),
                                      r->segments[s].first + 1),
                      r->depth_mm[r->segments[s].first]);
        return;
    }
}

/* Codes stand in the last rows of a step only. */
static void check_places(const gm_record *r, gm_findings *findings) {
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        size_t last_row = g->first + g->count - 1, coded = 0;
        for (size_t i = g->first; i < last_row; i++)
            if (r->stop_code[i] != 0 && r->stop_code[i + 1] == 0 && coded++ == 0)
                gm_finding_at(gm_findings_add(findings, "step_codes.early_code", GM_WARNING,
                                              "look whether rows of another step or file were mixed in",
                                              "step %d goes on after its stop code %d at %s mm", g->step,
                                              r->stop_code[i], GM_NUM(r->depth_mm[i], 2)),
                              r->depth_mm[i]);
        if (g->stop_code == 0)
            gm_finding_at(
                gm_findings_add(findings, "step_codes.no_end", GM_WARNING,
                                s + 1 == r->n_segments ? "the record stops before the cycle did: fetch the file again"
                                                       : "rows are missing between the steps: fetch the file again",
                                "step %d ends at %s mm without a stop code", g->step, GM_NUM(end_depth(r, g), 2)),
                end_depth(r, g));
        else if (g->stop_code & ~KNOWN_CODES)
            gm_findings_add(findings, "step_codes.unknown_code", GM_WARNING,
                            "compare with the manual of this firmware, and tell us",
                            "step %d ends with stop code %d, which holds bits that are not known", g->step,
                            g->stop_code);
    }
}

/* --- how it ended --- */

static void check_abnormal(const gm_record *r, gm_findings *findings) {
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        if (!(g->stop_code & GM_STOP_ABNORMAL)) continue;
        gm_auto_text why = GM_TEXT_INIT;
        gm_stop_code_text(g->stop_code, &why);
        size_t last_row = g->first + g->count - 1;
        bool overload = g->stop_code & (GM_STOP_TORQUE_LIMIT | GM_STOP_POWER_LIMIT | GM_STOP_M1_OVERLOAD |
                                        GM_STOP_M2_OVERLOAD | GM_STOP_M1_SHORT | GM_STOP_M2_SHORT);
        bool person = g->stop_code & (GM_STOP_BUTTON | GM_STOP_CYCLE | GM_STOP_ABORT);
        gm_finding_at(gm_findings_add(findings, overload ? "step_codes.overload" : "step_codes.aborted", GM_FAILURE,
                                      overload ? "leave it out of training; change the tool and drill the hole again"
                                      : person
                                          ? "leave it out of training; ask who stopped the cycle, and why"
                                          : "leave it out of training; look after tool and machine before going on",
                                      "the cycle was broken off in step %d at %s mm with %s A of torque (%s A with the "
                                      "no-load current): %s (code %d)",
                                      g->step, GM_NUM(end_depth(r, g), 1), GM_NUM(r->torque_a[last_row], 1),
                                      GM_NUM(r->torque_a[last_row] + r->torque_empty_a[last_row], 1), gm_text_c(&why),
                                      g->stop_code),
                      end_depth(r, g));
    }
}

/* --- program against data --- */

static void check_membership(const gm_record *r, gm_findings *findings) {
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        if (g->program && g->program->enabled) continue;
        gm_findings_add(findings, "step_codes.not_in_program", GM_WARNING,
                        "the program in the header is not the one that ran: trust the signals only",
                        "step %d was executed, but the program %s", g->step,
                        g->program ? "has it switched off" : "has no such step");
    }
    size_t ran = 0, enabled = 0;
    int skipped = -1;
    int last = r->segments[r->n_segments - 1].step;
    for (size_t p = 0; p < r->n_program; p++) {
        if (!r->program[p].enabled) continue;
        enabled++;
        bool executed = false;
        for (size_t s = 0; s < r->n_segments; s++) executed |= r->segments[s].step == r->program[p].step;
        ran += executed;
        if (!executed && r->program[p].step < last) skipped = r->program[p].step;
    }
    if (skipped >= 0)
        gm_findings_add(findings, "step_codes.skipped_step", GM_WARNING,
                        "rows are missing, or the program in the header is not the one that ran",
                        "step %d is switched on in the program, but was not executed before step %d", skipped, last);
    /* a hard stop or Max Stroke may come before the last step; anything else that ends early is told elsewhere */
    int32_t code = r->segments[r->n_segments - 1].stop_code;
    if (skipped < 0 && ran < enabled && !(code & (GM_STOP_ABNORMAL | GM_STOP_HARD_STOP | GM_STOP_MAX_STROKE)))
        gm_findings_add(findings, "step_codes.ended_early", GM_WARNING,
                        "the cycle ended before its program did: look whether the record is whole",
                        "the cycle ended after step %d; the program has %zu more steps switched on", last,
                        enabled - ran);
}

static void check_stroke(const gm_record *r, size_t s, const thresholds *t, gm_findings *findings) {
    const gm_segment *g = &r->segments[s];
    float start = s ? end_depth(r, &r->segments[s - 1]) : 0; /* strokes count from where the step before ended */
    double travel = (double)(end_depth(r, g) - start), stroke = g->program->stroke_mm;
    if (fabs(travel - stroke) <= t->stroke_mm) return;
    gm_finding_at(gm_findings_add(findings, "step_codes.stroke", GM_WARNING,
                                  "the program in the header is not the one that ran, or depth was lost",
                                  "step %d ended by its stroke after %s mm; the program says %s mm", g->step,
                                  GM_NUM(travel, 2), GM_NUM(stroke, 2)),
                  end_depth(r, g));
}

/* A step that was to look for the part, and ran to its stroke instead. */
static void check_seek(const gm_record *r, const gm_evidence *e, size_t s, gm_findings *findings) {
    const gm_segment *g = &r->segments[s];
    bool seeks = g->program->torque_max_a > 0 || g->program->thrust_max_a > 0;
    if (!seeks || !(isnan(e->contact_mm) || e->contact_mm > end_depth(r, g))) return;
    gm_finding_at(gm_findings_add(findings, "step_codes.part_not_found", GM_WARNING,
                                  "the part lay deeper than the program expects: check how the machine was seated",
                                  "step %d should have ended at contact, but ran its whole stroke of %s mm in air",
                                  g->step, GM_NUM(g->program->stroke_mm, 1)),
                  end_depth(r, g));
}

/* With Torque Min the step ends the programmed gap after the last row above it. */
static void check_gap(const gm_record *r, size_t s, const thresholds *t, gm_findings *findings) {
    const gm_segment *g = &r->segments[s];
    size_t i = g->first + g->count - 1;
    while (i > g->first && !((double)r->torque_a[i] >= g->program->torque_min_a)) i--;
    double travel = (double)(end_depth(r, g) - r->depth_mm[i]);
    if (travel <= g->program->gap_mm + t->gap_mm && travel >= g->program->gap_mm - t->gap_mm) return;
    gm_finding_range(gm_findings_add(findings, "step_codes.gap", GM_WARNING,
                                     "the program in the header is not the one that ran, or rows are missing",
                                     "step %d ended %s mm after torque fell below Torque Min (%s A); the program says "
                                     "%s mm",
                                     g->step, GM_NUM(travel, 2), GM_NUM(g->program->torque_min_a, 1),
                                     GM_NUM(g->program->gap_mm, 2)),
                     r->depth_mm[i], end_depth(r, g));
}

/* Limit that a code needs in the program: without it the header belongs to another program. */
static const char *missing_limit(const gm_segment *g) {
    const gm_program_step *p = g->program;
    if (g->stop_code == GM_STOP_TORQUE_RISE && !(p->torque_max_a > 0)) return "Torque Max";
    if (g->stop_code == GM_STOP_THRUST_RISE && !(p->thrust_max_a > 0)) return "Thrust Max";
    if (g->stop_code == GM_STOP_TORQUE_DROP && !(p->torque_min_a > 0)) return "Torque Min";
    if (g->stop_code == GM_STOP_THRUST_DROP && !(p->thrust_min_a > 0)) return "Thrust Min";
    return NULL;
}

static void check_program(const gm_record *r, const gm_evidence *e, const thresholds *t, gm_findings *findings) {
    if (r->n_program == 0) {
        gm_findings_add(findings, "step_codes.no_program", GM_WARNING,
                        "points are found from the signals alone; take the machine's own file where there is one",
                        "the record has no program: nothing says how its steps were to end");
        return;
    }
    check_membership(r, findings);
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        if (!g->program) continue;
        const char *limit = missing_limit(g);
        if (limit) {
            gm_auto_text why = GM_TEXT_INIT;
            gm_stop_code_text(g->stop_code, &why);
            gm_findings_add(findings, "step_codes.limit", GM_WARNING,
                            "the program in the header is not the one that ran: trust the signals only",
                            "step %d ended by \"%s\", but its program sets no %s", g->step, gm_text_c(&why), limit);
            continue;
        }
        if (g->stop_code == GM_STOP_STROKE) {
            check_stroke(r, s, t, findings);
            check_seek(r, e, s, findings);
        }
        if (g->stop_code == GM_STOP_TORQUE_DROP) check_gap(r, s, t, findings);
        if (g->stop_code == GM_STOP_MAX_STROKE &&
            fabs((double)end_depth(r, g) - r->meta.max_stroke_mm) > t->max_stroke_mm)
            gm_finding_at(gm_findings_add(findings, "step_codes.max_stroke", GM_WARNING,
                                          "the header is not the one of this cycle",
                                          "step %d ended by Max Stroke at %s mm; the cycle's Max Stroke is %s mm",
                                          g->step, GM_NUM(end_depth(r, g), 2), GM_NUM(r->meta.max_stroke_mm, 2)),
                          end_depth(r, g));
    }
}

/* Step Results repeat what the rows say: step, code, no-load currents, and the travel since the step before. */
static bool result_fits(const gm_record *r, size_t s, const thresholds *t, gm_text *why) {
    const gm_step_result *result = &r->step_results[s];
    const gm_segment *g = &r->segments[s];
    double start = s ? (double)end_depth(r, &r->segments[s - 1]) : 0, travel = (double)end_depth(r, g) - start;
    double torque_empty = (double)r->torque_empty_a[g->first], thrust_empty = (double)r->thrust_empty_a[g->first];
    if (result->step != g->step || result->stop_code != g->stop_code)
        gm_text_printf(why, "step %d ended with code %d; the data say step %d with code %d", result->step,
                       result->stop_code, g->step, g->stop_code);
    else if (fabs(result->m1_no_load_a - torque_empty) > 0.05)
        gm_text_printf(why, "step %d ran at %s A without load; the data say %s A", g->step,
                       GM_NUM(result->m1_no_load_a, 3), GM_NUM(torque_empty, 3));
    else if (fabs(result->m2_no_load_a - thrust_empty) > 0.05)
        gm_text_printf(why, "step %d was fed at %s A without load; the data say %s A", g->step,
                       GM_NUM(result->m2_no_load_a, 3), GM_NUM(thrust_empty, 3));
    else if (fabs(result->distance_m2_mm - travel) > t->stroke_mm)
        gm_text_printf(why, "step %d went %s mm; the data say %s mm", g->step, GM_NUM(result->distance_m2_mm, 2),
                       GM_NUM(travel, 2));
    return why->length == 0;
}

static void check_results(const gm_record *r, const thresholds *t, gm_findings *findings) {
    if (r->n_step_results == 0) return;
    static const char *hint = "the header belongs to another hole: trust the signals, not program, counters and date";
    if (r->n_step_results != r->n_segments) {
        gm_findings_add(findings, "step_codes.results", GM_WARNING, hint,
                        "Step Results lists %zu steps, the data hold %zu", r->n_step_results, r->n_segments);
        return;
    }
    for (size_t s = 0; s < r->n_segments; s++) {
        gm_auto_text why = GM_TEXT_INIT;
        if (result_fits(r, s, t, &why)) continue;
        gm_findings_add(findings, "step_codes.results", GM_WARNING, hint, "Step Results says that %s", gm_text_c(&why));
        return;
    }
}

static void check(const gm_quality_input *input, const gm_evidence *evidence, const void *limits,
                  gm_findings *findings) {
    const gm_record *r = input->record;
    check_order(r, findings);
    check_places(r, findings);
    check_abnormal(r, findings);
    check_program(r, evidence, limits, findings);
    check_results(r, limits, findings);
}

const gm_validator gm_validator_step_codes = {
    .name = "step_codes",
    .doc = "Steps follow the program, in order, and each ends as the program and its stop code say",
    .params = params,
    .n_params = GM_COUNT(params),
    .params_size = sizeof(thresholds),
    .check = check,
};
