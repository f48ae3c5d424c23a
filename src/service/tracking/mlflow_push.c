/* The push: experiment, runs, parameters, data set, epochs, figures, files, model; each once.
 *
 *     RUN/mlflow.json    {"URL EXPERIMENT": {run_id, folds, offset, epochs, files, ...}}: what that server has got
 *
 * Something is made on the server only after it was looked for there by the run's key, so that an answer that was lost,
 * or this file, makes nothing twice. */
#include "base/json.h"
#include "mlflow_internal.h"
#include "service/runs/run_store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_VALUE = 5000, BATCH = 90 };

/* ---- the state ---- */

gm_status mlflow_save(mlflow_push *push, gm_error *err) {
    return gm_json_write_in(push->request->run_dir, "mlflow.json", json_incref(push->all), err);
}

const char *mlflow_state_text(const mlflow_push *push, const char *key) {
    return json_string_value(json_object_get(push->state, key));
}

void mlflow_say(mlflow_push *push, const char *format, ...) {
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_array_append_new(push->messages, json_string(text));
}

static const char *fact(const mlflow_push *push, const char *key) {
    return json_string_value(json_object_get(push->facts, key));
}

static gm_status read_state(mlflow_push *push, gm_error *err) {
    gm_auto_free char *path = gm_path_join(push->request->run_dir, "mlflow.json");
    gm_auto_text name = GM_TEXT_INIT;
    if (!path) return gm_nomem(err);
    GM_TRY(gm_json_read_if_there(path, &push->all, err));
    if (!json_is_object(push->all)) {
        json_decref(push->all);
        push->all = json_object();
    }
    gm_text_printf(&name, "%s %s", push->client.url, push->experiment);
    if (!gm_text_ok(&name)) return gm_nomem(err);
    push->state = json_object_get(push->all, name.data);
    if (push->state) return GM_OK;
    push->state = json_object();
    return json_object_set_new(push->all, name.data, push->state) == 0 ? GM_OK : gm_nomem(err);
}

/* The run's name on every server: of what was written when it began. */
static gm_status make_key(mlflow_push *push, gm_error *err) {
    gm_auto_free char *path = gm_path_join(push->request->run_dir, "run.json");
    char hash[GM_SHA256_HEX];
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path))
        return gm_fail(err, GM_E_NOTFOUND, "%s holds no run that has begun: there is no run.json in it",
                       push->request->run_dir);
    GM_TRY(gm_sha256_file(path, hash, err));
    memcpy(push->key, hash, sizeof push->key - 1);
    return GM_OK;
}

/* ---- experiment ---- */

static gm_status find_experiment(mlflow_push *push, char out[64], gm_error *err) {
    gm_auto_text query = GM_TEXT_INIT;
    json_t *answer;
    gm_text_append(&query, "experiments/get-by-name?experiment_name=");
    gm_text_percent(&query, push->experiment, "");
    if (!gm_text_ok(&query)) return gm_nomem(err);
    GM_TRY(mlflow_call(&push->client, "GET", query.data, NULL, false, &answer, err));
    json_t *experiment = json_object_get(answer, "experiment");
    const char *id = json_string_value(json_object_get(experiment, "experiment_id"));
    const char *stage = json_string_value(json_object_get(experiment, "lifecycle_stage"));
    snprintf(out, 64, "%s", id ? id : "");
    bool deleted = stage && strcmp(stage, "deleted") == 0;
    json_decref(answer);
    if (!deleted) return GM_OK;
    return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "restore it on the server, or give another --experiment",
                      "%s: the experiment \"%.100s\" was deleted there", push->client.url, push->experiment);
}

