/* Inside data/quality: evidence from the signals, and helpers of the validators. */
#ifndef GIMLET_DATA_QUALITY_INTERNAL_H
#define GIMLET_DATA_QUALITY_INTERNAL_H

#include "quality.h"

#define GM_EVIDENCE_BINS 2048

/* Above the air level: torque drifts by 0.26 A, thrust by 0.04 A (format document 8.3); the softest materials cut at
 * 0.7 A or at 0.05 A of thrust. */
#define GM_CONTACT_TORQUE_A 0.4f
#define GM_CONTACT_THRUST_A 0.055f

struct gm_evidence {
    float first_mm, end_mm; /* shallowest and deepest row                                 */
    float bin_mm;           /* 0.1, wider only for depths beyond 200 mm                    */
    size_t n_bins;          /* up to where the last step was stopped; at least 1           */
    float torque_a[GM_EVIDENCE_BINS], thrust_a[GM_EVIDENCE_BINS]; /* means over fresh depth */
    float air_torque_a, air_thrust_a;                             /* level of the first 1.2 mm */
    size_t contact_bin, peak_bin, metal_bin, half_fall_bin;       /* n_bins = absent           */
    float contact_mm, metal_mm, half_fall_mm;                     /* NAN = absent              */
    float torque_max_a, thrust_max_a;                             /* above air, over 0.3 mm    */
    float cut_torque_a, cut_thrust_a; /* medians from contact to the fall; NAN without contact */
    float end_torque_a;               /* above air, last 0.3 mm                                */
    bool through;                     /* torque fell below a quarter of its maximum and stayed there for 0.5 mm */
};

/* record->n > 0 and the segments are made. Allocates nothing. */
void gm_evidence_find(const gm_record *record, gm_evidence *out);
/* Travel of the first step when all of it was air and nothing had told the machine to look for the part; else 0. */
float gm_evidence_air_step(const gm_record *record, const gm_evidence *evidence);
float gm_evidence_depth(const gm_evidence *evidence, size_t bin);
size_t gm_evidence_bins_of(const gm_evidence *evidence, float mm);

/* Ended by the torque limit or an overloaded drive. */
bool gm_record_overload(const gm_record *record);

/* A number as text inside the argument list of gm_findings_add: the same in every locale. */
#define GM_NUM(value, decimals) gm_quality_number((char[32]){0}, (double)(value), (decimals))
const char *gm_quality_number(char out[32], double value, int decimals);

static inline void gm_finding_range(gm_finding *finding, double from_mm, double to_mm) {
    if (!finding) return; /* out of memory: latched in the list */
    finding->from_mm = from_mm;
    finding->to_mm = to_mm;
}
static inline void gm_finding_at(gm_finding *finding, double mm) {
    gm_finding_range(finding, mm, mm);
}

/* A limit in the table of a validator whose struct `thresholds` has a double of that name. */
#define GM_LIMIT(name, value, lowest, highest, units, text)                                                            \
    {                                                                                                                  \
        .key = #name, .type = GM_PARAM_FLOAT, .offset = offsetof(thresholds, name), .fallback = value, .min = lowest,  \
        .max = highest, .unit = units, .doc = text                                                                     \
    }

/* From so much air in the first step on, part of the hole was there before. */
#define GM_LATE_CONTACT_MM 10.0f

float gm_median_inplace(float *values, size_t count); /* sorts; NAN when empty */

#endif
