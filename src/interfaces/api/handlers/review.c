/* What to look at next, what to approve at once, and how well people agree. */
#include "editing_internal.h"
#include "hole_query_internal.h"
#include "service/review/agreement.h"
#include "service/review/batches.h"
#include "service/review/queue.h"

#include <math.h>
#include <string.h>

/* ---- the queue --------------------------------------------------------------------------------------------------- */

/* Who labels does not see which holes are known: they look like random ones. */
static json_t *queue_item_json(const api_request *request, const gm_queue_item *item) {
    const bool hidden = item->kind == GM_QUEUE_KNOWN && request->user.role < GM_ROLE_ENGINEER;
    return json_pack("{s:o, s:o, s:s, s:s}", "hole", api_json_hole_for(request, item->row), "value",
                     api_json_number(item->value_mm), "reason", hidden ? "drawn at random" : item->reason, "kind",
                     gm_queue_kind_name(hidden ? GM_QUEUE_RANDOM : item->kind));
}

static gm_status get_queue(const api_request *request, api_answer *answer, gm_error *err) {
    const api_hole_query *q = request->query;
    gm_auto_holes list = NULL;
    api_auto_edit edit = {0};
    gm_stored_labels labels;
    gm_queue queue;
    gm_hole_filter filter = api_hole_filter_of(q);
    GM_TRY(gm_project_holes(request->project, &list, err));
    if (!list->count) return api_send_json(answer, 0, json_pack("{s:i, s:[]}", "total", 0, "items"), err);
    GM_TRY(api_edit_begin(request, &edit, err));
    GM_TRY(gm_store_labels(edit.store, NULL, &labels, err));
    gm_status status = gm_queue_make(list, &labels, &filter, request->models_dir, request->user.name, &queue, err);
    if (status == GM_OK) {
        json_t *items = json_array();
        const size_t end = GM_MIN(queue.count, (size_t)q->offset + (size_t)q->limit);
        for (size_t i = (size_t)q->offset; i < end; i++)
            json_array_append_new(items, queue_item_json(request, &queue.items[i]));
        status =
            api_send_json(answer, 0, json_pack("{s:I, s:o}", "total", (json_int_t)queue.count, "items", items), err);
        gm_queue_finish(&queue);
    }
    gm_stored_labels_finish(&labels);
    return status;
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

static gm_status get_batches(const api_request *request, api_answer *answer, gm_error *err) {
    api_auto_edit edit = {0};
    gm_batches batches;
    GM_TRY(api_edit_begin(request, &edit, err));
    GM_TRY(gm_store_batches(edit.store, &batches, err));
    json_t *items = json_array();
    for (size_t i = 0; i < batches.count; i++) {
        const gm_batch *b = &batches.items[i];
        json_t *query = json_loads(b->query, 0, NULL);
        json_array_append_new(items,
                              json_pack("{s:I, s:s, s:s, s:o, s:I, s:b, s:s?, s:s?, s:I}", "batch", (json_int_t)b->id,
                                        "at", b->at, "author", b->author, "query", query ? query : json_object(),
                                        "count", (json_int_t)b->n_holes, "undone", b->undone_at[0] != '\0', "undone_at",
                                        b->undone_at[0] ? b->undone_at : NULL, "undone_by",
                                        b->undone_at[0] ? b->undone_by : NULL, "kept", (json_int_t)b->n_kept));
    }
    const size_t count = batches.count;
    gm_batches_finish(&batches);
    return api_send_json(answer, 0, json_pack("{s:I, s:o}", "total", (json_int_t)count, "items", items), err);
}

static json_t *holes_json(const gm_hole_row *const *rows, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(list, api_json_hole(rows[i]));
    return list;
}

static gm_status post_preview(const api_request *request, api_answer *answer, gm_error *err) {
    const json_t *query = json_object_get(request->json, "query");
    const char *texts[8];
    static const char *const keys[] = {"search",  "category", "family", "verdict",
                                       "finding", "source",   "author", "state"};
    for (size_t i = 0; i < GM_COUNT(keys); i++) texts[i] = json_string_value(json_object_get(query, keys[i]));
    gm_hole_filter filter = {texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7]};
    gm_auto_holes list = NULL;
    api_auto_edit edit = {0};
    gm_batch_to_see preview;
    GM_TRY(gm_project_holes(request->project, &list, err));
    GM_TRY(api_edit_begin(request, &edit, err));
    char *words = json_dumps(query, JSON_COMPACT | JSON_SORT_KEYS);
    if (!words) return gm_nomem(err);
    gm_status status = gm_batch_preview_make(edit.store, list, &filter, words, request->user.name, &preview, err);
    free(words);
    if (status != GM_OK) return status;
    return api_send_json(answer, 0,
                         json_pack("{s:s, s:I, s:o, s:o}", "token", preview.token, "count", (json_int_t)preview.count,
                                   "worst", holes_json(preview.worst, preview.n_worst), "random",
                                   holes_json(preview.random, preview.n_random)),
                         err);
}

