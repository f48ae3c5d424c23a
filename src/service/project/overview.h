/* A data directory at a glance: how good its records are, and what there is to learn from.
 *
 * JSON       as docs/api.md describes it; the caller's (json_decref).
 * Threads    any. */
#ifndef GIMLET_SERVICE_OVERVIEW_H
#define GIMLET_SERVICE_OVERVIEW_H

#include "project.h"

/* {"totals": {"files", "skipped", "ok", "warning", "failed", "error", "mean_score"}, "families": [{"family", "ok",
 * ...}], "checks": [{"check", "severity", "n", "text"}]} from the last quality report; zeros and empty lists without
 * one. */
gm_status gm_quality_overview(const gm_project *project, json_t **out, gm_error *err) GM_MUST_CHECK;

/* {"items": [{"snapshot", "holes", "labelled", "by_source", "by_category"}]}: what a training would see now; none
 * without data. It goes through all holes. */
gm_status gm_datasets_overview(const gm_project *project, json_t **out, gm_error *err) GM_MUST_CHECK;

/* Is there a run that was trained to its end? */
bool gm_has_models(const char *models_dir);

#endif
