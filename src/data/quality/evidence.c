/* Simple evidence from the signals: a profile over fresh depth, and where in it the drill cut.
 *
 * A row counts only where the drill is deeper than it was in any step before: so the notch after a step change, where
 * the spindle had drawn back, vanishes, and bins of equal depth make programs of different feed alike. */
#include "quality_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_floats(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

float gm_median_inplace(float *values, size_t count) {
    if (count == 0) return NAN;
    qsort(values, count, sizeof *values, compare_floats);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* A value from a damaged file counts for nothing. */
static bool sane(const gm_record *r, size_t i) {
    return fabsf(r->depth_mm[i]) < 1e5f && fabsf(r->torque_a[i]) < 1e5f && fabsf(r->thrust_a[i]) < 1e5f;
}

static void find_depth_range(const gm_record *r, gm_evidence *e) {
    e->first_mm = INFINITY;
    e->end_mm = -INFINITY;
    for (size_t i = 0; i < r->n; i++) {
        if (!sane(r, i)) continue;
        e->first_mm = fminf(e->first_mm, r->depth_mm[i]);
        e->end_mm = fmaxf(e->end_mm, r->depth_mm[i]);
    }
    if (e->first_mm > e->end_mm) e->first_mm = e->end_mm = 0;
    e->bin_mm = fmaxf(0.1f, (e->end_mm - e->first_mm) / (GM_EVIDENCE_BINS - 1));
}

/* The rows of the hard stop press the machine, not the drill: the last 0.05 mm before code 8, and repeated rows. */
static size_t rows_before_stop(const gm_record *r, const gm_segment *segment) {
    size_t n = segment->count;
    float end = r->depth_mm[segment->first + n - 1];
    if (segment->stop_code & GM_STOP_HARD_STOP)
        while (n > 1 && end - r->depth_mm[segment->first + n - 1] < 0.1f) n--;
    return n;
}

static void fill_profile(const gm_record *r, gm_evidence *e) {
    static const float recontact_mm = 0.02f;
    uint32_t counts[GM_EVIDENCE_BINS] = {0};
    e->n_bins = GM_MIN((size_t)((e->end_mm - e->first_mm) / e->bin_mm) + 1, GM_EVIDENCE_BINS);
    memset(e->torque_a, 0, e->n_bins * sizeof *e->torque_a);
    memset(e->thrust_a, 0, e->n_bins * sizeof *e->thrust_a);
    float reached = -INFINITY;
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *segment = &r->segments[s];
        size_t n = rows_before_stop(r, segment);
        float deepest = reached;
        for (size_t i = segment->first; i < segment->first + n; i++) {
            float depth = r->depth_mm[i];
            if (!sane(r, i) || !(depth > reached + recontact_mm)) continue;
            deepest = fmaxf(deepest, depth);
            size_t bin = GM_MIN((size_t)((depth - e->first_mm) / e->bin_mm), e->n_bins - 1);
            e->torque_a[bin] += r->torque_a[i];
            e->thrust_a[bin] += r->thrust_a[i];
            counts[bin]++;
        }
        reached = deepest;
    }
    for (size_t b = 0; b < e->n_bins; b++) {
        if (counts[b]) {
            e->torque_a[b] /= (float)counts[b];
            e->thrust_a[b] /= (float)counts[b];
        } else { /* fast feed skips bins */
            e->torque_a[b] = b ? e->torque_a[b - 1] : 0;
            e->thrust_a[b] = b ? e->thrust_a[b - 1] : 0;
        }
    }
    while (e->n_bins > 1 && counts[e->n_bins - 1] == 0) e->n_bins--; /* the hard stop */
}

/* Median over the first millimetre and a bit: the drill starts in air. */
static void find_air_level(gm_evidence *e) {
    float torque[12], thrust[12];
    size_t n = GM_MIN(e->n_bins, GM_COUNT(torque));
    memcpy(torque, e->torque_a, n * sizeof *torque);
    memcpy(thrust, e->thrust_a, n * sizeof *thrust);
    e->air_torque_a = gm_median_inplace(torque, n);
    e->air_thrust_a = gm_median_inplace(thrust, n);
}

