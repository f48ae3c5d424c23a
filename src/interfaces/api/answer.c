/* From what a handler says to what goes over the wire. */
#include "server_internal.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

api_answer *api_answer_new(gm_arena *arena) {
    api_answer *answer = gm_arena_alloc(arena, sizeof *answer);
    if (answer) *answer = (api_answer){.arena = arena, .fd = -1};
    return answer;
}

/* The body goes, what was said about the request as a whole (status, headers) stays. */
static void drop_body(api_answer *answer) {
    gm_free(answer->bytes);
    if (answer->fd >= 0) close(answer->fd);
    if (answer->is_stream && answer->events.free) answer->events.free(answer->events.state);
    answer->bytes = NULL;
    answer->fixed = NULL;
    answer->size = 0;
    answer->fd = -1;
    answer->is_stream = false;
}

void api_answer_clear(api_answer *answer) {
    if (answer) drop_body(answer);
}

/* --- bodies --- */

static int dump_into(const char *bytes, size_t size, void *text) {
    gm_text_append_n(text, bytes, size);
    return gm_text_ok(text) ? 0 : -1;
}

gm_status api_send_json(api_answer *answer, int status, json_t *json, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    bool ok = json &&
              json_dump_callback(json, dump_into, &text, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12)) == 0;
    json_decref(json);
    if (!ok) return gm_nomem(err);
    if (status) answer->status = status;
    size_t size = text.length;
    return api_send_bytes_take(answer, "application/json", gm_text_take(&text), size, err);
}

gm_status api_send_bytes_take(api_answer *answer, const char *type, void *bytes, size_t size, gm_error *err) {
    if (!bytes) return gm_nomem(err);
    drop_body(answer);
    answer->type = type;
    answer->bytes = bytes;
    answer->size = size;
    return GM_OK;
}

gm_status api_send_bytes(api_answer *answer, const char *type, const void *bytes, size_t size, gm_error *err) {
    void *copy = gm_alloc(size + 1);
    if (!copy) return gm_nomem(err);
    memcpy(copy, bytes, size);
    return api_send_bytes_take(answer, type, copy, size, err);
}

gm_status api_send_file(api_answer *answer, const char *type, const char *path, const char *download_name,
                        gm_error *err) {
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0) close(fd);
        return gm_fail(err, GM_E_NOTFOUND, "there is no file \"%.200s\"", gm_path_base(path));
    }
    return api_send_fd(answer, type, fd, (size_t)st.st_size, download_name, err);
}

gm_status api_send_fd(api_answer *answer, const char *type, int fd, size_t size, const char *download_name,
                      gm_error *err) {
    (void)err;
    drop_body(answer);
    answer->type = type;
    answer->fd = fd;
    answer->size = size;
    if (download_name) api_send_as_download(answer, download_name);
    return GM_OK;
}

void api_send_nothing(api_answer *answer) {
    drop_body(answer);
    answer->status = 204;
}

gm_status api_send_events(api_answer *answer, const api_events *events, gm_error *err) {
    (void)err;
    drop_body(answer);
    answer->type = "text/event-stream";
    answer->events = *events;
    answer->is_stream = true;
    return GM_OK;
}

/* --- headers --- */

void api_send_header(api_answer *answer, const char *name, const char *format, ...) {
    GM_ASSERT(answer->n_headers < GM_COUNT(answer->headers));
    char value[512];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof value) return;
    for (const unsigned char *p = (const unsigned char *)value; *p; p++)
        if (*p < 0x20 || *p == 0x7f) return;
    const char *copy = gm_arena_strdup(answer->arena, value);
    if (copy) answer->headers[answer->n_headers++] = (api_pair){name, copy};
}

void api_send_version(api_answer *answer, long version) {
    api_send_header(answer, "ETag", "\"%ld\"", version);
}

