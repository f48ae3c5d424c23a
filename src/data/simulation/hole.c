/* One hole: which part lies under the drill, how worn the tool is, what is irregular; then the machine runs. */
#include "machine.h"

#include <stdio.h>
#include <string.h>

static const family_spec *const families[] = {
#define GM_FAMILY(symbol) &symbol,
#include "families.list.h"
#undef GM_FAMILY
};

const family_spec *const *all_families(size_t *count) {
    *count = GM_COUNT(families);
    return families;
}

double quantise(double value, double quantum) {
    return round(value / quantum) * quantum;
}

const char *gm_hole_kind_name(gm_hole_kind kind) {
    static const char *const names[GM_N_HOLE_KINDS] = {"normal",   "air",   "redrill",      "not_through", "shifted",
                                                       "overload", "clock", "missing_rows", "duplicate"};
    return names[kind];
}

/* Same panel, same thickness; same tool, same sharpness: random numbers named by panel and tool. */
static void make_part(const family_spec *f, uint64_t seed, uint64_t family_index, int index, gm_hole_kind kind,
                      drilled_part *out, double *layers_mm) {
    gm_random hole, panel, tool;
    int age = index % f->holes_per_tool;
    gm_random_init(&hole, seed, gm_stream(3, (uint64_t)STREAM_HOLE, family_index, (uint64_t)index));
    gm_random_init(&panel, seed, gm_stream(3, (uint64_t)STREAM_PANEL, family_index, (uint64_t)(index / 20)));
    gm_random_init(&tool, seed,
                   gm_stream(3, (uint64_t)STREAM_TOOL, family_index, (uint64_t)(index / f->holes_per_tool)));
    int stack = (index / 10) % f->n_stacks;
    double entry =
        f->entry_mm + f->entry_sd_mm * gm_random_normal(&hole) + 0.3 * f->entry_sd_mm * gm_random_normal(&panel);
    if (kind == GM_HOLE_SHIFTED) entry += 1 + 2.5 * gm_random_uniform(&hole);
    *out = (drilled_part){.n_layers = f->n_layers, .jam_mm = NAN};
    out->surface_mm[0] = entry;
    out->point_mm = f->point_mm * (1 + 0.003 * age + 0.03 * gm_random_normal(&tool));
    double sharp = 1 + 0.05 * gm_random_normal(&tool), torque_level = 1 + 0.07 * gm_random_normal(&tool);
    for (int k = 0; k < f->n_layers; k++) {
        double thickness =
            f->layers_mm[stack][k] + f->layer_sd_mm * gm_random_normal(&panel) + 0.015 * gm_random_normal(&hole);
        layers_mm[k] = thickness;
        out->surface_mm[k + 1] = out->surface_mm[k] + thickness;
        layer_load load = f->loads[k];
        load.torque_a *= torque_level * (1 + load.torque_wear * age) * (1 + 0.04 * gm_random_normal(&hole));
        load.thrust_a *= sharp * (1 + load.thrust_wear * age) * (1 + 0.03 * gm_random_normal(&hole));
        out->loads[k] = load;
    }
    if (kind == GM_HOLE_AIR)
        for (int k = 0; k < 2; k++) out->loads[k] = (layer_load){0};
    if (kind == GM_HOLE_REDRILL && f->n_layers > 1) out->loads[0] = (layer_load){0};
    double last = out->surface_mm[f->n_layers] - out->surface_mm[f->n_layers - 1];
    if (kind == GM_HOLE_OVERLOAD || kind == GM_HOLE_NOT_THROUGH)
        out->jam_mm = out->surface_mm[f->n_layers - 1] + (0.3 + 0.5 * gm_random_uniform(&hole)) * last;
}

static gm_status alloc_rows(machine *m, gm_record *record, gm_error *err) {
    float **floats[] = {&m->depth_mm,  &m->torque_a,  &m->thrust_a, &m->torque_empty_a, &m->thrust_empty_a,
                        &m->speed_rpm, &m->feed_mm_s, &m->power_w,  &m->gap_mm,         &m->torque_detector};
    for (size_t i = 0; i < GM_COUNT(floats); i++)
        if (!(*floats[i] = gm_arena_alloc(record->arena, MAX_ROWS * sizeof(float)))) return gm_nomem(err);
    m->step = gm_arena_alloc(record->arena, MAX_ROWS * sizeof(int32_t));
    m->stop_code = gm_arena_alloc(record->arena, MAX_ROWS * sizeof(int32_t));
    return m->step && m->stop_code ? GM_OK : gm_nomem(err);
}

