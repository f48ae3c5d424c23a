/* Inside labeling: the trace (a record's steps on an even depth grid) and what the rules read from it. */
#ifndef GIMLET_DATA_LABELING_INTERNAL_H
#define GIMLET_DATA_LABELING_INTERNAL_H

#include "labeling.h"

/* Depth cell. Rows lie 0.0016 mm (micropeck) to 0.13 mm (13 mm/s) apart; missing rows and resting feed disappear. */
#define GM_TRACE_CELL_MM 0.01

/* One executed step. Rows that repeat under the stop code are left out. Levels in A, one value per depth cell. */
typedef struct {
    size_t n; /* cells                                                     */
    double first_mm;
    double cell_mm;
    float *torque, *thrust;               /* mean of the rows in a cell, gaps interpolated       */
    float *torque_smooth, *thrust_smooth; /* running means over about two spindle ripples        */
    double end_mm;                        /* deepest recorded row                                */
    double end_thrust_a;                  /* of the last row, under the stop code                */
    double feed_mm_s;                     /* from the depths, not from the command               */
    double row_mm;                        /* mean distance of two rows                           */
    int number;                           /* as the program numbers it */
    int32_t stop_code;
    const gm_program_step *program; /* may be NULL */
} gm_trace_step;

/* All steps, and the units in which the rules count: the quantum of each current, or its noise where that is larger. */
typedef struct {
    gm_trace_step *steps;
    size_t count;
    double torque_unit_a, thrust_unit_a;
    float *cells; /* owns all cells */
} gm_trace;

gm_status gm_trace_make(const gm_record *record, gm_trace *out, gm_error *err) GM_MUST_CHECK;
void gm_trace_finish(gm_trace *trace);

/* Cells and depths. */
static inline double gm_trace_mm(const gm_trace_step *step, size_t cell) {
    return step->first_mm + step->cell_mm * (double)cell;
}
/* The cell of a depth, clamped into the step. */
static inline size_t gm_trace_cell(const gm_trace_step *step, double mm) {
    const double cell = (mm - step->first_mm) / step->cell_mm + 0.5;
    return cell <= 0 ? 0 : cell >= (double)(step->n - 1) ? step->n - 1 : (size_t)cell;
}
static inline double gm_trace_last_mm(const gm_trace_step *step) {
    return gm_trace_mm(step, step->n - 1);
}

/* Median of the cells between two depths (clamped; at least one cell). */
double gm_trace_median(const gm_trace_step *step, const float *values, double from_mm, double to_mm);
/* Mean of them: toggling between two counts shows levels of less than one. */
double gm_trace_mean(const gm_trace_step *step, const float *values, double from_mm, double to_mm);
/* The value that `fraction` of values[0..n) do not exceed. n >= 1. Selection in a copy of at most 2048 samples. */
double gm_quantile(const float *values, size_t n, double fraction);
/* Last cell in [from, to] whose value is at most / above the level; SIZE_MAX when there is none. */
size_t gm_last_at_most(const float *values, size_t from, size_t to, double level);
size_t gm_last_above(const float *values, size_t from, size_t to, double level);
/* First cell from which `run` cells in a row lie above the level; SIZE_MAX when there is none. */
size_t gm_first_sustained(const float *values, size_t from, size_t to, double level, size_t run);

/* Where a level bends into a ramp: least squares of  c + slope max(0, x - bend)  over cells [from, to], bend searched
 * between two depths. False when no rising ramp fits. */
typedef struct {
    double bend_mm, level, slope_per_mm;
} gm_hinge;
bool gm_fit_hinge(const gm_trace_step *step, const float *values, size_t from, size_t to, double low_mm, double high_mm,
                  gm_hinge *out);

