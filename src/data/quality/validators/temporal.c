/* temporal: is the record whole in time: rate, feed, missing rows, length? */
#include "../quality_internal.h"

#include <math.h>

typedef struct {
    double rate_hz, feed_tolerance, gap_mm, wide_gap_mm, idle_s;
    double shortest_s, shortest_mm, start_up_s, cycle_s;
} thresholds;

static const gm_param_spec params[] = {
    GM_LIMIT(rate_hz, "100", 1, 100000, "Hz", "Sample rate that every machine writes"),
    GM_LIMIT(feed_tolerance, "0.05", 0.005, 1, NULL,
             "Travel per row over commanded feed / rate, off 0.9765; ordinary: up to 0.02"),
    GM_LIMIT(gap_mm, "0.05", 0.01, 10, "mm", "Depth missing between two rows of a step that is worth a remark"),
    GM_LIMIT(wide_gap_mm, "0.15", 0.01, 10, "mm",
             "Depth missing that is worth a warning: more than a point's tolerance"),
    GM_LIMIT(idle_s, "1", 0.1, 1000, "s", "Time without any travel inside a step; ordinary: up to 0.1"),
    GM_LIMIT(shortest_s, "0.5", 0.01, 1000, "s", "Shortest record that can hold a hole"),
    GM_LIMIT(shortest_mm, "2", 0.1, 1000, "mm", "Shortest travel that can hold a hole"),
    GM_LIMIT(start_up_s, "10", 0.1, 1000, "s", "Duration of a step beyond its rows; ordinary: 0.6 to 4.7"),
    GM_LIMIT(cycle_s, "30", 1, 10000, "s", "Cycle time beyond the rows of all steps; ordinary: 2.6 to 12"),
};

/* The machine advances by 1000/1024 of what is commanded (format document, section 4.3). */
static const double feed_factor = 0.9765;
/* Rows at the end of a step that repeat the last position. */
static const size_t repeated_rows = 6;

static void check_rate(const gm_record *r, double expected, gm_findings *findings) {
    double rate = r->meta.sample_rate_hz;
    if (rate == expected) return;
    if (isnan(rate) || rate <= 0) {
        gm_findings_add(findings, "temporal.no_rate", GM_INFO, NULL,
                        "the record names no sample rate; %s Hz is assumed", GM_NUM(expected, 0));
        return;
    }
    gm_findings_add(findings, "temporal.rate", GM_WARNING,
                    "resample it before training together with others, or leave it out",
                    "sample rate %s Hz; every other machine writes %s Hz", GM_NUM(rate, 1), GM_NUM(expected, 0));
}

static void check_feed(const gm_record *r, const thresholds *t, gm_findings *findings) {
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        if (!g->program || !(g->program->feed_mm_s > 0) || g->count < 60) continue;
        size_t last = g->count - 1 - repeated_rows;
        double travel = (double)(r->depth_mm[g->first + last] - r->depth_mm[g->first]);
        double rate = r->meta.sample_rate_hz > 0 ? r->meta.sample_rate_hz : t->rate_hz;
        double factor = travel / (double)last * rate / g->program->feed_mm_s;
        if (fabs(factor - feed_factor) <= t->feed_tolerance) continue;
        gm_finding_range(
            gm_findings_add(findings, "temporal.feed", GM_WARNING,
                            factor > 2 || factor < 0.5
                                ? "the program in the header is not the one that ran: trust the signals only"
                                : "rows are missing or repeated, or the feed was slowed down: check depths before use",
                            "step %d advanced at %s mm/s; the program says %s mm/s, of which %s is expected (factor %s "
                            "in place of %s)",
                            g->step, GM_NUM(factor * g->program->feed_mm_s, 3), GM_NUM(g->program->feed_mm_s, 3),
                            GM_NUM(feed_factor * g->program->feed_mm_s, 3), GM_NUM(factor, 3), GM_NUM(feed_factor, 4)),
            r->depth_mm[g->first], r->depth_mm[g->first + g->count - 1]);
    }
}

/* Typical travel per row of a step, whatever the program says. */
static float typical_travel(const gm_record *r, const gm_segment *g) {
    size_t last = g->count - 1 - repeated_rows;
    return (r->depth_mm[g->first + last] - r->depth_mm[g->first]) / (float)last;
}

static void check_gaps(const gm_record *r, const thresholds *t, gm_findings *findings) {
    size_t n = 0;
    float worst = 0, from = NAN, to = NAN;
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        if (g->count < 20) continue;
        float usual = typical_travel(r, g);
        for (size_t i = g->first + 1; i < g->first + g->count; i++) {
            float missing = r->depth_mm[i] - r->depth_mm[i - 1] - usual;
            if (!((double)missing > t->gap_mm) || missing < 0.5f * usual) continue;
            n++;
            if (missing > worst) worst = missing, from = r->depth_mm[i - 1], to = r->depth_mm[i];
        }
    }
    if (n == 0) return;
    bool wide = (double)worst > t->wide_gap_mm;
    gm_finding_range(gm_findings_add(findings, "temporal.gap", wide ? GM_WARNING : GM_INFO,
                                     wide ? "a point that lies there cannot be read better than this: look at the plot"
                                          : "differences over time are wrong there; over depth they are not",
                                     "rows are missing inside a step at %zu place%s, the widest %s mm at %s mm", n,
                                     n == 1 ? "" : "s", GM_NUM(worst, 2), GM_NUM(from, 2)),
                     from, to);
}

