#include "overview.h"
#include "quality_reports.h"

#include "data/quality/quality.h"
#include "service/models/snapshot.h"

#include <dirent.h>
#include <string.h>

/* --- quality --- */

static json_t *counts(const json_t *from, const char *family) {
    static const char *const verdicts[] = {"ok", "warning", "failed", "error"};
    json_t *out = json_object();
    if (family) json_object_set_new(out, "family", json_string(family));
    for (size_t i = 0; i < GM_COUNT(verdicts); i++)
        json_object_set_new(out, verdicts[i], json_integer(json_integer_value(json_object_get(from, verdicts[i]))));
    const json_t *score = json_object_get(from, "mean_score");
    json_object_set_new(out, "mean_score", json_is_number(score) ? json_real(json_number_value(score)) : json_null());
    return out;
}

static json_t *families_json(const json_t *totals) {
    json_t *list = json_array();
    const char *name;
    json_t *family;
    json_object_foreach (json_object_get(totals, "families"), name, family)
        json_array_append_new(list, counts(family, name));
    return list;
}

/* A check stands there with the worst severity that it gave. */
static json_t *checks_json(const json_t *totals) {
    json_t *list = json_array();
    const char *id;
    json_t *check;
    json_object_foreach (json_object_get(totals, "checks"), id, check) {
        const char *severity = "info";
        for (int s = GM_ERROR; s > GM_INFO; s--) {
            const char *name = gm_severity_name((gm_severity)s);
            if (json_integer_value(json_object_get(check, name)) == 0) continue;
            severity = name;
            break;
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:I, s:s}", "check", id, "severity", severity, "n",
                                        json_integer_value(json_object_get(check, "files")), "text", gm_check_doc(id)));
    }
    return list;
}

gm_status gm_quality_overview(const gm_project *project, json_t **out, gm_error *err) {
    json_t *totals;
    GM_TRY(quality_totals(gm_project_data_dir(project), &totals, err));
    json_t *sums = counts(totals, NULL);
    static const char *const more[] = {"files", "skipped"};
    for (size_t i = 0; i < GM_COUNT(more); i++)
        json_object_set_new(sums, more[i], json_integer(json_integer_value(json_object_get(totals, more[i]))));
    *out =
        json_pack("{s:o, s:o, s:o}", "totals", sums, "families", families_json(totals), "checks", checks_json(totals));
    json_decref(totals);
    return *out ? GM_OK : gm_nomem(err);
}

/* --- datasets --- */

static void count_one(json_t *object, const char *name) {
    json_object_set_new(object, name, json_integer(json_integer_value(json_object_get(object, name)) + 1));
}

gm_status gm_datasets_overview(const gm_project *project, json_t **out, gm_error *err) {
    json_t *by_source = NULL, *by_category = NULL;
    if (!gm_project_has_data(project)) return *out = json_pack("{s:[]}", "items"), *out ? GM_OK : gm_nomem(err);
    auto_dataset dataset = {0};
    GM_TRY(service_dataset_open(gm_project_data_dir(project), DATASET_TO_LEARN, &dataset, err));
    GM_TRY(snapshot_take(&dataset, false, err));
    by_source = json_object();
    by_category = json_object();
    for (size_t i = 0; i < dataset.data.count; i++) {
        count_one(by_source, gm_label_source_name(dataset.holes[i].label.source));
        count_one(by_category, gm_label_category(dataset.holes[i].label.confidence));
    }
    *out = json_pack("{s:[{s:s, s:I, s:I, s:o, s:o}]}", "items", "snapshot", dataset.snapshot, "holes",
                     (json_int_t)dataset.stored.count, "labelled", (json_int_t)dataset.data.count, "by_source",
                     by_source, "by_category", by_category);
    return *out ? GM_OK : gm_nomem(err);
}

bool gm_has_models(const char *models_dir) {
    DIR *dir = opendir(models_dir);
    bool found = false;
    for (const struct dirent *entry; dir && !found && (entry = readdir(dir));) {
        gm_auto_text path = GM_TEXT_INIT;
        if (entry->d_name[0] == '.') continue;
        gm_text_printf(&path, "%s/%s/metrics.json", models_dir, entry->d_name);
        found = gm_text_ok(&path) && gm_file_exists(gm_text_c(&path));
    }
    if (dir) closedir(dir);
    return found;
}
