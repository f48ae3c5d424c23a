#include "datasets_internal.h"

#include "service/runs/run_store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* ---- which are there ---- */

typedef struct {
    char name[GM_SHA256_HEX];
    char at[GM_TIME_TEXT]; /* when it was taken: the file is written once */
    long at_ns;            /* within that second */
} kept_file;
typedef struct {
    kept_file *items;
    size_t count;
} kept_files;

static bool is_snapshot(const char *file) {
    size_t length = strlen(file);
    bool known = gm_ends_with(file, ".json") || gm_ends_with(file, ".txt");
    return known && length > GM_SHA256_HEX - 1 && file[GM_SHA256_HEX - 1] == '.' &&
           strspn(file, "0123456789abcdef") == GM_SHA256_HEX - 1;
}

static void note_time(int folder, const char *name, kept_file *file) {
    struct stat info = {0};
    struct tm tm;
    if (fstatat(folder, name, &info, 0) != 0 || !gmtime_r(&info.st_mtim.tv_sec, &tm)) tm = (struct tm){0};
    strftime(file->at, sizeof file->at, "%Y-%m-%dT%H:%M:%SZ", &tm);
    file->at_ns = info.st_mtim.tv_nsec;
}

static int newest_first(const void *a, const void *b) {
    const kept_file *x = a, *y = b;
    int order = strcmp(y->at, x->at);
    if (!order) order = (x->at_ns < y->at_ns) - (x->at_ns > y->at_ns);
    return order ? order : strcmp(x->name, y->name);
}

static gm_status list_files(const char *data_dir, kept_files *out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(data_dir, "snapshots");
    if (!path) return gm_nomem(err);
    if (!gm_is_directory(data_dir)) return gm_fail(err, GM_E_NOTFOUND, "there is no folder %s", data_dir);
    DIR *dir = opendir(path);
    if (!dir && errno == ENOENT) return GM_OK;
    if (!dir) return gm_fail(err, GM_E_IO, "%s: cannot be listed: %s", path, strerror(errno));
    gm_status status = GM_OK;
    for (struct dirent *item; status == GM_OK && (item = readdir(dir));) {
        if (!is_snapshot(item->d_name)) continue;
        kept_file *grown = gm_realloc_array(out->items, out->count + 1, sizeof *grown);
        if (!grown) {
            status = gm_nomem(err);
            break;
        }
        out->items = grown;
        kept_file *file = &grown[out->count++];
        snprintf(file->name, sizeof file->name, "%.64s", item->d_name);
        note_time(dirfd(dir), item->d_name, file);
    }
    closedir(dir);
    if (out->count) qsort(out->items, out->count, sizeof *out->items, newest_first);
    return status;
}

static void kept_files_finish(kept_files *files) {
    gm_free(files->items);
}
#define auto_kept_files __attribute__((cleanup(kept_files_finish))) kept_files

static gm_status find_file(const char *data_dir, const char *dataset, kept_file *out, gm_error *err) {
    auto_kept_files files = {0};
    size_t n = 0, length = strlen(dataset);
    GM_TRY(list_files(data_dir, &files, err));
    for (size_t i = 0; i < files.count && length >= 4; i++)
        if (gm_starts_with(files.items[i].name, dataset) && n++ == 0) *out = files.items[i];
    if (n == 1) return GM_OK;
    if (n > 1) return gm_fail(err, GM_E_NOTFOUND, "%s begins %zu data sets: give more digits", dataset, n);
    return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "gimlet datasets list shows those that are kept",
                      "there is no data set \"%.80s\" in %.200s", dataset, data_dir);
}

gm_status gm_dataset_name(const char *data_dir, const char *dataset, char **out, gm_error *err) {
    kept_file file;
    GM_TRY(find_file(data_dir, dataset, &file, err));
    *out = gm_strdup(file.name);
    return *out ? GM_OK : gm_nomem(err);
}

