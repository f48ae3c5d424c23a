/* Runs as a store: what they can be found by, all that is known of one, two beside each other, tags and notes. */
#include "../api_internal.h"
#include "service/runs/doctor.h"
#include "service/runs/run_store.h"

#include <string.h>

static gm_status get_keys(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *keys;
    GM_TRY(gm_run_list_keys(request->models_dir, &keys, err));
    return api_send_json(answer, 0, keys, err);
}

static gm_status get_details(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *run;
    GM_TRY(gm_run_show(request->models_dir, api_path(request, "run"), &run, err));
    return api_send_json(answer, 0, run, err);
}

static gm_status get_diff(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *diff;
    GM_TRY(gm_run_diff(request->models_dir, api_path(request, "run"), api_path(request, "name"), &diff, err));
    return api_send_json(answer, 0, diff, err);
}

/* ---- several runs ---- */

typedef struct {
    char *runs;
    int format;
} compare_query;

static const char *const formats[] = {"json", "html", NULL};
static const gm_param_spec compare_params[] = {
    {.key = "runs",
     .type = GM_PARAM_STRING,
     .offset = offsetof(compare_query, runs),
     .doc = "names of two runs or more with \"/\" between them; the first is what the others are compared with"},
    {.key = "format",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(compare_query, format),
     .fallback = "json",
     .choices = formats,
     .doc = "json, or a page that opens without a network"},
};

static gm_status send_page(const api_request *request, const char *const *names, size_t count, api_answer *answer,
                           gm_error *err) {
    gm_auto_text page = GM_TEXT_INIT;
    GM_TRY(gm_run_compare_html(request->models_dir, names, count, &page, err));
    return api_send_bytes(answer, "text/html; charset=utf-8", page.data, page.length, err);
}

static gm_status get_comparison(const api_request *request, api_answer *answer, gm_error *err) {
    const compare_query *q = request->query;
    const char *names[GM_COMPARE_MOST + 1];
    char *list = gm_arena_strdup(request->arena, q->runs ? q->runs : ""), *rest = NULL;
    size_t n = 0;
    json_t *comparison;
    if (!list) return gm_nomem(err);
    for (char *name = strtok_r(list, "/", &rest); name && n < GM_COUNT(names); name = strtok_r(NULL, "/", &rest))
        names[n++] = name;
    if (q->format == 1) return send_page(request, names, n, answer, err);
    GM_TRY(gm_run_compare(request->models_dir, names, n, &comparison, err));
    return api_send_json(answer, 0, comparison, err);
}

/* ---- tags and notes ---- */

static gm_status send_notes(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *notes;
    GM_TRY(gm_run_notes(request->models_dir, api_path(request, "run"), &notes, err));
    return api_send_json(answer, 0, notes, err);
}

static gm_status put_tags(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *value;
    const char *key;
    json_object_foreach ((json_t *)json_object_get(request->json, "tags"), key, value)
        GM_TRY(gm_run_tag(request->models_dir, api_path(request, "run"), request->user.name, key,
                          json_string_value(value), err));
    return send_notes(request, answer, err);
}

static gm_status post_note(const api_request *request, api_answer *answer, gm_error *err) {
    GM_TRY(gm_run_note(request->models_dir, api_path(request, "run"), request->user.name,
                       json_string_value(json_object_get(request->json, "text")), err));
    return send_notes(request, answer, err);
}

static gm_status post_doctor(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *found;
    bool rebuild = json_is_true(json_object_get(request->json, "rebuild_index"));
    GM_TRY(gm_doctor(request->models_dir, rebuild, NULL, &found, err));
    return api_send_json(answer, 0, found, err);
}

#define PAIRS "{*: [any]}"

static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/run-keys",
     .role = GM_ROLE_VIEWER,
     .summary = "what runs can be filtered and sorted by",
     .doc = "used: some run has it.",
     .handler = get_keys,
     .answer = "{items: [{key: string, doc: string, used: boolean}]}",
     .slow = true},
    {.method = "GET",
     .path = "/api/runs/{run}/details",
     .role = GM_ROLE_VIEWER,
     .summary = "all that is known of a run: data, settings, build, metrics, folds, files",
     .handler = get_details,
     .answer =
         "{run: string, state: string, message: string, about: {*: any}, params: {*: any}, metrics: {*: any},"
         " system: {*: any}, tags: {*: any}, notes: [any], folds: [any], messages: [string],"
         " artifacts: [{path: string, size_bytes: integer 0.., sha256: sha256, has_labels: boolean}], logs: [string]}",
     .slow = true},
    {.method = "GET",
     .path = "/api/runs/{run}/diff/{name}",
     .role = GM_ROLE_VIEWER,
     .summary = "what differs between two runs",
     .doc = "Only values that differ, the first run's and the second one's; null where a run has none.",
     .handler = get_diff,
     .answer = "{a: string, b: string, same: integer 0.., about: " PAIRS ", params: " PAIRS ", metrics: " PAIRS
               ", tags: " PAIRS "}",
     .slow = true},
    {.method = "GET",
     .path = "/api/run-comparison",
     .role = GM_ROLE_VIEWER,
     .summary = "several runs beside each other: what differs, errors hole by hole, curves",
     .doc = "Paired errors of the holes that both predict out of fold, against the first run: mean difference with its"
            " 95 % bootstrap interval, Wilcoxon's signed-rank test; better only where both agree.",
     .handler = get_comparison,
     .query = compare_params,
     .n_query = GM_COUNT(compare_params),
     .query_size = sizeof(compare_query),
     .answer = "{runs: [string], same: integer 0.., about: " PAIRS ", params: " PAIRS ", metrics: " PAIRS
               ", tags: " PAIRS ", paired: [{run: string, point: string, n: integer 0.., mean_first_mm: number|null,"
               " mean_mm: number|null, difference_mm: number|null, low_mm: number|null, high_mm: number|null,"
               " p: number|null, better: boolean|null}], curves: [{run: string, train_loss: [number|null],"
               " val_loss: [number|null], val_mm: [number|null]}]}",
     .slow = true},
    {.method = "GET",
     .path = "/api/runs/{run}/notes",
     .role = GM_ROLE_VIEWER,
     .summary = "tags and notes of a run",
     .handler = send_notes,
     .answer = "RUN_NOTES"},
    {.method = "POST",
     .path = "/api/runs/{run}/notes",
     .role = GM_ROLE_ENGINEER,
     .summary = "write a note on a run",
     .handler = post_note,
     .body = "{text: string 1..20000}",
     .answer = "RUN_NOTES",
     .status = 201},
    {.method = "PUT",
     .path = "/api/runs/{run}/tags",
     .role = GM_ROLE_ENGINEER,
     .summary = "put tags on a run, or take them away",
     .doc = "Those that are named are set; null takes one away; all others stay.",
     .handler = put_tags,
     .body = "{tags: {*: string 1..5000|null}}",
     .answer = "RUN_NOTES"},
    {.method = "POST",
     .path = "/api/doctor",
     .role = GM_ROLE_ENGINEER,
     .summary = "check the files of all runs against their hashes; make the index anew",
     .handler = post_doctor,
     .body = "{rebuild_index?: boolean}",
     .answer = "{runs: integer 0.., files: integer 0.., rebuilt: boolean,"
               " problems: [{run: string, path: string, problem: string}]}"},
};

const api_group api_runs = {.name = "runs",
                            .doc = "Runs as a store: where each comes from, what differs, what people say of it.",
                            .routes = routes,
                            .n_routes = GM_COUNT(routes)};
