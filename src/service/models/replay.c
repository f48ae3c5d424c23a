#include "replay.h"

#include "base/json.h"
#include "base/program.h"
#include "engine/engine.h"
#include "service/registry/registry.h"
#include "service/runs/run_store.h"
#include "snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const gm_replay_request *request;
    char *dir, *scratch;
    gm_run_info info;
    gm_training_config config;
    bool has_config;
    char cpu[32], build[GM_BUILD_TEXT];
    json_t *differences, *remarks;
} replay;

static void replay_finish(replay *r) {
    if (r->scratch && gm_remove_tree(r->scratch, NULL) != GM_OK)
        gm_log(GM_LOG_WARNING, "%s could not be removed", r->scratch);
    if (r->has_config) gm_training_config_finish(&r->config);
    gm_run_info_finish(&r->info);
    gm_free(r->dir);
    gm_free(r->scratch);
    json_decref(r->differences);
    json_decref(r->remarks);
}

/* ---- what the run was trained with ---- */

static gm_status note_begin(replay *r, const json_t *begin, gm_error *err) {
    const char *cpu = json_string_value(json_object_get(begin, "cpu"));
    if (cpu && r->cpu[0] && strcmp(cpu, r->cpu) != 0)
        return gm_fail_at(
            err, GM_E_CONFLICT, 0, 0, "resume runs on machines of one kind to keep them replayable",
            "it was trained in parts on %s and on %s, whose results differ in the last digits: it cannot be "
            "rebuilt in one go",
            r->cpu, cpu);
    if (cpu) snprintf(r->cpu, sizeof r->cpu, "%.31s", cpu);
    return GM_OK;
}

/* Every line "begin" of events.jsonl: a resumed run has several. */
static gm_status read_begins(replay *r, gm_error *err) {
    gm_auto_free char *path = gm_path_join(r->dir, "events.jsonl"), *bytes = NULL;
    size_t size;
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path)) return GM_OK;
    GM_TRY(gm_read_file(path, (size_t)1 << 30, &bytes, &size, err));
    char *rest = bytes;
    gm_status status = GM_OK;
    for (char *line = strsep(&rest, "\n"); line && status == GM_OK; line = strsep(&rest, "\n")) {
        if (!strstr(line, "\"event\": \"begin\"")) continue;
        json_t *begin = json_loads(line, 0, NULL);
        status = note_begin(r, begin, err);
        json_decref(begin);
    }
    return status;
}

static gm_status read_about(replay *r, gm_error *err) {
    gm_auto_free char *path = gm_path_join(r->dir, "run.json");
    json_t *about;
    if (!path) return gm_nomem(err);
    GM_TRY(gm_json_read(path, &about, err));
    const char *build = json_string_value(json_object_get(about, "build"));
    const char *version = json_string_value(json_object_get(about, "gimlet"));
    const char *cpu = json_string_value(json_object_get(about, "cpu"));
    snprintf(r->build, sizeof r->build, "%s", build ? build : version ? version : "");
    if (cpu && !r->cpu[0]) snprintf(r->cpu, sizeof r->cpu, "%.31s", cpu);
    json_decref(about);
    return GM_OK;
}

static gm_status check_out(replay *r, const char *model, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    const gm_registry_options options = {.models_dir = r->request->models_dir};
    gm_model_ref ref;
    GM_TRY(gm_registry_open(&options, &registry, err));
    GM_TRY(gm_registry_resolve(registry, model, &ref, err));
    return gm_registry_checkout(registry, ref.model, ref.version, &r->dir, err);
}

/* A run, or a version of a registered model: that has the run's files, and names the same data set. */
static gm_status find_folder(replay *r, gm_error *err) {
    const char *name = r->request->run;
    gm_error no_run = {0}, no_model = {0};
    gm_status status = gm_run_folder(r->request->models_dir, name, &r->dir, &no_run);
    if (status != GM_E_NOTFOUND || strchr(name, '/')) {
        if (status != GM_OK && err) *err = no_run;
        return status;
    }
    status = check_out(r, name, &no_model);
    if (status != GM_OK && err) *err = strpbrk(name, ":@") ? no_model : no_run;
    return status;
}

static gm_status read_run(replay *r, gm_error *err) {
    GM_TRY(find_folder(r, err));
    GM_TRY(gm_run_read(r->dir, &r->info, err));
    if (!r->info.finished)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "wait, or go on with it: gimlet train --resume",
                          "%s is not finished: there is nothing to compare with", gm_path_base(r->dir));
    GM_TRY(gm_run_config(r->dir, &r->config, err));
    r->has_config = true;
    GM_TRY(read_begins(r, err));
    return read_about(r, err);
}

/* The same kernels as then: other instruction sets add in another order. */
static gm_status choose_cpu(replay *r, gm_error *err) {
    if (!r->cpu[0]) {
        json_array_append_new(r->remarks, json_string("the run does not say with which instruction set it was trained; "
                                                      "the best of this machine is taken"));
        return GM_OK;
    }
    if (gm_cpu_use(r->cpu, NULL) == GM_OK) return GM_OK;
    return gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0, "replay it on a machine like the one that trained it",
                      "it was trained with the instruction set %s, which this machine does not have; another one gives "
                      "weights that differ in the last digits",
                      r->cpu);
}

