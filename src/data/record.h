/* A drilling record in memory: what one machine file says, whatever its version or wrapping.
 *
 * For        ingestion fills it, quality and labeling read it, storage keeps it, simulation writes it.
 * Depends on base.
 * Ownership  one arena holds everything; gm_record_free releases it. Strings are UTF-8, trimmed, never NULL.
 * Units      depth in mm, positive into the part (= -Position); currents in A net of the no-load current.
 * Missing    numbers that the file does not give are NAN (double, float), -1 (counters, long) or "" (text). */
#ifndef GIMLET_DATA_RECORD_H
#define GIMLET_DATA_RECORD_H

#include "base/base.h"

/* Stop codes are bit masks; 0 while a step runs. */
enum {
    GM_STOP_TORQUE_RISE = 0x1,
    GM_STOP_TORQUE_LIMIT = 0x2,
    GM_STOP_THRUST_RISE = 0x4,
    GM_STOP_HARD_STOP = 0x8,
    GM_STOP_THRUST_SAFETY = 0x10,
    GM_STOP_TORQUE_SAFETY = 0x20,
    GM_STOP_STROKE = 0x40,
    GM_STOP_BUTTON = 0x80,
    GM_STOP_CYCLE = 0x100,
    GM_STOP_TOOL_BREAK = 0x200,
    GM_STOP_ABORT = 0x400,
    GM_STOP_TORQUE_DROP = 0x800,
    GM_STOP_THRUST_DROP = 0x1000,
    GM_STOP_MAX_STROKE = 0x2000,
    GM_STOP_TORQUE_MATERIAL = 0x4000,
    GM_STOP_THRUST_MATERIAL = 0x8000,
    GM_STOP_M2_SHORT = 0x10000,
    GM_STOP_M1_SHORT = 0x20000,
    GM_STOP_POWER_LIMIT = 0x40000,
    GM_STOP_DELAY = 0x80000,
    GM_STOP_DRIVE_TEMPERATURE = 0x100000,
    GM_STOP_TOOL_TEMPERATURE = 0x200000,
    GM_STOP_M1_OVERLOAD = 0x400000,
    GM_STOP_M2_OVERLOAD = 0x800000,
};
/* Codes that end a cycle because something went wrong (safeties, limits, breaks, buttons, shorts, overloads). */
#define GM_STOP_ABNORMAL                                                                                               \
    (GM_STOP_TORQUE_LIMIT | GM_STOP_THRUST_SAFETY | GM_STOP_TORQUE_SAFETY | GM_STOP_BUTTON | GM_STOP_CYCLE |           \
     GM_STOP_TOOL_BREAK | GM_STOP_ABORT | GM_STOP_M2_SHORT | GM_STOP_M1_SHORT | GM_STOP_POWER_LIMIT |                  \
     GM_STOP_DRIVE_TEMPERATURE | GM_STOP_TOOL_TEMPERATURE | GM_STOP_M1_OVERLOAD | GM_STOP_M2_OVERLOAD)
/* "torque rise above Torque Max", "step stroke reached" ...; for a mask the names joined by " + ". gm_text appends. */
void gm_stop_code_text(int32_t code, gm_text *out);

/* One row of the Program table: what the machine was told. 0 in a limit means "not used". */
typedef struct {
    int step; /* Step Nb: the number that the Step column shows              */
    bool enabled;
    double stroke_mm; /* from where the step before ended                            */
    double speed_rpm;
    double feed_mm_s;
    double feed_mm_rev; /* INFINITY when speed is 0                                    */
    double thrust_max_a, torque_max_a, thrust_min_a, torque_min_a;
    double thrust_safety_a, torque_safety_a;
    double gap_mm;
    double peck;
    double delay_ms;
    double stroke_limit_a, thrust_limit_a, torque_limit_a;
    double lub_air, lub_flow, vacuum, material;
} gm_program_step;

