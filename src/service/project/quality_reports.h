/* The quality reports of a data directory: one for each input folder that was prepared (DATA/quality/folders/), or the
 * only one of an older version (DATA/quality/report.json); inside service/ only.
 *
 * Errors     GM_E_FORMAT: a report is damaged. */
#ifndef GIMLET_SERVICE_QUALITY_REPORTS_H
#define GIMLET_SERVICE_QUALITY_REPORTS_H

#include "base/base.h"

#include <jansson.h>

/* Calls take for each report, the newest first; none is no error. */
gm_status quality_each_report(const char *data_dir, gm_status (*take)(void *ctx, const json_t *report, gm_error *err),
                              void *ctx, gm_error *err) GM_MUST_CHECK;
/* What all reports say together: "totals" as in a report. A record that lies in several folders counts once, as the
 * newest report says. The caller's (json_decref). */
gm_status quality_totals(const char *data_dir, json_t **out, gm_error *err) GM_MUST_CHECK;

#endif
