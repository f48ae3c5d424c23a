/* The text file of a machine, byte for byte as versions 4, 7, 8, 9 and 11 print it: every block a rectangle of cells
 * padded with tabs, decimal commas, Latin-1, and the oddities of each firmware. */
#include "simulation_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const gm_record *record;
    long version;
    gm_text *out;
    size_t width; /* cells per line of the present block */
} writer;

/* One line from cells separated by |, padded to the block's width. */
static void line(const writer *w, const char *cells) {
    size_t n = 1;
    for (const char *c = cells; *c; c++) {
        char tab = '\t';
        n += *c == '|';
        gm_text_append_n(w->out, *c == '|' ? &tab : c, 1);
    }
    for (; n < w->width; n++) gm_text_append(w->out, "\t");
    gm_text_append(w->out, "\n");
}

static void linef(const writer *w, const char *format, ...) GM_PRINTF(2, 3);
static void linef(const writer *w, const char *format, ...) {
    char cells[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cells, sizeof cells, format, arguments);
    va_end(arguments);
    line(w, cells);
}

static void title(writer *w, const char *name, size_t width, bool first) {
    w->width = width;
    if (!first) line(w, "");
    linef(w, "*** %s ***", name);
}

/* Number with a decimal comma, as all tables have it. */
static const char *comma(double value, int decimals, char out[32]) {
    if (isinf(value)) return "Inf";
    snprintf(out, 32, "%.*f", decimals, value == 0 ? 0.0 : value);
    char *point = strchr(out, '.');
    if (point) *point = ',';
    if (strncmp(out, "-0,000", 6) == 0 && strspn(out, "-0,") == strlen(out)) memmove(out, out + 1, strlen(out));
    return out;
}

/* Ratios of the header: a point in versions 4 and 7, a blank and a comma in 8 and 9, a comma in 11. */
static const char *ratio(const writer *w, double value, char out[32]) {
    snprintf(out, 32, w->version == 8 || w->version == 9 ? " %.3f" : "%.3f", value);
    char *point = strchr(out, '.');
    if (point && w->version >= 8) *point = ',';
    return out;
}

static void write_general(writer *w) {
    const gm_record_meta *m = &w->record->meta;
    size_t width = w->version == 4 ? 12 : 13;
    char date[32];
    snprintf(date, sizeof date, "%s", m->date);
    if (strlen(date) > 10) date[10] = ':';
    title(w, "General Infos", width, true);
    if (w->version == 4)
        line(w, "Version|Date|Sample Rate (Hz)"), linef(w, "4|%s|100", date);
    else if (w->version == 7)
        line(w, "Version|Date|Sample Rate (Hz)|Drilling Cycle ID"), linef(w, "7|%s|100|%ld", date, m->cycle_id);
    else {
        linef(w, "Version|Date|Sample Rate (Hz)|Drilling Cycle ID|%s",
              w->version == 11 ? "Decimal Separator" : "Decimal Separator separator");
        linef(w, "%ld|%s|100|%ld|Comma", w->version, date, m->cycle_id);
    }
}

static void write_box(writer *w) {
    const gm_record_meta *m = &w->record->meta;
    char lub[32];
    title(w, "Control Box Datas", w->width, false);
    static const char first[] = "BOX Name|BOX Type|BOX SN|BOX STSE|BOX Customer Info|BOX Release|BOX Firmware "
                                "Version|BOX Production Date|BOX Maintenance Date";
    static const char rest[] = "BOX Operation Time|BOX Power Supply Limit|BOX Lub Pump Coef.";
    if (w->version == 4 && strcmp(m->firmware, "V 3.1.2") == 0) {
        /* this firmware prints a cell with 48 line feeds inside */
        line(&(writer){w->record, w->version, w->out, 0}, first);
        for (int i = 0; i < 47; i++) gm_text_append(w->out, "\n");
        linef(&(writer){w->record, w->version, w->out, 0}, "BOX Maintenance Date|%s", rest);
    } else
        linef(w, "%s|%s%s", first, rest, w->version >= 7 ? "|Pset Default Selection" : "");
    linef(w, "%s|CB V2 - Standard|%s|||0|%s|01/01/2016|01/01/2016|784|3000|%s%s", m->box_name, m->box_serial,
          m->firmware, ratio(w, 1, lub), w->version >= 7 ? "|TRUE" : "");
}

