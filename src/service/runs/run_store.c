#include "run_store.h"

#include "base/json.h"
#include "run_compare_internal.h"
#include "run_facts.h"
#include "run_holes.h"
#include "run_index.h"
#include "run_notes.h"
#include "runs.h"
#include "service/paths.h"
#include "training/training.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which folder ---- */

static gm_status no_such_run(const char *models_dir, const char *run, gm_error *err) {
    enum { MOST = 20000 };
    DIR *dir = opendir(models_dir);
    if (!dir)
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "name the folder that holds the runs: --models-dir MODELS",
                          "there is no folder %s", models_dir);
    gm_auto(gm_arena) arena = gm_arena_new();
    gm_auto_free const char **names = gm_alloc_array(MOST, sizeof *names);
    size_t n = 0;
    for (struct dirent *item; arena && names && n < MOST && (item = readdir(dir));)
        if (item->d_name[0] != '.' && item->d_type == DT_DIR && (names[n] = gm_arena_strdup(arena, item->d_name))) n++;
    closedir(dir);
    const char *nearest = names ? gm_nearest_name(run, names, n) : NULL;
    char hint[260];
    if (nearest)
        snprintf(hint, sizeof hint, "did you mean %.200s?", nearest);
    else
        snprintf(hint, sizeof hint, "gimlet runs list shows them");
    return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, hint, "there is no run \"%.100s\" in %.200s", run, models_dir);
}

gm_status gm_run_folder(const char *models_dir, const char *run, char **out, gm_error *err) {
    bool is_path = strchr(run, '/') != NULL;
    gm_auto_free char *dir = is_path ? gm_strdup(run) : gm_path_join(models_dir, run);
    if (!dir) return gm_nomem(err);
    if (is_path)
        for (size_t n = strlen(dir); n > 1 && dir[n - 1] == '/'; n--) dir[n - 1] = '\0';
    if (!is_path && service_name_check(run, "the run", NULL) != GM_OK) return no_such_run(models_dir, run, err);
    if (run_dir_is_run(dir)) return *out = gm_steal(&dir), GM_OK;
    if (is_path) return gm_fail(err, GM_E_NOTFOUND, "%s holds no run", dir);
    return no_such_run(models_dir, run, err);
}

/* ---- lists ---- */

static json_t *column_names(const char *columns) {
    json_t *names = json_array();
    gm_auto_free char *list = gm_strdup(columns);
    char *rest = NULL;
    for (char *name = list ? strtok_r(list, ", ", &rest) : NULL; name; name = strtok_r(NULL, ", ", &rest))
        json_array_append_new(names, json_string(name));
    return names;
}

gm_status gm_run_list(const gm_run_list_query *query, json_t **out, gm_error *err) {
    static const char usual[] = "state,started_at,params.strategy,holes,folds,metrics.exit_mae_mm,"
                                "metrics.hole_depth_mae_mm,metrics.grip_code_exact_fraction";
    gm_auto(run_index) index = NULL;
    const char *columns = query->columns && *query->columns ? query->columns : usual;
    GM_TRY(run_index_open(query->models_dir, query->observer, &index, err));
    run_query wanted = {query->filter, query->sort, columns, query->limit, query->offset};
    GM_TRY(run_index_find(index, &wanted, out, err));
    json_object_set_new(*out, "columns", column_names(columns));
    return GM_OK;
}

static const char *doc_of(const char *key) {
    size_t n;
    const run_key_doc *docs = run_general_keys(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(docs[i].key, key) == 0) return docs[i].doc;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    for (size_t i = 0; i < n; i++)
        if (gm_starts_with(key, "params.") && strcmp(specs[i].key, key + 7) == 0) return specs[i].doc;
    return "";
}

gm_status gm_run_list_keys(const char *models_dir, json_t **out, gm_error *err) {
    gm_auto(run_index) index = NULL;
    run_keys keys;
    GM_TRY(run_index_open(models_dir, NULL, &index, err));
    GM_TRY(run_index_keys(index, &keys, err));
    json_t *items = json_array();
    for (size_t i = 0; i < keys.count; i++)
        json_array_append_new(items, json_pack("{s:s, s:s, s:b}", "key", keys.items[i].name, "doc",
                                               doc_of(keys.items[i].name), "used", keys.items[i].id != 0));
    run_keys_finish(&keys);
    *out = json_pack("{s:o}", "items", items);
    return *out ? GM_OK : gm_nomem(err);
}

