#ifndef GIMLET_SERVICE_DATASETS_INTERNAL_H
#define GIMLET_SERVICE_DATASETS_INTERNAL_H

#include "datasets.h"
#include "service/models/snapshot.h"

/* {"id", "stored", "file", "family", "version", "source", "author", "made_at", "confidence", "points"} */
json_t *dataset_hole_json(const snapshot_hole *hole);
json_t *dataset_label_json(const snapshot_hole *hole); /* {"version", "source", "author", "made_at"} */
json_t *dataset_number(double value);                  /* null where it is not finite */

#endif
