#include "http.h"

#include "clock.h"
#include "random.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_HEADERS = 1 << 18, DEFAULT_LIMIT = 16 << 20 };
static const double first_pause_s = 0.25, longest_pause_s = 8, longest_wait_asked_s = 60;

struct gm_http {
    CURL *curl;
    gm_random random; /* of the pauses */
    char words[CURL_ERROR_SIZE];
};

/* One attempt. */
typedef struct {
    const gm_http_request *request;
    gm_http_answer *answer;
    CURL *curl;
    int file;          /* body_file, -1 = none */
    int64_t sent;      /* of the body */
    bool to_sink;      /* known with the status line */
    bool decided;      /* whether to_sink is known */
    bool stopped;      /* by the observer */
    gm_status failure; /* of the sink, of the disk, or a limit */
    gm_error *err;
} transfer;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global;
static void start_library(void) {
    global = curl_global_init(CURL_GLOBAL_DEFAULT);
}

gm_status gm_http_new(gm_http **out, gm_error *err) {
    pthread_once(&once, start_library);
    gm_auto(gm_http) http = gm_calloc(1, sizeof *http);
    if (!http) return gm_nomem(err);
    if (global != CURLE_OK || !(http->curl = curl_easy_init()))
        return gm_fail(err, GM_E_UNAVAILABLE, "the HTTP library does not start: %s", curl_easy_strerror(global));
    gm_random_init(&http->random, (uint64_t)getpid(), (uint64_t)(gm_seconds() * 1e6));
    *out = gm_steal(&http);
    return GM_OK;
}

void gm_http_free(gm_http *http) {
    if (!http) return;
    if (http->curl) curl_easy_cleanup(http->curl);
    gm_free(http);
}

void gm_http_answer_finish(gm_http_answer *answer) {
    gm_text_finish(&answer->body);
    gm_text_finish(&answer->headers);
    *answer = (gm_http_answer){0};
}

/* ---- small things ---- */

void gm_text_percent(gm_text *text, const char *s, const char *keep) {
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c);
        if (plain || strchr(keep, c))
            gm_text_append_n(text, s, 1);
        else
            gm_text_printf(text, "%%%02X", c);
    }
}

void gm_http_public_url(const char *url, char *out, size_t size) {
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t authority = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', authority);
    const char *from = at ? at + 1 : host;
    snprintf(out, size, "%.*s%.*s", (int)(host - url), url, (int)strcspn(from, "?#"), from);
}

bool gm_http_header(const gm_http_answer *answer, const char *name, char *out, size_t size) {
    size_t length = strlen(name);
    bool found = false;
    for (const char *line = gm_text_c(&answer->headers); *line;) {
        const char *end = strchrnul(line, '\n');
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1 + strspn(line + length + 1, " \t");
            size_t n = (size_t)(end - GM_MIN(value, end));
            while (n > 0 && strchr("\r \t", value[n - 1])) n--;
            snprintf(out, size, "%.*s", (int)n, value);
            found = true;
        }
        line = *end ? end + 1 : end;
    }
    return found;
}

/* ---- what libcurl calls ---- */

static size_t take_header(char *data, size_t one, size_t size, void *ctx) {
    transfer *t = ctx;
    (void)one;
    if (size > 5 && memcmp(data, "HTTP/", 5) == 0) t->answer->headers.length = 0; /* an interim answer came before */
    if (t->answer->headers.length + size < LONGEST_HEADERS) gm_text_append_n(&t->answer->headers, data, size);
    return size;
}

static size_t take_body(char *data, size_t one, size_t size, void *ctx) {
    transfer *t = ctx;
    (void)one;
    if (!t->decided) {
        long status = 0;
        curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
        t->to_sink = t->request->sink && status >= 200 && status < 300;
        t->decided = true;
    }
    if (t->to_sink) {
        t->failure = t->request->sink->take(t->request->sink->ctx, data, size, t->err);
        return t->failure == GM_OK ? size : 0;
    }
    size_t limit = t->request->answer_limit ? t->request->answer_limit : (size_t)DEFAULT_LIMIT;
    if (t->answer->body.length + size > limit) {
        char url[300];
        gm_http_public_url(t->request->url, url, sizeof url);
        t->failure = gm_fail(t->err, GM_E_FORMAT, "%s answers with more than %zu bytes", url, limit);
        return 0;
    }
    gm_text_append_n(&t->answer->body, data, size);
    return size;
}