static void write_motor(writer *w) {
    const gm_record_meta *m = &w->record->meta;
    char m2[32], cw[32], ccw[32];
    bool late = w->version == 11;
    title(w, "Motor Datas", w->width, false);
    linef(w,
          "Motor Name|Motor Type|Motor STSE|Motor SN|Motor Operation Time|Motor M2 Ratio|Motor M1 CW Ratio|Motor M1 "
          "CCW Ratio|Motor Winch Limit%s",
          late ? "|Motor Production Date|Motor Maintenance Date" : "");
    size_t before = w->out->length;
    bool small = m->motor_type[0] == 'L';
    linef(w, "%s|%s|5000|%s|13325|%s|%s|%s|%d%s", m->motor_name, m->motor_type, m->motor_serial,
          ratio(w, m->motor_m2_ratio, m2), ratio(w, small ? 0.947 : 0.792, cw), ratio(w, small ? 0.947 : 2.638, ccw),
          small ? 0 : 2400, late ? "|01/01/2016|01/01/2016" : "");
    if (strcmp(m->motor_name, "Light_EDU") == 0 &&
        gm_text_ok(w->out)) { /* machines without a tag print a NUL behind it */
        gm_auto_free char *tail = gm_strdup(w->out->data + before + 9);
        if (!tail) return;
        w->out->length = before + 9;
        gm_text_append_n(w->out, "", 1);
        gm_text_append(w->out, tail);
    }
}

static void write_head(writer *w) {
    const gm_record_meta *m = &w->record->meta;
    char m1[32], m2[32];
    title(w, "Head Datas", w->width, false);
    ratio(w, 1, m1);
    ratio(w, 1, m2);
    if (w->version == 4) {
        line(w, "Head Name|Head Type|Head TAG UID|Head Global Counter|Head Local Counter|Head M1 Ratio|Head M2 "
                "Ratio|Customer Info");
        linef(w, "%s|%s|%s|%ld|%ld|%s|%s|%s", m->head_name, m->head_type, m->head_tag, m->head_global_counter,
              m->head_local_counter_1, m1, m2, m->head_customer_info);
        return;
    }
    bool micropeck = w->version >= 9;
    linef(w,
          "Head Name|Head Type|Head TAG UID|Head Global Counter|Head Local Counter 1|Head Local Counter 2|Head M1 "
          "Ratio|Head M2 Ratio|Customer Info%s%s",
          micropeck ? "|Micropeck Osc.|Micropeck Amplitude" : "", w->version == 11 ? "|Module Disable" : "");
    char more[64] = "";
    if (micropeck)
        snprintf(more, sizeof more, "|%.0f|%.0f%s", m->micropeck_oscillation, m->micropeck_amplitude,
                 w->version == 11 ? "|FALSE" : "");
    linef(w, "%s|%s|%s|%ld|%ld|%ld|%s|%s|%s%s", m->head_name, m->head_type, m->head_tag, m->head_global_counter,
          m->head_local_counter_1, m->head_local_counter_2, m1, m2, m->head_customer_info, more);
}

