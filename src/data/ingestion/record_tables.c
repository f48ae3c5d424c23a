/* Tables by column name: the program, the step results, and the columns of the signals. */
#include "ingestion_internal.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *names[3]; /* as the versions spell it */
    size_t offset;
    enum { IS_DOUBLE, IS_INT, IS_INT32, IS_BOOL } kind;
} table_column;

static const table_column program_columns[] = {
#define COLUMN(member, kind, ...)                                                                                      \
    { {__VA_ARGS__}, offsetof(gm_program_step, member), kind }
    COLUMN(step, IS_INT, "Step Nb"),
    COLUMN(enabled, IS_BOOL, "Step On/Off"),
    COLUMN(stroke_mm, IS_DOUBLE, "Stroke (mm)", "DEP (mm)"),
    COLUMN(speed_rpm, IS_DOUBLE, "RPM"),
    COLUMN(feed_mm_s, IS_DOUBLE, "Feed (mm/s)", "AV (mm/s)"),
    COLUMN(feed_mm_rev, IS_DOUBLE, "Feed (mm/tr)", "AV (mm/tr)"),
    COLUMN(thrust_max_a, IS_DOUBLE, "Thrust Max (A)"),
    COLUMN(torque_max_a, IS_DOUBLE, "Torque Max (A)"),
    COLUMN(thrust_min_a, IS_DOUBLE, "Thrust Min (A)"),
    COLUMN(torque_min_a, IS_DOUBLE, "Torque Min (A)"),
    COLUMN(thrust_safety_a, IS_DOUBLE, "Thrust Safety (A)"),
    COLUMN(torque_safety_a, IS_DOUBLE, "Torque Safety (A)"),
    COLUMN(gap_mm, IS_DOUBLE, "Gap (mm)"),
    COLUMN(peck, IS_DOUBLE, "Peck (nb)"),
    COLUMN(delay_ms, IS_DOUBLE, "Delay (ms)"),
    COLUMN(stroke_limit_a, IS_DOUBLE, "Stroke Limit (A)"),
    COLUMN(thrust_limit_a, IS_DOUBLE, "Thrust Limit (A)"),
    COLUMN(torque_limit_a, IS_DOUBLE, "Torque Limit (A)"),
    COLUMN(lub_air, IS_DOUBLE, "LUB AIR"),
    COLUMN(lub_flow, IS_DOUBLE, "LUB FLOW"),
    COLUMN(vacuum, IS_DOUBLE, "Vacuum"),
    COLUMN(material, IS_DOUBLE, "Material"),
#undef COLUMN
};

static const table_column step_result_columns[] = {
#define COLUMN(member, kind, ...)                                                                                      \
    { {__VA_ARGS__}, offsetof(gm_step_result, member), kind }
    COLUMN(step, IS_INT, "Step Number", "StepNumber"),
    COLUMN(stop_code, IS_INT32, "Stop Code", "StopCode"),
    COLUMN(duration_s, IS_DOUBLE, "Duration (s)", "Duration"),
    COLUMN(distance_m1_mm, IS_DOUBLE, "Distance M1", "M1Distance"),
    COLUMN(distance_m2_mm, IS_DOUBLE, "Distance M2", "M2Distance"),
    COLUMN(m1_max_a, IS_DOUBLE, "M1 Max Amp", "M1MaxAmperage"),
    COLUMN(m2_max_a, IS_DOUBLE, "M2 Max Amp", "M2MaxAmperage"),
    COLUMN(m1_no_load_a, IS_DOUBLE, "M1 No Load Amp", "IntensityTorqueEmpty"),
    COLUMN(m2_no_load_a, IS_DOUBLE, "M2 No Load Amp", "IntensityThrustEmpty"),
    COLUMN(gap_max_mm, IS_DOUBLE, "Gap Max (mm)", "GapMax"),
#undef COLUMN
};

static void store(char *row, const table_column *column, double value) {
    char *member = row + column->offset;
    double bounded = value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : value;
    switch (column->kind) {
    case IS_DOUBLE: *(double *)member = value; break;
    case IS_INT: *(int *)member = (int)lrint(bounded); break;
    case IS_INT32: *(int32_t *)member = (int32_t)lrint(bounded); break;
    case IS_BOOL: *(bool *)member = value != 0; break;
    }
}

static bool is_named(const table_column *column, const char *name) {
    for (size_t i = 0; i < GM_COUNT(column->names) && column->names[i]; i++)
        if (strcmp(column->names[i], name) == 0) return true;
    return false;
}

