/* Labels as tasks of Label Studio (docs/review.md, "Label Studio"): inside service/ only.
 *
 * A task is a hole: data.file, data.sha256. Its annotations are the labels of people, its predictions those of rules
 * and models. A point is an instant of a time series whose axis is the depth in mm: start = end = mm. A cancelled
 * annotation is a rejected hole. */
#ifndef GIMLET_SERVICE_LABEL_STUDIO_H
#define GIMLET_SERVICE_LABEL_STUDIO_H

#include "data/labeling/labeling.h"
#include "data/storage/storage.h"

/* labels: of all holes, by hole. */
gm_status label_studio_write(const gm_stored_holes *holes, const gm_stored_labels *labels, gm_text *out,
                             gm_error *err) GM_MUST_CHECK;
/* Is this a file of tasks (JSON)? */
bool label_studio_is(const char *bytes, size_t size);
/* One row per annotation; its file is the SHA-256 of the hole where the task says it, else the name of the record.
 * GM_E_FORMAT names the task. */
gm_status label_studio_read(const char *bytes, size_t size, gm_label_source source, gm_label_table *out,
                            gm_error *err) GM_MUST_CHECK;

#endif
