/* Holes made here, from the physics that docs/quality.md names, so that every test says what is wrong with its hole. */
#ifndef GIMLET_TESTS_QUALITY_HOLES_H
#define GIMLET_TESTS_QUALITY_HOLES_H

#include "data/quality/quality.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

/* Two steps: 15.7 mm at 3 mm/s through air and CFRP, then 9.3 mm at 0.75 mm/s through the metal and out. */
typedef struct {
    double entry_mm, metal_mm, exit_mm; /* INFINITY = not there     */
    double soft_a, hard_a;              /* torque of the two layers */
    double noise_a;
    double ratio; /* Motor M2 Ratio */
} hole;
#define ORDINARY_HOLE                                                                                                  \
    ((hole){.entry_mm = 6.5,                                                                                           \
            .metal_mm = 16.4,                                                                                          \
            .exit_mm = 20.5,                                                                                           \
            .soft_a = 5,                                                                                               \
            .hard_a = 40,                                                                                              \
            .noise_a = 0.025,                                                                                          \
            .ratio = 21.923})

enum { MAX_ROWS = 4096 };

static inline double ramp(double depth_mm, double from_mm) {
    return fmin(fmax((depth_mm - from_mm) / 1.4, 0), 1); /* the tip enters over its own length */
}

static inline double torque_at(const hole *h, double depth_mm) {
    double in = h->soft_a * ramp(depth_mm, h->entry_mm);
    if (isfinite(h->metal_mm)) in += (h->hard_a - h->soft_a) * ramp(depth_mm, h->metal_mm);
    return isfinite(h->exit_mm) ? in * (1 - ramp(depth_mm, h->exit_mm)) : in;
}

static inline gm_field *make_fields(gm_record *r, size_t n) {
    r->n_fields = n;
    r->fields = gm_arena_alloc(r->arena, n * sizeof *r->fields);
    for (size_t i = 0; i < n; i++) r->fields[i] = (gm_field){"General Infos", "Version", "4"};
    return r->fields;
}

static inline void make_columns(gm_record *r) {
    r->depth_mm = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(float));
    r->torque_a = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(float));
    r->thrust_a = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(float));
    r->torque_empty_a = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(float));
    r->thrust_empty_a = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(float));
    r->step = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(int32_t));
    r->stop_code = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(int32_t));
    r->speed_rpm = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(float));
    r->feed_mm_s = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(float));
}

/* Rows of one step, from a depth to another; the last four repeat, the last two carry the code. */
static inline void drill_step(gm_record *r, const hole *h, int step, double from_mm, double to_mm, double feed_mm_s,
                              int32_t code) {
    double quantum = 1 / (12 * h->ratio), per_row = feed_mm_s * 0.9765 / 100;
    size_t n = (size_t)((to_mm - from_mm) / per_row) + 1;
    for (size_t i = 0; i < n + 4; i++, r->n++) {
        assert_true(r->n < MAX_ROWS);
        double depth = from_mm + per_row * (double)GM_MIN(i, n - 1);
        /* two frequencies stand for the noise: the same in every run */
        double noise = i < n ? h->noise_a * (sin(2.1 * (double)r->n) + sin(0.37 * (double)r->n)) / 2 : 0;
        double torque = torque_at(h, depth) + noise;
        r->depth_mm[r->n] = (float)(round(round(depth / quantum) * quantum * 1000) / 1000);
        r->torque_a[r->n] = (float)(round(torque / 0.048828) * 0.048828);
        double thrust = torque / 30 + (i < n && h->noise_a > 0 ? 0.009 * sin(1.7 * (double)r->n) : 0);
        r->thrust_a[r->n] = (float)(round(thrust / 0.01172) * 0.01172);
        r->torque_empty_a[r->n] = 2.5f;
        r->step[r->n] = step;
        r->stop_code[r->n] = i >= n + 2 ? code : 0;
    }
}

static inline gm_record *make_record(const hole *h) {
    gm_record *r = gm_record_new();
    assert_non_null(r);
    r->format = "setitec";
    r->meta.file_version = 4;
    r->meta.date = "2024-05-29T14:03:11";
    r->meta.sample_rate_hz = 100;
    r->meta.box_serial = "B1";
    r->meta.motor_serial = "17070141";
    r->meta.head_name = "17070141";
    r->meta.head_tag = "Light";
    r->meta.head_global_counter = 100;
    r->meta.head_local_counter_1 = 7;
    r->meta.motor_m2_ratio = h->ratio;
    static const gm_program_step program[] = {
        {.step = 2, .enabled = true, .stroke_mm = 15.7, .speed_rpm = 4000, .feed_mm_s = 3},
        {.step = 3, .enabled = true, .stroke_mm = 9.3, .speed_rpm = 1000, .feed_mm_s = 0.75},
    };
    r->n_program = GM_COUNT(program);
    r->program = gm_arena_alloc(r->arena, sizeof program);
    memcpy(r->program, program, sizeof program);
    make_fields(r, 1);
    make_columns(r);
    drill_step(r, h, 2, 0.67, 15.69, 3, GM_STOP_STROKE);
    drill_step(r, h, 3, 15.45, 25.0, 0.75, GM_STOP_STROKE);
    r->meta.distance_mm = (double)r->depth_mm[r->n - 1];
    r->meta.cycle_time_s = (double)r->n / 100 + 4;
    gm_error err = {0};
    assert_ok(gm_record_finish(r, &err), err);
    return r;
}

static inline void check_record(const gm_record *record, const char *file, gm_findings *out, gm_hole_summary *summary) {
    gm_error err = {0};
    gm_auto(gm_quality) quality = NULL;
    assert_ok(gm_quality_new(&quality, &err), err);
    gm_quality_input input = {.file = file, .sha256 = "", .record = record};
    assert_ok(gm_quality_check(quality, &input, out, summary, &err), err);
}

static inline const gm_finding *find(const gm_findings *findings, const char *check) {
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].check, check) == 0) return &findings->items[i];
    return NULL;
}

/* The record has this finding, and nothing else above info but what is named in also (NULL = nothing). */
static inline void assert_found_only(const gm_record *record, const char *check, gm_severity severity,
                                     const char *also) {
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(record, "", &findings, NULL);
    const gm_finding *finding = find(&findings, check);
    if (!finding) fail_msg("%s was not found", check);
    assert_int_equal(finding->severity, severity);
    assert_true(strlen(finding->message) > 10 && strchr(finding->message, '\n') == NULL);
    for (size_t i = 0; i < findings.count; i++) {
        const char *other = findings.items[i].check;
        if (strcmp(other, check) == 0 || findings.items[i].severity == GM_INFO) continue;
        if (!also || !strstr(also, other)) fail_msg("%s: %s was not to be found", other, findings.items[i].message);
    }
}

static inline void assert_nothing_found(const gm_record *record) {
    gm_auto_findings findings = GM_FINDINGS_INIT;
    check_record(record, "", &findings, NULL);
    for (size_t i = 0; i < findings.count; i++)
        if (findings.items[i].severity != GM_INFO)
            fail_msg("%s: %s", findings.items[i].check, findings.items[i].message);
}

#endif