/* ---- one run ---- */

static gm_status read_run(const char *dir, run_log **log, service_child_record *record, bool *known, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "process.json");
    if (!path) return gm_nomem(err);
    GM_TRY(run_log_new(dir, gm_path_base(dir), log, err));
    *known = service_child_read(path, record, NULL) == GM_OK;
    return run_log_update(*log, err);
}

gm_status gm_run_values(const char *dir, json_t **out, gm_error *err) {
    gm_auto(run_log) log = NULL;
    service_child_record record;
    bool known = false;
    GM_TRY(read_run(dir, &log, &record, &known, err));
    return run_facts(log, known ? &record : NULL, out, err);
}

/* {"params": {..}, ...} of {"params.x": ..}; what has no such heading goes under "about". */
json_t *run_values_by_heading(json_t *values) {
    static const char *const headings[] = {"params", "metrics", "system", "tags"};
    json_t *out = json_pack("{s:{}}", "about"), *value;
    const char *key;
    for (size_t i = 0; i < GM_COUNT(headings); i++) json_object_set_new(out, headings[i], json_object());
    json_object_foreach (values, key, value) {
        const char *place = "about", *name = key;
        for (size_t i = 0; i < GM_COUNT(headings); i++) {
            size_t n = strlen(headings[i]);
            if (strncmp(key, headings[i], n) == 0 && key[n] == '.') place = headings[i], name = key + n + 1;
        }
        json_object_set(json_object_get(out, place), name, value);
    }
    return out;
}

/* {point: {"n", "mae_mm"}} over the holes of one fold */
static json_t *fold_metrics(const run_holes *holes, int fold) {
    json_t *out = json_object();
    for (int p = 0; p < GM_N_EVAL; p++) {
        double sum = 0;
        size_t n = 0;
        for (size_t i = 0; i < holes->count; i++) {
            double error = holes->items[i].error_mm[p];
            if (holes->items[i].fold != fold || !isfinite(error)) continue;
            sum += fabs(error);
            n++;
        }
        if (n)
            json_object_set_new(out, gm_eval_name(p),
                                json_pack("{s:I, s:f}", "n", (json_int_t)n, "mae_mm", sum / (double)n));
    }
    return out;
}

static gm_status add_folds(const char *dir, json_t *shown, gm_error *err) {
    auto_run_holes holes = {0};
    GM_TRY(run_holes_read(dir, &holes, err));
    json_t *fold;
    size_t i;
    json_array_foreach (json_object_get(shown, "folds"), i, fold)
        json_object_set_new(fold, "out_of_fold",
                            fold_metrics(&holes, (int)json_integer_value(json_object_get(fold, "fold"))));
    return GM_OK;
}

static json_t *read_artifacts(const char *dir) {
    gm_auto_free char *path = gm_path_join(dir, "artifacts.json");
    json_t *all = gm_json_look(path), *one;
    size_t i;
    if (!json_is_array(all)) {
        json_decref(all);
        return json_array();
    }
    json_array_foreach (all, i, one) {
        const char *name = json_string_value(json_object_get(one, "path"));
        if (name) json_object_set_new(one, "has_labels", json_boolean(gm_run_file_has_labels(name)));
    }
    return all;
}

/* Which texts the run has kept on how it went: its own, and what a server's process wrote. */
static json_t *logs_of(const char *dir) {
    static const char *const names[] = {"training.log", "log.txt"};
    json_t *logs = json_array();
    for (size_t i = 0; i < GM_COUNT(names); i++) {
        gm_auto_free char *path = gm_path_join(dir, names[i]);
        if (path && gm_file_exists(path)) json_array_append_new(logs, json_string(names[i]));
    }
    return logs;
}

