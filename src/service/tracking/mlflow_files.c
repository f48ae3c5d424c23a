/* Files of a finished run, and its model as a version of a registered model. */
#include "base/json.h"
#include "mlflow_internal.h"
#include "service/runs/run_store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A server that takes no files still gets to know which they are. */
static gm_status name_files_only(mlflow_push *push, const char *list, gm_error *err) {
    char hash[GM_SHA256_HEX];
    GM_TRY(gm_sha256_file(list, hash, err));
    json_t *tags = json_pack("[{s:s, s:s}, {s:s, s:s}]", "key", "gimlet.artifacts", "value",
                             "not uploaded: this server takes no files over HTTP", "key", "gimlet.artifacts_sha256",
                             "value", hash);
    GM_TRY(mlflow_call(&push->client, "POST", "runs/log-batch",
                       json_pack("{s:s, s:o}", "run_id", mlflow_state_text(push, "run_id"), "tags", tags), false, NULL,
                       err));
    mlflow_say(push,
               "the files stay here: %s takes none over HTTP (start it with --serve-artifacts); the run's tag "
               "gimlet.artifacts_sha256 names them",
               push->client.url);
    json_object_set_new(push->state, "no_files", json_true());
    return mlflow_save(push, err);
}

/* name NULL: as the file is called in the run. */
static gm_status send_file(mlflow_push *push, const char *file, const char *name, gm_error *err) {
    gm_auto_free char *path = gm_path_join(push->request->run_dir, file);
    json_t *sent = json_object_get(push->state, "files");
    char hash[GM_SHA256_HEX];
    if (!path) return gm_nomem(err);
    if (!name) name = file;
    if (!gm_file_exists(path)) return GM_OK;
    GM_TRY(gm_sha256_file(path, hash, err));
    const char *before = json_string_value(json_object_get(sent, name));
    if (before && strcmp(before, hash) == 0) return GM_OK;
    if (!gm_report(push->request->observer, "pushing", push->files, push->n_files, name))
        return gm_fail(err, GM_E_CANCELLED, "stopped on request");
    GM_TRY(mlflow_upload(&push->client, mlflow_state_text(push, "artifact_uri"), name, path, err));
    struct stat info;
    push->files++;
    if (stat(path, &info) == 0) push->bytes += info.st_size;
    json_object_set_new(sent, name, json_string(hash));
    return mlflow_save(push, err);
}

static gm_status send_listed(mlflow_push *push, const json_t *list, gm_error *err) {
    json_t *one;
    size_t i;
    if (!json_is_object(json_object_get(push->state, "files")))
        json_object_set_new(push->state, "files", json_object());
    push->n_files = (long)json_array_size(list);
    json_array_foreach (list, i, one) {
        const char *name = json_string_value(json_object_get(one, "path"));
        if (name) GM_TRY(send_file(push, name, NULL, err));
    }
    static const char *const more[] = {"artifacts.json", "report.html", "training.log", "log.txt"};
    for (size_t k = 0; k < GM_COUNT(more); k++) GM_TRY(send_file(push, more[k], NULL, err));
    return GM_OK;
}

gm_status mlflow_send_files(mlflow_push *push, gm_error *err) {
    gm_auto_free char *path = gm_path_join(push->request->run_dir, "artifacts.json");
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path)) GM_TRY(gm_run_artifacts_write(push->request->run_dir, err));
    if (json_is_true(json_object_get(push->state, "no_files"))) return GM_OK;
    if (!mlflow_takes_files(mlflow_state_text(push, "artifact_uri"))) return name_files_only(push, path, err);
    json_t *list;
    GM_TRY(gm_json_read(path, &list, err));
    gm_error why = {0};
    gm_status status = send_listed(push, list, &why);
    json_decref(list);
    if (status != GM_OK && strcmp(push->client.code, "NO_PROXY") == 0) return name_files_only(push, path, err);
    if (status != GM_OK && err && err->code == GM_OK) *err = why;
    return status;
}

/* ---- the model ---- */