/* ---- in words and numbers ---- */

json_t *dataset_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *dataset_label_json(const snapshot_hole *hole) {
    return json_pack("{s:I, s:s, s:s, s:s}", "version", (json_int_t)hole->version, "source",
                     gm_label_source_name(hole->label.source), "author", hole->label.author, "made_at",
                     hole->label.made_at);
}

json_t *dataset_hole_json(const snapshot_hole *hole) {
    json_t *out = dataset_label_json(hole), *points = json_object();
    json_object_set_new(out, "id", json_string(hole->id));
    json_object_set_new(out, "stored", *hole->stored ? json_string(hole->stored) : json_null());
    json_object_set_new(out, "file", json_string(hole->file));
    json_object_set_new(out, "family", json_string(hole->family));
    json_object_set_new(out, "confidence", dataset_number(hole->label.confidence));
    for (int p = 0; p < GM_N_POINTS; p++)
        json_object_set_new(points, gm_point_name((gm_point)p),
                            json_pack("{s:o, s:o}", "mm", dataset_number(hole->label.points[p].mm), "confidence",
                                      dataset_number(hole->label.points[p].confidence)));
    json_object_set_new(out, "points", points);
    return out;
}

static void count_one(json_t *counts, const char *name) {
    json_object_set_new(counts, name, json_integer(json_integer_value(json_object_get(counts, name)) + 1));
}

/* {"dataset", "at", "holes", "by_source", "problem"} */
static json_t *summary(const char *data_dir, const kept_file *file) {
    auto_snapshot kept = {0};
    gm_error err = {0};
    json_t *by_source = json_object();
    gm_status status = snapshot_read(data_dir, file->name, &kept, &err);
    for (size_t i = 0; i < kept.count && status == GM_OK; i++)
        count_one(by_source, gm_label_source_name(kept.items[i].label.source));
    return json_pack("{s:s, s:s, s:I, s:o, s:s?}", "dataset", file->name, "at", file->at, "holes",
                     (json_int_t)(status == GM_OK ? kept.count : 0), "by_source", by_source, "problem",
                     status == GM_OK ? NULL : err.message);
}

gm_status gm_datasets_list(const char *data_dir, json_t **out, gm_error *err) {
    auto_kept_files files = {0};
    GM_TRY(list_files(data_dir, &files, err));
    json_t *items = json_array();
    for (size_t i = 0; i < files.count; i++) json_array_append_new(items, summary(data_dir, &files.items[i]));
    *out = json_pack("{s:o}", "items", items);
    return *out ? GM_OK : gm_nomem(err);
}

/* Names of the runs that were trained on it. */
static json_t *runs_of(const char *models_dir, const char *dataset) {
    json_t *names = json_array(), *list, *item;
    char filter[128];
    size_t i;
    snprintf(filter, sizeof filter, "dataset = '%s'", dataset);
    gm_run_list_query query = {.models_dir = models_dir, .filter = filter, .columns = "run", .limit = -1};
    if (!models_dir || !gm_is_directory(models_dir) || gm_run_list(&query, &list, NULL) != GM_OK) return names;
    json_array_foreach (json_object_get(list, "items"), i, item) json_array_append(names, json_object_get(item, "run"));
    json_decref(list);
    return names;
}

gm_status gm_dataset_show(const char *data_dir, const char *dataset, const char *models_dir, json_t **out,
                          gm_error *err) {
    kept_file file;
    auto_snapshot kept = {0};
    GM_TRY(find_file(data_dir, dataset, &file, err));
    GM_TRY(snapshot_read(data_dir, file.name, &kept, err));
    json_t *by_source = json_object(), *by_author = json_object(), *items = json_array();
    const char *newest = "";
    for (size_t i = 0; i < kept.count; i++) {
        const gm_label *label = &kept.items[i].label;
        count_one(by_source, gm_label_source_name(label->source));
        if (label->author[0]) count_one(by_author, label->author);
        if (strcmp(label->made_at, newest) > 0) newest = label->made_at;
        json_array_append_new(items, dataset_hole_json(&kept.items[i]));
    }
    *out = json_pack("{s:s, s:s, s:I, s:o, s:o, s:s, s:o, s:o}", "dataset", file.name, "at", file.at, "holes",
                     (json_int_t)kept.count, "by_source", by_source, "by_author", by_author, "newest_label_at", newest,
                     "runs", runs_of(models_dir, file.name), "items", items);
    return *out ? GM_OK : gm_nomem(err);
}

