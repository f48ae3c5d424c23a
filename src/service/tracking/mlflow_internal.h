/* The parts of a push to MLflow. */
#ifndef GIMLET_SERVICE_MLFLOW_INTERNAL_H
#define GIMLET_SERVICE_MLFLOW_INTERNAL_H

#include "base/http.h"
#include "mlflow.h"

/* ---- the server (mlflow_client.c) ---- */

typedef struct {
    gm_http *http;
    char *url; /* without a slash at its end */
    bool briefly;
    const gm_observer *observer;
    char code[64]; /* error_code of the last refusal; "" = none */
} mlflow_client;
gm_status mlflow_open(const gm_mlflow_request *request, mlflow_client *out, gm_error *err) GM_MUST_CHECK;
void mlflow_close(mlflow_client *client);

/* endpoint "runs/create"; body is taken, NULL = none. once: not to be repeated blindly, as it makes something. out: the
 * answer, the caller's; may be NULL. */
gm_status mlflow_call(mlflow_client *client, const char *method, const char *endpoint, json_t *body, bool once,
                      json_t **out, gm_error *err) GM_MUST_CHECK;
/* The file under name in the artifacts of a run. GM_E_UNAVAILABLE with code "NO_PROXY": the server takes no files. */
gm_status mlflow_upload(mlflow_client *client, const char *artifact_uri, const char *name, const char *path,
                        gm_error *err) GM_MUST_CHECK;
bool mlflow_takes_files(const char *artifact_uri);
/* Between two attempts at making something. */
gm_status mlflow_wait(const mlflow_client *client, int attempt, gm_error *err) GM_MUST_CHECK;

/* ---- a push ---- */

typedef struct {
    const gm_mlflow_request *request;
    mlflow_client client;
    json_t *facts; /* of gm_run_values */
    json_t *all;   /* RUN/mlflow.json */
    json_t *state; /* borrowed from it: of this server and experiment */
    char key[33];  /* names the run for ever, on every server */
    const char *experiment;
    json_t *messages;
    long metrics, files, n_files; /* sent; n_files: how many there are */
    int64_t bytes;
} mlflow_push;

gm_status mlflow_save(mlflow_push *push, gm_error *err) GM_MUST_CHECK;   /* the state, into the run's folder */
const char *mlflow_state_text(const mlflow_push *push, const char *key); /* NULL = not there */
void mlflow_say(mlflow_push *push, const char *format, ...) GM_PRINTF(2, 3);

/* The MLflow run of the whole (fold 0) or of a fold, made where it is not there yet. run_id: borrowed from the state. */
gm_status mlflow_ensure_run(mlflow_push *push, long fold, const char **run_id, gm_error *err) GM_MUST_CHECK;
/* Metrics of the epochs that the server has not got (mlflow_metrics.c). ended_ms: of the last event. */
gm_status mlflow_send_epochs(mlflow_push *push, int64_t *ended_ms, gm_error *err) GM_MUST_CHECK;
/* Files, and the model version where one is asked for (mlflow_files.c). */
gm_status mlflow_send_files(mlflow_push *push, gm_error *err) GM_MUST_CHECK;
gm_status mlflow_register(mlflow_push *push, gm_error *err) GM_MUST_CHECK;

/* "2026-11-24T02:15:00.123Z" in milliseconds since 1970; 0 = no time. */
int64_t mlflow_ms(const char *utc);

#endif
