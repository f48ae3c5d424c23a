/* Quality: what is wrong with a record, hole by hole and over a whole set, and the report on it.
 *
 * For        service/prepare and everybody who takes records in (API, monitoring).
 * Depends on base, data (record, finding, label), data/report, jansson.
 * Method     docs/quality.md: each check with its threshold, severity and what to do. Thresholds come from the physics
 *            of drilling, the machine's resolution and the record's own program, not from names or families.
 * Errors     bad data is a finding; GM_E_NOMEM, and GM_E_ARG for a threshold that does not exist or is out of range.
 * Ownership  a gm_quality owns its thresholds; findings are the caller's.
 * Threads    gm_quality_check from any number of threads with one gm_quality; a report belongs to one thread.
 *
 * To add a validator: one file in validators/, one line in validators.list.h (docs/adding-a-validator.md). */
#ifndef GIMLET_DATA_QUALITY_QUALITY_H
#define GIMLET_DATA_QUALITY_QUALITY_H

#include "data/data.h"

/* Grows whenever the same record would get other findings or another summary. */
#define GM_QUALITY_VERSION 4

/* --- one hole --- */
typedef struct {
    const char *file;   /* path below the input folder; its base name is compared with the header; "" = none */
    const char *sha256; /* of its bytes, 64 hex digits; "" = not known                                       */
    const gm_record *record;
    const gm_label *label; /* points found elsewhere, shown in the report; NULL = none                       */
} gm_quality_input;

/* What a record's signals say of the hole, found by simple means and shared by all validators (evidence.c). */
typedef struct gm_evidence gm_evidence;

/* A validator: a const descriptor in a file of its own. */
typedef struct {
    const char *name; /* "signal_quality": first part of the ids of its findings        */
    const char *doc;  /* one sentence                                                    */
    const gm_param_spec *params;
    size_t n_params, params_size; /* thresholds, bound to a plain struct of this size   */
    void (*check)(const gm_quality_input *input, const gm_evidence *evidence, const void *thresholds,
                  gm_findings *findings);
} gm_validator;

const gm_validator *const *gm_validators(size_t *count);

/* The thresholds of all validators. */
typedef struct gm_quality gm_quality;
gm_status gm_quality_new(gm_quality **out, gm_error *err) GM_MUST_CHECK; /* with the defaults */
void gm_quality_free(gm_quality *quality);                               /* accepts NULL */
GM_AUTO(gm_quality)
/* key: "signal_quality.noise_factor" */
gm_status gm_quality_set(gm_quality *quality, const char *key, const char *value, gm_error *err) GM_MUST_CHECK;

/* What the checks over a set need to know of a hole: a plain value without pointers, so that it can be kept as bytes
 * beside the hole (of this GM_QUALITY_VERSION) and an unchanged file need not be read again. */
typedef struct {
    char sha256[GM_SHA256_HEX], trace_sha256[GM_SHA256_HEX];
    char program_id[17];
    char head[64];  /* tag, name or serial number: what the global counter counts for; "" = unknown */
    char motor[32]; /* serial number; "" or "0" = unknown                                           */
    char date[20];  /* "2024-05-29T14:03:11" or ""                                                  */
    long global_counter, local_counter; /* -1 = unknown                                             */
    float entry_mm;                     /* first sustained contact; NAN = none                                      */
    float metal_mm;                     /* steepest sustained rise of torque below it; NAN = none                    */
    float exit_mm;                      /* last fall of torque to half of its maximum; NAN = not out                 */
    float end_mm;                       /* deepest depth                                                            */
    float torque_max_a, thrust_max_a;
    float cut_torque_a; /* median while cutting                                                     */
    float cut_thrust_a;
    bool no_contact, not_through, overload;
    bool late_contact; /* the whole first step was air */
    float score;       /* of the hole by itself        */
} gm_hole_summary;

/* Run all validators on one record; findings are appended. summary may be NULL. GM_E_NOMEM only. */
gm_status gm_quality_check(const gm_quality *quality, const gm_quality_input *input, gm_findings *findings,
                           gm_hole_summary *summary, gm_error *err) GM_MUST_CHECK;

/* 1 = nothing to complain about ... 0 = not usable. Each finding multiplies: info 1, warning 0.8, failed 0.3, error 0.
 */
double gm_quality_score(const gm_findings *findings);

/* --- the whole set --- */
typedef struct {
    const char *file; /* path below the input folder */
    gm_hole_summary summary;
} gm_set_hole;

/* Duplicates, holes that do not fit their neighbours, counters, order. findings[i] belongs to holes[i] and is appended
 * to. Holes of one folder are compared in natural order of their names. O(n log n); memory: a few dozen bytes a hole.
 */
gm_status gm_quality_check_set(const gm_set_hole *holes, size_t count, gm_findings *findings,
                               gm_error *err) GM_MUST_CHECK;

/* --- the report --- */
const char *gm_check_doc(const char *check); /* what a check is about, in one sentence; "" when it is not known */
/* Findings as they stand in report.json: [{"check":…,"severity":…,"message":…,"line":…,"column":…,"hint":…,
 * "from_mm":…,"to_mm":…}, …]; line, column, hint and range are null where there is none. */
void gm_findings_to_json(const gm_findings *findings, gm_text *out);

typedef struct {
    const char *file, *sha256;
    const char *family;   /* what tables are grouped by, usually the folder; "" = the input folder itself */
    const char *findings; /* JSON, from gm_findings_to_json                                              */
    gm_severity verdict;
    double score;          /* NAN for what is no record                                                   */
    const gm_label *label; /* drawn into the plots; NULL = none                                           */
} gm_quality_row;

/* Writes DATA/quality/report.json row by row and collects what report.html shows; memory does not grow with the rows.
 */
typedef struct gm_quality_report gm_quality_report;
gm_status gm_quality_report_new(const char *dir, gm_quality_report **out, gm_error *err) GM_MUST_CHECK;
gm_status gm_quality_report_add(gm_quality_report *report, const gm_quality_row *row, gm_error *err) GM_MUST_CHECK;
/* Files that are no records and were passed over. */
void gm_quality_report_skipped(gm_quality_report *report, size_t count);
/* Gives the record of a row (by its hash) for the plots of the worst holes; *out = NULL when it is not to be had. */
typedef gm_status (*gm_record_loader)(void *ctx, const char *sha256, gm_record **out, gm_error *err);
/* Finish both files, atomically: DIR/report.json and DIR/report.html. load may be NULL (no plots). */
gm_status gm_quality_report_finish(gm_quality_report *report, gm_record_loader load, void *ctx,
                                   gm_error *err) GM_MUST_CHECK;
void gm_quality_report_free(gm_quality_report *report); /* accepts NULL; an unfinished report leaves no file */
GM_AUTO(gm_quality_report)

#endif
