/* The registry: models with names, versions and aliases; compared, promoted, rolled back, and as passports. */
#include "service/registry/registry.h"
#include "../api_internal.h"

#include <stdio.h>
#include <string.h>

/* Opened for each request: what another machine has changed meanwhile is seen. */
static gm_status open_registry(const api_request *request, gm_registry **out, gm_error *err) {
    const gm_registry_options options = {.models_dir = request->models_dir, .create = true};
    return gm_registry_open(&options, out, err);
}

static gm_status version_of(const api_request *request, long *version, gm_error *err) {
    const char *text = api_path(request, "n");
    if (gm_parse_long(text, version) && *version > 0) return GM_OK;
    return gm_fail(err, GM_E_NOTFOUND, "there is no version %s", text);
}

/* "NAME:VERSION" of the path, in the request's arena. */
static gm_status model_of(const api_request *request, const char **model, gm_error *err) {
    long version;
    GM_TRY(gm_registry_name_check(api_path(request, "name"), "model", err));
    GM_TRY(version_of(request, &version, err));
    *model = gm_arena_printf(request->arena, "%s:%ld", api_path(request, "name"), version);
    return *model ? GM_OK : gm_nomem(err);
}

static const char *text_at(const api_request *request, const char *key) {
    return json_string_value(json_object_get(request->json, key));
}

/* ---- reading ---- */

static gm_status get_registry(const api_request *request, api_answer *answer, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    json_t *list;
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_registry_list(registry, &list, err));
    return api_send_json(answer, 0, list, err);
}

static gm_status get_model(const api_request *request, api_answer *answer, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    json_t *model;
    GM_TRY(gm_registry_name_check(api_path(request, "name"), "model", err));
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_registry_model(registry, api_path(request, "name"), &model, err));
    return api_send_json(answer, 0, model, err);
}

static gm_status get_version(const api_request *request, api_answer *answer, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    long version;
    json_t *json;
    GM_TRY(gm_registry_name_check(api_path(request, "name"), "model", err));
    GM_TRY(version_of(request, &version, err));
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_registry_version(registry, api_path(request, "name"), version, &json, err));
    return api_send_json(answer, 0, json, err);
}

typedef struct {
    char *a, *b;
    int format;
} compare_query;

static const char *const formats[] = {"json", "html", NULL};
static const gm_param_spec compare_params[] = {
    {.key = "a", .type = GM_PARAM_STRING, .offset = offsetof(compare_query, a), .fallback = "", .doc = "a model"},
    {.key = "b", .type = GM_PARAM_STRING, .offset = offsetof(compare_query, b), .fallback = "", .doc = "another one"},
    {.key = "format",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(compare_query, format),
     .fallback = "json",
     .choices = formats,
     .doc = "json, or a page that opens without a network"},
};

static gm_status get_comparison(const api_request *request, api_answer *answer, gm_error *err) {
    const compare_query *q = request->query;
    gm_auto(gm_registry) registry = NULL;
    json_t *comparison;
    if (!q->a || !*q->a || !q->b || !*q->b) return gm_fail(err, GM_E_ARG, "a and b: which two models?");
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_model_compare(registry, q->a, q->b, &comparison, err));
    if (q->format == 0) return api_send_json(answer, 0, comparison, err);
    gm_auto_text page = GM_TEXT_INIT;
    gm_status status = gm_model_compare_page(comparison, &page, err);
    json_decref(comparison);
    return status == GM_OK ? api_send_bytes(answer, "text/html; charset=utf-8", page.data, page.length, err) : status;
}

/* ---- writing ---- */

static gm_status post_version(const api_request *request, api_answer *answer, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    json_t *version;
    const char *run = text_at(request, "run");
    if (strchr(run, '/')) return gm_fail(err, GM_E_ARG, "run: the name of a run, not a path");
    const gm_register_request wanted = {.name = api_path(request, "name"),
                                        .run = run,
                                        .description = text_at(request, "description"),
                                        .tags = json_object_get(request->json, "tags"),
                                        .by = request->user.name};
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_model_register(registry, &wanted, &version, err));
    return api_send_json(answer, 0, version, err);
}

#define CHANGE_BODY "{description?: string 0..2000|null, tags?: {*: string 1..5000|null}|null}"
#define CHANGE_DOC                                                                                                     \
    "What is named is changed; a tag that is null is taken away; all else stays. The history keeps the text before."

static gm_status describe(const api_request *request, const char *model, api_answer *answer, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    json_t *one;
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_model_describe(registry, model, text_at(request, "description"), json_object_get(request->json, "tags"),
                             request->user.name, &one, err));
    return api_send_json(answer, 0, one, err);
}

static gm_status put_model(const api_request *request, api_answer *answer, gm_error *err) {
    return describe(request, api_path(request, "name"), answer, err);
}

static gm_status put_version(const api_request *request, api_answer *answer, gm_error *err) {
    const char *model;
    GM_TRY(model_of(request, &model, err));
    return describe(request, model, answer, err);
}

