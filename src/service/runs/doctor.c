#include "doctor.h"

#include "run_index.h"
#include "run_store.h"

static void add_problems(const char *run, json_t *checked, json_t *problems) {
    json_t *bad;
    size_t i;
    json_array_foreach (json_object_get(checked, "bad"), i, bad) {
        json_t *one = json_pack("{s:s}", "run", run);
        json_object_update(one, bad);
        json_array_append_new(problems, one);
    }
}

static gm_status check_runs(const char *models_dir, const gm_observer *observer, const json_t *runs, json_int_t *files,
                            json_t *problems, gm_error *err) {
    json_t *item;
    size_t i;
    json_array_foreach (runs, i, item) {
        const char *name = json_string_value(json_object_get(item, "run"));
        gm_auto_free char *dir = gm_path_join(models_dir, name);
        json_t *checked = NULL;
        gm_error own = {0};
        if (!dir) return gm_nomem(err);
        if (gm_run_artifacts_check(dir, &checked, &own) == GM_OK) {
            *files += json_integer_value(json_object_get(checked, "files"));
            add_problems(name, checked, problems);
        } else {
            json_array_append_new(
                problems, json_pack("{s:s, s:s, s:s}", "run", name, "path", "artifacts.json", "problem", own.message));
        }
        json_decref(checked);
        if (!gm_report(observer, "checking files", (long)i + 1, (long)json_array_size(runs), name))
            return gm_fail(err, GM_E_CANCELLED, "stopped");
    }
    return GM_OK;
}

gm_status gm_doctor(const char *models_dir, bool rebuild, const gm_observer *observer, json_t **out, gm_error *err) {
    size_t n_runs = 0;
    gm_run_list_query query = {.models_dir = models_dir, .columns = "run", .limit = -1, .observer = observer};
    json_t *list, *problems = json_array();
    json_int_t files = 0;
    gm_status status = problems ? GM_OK : gm_nomem(err);
    if (status == GM_OK && rebuild) status = run_index_rebuild(models_dir, observer, &n_runs, err);
    if (status == GM_OK) status = gm_run_list(&query, &list, err);
    if (status != GM_OK) return json_decref(problems), status;
    status = check_runs(models_dir, observer, json_object_get(list, "items"), &files, problems, err);
    if (status == GM_OK) {
        *out = json_pack("{s:O, s:I, s:b, s:O}", "runs", json_object_get(list, "total"), "files", files, "rebuilt",
                         rebuild, "problems", problems);
        if (!*out) status = gm_nomem(err);
    }
    json_decref(list);
    json_decref(problems);
    return status;
}