static gm_status post_batch(const api_request *request, api_answer *answer, gm_error *err) {
    const json_t *ids = json_object_get(request->json, "seen"), *id;
    const size_t n = json_array_size(ids);
    const char **seen = gm_arena_alloc(request->arena, (n + 1) * sizeof *seen);
    api_auto_edit edit = {0};
    int64_t batch;
    size_t i, count;
    if (!seen) return gm_nomem(err);
    json_array_foreach (ids, i, id) seen[i] = json_string_value(id);
    GM_TRY(api_edit_begin(request, &edit, err));
    GM_TRY(gm_batch_approve(edit.store, json_string_value(json_object_get(request->json, "token")), seen, n,
                            request->user.name, &batch, &count, err));
    return api_send_json(answer, 0, json_pack("{s:I, s:I}", "batch", (json_int_t)batch, "count", (json_int_t)count),
                         err);
}

static gm_status undo_batch(const api_request *request, api_answer *answer, gm_error *err) {
    api_auto_edit edit = {0};
    long batch;
    size_t n_undone, n_kept;
    if (!gm_parse_long(api_path(request, "n"), &batch)) return gm_fail(err, GM_E_NOTFOUND, "there is no such batch");
    GM_TRY(api_edit_begin(request, &edit, err));
    GM_TRY(gm_batch_undo(edit.store, batch, request->user.name, &n_undone, &n_kept, err));
    return api_send_json(answer, 0, json_pack("{s:I, s:I}", "count", (json_int_t)n_undone, "kept", (json_int_t)n_kept),
                         err);
}

/* ---- agreement --------------------------------------------------------------------------------------------------- */

typedef struct {
    double tolerance_mm;
} agreement_query;

static const gm_param_spec agreement_params[] = {
    {.key = "tolerance_mm",
     .type = GM_PARAM_FLOAT,
     .offset = offsetof(agreement_query, tolerance_mm),
     .fallback = "0.1",
     .min = 0.001,
     .max = 10,
     .unit = "mm",
     .doc = "how far two may lie apart and still agree"},
};

static json_t *points_json(const gm_point_agreement points[GM_N_POINTS]) {
    json_t *all = json_object();
    for (int p = 0; p < GM_N_POINTS; p++)
        json_object_set_new(all, gm_point_name((gm_point)p),
                            json_pack("{s:I, s:o, s:o, s:o, s:o}", "n", (json_int_t)points[p].n, "median_mm",
                                      api_json_number(points[p].median_mm), "p95_mm", api_json_number(points[p].p95_mm),
                                      "within", api_json_number(points[p].within), "bias_mm",
                                      api_json_number(points[p].bias_mm)));
    return all;
}

static json_t *dispute_json(const gm_dispute *dispute) {
    json_t *labels = json_array();
    for (size_t i = dispute->n_labels; i > 0; i--)
        json_array_append_new(labels, api_json_label(&dispute->labels[i - 1].label));
    return json_pack("{s:o, s:o, s:s, s:o}", "hole", api_json_hole(dispute->row), "spread_mm",
                     api_json_number(dispute->spread_mm), "point", gm_point_name(dispute->point), "labels", labels);
}

static json_t *agreement_json(const gm_agreement *a) {
    json_t *pairs = json_array(), *disputes = json_array(), *annotators = json_array();
    for (size_t i = 0; i < a->n_pairs; i++)
        json_array_append_new(pairs, json_pack("{s:s, s:s, s:o}", "a", a->pairs[i].a, "b", a->pairs[i].b, "points",
                                               points_json(a->pairs[i].points)));
    for (size_t i = 0; i < a->n_disputes; i++) json_array_append_new(disputes, dispute_json(&a->disputes[i]));
    for (size_t i = 0; i < a->n_annotators; i++)
        json_array_append_new(annotators, json_pack("{s:s, s:I, s:o}", "author", a->annotators[i].author, "n_known",
                                                    (json_int_t)a->annotators[i].n_known, "points",
                                                    points_json(a->annotators[i].points)));
    return json_pack("{s:o, s:o, s:o}", "pairs", pairs, "disputes", disputes, "annotators", annotators);
}