typedef struct {
    char *reason;
} delete_query;

static const gm_param_spec delete_params[] = {
    {.key = "reason",
     .type = GM_PARAM_STRING,
     .offset = offsetof(delete_query, reason),
     .doc = "why; it stands in the history, and must be given"},
};

static gm_status delete_version(const api_request *request, api_answer *answer, gm_error *err) {
    const delete_query *q = request->query;
    gm_auto(gm_registry) registry = NULL;
    const char *model;
    json_t *result;
    GM_TRY(model_of(request, &model, err));
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_model_delete(registry, model, request->user.name, q->reason, &result, err));
    return api_send_json(answer, 0, result, err);
}

/* gate: "standard", "none", or the rules themselves. */
static gm_status post_promote(const api_request *request, api_answer *answer, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    json_t *result;
    const char *model, *gate = text_at(request, "gate");
    bool none = gate && strcmp(gate, "none") == 0, standard = !gate || strcmp(gate, "standard") == 0;
    GM_TRY(model_of(request, &model, err));
    const gm_promote_request wanted = {.model = model,
                                       .alias = text_at(request, "alias"),
                                       .gate = none ? "none" : NULL,
                                       .gate_yaml = none || standard ? NULL : gate,
                                       .reason = text_at(request, "reason"),
                                       .by = request->user.name,
                                       .several_people = request->users_configured,
                                       .only_check = json_is_true(json_object_get(request->json, "check"))};
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_model_promote(registry, &wanted, &result, err));
    return api_send_json(answer, 0, result, err);
}

static gm_status post_rollback(const api_request *request, api_answer *answer, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    json_t *result;
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_model_rollback(registry, api_path(request, "name"), text_at(request, "alias"), request->user.name,
                             text_at(request, "reason"), &result, err));
    return api_send_json(answer, 0, result, err);
}

static gm_status post_verify(const api_request *request, api_answer *answer, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    const char *model;
    json_t *result;
    GM_TRY(model_of(request, &model, err));
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_model_verify(registry, model, NULL, &result, err));
    return api_send_json(answer, 0, result, err);
}

/* ---- passports ---- */

static gm_status get_passport(const api_request *request, api_answer *answer, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    const char *model;
    json_t *result;
    GM_TRY(model_of(request, &model, err));
    const char *name =
        gm_arena_printf(request->arena, "%s-%s.passport", api_path(request, "name"), api_path(request, "n"));
    const char *folder = gm_arena_printf(request->arena, "%s/registry/passports", request->models_dir);
    const char *path = name && folder ? gm_arena_printf(request->arena, "%s/%s", folder, name) : NULL;
    if (!path) return gm_nomem(err);
    GM_TRY(gm_make_dirs(folder, err));
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_model_export_passport(registry, model, request->user.name, path, &result, err));
    json_decref(result);
    return api_send_file(answer, "application/x-tar", path, name, err);
}

typedef struct {
    char *name, *trust;
} import_query;

static const gm_param_spec import_params[] = {
    {.key = "name",
     .type = GM_PARAM_STRING,
     .offset = offsetof(import_query, name),
     .doc = "of the model here; without it as in the passport"},
    {.key = "trust",
     .type = GM_PARAM_STRING,
     .offset = offsetof(import_query, trust),
     .doc = "fingerprint of the signer to trust from now on"},
};

static gm_status post_passport(const api_request *request, api_answer *answer, gm_error *err) {
    const import_query *q = request->query;
    gm_auto(gm_registry) registry = NULL;
    json_t *result = NULL;
    const gm_import_request wanted = {.path = request->body_path,
                                      .title = "the passport",
                                      .name = q->name,
                                      .trust = q->trust,
                                      .by = request->user.name};
    GM_TRY(open_registry(request, &registry, err));
    GM_TRY(gm_model_import_passport(registry, &wanted, &result, err));
    return api_send_json(answer, 0, result, err);
}

