/* From method and path to a route. */
#include "server_internal.h"
#include "shape_internal.h"

#include <string.h>

static const api_group *const groups[] = {
#define GM_API_GROUP(symbol) &symbol,
#include "groups.list.h"
#undef GM_API_GROUP
};

const api_group *const *api_groups(size_t *count) {
    *count = GM_COUNT(groups);
    return groups;
}

/* The body of each route that takes JSON; made once, kept to the end of the program. */
static json_t *bodies; /* text of the shape -> schema */
static pthread_mutex_t bodies_lock = PTHREAD_MUTEX_INITIALIZER;

static gm_status load_bodies(json_t *all, gm_error *err) {
    for (size_t g = 0; g < GM_COUNT(groups); g++)
        for (size_t r = 0; r < groups[g]->n_routes; r++) {
            const char *body = groups[g]->routes[r].body;
            json_t *schema;
            if (!body) continue;
            GM_TRY(api_shape_schema(body, &schema, err));
            if (json_object_set_new(all, body, schema) != 0) return gm_nomem(err);
        }
    return GM_OK;
}

gm_status api_routes_load(gm_error *err) {
    GM_TRY(api_shapes_load(err));
    pthread_mutex_lock(&bodies_lock);
    json_t *all = bodies ? NULL : json_object();
    gm_status status = bodies ? GM_OK : all ? load_bodies(all, err) : gm_nomem(err);
    if (all && status == GM_OK)
        bodies = all;
    else
        json_decref(all);
    pthread_mutex_unlock(&bodies_lock);
    return status;
}

const json_t *api_body_schema(const api_route *route) {
    return route->body ? json_object_get(bodies, route->body) : NULL;
}

static bool is_sha256(const char *s) {
    return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

static bool is_number(const char *s) {
    size_t length = strlen(s);
    return length >= 1 && length <= 9 && strspn(s, "0123456789") == length;
}

/* What may stand for {name}: see api_route.path. Parts are already free of slashes and "..". */
static bool fits(const char *name, size_t length, const char *part) {
    if (length == 2 && strncmp(name, "id", 2) == 0) return is_sha256(part);
    if (length == 1 && *name == 'n') return is_number(part);
    return part[0] != '.' && strlen(part) < 256;
}

static gm_status add_variable(api_exchange *x, const char *name, size_t length, const char *value, gm_error *err) {
    GM_ASSERT(x->n_variables < API_MAX_PATH_PARAMETERS);
    char *copy = gm_arena_printf(x->request.arena, "%.*s", (int)length, name);
    if (!copy) return gm_nomem(err);
    x->variables[x->n_variables++] = (api_pair){copy, value};
    return GM_OK;
}

static const char *join_rest(api_exchange *x, size_t from) {
    gm_auto_text text = GM_TEXT_INIT;
    for (size_t i = from; i < x->n_parts; i++) {
        if (x->parts[i][0] == '.') return NULL;
        if (i > from) gm_text_append(&text, "/");
        gm_text_append(&text, x->parts[i]);
    }
    return gm_text_ok(&text) ? gm_arena_strdup(x->request.arena, gm_text_c(&text)) : NULL;
}

/* Does the pattern fit? Then its variables are set. */
static bool matches(api_exchange *x, const char *pattern) {
    x->n_variables = 0;
    size_t i = 0;
    for (const char *at = pattern; *at; i++) {
        at++; /* the slash */
        size_t length = strcspn(at, "/");
        if (i >= x->n_parts) return false;
        if (*at != '{') {
            if (strlen(x->parts[i]) != length || memcmp(at, x->parts[i], length) != 0) return false;
        } else if (strcmp(at, "{path}") == 0) {
            const char *rest = join_rest(x, i);
            return rest && add_variable(x, at + 1, length - 2, rest, NULL) == GM_OK;
        } else {
            if (!fits(at + 1, length - 2, x->parts[i])) return false;
            if (add_variable(x, at + 1, length - 2, x->parts[i], NULL) != GM_OK) return false;
        }
        at += length;
    }
    return i == x->n_parts;
}

static void add_allowed(char *allow, size_t size, const char *method) {
    if (strstr(allow, method)) return;
    size_t used = strlen(allow);
    snprintf(allow + used, size - used, "%s%s", used ? ", " : "", method);
}

static gm_status not_found(api_exchange *x, const char *allow, gm_error *err) {
    if (!allow[0])
        return api_refuse(x->answer, API_NOT_FOUND, err, "/api lists what there is", "there is nothing at %.200s",
                          x->path);
    api_send_header(x->answer, "Allow", "%s", allow);
    return api_refuse(x->answer, API_METHOD_NOT_ALLOWED, err, NULL, "%.20s does not go with %.200s: only %s do",
                      x->method, x->path, allow);
}

gm_status api_find_route(api_exchange *x, gm_error *err) {
    const char *method = strcmp(x->method, "HEAD") == 0 ? "GET" : x->method;
    char allow[64] = "";
    for (size_t g = 0; g < GM_COUNT(groups); g++)
        for (size_t r = 0; r < groups[g]->n_routes; r++) {
            const api_route *route = &groups[g]->routes[r];
            if (!matches(x, route->path)) continue;
            if (strcmp(route->method, method) == 0) {
                x->request.route = route;
                x->request.state = x->server->states[g];
                return GM_OK;
            }
            add_allowed(allow, sizeof allow, route->method);
            if (strcmp(route->method, "GET") == 0) add_allowed(allow, sizeof allow, "HEAD");
        }
    return not_found(x, allow, err);
}

const char *api_path(const api_request *request, const char *name) {
    const api_exchange *x = (const api_exchange *)request;
    for (size_t i = 0; i < x->n_variables; i++)
        if (strcmp(x->variables[i].name, name) == 0) return x->variables[i].value;
    GM_ASSERT(!"the path of this route has no such variable");
    return "";
}
