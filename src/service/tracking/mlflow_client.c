/* The REST interface of MLflow, and its refusals in words. */
#include "mlflow_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char api[] = "/api/2.0/mlflow/", artifacts[] = "/api/2.0/mlflow-artifacts/artifacts/";
static const char proxied[] = "mlflow-artifacts:";

gm_status gm_mlflow_check_url(const char *url, gm_error *err) {
    const char *host = strstr(url, "://");
    if (!gm_starts_with(url, "http://") && !gm_starts_with(url, "https://"))
        return gm_fail_at(err, GM_E_ARG, 0, 0, "start one with: mlflow server --host HOST --port 5000",
                          "\"%.120s\" is no address of an MLflow server: http://HOST:PORT is one", url);
    if (memchr(host + 3, '@', strcspn(host + 3, "/?#")))
        return gm_fail_at(err, GM_E_ARG, 0, 0,
                          "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
                          "the address of the MLflow server must hold no user and password");
    if (strpbrk(url, "?#"))
        return gm_fail(err, GM_E_ARG, "the address of the MLflow server must end before '?' and '#'");
    return GM_OK;
}

gm_status mlflow_open(const gm_mlflow_request *request, mlflow_client *out, gm_error *err) {
    const char *url = request->url && *request->url ? request->url : getenv("MLFLOW_TRACKING_URI");
    if (!url || !*url)
        return gm_fail_at(err, GM_E_ARG, 0, 0, "give --mlflow http://HOST:PORT, or set MLFLOW_TRACKING_URI",
                          "which MLflow server?");
    GM_TRY(gm_mlflow_check_url(url, err));
    size_t length = strlen(url);
    while (url[length - 1] == '/') length--;
    mlflow_client client = {.url = gm_strndup(url, length), .briefly = request->briefly, .observer = request->observer};
    if (!client.url) return gm_nomem(err);
    gm_status status = gm_http_new(&client.http, err);
    if (status != GM_OK) return mlflow_close(&client), status;
    *out = client;
    return GM_OK;
}

void mlflow_close(mlflow_client *client) {
    gm_http_free(client->http);
    gm_free(client->url);
    *client = (mlflow_client){0};
}

/* ---- refusals ---- */

static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static gm_status refused_identity(const mlflow_client *client, long status, gm_error *err) {
    bool known = environment("MLFLOW_TRACKING_TOKEN") || environment("MLFLOW_TRACKING_USERNAME");
    if (status == 403)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "ask who keeps the server for the right to write there",
                          "%s: this user may not do this (403)", client->url);
    return gm_fail_at(
        err, GM_E_CONFLICT, 0, 0, "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
        known ? "%s: user, password or token are not accepted (401)" : "%s: the server wants to know who asks (401)",
        client->url);
}

static gm_status refused(mlflow_client *client, const char *endpoint, const gm_http_answer *answer, gm_error *err) {
    const char *text = gm_text_c(&answer->body);
    json_t *body = json_loads(text, 0, NULL);
    const char *code = json_string_value(json_object_get(body, "error_code"));
    const char *message = json_string_value(json_object_get(body, "message"));
    snprintf(client->code, sizeof client->code, "%s", code ? code : "");
    const char *authority = strstr(client->url, "://") + 3;
    char hint[200];
    gm_status status;
    if (answer->status == 403 && strstr(text, "Invalid Host header")) {
        snprintf(hint, sizeof hint, "start the server with --allowed-hosts %.*s", (int)strcspn(authority, "/"),
                 authority);
        status = gm_fail_at(err, GM_E_CONFLICT, 0, 0, hint,
                            "%s: the server does not answer to this name (Invalid Host header)", client->url);
    } else if (answer->status == 401 || (answer->status == 403 && (!code || !strcmp(code, "PERMISSION_DENIED"))))
        status = refused_identity(client, answer->status, err);
    else if (answer->status >= 300 && answer->status < 400)
        status = gm_fail(err, GM_E_CONFLICT, "%s: the server says that it lies elsewhere (%ld): give that address",
                         client->url, answer->status);
    else if (answer->status == 404 && !code)
        status = gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "is the address right, and is MLflow 2.0 or newer there?",
                            "%s: there is no %s", client->url, endpoint);
    else if (answer->status >= 500)
        status = gm_fail(err, GM_E_UNAVAILABLE, "%s: the server has a fault (%ld): %.200s", client->url, answer->status,
                         message ? message : "");
    else
        status = gm_fail(err, code && !strcmp(code, "RESOURCE_DOES_NOT_EXIST") ? GM_E_NOTFOUND : GM_E_CONFLICT,
                         "%s refuses %s: %.240s", client->url, endpoint, message ? message : text);
    json_decref(body);
    return status;
}

