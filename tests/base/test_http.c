/* Requests against a server that does what a script says: answers, breaks off, stays silent. */
#include "test.h"

#include "base/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* One answer for each connection. */
typedef struct {
    int socket, port;
    const char *const *script; /* "" = close without a word; "~" = stay silent; NULL = the end */
    char requests[8][4096];    /* what came */
    int n;
    pthread_t thread;
} server;

static void read_request(int connection, char *out, size_t size) {
    size_t length = 0;
    for (;;) {
        ssize_t n = read(connection, out + length, size - 1 - length);
        if (n <= 0) break;
        length += (size_t)n;
        out[length] = '\0';
        const char *end = strstr(out, "\r\n\r\n"), *stated = strcasestr(out, "content-length:");
        size_t body = stated ? strtoul(stated + 15, NULL, 10) : 0;
        if (end && length >= (size_t)(end + 4 - out) + body) break;
    }
}

static void *serve(void *ctx) {
    server *s = ctx;
    for (; s->script[s->n]; s->n++) {
        int connection = accept(s->socket, NULL, NULL);
        if (connection < 0) break;
        const char *answer = s->script[s->n];
        if (*answer) read_request(connection, s->requests[s->n], sizeof s->requests[0]);
        if (*answer == '~') {
            char byte;
            while (read(connection, &byte, 1) > 0) continue;
        } else if (*answer && write(connection, answer, strlen(answer)) < 0)
            break;
        close(connection);
    }
    return NULL;
}

static void start(server *s, const char *const *script) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *s = (server){.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .script = script};
    assert_int_equal(bind(s->socket, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(s->socket, 8), 0);
    assert_int_equal(getsockname(s->socket, (struct sockaddr *)&address, &size), 0);
    s->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop(server *s) {
    shutdown(s->socket, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->socket);
}

static char address[100];
static const char *url_of(const server *s, const char *path) {
    snprintf(address, sizeof address, "http://127.0.0.1:%d%s", s->port, path);
    return address;
}

static gm_http *new_http(void) {
    gm_error err = {0};
    gm_http *http;
    assert_ok(gm_http_new(&http, &err), err);
    return http;
}

static void a_request_and_its_answer(void **state) {
    (void)state;
    static const char *const script[] = {
        "HTTP/1.1 201 Created\r\nETag:  \"abc\" \r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone", NULL};
    server s;
    start(&s, script);
    gm_auto(gm_http) http = new_http();
    gm_auto_http_answer answer = {0};
    gm_error err = {0};
    static const char *const headers[] = {"Content-Type: application/json"};
    gm_http_request request = {.method = "POST",
                               .url = url_of(&s, "/a?b=c"),
                               .headers = headers,
                               .n_headers = 1,
                               .body = "{\"a\": 1}",
                               .body_size = 8,
                               .user = "anna",
                               .password = "secret"};
    assert_ok(gm_http_send(http, &request, &answer, &err), err);
    stop(&s);
    assert_int_equal(answer.status, 201);
    assert_string_equal(gm_text_c(&answer.body), "done");
    char tag[10];
    assert_true(gm_http_header(&answer, "etag", tag, sizeof tag));
    assert_string_equal(tag, "\"abc\"");
    assert_false(gm_http_header(&answer, "eta", tag, sizeof tag));
    assert_int_equal(strncmp(s.requests[0], "POST /a?b=c HTTP/1.1\r\n", 22), 0);
    assert_non_null(strstr(s.requests[0], "Content-Type: application/json\r\n"));
    assert_non_null(strstr(s.requests[0], "Authorization: Basic YW5uYTpzZWNyZXQ=\r\n"));
    assert_non_null(strstr(s.requests[0], "\r\n\r\n{\"a\": 1}"));
}

static void what_passes_is_tried_again(void **state) {
    (void)state;
    static const char *const script[] = {
        "HTTP/1.1 503 Slow Down\r\nContent-Length: 3\r\nRetry-After: 0\r\nConnection: close\r\n\r\nlow", "",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwhole", NULL};
    server s;
    start(&s, script);
    gm_auto(gm_http) http = new_http();
    gm_auto_http_answer answer = {0};
    gm_error err = {0};
    gm_http_request request = {.method = "PUT", .url = url_of(&s, "/"), .body = "x", .body_size = 1, .attempts = 4};
    assert_ok(gm_http_send(http, &request, &answer, &err), err);
    stop(&s);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.attempts, 4);
    assert_string_equal(gm_text_c(&answer.body), "whole");
    assert_non_null(strstr(s.requests[3], "\r\n\r\nx")); /* the body is sent each time */
}

static void what_may_not_be_repeated_is_not(void **state) {
    (void)state;
    static const char *const script[] = {"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", NULL};
    server s;
    start(&s, script);
    gm_auto(gm_http) http = new_http();
    gm_auto_http_answer answer = {0};
    gm_error err = {0};
    gm_http_request request = {.method = "POST", .url = url_of(&s, "/")};
    assert_ok(gm_http_send(http, &request, &answer, &err), err);
    stop(&s);
    assert_int_equal(answer.status, 500);
    assert_int_equal(answer.attempts, 1);
}

typedef struct {
    gm_text text;
    int begun;
} collected;

static gm_status begin(void *ctx, gm_error *err) {
    (void)err;
    collected *c = ctx;
    c->begun++;
    gm_text_finish(&c->text);
    return GM_OK;
}

static gm_status take(void *ctx, const void *data, size_t size, gm_error *err) {
    (void)err;
    gm_text_append_n(&((collected *)ctx)->text, data, size);
    return GM_OK;
}

static void a_sink_gets_good_answers_only_and_whole(void **state) {
    (void)state;
    static const char *const script[] = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                                         "HTTP/1.1 500 Oh\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbad!",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwhole",
                                         NULL};
    server s;
    start(&s, script);
    gm_auto(gm_http) http = new_http();
    gm_auto_http_answer answer = {0};
    gm_error err = {0};
    collected c = {0};
    gm_http_sink sink = {begin, take, &c};
    gm_http_request request = {.method = "GET", .url = url_of(&s, "/"), .sink = &sink, .attempts = 3};
    assert_ok(gm_http_send(http, &request, &answer, &err), err);
    stop(&s);
    assert_int_equal(c.begun, 3);
    assert_string_equal(gm_text_c(&c.text), "whole");
    assert_string_equal(gm_text_c(&answer.body), "");
    gm_text_finish(&c.text);
}

