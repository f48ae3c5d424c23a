/* Points and labels: at which depth the drill tip entered, met the next material, came out.
 *
 * Units      mm, positive into the part; absent points are NAN.
 * Ownership  a label is a plain value; its texts are fixed-size. */
#ifndef GIMLET_DATA_LABEL_H
#define GIMLET_DATA_LABEL_H

#include "base/base.h"

#include <math.h>

typedef enum { GM_ENTRY, GM_TRANSITION, GM_EXIT, GM_N_POINTS } gm_point;
const char *gm_point_name(gm_point point); /* "entry" "transition" "exit" */

typedef struct {
    double mm;          /* depth; NAN = absent                                        */
    double confidence;  /* 0..1: chance that it lies within tolerance (see labeling)  */
    char evidence[200]; /* in words: what in the signal says so, or why it is absent  */
} gm_label_point;

typedef enum { GM_SOURCE_RULE, GM_SOURCE_MODEL, GM_SOURCE_EXPERT, GM_SOURCE_TRUTH, GM_N_SOURCES } gm_label_source;
const char *gm_label_source_name(gm_label_source source); /* "rule" "model" "expert" "truth" */

typedef struct {
    gm_label_point points[GM_N_POINTS];
    gm_label_source source;
    double confidence; /* of the whole label                                         */
    double factor_clarity, factor_signal, factor_pattern; /* the three factors, 0..1; NAN for other sources */
    char author[64];
    char made_at[GM_TIME_TEXT];
    bool rejected;    /* looked at and found unfit for training                     */
    char reason[160]; /* why it was rejected; "" = not said                      */
} gm_label;

#define GM_LABEL_EMPTY                                                                                                 \
    ((gm_label){.points = {{.mm = NAN}, {.mm = NAN}, {.mm = NAN}},                                                     \
                .factor_clarity = NAN,                                                                                 \
                .factor_signal = NAN,                                                                                  \
                .factor_pattern = NAN})
/* "high" > 0.9, "medium" > 0.7, else "low". */
const char *gm_label_category(double confidence);
static inline double gm_label_hole_depth(const gm_label *label) {
    return label->points[GM_EXIT].mm - label->points[GM_ENTRY].mm;
}

/* Fastener length class: code k covers (1.5875 (k-1) + 0.127, 1.5875 k + 0.127] mm; 0 when depth is NAN or <= 0.127. */
int gm_grip_code(double hole_depth_mm);

#endif
