/* The OpenAPI 3.1 document, made from the route table. */
#include "server_internal.h"
#include "shape_internal.h"

#include <ctype.h>
#include <string.h>

static json_t *ref(const char *kind, const char *name) {
    char text[96];
    snprintf(text, sizeof text, "#/components/%s/%s", kind, name);
    return json_pack("{s:s}", "$ref", text);
}

/* --- parameters --- */

static json_t *number(const gm_param_spec *p, double value) {
    return p->type == GM_PARAM_INT ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *fallback(const gm_param_spec *p) {
    double value;
    bool truth;
    if (p->type == GM_PARAM_BOOL && gm_parse_bool(p->fallback, &truth)) return json_boolean(truth);
    if ((p->type == GM_PARAM_INT || p->type == GM_PARAM_FLOAT) && gm_parse_double(p->fallback, &value))
        return number(p, value);
    return json_string(p->fallback);
}

static json_t *param_schema(const gm_param_spec *p) {
    static const char *const types[] = {"boolean", "integer", "number", "string", "string"};
    json_t *schema = json_pack("{s:s}", "type", types[p->type]);
    if (p->type == GM_PARAM_CHOICE) {
        json_t *choices = json_array();
        for (size_t i = 0; p->choices[i]; i++) json_array_append_new(choices, json_string(p->choices[i]));
        json_object_set_new(schema, "enum", choices);
    }
    if ((p->type == GM_PARAM_INT || p->type == GM_PARAM_FLOAT) && (p->min != 0 || p->max != 0)) {
        json_object_set_new(schema, "minimum", number(p, p->min));
        json_object_set_new(schema, "maximum", number(p, p->max));
    } else if (p->type == GM_PARAM_INT)
        json_object_set_new(schema, "format", json_string("int32"));
    if (p->fallback) json_object_set_new(schema, "default", fallback(p));
    return schema;
}

static void add_query(const api_route *route, json_t *parameters) {
    for (size_t i = 0; i < route->n_query; i++) {
        const gm_param_spec *p = &route->query[i];
        json_array_append_new(parameters, json_pack("{s:s, s:s, s:s*, s:o}", "name", p->key, "in", "query",
                                                    "description", p->doc, "schema", param_schema(p)));
    }
}

static json_t *variable_schema(const char *name) {
    if (strcmp(name, "id") == 0) return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9a-f]{64}$");
    if (strcmp(name, "n") == 0)
        return json_pack("{s:s, s:i, s:i}", "type", "integer", "minimum", 0, "maximum", 999999999);
    return json_pack("{s:s, s:s, s:i}", "type", "string", "pattern", "^[^./\\\\][^/\\\\]*$", "maxLength", 63);
}

static void add_variables(const api_route *route, json_t *parameters) {
    for (const char *at = route->path; (at = strchr(at, '{'));) {
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, "}"), at + 1);
        json_array_append_new(parameters, json_pack("{s:s, s:s, s:b, s:o}", "name", name, "in", "path", "required", 1,
                                                    "schema", variable_schema(name)));
        at++;
    }
}

static void add_headers(const api_route *route, json_t *parameters) {
    if (strcmp(route->method, "GET") != 0) json_array_append_new(parameters, ref("parameters", "X-Gimlet"));
    if (route->if_match) json_array_append_new(parameters, ref("parameters", "If-Match"));
    if (route->stream) json_array_append_new(parameters, ref("parameters", "Last-Event-ID"));
}

/* --- operations --- */

static json_t *content(const char *type, json_t *schema) {
    return json_pack("{s:{s:o}}", type, "schema", schema);
}

static json_t *bytes_schema(const char *type) {
    bool text = gm_starts_with(type, "text/");
    return text ? json_pack("{s:s}", "type", "string") : json_object();
}

/* Each of the types, separated by commas, that an answer of bytes may have. */
static json_t *content_of_types(const char *types) {
    json_t *all = json_object();
    for (const char *at = types; *at;) {
        size_t length = strcspn(at, ",");
        char type[64];
        snprintf(type, sizeof type, "%.*s", (int)length, at);
        json_object_set_new(all, type, json_pack("{s:o}", "schema", bytes_schema(type)));
        at += length + (at[length] == ',');
    }
    return all;
}

static json_t *responses(const api_route *route, gm_error *err) {
    bool nothing = !route->answer && !route->answer_type;
    json_t *success = json_pack("{s:s}", "description", route->summary), *schema;
    if (route->answer) {
        if (api_shape_schema(route->answer, &schema, err) != GM_OK) {
            json_decref(success);
            return NULL;
        }
        json_object_set_new(success, "content", content("application/json", schema));
    } else if (route->answer_type)
        json_object_set_new(success, "content", content_of_types(route->answer_type));
    char status[8];
    snprintf(status, sizeof status, "%d", route->status ? route->status : nothing ? 204 : 200);
    json_t *all = json_pack("{s:o, s:o, s:o}", status, success, "4XX", ref("responses", "Error"), "5XX",
                            ref("responses", "Error"));
    return all;
}