/* What MLflow reads to load model/model.onnx. */
static gm_status send_description(mlflow_push *push, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_printf(&text,
                   "artifact_path: model\nflavors:\n  onnx:\n    code: null\n    data: model.onnx\n"
                   "    onnx_version: 1.16.0\n    providers:\n    - CPUExecutionProvider\n  python_function:\n"
                   "    data: model.onnx\n    loader_module: mlflow.onnx\nmodel_uuid: %s\nrun_id: %s\n"
                   "utc_time_created: '%.19s'\n",
                   push->key, mlflow_state_text(push, "run_id"),
                   json_string_value(json_object_get(push->facts, "started_at")));
    gm_auto_free char *path = gm_path_join(push->request->run_dir, ".mlflow-MLmodel");
    if (!path || !gm_text_ok(&text)) return gm_nomem(err);
    GM_TRY(gm_write_file_fast(path, text.data, text.length, err));
    gm_status status = send_file(push, ".mlflow-MLmodel", "model/MLmodel", err);
    unlink(path);
    return status;
}

static gm_status make_name(mlflow_push *push, const char *name, gm_error *err) {
    gm_error why = {0};
    gm_status status = mlflow_call(&push->client, "POST", "registered-models/create", json_pack("{s:s}", "name", name),
                                   false, NULL, &why);
    if (status == GM_OK || strcmp(push->client.code, "RESOURCE_ALREADY_EXISTS") == 0) return GM_OK;
    if (err && err->code == GM_OK) *err = why;
    return status;
}

/* The version that this run has in that name already; "" = none. */
static gm_status find_version(mlflow_push *push, const char *name, char out[32], gm_error *err) {
    gm_auto_text query = GM_TEXT_INIT, filter = GM_TEXT_INIT;
    gm_text_printf(&filter, "run_id='%s'", mlflow_state_text(push, "run_id"));
    gm_text_append(&query, "model-versions/search?filter=");
    gm_text_percent(&query, gm_text_c(&filter), "");
    if (!gm_text_ok(&query) || !gm_text_ok(&filter)) return gm_nomem(err);
    json_t *answer, *one;
    size_t i;
    GM_TRY(mlflow_call(&push->client, "GET", query.data, NULL, false, &answer, err));
    out[0] = '\0';
    json_array_foreach (json_object_get(answer, "model_versions"), i, one) {
        const char *of = json_string_value(json_object_get(one, "name"));
        const char *version = json_string_value(json_object_get(one, "version"));
        if (of && version && strcmp(of, name) == 0) snprintf(out, 32, "%s", version);
    }
    json_decref(answer);
    return GM_OK;
}

static gm_status make_version(mlflow_push *push, const char *name, char out[32], gm_error *err) {
    gm_auto_text source = GM_TEXT_INIT;
    gm_text_printf(&source, "%s/model", mlflow_state_text(push, "artifact_uri"));
    if (!gm_text_ok(&source)) return gm_nomem(err);
    for (int attempt = 0;; attempt++) {
        GM_TRY(find_version(push, name, out, err));
        if (out[0]) return GM_OK;
        gm_error why = {0};
        gm_status status = mlflow_call(&push->client, "POST", "model-versions/create",
                                       json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}]}", "name", name, "source", source.data,
                                                 "run_id", mlflow_state_text(push, "run_id"), "tags", "key",
                                                 "gimlet.run_key", "value", push->key),
                                       true, NULL, &why);
        bool again = status == GM_E_UNAVAILABLE || status == GM_E_IO;
        if (status != GM_OK && (!again || attempt >= 4)) {
            if (err && err->code == GM_OK) *err = why;
            return status;
        }
        if (status != GM_OK) GM_TRY(mlflow_wait(&push->client, attempt, err));
    }
}

gm_status mlflow_register(mlflow_push *push, gm_error *err) {
    const char *name = push->request->model, *alias = push->request->alias;
    gm_auto_free char *onnx = gm_path_join(push->request->run_dir, "model.onnx");
    char version[32];
    if (!onnx) return gm_nomem(err);
    if (!gm_file_exists(onnx))
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "export it first: gimlet export --model-dir RUN --format onnx",
                          "the run has no model.onnx that could be registered");
    if (json_is_true(json_object_get(push->state, "no_files")))
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "start the server with --serve-artifacts",
                          "the model cannot be registered: the server takes no files over HTTP");
    GM_TRY(send_file(push, "model.onnx", "model/model.onnx", err));
    GM_TRY(send_description(push, err));
    GM_TRY(make_name(push, name, err));
    GM_TRY(make_version(push, name, version, err));
    if (alias && *alias)
        GM_TRY(mlflow_call(&push->client, "POST", "registered-models/alias",
                           json_pack("{s:s, s:s, s:s}", "name", name, "alias", alias, "version", version), false, NULL,
                           err));
    json_object_set_new(push->state, "model", json_string(name));
    json_object_set_new(push->state, "version", json_string(version));
    return mlflow_save(push, err);
}
