/* Who asks, and what there is to work with. */
#include "../server_internal.h"
#include "service/project/overview.h"

/* Whether there are models is asked often and changes seldom. */
typedef struct {
    double looked_s; /* atomic */
    bool has_models; /* atomic */
} session_state;
enum { LOOK_AGAIN_S = 1 };

static gm_status open_session(const api_options *options, gm_project *project, void **state, gm_error *err) {
    (void)options, (void)project;
    session_state *made = gm_calloc(1, sizeof *made);
    if (!made) return gm_nomem(err);
    made->looked_s = -LOOK_AGAIN_S;
    *state = made;
    return GM_OK;
}

static bool has_models(const api_request *request) {
    session_state *state = request->state;
    double now_s = gm_seconds(), looked_s;
    __atomic_load(&state->looked_s, &looked_s, __ATOMIC_ACQUIRE);
    if (now_s - looked_s < LOOK_AGAIN_S) return __atomic_load_n(&state->has_models, __ATOMIC_ACQUIRE);
    bool found = gm_has_models(request->models_dir);
    __atomic_store_n(&state->has_models, found, __ATOMIC_RELEASE);
    __atomic_store(&state->looked_s, &now_s, __ATOMIC_RELEASE);
    return found;
}

static void add_text(gm_text *out, const char *key, const char *value) {
    gm_text_printf(out, "%s\"%s\":", out->length ? "," : "{", key);
    gm_text_json_string(out, value);
}

/* Asked with every page and every sign of life: written out by hand, for that is twice as fast. */
static gm_status send_session(const api_request *request, const gm_user *user, api_answer *answer, gm_error *err) {
    gm_auto_holes list = NULL; /* a database alone is no data: users may come before the first records */
    GM_TRY(gm_project_holes(request->project, &list, err));
    static const char *const truths[] = {"false", "true"};
    gm_auto_text text = GM_TEXT_INIT;
    add_text(&text, "user", user->name);
    add_text(&text, "role", gm_role_name(user->role));
    add_text(&text, "version", GM_VERSION);
    add_text(&text, "data_dir", request->data_dir);
    add_text(&text, "models_dir", request->models_dir);
    gm_text_printf(&text, ",\"users_configured\":%s,\"has_data\":%s,\"has_models\":%s}",
                   truths[request->users_configured], truths[list->count > 0], truths[has_models(request)]);
    size_t size = text.length;
    return api_send_bytes_take(answer, "application/json", gm_text_take(&text), size, err);
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
    const char *cookie = api_session_cookie(request);
    if (cookie && request->user.role > GM_ROLE_NONE && request->users_configured)
        GM_TRY(api_gate_end_session(x->server->gate, cookie, err));
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

const api_group api_session = {.name = "session",
                               .doc = "Who asks, and what there is.",
                               .routes = routes,
                               .n_routes = GM_COUNT(routes),
                               .open = open_session,
                               .close = gm_free};
