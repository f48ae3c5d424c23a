/* Users, and the log of changes. */
#include "editing_internal.h"
#include "service/accounts/accounts.h"

#include <string.h>

static json_t *user_json(const gm_account *a) {
    return json_pack("{s:s, s:s, s:s}", "name", a->user.name, "role", gm_role_name(a->user.role), "created_at",
                     a->created_at);
}

/* Users may come before the first records: the database is then made. */
static gm_status begin(const api_request *request, api_edit *edit, gm_error *err) {
    edit->pool = ((const api_editing *)request->state)->pool;
    return gm_store_pool_take(edit->pool, true, &edit->store, err);
}

static gm_status get_users(const api_request *request, api_answer *answer, gm_error *err) {
    api_auto_edit edit = {0};
    gm_accounts accounts;
    GM_TRY(begin(request, &edit, err));
    GM_TRY(gm_accounts_list(edit.store, &accounts, err));
    json_t *items = json_array();
    for (size_t i = 0; i < accounts.count; i++) json_array_append_new(items, user_json(&accounts.items[i]));
    const size_t count = accounts.count;
    gm_accounts_finish(&accounts);
    return api_send_json(answer, 0, json_pack("{s:I, s:o}", "total", (json_int_t)count, "items", items), err);
}

static gm_status post_user(const api_request *request, api_answer *answer, gm_error *err) {
    api_auto_edit edit = {0};
    const char *name = json_string_value(json_object_get(request->json, "name"));
    const char *role_name = json_string_value(json_object_get(request->json, "role"));
    gm_role role;
    char token[GM_TOKEN_TEXT];
    GM_TRY(gm_role_parse(role_name, &role, err));
    if (!request->users_configured && role != GM_ROLE_ADMIN)
        return gm_fail_at(err, GM_E_ARG, 0, 0, "make yourself an admin, then add the others",
                          "the first user must be an admin: afterwards everybody needs a token");
    GM_TRY(begin(request, &edit, err));
    GM_TRY(gm_account_add(edit.store, request->user.name, name, role, token, err));
    return api_send_json(answer, 0, json_pack("{s:s, s:s, s:s}", "name", name, "role", role_name, "token", token), err);
}

static gm_status post_token(const api_request *request, api_answer *answer, gm_error *err) {
    api_auto_edit edit = {0};
    const char *name = api_path(request, "name");
    char token[GM_TOKEN_TEXT];
    GM_TRY(begin(request, &edit, err));
    GM_TRY(gm_account_renew(edit.store, request->user.name, name, token, err));
    return api_send_json(answer, 0, json_pack("{s:s, s:s}", "name", name, "token", token), err);
}

static gm_status delete_user(const api_request *request, api_answer *answer, gm_error *err) {
    api_auto_edit edit = {0};
    GM_TRY(begin(request, &edit, err));
    GM_TRY(gm_account_remove(edit.store, request->user.name, api_path(request, "name"), err));
    api_send_nothing(answer);
    return GM_OK;
}

typedef struct {
    int offset, limit;
} audit_query;

static const gm_param_spec audit_params[] = {
    {.key = "offset",
     .type = GM_PARAM_INT,
     .offset = offsetof(audit_query, offset),
     .fallback = "0",
     .min = 0,
     .max = 1e9,
     .doc = "how many of the newest to pass over"},
    {.key = "limit",
     .type = GM_PARAM_INT,
     .offset = offsetof(audit_query, limit),
     .fallback = "100",
     .min = 0,
     .max = 2000,
     .doc = "how many to send at most"},
};

static gm_status get_audit(const api_request *request, api_answer *answer, gm_error *err) {
    const audit_query *q = request->query;
    api_auto_edit edit = {0};
    gm_audit_verdict verdict;
    gm_audit_lines lines;
    int64_t total;
    GM_TRY(begin(request, &edit, err));
    GM_TRY(gm_store_audit_verify(edit.store, &verdict, err));
    GM_TRY(gm_store_audit_lines(edit.store, q->offset, q->limit, &lines, &total, err));
    json_t *items = json_array();
    for (size_t i = 0; i < lines.count; i++) {
        const gm_audit_line *l = &lines.items[i];
        json_array_append_new(items, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "seq", (json_int_t)l->seq, "at",
                                               l->at, "user", l->user, "action", l->action, "subject", l->subject,
                                               "detail", l->detail, "hash", l->hash));
    }
    gm_audit_lines_finish(&lines);
    return api_send_json(answer, 0,
                         json_pack("{s:I, s:o, s:b, s:s}", "total", (json_int_t)total, "items", items, "intact",
                                   verdict.problem[0] == '\0', "problem", verdict.problem),
                         err);
}

static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/users",
     .role = GM_ROLE_ADMIN,
     .summary = "who may use the server, and as what",
     .handler = get_users,
     .answer = "{total: integer 0.., items: [{name: string, role: string, created_at: time}]}"},
    {.method = "POST",
     .path = "/api/users",
     .role = GM_ROLE_ADMIN,
     .summary = "let somebody use the server",
     .doc = "The token is answered once. The first user must be an admin.",
     .handler = post_user,
     .body = "{name: string 1..63, role: 'viewer'|'annotator'|'engineer'|'admin'}",
     .answer = "{name: string, role: string, token: string}",
     .status = 201},
    {.method = "POST",
     .path = "/api/users/{name}/token",
     .role = GM_ROLE_ADMIN,
     .summary = "give a user a new token; the old one is void at once",
     .handler = post_token,
     .answer = "{name: string, token: string}",
     .status = 201},
    {.method = "DELETE",
     .path = "/api/users/{name}",
     .role = GM_ROLE_ADMIN,
     .summary = "take a user's access away",
     .handler = delete_user},
    {.method = "GET",
     .path = "/api/audit",
     .role = GM_ROLE_ADMIN,
     .summary = "who changed what, newest first; and whether the log is intact",
     .handler = get_audit,
     .query = audit_params,
     .n_query = GM_COUNT(audit_params),
     .query_size = sizeof(audit_query),
     .answer = "{total: integer 0.., items: [{seq: integer 1.., at: time, user: string, action: string,"
               " subject: string, detail: string, hash: sha256}], intact: boolean, problem: string}",
     .slow = true},
};

const api_group api_users = {.name = "users",
                             .doc = "Who may do what, and who did what.",
                             .routes = routes,
                             .n_routes = GM_COUNT(routes),
                             .open = api_editing_open,
                             .close = api_editing_close};
