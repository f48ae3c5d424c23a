/* HTTP requests (libcurl). Included by name: who asks nothing over a network needs no libcurl.
 *
 * For        object storage, experiment trackers, whatever is reached by a URL.
 * Answers    any status code is an answer (GM_OK): what it means is the caller's to say.
 * Errors     no answer came, in words: GM_E_UNAVAILABLE when nobody was reached (no such host, refused, timeout: try
 *            again later), GM_E_IO when the connection broke, GM_E_ARG for a URL that is none or a certificate that is
 *            not trusted, GM_E_FORMAT for an answer over the limit, GM_E_CANCELLED. Messages hold the URL without user,
 *            password and query, and never a header.
 * Network    proxies from http_proxy, https_proxy, no_proxy; certificates of the system, or of CURL_CA_BUNDLE,
 *            SSL_CERT_FILE, SSL_CERT_DIR. Redirects are not followed: they would carry credentials along.
 * Threads    one gm_http belongs to one thread at a time; it keeps its connections open between requests. */
#ifndef GIMLET_BASE_HTTP_H
#define GIMLET_BASE_HTTP_H

#include "progress.h"
#include "text.h"

typedef struct gm_http gm_http;
gm_status gm_http_new(gm_http **out, gm_error *err) GM_MUST_CHECK;
void gm_http_free(gm_http *http); /* accepts NULL */
GM_AUTO(gm_http)

/* Takes the body of a good answer (2xx) piece by piece, so that it need not fit in memory. */
typedef struct {
    gm_status (*begin)(void *ctx, gm_error *err); /* again at each attempt: forget what came before */
    gm_status (*take)(void *ctx, const void *data, size_t size, gm_error *err);
    void *ctx;
} gm_http_sink;

typedef struct {
    const char *method, *url;
    const char *const *headers; /* "Name: value" */
    size_t n_headers;
    /* the body: bytes, or a part of a file; neither = none */
    const void *body;
    size_t body_size;
    const char *body_file;
    int64_t body_offset, body_length; /* bytes of body_file */
    /* who asks: at most one kind */
    const char *user, *password; /* Basic */
    const char *bearer;
    const char *aws_region, *aws_key,
        *aws_secret;     /* Signature V4 for S3: path encoded, query sorted, x-amz-content-sha256 given */
    const char *ca_file; /* NULL = as the environment says */
    /* how long, how often, how much */
    int attempts; /* 0 = 1; more only for what may be repeated: tried again after a broken connection, a timeout, and
                            408, 429, 500, 502, 503, 504, each time after a longer pause */
    double connect_s;    /* 0 = 10 */
    double stall_s;      /* nothing moves for so long; 0 = 30 */
    double total_s;      /* for one attempt; 0 = no limit */
    size_t answer_limit; /* bytes of an answer kept in memory; 0 = 16 MB */
    const gm_http_sink *sink;
    const gm_observer *observer; /* asked often whether to go on; told bytes sent or taken */
    const char *stage;           /* for the observer; NULL = it is only asked */
} gm_http_request;

typedef struct {
    long status;
    gm_text body;    /* of an answer that did not go to the sink */
    gm_text headers; /* lines */
    int attempts;    /* that it took */
} gm_http_answer;
void gm_http_answer_finish(gm_http_answer *answer);
#define gm_auto_http_answer __attribute__((cleanup(gm_http_answer_finish))) gm_http_answer

/* out: empty or finished; the caller's to finish in any case. */
gm_status gm_http_send(gm_http *http, const gm_http_request *request, gm_http_answer *out, gm_error *err) GM_MUST_CHECK;
/* The value of a header of the answer, whatever its case, cut to size; false when it is not there. */
bool gm_http_header(const gm_http_answer *answer, const char *name, char *out, size_t size);

/* Appends s with all but letters, digits and -._~ as %XX; keep: further characters that stay ("/" for paths). */
void gm_text_percent(gm_text *text, const char *s, const char *keep);
/* "https://host:port/path" for messages: without user, password, query. */
void gm_http_public_url(const char *url, char *out, size_t size);

#endif
