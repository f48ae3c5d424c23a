/* signal_quality: can the signals be believed, and do they show an ordinary hole?
 *
 * Limits stand well clear of what 700 real records show (docs/quality.md): torque in counts of 0.049 A, thrust in
 * counts of 0.012 A, micropeck ripple of 2 A, motor zero drifting by up to 2.8 A on a hot spindle. */
#include "../quality_internal.h"

#include <math.h>

typedef struct {
    double noise_torque_a, noise_thrust_a;
    double outlier_torque_a, outlier_thrust_a;
    double drift_torque_a, drift_thrust_a;
    double clipped_a;
    double stuck_mm, stuck_s;
    double backwards_mm;
    double not_through_fraction;
    double weak_torque_a;
} thresholds;

static const gm_param_spec params[] = {
    GM_LIMIT(noise_torque_a, "0.35", 0.05, 10, "A",
             "Root mean square of the row-to-row noise of torque; ordinary: up to 0.15"),
    GM_LIMIT(noise_thrust_a, "0.045", 0.01, 2, "A", "The same of thrust; ordinary: up to 0.015"),
    GM_LIMIT(outlier_torque_a, "1.5", 0.2, 50, "A", "A single row that leaves both its neighbours by this much"),
    GM_LIMIT(outlier_thrust_a, "0.15", 0.03, 5, "A", "The same of thrust"),
    GM_LIMIT(drift_torque_a, "3.5", 0.5, 50, "A", "Torque below the air level; the motor zero drifts by up to 2.8 A"),
    GM_LIMIT(drift_thrust_a, "0.25", 0.05, 5, "A", "Thrust below the air level"),
    GM_LIMIT(clipped_a, "69.5", 1, 1000, "A", "Torque with its no-load current; the machine cuts off at 70 A"),
    GM_LIMIT(stuck_mm, "7", 1, 1000, "mm", "Travel over which a current does not change by one count"),
    GM_LIMIT(stuck_s, "5", 1, 1000, "s", "The same in time"),
    GM_LIMIT(backwards_mm, "0.03", 0.002, 10, "mm", "Depth that goes back inside a step; ordinary: one motor step"),
    GM_LIMIT(
        not_through_fraction, "0.24", 0.05, 0.9, NULL,
        "Torque that is left at the end of the cycle, as part of its maximum, before the hole counts as not through"),
    GM_LIMIT(weak_torque_a, "2", 0.2, 20, "A",
             "A hole that is met late and never asks more than this is one drilled before"),
};

/* --- single rows --- */

static void check_missing(const gm_record *r, gm_findings *findings) {
    size_t n = 0, first = 0;
    for (size_t i = 0; i < r->n; i++) {
        bool good = isfinite(r->depth_mm[i]) && isfinite(r->torque_a[i]) && isfinite(r->thrust_a[i]);
        if (!good && n++ == 0) first = i;
    }
    if (n == 0) return;
    gm_findings_add(findings, "signal_quality.missing", n * 20 > r->n ? GM_FAILURE : GM_WARNING,
                    "take the original file from the machine",
                    "%zu of %zu rows lack a value of depth, torque or thrust, the first in data row %zu", n, r->n,
                    first + 1);
}

static void check_clipped(const gm_record *r, double limit, gm_findings *findings) {
    size_t n = 0;
    float from = NAN, to = NAN;
    for (size_t i = 0; i < r->n; i++) {
        if (!((double)(r->torque_a[i] + r->torque_empty_a[i]) >= limit)) continue;
        if (n++ == 0) from = r->depth_mm[i];
        to = r->depth_mm[i];
    }
    if (n == 0) return;
    gm_finding_range(gm_findings_add(findings, "signal_quality.clipped", GM_WARNING,
                                     "change the tool: the true torque is higher than what was recorded",
                                     "torque reached the machine's limit: %zu row%s at %s A or more with the no-load "
                                     "current, at %s mm",
                                     n, n == 1 ? "" : "s", GM_NUM(limit, 1), GM_NUM(from, 2)),
                     from, to);
}

typedef struct {
    const char *name;
    const float *values;
    float outlier_a;
    double noise_a;
} channel;

static void check_outliers(const gm_record *r, const channel *c, gm_findings *findings) {
    size_t n = 0;
    float worst = 0, worst_mm = NAN;
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        for (size_t i = g->first + 2; i + 2 < g->first + g->count; i++) {
            float left = c->values[i] - c->values[i - 1], right = c->values[i] - c->values[i + 1];
            if (left * right <= 0) continue;
            float by = fminf(fabsf(left), fabsf(right));
            if (by < c->outlier_a) continue;
            /* the neighbours agree: a spike, not a slope or a ripple */
            if (fabsf(c->values[i + 1] - c->values[i - 1]) > by / 2) continue;
            n++;
            if (by > worst) worst = by, worst_mm = r->depth_mm[i];
        }
    }
    if (n == 0) return;
    gm_finding_at(gm_findings_add(findings, "signal_quality.outliers", GM_WARNING,
                                  "if several records of this machine show it, check the current sensor and its cable",
                                  "%zu single row%s of %s off the neighbours, the worst by %s A at %s mm; %s A is "
                                  "expected at most",
                                  n, n == 1 ? "" : "s", c->name, GM_NUM(worst, 2), GM_NUM(worst_mm, 2),
                                  GM_NUM(c->outlier_a, 2)),
                  worst_mm);
}

