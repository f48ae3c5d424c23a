/* Who asks, and what there is to work with. */
#include "../server_internal.h"
#include "service/overview.h"

static gm_status send_session(const api_request *request, const gm_user *user, api_answer *answer, gm_error *err) {
    gm_auto_holes list = NULL; /* a database alone is no data: users may come before the first records */
    GM_TRY(gm_project_holes(request->project, &list, err));
    return api_send_json(answer, 0,
                         json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:b, s:b}", "user", user->name, "role",
                                   gm_role_name(user->role), "users_configured", request->users_configured, "version",
                                   GM_VERSION, "data_dir", request->data_dir, "models_dir", request->models_dir,
                                   "has_data", list->count > 0, "has_models", gm_has_models(request->models_dir)),
                         err);
}

static gm_status get_session(const api_request *request, api_answer *answer, gm_error *err) {
    return send_session(request, &request->user, answer, err);
}

static void set_cookie(const api_exchange *x, api_answer *answer, const char *value, int seconds) {
    api_send_header(answer, "Set-Cookie", "gimlet_session=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s", value,
                    seconds, x->server->tls_cert ? "; Secure" : "");
}

static gm_status post_session(const api_request *request, api_answer *answer, gm_error *err) {
    api_exchange *x = (api_exchange *)request;
    const char *name = json_string_value(json_object_get(request->json, "name"));
    const char *token = json_string_value(json_object_get(request->json, "token"));
    gm_user user;
    if (!request->users_configured)
        return gm_fail(err, GM_E_ARG, "this server has no users: there is nobody to sign in as");
    gm_status status = api_check_token(x, name, token, &user, err);
    if (status == GM_E_NOTFOUND) {
        answer->status = API_UNAUTHORIZED;
        return status;
    }
    GM_TRY(status);
    char cookie[API_COOKIE];
    GM_TRY(api_gate_open_session(x->server->gate, token, cookie, err));
    set_cookie(x, answer, cookie, API_SESSION_S);
    return send_session(request, &user, answer, err);
}

static gm_status delete_session(const api_request *request, api_answer *answer, gm_error *err) {
    api_exchange *x = (api_exchange *)request;
    (void)err;
    const char *cookie = api_session_cookie(request);
    if (cookie) api_gate_end_session(x->server->gate, cookie);
    api_send_nothing(answer);
    set_cookie(x, answer, "", 0);
    return GM_OK;
}

static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/session",
     .role = GM_ROLE_NONE,
     .summary = "who asks, and what there is to work with",
     .handler = get_session,
     .answer = "SESSION"},
    {.method = "POST",
     .path = "/api/session",
     .role = GM_ROLE_NONE,
     .summary = "sign in: sets the cookie that later requests carry",
     .handler = post_session,
     .body = "{name: string 1..63, token: string 1..200}",
     .answer = "SESSION"},
    {.method = "DELETE",
     .path = "/api/session",
     .role = GM_ROLE_NONE,
     .summary = "sign out",
     .handler = delete_session},
};

const api_group api_session = {
    .name = "session", .doc = "Who asks, and what there is.", .routes = routes, .n_routes = GM_COUNT(routes)};