/* A block of rows in the middle of the cutting is lost, as happens in real records. */
static void lose_rows(machine *m) {
    size_t lost = 10 + gm_random_below(m->random, 15),
           first = m->n / 2 + gm_random_below(m->random, (uint32_t)(m->n / 8 + 1));
    if (first + lost + 20 > m->n) return;
    float *floats[] = {m->depth_mm,  m->torque_a,  m->thrust_a, m->torque_empty_a, m->thrust_empty_a,
                       m->speed_rpm, m->feed_mm_s, m->power_w,  m->gap_mm,         m->torque_detector};
    size_t left = m->n - first - lost;
    for (size_t i = 0; i < GM_COUNT(floats); i++)
        memmove(floats[i] + first, floats[i] + first + lost, left * sizeof(float));
    memmove(m->step + first, m->step + first + lost, left * sizeof(int32_t));
    memmove(m->stop_code + first, m->stop_code + first + lost, left * sizeof(int32_t));
    m->n -= lost;
}

/* The signals that a version records. */
static gm_status take_rows(gm_record *record, const machine *m, long version, gm_error *err) {
    record->n = m->n;
    record->depth_mm = m->depth_mm;
    record->torque_a = m->torque_a;
    record->thrust_a = m->thrust_a;
    record->torque_empty_a = m->torque_empty_a;
    record->thrust_empty_a = m->thrust_empty_a;
    record->step = m->step;
    record->stop_code = m->stop_code;
    record->power_w = m->power_w;
    if (version == 4) {
        record->speed_rpm = m->speed_rpm;
        record->feed_mm_s = m->feed_mm_s;
    } else
        record->gap_mm = m->gap_mm;
    if (version <= 8) record->torque_detector = m->torque_detector;
    record->n_step_results = version >= 7 ? m->n_results : 0;
    record->step_results = gm_arena_alloc(record->arena, MAX_FAMILY_STEPS * sizeof *record->step_results);
    if (!record->step_results) return gm_nomem(err);
    memcpy(record->step_results, m->results, sizeof m->results);
    return GM_OK;
}

static gm_status make_program(gm_record *record, const family_spec *f, gm_error *err) {
    record->program = gm_arena_alloc(record->arena, MAX_FAMILY_STEPS * sizeof *record->program);
    if (!record->program) return gm_nomem(err);
    record->n_program = (size_t)f->n_steps;
    for (int i = 0; i < f->n_steps; i++) {
        const family_step *s = &f->steps[i];
        record->program[i] =
            (gm_program_step){.step = i,
                              .enabled = s->enabled,
                              .stroke_mm = s->stroke_mm,
                              .speed_rpm = s->speed_rpm,
                              .feed_mm_s = s->feed_mm_s,
                              .feed_mm_rev = s->speed_rpm > 0 ? s->feed_mm_s * 60 / s->speed_rpm : INFINITY,
                              .thrust_max_a = s->thrust_max_a,
                              .torque_max_a = s->torque_max_a,
                              .torque_min_a = s->torque_min_a,
                              .gap_mm = s->gap_mm,
                              .lub_air = s->enabled ? 8 : 0,
                              .lub_flow = s->enabled ? 8 : 0,
                              .vacuum = s->enabled};
    }
    return GM_OK;
}

