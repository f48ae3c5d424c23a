#include "quality_reports.h"

#include "base/json.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- which reports there are ---- */

typedef struct {
    char *path;
    struct timespec at;
} report_file;

typedef struct {
    report_file *items;
    size_t count;
} report_list;

static void report_list_finish(report_list *list) {
    for (size_t i = 0; i < list->count; i++) gm_free(list->items[i].path);
    gm_free(list->items);
}
#define auto_report_list __attribute__((cleanup(report_list_finish))) report_list

static gm_status add_report(report_list *list, char *path, gm_error *err) {
    struct stat st;
    if (!path) return gm_nomem(err);
    if (stat(path, &st) != 0) return gm_free(path), GM_OK;
    report_file *grown = gm_realloc_array(list->items, list->count + 1, sizeof *grown);
    if (!grown) return gm_free(path), gm_nomem(err);
    list->items = grown;
    list->items[list->count++] = (report_file){path, st.st_mtim};
    return GM_OK;
}

static int newest_first(const void *a, const void *b) {
    const report_file *x = a, *y = b;
    if (x->at.tv_sec != y->at.tv_sec) return x->at.tv_sec < y->at.tv_sec ? 1 : -1;
    return x->at.tv_nsec == y->at.tv_nsec ? strcmp(x->path, y->path) : x->at.tv_nsec < y->at.tv_nsec ? 1 : -1;
}

static gm_status list_reports(const char *data_dir, report_list *out, gm_error *err) {
    gm_auto_free char *folders = gm_path_join(data_dir, "quality/folders");
    if (!folders) return gm_nomem(err);
    DIR *dir = opendir(folders);
    gm_status status = GM_OK;
    for (struct dirent *entry; dir && status == GM_OK && (entry = readdir(dir));) {
        gm_auto_text path = GM_TEXT_INIT;
        if (entry->d_name[0] == '.') continue;
        gm_text_printf(&path, "%s/%s/report.json", folders, entry->d_name);
        status = add_report(out, gm_text_take(&path), err);
    }
    if (dir) closedir(dir);
    if (status == GM_OK && out->count == 0)
        status = add_report(out, gm_path_join(data_dir, "quality/report.json"), err);
    if (out->count) qsort(out->items, out->count, sizeof *out->items, newest_first);
    return status;
}

static gm_status load(const char *path, json_t **out, gm_error *err) {
    gm_error why = {0};
    gm_status status = gm_json_read(path, out, &why);
    if (status == GM_OK) return GM_OK;
    return gm_fail_at(err, status, 0, 0, "run gimlet prepare again", "a report is damaged: %s", why.message);
}

gm_status quality_each_report(const char *data_dir, gm_status (*take)(void *ctx, const json_t *report, gm_error *err),
                              void *ctx, gm_error *err) {
    auto_report_list list = {0};
    GM_TRY(list_reports(data_dir, &list, err));
    for (size_t i = 0; i < list.count; i++) {
        json_t *report;
        GM_TRY(load(list.items[i].path, &report, err));
        gm_status status = take(ctx, report, err);
        json_decref(report);
        GM_TRY(status);
    }
    return GM_OK;
}

/* ---- several together ---- */

typedef struct {
    json_t *totals, *families, *checks;
    json_t *seen;   /* {sha256: true} of newer reports */
    json_t *now;    /* the same of this one: copies inside of a folder count each */
    json_t *scores; /* {family: [sum, n]}; "/" = all */
    long long files, skipped;
} sums;

static void count_up(json_t *object, const char *key) {
    json_object_set_new(object, key, json_integer(json_integer_value(json_object_get(object, key)) + 1));
}

static json_t *member(json_t *object, const char *key) {
    json_t *found = json_object_get(object, key);
    if (found) return found;
    json_object_set_new(object, key, json_object());
    return json_object_get(object, key);
}

static void add_score(sums *s, const char *family, const json_t *score) {
    if (!json_is_number(score)) return;
    json_t *pair = json_object_get(s->scores, family);
    double sum = json_number_value(json_array_get(pair, 0)), n = json_number_value(json_array_get(pair, 1));
    json_object_set_new(s->scores, family, json_pack("[f,f]", sum + json_number_value(score), n + 1));
}