/* Second differences see noise, but neither slopes nor drift. */
static void check_noise(const gm_record *r, const channel *c, gm_findings *findings) {
    double sum = 0;
    size_t n = 0;
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        for (size_t i = g->first + 1; i + 6 < g->first + g->count; i++, n++) {
            double d = (double)(c->values[i] - (c->values[i - 1] + c->values[i + 1]) / 2);
            d = fmin(fabs(d), 4 * c->noise_a); /* a few outliers are another finding */
            sum += d * d;
        }
    }
    double noise = n ? sqrt(sum / (double)n) : 0;
    if (!(noise > c->noise_a)) return;
    gm_findings_add(findings, "signal_quality.noise", GM_WARNING,
                    "check the tool for broken edges, the spindle for play and the motor cable for contact",
                    "%s jumps from row to row by %s A (root mean square); %s A is expected at most", c->name,
                    GM_NUM(noise, 3), GM_NUM(c->noise_a, 3));
}

/* --- runs of rows --- */

/* In air a current may well rest on one count; where the drill cuts it never does. */
static void check_stuck(const gm_record *r, const gm_evidence *e, const channel *c, const thresholds *t,
                        gm_findings *findings) {
    double rate = r->meta.sample_rate_hz > 0 ? r->meta.sample_rate_hz : 100;
    float from = e->contact_mm, to = isnan(e->half_fall_mm) ? e->end_mm : e->half_fall_mm;
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        size_t start = g->first;
        for (size_t i = g->first + 1; i <= g->first + g->count; i++) {
            if (i < g->first + g->count && c->values[i] == c->values[start]) continue;
            double travel = (double)(fminf(r->depth_mm[i - 1], to) - fmaxf(r->depth_mm[start], from));
            double time = (double)(i - start) / rate;
            if (travel > t->stuck_mm || (travel > 0.5 && time > t->stuck_s)) {
                gm_finding_range(
                    gm_findings_add(findings, "signal_quality.stuck", GM_WARNING,
                                    "check the current sensor; points inside this range cannot be found",
                                    "%s stays at exactly %s A from %s to %s mm (%s s) while the drill cuts", c->name,
                                    GM_NUM(c->values[start], 3), GM_NUM(r->depth_mm[start], 1),
                                    GM_NUM(r->depth_mm[i - 1], 1), GM_NUM(time, 1)),
                    r->depth_mm[start], r->depth_mm[i - 1]);
                return;
            }
            start = i;
        }
    }
}

static void check_depth(const gm_record *r, const thresholds *t, gm_findings *findings) {
    size_t n = 0;
    float worst = 0, worst_mm = NAN;
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        size_t end = g->first + g->count;
        if (g->stop_code & GM_STOP_HARD_STOP) end -= GM_MIN(g->count, 10); /* may spring back */
        for (size_t i = g->first + 1; i < end; i++) {
            float back = r->depth_mm[i - 1] - r->depth_mm[i];
            if (!((double)back > t->backwards_mm)) continue;
            n++;
            if (back > worst) worst = back, worst_mm = r->depth_mm[i];
        }
    }
    if (n == 0) return;
    gm_finding_at(gm_findings_add(findings, "signal_quality.backwards", GM_WARNING,
                                  "check the feed encoder; depths behind this place may be wrong",
                                  "depth goes back %zu time%s inside a step, the most by %s mm at %s mm; %s mm is "
                                  "expected at most",
                                  n, n == 1 ? "" : "s", GM_NUM(worst, 3), GM_NUM(worst_mm, 2),
                                  GM_NUM(t->backwards_mm, 3)),
                  worst_mm);
}

/* The air level is the highest that nothing cuts at: what lies below it is drift of the motor's no-load current. */
static void check_drift(const gm_evidence *e, const thresholds *t, gm_findings *findings) {
    float torque = 0, thrust = 0, torque_mm = NAN, thrust_mm = NAN;
    for (size_t b = 0; b + 4 < e->n_bins; b++) {
        float torque_sum = 0, thrust_sum = 0;
        for (size_t k = 0; k < 5; k++) {
            torque_sum += e->torque_a[b + k];
            thrust_sum += e->thrust_a[b + k];
        }
        if (torque_sum / 5 - e->air_torque_a < torque)
            torque = torque_sum / 5 - e->air_torque_a, torque_mm = gm_evidence_depth(e, b + 2);
        if (thrust_sum / 5 - e->air_thrust_a < thrust)
            thrust = thrust_sum / 5 - e->air_thrust_a, thrust_mm = gm_evidence_depth(e, b + 2);
    }
    static const char *hint = "let the spindle warm up before the cycle; compare levels within a step only";
    if ((double)-torque > t->drift_torque_a)
        gm_finding_at(gm_findings_add(findings, "signal_quality.drift", GM_WARNING, hint,
                                      "torque falls to %s A below its level in air at %s mm; drift of %s A at most is "
                                      "expected",
                                      GM_NUM(-torque, 2), GM_NUM(torque_mm, 1), GM_NUM(t->drift_torque_a, 1)),
                      torque_mm);
    if ((double)-thrust > t->drift_thrust_a)
        gm_finding_at(gm_findings_add(findings, "signal_quality.drift", GM_WARNING, hint,
                                      "thrust falls to %s A below its level in air at %s mm; drift of %s A at most is "
                                      "expected",
                                      GM_NUM(-thrust, 3), GM_NUM(thrust_mm, 1), GM_NUM(t->drift_thrust_a, 2)),
                      thrust_mm);
}

