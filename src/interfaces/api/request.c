/* Query, body and headers of a request, checked against its route. */
#include "server_internal.h"
#include "shape_internal.h"

#include <string.h>

const char *api_header(const api_request *request, const char *name) {
    const api_exchange *x = (const api_exchange *)request;
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

const char *api_last_event(const api_request *request) {
    const char *id = api_header(request, "Last-Event-ID");
    return id ? id : "";
}

gm_status api_if_match(const api_request *request, api_answer *answer, long *version, gm_error *err) {
    const char *value = api_header(request, "If-Match");
    if (!value)
        return api_refuse(answer, API_PRECONDITION_REQUIRED, err, "read it first, and send its ETag as If-Match",
                          "it must be said which version is changed, so that nobody's work is overwritten");
    if (strcmp(value, "*") == 0) return *version = -1, GM_OK;
    size_t length = strlen(value);
    char digits[24] = "";
    if (length > 2 && length < sizeof digits && value[0] == '"' && value[length - 1] == '"')
        memcpy(digits, value + 1, length - 2);
    if (!digits[0] || strspn(digits, "0123456789") != strlen(digits) || !gm_parse_long(digits, version))
        return gm_fail(err, GM_E_ARG, "If-Match must be a version such as \"7\", in quotation marks");
    return GM_OK;
}

static gm_status unknown_parameter(const api_route *route, const char *name, gm_error *err) {
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; i < route->n_query && n < GM_COUNT(names); i++) names[n++] = route->query[i].key;
    const char *nearest = gm_nearest_name(name, names, n);
    char hint[160] = "";
    if (nearest) snprintf(hint, sizeof hint, "did you mean \"%s\"?", nearest);
    return gm_fail_at(err, GM_E_ARG, 0, 0, hint, "there is no parameter \"%.60s\" here", name);
}

gm_status api_read_query(api_exchange *x, gm_error *err) {
    const api_route *route = x->request.route;
    if (route->n_query) {
        x->query_values = gm_calloc(1, route->query_size);
        if (!x->query_values) return gm_nomem(err);
        GM_TRY(gm_params_defaults(route->query, route->n_query, x->query_values, err));
        x->request.query = x->query_values;
    }
    for (size_t i = 0; i < x->n_query; i++) {
        const api_pair *pair = &x->query[i];
        if (!gm_params_find(route->query, route->n_query, pair->name)) return unknown_parameter(route, pair->name, err);
        GM_TRY(gm_params_set(route->query, route->n_query, x->query_values, pair->name, pair->value, err));
    }
    return GM_OK;
}

/* "application/json; charset=utf-8" is "application/json". */
static bool is_type(const char *value, const char *type) {
    size_t length = strlen(type);
    return value && strncasecmp(value, type, length) == 0 &&
           strspn(value + length, " ;") == strcspn(value + length, "cC");
}

static gm_status read_json(api_exchange *x, gm_error *err) {
    const char *type = api_header(&x->request, "Content-Type");
    if (!is_type(type, "application/json"))
        return api_refuse(x->answer, API_UNSUPPORTED_MEDIA_TYPE, err, "send it as Content-Type: application/json",
                          "the body must be JSON");
    json_error_t at;
    x->json = json_loadb(x->body ? x->body : "", x->body_size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &at);
    if (!x->json) return gm_fail_at(err, GM_E_FORMAT, at.line, at.column, NULL, "the body is not JSON: %s", at.text);
    x->request.json = x->json;
    return api_shape_check(api_body_schema(x->request.route), x->json, err);
}

/* What programs send that always send JSON. */
static bool is_empty_object(const char *body, size_t size) {
    return size == 2 && memcmp(body, "{}", 2) == 0;
}

gm_status api_read_body(api_exchange *x, gm_error *err) {
    const api_route *route = x->request.route;
    x->request.body = x->body ? x->body : "";
    x->request.body_size = x->body_size;
    if (route->body) return read_json(x, err);
    if (route->body_to_file && !x->request.body_path) return gm_fail(err, GM_E_ARG, "nothing was sent");
    if (!route->body_type && x->body_size && !is_empty_object(x->body, x->body_size))
        return gm_fail(err, GM_E_ARG, "this request takes no body");
    return GM_OK;
}