static gm_status ensure_experiment(mlflow_push *push, gm_error *err) {
    char id[64] = "";
    if (mlflow_state_text(push, "experiment_id")) return GM_OK;
    for (int attempt = 0; !id[0]; attempt++) {
        gm_error why = {0};
        gm_status status = find_experiment(push, id, &why);
        if (status == GM_E_NOTFOUND && strcmp(push->client.code, "RESOURCE_DOES_NOT_EXIST") == 0 && attempt < 3) {
            why = (gm_error){0};
            status = mlflow_call(&push->client, "POST", "experiments/create",
                                 json_pack("{s:s}", "name", push->experiment), false, NULL, &why);
            if (status != GM_OK && strcmp(push->client.code, "RESOURCE_ALREADY_EXISTS") == 0) status = GM_OK;
        }
        if (status == GM_OK) continue;
        if (err && err->code == GM_OK) *err = why;
        return status;
    }
    json_object_set_new(push->state, "experiment_id", json_string(id));
    return GM_OK;
}

/* ---- runs ---- */

static json_t *one_pair(const char *key, const char *value) {
    return json_pack("{s:s, s:s%}", "key", key, "value", value, GM_MIN(strlen(value), (size_t)LONGEST_VALUE));
}

static void add_tag(json_t *tags, const char *key, const char *value) {
    if (value && *value) json_array_append_new(tags, one_pair(key, value));
}

/* Looked for by its key. out: its "info", the caller's; NULL = not there. */
static gm_status find_run(mlflow_push *push, long fold, json_t **out, gm_error *err) {
    gm_auto_text filter = GM_TEXT_INIT;
    json_t *answer;
    gm_text_printf(&filter, "tags.`gimlet.run_key` = '%s' and tags.`gimlet.fold` = '%ld'", push->key, fold);
    if (!gm_text_ok(&filter)) return gm_nomem(err);
    GM_TRY(mlflow_call(&push->client, "POST", "runs/search",
                       json_pack("{s:[s], s:s, s:i}", "experiment_ids", mlflow_state_text(push, "experiment_id"),
                                 "filter", filter.data, "max_results", 1),
                       false, &answer, err));
    json_t *info = json_object_get(json_array_get(json_object_get(answer, "runs"), 0), "info");
    *out = json_object_get(info, "run_id") ? json_incref(info) : NULL;
    json_decref(answer);
    return GM_OK;
}

static json_t *new_run(const mlflow_push *push, long fold) {
    char name[300], number[24];
    const char *run = fact(push, "run");
    snprintf(number, sizeof number, "%ld", fold);
    snprintf(name, sizeof name, fold ? "%.250s fold %02ld" : "%.250s", run ? run : "run", fold);
    json_t *tags = json_array();
    add_tag(tags, "gimlet.run_key", push->key);
    add_tag(tags, "gimlet.fold", number);
    add_tag(tags, "mlflow.runName", name);
    add_tag(tags, "mlflow.user", fact(push, "user"));
    add_tag(tags, "mlflow.source.name", "gimlet");
    add_tag(tags, "mlflow.source.type", "LOCAL");
    if (fold) add_tag(tags, "mlflow.parentRunId", mlflow_state_text(push, "run_id"));
    return json_pack("{s:s, s:s, s:I, s:o}", "experiment_id", mlflow_state_text(push, "experiment_id"), "run_name",
                     name, "start_time", (json_int_t)mlflow_ms(fact(push, "started_at")), "tags", tags);
}

static gm_status make_run(mlflow_push *push, long fold, json_t **info, gm_error *err) {
    for (int attempt = 0;; attempt++) {
        GM_TRY(find_run(push, fold, info, err));
        if (*info) return GM_OK;
        gm_error why = {0};
        gm_status status = mlflow_call(&push->client, "POST", "runs/create", new_run(push, fold), true, NULL, &why);
        bool again = !push->request->briefly && (status == GM_E_UNAVAILABLE || status == GM_E_IO);
        if (status != GM_OK && (!again || attempt >= 4)) {
            if (err && err->code == GM_OK) *err = why;
            return status;
        }
        if (status != GM_OK) GM_TRY(mlflow_wait(&push->client, attempt, err));
    }
}