static void write_cycle(writer *w) {
    const gm_record_meta *m = &w->record->meta;
    char stroke[32];
    size_t width = w->version == 4 ? 4 : w->version == 7 ? 5 : 9;
    comma(m->max_stroke_mm, w->version <= 7 ? 6 : 3, stroke);
    title(w, "Pset", width, false);
    line(w, w->version <= 7 ? "Pset Type|Pset n\xb0|Version" : "Pset Type|Pset Nb.|Version");
    linef(w, "Standard|%ld|%ld", m->pset_number, m->pset_version);
    title(w, "Cycle Parameters", width, false);
    if (w->version == 4)
        line(w, "Max cycles|CC Pressure|Max Stroke (mm)|Vacuum Delay (ms)"), linef(w, "150|9|%s|0", stroke);
    else if (w->version == 7)
        line(w, "Max cycles Limit 1|Max cycles Limit 2|CC Pressure|Max Stroke (mm)|Vacuum Delay (ms)"),
            linef(w, "150|0|9|%s|0", stroke);
    else {
        line(w, "Max cycles Limit 1|Max cycles Limit 2|CC Pressure|Max Stroke (mm)|Vacuum Delay (ms)|Vacuum Flow min "
                "(m/s)|Retract Rotation Speed (rpm)|Retract Feed (m/s)|Disable Abort");
        linef(w, "60|0|9|%s|0|0,000|300|13,000|0", stroke);
    }
    if (w->version >= 7) {
        line(w, "");
        line(w, "Comment");
        linef(w, "%100s", "");
    }
    line(w, "Cutting tool breakage On/Off|Cutting tool breakage DEP (mm)|Cutting tool breakage Thrust (A)|Cutting tool "
            "breakage Torque (A)");
    line(w, "0,000|0,000|0,000|0,000");
    if (w->version >= 8) {
        line(w, "Lub Preload Time (s)|Lub Preload Lub Air|Lub Preload Lub Flow|Lub Preload Timeout (s)");
        line(w, "2,000|5,000|30,000|0,000");
    }
}

/* Cells of one table row, each with three decimals. */
static void number_row(const writer *w, const double *values, size_t n) {
    char number[32];
    for (size_t i = 0; i < n; i++) {
        if (i) gm_text_append(w->out, "\t");
        gm_text_append(w->out, comma(values[i], 3, number));
    }
    gm_text_append(w->out, "\n");
}

static void write_program(writer *w) {
    title(w, "Program", 22, false);
    const char *stroke = w->version <= 7 ? "DEP (mm)" : "Stroke (mm)";
    const char *feed = w->version == 4 ? "AV (mm/s)|AV (mm/tr)" : "Feed (mm/s)|Feed (mm/tr)";
    linef(w,
          "Step Nb|Step On/Off|%s|RPM|%s|Thrust Max (A)|Torque Max (A)|Thrust Min (A)|Torque Min (A)|Thrust Safety "
          "(A)|Torque Safety (A)|Gap (mm)|Peck (nb)|Delay (ms)|Stroke Limit (A)|Thrust Limit (A)|Torque Limit (A)|LUB "
          "AIR|LUB FLOW|Vacuum|Material",
          stroke, feed);
    for (size_t i = 0; i < w->record->n_program; i++) {
        const gm_program_step *p = &w->record->program[i];
        const double row[] = {p->step,           p->enabled,        p->stroke_mm,       p->speed_rpm,
                              p->feed_mm_s,      p->feed_mm_rev,    p->thrust_max_a,    p->torque_max_a,
                              p->thrust_min_a,   p->torque_min_a,   p->thrust_safety_a, p->torque_safety_a,
                              p->gap_mm,         p->peck,           p->delay_ms,        p->stroke_limit_a,
                              p->thrust_limit_a, p->torque_limit_a, p->lub_air,         p->lub_flow,
                              p->vacuum,         p->material};
        number_row(w, row, GM_COUNT(row));
    }
}

static void write_results(writer *w) {
    const gm_record_meta *m = &w->record->meta;
    char seconds[32], distance[32];
    if (w->version == 11) { /* the supervisor's job tags, cut and padded to 25 characters */
        title(w, "External Infos", 10, false);
        line(w, "00|01|02|03|04|05|06|07|08|09");
        linef(w, "%-25.25s|%-25.25s|%-25.25s|||||||", "PANEL07", "UseCaseFastening", "SEQ.Step.1");
    }
    title(w, "Results", w->version == 4 ? 12 : 10, false);
    linef(w, "Cycle Time (s)|Distance (mm)%s%s", w->version >= 7 ? "|Cycle OK" : "",
          w->version == 11 ? "|Consumption Wh" : "");
    comma(m->cycle_time_s, w->version == 11 ? 3 : 6, seconds);
    comma(m->distance_mm, w->version <= 7 ? 6 : 3, distance);
    linef(w, "%s|%s%s%s", seconds, distance,
          w->version < 7 ? ""
          : m->cycle_ok  ? "|True"
                         : "|False",
          w->version == 11 ? "|0,049" : "");
    if (w->version < 7) return;
    title(w, "Step Results", 10, false);
    line(w, "Step Number|Stop Code|Duration (s)|Distance M1|Distance M2|M1 Max Amp|M2 Max Amp|M1 No Load Amp|M2 No "
            "Load Amp|Gap Max (mm)");
    for (size_t i = 0; i < w->record->n_step_results; i++) {
        const gm_step_result *r = &w->record->step_results[i];
        const double row[] = {r->step,     r->stop_code, r->duration_s,   r->distance_m1_mm, r->distance_m2_mm,
                              r->m1_max_a, r->m2_max_a,  r->m1_no_load_a, r->m2_no_load_a,   r->gap_max_mm};
        number_row(w, row, GM_COUNT(row));
    }
}

