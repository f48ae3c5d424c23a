/* Which files of a run make a version: what is needed to predict, to explain and to rebuild; not its bookkeeping. */
#include "registry_internal.h"

#include "training/training.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static const char *const kept[] = {
    "config.yaml",        "run.json",           "folds.json",   "metrics.json",       "out_of_fold.csv",
    "model.onnx",         "report.html",        "events.jsonl", "fold_*/config.json", "fold_*/model.safetensors",
    "fold_*/gimlet.json", "fold_*/history.csv",
};
static const char *const needed[] = {"config.yaml", "run.json", "folds.json", "metrics.json", "out_of_fold.csv"};

static bool is_kept(const char *path) {
    for (size_t i = 0; i < GM_COUNT(kept); i++)
        if (fnmatch(kept[i], path, FNM_PATHNAME) == 0) return true;
    return false;
}

static gm_status add_file(version_files *files, const char *path, const char *source, gm_error *err) {
    gm_registry_file *grown = gm_realloc_array(files->items, files->count + 1, sizeof *grown);
    if (!grown) return gm_nomem(err);
    files->items = grown;
    files->items[files->count] =
        (gm_registry_file){gm_arena_strdup(files->arena, path), gm_arena_strdup(files->arena, source)};
    if (!files->items[files->count].path || !files->items[files->count].source) return gm_nomem(err);
    files->count++;
    return GM_OK;
}

static gm_status add_run_files(const char *run_dir, version_files *files, gm_error *err) {
    gm_file_list list = {0};
    GM_TRY(gm_list_files(run_dir, &list, err));
    gm_status status = GM_OK;
    for (size_t i = 0; status == GM_OK && i < list.count; i++)
        if (!list.items[i].error && is_kept(list.items[i].relative))
            status = add_file(files, list.items[i].relative, list.items[i].path, err);
    gm_file_list_finish(&list);
    return status;
}

/* The snapshot of the data set, which names every hole and label: DATA/snapshots/NAME.* */
static gm_status add_snapshot(const char *run_dir, version_files *files, gm_error *err) {
    static const char *const endings[] = {"txt", "json", "jsonl"};
    __attribute__((cleanup(gm_run_info_finish))) gm_run_info info = {0};
    if (gm_run_read(run_dir, &info, NULL) != GM_OK || !info.data_dir || !info.snapshot) return GM_OK;
    for (size_t i = 0; i < GM_COUNT(endings); i++) {
        gm_auto_text source = GM_TEXT_INIT;
        char path[40];
        gm_text_printf(&source, "%s/snapshots/%s.%s", info.data_dir, info.snapshot, endings[i]);
        if (!gm_text_ok(&source)) return gm_nomem(err);
        snprintf(path, sizeof path, "dataset.%s", endings[i]);
        if (gm_file_exists(source.data)) GM_TRY(add_file(files, path, source.data, err));
    }
    return GM_OK;
}

gm_status version_files_of(const char *run_dir, version_files *out, gm_error *err) {
    *out = (version_files){.arena = gm_arena_new()};
    if (!out->arena) return gm_nomem(err);
    for (size_t i = 0; i < GM_COUNT(needed); i++) {
        gm_auto_free char *path = gm_path_join(run_dir, needed[i]);
        if (!path) return gm_nomem(err);
        if (!gm_file_exists(path))
            return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "wait until the run is finished, or resume it",
                              "%s cannot be registered: it has no %s", gm_path_base(run_dir), needed[i]);
    }
    GM_TRY(add_run_files(run_dir, out, err));
    return add_snapshot(run_dir, out, err);
}

void version_files_finish(version_files *files) {
    gm_free(files->items);
    gm_arena_free(files->arena);
    *files = (version_files){0};
}
