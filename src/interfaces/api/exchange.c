/* One request, from its first line to its last byte. */
#include "server_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void log_exchange(const api_exchange *x) {
    char path[160];
    size_t n = 0;
    for (const char *p = x->path ? x->path : "?"; *p && n < sizeof path - 1; p++)
        path[n++] = *p > 0x20 && *p < 0x7f && *p != '"' ? *p : '?';
    path[n] = '\0';
    gm_log(GM_LOG_INFO, "request method=%.10s path=%s status=%d ms=%.1f user=\"%s\"", x->method ? x->method : "?", path,
           api_answer_status(x), 1e3 * (gm_seconds() - x->started_s), x->request.user.name);
}

static void exchange_free(api_exchange *x) {
    api_answer_clear(x->answer);
    if (x->query_values) gm_params_finish(x->request.route->query, x->request.route->n_query, x->query_values);
    gm_free(x->query_values);
    json_decref(x->json);
    gm_free(x->body);
    if (x->body_fd >= 0) close(x->body_fd);
    gm_arena_free(x->request.arena);
    gm_free(x);
}

void *api_exchange_begin(void *cls, const char *uri, struct MHD_Connection *connection) {
    api_server *server = cls;
    api_exchange *x = gm_calloc(1, sizeof *x);
    if (!x) return NULL;
    x->server = server;
    x->connection = connection;
    x->body_fd = -1;
    x->started_s = gm_seconds();
    x->request = (api_request){.project = server->project,
                               .data_dir = server->data_dir,
                               .models_dir = server->models_dir,
                               .arena = gm_arena_new()};
    x->uri = x->request.arena ? gm_arena_strdup(x->request.arena, uri) : NULL;
    x->answer = x->uri ? api_answer_new(x->request.arena) : NULL;
    if (!x->answer) {
        exchange_free(x);
        return NULL;
    }
    __atomic_add_fetch(&server->n_open, 1, __ATOMIC_RELAXED);
    return x;
}

void api_exchange_end(void *cls, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode how) {
    (void)how;
    api_connection_await(connection);
    api_server *server = cls;
    api_exchange *x = *state;
    if (!x) return;
    log_exchange(x);
    exchange_free(x);
    *state = NULL;
    __atomic_sub_fetch(&server->n_open, 1, __ATOMIC_RELEASE);
}

static void refuse(api_exchange *x, gm_status status, const gm_error *err) {
    api_answer_error(x, status, err);
    x->decided = true;
}

/* What can be said before the body has come: a page or a route, and who asks. */
static gm_status judge(api_exchange *x, gm_error *err) {
    if (strlen(x->uri) > API_MAX_URI_BYTES)
        return api_refuse(x->answer, API_URI_TOO_LONG, err, NULL, "the address is longer than %d bytes",
                          API_MAX_URI_BYTES);
    GM_TRY(api_guard_host(x, err));
    GM_TRY(api_read_uri(x, err));
    if (api_send_page(x)) return x->decided = true, GM_OK;
    GM_TRY(api_find_route(x, err));
    GM_TRY(api_guard(x, err));
    return api_read_query(x, err);
}

static long most_of(const api_route *route) {
    if (route && route->body_to_file) return (long)API_MAX_FILE_MIB << 20;
    return route && route->body_type ? API_MAX_UPLOAD_BYTES : API_MAX_JSON_BYTES;
}

/* How long the body says that it is. */
static gm_status judge_size(api_exchange *x, bool *too_large, gm_error *err) {
    long size = 0, most = most_of(x->request.route);
    const char *length = api_header(&x->request, "Content-Length");
    x->body_limit = (size_t)most;
    *too_large = true; /* to be read to its end */
    if (api_header(&x->request, "Transfer-Encoding"))
        return api_refuse(x->answer, API_LENGTH_REQUIRED, err, "send Content-Length",
                          "how long the body is must be said before it comes");
    if (length && (!gm_parse_long(length, &size) || size < 0))
        return gm_fail(err, GM_E_ARG, "Content-Length is no number of bytes");
    *too_large = size > API_MAX_UPLOAD_BYTES && (x->decided || size > most);
    if (size > most)
        return api_refuse(x->answer, API_TOO_LARGE, err, NULL, "a body of %ld bytes is too large: at most %ld fit",
                          size, most);
    return GM_OK;
}

