/* What finished runs have to show: holes out of fold, models and their files. */
#include "runs_internal.h"

#include "base/json.h"
#include "data/storage/storage.h"
#include "service/paths.h"
#include "training/out_of_fold.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- which stored hole a row of out_of_fold.csv means ---- */

typedef struct {
    const char *file, *trace, *sha256, *family;
} known_hole;

typedef struct {
    gm_stored_holes stored;
    known_hole *holes; /* by file */
    size_t count;
    json_t *traces; /* {file: trace} of the run, from folds.json: a file of that name may be another hole by now */
} hole_index;

static void hole_index_finish(hole_index *index) {
    gm_stored_holes_finish(&index->stored);
    gm_free(index->holes);
    json_decref(index->traces);
}

static int by_file(const void *a, const void *b) {
    return strcmp(((const known_hole *)a)->file, ((const known_hole *)b)->file);
}

static gm_status index_stored(const gm_runs *runs, hole_index *index, gm_error *err) {
    gm_auto_free char *database = gm_path_join(runs->data_dir, "gimlet.db");
    if (!database) return gm_nomem(err);
    if (!gm_file_exists(database)) return GM_OK;
    gm_auto(gm_store) store = NULL;
    GM_TRY(gm_store_open(runs->data_dir, false, 0, &store, err));
    GM_TRY(gm_store_holes(store, true, &index->stored, err));
    index->holes = gm_alloc_array(index->stored.count + 1, sizeof *index->holes);
    if (!index->holes) return gm_nomem(err);
    for (size_t i = 0; i < index->stored.count; i++) {
        const gm_stored_hole *hole = &index->stored.items[i];
        index->holes[index->count++] = (known_hole){hole->file, hole->facts.trace_sha256, hole->sha256, hole->family};
    }
    qsort(index->holes, index->count, sizeof *index->holes, by_file);
    return GM_OK;
}

static gm_status index_traces(const char *dir, hole_index *index, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "folds.json");
    index->traces = json_object();
    if (!path || !index->traces) return gm_nomem(err);
    json_t *root = gm_json_look(path), *hole;
    size_t i;
    json_array_foreach (json_object_get(root, "holes"), i, hole) {
        const char *file = json_string_value(json_object_get(hole, "file"));
        if (file) json_object_set(index->traces, file, json_object_get(hole, "trace"));
    }
    json_decref(root);
    return GM_OK;
}

static const known_hole *look_up(const hole_index *index, const char *file) {
    known_hole wanted = {.file = file};
    const known_hole *found =
        index->count ? bsearch(&wanted, index->holes, index->count, sizeof *index->holes, by_file) : NULL;
    const char *trace = json_string_value(json_object_get(index->traces, file));
    return found && (!trace || strcmp(trace, found->trace) == 0) ? found : NULL;
}

/* ---- out_of_fold.csv ---- */

static json_t *number_or_null(double value) {
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *predicted_json(const gm_out_of_fold_row *row) {
    json_t *points = json_object();
    for (int p = 0; p < GM_N_POINTS; p++)
        json_object_set_new(points, gm_point_name((gm_point)p),
                            json_pack("{s:o, s:o, s:s, s:o}", "mm", number_or_null(row->mm[p]), "confidence",
                                      number_or_null(row->confidence[p]), "evidence", "", "half_mm",
                                      number_or_null(row->half_mm[p])));
    return points;
}

static json_t *label_json(const double mm[GM_N_POINTS]) {
    json_t *points = json_object();
    for (int p = 0; p < GM_N_POINTS; p++)
        json_object_set_new(points, gm_point_name((gm_point)p),
                            json_pack("{s:o, s:n, s:s}", "mm", number_or_null(mm[p]), "confidence", "evidence", ""));
    return points;
}

static json_t *row_json(const hole_index *index, const gm_out_of_fold_row *row) {
    const known_hole *hole = look_up(index, row->file);
    const char *slash = strrchr(row->file, '/');
    gm_auto_free char *folder = gm_strndup(row->file, slash ? (size_t)(slash - row->file) : 0);
    json_t *errors = json_object();
    for (int p = 0; p < GM_N_EVAL; p++)
        json_object_set_new(errors, gm_eval_name(p), number_or_null(gm_out_of_fold_error_mm(row, p)));
    return json_pack("{s:s?, s:s, s:s?, s:i, s:o, s:o, s:o}", "id", hole ? hole->sha256 : NULL, "file", row->file,
                     "family", hole ? hole->family : folder, "fold", row->fold, "predicted", predicted_json(row),
                     "label", label_json(row->label_mm), "error_mm", errors);
}

static gm_status read_rows(const char *dir, const hole_index *index, json_t *list, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "out_of_fold.csv");
    gm_auto_out_of_fold table = {0};
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path))
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "wait until it is finished, or resume it",
                          "%s has no predictions out of fold yet", gm_path_base(dir));
    GM_TRY(gm_out_of_fold_read(path, &table, err));
    for (size_t i = 0; i < table.count; i++) json_array_append_new(list, row_json(index, &table.rows[i]));
    return GM_OK;
}