/* ---- again ---- */

static gm_status make_scratch(replay *r, gm_error *err) {
    const char *base = getenv("TMPDIR");
    gm_auto_free char *path = gm_path_join(base && *base ? base : "/tmp", "gimlet-replay-XXXXXX");
    if (!path) return gm_nomem(err);
    if (!mkdtemp(path)) return gm_fail(err, GM_E_IO, "%s: cannot be made: %s", path, strerror(errno));
    r->scratch = gm_steal(&path);
    return GM_OK;
}

static gm_status train_again(replay *r, gm_error *err) {
    const char *data_dir = r->request->data_dir ? r->request->data_dir : r->info.data_dir;
    auto_dataset dataset = {0};
    gm_train_result result;
    if (!data_dir)
        return gm_fail(err, GM_E_ARG, "%s does not say on which data it was trained: give --data-dir",
                       gm_path_base(r->dir));
    GM_TRY(service_dataset_open(data_dir, DATASET_TO_LEARN, &dataset, err));
    GM_TRY(snapshot_recall_named(&dataset, data_dir, r->info.snapshot, err));
    GM_TRY(make_scratch(r, err));
    gm_train_options options = {.config = &r->config,
                                .output_dir = r->scratch,
                                .run_name = "again",
                                .data_dir = data_dir,
                                .threads = r->request->threads,
                                .observer = r->request->observer};
    gm_status status = gm_train(&options, &dataset.data, &result, err);
    gm_train_result_finish(&result);
    return status;
}

/* ---- the same? ---- */

static void differs(replay *r, const char *file, const char *what) {
    json_array_append_new(r->differences, json_pack("{s:s, s:s}", "file", file, "what", what));
}

static gm_status compare_fold(replay *r, const char *again, const char *file, gm_error *err) {
    gm_auto_free char *was = gm_path_join(r->dir, file), *is = gm_path_join(again, file);
    gm_auto_text what = GM_TEXT_INIT;
    bool same;
    if (!was || !is) return gm_nomem(err);
    if (!gm_file_exists(is)) return differs(r, file, "was not made this time"), GM_OK;
    gm_error own = {0};
    if (gm_weights_difference(was, is, &same, &what, &own) != GM_OK)
        differs(r, file, own.message);
    else if (!same)
        differs(r, file, gm_text_c(&what));
    return GM_OK;
}

static gm_status compare_bytes(replay *r, const char *again, const char *file, gm_error *err) {
    gm_auto_free char *was = gm_path_join(r->dir, file), *is = gm_path_join(again, file);
    char a[GM_SHA256_HEX], b[GM_SHA256_HEX];
    if (!was || !is) return gm_nomem(err);
    if (!gm_file_exists(was)) return GM_OK;
    GM_TRY(gm_sha256_file(was, a, err));
    GM_TRY(gm_sha256_file(is, b, err));
    if (strcmp(a, b) != 0) differs(r, file, "other predictions out of fold");
    return GM_OK;
}

static gm_status compare(replay *r, int *n_folds, gm_error *err) {
    gm_auto_free char *again = gm_path_join(r->scratch, "again");
    if (!again) return gm_nomem(err);
    for (*n_folds = 0;; ++*n_folds) {
        char file[64];
        snprintf(file, sizeof file, "fold_%02d/model.safetensors", *n_folds + 1);
        gm_auto_free char *was = gm_path_join(r->dir, file);
        if (!was) return gm_nomem(err);
        if (!gm_file_exists(was)) break;
        GM_TRY(compare_fold(r, again, file, err));
    }
    if (*n_folds == 0) return gm_fail(err, GM_E_CONFLICT, "%s has no folds to compare with", r->dir);
    return compare_bytes(r, again, "out_of_fold.csv", err);
}

static gm_status run(replay *r, json_t **out, gm_error *err) {
    char here[GM_BUILD_TEXT];
    int n_folds = 0;
    double began_s = gm_seconds();
    gm_program_build(here);
    GM_TRY(read_run(r, err));
    GM_TRY(choose_cpu(r, err));
    GM_TRY(train_again(r, err));
    GM_TRY(compare(r, &n_folds, err));
    bool same = json_array_size(r->differences) == 0;
    if (!same && strcmp(here, r->build) != 0)
        json_array_append_new(r->remarks,
                              json_string("the run was made by another build of the program: that may be why"));
    *out = json_pack("{s:s, s:b, s:i, s:s?, s:s, s:s, s:s, s:f, s:O, s:O}", "run", gm_path_base(r->request->run),
                     "same", same, "folds", n_folds, "dataset", r->info.snapshot, "cpu", gm_cpu_name(), "build",
                     r->build, "build_here", here, "seconds", gm_seconds() - began_s, "differences", r->differences,
                     "remarks", r->remarks);
    return *out ? GM_OK : gm_nomem(err);
}

gm_status gm_replay(const gm_replay_request *request, json_t **out, gm_error *err) {
    replay r = {.request = request, .differences = json_array(), .remarks = json_array()};
    gm_status status = r.differences && r.remarks ? run(&r, out, err) : gm_nomem(err);
    if (gm_cpu_use(NULL, NULL) != GM_OK) status = GM_E_INTERNAL;
    replay_finish(&r);
    return status;
}