/* What each rule found. Depths are NAN where not found; `absent` then says why (static text). */
typedef struct {
    double mm;
    size_t step;           /* in which the tip touches                                        */
    size_t cutting_step;   /* first step in which torque stays up: `step`, or the one after a contact trigger */
    bool by_thrust;        /* thrust showed the touch before torque                           */
    bool at_trigger;       /* the step ended on this contact (torque or thrust rise)          */
    bool thrust_alive;     /* thrust shows something somewhere in the record                  */
    double torque_foot_mm; /* the torque ramp traced back to the air level                    */
    double torque_slope;   /* A/mm of that ramp                                               */
    double torque_zero_a, thrust_zero_a;
    double torque_noise_a; /* scatter in air before the contact                               */
    double faint_level_a;  /* torque of a first layer that turns only a few counts; else NAN  */
    const char *absent;
} gm_entry_found;
void gm_find_entry(const gm_trace *trace, gm_entry_found *out);

/* A layer of a few counts of torque that leads up to the sure contact at `cell` of step *s. True: *s and *cell say
 * where its own contact is, *level_a its torque above air. */
bool gm_find_faint_layer(const gm_trace *trace, bool thrust_alive, size_t *s, size_t *cell, double *level_a);

/* The steps and cells in which material can be: from the touch to where the drill hangs in air for good. */
typedef struct {
    size_t first, last; /* steps, inclusive                                            */
    size_t last_cell;   /* in the last step, inclusive                                 */
    bool ends_in_air;   /* torque stayed at air level for a millimetre, or 2048 fired  */
} gm_cut;
void gm_find_cut(const gm_trace *trace, const gm_entry_found *entry, gm_cut *out);
static inline size_t gm_cut_cells(const gm_trace *trace, const gm_cut *cut, size_t step) {
    return step == cut->last ? cut->last_cell + 1 : trace->steps[step].n;
}

typedef struct {
    double mm;
    size_t step;
    bool merged;      /* the rise began with the re-contact after a step change          */
    bool at_step_end; /* the step ended on this rise                                     */
    double torque_onset_mm;
    double first_level_a, second_level_a;  /* torque of the two layers                          */
    double thrust_level_a, thrust_noise_a; /* of the first layer, before the rise              */
    double thrust_slope;                   /* A/mm of the rise                                 */
    const char *absent;
} gm_transition_found;
void gm_find_transition(const gm_trace *trace, const gm_entry_found *entry, const gm_cut *cut,
                        gm_transition_found *out);

typedef struct {
    double mm;
    size_t step;
    double thrust_knee_mm, torque_knee_mm; /* NAN where the channel shows none */
    double thrust_left, torque_left;       /* of the plateau, at the end: 0 = back in air */
    bool soft_layer;                       /* the last fall is that of a soft layer behind the hard one */
    const char *absent;
} gm_exit_found;
void gm_find_exit(const gm_trace *trace, const gm_entry_found *entry, const gm_transition_found *transition,
                  const gm_cut *cut, gm_exit_found *out);

/* Everything together, for the confidences and the words. */
typedef struct {
    gm_entry_found entry;
    gm_cut cut;
    gm_transition_found transition;
    gm_exit_found exit;
} gm_found;
void gm_find_all(const gm_trace *trace, gm_found *out);
void gm_judge(const gm_trace *trace, const gm_found *found, gm_label *label);
/* A depth for evidence, in hundredths, whatever the C library's locale: gm_mm_text(x).text. */
typedef struct {
    char text[24];
} gm_number_text;
gm_number_text gm_mm_text(double value_mm);
/* What the third factor leaves of a point's confidence: 0.4 to 1. */
double gm_pattern_weight(double factor_pattern);
/* The label's confidence from its factors and points. */
void gm_label_weigh(gm_label *label);

/* For each row of a the row of b that gm_label_table_find would give, all at once: out[a->count]. */
gm_status gm_label_table_match(const gm_label_table *a, const gm_label_table *b, const gm_label_row **out,
                               gm_error *err) GM_MUST_CHECK;

#endif