static gm_status make_meta(gm_record *record, const family_spec *f, int index, gm_hole_kind kind, gm_error *err) {
    gm_record_meta *meta = &record->meta;
    int minute = index * 3, day = 4 + minute / 600 % 24, hour = 7 + minute / 60 % 10;
    bool light = strcmp(f->head_tag, "Light") == 0;
    meta->file_version = f->version;
    meta->date = kind == GM_HOLE_CLOCK
                     ? gm_arena_printf(record->arena, "1970-01-01T00:%02d:11", index % 60)
                     : gm_arena_printf(record->arena, "2024-%02d-%02dT%02d:%02d:%02d", 3 + minute / 14400 % 9, day,
                                       hour, minute % 60, index * 7 % 60);
    meta->sample_rate_hz = 100;
    meta->cycle_id = 3000000000L + index * 1237L;
    meta->firmware = f->firmware;
    meta->box_name = "BOX-01";
    meta->box_serial = "01E60D78";
    meta->motor_name = light && index % 37 == 5 && f->version != 4 ? "Light_EDU" : f->motor_type;
    meta->motor_type = f->motor_type;
    meta->motor_serial = f->motor_serial;
    meta->motor_m2_ratio = f->m2_ratio;
    meta->head_name = f->head_name;
    meta->head_type = "Concentric Collet";
    meta->head_tag = f->head_tag;
    meta->head_customer_info = f->customer_info ? f->customer_info : "";
    meta->head_global_counter = 1000 + index;
    meta->head_local_counter_1 = meta->head_local_counter_2 = 1 + index % f->holes_per_tool;
    meta->micropeck_oscillation = f->loads[1].ripple_a > 0 ? 3 : 0;
    meta->micropeck_amplitude = f->loads[1].ripple_a > 0 ? 10 : 0;
    meta->pset_number = 12;
    meta->pset_version = f->version == 4 ? 6 : f->version == 7 ? 8 : f->version == 11 ? 12 : 9;
    meta->max_stroke_mm = f->max_stroke_mm;
    meta->cycle_ok = f->version == 4 ? -1 : kind != GM_HOLE_OVERLOAD && kind != GM_HOLE_NOT_THROUGH;
    double seconds = 4;
    for (size_t i = 0; i < record->n_segments; i++) seconds += 1.1;
    meta->cycle_time_s = seconds + (double)record->n / 100;
    /* firmware 3.2.2.1 prints the first depth instead of the last */
    meta->distance_mm = f->version == 9 ? (double)record->depth_mm[0] : (double)record->depth_mm[record->n - 1];
    return meta->date ? GM_OK : gm_nomem(err);
}

static void tell_truth(const machine *m, const drilled_part *part, const double *layers_mm, gm_hole_kind kind, int age,
                       gm_hole_truth *out) {
    *out = (gm_hole_truth){.kind = kind, .points_mm = {NAN, NAN, NAN}, .layers_mm = {NAN, NAN}, .tool_age = age};
    if (kind == GM_HOLE_AIR) return;
    int first = kind == GM_HOLE_REDRILL && part->n_layers > 1 ? 1 : 0;
    out->points_mm[GM_ENTRY] = m->crossed_mm[first];
    if (part->n_layers - first > 1) out->points_mm[GM_TRANSITION] = m->crossed_mm[1];
    out->points_mm[GM_EXIT] = m->crossed_mm[part->n_layers];
    for (int k = first; k < part->n_layers; k++) out->layers_mm[k - first] = layers_mm[k];
}

gm_status gm_simulate_hole(size_t family_index, uint64_t seed, int index, gm_hole_kind kind, gm_record **out,
                           gm_hole_truth *truth, gm_error *err) {
    const family_spec *f = families[family_index];
    gm_auto(gm_record) record = gm_record_new();
    if (!record) return gm_nomem(err);
    drilled_part part;
    double layers_mm[2];
    make_part(f, seed, family_index, index, kind, &part, layers_mm);
    gm_random noise;
    gm_random_init(&noise, seed, gm_stream(3, (uint64_t)STREAM_NOISE, (uint64_t)family_index, (uint64_t)index));
    machine m = {.family = f, .part = &part, .random = &noise, .grid_mm = 1 / (12 * f->m2_ratio), .level_walk = 1};
    bool idles_at_zero = gm_random_uniform(&noise) < 0.4;
    m.idle_thrust_a = idles_at_zero ? 0 : -0.035;
    m.dead_band_a = idles_at_zero ? 0.03 * gm_random_uniform(&noise) : 0;
    m.stair_a = gm_random_uniform(&noise) < 0.5 ? 0.022 : 0.006;
    GM_TRY(alloc_rows(&m, record, err));
    machine_run(&m);
    if (kind == GM_HOLE_MISSING_ROWS) lose_rows(&m);
    record->format = "simulated";
    GM_TRY(take_rows(record, &m, f->version, err));
    GM_TRY(make_program(record, f, err));
    GM_TRY(gm_record_finish(record, err));
    GM_TRY(make_meta(record, f, index, kind, err));
    tell_truth(&m, &part, layers_mm, kind, index % f->holes_per_tool, truth);
    *out = gm_steal(&record);
    return GM_OK;
}
