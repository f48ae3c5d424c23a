/* What a handler needs: the request, the ways to answer, and the route table.
 *
 * A group of routes is one file in handlers/ that exports one api_group and has one line in groups.list.h. All that
 * the server does with a route comes from its entry: matching, 405, who may call it, reading and checking of the query
 * and of the JSON body, the OpenAPI document and its page.
 *
 * Errors     a handler returns a status; anything but GM_OK is answered as an error made from err, with the HTTP status
 *            that belongs to the status code: ARG, SHAPE, FORMAT 400 · NOTFOUND 404 · CONFLICT 409 · NOMEM,
 *            UNAVAILABLE, CANCELLED 503 · all else 500. api_refuse names another one.
 * Ownership  all that a request gives is borrowed and lives until the answer was sent; request->arena is for what a
 *            handler makes on the way.
 * Threads    handlers run in several threads at once, one request each. A GET is answered by the thread that read it,
 *            everything else and what is marked slow by a pool of its own, so that waiting holds up nobody. */
#ifndef GIMLET_INTERFACES_API_INTERNAL_H
#define GIMLET_INTERFACES_API_INTERNAL_H

#include "api.h"
#include "limits.h"
#include "service/accounts/users.h"
#include "service/project/project.h"

#include <jansson.h>

typedef struct api_route api_route;
typedef struct api_answer api_answer;

/* ---- the request ------------------------------------------------------------------------------------------------- */

typedef struct {
    const api_route *route;
    gm_project *project;    /* the data directory                                              */
    const char *data_dir;   /* of it                                                           */
    const char *models_dir; /* where runs are kept; may not exist yet                          */
    void *state;            /* what the group's open made; NULL = it has none                  */
    gm_user user;           /* who asks; the name signs labels                                 */
    bool users_configured;  /* else everybody on this machine is admin                         */
    const void *query;      /* the struct that route->query fills; NULL = the route takes none */
    const json_t *json;     /* the body, of the shape route->body; NULL = none                 */
    const char *body;       /* the bytes of the body, with a NUL behind them; "" = none        */
    size_t body_size;
    const char *body_path; /* of route->body_to_file: where the bytes can be read until the answer; else NULL */
    gm_arena *arena;
} api_request;

/* The text that stands for {name} in the path, decoded, and of the kind that the name promises (see api_route). */
const char *api_path(const api_request *request, const char *name);
/* The value of a header, or NULL. */
const char *api_header(const api_request *request, const char *name);
/* The version in If-Match: "7"; -1 for "*". Refused with 428 when there is none, with 400 when it is no version. */
gm_status api_if_match(const api_request *request, api_answer *answer, long *version, gm_error *err) GM_MUST_CHECK;

/* ---- the answer -------------------------------------------------------------------------------------------------- */

/* JSON; takes the reference; NULL is answered as out of memory. status 0 = what the route says (200). */
gm_status api_send_json(api_answer *answer, int status, json_t *json, gm_error *err) GM_MUST_CHECK;
/* Bytes, copied. */
gm_status api_send_bytes(api_answer *answer, const char *type, const void *bytes, size_t size,
                         gm_error *err) GM_MUST_CHECK;
/* Bytes that gm_alloc made; taken, also when it fails. */
gm_status api_send_bytes_take(api_answer *answer, const char *type, void *bytes, size_t size,
                              gm_error *err) GM_MUST_CHECK;
/* A file, sent as it is read. download_name NULL = shown in place, else offered for saving under that name. The path is
 * the handler's: it must not be made of what a client sent without checking (api_path of {path} is checked). A symbolic
 * link is not followed. */
gm_status api_send_file(api_answer *answer, const char *type, const char *path, const char *download_name,
                        gm_error *err) GM_MUST_CHECK;
/* The same for a file that is open; fd is taken, also when it fails. */
gm_status api_send_fd(api_answer *answer, const char *type, int fd, size_t size, const char *download_name,
                      gm_error *err) GM_MUST_CHECK;
/* Nothing: 204. */
void api_send_nothing(api_answer *answer);
/* One header more; name is static. Values with control characters are left out. */
void api_send_header(api_answer *answer, const char *name, const char *format, ...) GM_PRINTF(3, 4);
/* ETag: "version" */
void api_send_version(api_answer *answer, long version);
/* Offers the answer for saving under this name. */
void api_send_as_download(api_answer *answer, const char *name);

