/* Inside the server: from sockets to handlers and back. */
#ifndef GIMLET_INTERFACES_API_SERVER_INTERNAL_H
#define GIMLET_INTERFACES_API_SERVER_INTERNAL_H

#include "api_internal.h"
#include "gate_internal.h"

#include <microhttpd.h>
#include <pthread.h>

enum { API_MAX_GROUPS = 32, API_MAX_PATH_PARAMETERS = 4 };

typedef struct {
    const char *name, *value; /* decoded, in the arena */
} api_pair;

/* One request from its first line to its last byte. */
typedef struct api_exchange api_exchange;
struct api_exchange {
    api_request request; /* what the handler sees; first */
    struct api_server *server;
    struct MHD_Connection *connection;
    double started_s;
    const char *method, *uri; /* as sent */
    const char *path;         /* raw, without query */
    char *parts[API_MAX_PATH_PARTS];
    size_t n_parts;
    api_pair query[API_MAX_QUERY_PARAMETERS];
    size_t n_query;
    api_pair variables[API_MAX_PATH_PARAMETERS];
    size_t n_variables;
    void *query_values; /* of request.query, owned */
    json_t *json;       /* of request.json, owned  */
    char *body;         /* grows as it comes */
    size_t body_size, body_room, body_limit;
    int body_fd; /* of a body that goes to a file; -1 = none */
    api_answer *answer;
    bool decided;       /* an answer is ready */
    api_exchange *next; /* in the queue for slow work */
};

struct api_answer {
    gm_arena *arena;
    int status; /* 0 = as the route says */
    const char *type;
    char *bytes;       /* owned */
    const void *fixed; /* borrowed for ever: embedded pages */
    size_t size;
    int fd; /* of a file, with size; -1 = none */
    api_events events;
    bool is_stream;
    api_pair headers[12];
    size_t n_headers;
};

struct api_server {
    api_options options;
    char *data_dir, *models_dir, *host;
    char url[320];
    char machine[256];        /* its own name */
    const char *scheme;       /* "http" or "https" */
    char *tls_cert, *tls_key; /* PEM, NULL = no TLS */
    bool loopback;
    api_gate *gate;
    api_rate *reads, *writes, *wrong_tokens;
    struct MHD_Daemon *daemon;
    gm_project *project;
    void *states[API_MAX_GROUPS];
    size_t n_groups; /* that are open */
    struct api_work *work;
    struct api_streams *streams;
    struct api_connections *connections;
    int n_open; /* requests under way; atomic */
};

/* --- exchange.c: the callbacks of MHD --- */
void *api_exchange_begin(void *server, const char *uri, struct MHD_Connection *connection);
enum MHD_Result api_exchange_go_on(void *server, struct MHD_Connection *connection, const char *uri, const char *method,
                                   const char *version, const char *data, size_t *size, void **state);
void api_exchange_end(void *server, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode how);
/* Runs the handler; the answer is then decided. */
void api_exchange_handle(api_exchange *x);

/* --- guard.c --- */
/* Is the request meant for this server? */
gm_status api_guard_host(api_exchange *x, gm_error *err);
/* May this user do this, and does he mean it? */
gm_status api_guard(api_exchange *x, gm_error *err);
/* Whose token this is; wrong ones are counted. */
gm_status api_check_token(api_exchange *x, const char *name, const char *token, gm_user *out, gm_error *err);
const char *api_session_cookie(const api_request *request); /* NULL = none */

/* --- uri.c --- */
/* Splits and decodes the request line's target. Refused when it is malformed. */
gm_status api_read_uri(api_exchange *x, gm_error *err);

/* --- router.c --- */
const api_group *const *api_groups(size_t *count);
/* The route for this method and path, with its variables. NOT_FOUND, or METHOD_NOT_ALLOWED with Allow. */
gm_status api_find_route(api_exchange *x, gm_error *err);

/* Before the first request: the shapes of all bodies, read once. */
gm_status api_routes_load(gm_error *err);
/* The schema of the body of this route; NULL = it takes no JSON. */
const json_t *api_body_schema(const api_route *route);

/* --- openapi.c, openapi_page.c --- */
gm_status api_openapi(json_t **out, gm_error *err); /* a new reference */
void api_openapi_page(gm_text *page);

/* --- request.c --- */
gm_status api_read_query(api_exchange *x, gm_error *err);
gm_status api_read_body(api_exchange *x, gm_error *err);

/* --- answer.c --- */
api_answer *api_answer_new(gm_arena *arena);
void api_answer_clear(api_answer *answer); /* back to empty: before an error replaces it */
void api_answer_error(api_exchange *x, gm_status status, const gm_error *err);
/* What MHD sends; the answer's buffers go over to it. */
struct MHD_Response *api_answer_response(api_exchange *x);
int api_answer_status(const api_exchange *x);

/* --- pages.c --- */
/* The page or file for this path, when there is one. */
bool api_send_page(api_exchange *x);

/* --- work.c: a pool for requests that may wait --- */
typedef struct api_work api_work;
gm_status api_work_new(int threads, void (*run)(api_exchange *x), api_work **out, gm_error *err);
void api_work_close(api_work *work); /* finishes what is queued, takes nothing more; accepts NULL */
void api_work_free(api_work *work);  /* accepts NULL */
/* Suspends the connection until run has returned; false when the pool is closed or too many wait:
 * then nothing happened. */
bool api_work_add(api_work *work, api_exchange *x);

/* --- connections.c --- */
typedef struct api_connection api_connection;
typedef struct api_connections api_connections;
/* request_s: how long a request may take to come in, from its first byte to its last. */
gm_status api_connections_new(double request_s, api_connections **out, gm_error *err);
void api_connections_free(api_connections *connections); /* accepts NULL; all connections must be closed */
void api_connection_changed(void *connections, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode what);
/* What comes next may take this long; INFINITY = for ever. */
void api_connection_allow(struct MHD_Connection *connection, double seconds);
/* What comes next is a request. */
void api_connection_await(struct MHD_Connection *connection);

/* --- events.c --- */
typedef struct api_streams api_streams;
gm_status api_streams_new(api_streams **out, gm_error *err);
void api_streams_end(api_streams *streams); /* every open stream ends soon */
void api_streams_free(api_streams *streams);
struct MHD_Response *api_stream_response(api_streams *streams, struct MHD_Connection *connection, api_events *events);

#endif