static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/registry",
     .role = GM_ROLE_VIEWER,
     .summary = "registered models with their aliases",
     .doc = "Metrics are those of the champion, else of the newest version.",
     .handler = get_registry,
     .slow = true,
     .answer = "{items: [REGISTERED]}"},
    {.method = "GET",
     .path = "/api/registry/{name}",
     .role = GM_ROLE_VIEWER,
     .summary = "one model: its versions, and who did what when and why",
     .handler = get_model,
     .slow = true,
     .answer = "REGISTERED_WHOLE"},
    {.method = "PUT",
     .path = "/api/registry/{name}",
     .role = GM_ROLE_ENGINEER,
     .summary = "change the description and tags of a model",
     .doc = CHANGE_DOC,
     .handler = put_model,
     .body = CHANGE_BODY,
     .answer = "REGISTERED_WHOLE"},
    {.method = "GET",
     .path = "/api/registry/{name}/versions/{n}",
     .role = GM_ROLE_VIEWER,
     .summary = "one version with its facts and files",
     .handler = get_version,
     .slow = true,
     .answer = "MODEL_VERSION_WHOLE"},
    {.method = "PUT",
     .path = "/api/registry/{name}/versions/{n}",
     .role = GM_ROLE_ENGINEER,
     .summary = "change the description and tags of a version",
     .doc = CHANGE_DOC,
     .handler = put_version,
     .body = CHANGE_BODY,
     .answer = "MODEL_VERSION_WHOLE"},
    {.method = "DELETE",
     .path = "/api/registry/{name}/versions/{n}",
     .role = GM_ROLE_ENGINEER,
     .summary = "take away a version that nobody needs",
     .doc = "A conflict while an alias points to it. There is no way back: its number is never used again, and files "
            "that no other version has are freed; the history keeps what it was.",
     .handler = delete_version,
     .query = delete_params,
     .n_query = GM_COUNT(delete_params),
     .query_size = sizeof(delete_query),
     .answer = "{model: string, version: integer 1.., freed_files: integer 0.., freed_bytes: integer 0..,"
               " waiting_files: integer 0.., problem: string}"},
    {.method = "POST",
     .path = "/api/registry/{name}/versions",
     .role = GM_ROLE_ENGINEER,
     .summary = "give a finished run a name and a version",
     .doc = "The model is made where absent. The same files twice are a conflict.",
     .handler = post_version,
     .body = "{run: string 1..200, description?: string 0..2000|null, tags?: {*: string}|null}",
     .answer = "MODEL_VERSION_WHOLE",
     .status = 201},
    {.method = "POST",
     .path = "/api/registry/{name}/versions/{n}/promote",
     .role = GM_ROLE_ENGINEER,
     .summary = "make a version the champion, if it passes the gate",
     .doc =
         "gate: \"standard\", \"none\" (the history says so), or rules in YAML. check: ask the gate only. A refusal is "
         "answered with promoted: false, and noted.",
     .handler = post_promote,
     .body = "{alias: string 1..40, gate?: string 0..20000|null, reason?: string 0..2000|null, check?: boolean}",
     .answer = "{model: string, version: integer 1.., alias: string, promoted: boolean, previous: integer|null,"
               " gate: {passed: boolean, findings: [{rule: string, verdict: 'passed'|'skipped'|'failed',"
               " message: string}]}|null}"},
    {.method = "POST",
     .path = "/api/registry/{name}/rollback",
     .role = GM_ROLE_ENGINEER,
     .summary = "back to the champion before",
     .handler = post_rollback,
     .body = "{alias: string 1..40, reason?: string 0..2000|null}",
     .answer = "{model: string, alias: string, from: integer 1.., to: integer 1.., ms: number}"},
    {.method = "POST",
     .path = "/api/registry/{name}/versions/{n}/verify",
     .role = GM_ROLE_ENGINEER,
     .summary = "is a version still what it was?",
     .handler = post_verify,
     .answer = "{model: string, version: integer 1.., good: boolean, checks: [{name: string,"
               " verdict: 'passed'|'skipped'|'failed', message: string}]}"},
    {.method = "GET",
     .path = "/api/registry/{name}/versions/{n}/passport",
     .role = GM_ROLE_ENGINEER,
     .summary = "the version as one signed file",
     .handler = get_passport,
     .slow = true,
     .answer_type = "application/x-tar"},
    {.method = "POST",
     .path = "/api/passports",
     .role = GM_ROLE_ENGINEER,
     .summary = "take in a signed file of another machine",
     .doc =
         "A registry that trusts nobody yet trusts the first signer; after that others only with trust. Up to 4 GiB.",
     .handler = post_passport,
     .query = import_params,
     .n_query = GM_COUNT(import_params),
     .query_size = sizeof(import_query),
     .body_type = "application/octet-stream",
     .body_to_file = true,
     .answer = "{model: string, version: integer 1.., fingerprint: sha256,"
               " trusted: 'own'|'known'|'given'|'first', from: {model: string, version: integer}}",
     .status = 201},
    {.method = "GET",
     .path = "/api/model-comparison",
     .role = GM_ROLE_VIEWER,
     .summary = "two versions hole by hole",
     .doc = "a and b: NAME:3, NAME@champion, or NAME.",
     .handler = get_comparison,
     .query = compare_params,
     .n_query = GM_COUNT(compare_params),
     .query_size = sizeof(compare_query),
     .slow = true,
     .answer = "{a: COMPARED, b: COMPARED, common_holes: integer 0.., same_dataset: boolean, metrics: [COMPARED_POINT],"
               " groups: [COMPARED_POINT], figures: [{name: string, unit: string, a: number|null, b: number|null}],"
               " settings: [{key: string, a: string, b: string}]}"},
};

const api_group api_registry = {.name = "registry",
                                .doc = "Models with names, versions and aliases.",
                                .routes = routes,
                                .n_routes = GM_COUNT(routes)};