size_t gm_evidence_bins_of(const gm_evidence *e, float mm) {
    return (size_t)fmaxf(1, roundf(mm / e->bin_mm));
}

float gm_evidence_depth(const gm_evidence *e, size_t bin) {
    return e->first_mm + ((float)bin + 0.5f) * e->bin_mm;
}

static bool cuts(const gm_evidence *e, size_t bin) {
    return e->torque_a[bin] - e->air_torque_a > GM_CONTACT_TORQUE_A ||
           e->thrust_a[bin] - e->air_thrust_a > GM_CONTACT_THRUST_A;
}

/* First bin from which the drill meets resistance over half a millimetre. */
static size_t find_contact(const gm_evidence *e) {
    size_t needed = gm_evidence_bins_of(e, 0.6f);
    for (size_t b = 0, run = 0; b < e->n_bins; b++) {
        run = cuts(e, b) ? run + 1 : 0;
        if (run == needed) return b + 1 - needed;
    }
    return e->n_bins;
}

static float torque_of_three(const gm_evidence *e, size_t bin) { /* no single spike */
    return (e->torque_a[bin] + e->torque_a[bin + 1] + e->torque_a[bin + 2]) / 3 - e->air_torque_a;
}

/* Where the cut ends: torque falls below a quarter of what it had reached, for a millimetre. What comes behind, a
 * countersink or the hard stop, may ask more torque than the cut itself. */
static size_t find_cut_end(const gm_evidence *e) {
    size_t needed = gm_evidence_bins_of(e, 1.0f);
    float highest = 0, reached = 0;
    for (size_t b = e->contact_bin; b + 2 < e->n_bins; b++) highest = fmaxf(highest, torque_of_three(e, b));
    for (size_t b = e->contact_bin, run = 0; b + 2 < e->n_bins; b++) {
        reached = fmaxf(reached, torque_of_three(e, b));
        bool fallen = reached > 0.35f * highest && e->torque_a[b] - e->air_torque_a < reached / 4;
        run = fallen ? run + 1 : 0;
        if (run == needed) return b + 1 - needed;
    }
    return e->n_bins;
}

/* Torque that rises out of a valley until the hard stop or Max Stroke ends the cycle: a countersink, or what else lies
 * behind the part. First bin of that rise; n_bins when the cycle does not end so. */
static size_t find_last_rise(const gm_record *r, const gm_evidence *e) {
    static const float longest_mm = 4, least_a = 0.6f;
    const int32_t code = r->n_segments ? r->segments[r->n_segments - 1].stop_code : 0;
    size_t reach = gm_evidence_bins_of(e, longest_mm), first = e->n_bins > reach + 3 ? e->n_bins - reach - 3 : 0;
    if (!(code & (GM_STOP_HARD_STOP | GM_STOP_MAX_STROKE)) || e->n_bins < 6) return e->n_bins;
    size_t valley = first;
    float before = 0, top = 0, end = torque_of_three(e, e->n_bins - 3);
    for (size_t b = first; b + 2 < e->n_bins; b++)
        if (torque_of_three(e, b) <= torque_of_three(e, valley)) valley = b;
    for (size_t b = 0; b < valley; b++) before = fmaxf(before, torque_of_three(e, b));
    for (size_t b = valley; b + 2 < e->n_bins; b++) top = fmaxf(top, torque_of_three(e, b));
    float low = torque_of_three(e, valley);
    bool rises = top - low > least_a && end > 0.6f * top;
    return rises && low < fmaxf(0.3f * before, GM_CONTACT_TORQUE_A) ? valley : e->n_bins;
}

static void find_levels(gm_evidence *e, size_t end_bin) {
    e->torque_max_a = e->thrust_max_a = 0;
    e->peak_bin = e->contact_bin;
    for (size_t b = e->contact_bin; b + 2 < GM_MIN(end_bin + 2, e->n_bins); b++) {
        float torque = torque_of_three(e, b);
        float thrust = (e->thrust_a[b] + e->thrust_a[b + 1] + e->thrust_a[b + 2]) / 3 - e->air_thrust_a;
        if (torque > e->torque_max_a) {
            e->torque_max_a = torque;
            e->peak_bin = b + 1;
        }
        e->thrust_max_a = fmaxf(e->thrust_max_a, thrust);
    }
}

