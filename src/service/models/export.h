/* Exports of a model; inside service/ only, the face is in service.h. */
#ifndef GIMLET_SERVICE_EXPORT_H
#define GIMLET_SERVICE_EXPORT_H

#include "dataset.h"
#include "service/service.h"

/* Run every step-th hole of the data set (so that about max_holes are run; 0 = all) through Gimlet and through ONNX
 * Runtime. GM_E_UNAVAILABLE when that is not there. */
gm_status service_prove(const char *model_dir, const char *onnx_path, const service_dataset *dataset, size_t max_holes,
                        const gm_observer *observer, service_proof *out, gm_error *err) GM_MUST_CHECK;
/* The same with random inputs, where there are no records. */
gm_status service_prove_random(const char *model_dir, const char *onnx_path, service_proof *out,
                               gm_error *err) GM_MUST_CHECK;
/* Write a run's ensemble as ONNX and prove it; message says in one line how that went. */
gm_status service_export_onnx(const char *model_dir, const char *path, const service_dataset *dataset, size_t max_holes,
                              char *message, size_t message_size, gm_error *err) GM_MUST_CHECK;

#endif