static void check_idle(const gm_record *r, const thresholds *t, gm_findings *findings) {
    double rate = r->meta.sample_rate_hz > 0 ? r->meta.sample_rate_hz : t->rate_hz;
    for (size_t s = 0; s < r->n_segments; s++) {
        const gm_segment *g = &r->segments[s];
        size_t start = g->first;
        for (size_t i = g->first + 1; i <= g->first + g->count; i++) {
            if (i < g->first + g->count && r->depth_mm[i] == r->depth_mm[start]) continue;
            double time = (double)(i - start) / rate;
            if (time > t->idle_s && (!g->program || g->program->delay_ms < 1000 * time)) {
                gm_finding_at(gm_findings_add(findings, "temporal.idle", GM_WARNING,
                                              "check the feed drive and its encoder; ask whether the cycle was held",
                                              "step %d stands still for %s s at %s mm", g->step, GM_NUM(time, 1),
                                              GM_NUM(r->depth_mm[start], 2)),
                              r->depth_mm[start]);
                return;
            }
            start = i;
        }
    }
}

static void check_length(const gm_record *r, const gm_evidence *e, const thresholds *t, gm_findings *findings) {
    double rate = r->meta.sample_rate_hz > 0 ? r->meta.sample_rate_hz : t->rate_hz;
    double time = (double)r->n / rate, travel = (double)(e->end_mm - e->first_mm);
    if (time < t->shortest_s || travel < t->shortest_mm)
        gm_findings_add(findings, "temporal.short", GM_FAILURE,
                        "leave it out of training: the cycle was broken off or the file is not whole",
                        "the record holds %zu rows (%s s) over %s mm; a hole needs %s s and %s mm at least", r->n,
                        GM_NUM(time, 2), GM_NUM(travel, 2), GM_NUM(t->shortest_s, 1), GM_NUM(t->shortest_mm, 1));
}

/* Each step is recorded after a start-up of a few seconds: it cannot be shorter than its rows, nor much longer. */
static void check_durations(const gm_record *r, const thresholds *t, gm_findings *findings) {
    double rate = r->meta.sample_rate_hz > 0 ? r->meta.sample_rate_hz : t->rate_hz;
    for (size_t s = 0; s < r->n_segments && r->n_step_results == r->n_segments; s++) {
        double rows_s = (double)r->segments[s].count / rate, duration = r->step_results[s].duration_s;
        if (isnan(duration) || (duration >= rows_s - 0.2 && duration <= rows_s + t->start_up_s)) continue;
        gm_findings_add(findings, "temporal.duration", GM_WARNING,
                        duration < rows_s ? "the header belongs to another hole: trust the signals only"
                                          : "rows are missing: fetch the file again",
                        "step %d took %s s by its result, but holds rows for %s s", r->segments[s].step,
                        GM_NUM(duration, 2), GM_NUM(rows_s, 2));
        return;
    }
    double rows_s = (double)r->n / rate, cycle = r->meta.cycle_time_s;
    if (isnan(cycle) || cycle <= 0) return;
    if (cycle < rows_s - 0.2)
        gm_findings_add(
            findings, "temporal.cycle_time", GM_WARNING, "the header belongs to another hole: trust the signals only",
            "the cycle took %s s by its result, but the rows alone last %s s", GM_NUM(cycle, 1), GM_NUM(rows_s, 1));
    else if (cycle > rows_s + t->cycle_s)
        gm_findings_add(findings, "temporal.cycle_time", GM_INFO, "ask whether the cycle was held between two steps",
                        "the cycle took %s s longer than its rows; up to 12 s is usual", GM_NUM(cycle - rows_s, 1));
}

static void check(const gm_quality_input *input, const gm_evidence *evidence, const void *limits,
                  gm_findings *findings) {
    const thresholds *t = limits;
    const gm_record *r = input->record;
    check_rate(r, t->rate_hz, findings);
    check_feed(r, t, findings);
    check_gaps(r, t, findings);
    check_idle(r, t, findings);
    check_length(r, evidence, t, findings);
    check_durations(r, t, findings);
}

const gm_validator gm_validator_temporal = {
    .name = "temporal",
    .doc = "The record is whole in time: sample rate, feed factor 0.9765, no missing rows, long enough",
    .params = params,
    .n_params = GM_COUNT(params),
    .params_size = sizeof(thresholds),
    .check = check,
};