/* ---- requests ---- */

static gm_status send_request(mlflow_client *client, gm_http_request *request, gm_http_answer *answer, gm_error *err) {
    request->bearer = environment("MLFLOW_TRACKING_TOKEN");
    if (!request->bearer) request->user = environment("MLFLOW_TRACKING_USERNAME");
    if (request->user) request->password = environment("MLFLOW_TRACKING_PASSWORD");
    request->ca_file = environment("MLFLOW_TRACKING_SERVER_CERT_PATH");
    request->observer = client->observer;
    if (client->briefly) {
        request->attempts = 1;
        request->connect_s = 3;
        request->stall_s = 10;
        request->total_s = 30;
    }
    return gm_http_send(client->http, request, answer, err);
}

gm_status mlflow_call(mlflow_client *client, const char *method, const char *endpoint, json_t *body, bool once,
                      json_t **out, gm_error *err) {
    char *text = body ? json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(body);
    gm_text url = GM_TEXT_INIT;
    gm_text_printf(&url, "%s%s%s", client->url, api, endpoint);
    gm_auto_free char *address = gm_text_take(&url);
    static const char *const headers[] = {"Content-Type: application/json", "Accept: application/json"};
    gm_auto_http_answer answer = {0};
    gm_status status = address && (!body || text) ? GM_OK : gm_nomem(err);
    gm_http_request request = {.method = method,
                               .url = address,
                               .headers = headers,
                               .n_headers = 2,
                               .body = text,
                               .body_size = text ? strlen(text) : 0,
                               .attempts = once ? 1 : 5,
                               .total_s = 120};
    client->code[0] = '\0';
    if (status == GM_OK) status = send_request(client, &request, &answer, err);
    free(text);
    if (status != GM_OK) return status;
    if (answer.status != 200) return refused(client, endpoint, &answer, err);
    if (!out) return GM_OK;
    *out = json_loadb(gm_text_c(&answer.body), answer.body.length, 0, NULL);
    if (json_is_object(*out)) return GM_OK;
    json_decref(*out);
    return gm_fail_at(err, GM_E_FORMAT, 0, 0, "is it the address of an MLflow server?",
                      "%s: the answer to %s is no JSON", client->url, endpoint);
}

gm_status mlflow_wait(const mlflow_client *client, int attempt, gm_error *err) {
    for (int i = 0; i < 5 << GM_MIN(attempt, 4); i++) {
        if (!gm_report(client->observer, NULL, 0, 0, NULL)) return gm_fail(err, GM_E_CANCELLED, "stopped on request");
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    return GM_OK;
}

bool mlflow_takes_files(const char *artifact_uri) {
    return artifact_uri && gm_starts_with(artifact_uri, proxied);
}

gm_status mlflow_upload(mlflow_client *client, const char *artifact_uri, const char *name, const char *path,
                        gm_error *err) {
    const char *place = artifact_uri + strlen(proxied);
    if (gm_starts_with(place, "//")) { /* mlflow-artifacts://host:port/2/RUN/artifacts */
        place = strchr(place + 2, '/');
        if (!place) return gm_fail(err, GM_E_FORMAT, "%s: the server names no place for files", client->url);
    }
    struct stat info;
    if (stat(path, &info) != 0) return gm_fail(err, GM_E_NOTFOUND, "%s is not there any more", path);
    gm_text url = GM_TEXT_INIT;
    gm_text_printf(&url, "%s%s", client->url, artifacts);
    gm_text_percent(&url, place + strspn(place, "/"), "/");
    gm_text_append(&url, "/");
    gm_text_percent(&url, name, "/");
    gm_auto_free char *address = gm_text_take(&url);
    if (!address) return gm_nomem(err);
    static const char *const headers[] = {"Content-Type: application/octet-stream"};
    gm_http_request request = {.method = "PUT",
                               .url = address,
                               .headers = headers,
                               .n_headers = 1,
                               .body_file = path,
                               .body_length = info.st_size,
                               .attempts = 5};
    gm_auto_http_answer answer = {0};
    client->code[0] = '\0';
    GM_TRY(send_request(client, &request, &answer, err));
    if (answer.status == 200) return GM_OK;
    gm_status status = refused(client, "files", &answer, err);
    if (answer.status == 404 || answer.status == 405 || answer.status == 501 || answer.status == 503)
        snprintf(client->code, sizeof client->code, "NO_PROXY");
    return status;
}