static size_t give_body(char *out, size_t one, size_t count, void *ctx) {
    transfer *t = ctx;
    const gm_http_request *r = t->request;
    int64_t total = r->body_file ? r->body_length : (int64_t)r->body_size;
    size_t n = (size_t)GM_MIN((int64_t)(one * count), total - t->sent);
    if (n == 0) return 0;
    if (r->body_file) {
        ssize_t got = pread(t->file, out, n, r->body_offset + t->sent);
        if (got <= 0) {
            t->failure = gm_fail(t->err, GM_E_IO, "%s: %s", r->body_file,
                                 got < 0 ? strerror(errno) : "it became shorter while it was sent");
            return CURL_READFUNC_ABORT;
        }
        n = (size_t)got;
    } else
        memcpy(out, (const char *)r->body + t->sent, n);
    t->sent += (int64_t)n;
    return n;
}

static int seek_body(void *ctx, curl_off_t offset, int origin) {
    transfer *t = ctx;
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    t->sent = offset;
    return CURL_SEEKFUNC_OK;
}

static bool may_go_on(const gm_http_request *r, curl_off_t done, curl_off_t total) {
    if (!r->observer || !r->observer->report) return true;
    return gm_report(r->observer, r->stage, (long)done, (long)total, NULL);
}

static int look_at_progress(void *ctx, curl_off_t to_take, curl_off_t taken, curl_off_t to_send, curl_off_t sent) {
    transfer *t = ctx;
    t->stopped = to_send > 0 ? !may_go_on(t->request, sent, to_send) : !may_go_on(t->request, taken, to_take);
    return t->stopped;
}

/* ---- one attempt ---- */

static void set_certificates(CURL *curl, const char *ca_file) {
    static const char *const names[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};
    for (size_t i = 0; i < GM_COUNT(names) && (!ca_file || !*ca_file); i++) ca_file = getenv(names[i]);
    const char *folder = getenv("SSL_CERT_DIR");
    if (ca_file && *ca_file) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
    if (folder && *folder) curl_easy_setopt(curl, CURLOPT_CAPATH, folder);
}

static void set_identity(CURL *curl, const gm_http_request *r, gm_text *provider) {
    if (r->aws_key) {
        gm_text_printf(provider, "aws:amz:%s:s3", r->aws_region);
        curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, gm_text_c(provider));
        curl_easy_setopt(curl, CURLOPT_USERNAME, r->aws_key);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, r->aws_secret);
    } else if (r->bearer) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, r->bearer);
    } else if (r->user) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, r->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, r->password ? r->password : "");
    }
}

static void set_limits(CURL *curl, const gm_http_request *r) {
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)(1000 * (r->connect_s > 0 ? r->connect_s : 10)));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)GM_MAX(r->stall_s > 0 ? r->stall_s : 30, 1.0));
    if (r->total_s > 0) curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)GM_MAX(1000 * r->total_s, 1.0));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "gimlet/" GM_VERSION);
}

static void set_transfer(gm_http *http, transfer *t, struct curl_slist *headers) {
    CURL *curl = http->curl;
    const gm_http_request *r = t->request;
    curl_easy_setopt(curl, CURLOPT_URL, r->url);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->words);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_at_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
    if (strcmp(r->method, "HEAD") == 0) curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (r->body || r->body_file || strcmp(r->method, "PUT") == 0 || strcmp(r->method, "POST") == 0) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
                         (curl_off_t)(r->body_file ? r->body_length : (int64_t)r->body_size));
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(curl, CURLOPT_READDATA, t);
        curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, seek_body);
        curl_easy_setopt(curl, CURLOPT_SEEKDATA, t);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
}

/* Why no answer came, in words. */
static gm_status explain(CURLcode code, const gm_http *http, const char *url, gm_error *err) {
    char place[300];
    gm_http_public_url(url, place, sizeof place);
    const char *words = http->words[0] ? http->words : curl_easy_strerror(code);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0, "check the name, and whether this machine has a network",
                          "%s: no machine of this name is known", place);
    case CURLE_COULDNT_RESOLVE_PROXY:
        return gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0, "check http_proxy and https_proxy",
                          "%s: the proxy's name is not known", place);
    case CURLE_COULDNT_CONNECT:
        return gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0, "is the server running, and is the port right?",
                          "%s: nobody answers there", place);
    case CURLE_OPERATION_TIMEDOUT: return gm_fail(err, GM_E_UNAVAILABLE, "%s: no answer in time", place);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return gm_fail_at(err, GM_E_ARG, 0, 0, "name the file of your authority's certificates in SSL_CERT_FILE",
                          "%s: its certificate is not trusted: %.120s", place, words);
    case CURLE_SSL_CONNECT_ERROR:
        return gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0, "is it https where the server speaks http, or the reverse?",
                          "%s: no encrypted connection comes about: %.120s", place, words);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return gm_fail(err, GM_E_ARG, "\"%s\" is no address: http://HOST:PORT or https://HOST are", place);
    case CURLE_OUT_OF_MEMORY: return gm_nomem(err);
    case CURLE_PARTIAL_FILE: return gm_fail(err, GM_E_IO, "%s: the answer broke off", place);
    default: return gm_fail(err, GM_E_IO, "%s: the connection broke: %.160s", place, words);
    }
}

