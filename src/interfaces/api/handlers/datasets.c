/* Data sets: what there is to learn from now, and what runs have learned from. */
#include "service/datasets/datasets.h"
#include "editing_internal.h"
#include "service/project/overview.h"

#include <string.h>

static gm_status get_datasets(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *now, *kept;
    GM_TRY(gm_datasets_overview(request->project, &now, err));
    gm_status status = gm_datasets_list(request->data_dir, &kept, err);
    if (status != GM_OK) return json_decref(now), status;
    json_object_set(now, "kept", json_object_get(kept, "items"));
    json_decref(kept);
    return api_send_json(answer, 0, now, err);
}

/* Below the role engineer a truth that is hidden has no depths here either: its points become null. source_at: the
 * member that says whose label it is; NULL = the hole itself. */
static gm_status hide_truths(const api_request *request, const gm_hole_list *list, json_t *holes,
                             const char *const *source_at, size_t n, gm_error *err) {
    size_t i;
    json_t *hole;
    json_array_foreach (holes, i, hole) {
        const gm_hole_row *row = gm_hole_list_find(list, json_string_value(json_object_get(hole, "id")));
        bool truth = false, hidden = false;
        for (size_t k = 0; k < n; k++) {
            const json_t *label = source_at[k] ? json_object_get(hole, source_at[k]) : hole;
            const char *source = json_string_value(json_object_get(label, "source"));
            truth |= source && strcmp(source, gm_label_source_name(GM_SOURCE_TRUTH)) == 0;
        }
        if (!truth || !row) continue;
        GM_TRY(api_truth_is_hidden(request, row, &hidden, err));
        const char *point, *key;
        json_t *values, *value;
        if (hidden)
            json_object_foreach (json_object_get(hole, "points"), point, values) {
                void *next;
                json_object_foreach_safe(values, next, key, value) json_object_set_new(values, key, json_null());
            }
        if (hidden && json_object_get(hole, "largest_mm")) json_object_set_new(hole, "largest_mm", json_null());
    }
    return GM_OK;
}

static const char *const own[] = {NULL}, *const both[] = {"from", "to"};

static gm_status send_hidden(const api_request *request, api_answer *answer, json_t *found, gm_error *err) {
    gm_status status = GM_OK;
    if (request->user.role < GM_ROLE_ENGINEER) {
        gm_auto_holes list = NULL;
        static const char *const lists[] = {"items", "added", "removed"};
        status = gm_project_holes(request->project, &list, err);
        for (size_t i = 0; status == GM_OK && i < GM_COUNT(lists); i++)
            status = hide_truths(request, list, json_object_get(found, lists[i]), own, GM_COUNT(own), err);
        if (status == GM_OK)
            status = hide_truths(request, list, json_object_get(found, "relabelled"), both, GM_COUNT(both), err);
    }
    if (status != GM_OK) return json_decref(found), status;
    return api_send_json(answer, 0, found, err);
}

static gm_status get_dataset(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *found;
    GM_TRY(gm_dataset_show(request->data_dir, api_path(request, "name"), request->models_dir, &found, err));
    return send_hidden(request, answer, found, err);
}

static gm_status verify_dataset(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *verdict;
    GM_TRY(gm_dataset_verify(request->data_dir, api_path(request, "name"), NULL, &verdict, err));
    return api_send_json(answer, 0, verdict, err);
}

static gm_status diff_datasets(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *diff;
    GM_TRY(gm_dataset_diff(request->data_dir, api_path(request, "name"), api_path(request, "other"), &diff, err));
    return send_hidden(request, answer, diff, err);
}

#define DATASET_LABEL "version: integer 0.., source: 'rule'|'model'|'expert'|'truth', author: string, made_at: string"
#define DATASET_POINT "{mm: number|null, confidence: number|null}"
#define DATASET_HOLE                                                                                                   \
    "{id: sha256, stored: sha256|null, file: string, family: string, " DATASET_LABEL ", confidence: number|null,"      \
    " points: {entry: " DATASET_POINT ", transition: " DATASET_POINT ", exit: " DATASET_POINT "}}"

static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/datasets",
     .role = GM_ROLE_VIEWER,
     .summary = "what a training would learn from now, and the sets that runs have learned from",
     .doc = "A name stands for this very set of holes and labels: two runs with the same one saw the same data.",
     .handler = get_datasets,
     .slow = true,
     .answer = "{items: [{snapshot: sha256, holes: integer 0.., labelled: integer 0.., by_source: {*: integer},"
               " by_category: {*: integer}}], kept: [{dataset: sha256, at: string, holes: integer 0..,"
               " by_source: {*: integer}, problem: string|null}]}"},
    {.method = "GET",
     .path = "/api/datasets/{name}",
     .role = GM_ROLE_VIEWER,
     .summary = "one data set: holes, labels with source and author, runs that were trained on it",
     .doc = "A name may be cut to its first digits, four or more.",
     .handler = get_dataset,
     .slow = true,
     .answer = "{dataset: sha256, at: string, holes: integer 0.., by_source: {*: integer}, by_author: {*: integer},"
               " newest_label_at: string, runs: [string], items: [" DATASET_HOLE "]}"},
    {.method = "GET",
     .path = "/api/datasets/{name}/verify",
     .role = GM_ROLE_VIEWER,
     .summary = "is every hole of a data set as it was, bit for bit?",
     .handler = verify_dataset,
     .slow = true,
     .answer = "{dataset: sha256, holes: integer 0.., unchecked: integer 0.., intact: boolean,"
               " problems: [{id: sha256|null, file: string|null, problem: string}]}"},
    {.method = "GET",
     .path = "/api/datasets/{name}/diff/{other}",
     .role = GM_ROLE_VIEWER,
     .summary = "what changed between two data sets: holes, labels, by how many mm and by whom",
     .handler = diff_datasets,
     .slow = true,
     .answer = "{a: sha256, b: sha256, same: integer 0.., added: [" DATASET_HOLE "], removed: [" DATASET_HOLE "],"
               " relabelled: [{id: sha256, file: string, largest_mm: number|null,"
               " points: {*: {a: number|null, b: number|null, by_mm: number|null}}, from: {" DATASET_LABEL
               "}, to: {" DATASET_LABEL "}}], reread: [{id: sha256, file: string}]}"},
};

const api_group api_datasets = {.name = "datasets",
                                .doc = "What there is to learn from, and what runs have learned from.",
                                .routes = routes,
                                .n_routes = GM_COUNT(routes)};