static json_t *request_body(const api_route *route, gm_error *err) {
    json_t *schema;
    if (!route->body)
        return json_pack("{s:b, s:o}", "required", 1, "content",
                         content(route->body_type, bytes_schema(route->body_type)));
    if (api_shape_schema(route->body, &schema, err) != GM_OK) return NULL;
    return json_pack("{s:b, s:o}", "required", 1, "content", content("application/json", schema));
}

/* "get_holes_id_labels" */
static void operation_id(const api_route *route, char *out, size_t size) {
    snprintf(out, size, "%s%s", route->method, gm_starts_with(route->path, "/api") ? route->path + 4 : route->path);
    size_t n = 0;
    for (const char *p = out; *p; p++) {
        char c = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '_';
        if (c != '_' || (n && out[n - 1] != '_')) out[n++] = c;
    }
    while (n && out[n - 1] == '_') n--;
    out[n] = '\0';
}

static json_t *operation(const api_group *group, const api_route *route, gm_error *err) {
    char id[128];
    operation_id(route, id, sizeof id);
    json_t *answers = responses(route, err);
    if (!answers) return NULL;
    json_t *parameters = json_array();
    add_variables(route, parameters);
    add_query(route, parameters);
    add_headers(route, parameters);
    json_t *op = json_pack("{s:s, s:[s], s:s, s:s*, s:o, s:o, s:s}", "operationId", id, "tags", group->name, "summary",
                           route->summary, "description", route->doc, "parameters", parameters, "responses", answers,
                           "x-gimlet-role", gm_role_name(route->role));
    if (route->role == GM_ROLE_NONE) json_object_set_new(op, "security", json_pack("[{}]"));
    if (!route->body && !route->body_type) return op;
    json_t *body = request_body(route, err);
    if (body) {
        json_object_set_new(op, "requestBody", body);
        return op;
    }
    json_decref(op);
    return NULL;
}

/* --- the document --- */

static gm_status add_paths(json_t *paths, json_t *tags, gm_error *err) {
    size_t n;
    const api_group *const *groups = api_groups(&n);
    for (size_t g = 0; g < n; g++) {
        json_array_append_new(tags, json_pack("{s:s, s:s}", "name", groups[g]->name, "description", groups[g]->doc));
        for (size_t r = 0; r < groups[g]->n_routes; r++) {
            const api_route *route = &groups[g]->routes[r];
            json_t *op = operation(groups[g], route, err);
            if (!op) return err->code ? err->code : gm_nomem(err);
            if (!json_object_get(paths, route->path)) json_object_set_new(paths, route->path, json_object());
            char method[8];
            snprintf(method, sizeof method, "%s", route->method);
            for (char *p = method; *p; p++) *p = (char)tolower((unsigned char)*p);
            json_object_set_new(json_object_get(paths, route->path), method, op);
        }
    }
    return GM_OK;
}

static json_t *components(void) {
    return json_pack(
        "{s:O, s:{s:{s:s, s:s, s:b, s:s, s:{s:s, s:[s]}}, s:{s:s, s:s, s:b, s:s, s:{s:s, s:s}}, s:{s:s, s:s, s:s,"
        " s:{s:s}}}, s:{s:{s:s, s:{s:{s:{s:s, s:[s], s:{s:o}, s:b}}}}}, s:{s:{s:s, s:s}, s:{s:s, s:s, s:s}}}",
        "schemas", api_shapes(), "parameters", "X-Gimlet", "name", "X-Gimlet", "in", "header", "required", 1,
        "description", "says that the request is meant; no other page can send it", "schema", "type", "string", "enum",
        "1", "If-Match", "name", "If-Match", "in", "header", "required", 1, "description",
        "the version that is changed, as its ETag gave it", "schema", "type", "string", "pattern", "^\"[0-9]{1,9}\"$",
        "Last-Event-ID", "name", "Last-Event-ID", "in", "header", "description", "go on behind this event", "schema",
        "type", "string", "responses", "Error", "description", "it was not done, and why", "content",
        "application/json", "schema", "type", "object", "required", "error", "properties", "error",
        ref("schemas", "ERROR"), "additionalProperties", 1, "securitySchemes", "token", "type", "http", "scheme",
        "bearer", "cookie", "type", "apiKey", "in", "cookie", "name", "gimlet_session");
}

gm_status api_openapi(json_t **out, gm_error *err) {
    GM_TRY(api_shapes_load(err));
    json_t *paths = json_object(), *tags = json_array();
    gm_status status = add_paths(paths, tags, err);
    json_t *parts = components();
    if (status != GM_OK || !parts) {
        json_decref(paths);
        json_decref(tags);
        json_decref(parts);
        return status != GM_OK ? status : gm_nomem(err);
    }
    *out = json_pack("{s:s, s:{s:s, s:s, s:s, s:{s:s, s:s}}, s:[{s:s}], s:[{}, {s:[]}, {s:[]}], s:o, s:o, s:o}",
                     "openapi", "3.1.0", "info", "title", "Gimlet", "version", GM_VERSION, "description",
                     "From drilling records to a trained, proven model of drilling depths. Depths are mm, times UTC.",
                     "license", "name", "Apache-2.0", "identifier", "Apache-2.0", "servers", "url", "/", "security",
                     "token", "cookie", "tags", tags, "paths", paths, "components", parts);
    return *out ? GM_OK : gm_nomem(err);
}
