/* Who asks, and what there is to work with. */
#include "../api_internal.h"

static bool has_models(const char *models_dir) {
    return gm_is_directory(models_dir);
}

static gm_status get_session(const api_request *request, api_answer *answer, gm_error *err) {
    return api_send_json(answer, 0,
                         json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:b, s:b}", "user", request->user.name, "role",
                                   gm_role_name(request->user.role), "users_configured", request->users_configured,
                                   "version", GM_VERSION, "data_dir", request->data_dir, "models_dir",
                                   request->models_dir, "has_data", gm_project_has_data(request->project), "has_models",
                                   has_models(request->models_dir)),
                         err);
}

static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/session",
     .role = GM_ROLE_NONE,
     .summary = "who asks, and what there is to work with",
     .handler = get_session,
     .answer = "{user: string, role: 'none'|'viewer'|'annotator'|'engineer'|'admin', users_configured: boolean,"
               " version: string, data_dir: string, models_dir: string, has_data: boolean, has_models: boolean}"},
};

const api_group api_session = {
    .name = "session", .doc = "Who asks, and what there is.", .routes = routes, .n_routes = GM_COUNT(routes)};