/* A file without a name: however the server ends, nothing stays. */
static gm_status open_body(api_exchange *x, gm_error *err) {
    GM_TRY(gm_make_dirs(x->server->models_dir, err));
    char *path = gm_arena_printf(x->request.arena, "%s/.sent-XXXXXX", x->server->models_dir);
    if (!path) return gm_nomem(err);
    x->body_fd = mkostemp(path, O_CLOEXEC);
    if (x->body_fd < 0) return gm_fail(err, GM_E_IO, "%s: cannot be made: %s", path, strerror(errno));
    unlink(path);
    x->request.body_path = gm_arena_printf(x->request.arena, "/proc/self/fd/%d", x->body_fd);
    return x->request.body_path ? GM_OK : gm_nomem(err);
}

static gm_status write_body(api_exchange *x, const char *data, size_t size, gm_error *err) {
    if (x->body_fd < 0) GM_TRY(open_body(x, err));
    x->body_size += size;
    if (gm_write_all(x->body_fd, data, size)) return GM_OK;
    return gm_fail(err, GM_E_IO, "what was sent cannot be kept: %s", strerror(errno));
}

static gm_status take_body(api_exchange *x, const char *data, size_t size, gm_error *err) {
    if (x->body_size + size > x->body_limit) return gm_fail(err, GM_E_ARG, "the body is longer than it said");
    if (x->request.route->body_to_file) return write_body(x, data, size, err);
    if (x->body_size + size + 1 > x->body_room) {
        size_t room = GM_MAX(2 * x->body_room, x->body_size + size + 1);
        char *grown = gm_realloc(x->body, room);
        if (!grown) return gm_nomem(err);
        x->body = grown;
        x->body_room = room;
    }
    memcpy(x->body + x->body_size, data, size);
    x->body_size += size;
    x->body[x->body_size] = '\0';
    return GM_OK;
}

void api_exchange_handle(api_exchange *x) {
    gm_error err = {0};
    gm_status status = api_read_body(x, &err);
    if (status == GM_OK) status = x->request.route->handler(&x->request, x->answer, &err);
    if (status != GM_OK) api_answer_error(x, status, &err);
    x->decided = true;
}

static enum MHD_Result send_answer(api_exchange *x) {
    api_connection_allow(x->connection, x->answer->is_stream ? INFINITY : API_ANSWER_TIMEOUT_S);
    struct MHD_Response *response = api_answer_response(x);
    if (!response) return MHD_NO;
    enum MHD_Result result = MHD_queue_response(x->connection, (unsigned)api_answer_status(x), response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result begin_request(api_exchange *x, const char *method) {
    gm_error err = {0};
    bool too_large;
    x->method = method;
    gm_status status = judge(x, &err);
    if (status != GM_OK) refuse(x, status, &err);
    gm_error size_err = {0};
    status = judge_size(x, &too_large, &size_err);
    if (status != GM_OK && !x->decided) refuse(x, status, &size_err);
    if (!x->decided && x->request.route->body_to_file) api_connection_allow(x->connection, API_FILE_TIMEOUT_S);
    /* a body that is not worth reading: answer at once; MHD then closes the connection */
    return too_large ? send_answer(x) : MHD_YES;
}

static enum MHD_Result finish_request(api_exchange *x) {
    const api_route *route = x->request.route;
    if (x->decided) return send_answer(x);
    api_connection_allow(x->connection, API_ANSWER_TIMEOUT_S);
    if (!route->slow && strcmp(route->method, "GET") == 0) {
        api_exchange_handle(x);
        return send_answer(x);
    }
    if (api_work_add(x->server->work, x)) return MHD_YES;
    gm_error err = {0};
    gm_status status = api_refuse(x->answer, API_UNAVAILABLE, &err, "try again in a moment",
                                  "the server is busy, or is being stopped");
    refuse(x, status, &err);
    return send_answer(x);
}

enum MHD_Result api_exchange_go_on(void *cls, struct MHD_Connection *connection, const char *uri, const char *method,
                                   const char *version, const char *data, size_t *size, void **state) {
    (void)cls, (void)connection, (void)uri, (void)version;
    api_exchange *x = *state;
    if (!x) return MHD_NO;
    if (!x->method) return begin_request(x, method);
    if (*size == 0) return finish_request(x);
    gm_error err = {0};
    gm_status status = x->decided ? GM_OK : take_body(x, data, *size, &err);
    if (status != GM_OK) refuse(x, status, &err);
    *size = 0;
    return MHD_YES;
}