gm_status mlflow_ensure_run(mlflow_push *push, long fold, const char **run_id, gm_error *err) {
    json_t *folds = json_object_get(push->state, "folds"), *info = NULL;
    char key[24];
    snprintf(key, sizeof key, "%ld", fold);
    *run_id = fold ? json_string_value(json_object_get(folds, key)) : mlflow_state_text(push, "run_id");
    if (*run_id) return GM_OK;
    GM_TRY(make_run(push, fold, &info, err));
    if (fold) {
        if (!folds) json_object_set_new(push->state, "folds", folds = json_object());
        json_object_set(folds, key, json_object_get(info, "run_id"));
        *run_id = json_string_value(json_object_get(folds, key));
    } else {
        json_object_set(push->state, "run_id", json_object_get(info, "run_id"));
        json_object_set(push->state, "artifact_uri", json_object_get(info, "artifact_uri"));
        *run_id = mlflow_state_text(push, "run_id");
    }
    json_decref(info);
    return mlflow_save(push, err);
}

/* A run that was deleted on the server, or a server that begins anew: then all is told again. */
static gm_status check_known(mlflow_push *push, gm_error *err) {
    const char *run_id = mlflow_state_text(push, "run_id");
    if (!run_id) return GM_OK;
    gm_auto_text query = GM_TEXT_INIT;
    json_t *answer = NULL;
    gm_error why = {0};
    gm_text_printf(&query, "runs/get?run_id=%s", run_id);
    if (!gm_text_ok(&query)) return gm_nomem(err);
    gm_status status = mlflow_call(&push->client, "GET", query.data, NULL, false, &answer, &why);
    json_t *info = json_object_get(json_object_get(answer, "run"), "info");
    const char *stage = json_string_value(json_object_get(info, "lifecycle_stage"));
    bool gone = status == GM_E_NOTFOUND || (stage && strcmp(stage, "deleted") == 0);
    json_decref(answer);
    if (gone) {
        mlflow_say(push, "the server did not have this run any more: it was told all of it again");
        return json_object_clear(push->state) == 0 ? GM_OK : gm_nomem(err);
    }
    if (status != GM_OK && err && err->code == GM_OK) *err = why;
    return status;
}

/* ---- what a run is made of ---- */

static gm_status send_pairs(mlflow_push *push, const char *kind, json_t *pairs, gm_error *err) {
    gm_status status = GM_OK;
    for (size_t from = 0; status == GM_OK && from < json_array_size(pairs); from += BATCH) {
        json_t *some = json_array();
        for (size_t i = from; i < GM_MIN(from + BATCH, json_array_size(pairs)); i++)
            json_array_append(some, json_array_get(pairs, i));
        status = mlflow_call(&push->client, "POST", "runs/log-batch",
                             json_pack("{s:s, s:o}", "run_id", mlflow_state_text(push, "run_id"), kind, some), false,
                             NULL, err);
    }
    json_decref(pairs);
    return status;
}