/* --- the hole --- */

static void check_hole(const gm_record *r, const gm_evidence *e, const thresholds *t, gm_findings *findings) {
    if (isnan(e->contact_mm)) {
        float highest = -INFINITY;
        for (size_t b = 0; b < e->n_bins; b++) highest = fmaxf(highest, e->torque_a[b]);
        gm_findings_add(
            findings, "signal_quality.no_contact", GM_FAILURE,
            "leave it out of training; if a part was there, check tool, clamping and that the spindle turned",
            "the drill met nothing between %s and %s mm (torque at most %s A): a cycle in air or in a hole "
            "drilled before",
            GM_NUM(e->first_mm, 1), GM_NUM(e->end_mm, 1), GM_NUM(highest, 2));
        return;
    }
    float air_mm = gm_evidence_air_step(r, e);
    if (air_mm >= GM_LATE_CONTACT_MM) {
        bool weak = (double)e->torque_max_a < t->weak_torque_a;
        gm_finding_at(
            gm_findings_add(
                findings, weak ? "signal_quality.already_drilled" : "signal_quality.late_contact", GM_FAILURE,
                weak ? "leave it out of training: the hole was there before"
                     : "leave it out of training, or label it by hand: part of the hole was there before, or the part "
                       "lay deeper",
                "step %d went through air to its end at %s mm; the drill met something only at %s mm, with %s A of "
                "torque at most",
                r->segments[0].step, GM_NUM(air_mm, 1), GM_NUM(e->contact_mm, 1), GM_NUM(e->torque_max_a, 1)),
            e->contact_mm);
    }
    if (air_mm >= GM_LATE_CONTACT_MM && (double)e->torque_max_a < t->weak_torque_a)
        return; /* nothing there to break through */
    if (!e->through && (double)e->end_torque_a > t->not_through_fraction * (double)e->torque_max_a)
        gm_finding_at(
            gm_findings_add(findings, "signal_quality.not_through", GM_WARNING,
                            "it has no exit to learn from; lengthen the stroke of the last step, or drill the "
                            "hole again",
                            "not broken through: at the end of the cycle at %s mm torque is still %s A, %s %% "
                            "of its maximum",
                            GM_NUM(e->end_mm, 1), GM_NUM(e->end_torque_a, 1),
                            GM_NUM(100 * e->end_torque_a / e->torque_max_a, 0)),
            e->end_mm);
}

static void check_thrust(const gm_record *r, const gm_evidence *e, gm_findings *findings) {
    float low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < r->n; i++) {
        low = fminf(low, r->thrust_a[i]);
        high = fmaxf(high, r->thrust_a[i]);
    }
    if (isnan(e->contact_mm) || high - low > 0.03f) return;
    gm_findings_add(findings, "signal_quality.no_thrust", GM_WARNING,
                    "points are found from torque alone, so their confidence is lower; check the feed motor's sensor",
                    "thrust does not follow the cut: it stays between %s and %s A while torque reaches %s A",
                    GM_NUM(low, 3), GM_NUM(high, 3), GM_NUM(e->torque_max_a, 1));
}

static void check(const gm_quality_input *input, const gm_evidence *evidence, const void *limits,
                  gm_findings *findings) {
    const thresholds *t = limits;
    const gm_record *r = input->record;
    const channel channels[] = {
        {"torque", r->torque_a, (float)t->outlier_torque_a, t->noise_torque_a},
        {"thrust", r->thrust_a, (float)t->outlier_thrust_a, t->noise_thrust_a},
    };
    check_missing(r, findings);
    check_clipped(r, t->clipped_a, findings);
    for (size_t c = 0; c < GM_COUNT(channels); c++) {
        check_outliers(r, &channels[c], findings);
        check_noise(r, &channels[c], findings);
        if (!isnan(evidence->contact_mm)) check_stuck(r, evidence, &channels[c], t, findings);
    }
    check_depth(r, t, findings);
    check_drift(evidence, t, findings);
    check_thrust(r, evidence, findings);
    check_hole(r, evidence, t, findings);
}

const gm_validator gm_validator_signal_quality = {
    .name = "signal_quality",
    .doc = "The signals can be believed (nothing missing, clipped, stuck, noisy, drifting) and show an ordinary hole",
    .params = params,
    .n_params = GM_COUNT(params),
    .params_size = sizeof(thresholds),
    .check = check,
};
