/* Keys to meta: one table says which key of which section fills which member. Other formats translate their names
 * into these, so that there is one binding. */
#include "record.h"

#include <math.h>
#include <string.h>

typedef enum { AS_TEXT, AS_LONG, AS_DOUBLE, AS_BOOL, AS_DATE } field_kind;
static const struct binding {
    const char *section, *key;
    field_kind kind;
    size_t offset;
} bindings[] = {
#define BIND(section, key, kind, member)                                                                               \
    { section, key, kind, offsetof(gm_record_meta, member) }
    BIND("General Infos", "Version", AS_LONG, file_version),
    BIND("General Infos", "Date", AS_DATE, date),
    BIND("General Infos", "Sample Rate (Hz)", AS_DOUBLE, sample_rate_hz),
    BIND("General Infos", "Drilling Cycle ID", AS_LONG, cycle_id),
    BIND("Control Box Datas", "BOX Firmware Version", AS_TEXT, firmware),
    BIND("Control Box Datas", "BOX Name", AS_TEXT, box_name),
    BIND("Control Box Datas", "BOX SN", AS_TEXT, box_serial),
    BIND("Motor Datas", "Motor Name", AS_TEXT, motor_name),
    BIND("Motor Datas", "Motor Type", AS_TEXT, motor_type),
    BIND("Motor Datas", "Motor SN", AS_TEXT, motor_serial),
    BIND("Motor Datas", "Motor M2 Ratio", AS_DOUBLE, motor_m2_ratio),
    BIND("Head Datas", "Head Name", AS_TEXT, head_name),
    BIND("Head Datas", "Head Type", AS_TEXT, head_type),
    BIND("Head Datas", "Head TAG UID", AS_TEXT, head_tag),
    BIND("Head Datas", "Customer Info", AS_TEXT, head_customer_info),
    BIND("Head Datas", "Head Global Counter", AS_LONG, head_global_counter),
    BIND("Head Datas", "Head Local Counter", AS_LONG, head_local_counter_1),
    BIND("Head Datas", "Head Local Counter 1", AS_LONG, head_local_counter_1),
    BIND("Head Datas", "Head Local Counter 2", AS_LONG, head_local_counter_2),
    BIND("Head Datas", "Micropeck Osc.", AS_DOUBLE, micropeck_oscillation),
    BIND("Head Datas", "Micropeck Amplitude", AS_DOUBLE, micropeck_amplitude),
    BIND("Pset", "Pset Nb.", AS_LONG, pset_number),
    BIND("Pset", "Pset n\xc2\xb0", AS_LONG, pset_number),
    BIND("Pset", "Pset n\xef\xbf\xbd", AS_LONG, pset_number), /* the degree sign after a lossy re-save */
    BIND("Pset", "Version", AS_LONG, pset_version),
    BIND("Cycle Parameters", "Max Stroke (mm)", AS_DOUBLE, max_stroke_mm),
    BIND("Results", "Cycle Time (s)", AS_DOUBLE, cycle_time_s),
    BIND("Results", "Distance (mm)", AS_DOUBLE, distance_mm),
    BIND("Results", "Cycle OK", AS_BOOL, cycle_ok),
#undef BIND
};

/* "2024-05-29:14:03:11" and "2024-05-29T14:03:11Z" become "2024-05-29T14:03:11"; a clock that was never set (before
 * 2015) and what is no date become "". */
static const char *iso_date(gm_arena *arena, const char *value) {
    static const char pattern[] = "dddd-dd-dd?dd:dd:dd";
    size_t length = strlen(value);
    if (length < sizeof pattern - 1) return "";
    for (size_t i = 0; i < sizeof pattern - 1; i++) {
        bool digit = value[i] >= '0' && value[i] <= '9';
        if (pattern[i] == 'd' ? !digit : pattern[i] != '?' && value[i] != pattern[i]) return "";
    }
    long year;
    char digits[5] = {value[0], value[1], value[2], value[3], '\0'};
    if (!gm_parse_long(digits, &year) || year < 2015) return "";
    char *iso = gm_arena_alloc(arena, sizeof pattern);
    if (!iso) return "";
    memcpy(iso, value, sizeof pattern - 1);
    iso[10] = 'T';
    return iso;
}

/* "-0,551" and " 21.923": the first comma is a decimal mark. */
static bool cell_number(const char *value, double *out) {
    char text[64];
    size_t length = strlen(value);
    if (length == 0 || length >= sizeof text) return false;
    memcpy(text, value, length + 1);
    char *comma = strchr(text, ',');
    if (comma) *comma = '.';
    return gm_parse_double(text, out) && !isnan(*out);
}

static void bind_value(gm_record *record, const struct binding *b, const char *value) {
    char *member = (char *)&record->meta + b->offset;
    double number;
    bool flag;
    bool is_number = cell_number(value, &number);
    switch (b->kind) {
    case AS_TEXT: *(const char **)member = value; break;
    case AS_DATE: *(const char **)member = iso_date(record->arena, value); break;
    case AS_LONG:
        if (is_number && fabs(number) < 1e15) *(long *)member = lrint(number);
        break;
    case AS_DOUBLE:
        if (is_number) *(double *)member = number;
        break;
    case AS_BOOL:
        if (gm_parse_bool(value, &flag)) *(int *)member = flag;
        break;
    }
}

void gm_record_bind_meta(gm_record *record) {
    for (size_t i = 0; i < GM_COUNT(bindings); i++)
        for (size_t f = 0; f < record->n_fields; f++)
            if (strcmp(record->fields[f].key, bindings[i].key) == 0 &&
                strcmp(record->fields[f].section, bindings[i].section) == 0) {
                bind_value(record, &bindings[i], record->fields[f].value);
                break;
            }
}