/* The codes of docs/api.md; the value is the HTTP status. */
typedef enum {
    API_BAD_REQUEST = 400,
    API_UNAUTHORIZED = 401,
    API_FORBIDDEN = 403,
    API_NOT_FOUND = 404,
    API_METHOD_NOT_ALLOWED = 405,
    API_CONFLICT = 409,
    API_LENGTH_REQUIRED = 411,
    API_TOO_LARGE = 413,
    API_URI_TOO_LONG = 414,
    API_UNSUPPORTED_MEDIA_TYPE = 415,
    API_EXPECTATION_FAILED = 417,
    API_MISDIRECTED = 421,
    API_PRECONDITION_REQUIRED = 428,
    API_TOO_MANY_REQUESTS = 429,
    API_INTERNAL = 500,
    API_UNAVAILABLE = 503
} api_code;
/* Fill err and answer with this status instead of the one that belongs to the status code: return what it returns.
 * hint NULL = none. */
gm_status api_refuse(api_answer *answer, api_code code, gm_error *err, const char *hint, const char *format, ...)
    GM_PRINTF(5, 6);
/* {"code", "message", "hint", "line", "column"}: the value of "error" in an answer that carries more beside it. */
json_t *api_error_json(api_code code, const gm_error *err);

/* ---- event streams ----------------------------------------------------------------------------------------------- */

/* A source of events. next is called a few times a second by a thread of its own (one for all streams) and appends
 * what is new with api_event; it must not wait. Return false to end the stream. */
typedef struct {
    bool (*next)(void *state, gm_text *out);
    void (*free)(void *state);
    void *state;
} api_events;
/* Takes the source, also when it fails. */
gm_status api_send_events(api_answer *answer, const api_events *events, gm_error *err) GM_MUST_CHECK;
/* "id: …\nevent: …\ndata: …\n\n"; id and event may be NULL; line breaks in data become lines of data. */
void api_event(gm_text *out, const char *id, const char *event, const char *data);
/* Where the client wants to go on: the header Last-Event-ID, or "". */
const char *api_last_event(const api_request *request);

/* ---- the route table --------------------------------------------------------------------------------------------- */

typedef gm_status api_handler(const api_request *request, api_answer *answer, gm_error *err);

struct api_route {
    const char *method; /* "GET" "POST" "PUT" "DELETE"; HEAD is made of GET */
    /* "/api/holes/{id}/labels". The name in braces says what may stand there (router.c): {id} a SHA-256, {n} a number,
     * {run} and {name} a file name, {path} (last only) a relative path of several names, without "..". */
    const char *path;
    gm_role role;        /* who may, from this role on; GM_ROLE_NONE = everybody     */
    const char *summary; /* one line                                                 */
    const char *doc;     /* more of it, or NULL                                      */
    api_handler *handler;
    const gm_param_spec *query; /* parameters behind the "?"; what is not listed is refused */
    size_t n_query, query_size;
    /* Shapes of JSON, in the words of docs/adding-a-route.md: "{id: sha256, items: [HOLE], reason?: string 0..500}".
     * Names in capitals stand in shapes.list.h. body NULL = takes none. */
    const char *body;
    const char *body_type;   /* of a body that is not JSON: "text/csv"; then body is NULL    */
    const char *answer;      /* shape; NULL = see answer_type, or nothing (204)               */
    const char *answer_type; /* of bytes: "text/csv"; several separated by commas            */
    int status;              /* of success; 0 = 200, or 204 without an answer    */
    bool body_to_file;       /* a body of body_type that may be large: kept in a file that has no name */
    bool if_match;           /* needs If-Match; answers ETag                     */
    bool slow;               /* a GET that may take more than some milliseconds  */
    bool stream;             /* answers with events                              */
};

typedef struct {
    const char *name, *doc;
    const api_route *routes;
    size_t n_routes;
    /* What the group needs as long as the server runs; both may be NULL. close is called after the last request. */
    gm_status (*open)(const api_options *options, gm_project *project, void **state, gm_error *err);
    void (*close)(void *state);
} api_group;

#define GM_API_GROUP(symbol) extern const api_group symbol;
#include "groups.list.h"
#undef GM_API_GROUP

#endif
