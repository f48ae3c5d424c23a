/* Evaluation in millimetres: predictions against reference labels.
 *
 * Definitions: error = predicted - reference over the holes where both have the point; p95 and median are linear
 * interpolations between order statistics (numpy's default); r2 = 1 - SS_res / SS_tot (0 where all references are equal
 * or n < 2); hole depth = exit - entry; the grip code is that of the hole depth. */
#ifndef GIMLET_TRAINING_EVALUATION_H
#define GIMLET_TRAINING_EVALUATION_H

#include "data/data.h"

#include <jansson.h>

enum { GM_EVAL_HOLE_DEPTH = GM_N_POINTS, GM_N_EVAL };
const char *gm_eval_name(int index);  /* "entry" "transition" "exit" "hole_depth": a key */
const char *gm_eval_title(int index); /* the same for people: "hole depth" */

/* What a model says about one hole. */
typedef struct {
    gm_label label;                                   /* source model; absent points are NAN */
    double low_mm[GM_N_POINTS], high_mm[GM_N_POINTS]; /* interval; NAN where the point is absent */
    int n_layers;
    double layers_mm[GM_N_POINTS - 1];
    double hole_depth_low_mm, hole_depth_high_mm;
    int grip_code; /* 0 = unknown */
    char warnings[4][200];
    int n_warnings;
} gm_prediction;
void gm_prediction_warn(gm_prediction *prediction, const char *format, ...) GM_PRINTF(2, 3);

/* One hole of an evaluation. Group names may be NULL. */
typedef struct {
    const char *file;
    const char *family, *program, *tool_age; /* groups of the report */
    gm_label reference;
    gm_prediction prediction;
    int fold; /* from 1; 0 = held out (predicted by the ensemble) */
} gm_evaluation_item;

typedef struct {
    size_t n, missed, invented; /* both | reference only | prediction only */
    double mae_mm, median_mm, rmse_mm, bias_mm, sd_mm, p95_mm, max_mm, r2;
    double within_100um, within_200um, within_300um; /* fractions */
    size_t n_interval;
    double interval_coverage, interval_width_mm; /* fraction of references inside; mean width */
} gm_point_metrics;

typedef struct {
    size_t holes;
    gm_point_metrics points[GM_N_EVAL];
    size_t grip_n;
    double grip_exact, grip_one_off;
} gm_metrics;

gm_status gm_metrics_compute(const gm_evaluation_item *items, size_t count, gm_metrics *out,
                             gm_error *err) GM_MUST_CHECK;
/* The same as JSON: {"holes", "points": {"entry": {...}, ...}, "grip_code": {"n", "exact_fraction", ...}}. */
void gm_metrics_json(const gm_metrics *metrics, gm_text *out);
/* And back, to the digits that were written; what is missing is 0. */
void gm_metrics_parse(const json_t *json, gm_metrics *out);
/* Of the predictions that are so sure, how many are right: within 0.3 mm of the reference, or absent as it is. */
#define GM_CONFIDENCE_MM 0.3
enum { GM_N_CONFIDENCE_BANDS = 5 };
typedef struct {
    double from, to; /* confidence; the last band holds 1 too */
    size_t n, right;
} gm_confidence_band;
void gm_confidence_bands(const gm_evaluation_item *items, size_t count, int point,
                         gm_confidence_band out[GM_N_CONFIDENCE_BANDS]);
/* {point: [{"from", "to", "n", "right"}, ...]} */
void gm_confidence_json(const gm_evaluation_item *items, size_t count, gm_text *out);
/* {all of gm_metrics_json, "groups": {"family": {name: metrics}, "program": .., "tool_age": ..},
 *  "confidence": gm_confidence_json} */
gm_status gm_evaluation_json(const gm_evaluation_item *items, size_t count, gm_text *out, gm_error *err) GM_MUST_CHECK;

/* Baselines: the inference system's entry and transition algorithms (no exit). Absent where they find nothing. */
void gm_baseline_inference_system(const gm_record *record, gm_label *out);
double gm_baseline_entry_mm(const gm_record *record);
double gm_baseline_transition_mm(const gm_record *record);

#endif