static void close_file(const int *file) {
    if (*file >= 0) close(*file);
}

static void free_headers(struct curl_slist **list) {
    curl_slist_free_all(*list);
}

static gm_status attempt(gm_http *http, const gm_http_request *r, gm_http_answer *answer, bool *again, gm_error *err) {
    __attribute__((cleanup(close_file))) int file = r->body_file ? open(r->body_file, O_RDONLY | O_CLOEXEC) : -1;
    if (r->body_file && file < 0)
        return gm_fail(err, errno == ENOENT ? GM_E_NOTFOUND : GM_E_IO, "cannot open %s: %s", r->body_file,
                       strerror(errno));
    __attribute__((cleanup(free_headers))) struct curl_slist *headers = NULL;
    for (size_t i = 0; i < r->n_headers; i++) {
        struct curl_slist *longer = curl_slist_append(headers, r->headers[i]);
        if (!longer) return gm_nomem(err);
        headers = longer;
    }
    if (r->sink) GM_TRY(r->sink->begin(r->sink->ctx, err));
    gm_auto_text provider = GM_TEXT_INIT;
    transfer t = {.request = r, .answer = answer, .curl = http->curl, .file = file, .err = err};
    curl_easy_reset(http->curl);
    http->words[0] = '\0';
    set_limits(http->curl, r);
    set_certificates(http->curl, r->ca_file);
    set_identity(http->curl, r, &provider);
    set_transfer(http, &t, headers);
    CURLcode code = curl_easy_perform(http->curl);
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    if (t.failure != GM_OK) return t.failure;
    if (t.stopped) return gm_fail(err, GM_E_CANCELLED, "stopped on request");
    if (!gm_text_ok(&answer->body) || !gm_text_ok(&answer->headers)) return gm_nomem(err);
    if (code == CURLE_OK) return GM_OK;
    gm_status status = explain(code, http, r->url, err);
    *again = status == GM_E_UNAVAILABLE || status == GM_E_IO;
    return status;
}

/* ---- again, after a pause ---- */

static bool is_passing(long status) {
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

/* Longer each time, and not the same for all who wait; or as the server asks. False when asked to stop. */
static bool pause_before(gm_http *http, const gm_http_request *r, const gm_http_answer *answer, int tried) {
    double seconds = first_pause_s * (double)(1 << GM_MIN(tried - 1, 10));
    seconds = GM_MIN(seconds, longest_pause_s) * (0.5 + gm_random_uniform(&http->random));
    char asked[32];
    double wait;
    if (gm_http_header(answer, "Retry-After", asked, sizeof asked) && gm_parse_double(asked, &wait) && wait >= 0)
        seconds = GM_MIN(wait, longest_wait_asked_s);
    for (double end = gm_seconds() + seconds; gm_seconds() < end;) {
        if (!may_go_on(r, 0, 0)) return false;
        nanosleep(&(struct timespec){.tv_nsec = (long)(1e9 * GM_MIN(0.1, GM_MAX(end - gm_seconds(), 0.001)))}, NULL);
    }
    return true;
}

gm_status gm_http_send(gm_http *http, const gm_http_request *request, gm_http_answer *out, gm_error *err) {
    int attempts = GM_MAX(request->attempts, 1);
    for (int tried = 1;; tried++) {
        gm_http_answer_finish(out);
        gm_error why = {0};
        bool again = false;
        gm_status status = attempt(http, request, out, &again, &why);
        out->attempts = tried;
        if (status == GM_OK) again = is_passing(out->status);
        if (!again || tried >= attempts) {
            if (status != GM_OK && err && err->code == GM_OK) *err = why;
            return status;
        }
        if (!pause_before(http, request, out, tried)) return gm_fail(err, GM_E_CANCELLED, "stopped on request");
    }
}
