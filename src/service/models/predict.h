/* predict: one record through a run's models; what the command line prints and the server answers.
 *
 * Errors     GM_E_NOTFOUND: no such run; GM_E_CONFLICT: it is not finished; GM_E_FORMAT: the bytes hold no record, or
 *            one that the features cannot use.
 * Ownership  JSON is the caller's. */
#ifndef GIMLET_SERVICE_PREDICT_H
#define GIMLET_SERVICE_PREDICT_H

#include "data/ingestion/ingestion.h"
#include "training/training.h"

#include <jansson.h>

/* {"file", "points": {"entry": {"mm", "low_mm", "high_mm", "confidence"} | null, ...}, "layers_mm", "grip_code", "warnings"} */
json_t *gm_prediction_json(const char *file, const gm_prediction *prediction);
/* Reads the record and predicts it. source->path is for messages only and may be NULL. */
gm_status gm_predict_record(gm_predictor *predictor, const gm_source *source, gm_prediction *out,
                            gm_error *err) GM_MUST_CHECK;

/* Opened models, kept from one request to the next.
 * Memory     at most GM_PREDICTORS_KEPT stay open, fewer when their files exceed GM_PREDICTORS_KEPT_BYTES; the one that
 *            was not asked for longest goes first. A run that was trained on (or resumed) in between is opened anew.
 * Threads    any; requests for one model take turns, other models go on meanwhile. */
enum { GM_PREDICTORS_KEPT = 4 };
#define GM_PREDICTORS_KEPT_BYTES ((int64_t)256 << 20)
typedef struct gm_predictors gm_predictors;
gm_status gm_predictors_new(const char *models_dir, gm_predictors **out, gm_error *err) GM_MUST_CHECK;
void gm_predictors_free(gm_predictors *predictors); /* accepts NULL; nobody may be predicting */
GM_AUTO(gm_predictors)
/* The prediction of a run, or of a registered model (NAME:3, NAME@champion), for the record in these bytes. file is the name that stands in the answer. */
gm_status gm_predictors_predict(gm_predictors *predictors, const char *run, const char *file, const void *bytes,
                                size_t size, json_t **out, gm_error *err) GM_MUST_CHECK;

#endif
