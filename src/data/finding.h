/* A finding: something about a file that a person should know. Bad data is a finding, never a crash.
 *
 * Ownership  the list owns its texts; `check` is static storage (the id of the validator or "file_format"). */
#ifndef GIMLET_DATA_FINDING_H
#define GIMLET_DATA_FINDING_H

#include "base/base.h"

typedef enum {
    GM_INFO,    /* worth knowing, nothing to do                                        */
    GM_WARNING, /* usable, but look at it                                              */
    GM_FAILURE, /* read, but not fit for training (air hole, aborted, duplicate)       */
    GM_ERROR    /* could not be read as a record                                       */
} gm_severity;  /* a file's verdict is its worst finding: ok|ok|warning|failed|error   */

typedef struct {
    const char *check; /* "signal_quality.clipped": validator, a point, what; static storage, never reused */
    gm_severity severity;
    char *message;         /* what was found, with numbers and units                  */
    char *hint;            /* what to do; NULL = nothing                              */
    long line, column;     /* in the file, from 1; 0 = none                           */
    double from_mm, to_mm; /* depth range that it concerns; NAN = none                */
} gm_finding;

typedef struct {
    gm_finding *items;
    size_t count, capacity;
    bool failed; /* out of memory: some finding was lost; callers check once */
} gm_findings;

#define GM_FINDINGS_INIT                                                                                               \
    { 0 }
void gm_findings_finish(gm_findings *findings);
/* Returns the new finding so that depth range or place can be added; NULL when out of memory (latched). */
gm_finding *gm_findings_add(gm_findings *findings, const char *check, gm_severity severity, const char *hint,
                            const char *format, ...) GM_PRINTF(5, 6);
void gm_findings_add_error(gm_findings *findings, const char *check, const gm_error *error);
gm_severity gm_findings_worst(const gm_findings *findings); /* GM_INFO when empty */
const char *gm_severity_name(gm_severity severity);         /* "info" "warning" "failed" "error" */
const char *gm_verdict_name(gm_severity worst);             /* "ok" "warning" "failed" "error"   */
static inline void gm_findings_auto_(gm_findings *f) {
    gm_findings_finish(f);
}
#define gm_auto_findings __attribute__((cleanup(gm_findings_auto_))) gm_findings

#endif
