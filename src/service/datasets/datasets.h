/* Data sets: the immutable sets of holes and labels that runs were trained on (DATA/snapshots/), listed, shown, checked,
 * held against each other.
 *
 * A data set is named by its hash, or by the first digits of it (4 or more) where only one begins so.
 * JSON       as in docs/api.md; results are the caller's.
 * Errors     GM_E_NOTFOUND: no such data directory or data set; GM_E_FORMAT: a snapshot's own file is damaged. */
#ifndef GIMLET_SERVICE_DATASETS_H
#define GIMLET_SERVICE_DATASETS_H

#include "base/base.h"

#include <jansson.h>

/* {"items": [{"dataset", "at", "holes", "by_source", "problem"}]}, newest first; problem: null, or why it cannot be read */
gm_status gm_datasets_list(const char *data_dir, json_t **out, gm_error *err) GM_MUST_CHECK;
/* {"dataset", "at", "holes", "by_source", "by_author", "newest_label_at", "runs": [name], "items": [{"id", "stored",
 * "file", "family", "version", "source", "author", "made_at", "confidence", "points": {..}}]}. models_dir: where to look
 * for runs that were trained on it; NULL = nowhere. */
gm_status gm_dataset_show(const char *data_dir, const char *dataset, const char *models_dir, json_t **out,
                          gm_error *err) GM_MUST_CHECK;
/* {"dataset", "holes", "unchecked", "intact", "problems": [{"id", "file", "problem"}]}: every stored hole, and the
 * snapshot's own file (id null), against its hash. unchecked: holes whose hash an older Gimlet did not note. */
gm_status gm_dataset_verify(const char *data_dir, const char *dataset, const gm_observer *observer, json_t **out,
                            gm_error *err) GM_MUST_CHECK;
/* {"a", "b", "same", "added": [HOLE], "removed": [HOLE], "relabelled": [{"id", "file", "largest_mm", "points": {point:
 * {"a", "b", "by_mm"}}, "from": LABEL, "to": LABEL}], "reread": [{"id", "file"}]}: relabelled by the largest change. */
gm_status gm_dataset_diff(const char *data_dir, const char *a, const char *b, json_t **out,
                          gm_error *err) GM_MUST_CHECK;
/* The full name of a data set; gm_free. */
gm_status gm_dataset_name(const char *data_dir, const char *dataset, char **out, gm_error *err) GM_MUST_CHECK;

#endif