static void append_value(const json_t *value, char *out, size_t size) {
    char number[32];
    if (json_is_string(value))
        snprintf(out, size, "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(out, size, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(out, size, "%s", gm_format_double(json_real_value(value), number));
    else
        snprintf(out, size, "%s", json_is_true(value) ? "true" : "false");
}

/* The facts that begin with prefix, without it. */
static json_t *pairs_of(const mlflow_push *push, const char *prefix) {
    json_t *pairs = json_array(), *value;
    const char *key;
    char text[LONGEST_VALUE + 1];
    json_object_foreach (push->facts, key, value) {
        if (!gm_starts_with(key, prefix)) continue;
        append_value(value, text, sizeof text);
        json_array_append_new(pairs, one_pair(key + strlen(prefix), text));
    }
    return pairs;
}

static gm_status send_settings(mlflow_push *push, gm_error *err) {
    static const char *const about[] = {"dataset", "data_dir", "build", "cpu", "host", "command"};
    json_t *tags = pairs_of(push, "tags.");
    for (size_t i = 0; i < GM_COUNT(about); i++) {
        char key[40];
        snprintf(key, sizeof key, "gimlet.%s", about[i]);
        add_tag(tags, key, fact(push, about[i]));
    }
    add_tag(tags, "mlflow.note.content", fact(push, "notes"));
    GM_TRY(send_pairs(push, "tags", tags, err));
    if (json_is_true(json_object_get(push->state, "params"))) return GM_OK;
    GM_TRY(send_pairs(push, "params", pairs_of(push, "params."), err));
    json_object_set_new(push->state, "params", json_true());
    return mlflow_save(push, err);
}

/* The snapshot as the run's input. Servers before 2.4 know no inputs; the tag gimlet.dataset is there anyway. */
static gm_status send_dataset(mlflow_push *push, gm_error *err) {
    const char *snapshot = fact(push, "dataset"), *folder = fact(push, "data_dir");
    if (!snapshot || json_is_true(json_object_get(push->state, "dataset"))) return GM_OK;
    char source[1200], profile[80];
    gm_auto_text uri = GM_TEXT_INIT;
    gm_text_json_string(&uri, folder ? folder : "");
    snprintf(source, sizeof source, "{\"uri\": %s}", gm_text_c(&uri));
    snprintf(profile, sizeof profile, "{\"holes\": %lld, \"snapshot\": 1}",
             (long long)json_number_value(json_object_get(push->facts, "holes")));
    json_t *dataset =
        json_pack("{s:s, s:s%, s:s, s:s, s:s}", "name", folder ? gm_path_base(folder) : "holes", "digest", snapshot,
                  GM_MIN(strlen(snapshot), (size_t)36), "source_type", "local", "source", source, "profile", profile);
    json_t *input = json_pack("{s:[{s:s, s:s}], s:o}", "tags", "key", "mlflow.data.context", "value", "training",
                              "dataset", dataset);
    gm_error why = {0};
    gm_status status = mlflow_call(
        &push->client, "POST", "runs/log-inputs",
        json_pack("{s:s, s:[o]}", "run_id", mlflow_state_text(push, "run_id"), "datasets", input), false, NULL, &why);
    if (status == GM_E_NOTFOUND && !push->client.code[0]) status = GM_OK;
    if (status != GM_OK) {
        if (err && err->code == GM_OK) *err = why;
        return status;
    }
    json_object_set_new(push->state, "dataset", json_true());
    return mlflow_save(push, err);
}

static gm_status send_figures(mlflow_push *push, int64_t ended_ms, gm_error *err) {
    if (json_is_true(json_object_get(push->state, "figures"))) return GM_OK;
    static const char *const prefixes[] = {"metrics.", "system."};
    json_t *metrics = json_array(), *value;
    const char *key;
    for (size_t i = 0; i < GM_COUNT(prefixes); i++)
        json_object_foreach (push->facts, key, value)
            if (gm_starts_with(key, prefixes[i]) && json_is_number(value) && isfinite(json_number_value(value)))
                json_array_append_new(metrics,
                                      json_pack("{s:s, s:O, s:I, s:i}", "key", i ? key : key + strlen(prefixes[0]),
                                                "value", value, "timestamp", (json_int_t)ended_ms, "step", 0));
    long n = (long)json_array_size(metrics);
    GM_TRY(send_pairs(push, "metrics", metrics, err));
    push->metrics += n;
    json_object_set_new(push->state, "figures", json_true());
    return mlflow_save(push, err);
}

/* ---- states ---- */

static const char *state_there(const char *state) {
    if (strcmp(state, "finished") == 0) return "FINISHED";
    if (strcmp(state, "failed") == 0) return "FAILED";
    return strcmp(state, "stopped") == 0 ? "KILLED" : "RUNNING";
}

static gm_status set_state(mlflow_push *push, const char *run_id, const char *state, int64_t ended_ms, gm_error *err) {
    json_t *body = json_pack("{s:s, s:s}", "run_id", run_id, "status", state);
    if (strcmp(state, "RUNNING") != 0 && ended_ms) json_object_set_new(body, "end_time", json_integer(ended_ms));
    return mlflow_call(&push->client, "POST", "runs/update", body, false, NULL, err);
}

static gm_status send_state(mlflow_push *push, const char *state, int64_t ended_ms, gm_error *err) {
    const char *there = state_there(state), *before = mlflow_state_text(push, "state"), *fold;
    if (before && strcmp(before, there) == 0) return GM_OK;
    if (!before && strcmp(there, "RUNNING") == 0) return GM_OK;
    json_t *run_id;
    json_object_foreach (json_object_get(push->state, "folds"), fold, run_id)
        GM_TRY(set_state(push, json_string_value(run_id), there, ended_ms, err));
    GM_TRY(set_state(push, mlflow_state_text(push, "run_id"), there, ended_ms, err));
    json_object_set_new(push->state, "state", json_string(there));
    return mlflow_save(push, err);
}

/* ---- all of it ---- */

static gm_status push_all(mlflow_push *push, gm_error *err) {
    const char *run_id, *state = fact(push, "state");
    int64_t ended_ms = 0;
    bool finished = state && strcmp(state, "finished") == 0;
    GM_TRY(check_known(push, err));
    GM_TRY(ensure_experiment(push, err));
    GM_TRY(mlflow_ensure_run(push, 0, &run_id, err));
    GM_TRY(send_settings(push, err));
    GM_TRY(send_dataset(push, err));
    GM_TRY(mlflow_send_epochs(push, &ended_ms, err));
    if (push->request->briefly) return GM_OK;
    if (finished) {
        GM_TRY(send_figures(push, ended_ms, err));
        GM_TRY(mlflow_send_files(push, err));
    }
    GM_TRY(send_state(push, state ? state : "running", ended_ms, err));
    if (!push->request->model || !*push->request->model) return GM_OK;
    if (!finished) return gm_fail(err, GM_E_ARG, "the run is not finished: its model cannot be registered yet");
    return mlflow_register(push, err);
}

static json_t *answer_of(const mlflow_push *push) {
    const char *experiment = mlflow_state_text(push, "experiment_id"), *run = mlflow_state_text(push, "run_id");
    char page[700];
    snprintf(page, sizeof page, "%s/#/experiments/%s/runs/%s", push->client.url, experiment, run);
    bool registered = push->request->model && *push->request->model;
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s?, s:s?, s:s?, s:O}", "url", push->client.url,
        "experiment", push->experiment, "experiment_id", experiment, "run_id", run, "page", page, "state",
        fact(push, "state"), "folds", (json_int_t)json_object_size(json_object_get(push->state, "folds")), "metrics",
        (json_int_t)push->metrics, "files", (json_int_t)push->files, "bytes", (json_int_t)push->bytes, "model",
        registered ? push->request->model : NULL, "version", registered ? mlflow_state_text(push, "version") : NULL,
        "alias", registered ? push->request->alias : NULL, "messages", push->messages);
}