/* A number with three decimals, straight into a buffer: this is where all the bytes are. */
static char *put_milli(char *p, float value) {
    long milli = lrintf(value * 1000);
    if (milli < 0) *p++ = '-', milli = -milli;
    char digits[12];
    int n = 0;
    for (long whole = milli / 1000; n == 0 || whole; whole /= 10) digits[n++] = (char)('0' + whole % 10);
    while (n) *p++ = digits[--n];
    *p++ = ',';
    *p++ = (char)('0' + milli / 100 % 10);
    *p++ = (char)('0' + milli / 10 % 10);
    *p++ = (char)('0' + milli % 10);
    return p;
}

typedef struct {
    const char *name;
    const float *floats;
    const int32_t *integers;
    float sign;
} data_column;

static void write_rows(const writer *w, const data_column *columns, size_t n) {
    char row[512];
    for (size_t i = 0; i < w->record->n; i++) {
        char *p = row;
        for (size_t c = 0; c < n; c++) {
            if (c) *p++ = '\t';
            p = put_milli(p, columns[c].integers ? (float)columns[c].integers[i]
                             : columns[c].floats ? columns[c].sign * columns[c].floats[i]
                                                 : 0);
        }
        *p++ = '\n';
        gm_text_append_n(w->out, row, (size_t)(p - row));
    }
}

static void write_signals(writer *w) {
    const gm_record *r = w->record;
    data_column columns[16] = {{"Position (mm)", r->depth_mm, NULL, -1},
                               {"I Torque (A)", r->torque_a, NULL, 1},
                               {"I Thrust (A)", r->thrust_a, NULL, 1},
                               {"I Torque Empty (A)", r->torque_empty_a, NULL, 1},
                               {"I Thrust Empty (A)", r->thrust_empty_a, NULL, 1},
                               {"Step (nb)", NULL, r->step, 1},
                               {"Stop code", NULL, r->stop_code, 1}};
    size_t n = 7;
    if (w->version <= 8) {
        columns[n++] = (data_column){"Mem Torque min (A)", r->torque_detector, NULL, 1};
        columns[n++] = (data_column){"Mem Thrust min (A)", NULL, NULL, 1};
    }
    if (w->version == 4) {
        columns[n++] = (data_column){"Rotation Speed (rpm)", r->speed_rpm, NULL, 1};
        columns[n++] = (data_column){"Feed Speed (mm/s)", r->feed_mm_s, NULL, 1};
    }
    columns[n++] = (data_column){w->version == 11 ? "Power (W)" : "Torque Power (W)", r->power_w, NULL, 1};
    if (w->version >= 7) columns[n++] = (data_column){"Gap Length (mm)", r->gap_mm, NULL, 1};
    title(w, "Datas", w->version == 11 ? n + 1 : n, false);
    for (size_t c = 0; c < n; c++) {
        if (c) gm_text_append(w->out, "\t");
        gm_text_append(w->out, columns[c].name);
    }
    if (w->version == 11) gm_text_append(w->out, "\tGap Length (mm)"); /* printed twice over one column */
    gm_text_append(w->out, "\n");
    write_rows(w, columns, n);
}

void gm_setitec_write(const gm_record *record, gm_text *out) {
    writer w = {record, record->meta.file_version, out, 0};
    write_general(&w);
    write_box(&w);
    write_motor(&w);
    write_head(&w);
    write_cycle(&w);
    write_program(&w);
    write_results(&w);
    write_signals(&w);
}