gm_status gm_run_show(const char *models_dir, const char *run, json_t **out, gm_error *err) {
    gm_auto_free char *dir = NULL;
    gm_auto(run_log) log = NULL;
    service_child_record record;
    bool known = false;
    json_t *values, *tags, *notes;
    GM_TRY(gm_run_folder(models_dir, run, &dir, err));
    GM_TRY(read_run(dir, &log, &record, &known, err));
    GM_TRY(run_facts(log, known ? &record : NULL, &values, err));
    json_t *shown = run_values_by_heading(values), *brief = run_log_json(log, known ? &record : NULL, false);
    json_decref(values);
    static const char *const kept[] = {"run", "state", "message", "messages", "folds"};
    for (size_t i = 0; i < GM_COUNT(kept); i++) json_object_set(shown, kept[i], json_object_get(brief, kept[i]));
    json_object_set_new(shown, "artifacts", read_artifacts(dir));
    json_object_set_new(shown, "logs", logs_of(dir));
    json_decref(brief);
    gm_status status = add_folds(dir, shown, err);
    if (status == GM_OK) status = run_notes_read(dir, &tags, &notes, err);
    if (status != GM_OK) return json_decref(shown), status;
    json_decref(tags);
    json_object_del(json_object_get(shown, "about"), "notes");
    json_object_set_new(shown, "notes", notes);
    *out = shown;
    return GM_OK;
}

/* ---- two runs ---- */

/* Differ in every pair of runs, and say nothing. */
bool run_value_is_own(const char *key) {
    static const char *const own[] = {"run", "started_at", "ended_at", "duration_s", "command", "notes"};
    for (size_t i = 0; i < GM_COUNT(own); i++)
        if (strcmp(key, own[i]) == 0) return true;
    return gm_starts_with(key, "system.");
}

gm_status gm_run_diff(const char *models_dir, const char *a, const char *b, json_t **out, gm_error *err) {
    gm_auto_free char *dir_a = NULL, *dir_b = NULL;
    json_t *x, *y, *value;
    const char *key;
    json_int_t same = 0;
    GM_TRY(gm_run_folder(models_dir, a, &dir_a, err));
    GM_TRY(gm_run_folder(models_dir, b, &dir_b, err));
    GM_TRY(gm_run_values(dir_a, &x, err));
    gm_status status = gm_run_values(dir_b, &y, err);
    if (status != GM_OK) return json_decref(x), status;
    json_t *differ = json_object();
    json_object_foreach (x, key, value) {
        json_t *other = json_object_get(y, key);
        if (run_value_is_own(key)) continue;
        if (other && json_equal(value, other))
            same++;
        else
            json_object_set_new(differ, key, json_pack("[O, O?]", value, other));
    }
    json_object_foreach (y, key, value)
        if (!run_value_is_own(key) && !json_object_get(x, key))
            json_object_set_new(differ, key, json_pack("[n, O]", value));
    json_t *all = run_values_by_heading(differ);
    json_object_del(all, "system");
    json_object_set_new(all, "a", json_string(gm_path_base(dir_a)));
    json_object_set_new(all, "b", json_string(gm_path_base(dir_b)));
    json_object_set_new(all, "same", json_integer(same));
    json_decref(differ);
    json_decref(x);
    json_decref(y);
    *out = all;
    return *out ? GM_OK : gm_nomem(err);
}

/* ---- tags and notes ---- */

gm_status gm_run_tag(const char *models_dir, const char *run, const char *user, const char *key, const char *value,
                     gm_error *err) {
    gm_auto_free char *dir = NULL;
    GM_TRY(gm_run_folder(models_dir, run, &dir, err));
    return run_notes_tag(dir, user, key, value, err);
}

gm_status gm_run_note(const char *models_dir, const char *run, const char *user, const char *text, gm_error *err) {
    gm_auto_free char *dir = NULL;
    GM_TRY(gm_run_folder(models_dir, run, &dir, err));
    return run_notes_note(dir, user, text, err);
}

gm_status gm_run_notes(const char *models_dir, const char *run, json_t **out, gm_error *err) {
    gm_auto_free char *dir = NULL;
    json_t *tags, *notes;
    GM_TRY(gm_run_folder(models_dir, run, &dir, err));
    GM_TRY(run_notes_read(dir, &tags, &notes, err));
    *out = json_pack("{s:s, s:o, s:o}", "run", gm_path_base(dir), "tags", tags, "notes", notes);
    return *out ? GM_OK : gm_nomem(err);
}