static gm_status push_locked(mlflow_push *push, json_t **out, gm_error *err) {
    GM_TRY(gm_run_values(push->request->run_dir, &push->facts, err));
    if (push->request->state) json_object_set_new(push->facts, "state", json_string(push->request->state));
    push->experiment =
        push->request->experiment && *push->request->experiment ? push->request->experiment : fact(push, "experiment");
    if (!push->experiment || !*push->experiment) push->experiment = "gimlet";
    GM_TRY(read_state(push, err));
    GM_TRY(push_all(push, err));
    *out = answer_of(push);
    return *out ? GM_OK : gm_nomem(err);
}

gm_status gm_mlflow_push(const gm_mlflow_request *request, json_t **out, gm_error *err) {
    mlflow_push push = {.request = request};
    gm_lock lock;
    GM_TRY(make_key(&push, err));
    GM_TRY(mlflow_open(request, &push.client, err));
    gm_auto_free char *path = gm_path_join(request->run_dir, ".mlflow.lock");
    push.messages = json_array();
    gm_status status =
        path && push.messages ? gm_lock_file(path, request->briefly ? 0 : 30, &lock, err) : gm_nomem(err);
    if (status == GM_OK) {
        status = push_locked(&push, out, err);
        gm_unlock_file(&lock);
    }
    json_decref(push.messages);
    json_decref(push.facts);
    json_decref(push.all);
    mlflow_close(&push.client);
    return status;
}
