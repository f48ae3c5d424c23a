/* The quality of the records. */
#include "editing_internal.h"
#include "service/project/overview.h"

enum { N_WORST = 12 };

/* The holes with the lowest scores; those without a complaint are not among them. */
static gm_status worst_json(const api_request *request, json_t **out, gm_error *err) {
    gm_auto_holes list = NULL;
    gm_auto_free const gm_hole_row **rows = NULL;
    size_t count;
    GM_TRY(gm_project_holes(request->project, &list, err));
    GM_TRY(gm_holes_select(list, &(gm_hole_filter){0}, GM_HOLES_BY_SCORE, false, &rows, &count, err));
    json_t *worst = json_array();
    for (size_t i = 0; i < count && i < N_WORST && rows[i]->hole->score < 1; i++)
        json_array_append_new(worst, api_json_hole_for(request, rows[i]));
    return *out = worst, worst ? GM_OK : gm_nomem(err);
}

static gm_status get_quality(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *overview, *worst;
    GM_TRY(worst_json(request, &worst, err));
    gm_status status = gm_quality_overview(request->project, &overview, err);
    if (status != GM_OK) {
        json_decref(worst);
        return status;
    }
    json_object_set_new(overview, "worst", worst);
    return api_send_json(answer, 0, overview, err);
}

static gm_status get_report(const api_request *request, api_answer *answer, gm_error *err) {
    char *path = gm_arena_printf(request->arena, "%s/quality/report.html", request->data_dir);
    if (!path) return gm_nomem(err);
    return api_send_file(answer, "text/html; charset=utf-8", path, NULL, err);
}

#define COUNTS                                                                                                         \
    "ok: integer 0.., warning: integer 0.., failed: integer 0.., error: integer 0.., mean_score: number 0..1|null"

static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/quality",
     .role = GM_ROLE_VIEWER,
     .summary = "what the checks found, by family and check, and the worst holes",
     .handler = get_quality,
     .slow = true,
     .answer = "{totals: {files: integer 0.., skipped: integer 0.., " COUNTS "}, families: [{family: string, " COUNTS
               "}], checks: [{check: string, severity: 'info'|'warning'|'failed'|'error', n: integer 0..,"
               " text: string}], worst: [HOLE]}"},
    {.method = "GET",
     .path = "/api/quality/report",
     .role = GM_ROLE_VIEWER,
     .summary = "the quality report as a page",
     .handler = get_report,
     .answer_type = "text/html"},
};

const api_group api_quality = {
    .name = "quality", .doc = "How good the records are.", .routes = routes, .n_routes = GM_COUNT(routes)};