/* One row of Step Results (v7 and later): how an executed step went. NAN where not given. */
typedef struct {
    int step;
    int32_t stop_code;
    double duration_s;
    double distance_m1_mm, distance_m2_mm;
    double m1_max_a, m2_max_a; /* M1 = spindle (torque), M2 = feed (thrust) */
    double m1_no_load_a, m2_no_load_a;
    double gap_max_mm;
} gm_step_result;

/* A run of rows with one step number, derived from the data: rows first .. first + count - 1. */
typedef struct {
    int step;
    size_t first, count;
    int32_t stop_code;              /* of the last row; 0 = none recorded           */
    const gm_program_step *program; /* NULL when the program has no such row        */
} gm_segment;

/* A key and its value as they stand in the file, section by section, in order. */
typedef struct {
    const char *section, *key, *value;
} gm_field;

typedef struct {
    long file_version; /* 4, 7, 8, 9, 11; -1 unknown (JSON)            */
    const char *date;  /* "2024-05-29T14:03:11", local time; "" unknown or clock not set */
    double sample_rate_hz;
    long cycle_id;
    const char *firmware;
    const char *box_name, *box_serial;
    const char *motor_name, *motor_type, *motor_serial;
    double motor_m2_ratio; /* position quantum = 1 / (12 * ratio) mm       */
    const char *head_name, *head_type, *head_tag, *head_customer_info;
    long head_global_counter;
    long head_local_counter_1; /* v4: Head Local Counter                       */
    long head_local_counter_2;
    double micropeck_oscillation, micropeck_amplitude;
    long pset_number, pset_version;
    double max_stroke_mm;
    double cycle_time_s, distance_mm; /* distance_mm as the file says; wrong in v9    */
    int cycle_ok;                     /* 1, 0, -1 = not given                         */
} gm_record_meta;

typedef struct gm_record {
    gm_arena *arena;
    const char *format; /* name of the format that read it: "setitec", "opcua-json" */
    gm_record_meta meta;
    gm_field *fields;
    size_t n_fields; /* everything the header says, for show and search */
    gm_program_step *program;
    size_t n_program;
    gm_step_result *step_results;
    size_t n_step_results;

    /* Signals: n rows each, 100 per second. Absent columns are NULL; the first seven always exist. */
    size_t n;
    float *depth_mm;
    float *torque_a, *thrust_a;
    float *torque_empty_a, *thrust_empty_a;
    int32_t *step;
    int32_t *stop_code;
    float *speed_rpm; /* v4 only; negative when cutting               */
    float *feed_mm_s; /* v4 only                                      */
    float *power_w;
    float *gap_mm;
    float *torque_detector; /* Mem Torque min: state of the torque-drop detector */

    gm_segment *segments;
    size_t n_segments; /* made by gm_record_finish */
} gm_record;

gm_record *gm_record_new(void);         /* with an empty arena; NULL when out of memory */
void gm_record_free(gm_record *record); /* accepts NULL */
GM_AUTO(gm_record)

/* After fields are filled: the members of meta that they name, by the keys of the Setitec text format. */
void gm_record_bind_meta(gm_record *record);

/* After signals and program are filled: derive the segments. GM_E_NOMEM only. */
gm_status gm_record_finish(gm_record *record, gm_error *err) GM_MUST_CHECK;

/* SHA-256 of depth, torque, thrust and step: equal for the same trace under different headers. */
void gm_record_trace_hash(const gm_record *record, char out_hex[GM_SHA256_HEX]);

/* A program's identity: hash of its enabled steps (speeds, feeds, limits), so that holes drilled alike can be
 * compared. 16 hex digits. Records without a program are named by head type and step numbers. */
void gm_record_program_id(const gm_record *record, char out_hex[17]);

/* Value of a header key (first hit, any section when section is NULL), or "" when it is not there. */
const char *gm_record_field(const gm_record *record, const char *section, const char *key);

#endif