static void bind_table(char *rows, size_t row_size, const table_column *columns, size_t n_columns,
                       const record_table *table) {
    for (size_t c = 0; c < table->n_columns; c++)
        for (size_t k = 0; k < n_columns; k++)
            if (is_named(&columns[k], table->columns[c]))
                for (size_t r = 0; r < table->n_rows; r++)
                    store(rows + r * row_size, &columns[k], table->cells[r * table->n_columns + c]);
}

gm_status record_bind_program(gm_record *record, const record_table *table, gm_error *err) {
    record->program = gm_arena_alloc(record->arena, table->n_rows * sizeof *record->program);
    if (!record->program) return gm_nomem(err);
    record->n_program = table->n_rows;
    bind_table((char *)record->program, sizeof *record->program, program_columns, GM_COUNT(program_columns), table);
    return GM_OK;
}

gm_status record_bind_step_results(gm_record *record, const record_table *table, gm_error *err) {
    record->step_results = gm_arena_alloc(record->arena, table->n_rows * sizeof *record->step_results);
    if (!record->step_results) return gm_nomem(err);
    record->n_step_results = table->n_rows;
    for (size_t i = 0; i < table->n_rows; i++)
        record->step_results[i] = (gm_step_result){.duration_s = NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    bind_table((char *)record->step_results, sizeof *record->step_results, step_result_columns,
               GM_COUNT(step_result_columns), table);
    return GM_OK;
}

#define SIGNAL(text, member, ...)                                                                                      \
    { .name = text, .offset = offsetof(gm_record, member), __VA_ARGS__ }
static const signal_column signals[] = {
    SIGNAL("Position (mm)", depth_mm, .required = true, .negated = true),
    SIGNAL("I Torque (A)", torque_a, .required = true),
    SIGNAL("I Thrust (A)", thrust_a, .required = true),
    SIGNAL("I Torque Empty (A)", torque_empty_a, .required = false),
    SIGNAL("I Thrust Empty (A)", thrust_empty_a, .required = false),
    SIGNAL("Step (nb)", step, .required = true, .integer = true),
    SIGNAL("Stop code", stop_code, .integer = true),
    SIGNAL("Mem Torque min (A)", torque_detector, .required = false),
    {.name = "Mem Thrust min (A)", .offset = SIZE_MAX}, /* always 0 */
    SIGNAL("Rotation Speed (rpm)", speed_rpm, .required = false),
    SIGNAL("Feed Speed (mm/s)", feed_mm_s, .required = false),
    SIGNAL("Torque Power (W)", power_w, .required = false),
    SIGNAL("Power (W)", power_w, .required = false), /* version 11 */
    SIGNAL("Gap Length (mm)", gap_mm, .required = false),
};

const signal_column *signal_columns(size_t *count) {
    *count = GM_COUNT(signals);
    return signals;
}

const signal_column *signal_column_named(const char *name) {
    for (size_t i = 0; i < GM_COUNT(signals); i++)
        if (strcmp(signals[i].name, name) == 0) return &signals[i];
    return NULL;
}

static bool contains(const char *const *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

gm_status signal_columns_check(const char *const *names, size_t count, long line, gm_error *err) {
    for (size_t i = 0; i < GM_COUNT(signals); i++) {
        const char *name = signals[i].name;
        if (!signals[i].required || contains(names, count, name)) continue;
        const char *nearest = gm_nearest_name(name, names, count);
        char hint[200];
        if (nearest)
            snprintf(hint, sizeof hint, "the nearest found is \"%.80s\": rename it, or export the record again",
                     nearest);
        else
            snprintf(hint, sizeof hint, "none of the %zu columns has a name like it: export the record again", count);
        return gm_fail_at(err, GM_E_FORMAT, line, 0, hint, "the data have no column \"%s\"", name);
    }
    return GM_OK;
}

gm_status record_alloc_signals(gm_record *record, size_t n, const signal_column *const *wanted, size_t n_wanted,
                               gm_error *err) {
    static const char *const always[] = {"Position (mm)",      "I Torque (A)", "I Thrust (A)", "I Torque Empty (A)",
                                         "I Thrust Empty (A)", "Step (nb)",    "Stop code"};
    const signal_column *columns[64];
    size_t n_columns = 0;
    for (size_t i = 0; i < GM_COUNT(always); i++) columns[n_columns++] = signal_column_named(always[i]);
    for (size_t i = 0; i < n_wanted && n_columns < GM_COUNT(columns); i++) columns[n_columns++] = wanted[i];
    for (size_t i = 0; i < n_columns; i++) {
        if (!columns[i] || columns[i]->offset == SIZE_MAX) continue;
        void **member = (void **)((char *)record + columns[i]->offset);
        if (*member) continue;
        *member = gm_arena_alloc(record->arena, n * 4); /* float or int32_t */
        if (!*member) return gm_nomem(err);
    }
    record->n = n;
    return GM_OK;
}
