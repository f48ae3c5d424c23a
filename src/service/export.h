/* Exports of a model; inside service/ only, the face is in service.h. */
#ifndef GIMLET_SERVICE_EXPORT_H
#define GIMLET_SERVICE_EXPORT_H

#include "dataset.h"

/* Write the ensemble of a run (or one fold) as one ONNX file, and prove it on the holes of the data set: on every
 * step-th of them, so that about max_holes are run (0 = all). message says how that went. */
gm_status service_export_onnx(const char *model_dir, const char *path, const service_dataset *dataset, size_t max_holes,
                              char *message, size_t message_size, gm_error *err) GM_MUST_CHECK;

#endif
