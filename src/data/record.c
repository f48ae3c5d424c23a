#include "record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

gm_record *gm_record_new(void) {
    gm_arena *arena = gm_arena_new();
    gm_record *record = arena ? gm_arena_alloc(arena, sizeof *record) : NULL;
    if (!record) {
        gm_arena_free(arena);
        return NULL;
    }
    record->arena = arena;
    record->format = "";
    record->meta = (gm_record_meta){.file_version = -1,
                                    .date = "",
                                    .sample_rate_hz = NAN,
                                    .cycle_id = -1,
                                    .firmware = "",
                                    .box_name = "",
                                    .box_serial = "",
                                    .motor_name = "",
                                    .motor_type = "",
                                    .motor_serial = "",
                                    .motor_m2_ratio = NAN,
                                    .head_name = "",
                                    .head_type = "",
                                    .head_tag = "",
                                    .head_customer_info = "",
                                    .head_global_counter = -1,
                                    .head_local_counter_1 = -1,
                                    .head_local_counter_2 = -1,
                                    .micropeck_oscillation = NAN,
                                    .micropeck_amplitude = NAN,
                                    .pset_number = -1,
                                    .pset_version = -1,
                                    .max_stroke_mm = NAN,
                                    .cycle_time_s = NAN,
                                    .distance_mm = NAN,
                                    .cycle_ok = -1};
    return record;
}

void gm_record_free(gm_record *record) {
    if (record) gm_arena_free(record->arena); /* the record itself lies in it */
}

gm_status gm_record_finish(gm_record *record, gm_error *err) {
    size_t n_segments = record->n > 0;
    for (size_t i = 1; i < record->n; i++) n_segments += record->step[i] != record->step[i - 1];
    gm_segment *segments = gm_arena_alloc(record->arena, n_segments * sizeof *segments);
    if (!segments) return gm_nomem(err);
    size_t k = 0;
    for (size_t i = 0; i < record->n; i++) {
        if (i == 0 || record->step[i] != record->step[i - 1])
            segments[k++] = (gm_segment){.step = record->step[i], .first = i};
        segments[k - 1].count++;
        segments[k - 1].stop_code = record->stop_code[i];
    }
    for (size_t s = 0; s < n_segments; s++)
        for (size_t p = 0; p < record->n_program; p++)
            if (record->program[p].step == segments[s].step) segments[s].program = &record->program[p];
    record->segments = segments;
    record->n_segments = n_segments;
    return GM_OK;
}

void gm_record_trace_hash(const gm_record *record, char out_hex[GM_SHA256_HEX]) {
    /* Hash of the hashes of the columns: no need for them to lie side by side. */
    char columns[4][GM_SHA256_HEX];
    gm_sha256(record->depth_mm, record->n * sizeof *record->depth_mm, columns[0]);
    gm_sha256(record->torque_a, record->n * sizeof *record->torque_a, columns[1]);
    gm_sha256(record->thrust_a, record->n * sizeof *record->thrust_a, columns[2]);
    gm_sha256(record->step, record->n * sizeof *record->step, columns[3]);
    gm_sha256(columns, sizeof columns, out_hex);
}

static void describe_step(const gm_program_step *p, gm_text *text) {
    const double values[] = {p->step,         p->stroke_mm,    p->speed_rpm,    p->feed_mm_s,       p->thrust_max_a,
                             p->torque_max_a, p->thrust_min_a, p->torque_min_a, p->thrust_safety_a, p->torque_safety_a,
                             p->gap_mm,       p->peck,         p->delay_ms};
    for (size_t i = 0; i < GM_COUNT(values); i++) {
        gm_text_number(text, values[i], 3);
        gm_text_append(text, " ");
    }
}

void gm_record_program_id(const gm_record *record, char out_hex[17]) {
    gm_auto_text text = GM_TEXT_INIT;
    for (size_t i = 0; i < record->n_program; i++)
        if (record->program[i].enabled) describe_step(&record->program[i], &text);
    if (text.length == 0) {
        gm_text_append(&text, record->meta.head_type);
        for (size_t i = 0; i < record->n_segments; i++) gm_text_printf(&text, " %d", record->segments[i].step);
    }
    char hash[GM_SHA256_HEX];
    gm_sha256(gm_text_c(&text), text.length, hash);
    memcpy(out_hex, hash, 16);
    out_hex[16] = '\0';
}

const char *gm_record_field(const gm_record *record, const char *section, const char *key) {
    for (size_t i = 0; i < record->n_fields; i++) {
        const gm_field *field = &record->fields[i];
        if (strcmp(field->key, key) == 0 && (!section || strcmp(field->section, section) == 0)) return field->value;
    }
    return "";
}

void gm_stop_code_text(int32_t code, gm_text *out) {
    static const char *const names[24] = {"torque rise above Torque Max",
                                          "torque limit of the machine",
                                          "thrust rise above Thrust Max",
                                          "mechanical hard stop",
                                          "thrust safety",
                                          "torque safety",
                                          "step stroke reached",
                                          "stop button",
                                          "cycle stopped",
                                          "tool break",
                                          "abort button",
                                          "torque drop below Torque Min",
                                          "thrust drop below Thrust Min",
                                          "Max Stroke reached",
                                          "material detected by torque",
                                          "material detected by thrust",
                                          "feed motor short-circuit",
                                          "spindle motor short-circuit",
                                          "controller power limit",
                                          "step delay elapsed",
                                          "drive too hot",
                                          "tool too hot",
                                          "spindle drive overload",
                                          "feed drive overload"};
    if (code == 0) gm_text_append(out, "running");
    const char *separator = "";
    for (int bit = 0; bit < 32; bit++) {
        if (!((uint32_t)code >> bit & 1)) continue;
        gm_text_append(out, separator);
        if (bit < 24)
            gm_text_append(out, names[bit]);
        else
            gm_text_printf(out, "unknown code 0x%x", 1u << bit);
        separator = " + ";
    }
}