static void add_checks(sums *s, const json_t *findings) {
    json_t *counted = json_object(), *finding;
    size_t i;
    json_array_foreach (findings, i, finding) {
        const char *check = json_string_value(json_object_get(finding, "check"));
        const char *severity = json_string_value(json_object_get(finding, "severity"));
        if (!check || !severity) continue;
        json_t *sum = member(s->checks, check);
        count_up(sum, severity);
        if (json_object_get(counted, check)) continue; /* files, not findings */
        json_object_set_new(counted, check, json_true());
        count_up(sum, "files");
    }
    json_decref(counted);
}

static gm_status add_file(sums *s, const json_t *file, gm_error *err) {
    const char *sha256 = json_string_value(json_object_get(file, "sha256"));
    const char *name = json_string_value(json_object_get(file, "file"));
    const char *verdict = json_string_value(json_object_get(file, "verdict"));
    if (!name || !verdict) return GM_OK;
    if (sha256 && *sha256) {
        if (json_object_get(s->seen, sha256)) return GM_OK;
        json_object_set_new(s->now, sha256, json_true());
    }
    const char *slash = strrchr(name, '/');
    gm_auto_free char *family = gm_strndup(name, slash ? (size_t)(slash - name) : 0);
    if (!family) return gm_nomem(err);
    s->files++;
    count_up(s->totals, verdict);
    count_up(member(s->families, family), verdict);
    add_score(s, "/", json_object_get(file, "score"));
    add_score(s, family, json_object_get(file, "score"));
    add_checks(s, json_object_get(file, "findings"));
    return GM_OK;
}

static gm_status add_rows(void *ctx, const json_t *report, gm_error *err) {
    sums *s = ctx;
    size_t i;
    json_t *file;
    s->skipped += json_integer_value(json_object_get(json_object_get(report, "totals"), "skipped"));
    json_array_foreach (json_object_get(report, "files"), i, file) GM_TRY(add_file(s, file, err));
    json_object_update(s->seen, s->now);
    json_object_clear(s->now);
    return GM_OK;
}

static json_t *mean_score(const sums *s, const char *family) {
    const json_t *pair = json_object_get(s->scores, family);
    double n = json_number_value(json_array_get(pair, 1));
    return n > 0 ? json_real(json_number_value(json_array_get(pair, 0)) / n) : json_null();
}

static gm_status add_up(const char *data_dir, json_t **out, gm_error *err) {
    sums s = {json_object(), json_object(), json_object(), json_object(), json_object(), json_object(), 0, 0};
    gm_status status = quality_each_report(data_dir, add_rows, &s, err);
    const char *name;
    json_t *family;
    json_object_foreach (s.families, name, family) json_object_set_new(family, "mean_score", mean_score(&s, name));
    json_object_set_new(s.totals, "files", json_integer(s.files));
    json_object_set_new(s.totals, "skipped", json_integer(s.skipped));
    json_object_set_new(s.totals, "mean_score", mean_score(&s, "/"));
    json_object_set_new(s.totals, "families", s.families);
    json_object_set_new(s.totals, "checks", s.checks);
    json_decref(s.seen);
    json_decref(s.now);
    json_decref(s.scores);
    if (status == GM_OK)
        *out = s.totals;
    else
        json_decref(s.totals);
    return status;
}

gm_status quality_totals(const char *data_dir, json_t **out, gm_error *err) {
    auto_report_list list = {0};
    GM_TRY(list_reports(data_dir, &list, err));
    if (list.count > 1) return add_up(data_dir, out, err);
    json_t *report = NULL;
    if (list.count) GM_TRY(load(list.items[0].path, &report, err));
    *out = report ? json_incref(json_object_get(report, "totals")) : json_object();
    json_decref(report);
    if (!*out) *out = json_object();
    return *out ? GM_OK : gm_nomem(err);
}
