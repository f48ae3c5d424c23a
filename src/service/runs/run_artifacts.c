/* RUN/artifacts.json: [{"path", "size_bytes", "sha256"}] of what a finished run has left. */
#include "run_store.h"
#include "runs.h"

#include "base/json.h"

#include <fnmatch.h>
#include <string.h>

/* What goes on to change is no artefact: bookkeeping, logs, notes, what others add later. */
static bool is_artifact(const char *path) {
    static const char *const not_these[] = {"artifacts.json", "process.json", "request.json", "log.txt",
                                            "notes.jsonl",    "training.log", "system.jsonl", "mlflow.json"};
    static const char *const nor_below[] = {"tensorboard/", "evaluations/", "exports/"};
    for (size_t i = 0; i < GM_COUNT(not_these); i++)
        if (strcmp(path, not_these[i]) == 0) return false;
    for (size_t i = 0; i < GM_COUNT(nor_below); i++)
        if (gm_starts_with(path, nor_below[i])) return false;
    return gm_path_base(path)[0] != '.' && strcmp(gm_path_base(path), "checkpoint.bin") != 0;
}

static gm_status list(const gm_file_list *files, json_t *out, gm_error *err) {
    for (size_t i = 0; i < files->count; i++) {
        const gm_file_entry *file = &files->items[i];
        char hash[GM_SHA256_HEX];
        if (file->error || !is_artifact(file->relative)) continue;
        GM_TRY(gm_sha256_file(file->path, hash, err));
        json_t *one = json_pack("{s:s, s:I, s:s}", "path", file->relative, "size_bytes", (json_int_t)file->size_bytes,
                                "sha256", hash);
        if (json_array_append_new(out, one) != 0) return gm_nomem(err);
    }
    return GM_OK;
}

bool gm_run_file_has_labels(const char *path) {
    static const char *const without[] = {"config.yaml",    "run.json",    "folds.json",   "metrics.json",
                                          "artifacts.json", "report.html", "events.jsonl", "notes.jsonl",
                                          "system.jsonl",   "log.txt",     "training.log", "mlflow.json",
                                          "*.onnx",         "fold_*/*",    "exports/*",    "tensorboard/*"};
    for (size_t i = 0; i < GM_COUNT(without); i++)
        if (fnmatch(without[i], path, 0) == 0) return false;
    return true;
}

gm_status gm_run_artifacts_write(const char *dir, gm_error *err) {
    gm_file_list files = {0};
    GM_TRY(gm_list_files(dir, &files, err));
    json_t *all = json_array();
    gm_status status = all ? list(&files, all, err) : gm_nomem(err);
    gm_file_list_finish(&files);
    if (status == GM_OK) return gm_json_write_in(dir, "artifacts.json", all, err);
    json_decref(all);
    return status;
}

static void check_one(const char *dir, const json_t *artifact, json_t *bad) {
    const char *name = json_string_value(json_object_get(artifact, "path"));
    const char *wanted = json_string_value(json_object_get(artifact, "sha256"));
    gm_auto_free char *path = name && wanted ? gm_path_join(dir, name) : NULL;
    char hash[GM_SHA256_HEX];
    gm_error err = {0};
    const char *problem = NULL;
    if (!path) return;
    if (!gm_file_exists(path))
        problem = "it is missing";
    else if (gm_sha256_file(path, hash, &err) != GM_OK)
        problem = err.message;
    else if (strcmp(hash, wanted) != 0)
        problem = "its bytes have changed since the run ended";
    if (problem) json_array_append_new(bad, json_pack("{s:s, s:s}", "path", name, "problem", problem));
}

gm_status gm_run_artifacts_check(const char *dir, json_t **out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "artifacts.json");
    json_t *all = NULL, *bad = json_array(), *artifact;
    size_t i;
    gm_status status = path && bad ? GM_OK : gm_nomem(err);
    if (status == GM_OK) status = gm_json_read_if_there(path, &all, err);
    if (status == GM_OK) {
        json_array_foreach (all, i, artifact) check_one(dir, artifact, bad);
        *out = json_pack("{s:I, s:O}", "files", (json_int_t)json_array_size(all), "bad", bad);
        status = *out ? GM_OK : gm_nomem(err);
    }
    json_decref(all);
    json_decref(bad);
    return status;
}
