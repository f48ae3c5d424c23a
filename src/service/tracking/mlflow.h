/* MLflow: a run of the own store is told to a tracking server, while it trains or afterwards.
 *
 * The run's folder is the truth; the server gets a copy. So the same push does both: it sends what the server has not got
 * yet and notes in RUN/mlflow.json how far it came. A server that is away costs nothing but a later push.
 *
 * Again      pushing twice changes nothing; a push that was killed, or whose server was, goes on where it stopped.
 * Mapping    docs/tracking.md: folds are child runs, configuration keys are params, every epoch is a step.
 * Secrets    MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, of the environment; never
 *            written anywhere, never in a message.
 * Errors     GM_E_UNAVAILABLE: the server is away, push later; GM_E_CONFLICT: it refuses, with what to do, or
 *            another push of this run is under way; GM_E_ARG: no address.
 * Threads    any; a run is pushed by one at a time (RUN/.mlflow.lock). */
#ifndef GIMLET_SERVICE_MLFLOW_H
#define GIMLET_SERVICE_MLFLOW_H

#include "base/base.h"

#include <jansson.h>

typedef struct {
    const char *run_dir;
    const char *url;        /* NULL = MLFLOW_TRACKING_URI */
    const char *experiment; /* NULL = the run's experiment_name */
    const char *model;      /* register model.onnx as a version of this model; NULL = not */
    const char *alias;      /* of that version; NULL = none */
    const char *state;      /* "finished", said by the process that trained it; NULL = as its folder says */
    bool briefly;           /* while training: only parameters and metrics, no second attempt */
    const gm_observer *observer;
} gm_mlflow_request;
/* {"url", "experiment", "experiment_id", "run_id", "page", "state", "folds", "metrics", "files", "bytes", "model",
 * "version", "alias", "messages": [text]}: metrics, files, bytes: sent by this call. The caller's. */
gm_status gm_mlflow_push(const gm_mlflow_request *request, json_t **out, gm_error *err) GM_MUST_CHECK;

/* Can this be a server's address? Without user and password, which do not belong into files. */
gm_status gm_mlflow_check_url(const char *url, gm_error *err) GM_MUST_CHECK;

/* ---- while it trains ---- */

/* A thread that pushes every few seconds. It never holds up the training, and a failure is one warning in the log. */
typedef struct gm_mlflow_live gm_mlflow_live;
gm_status gm_mlflow_live_start(const char *run_dir, const char *url, const char *experiment, gm_mlflow_live **out,
                               gm_error *err) GM_MUST_CHECK;
/* Ends the thread, then pushes the rest (of a finished run the files too) for at most limit_s seconds; messages gets a line where something
 * is left for gimlet runs push. Accepts NULL. */
void gm_mlflow_live_finish(gm_mlflow_live *live, bool finished, double limit_s, const gm_observer *observer,
                           gm_text *messages);

#endif