gm_status gm_runs_holes(gm_runs *runs, const char *run, json_t **out, gm_error *err) {
    gm_auto_free char *dir = NULL;
    GM_TRY(gm_runs_dir(runs, run, &dir, err));
    __attribute__((cleanup(hole_index_finish))) hole_index index = {0};
    GM_TRY(index_stored(runs, &index, err));
    GM_TRY(index_traces(dir, &index, err));
    json_t *list = json_array();
    gm_status status = list ? read_rows(dir, &index, list, err) : gm_nomem(err);
    if (status != GM_OK) return json_decref(list), status;
    *out = json_pack("{s:o}", "items", list);
    return *out ? GM_OK : gm_nomem(err);
}

/* ---- models ---- */

/* What is of use elsewhere; not the run's own bookkeeping. */
static bool is_for_download(const char *path) {
    static const char *const own[] = {"process.json", "request.json"};
    const char *base = gm_path_base(path);
    for (size_t i = 0; i < GM_COUNT(own); i++)
        if (strcmp(path, own[i]) == 0) return false;
    return strcmp(base, "checkpoint.bin") != 0 && service_path_check(path, "", NULL) == GM_OK;
}

static gm_status list_model_files(const char *dir, json_t *model, gm_error *err) {
    gm_file_list files = {0};
    GM_TRY(gm_list_files(dir, &files, err));
    json_t *list = json_array();
    int64_t total = 0;
    for (size_t i = 0; i < files.count; i++) {
        const gm_file_entry *file = &files.items[i];
        if (file->error || !is_for_download(file->relative)) continue;
        total += file->size_bytes;
        json_array_append_new(list, json_pack("{s:s, s:I, s:b}", "path", file->relative, "size_bytes",
                                              (json_int_t)file->size_bytes, "has_labels",
                                              gm_run_file_has_labels(file->relative)));
    }
    gm_file_list_finish(&files);
    json_object_set_new(model, "size_bytes", json_integer(total));
    json_object_set_new(model, "files", list);
    return GM_OK;
}

static gm_status add_model(gm_runs *runs, const json_t *run, json_t *list, gm_error *err) {
    const char *name = json_string_value(json_object_get(run, "run"));
    gm_auto_free char *dir = gm_path_join(runs->models_dir, name);
    json_t *model = json_pack("{s:s, s:O, s:O, s:O, s:O}", "run", name, "created_at",
                              json_object_get(run, "started_at"), "metrics", json_object_get(run, "metrics"), "n_folds",
                              json_object_get(run, "n_folds"), "holes", json_object_get(run, "holes"));
    if (!dir || !model) return json_decref(model), gm_nomem(err);
    gm_status status = list_model_files(dir, model, err);
    if (status == GM_OK) json_array_append(list, model);
    json_decref(model);
    return status;
}

gm_status gm_models_list(gm_runs *runs, json_t **out, gm_error *err) {
    json_t *all, *run;
    gm_runs_query finished = {.filter = "state = 'finished'", .limit = -1};
    GM_TRY(gm_runs_list(runs, &finished, &all, err));
    json_t *list = json_array();
    gm_status status = list ? GM_OK : gm_nomem(err);
    size_t i;
    json_array_foreach (json_object_get(all, "items"), i, run) {
        if (status == GM_OK && strcmp(json_string_value(json_object_get(run, "state")), "finished") == 0)
            status = add_model(runs, run, list, err);
    }
    json_decref(all);
    if (status != GM_OK) return json_decref(list), status;
    *out = json_pack("{s:o}", "items", list);
    return *out ? GM_OK : gm_nomem(err);
}

gm_status gm_run_file(gm_runs *runs, const char *run, const char *path, char **out, gm_error *err) {
    gm_auto_free char *dir = NULL;
    int fd;
    off_t size;
    GM_TRY(gm_runs_dir(runs, run, &dir, err));
    if (!is_for_download(path)) return gm_fail(err, GM_E_NOTFOUND, "there is no %.200s", path);
    GM_TRY(service_open_file(dir, path, &fd, &size, err));
    close(fd);
    *out = gm_path_join(dir, path);
    return *out ? GM_OK : gm_nomem(err);
}