static gm_status get_agreement(const api_request *request, api_answer *answer, gm_error *err) {
    const agreement_query *q = request->query;
    gm_auto_holes list = NULL;
    api_auto_edit edit = {0};
    gm_stored_labels labels = {0};
    gm_agreement agreement;
    GM_TRY(gm_project_holes(request->project, &list, err));
    if (list->count) {
        GM_TRY(api_edit_begin(request, &edit, err));
        GM_TRY(gm_store_labels(edit.store, NULL, &labels, err));
    }
    gm_status status = gm_agreement_make(list, &labels, request->models_dir, q->tolerance_mm, &agreement, err);
    if (status == GM_OK) {
        status = api_send_json(answer, 0, agreement_json(&agreement), err);
        gm_agreement_finish(&agreement);
    }
    gm_stored_labels_finish(&labels);
    return status;
}

/* ---- routes ------------------------------------------------------------------------------------------------------ */

#define FILTERS                                                                                                        \
    "{search?: string ..500, category?: string ..500, family?: string ..500, verdict?: string ..500,"                  \
    " finding?: string ..500, source?: string ..500, author?: string ..500, state?: string ..500}"
static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/queue",
     .role = GM_ROLE_VIEWER,
     .summary = "which holes to look at next, and why",
     .doc =
         "Most valuable first: the value is the millimetres that a look is expected to gain. Every tenth hole is drawn "
         "at random, every twentieth is one whose truth is known.",
     .handler = get_queue,
     .query = api_hole_query_params,
     .n_query = API_QUEUE_PARAMS,
     .query_size = sizeof(api_hole_query),
     .answer = "{total: integer 0.., items: [{hole: HOLE, value: number|null, reason: string,"
               " kind: 'value'|'random'|'known'}]}",
     .slow = true},
    {.method = "GET",
     .path = "/api/batches",
     .role = GM_ROLE_ENGINEER,
     .summary = "what was approved at once",
     .handler = get_batches,
     .answer = "{total: integer 0.., items: [{batch: integer 1.., at: time, author: string, query: " FILTERS
               ", count: integer 0.., undone: boolean, undone_at: time|null, undone_by: string|null,"
               " kept: integer 0..}]}"},
    {.method = "POST",
     .path = "/api/batches/preview",
     .role = GM_ROLE_ENGINEER,
     .summary = "what a batch would approve, and which of its holes to look at first",
     .handler = post_preview,
     .body = "{query: " FILTERS "}",
     .answer = "{token: string, count: integer 1.., worst: [HOLE], random: [HOLE]}"},
    {.method = "POST",
     .path = "/api/batches",
     .role = GM_ROLE_ENGINEER,
     .summary = "approve what a preview showed",
     .doc = "Refused until all of the worst and of the random holes were looked at. Holes that were edited since the "
            "preview are left out.",
     .handler = post_batch,
     .body = "{token: string 1..64, seen: [sha256] ..1000}",
     .answer = "{batch: integer 1.., count: integer 0..}",
     .status = 201},
    {.method = "POST",
     .path = "/api/batches/{n}/undo",
     .role = GM_ROLE_ENGINEER,
     .summary = "take a whole batch back, but for what was edited since",
     .handler = undo_batch,
     .answer = "{count: integer 0.., kept: integer 0..}"},
    {.method = "GET",
     .path = "/api/agreement",
     .role = GM_ROLE_VIEWER,
     .summary = "how far people, rules and models lie apart; disputes; the error of people on known holes",
     .handler = get_agreement,
     .query = agreement_params,
     .n_query = GM_COUNT(agreement_params),
     .query_size = sizeof(agreement_query),
     .answer = "{pairs: [{a: string, b: string, points: {entry: AGREEMENT, transition: AGREEMENT, exit: AGREEMENT}}],"
               " disputes: [{hole: HOLE, spread_mm: number|null, point: 'entry'|'transition'|'exit', labels: [LABEL]}],"
               " annotators: [{author: string, n_known: integer 0.., points: {entry: AGREEMENT, transition: AGREEMENT,"
               " exit: AGREEMENT}}]}",
     .slow = true},
};

const api_group api_review = {.name = "review",
                              .doc = "What to look at next, what to approve at once, and how well people agree.",
                              .routes = routes,
                              .n_routes = GM_COUNT(routes),
                              .open = api_editing_open,
                              .close = api_editing_close};