static gm_status fails_with(const char *url, double total_s, size_t limit, gm_error *err) {
    gm_auto(gm_http) http = new_http();
    gm_auto_http_answer answer = {0};
    gm_http_request request = {.method = "GET", .url = url, .total_s = total_s, .answer_limit = limit};
    *err = (gm_error){0};
    return gm_http_send(http, &request, &answer, err);
}

static void failures_are_told_in_words_and_without_secrets(void **state) {
    (void)state;
    static const char *const script[] = {"~",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"
                                         "0123456789"
                                         "0123456789",
                                         NULL};
    server s;
    start(&s, script);
    gm_error err;
    char url[200];
    assert_int_equal(fails_with(url_of(&s, "/"), 0.3, 0, &err), GM_E_UNAVAILABLE);
    assert_non_null(strstr(err.message, "no answer in time"));
    assert_int_equal(fails_with(url_of(&s, "/"), 5, 10, &err), GM_E_FORMAT);
    assert_non_null(strstr(err.message, "more than 10 bytes"));
    stop(&s);
    snprintf(url, sizeof url, "http://anna:secret@127.0.0.1:%d/x?token=hidden", s.port); /* nobody listens any more */
    assert_int_equal(fails_with(url, 5, 0, &err), GM_E_UNAVAILABLE);
    assert_non_null(strstr(err.message, "nobody answers"));
    assert_null(strstr(err.message, "secret"));
    assert_null(strstr(err.message, "hidden"));
    assert_int_equal(fails_with("http://no-such-machine.invalid/", 5, 0, &err), GM_E_UNAVAILABLE);
    assert_int_equal(fails_with("ftp://127.0.0.1/", 5, 0, &err), GM_E_ARG);
    assert_int_equal(fails_with("not an address", 5, 0, &err), GM_E_ARG);
}

static bool never(void *ctx, const gm_progress *progress) {
    (void)progress;
    return ++*(int *)ctx < 3;
}

static void it_stops_when_asked(void **state) {
    (void)state;
    static const char *const script[] = {"~", NULL};
    server s;
    start(&s, script);
    gm_auto(gm_http) http = new_http();
    gm_auto_http_answer answer = {0};
    int asked = 0;
    gm_observer observer = {never, &asked};
    gm_error err = {0};
    gm_http_request request = {.method = "GET", .url = url_of(&s, "/"), .observer = &observer, .attempts = 5};
    assert_int_equal(gm_http_send(http, &request, &answer, &err), GM_E_CANCELLED);
    stop(&s);
}

static void names_are_percent_encoded(void **state) {
    (void)state;
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_percent(&text, "a b/c+\xc3\xa9~", "/");
    assert_string_equal(gm_text_c(&text), "a%20b/c%2B%C3%A9~");
    char place[100];
    gm_http_public_url("https://a:b@host:80/p/q?x=y#z", place, sizeof place);
    assert_string_equal(place, "https://host:80/p/q");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_and_its_answer),
        cmocka_unit_test(what_passes_is_tried_again),
        cmocka_unit_test(what_may_not_be_repeated_is_not),
        cmocka_unit_test(a_sink_gets_good_answers_only_and_whole),
        cmocka_unit_test(failures_are_told_in_words_and_without_secrets),
        cmocka_unit_test(it_stops_when_asked),
        cmocka_unit_test(names_are_percent_encoded),
    };
    setenv("no_proxy", "*", 1); /* the server of these tests is this very process */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