/* ---- verify ---- */

static void add_problem(json_t *problems, const snapshot_hole *hole, const char *what) {
    json_array_append_new(problems, json_pack("{s:s?, s:s?, s:s}", "id", hole ? hole->id : NULL, "file",
                                              hole && *hole->file ? hole->file : NULL, "problem", what));
}

/* Where in the file it is: what still can be read tells the rest. */
static void describe_damage(const gm_store *store, const snapshot_hole *hole, json_t *problems) {
    gm_auto(gm_record) record = NULL;
    gm_error err = {0};
    char what[600];
    if (gm_store_load_hole((gm_store *)store, hole->id, &record, &err) == GM_OK)
        snprintf(what, sizeof what,
                 "its stored signals or header have changed: other bytes than when the data set was "
                 "taken");
    else
        snprintf(what, sizeof what, "its stored file is damaged: %s", err.message);
    add_problem(problems, hole, what);
}

static void verify_hole(const gm_store *store, const snapshot_hole *hole, json_t *problems) {
    char stored[GM_SHA256_HEX];
    gm_error err = {0};
    gm_status status = gm_store_hash_hole(store, hole->id, stored, &err);
    if (status == GM_E_NOTFOUND)
        add_problem(problems, hole, "its stored file is missing");
    else if (status != GM_OK)
        add_problem(problems, hole, err.message);
    else if (hole->stored[0] && strcmp(stored, hole->stored) != 0)
        describe_damage(store, hole, problems);
}

static gm_status verify_holes(const char *data_dir, const snapshot *kept, const gm_observer *observer, json_t *problems,
                              gm_error *err) {
    gm_auto(gm_store) store = NULL;
    GM_TRY(gm_store_open(data_dir, false, 0, &store, err));
    for (size_t i = 0; i < kept->count; i++) {
        verify_hole(store, &kept->items[i], problems);
        if (!gm_report(observer, "checking holes", (long)i + 1, (long)kept->count, kept->items[i].file))
            return gm_fail(err, GM_E_CANCELLED, "stopped");
    }
    return GM_OK;
}

gm_status gm_dataset_verify(const char *data_dir, const char *dataset, const gm_observer *observer, json_t **out,
                            gm_error *err) {
    kept_file file;
    auto_snapshot kept = {0};
    gm_error own = {0};
    GM_TRY(find_file(data_dir, dataset, &file, err));
    json_t *problems = json_array();
    gm_status status = snapshot_read(data_dir, file.name, &kept, &own);
    if (status == GM_OK) {
        status = verify_holes(data_dir, &kept, observer, problems, err);
    } else if (status == GM_E_FORMAT) {
        add_problem(problems, NULL, own.message);
        status = GM_OK;
    } else if (err) {
        *err = own;
    }
    if (status != GM_OK) return json_decref(problems), status;
    bool intact = json_array_size(problems) == 0;
    size_t unchecked = 0;
    for (size_t i = 0; i < kept.count; i++) unchecked += !kept.items[i].stored[0];
    *out = json_pack("{s:s, s:I, s:I, s:b, s:o}", "dataset", file.name, "holes", (json_int_t)kept.count, "unchecked",
                     (json_int_t)unchecked, "intact", intact, "problems", problems);
    return *out ? GM_OK : gm_nomem(err);
}