/* After the peak: first bin from which torque stays below the given part of it for so long, or to the end. */
static size_t find_fall(const gm_evidence *e, float part, float length_mm, bool or_to_end) {
    size_t needed = gm_evidence_bins_of(e, length_mm);
    float level = e->air_torque_a + part * e->torque_max_a;
    for (size_t b = e->peak_bin, run = 0; b < e->n_bins; b++) {
        run = e->torque_a[b] < level ? run + 1 : 0;
        if (run == needed || (or_to_end && run && b + 1 == e->n_bins)) return b + 1 - run;
    }
    return e->n_bins;
}

/* Steepest sustained rise after contact: mean of the next 0.8 mm over the mean of the last. */
static size_t find_metal(const gm_evidence *e) {
    size_t w = gm_evidence_bins_of(e, 0.8f), best = e->n_bins;
    float best_rise = 0.25f * e->torque_max_a;
    for (size_t b = e->contact_bin + 2 * w; b + w < e->peak_bin + w && b + w < e->n_bins; b++) {
        float before = 0, after = 0;
        for (size_t k = 0; k < w; k++) {
            before += e->torque_a[b - w + k];
            after += e->torque_a[b + k];
        }
        float rise = (after - before) / (float)w;
        if (rise > best_rise) {
            best_rise = rise;
            best = b;
        }
    }
    return best;
}

void gm_evidence_find(const gm_record *r, gm_evidence *e) {
    find_depth_range(r, e);
    fill_profile(r, e);
    find_air_level(e);
    e->contact_bin = find_contact(e);
    size_t last_rise = find_last_rise(r, e);
    if (e->contact_bin >= last_rise) e->contact_bin = e->n_bins; /* the hole was there before */
    size_t cut_end = GM_MIN(find_cut_end(e), last_rise);
    find_levels(e, cut_end);
    bool contact = e->contact_bin < e->n_bins;
    e->half_fall_bin = contact ? find_fall(e, 0.5f, 1.0f, true) : e->n_bins;
    e->metal_bin = contact ? find_metal(e) : e->n_bins;
    e->contact_mm = contact ? gm_evidence_depth(e, e->contact_bin) : NAN;
    e->metal_mm = e->metal_bin < e->n_bins ? gm_evidence_depth(e, e->metal_bin) : NAN;
    e->half_fall_mm = e->half_fall_bin < e->n_bins ? gm_evidence_depth(e, e->half_fall_bin) : NAN;
    e->through = contact && (cut_end < e->n_bins || find_fall(e, 0.25f, 0.5f, false) < e->n_bins);
    size_t last = gm_evidence_bins_of(e, 0.3f);
    float end_torque = 0;
    for (size_t k = 0; k < GM_MIN(last, e->n_bins); k++) end_torque += e->torque_a[e->n_bins - 1 - k];
    e->end_torque_a = end_torque / (float)GM_MIN(last, e->n_bins) - e->air_torque_a;
    float cut[GM_EVIDENCE_BINS];
    size_t n = 0;
    for (size_t b = e->contact_bin; b < GM_MIN(e->half_fall_bin, e->n_bins); b++) cut[n++] = e->torque_a[b];
    e->cut_torque_a = n ? gm_median_inplace(cut, n) - e->air_torque_a : NAN;
    n = 0;
    for (size_t b = e->contact_bin; b < GM_MIN(e->half_fall_bin, e->n_bins); b++) cut[n++] = e->thrust_a[b];
    e->cut_thrust_a = n ? gm_median_inplace(cut, n) - e->air_thrust_a : NAN;
}

float gm_evidence_air_step(const gm_record *r, const gm_evidence *e) {
    const gm_segment *first = &r->segments[0];
    float end = r->depth_mm[first->first + first->count - 1];
    if (r->n_segments < 2 || !(e->contact_mm > end)) return 0;
    bool seeks = first->program && (first->program->torque_max_a > 0 || first->program->thrust_max_a > 0);
    return seeks ? 0 : end;
}
