/* Labels of a hole: read, set, undo; comments; the labels of all holes as a file. */
#include "editing_internal.h"
#include "service/review/review.h"
#include "service/service.h"

#include <math.h>

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static json_t *history_json(const api_request *request, const gm_stored_labels *labels,
                            const gm_label_versions *history) {
    json_t *list = json_array();
    for (size_t i = 0; i < history->count; i++) {
        const gm_label_version *v = &history->items[i];
        if (!api_may_see_label(request, labels, &v->label)) continue;
        json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:o}", "version", (json_int_t)v->version, "at",
                                              v->at, "author", v->label.author, "gesture", v->gesture, "label",
                                              v->present ? api_json_label(&v->label) : json_null()));
    }
    return list;
}

static gm_status check_hole(const api_request *request, const char *id, gm_error *err) {
    gm_auto_holes list = NULL;
    GM_TRY(gm_project_holes(request->project, &list, err));
    return gm_hole_list_find(list, id) ? GM_OK : gm_fail(err, GM_E_NOTFOUND, "there is no hole %.64s", id);
}

static gm_status get_labels(const api_request *request, api_answer *answer, gm_error *err) {
    const char *id = api_path(request, "id");
    api_auto_edit edit = {0};
    gm_stored_labels labels = {0};
    gm_label_versions history = {0};
    GM_TRY(check_hole(request, id, err));
    GM_TRY(api_edit_begin(request, &edit, err));
    int64_t version;
    gm_status status = gm_store_history(edit.store, id, &history, err);
    if (status == GM_OK) status = gm_store_labels(edit.store, id, &labels, err);
    if (status == GM_OK) {
        version = history.count ? history.items[history.count - 1].version : 0;
        api_send_version(answer, (long)version);
        status = api_send_json(answer, 0,
                               json_pack("{s:I, s:o, s:o}", "version", (json_int_t)version, "labels",
                                         api_json_labels(request, &labels), "history",
                                         history_json(request, &labels, &history)),
                               err);
    }
    gm_label_versions_finish(&history);
    gm_stored_labels_finish(&labels);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static gm_status send_result(api_answer *answer, const gm_review_result *r, gm_error *err) {
    api_send_version(answer, (long)r->version);
    return api_send_json(answer, 0,
                         json_pack("{s:I, s:o, s:b, s:b}", "version", (json_int_t)r->version, "label",
                                   r->has_label ? api_json_label(&r->label) : json_null(), "can_undo", r->can_undo,
                                   "can_redo", r->can_redo),
                         err);
}

/* Somebody was faster: what the hole's labels are now. */
static gm_status send_conflict(const api_request *request, api_answer *answer, gm_store *store, const char *id,
                               const gm_error *why, gm_error *err) {
    int64_t version;
    gm_stored_labels labels;
    GM_TRY(gm_store_hole_version(store, id, &version, err));
    GM_TRY(gm_store_labels(store, id, &labels, err));
    api_send_version(answer, (long)version);
    gm_status status = api_send_json(answer, API_CONFLICT,
                                     json_pack("{s:o, s:o, s:I}", "error", api_error_json(API_CONFLICT, why), "theirs",
                                               api_json_labels(request, &labels), "version", (json_int_t)version),
                                     err);
    gm_stored_labels_finish(&labels);
    return status;
}

/* Answers with what a review made, or with theirs. */
static gm_status finish(const api_request *request, api_answer *answer, gm_store *store, gm_status status,
                        const gm_review_result *result, const gm_error *why, gm_error *err) {
    if (status == GM_OK) return send_result(answer, result, err);
    if (status == GM_E_CONFLICT) return send_conflict(request, answer, store, api_path(request, "id"), why, err);
    if (err) *err = *why;
    return status;
}

/* {"entry": {"mm": 6.61}, ..}; what is not there is absent. */
static void read_points(const json_t *points, double mm[GM_N_POINTS]) {
    for (int p = 0; p < GM_N_POINTS; p++) {
        const json_t *value = json_object_get(json_object_get(points, gm_point_name((gm_point)p)), "mm");
        mm[p] = json_is_number(value) ? json_number_value(value) : NAN;
    }
}

static gm_status put_labels(const api_request *request, api_answer *answer, gm_error *err) {
    long version;
    api_auto_edit edit = {0};
    GM_TRY(api_if_match(request, answer, &version, err));
    GM_TRY(api_edit_begin(request, &edit, err));
    gm_label_edit change = {.hole = api_path(request, "id"),
                            .author = request->user.name,
                            .expected_version = version,
                            .rejected = json_is_true(json_object_get(request->json, "rejected")),
                            .reason = json_string_value(json_object_get(request->json, "reason")),
                            .gesture = json_string_value(json_object_get(request->json, "gesture"))};
    read_points(json_object_get(request->json, "points"), change.mm);
    gm_error why = {0};
    gm_review_result result;
    gm_status status = gm_review_save(edit.store, &change, &result, &why);
    return finish(request, answer, edit.store, status, &result, &why, err);
}

static gm_status step(const api_request *request, api_answer *answer, bool back, gm_error *err) {
    long version;
    api_auto_edit edit = {0};
    GM_TRY(api_if_match(request, answer, &version, err));
    GM_TRY(api_edit_begin(request, &edit, err));
    const char *id = api_path(request, "id"), *author = request->user.name;
    gm_error why = {0};
    gm_review_result result;
    gm_status status = back ? gm_review_undo(edit.store, id, author, version, &result, &why)
                            : gm_review_redo(edit.store, id, author, version, &result, &why);
    return finish(request, answer, edit.store, status, &result, &why, err);
}

static gm_status post_undo(const api_request *request, api_answer *answer, gm_error *err) {
    return step(request, answer, true, err);
}

static gm_status post_redo(const api_request *request, api_answer *answer, gm_error *err) {
    return step(request, answer, false, err);
}

static gm_status post_adjudicate(const api_request *request, api_answer *answer, gm_error *err) {
    api_auto_edit edit = {0};
    GM_TRY(api_edit_begin(request, &edit, err));
    gm_label_edit change = {.hole = api_path(request, "id"),
                            .author = request->user.name,
                            .expected_version = -1,
                            .reason = json_string_value(json_object_get(request->json, "reason")),
                            .gesture = "adjudicated"};
    read_points(json_object_get(request->json, "points"), change.mm);
    gm_review_result result;
    GM_TRY(gm_review_adjudicate(edit.store, &change, &result, err));
    return send_result(answer, &result, err);
}

/* ---- comments ---------------------------------------------------------------------------------------------------- */

static gm_status get_comments(const api_request *request, api_answer *answer, gm_error *err) {
    api_auto_edit edit = {0};
    gm_comments comments;
    GM_TRY(check_hole(request, api_path(request, "id"), err));
    GM_TRY(api_edit_begin(request, &edit, err));
    GM_TRY(gm_store_comments(edit.store, api_path(request, "id"), &comments, err));
    gm_status status = api_send_json(
        answer, 0, json_pack("{s:I, s:o}", "total", (json_int_t)comments.count, "items", api_json_comments(&comments)),
        err);
    gm_comments_finish(&comments);
    return status;
}

static gm_status post_comment(const api_request *request, api_answer *answer, gm_error *err) {
    api_auto_edit edit = {0};
    GM_TRY(api_edit_begin(request, &edit, err));
    const char *text = json_string_value(json_object_get(request->json, "text"));
    int64_t id;
    char at[GM_TIME_TEXT];
    GM_TRY(gm_review_comment(edit.store, api_path(request, "id"), request->user.name, text, &id, at, err));
    return api_send_json(
        answer, 0,
        json_pack("{s:I, s:s, s:s, s:s}", "id", (json_int_t)id, "author", request->user.name, "at", at, "text", text),
        err);
}

/* ---- all labels as a file ---------------------------------------------------------------------------------------- */

typedef struct {
    int format, source;
    char *author;
} file_query;

static const char *const formats[] = {"csv", "label-studio", NULL};
static const char *const sources[] = {"expert", "truth", NULL};
static const gm_param_spec file_params[] = {
    {.key = "format",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(file_query, format),
     .fallback = "csv",
     .choices = formats,
     .doc = "a table of the labels that count, or all labels as tasks of Label Studio"},
    {.key = "source",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(file_query, source),
     .fallback = "expert",
     .choices = sources,
     .doc = "read by a person, or measured"},
    {.key = "author",
     .type = GM_PARAM_STRING,
     .offset = offsetof(file_query, author),
     .doc = "who labelled; absent = as the file says"},
};
enum { EXPORT_PARAMS = 1 };

static gm_status export_labels(const api_request *request, api_answer *answer, gm_error *err) {
    const file_query *q = request->query;
    api_auto_edit edit = {0};
    gm_auto_text text = GM_TEXT_INIT;
    size_t n;
    GM_TRY(api_edit_begin(request, &edit, err));
    const char *hide_from = request->user.role < GM_ROLE_ENGINEER ? request->user.name : NULL;
    GM_TRY(gm_labels_write(edit.store, q->format ? GM_LABELS_LABEL_STUDIO : GM_LABELS_CSV, hide_from, &text, &n, err));
    const size_t size = text.length;
    char *bytes = gm_text_take(&text);
    if (!bytes) return gm_nomem(err);
    api_send_as_download(answer, q->format ? "labels.json" : "labels.csv");
    return api_send_bytes_take(answer, q->format ? "application/json" : "text/csv; charset=utf-8", bytes, size, err);
}

static json_t *agreement_json(const gm_import_summary *s) {
    static const char *const names[] = {"entry", "transition", "exit", "hole_depth"};
    json_t *all = json_object();
    for (size_t i = 0; s->has_agreement && i < GM_N_AGREEMENTS; i++) {
        const gm_label_agreement *a = &s->agreement[i];
        if (a->n)
            json_object_set_new(all, names[i],
                                json_pack("{s:I, s:o, s:o, s:o}", "n", (json_int_t)a->n, "mae_mm",
                                          api_json_number(a->mae_mm), "bias_mm", api_json_number(a->bias_mm), "p95_mm",
                                          api_json_number(a->p95_mm)));
    }
    return all;
}

static gm_status import_labels(const api_request *request, api_answer *answer, gm_error *err) {
    const file_query *q = request->query;
    api_auto_edit edit = {0};
    GM_TRY(api_edit_begin(request, &edit, err));
    gm_import_options options = {q->source ? GM_SOURCE_TRUTH : GM_SOURCE_EXPERT, q->author, request->user.name,
                                 q->format ? "labels.json" : "labels.csv"};
    if (q->author && !gm_user_name_is_valid(q->author))
        return gm_fail(err, GM_E_ARG, "author must be a name of 1 to 63 characters");
    gm_import_summary s;
    GM_TRY(gm_labels_import_bytes(edit.store, request->body, request->body_size, &options, &s, err));
    gm_status status =
        api_send_json(answer, 0,
                      json_pack("{s:I, s:I, s:I, s:s, s:o}", "rows", (json_int_t)s.rows, "imported",
                                (json_int_t)s.imported, "unknown", (json_int_t)s.unknown, "unknown_files",
                                s.unknown_files ? s.unknown_files : "", "agreement", agreement_json(&s)),
                      err);
    gm_import_summary_finish(&s);
    return status;
}

#define POINTS_BODY                                                                                                    \
    "{entry: {mm: number -1000..1000|null}, transition: {mm: number -1000..1000|null}, exit: {mm: number "             \
    "-1000..1000|null}}"
#define RESULT "{version: integer 0.., label: LABEL|null, can_undo: boolean, can_redo: boolean}"
static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/holes/{id}/labels",
     .role = GM_ROLE_VIEWER,
     .summary = "all labels of a hole, and how they came about",
     .handler = get_labels,
     .answer = "{version: integer 0.., labels: [LABEL], history: [{version: integer 1.., at: time, author: string,"
               " gesture: string, label: LABEL|null}]}"},
    {.method = "PUT",
     .path = "/api/holes/{id}/labels",
     .role = GM_ROLE_ANNOTATOR,
     .summary = "save one's own label of a hole",
     .doc =
         "The order entry, transition, exit is checked; null is an absent point. A stale version is answered with 409 "
         "and the labels as they are now.",
     .handler = put_labels,
     .body = "{points: " POINTS_BODY ", rejected?: boolean, reason?: string 0..150, gesture?: string 0..190}",
     .answer = RESULT,
     .if_match = true},
    {.method = "POST",
     .path = "/api/holes/{id}/undo",
     .role = GM_ROLE_ANNOTATOR,
     .summary = "take back one's own last gesture",
     .handler = post_undo,
     .answer = RESULT,
     .if_match = true},
    {.method = "POST",
     .path = "/api/holes/{id}/redo",
     .role = GM_ROLE_ANNOTATOR,
     .summary = "take back an undo",
     .handler = post_redo,
     .answer = RESULT,
     .if_match = true},
    {.method = "POST",
     .path = "/api/holes/{id}/adjudicate",
     .role = GM_ROLE_ENGINEER,
     .summary = "end a dispute: these points are the truth",
     .handler = post_adjudicate,
     .body = "{points: " POINTS_BODY ", reason?: string 0..150}",
     .answer = RESULT},
    {.method = "GET",
     .path = "/api/holes/{id}/comments",
     .role = GM_ROLE_VIEWER,
     .summary = "what was said about a hole",
     .handler = get_comments,
     .answer = "{total: integer 0.., items: [COMMENT]}"},
    {.method = "POST",
     .path = "/api/holes/{id}/comments",
     .role = GM_ROLE_ANNOTATOR,
     .summary = "say something about a hole",
     .handler = post_comment,
     .body = "{text: string 1..1000}",
     .answer = "COMMENT",
     .status = 201},
    {.method = "GET",
     .path = "/api/labels/export",
     .role = GM_ROLE_VIEWER,
     .summary = "the labels of all holes as a file",
     .doc = "Below the role engineer without the truths of holes that one has not labelled: they measure one's error.",
     .handler = export_labels,
     .query = file_params,
     .n_query = EXPORT_PARAMS,
     .query_size = sizeof(file_query),
     .answer_type = "text/csv,application/json",
     .slow = true},
    {.method = "POST",
     .path = "/api/labels/import",
     .role = GM_ROLE_ENGINEER,
     .summary = "take over labels from a table or from Label Studio",
     .doc = "The file as it is; tasks of Label Studio are known by their first bracket.",
     .handler = import_labels,
     .query = file_params,
     .n_query = GM_COUNT(file_params),
     .query_size = sizeof(file_query),
     .body_type = "text/csv",
     .answer = "{rows: integer 0.., imported: integer 0.., unknown: integer 0.., unknown_files: string,"
               " agreement: {*: {n: integer 0.., mae_mm: number|null, bias_mm: number|null, p95_mm: number|null}}}"},
};

const api_group api_labels = {.name = "labels",
                              .doc = "What people say about holes: every gesture is a version that is never lost.",
                              .routes = routes,
                              .n_routes = GM_COUNT(routes),
                              .open = api_editing_open,
                              .close = api_editing_close};