/* The name as it is where it is plain ASCII, else by RFC 5987. */
void api_send_as_download(api_answer *answer, const char *name) {
    char plain[80], encoded[240];
    size_t n = 0, m = 0;
    for (const unsigned char *p = (const unsigned char *)name; *p && n < sizeof plain - 1 && m < sizeof encoded - 4;
         p++) {
        bool safe =
            (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || strchr("._-", *p);
        plain[n++] = safe ? (char)*p : '_';
        m += (size_t)snprintf(encoded + m, sizeof encoded - m, safe ? "%c" : "%%%02X", *p);
    }
    plain[n] = encoded[m] = '\0';
    if (strcmp(plain, encoded) == 0)
        api_send_header(answer, "Content-Disposition", "attachment; filename=\"%s\"", plain);
    else
        api_send_header(answer, "Content-Disposition", "attachment; filename*=UTF-8''%s", encoded);
}

/* --- errors --- */

static const char *code_name(int status) {
    switch (status) {
    case API_UNAUTHORIZED: return "unauthorized";
    case API_FORBIDDEN: return "forbidden";
    case API_NOT_FOUND: return "not_found";
    case API_METHOD_NOT_ALLOWED: return "method_not_allowed";
    case API_CONFLICT: return "conflict";
    case API_TOO_LARGE:
    case API_URI_TOO_LONG: return "too_large";
    case API_PRECONDITION_REQUIRED: return "precondition_required";
    case API_TOO_MANY_REQUESTS: return "too_many_requests";
    case API_UNAVAILABLE: return "unavailable";
    case API_INTERNAL: return "internal";
    default: return "bad_request";
    }
}

static int status_of(gm_status status) {
    switch (status) {
    case GM_E_ARG:
    case GM_E_SHAPE:
    case GM_E_FORMAT: return API_BAD_REQUEST;
    case GM_E_NOTFOUND: return API_NOT_FOUND;
    case GM_E_CONFLICT: return API_CONFLICT;
    case GM_E_NOMEM:
    case GM_E_UNAVAILABLE:
    case GM_E_CANCELLED: return API_UNAVAILABLE;
    default: return API_INTERNAL;
    }
}

gm_status api_refuse(api_answer *answer, api_code code, gm_error *err, const char *hint, const char *format, ...) {
    answer->status = code;
    char message[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return gm_fail_at(err, code == API_NOT_FOUND ? GM_E_NOTFOUND : GM_E_ARG, 0, 0, hint, "%s", message);
}

static json_t *text_or_null(const char *text) {
    return text[0] ? json_string(text) : json_null();
}

json_t *api_error_json(api_code code, const gm_error *err) {
    json_t *message = json_string(err->message[0] ? err->message : gm_status_name(err->code));
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "code", code_name((int)code), "message",
                     message ? message : json_string(gm_status_name(err->code)), "hint", text_or_null(err->hint),
                     "line", err->line > 0 ? json_integer(err->line) : json_null(), "column",
                     err->column > 0 ? json_integer(err->column) : json_null());
}

void api_answer_error(api_exchange *x, gm_status status, const gm_error *err) {
    api_answer *answer = x->answer;
    drop_body(answer);
    if (answer->status < 400) answer->status = status_of(status);
    gm_error unsaid = {.code = status};
    json_t *json = json_pack("{s:o}", "error", api_error_json((api_code)answer->status, err->code ? err : &unsaid));
    gm_error ignored = {0};
    if (api_send_json(answer, 0, json, &ignored) == GM_OK) return;
    static const char out_of_memory[] = "{\"error\":{\"code\":\"unavailable\",\"message\":\"out of memory\","
                                        "\"hint\":null,\"line\":null,\"column\":null}}";
    answer->status = API_UNAVAILABLE;
    answer->type = "application/json";
    answer->fixed = out_of_memory;
    answer->size = sizeof out_of_memory - 1;
}

/* --- onto the wire --- */

int api_answer_status(const api_exchange *x) {
    if (x->answer->status) return x->answer->status;
    return x->request.route && x->request.route->status ? x->request.route->status : 200;
}

/* Our own pages run our own scripts; a file of a run or a report is shown without any. */
static const char policy_pages[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src "
    "'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
static const char policy_files[] =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox";

static void add_common_headers(const api_exchange *x, struct MHD_Response *response) {
    const api_answer *answer = x->answer;
    bool is_page = answer->fixed && !x->request.route;
    bool has_cache = false;
    for (size_t i = 0; i < answer->n_headers; i++) {
        MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
        has_cache |= strcmp(answer->headers[i].name, "Cache-Control") == 0;
    }
    if (answer->type) MHD_add_response_header(response, "Content-Type", answer->type);
    if (!has_cache) MHD_add_response_header(response, "Cache-Control", is_page ? "no-cache" : "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    if (answer->type && strcmp(answer->type, "application/json") == 0) return; /* nothing that a browser would run */
    MHD_add_response_header(response, "Content-Security-Policy", is_page ? policy_pages : policy_files);
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    if (is_page) MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
}

static void free_bytes(void *bytes) {
    gm_free(bytes);
}

struct MHD_Response *api_answer_response(api_exchange *x) {
    api_answer *answer = x->answer;
    struct MHD_Response *response;
    if (answer->is_stream) {
        answer->is_stream = false; /* the stream owns the source from here on */
        response = api_stream_response(x->server->streams, x->connection, &answer->events);
    } else if (answer->fd >= 0) {
        response = MHD_create_response_from_fd64(answer->size, answer->fd);
        if (response) answer->fd = -1;
    } else if (answer->bytes) {
        response = MHD_create_response_from_buffer_with_free_callback(answer->size, answer->bytes, free_bytes);
        if (response) answer->bytes = NULL;
    } else
        response = MHD_create_response_from_buffer(answer->size, (void *)answer->fixed, MHD_RESPMEM_PERSISTENT);
    if (response) add_common_headers(x, response);
    return response;
}
