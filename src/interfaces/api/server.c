#include "server_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* MHD's own remarks (a client went away, a request made no sense) are no errors of the server. */
static void log_of_mhd(void *cls, const char *format, va_list arguments) {
    (void)cls;
    char text[300];
    vsnprintf(text, sizeof text, format, arguments);
    for (char *p = text; *p; p++)
        if (*p < ' ' || *p > '~') *p = ' ';
    gm_log(GM_LOG_DEBUG, "http %s", text);
}

/* A socket that listens on the host's first address; the port is told when it was 0. */
static gm_status listen_on(const char *host, int *port, bool *loopback, int *out, gm_error *err) {
    char service[16];
    snprintf(service, sizeof service, "%d", *port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    int code = getaddrinfo(host, service, &hints, &found);
    if (code != 0) return gm_fail(err, GM_E_ARG, "host \"%s\": %s", host, gai_strerror(code));
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bool ok = fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 511) == 0;
    code = errno;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)found->ai_addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)found->ai_addr;
    *loopback =
        found->ai_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) : (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    freeaddrinfo(found);
    if (!ok) {
        if (fd >= 0) close(fd);
        if (code == EADDRINUSE)
            return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "choose another one with --port, or 0 for any free one",
                              "port %d of %s is in use", *port, host);
        return gm_fail(err, GM_E_IO, "cannot listen on %s port %d: %s", host, *port, strerror(code));
    }
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &length) == 0)
        *port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                  : ((struct sockaddr_in *)&bound)->sin_port);
    *out = fd;
    return GM_OK;
}

static gm_status open_groups(api_server *server, gm_error *err) {
    size_t n;
    const api_group *const *groups = api_groups(&n);
    GM_ASSERT(n <= API_MAX_GROUPS);
    for (; server->n_groups < n; server->n_groups++)
        if (groups[server->n_groups]->open)
            GM_TRY(groups[server->n_groups]->open(&server->options, server->project, &server->states[server->n_groups],
                                                  err));
    return GM_OK;
}

static gm_status start_daemon(api_server *server, int fd, gm_error *err) {
    int threads = server->options.threads > 0 ? server->options.threads : gm_processor_count();
    const int idle_s = (int)GM_MIN((double)API_IDLE_TIMEOUT_S, ceil(server->options.request_timeout_s));
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, API_MAX_CONNECTIONS, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, API_MAX_CONNECTIONS_PER_ADDRESS, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, idle_s, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, API_CONNECTION_BYTES, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)api_exchange_begin, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)api_exchange_end, server},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)api_connection_changed, server->connections},
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_of_mhd, NULL},
        {MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
        {server->tls_cert ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, server->tls_cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, server->tls_key},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (server->tls_cert ? MHD_USE_TLS : 0);
    server->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, api_exchange_go_on, server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (server->daemon) return GM_OK;
    close(fd);
    return gm_fail(err, GM_E_IO, "the HTTP server does not start: %s", strerror(errno));
}

static gm_status copy_options(api_server *server, const api_options *options, gm_error *err) {
    server->data_dir = gm_strdup(options->data_dir);
    server->models_dir =
        options->models_dir ? gm_strdup(options->models_dir) : gm_path_join(options->data_dir, "models");
    server->host = gm_strdup(options->host);
    if (!server->data_dir || !server->models_dir || !server->host) return gm_nomem(err);
    server->options = *options;
    server->options.data_dir = server->data_dir;
    server->options.models_dir = server->models_dir;
    server->options.host = server->host;
    if (!(server->options.request_timeout_s > 0)) server->options.request_timeout_s = API_REQUEST_TIMEOUT_S;
    server->scheme = "http";
    if (gethostname(server->machine, sizeof server->machine - 1) != 0) server->machine[0] = '\0';
    return GM_OK;
}

static gm_status read_tls(api_server *server, gm_error *err) {
    const api_options *o = &server->options;
    if (!o->tls_cert && !o->tls_key) return GM_OK;
    if (!o->tls_cert || !o->tls_key)
        return gm_fail(err, GM_E_ARG, "TLS takes both a certificate (--tls-cert) and its key (--tls-key)");
    size_t size;
    GM_TRY(gm_read_file(o->tls_cert, 1 << 20, &server->tls_cert, &size, err));
    GM_TRY(gm_read_file(o->tls_key, 1 << 20, &server->tls_key, &size, err));
    server->scheme = "https";
    return GM_OK;
}

/* Other machines: only to known users, and nobody in between may read their tokens. */
static gm_status check_reach(api_server *server, gm_error *err) {
    bool has_users;
    if (server->loopback) return GM_OK;
    if (!server->tls_cert && !server->options.insecure_remote)
        return gm_fail_at(err, GM_E_ARG, 0, 0,
                          "give --tls-cert and --tls-key, or --insecure-remote where the network itself is safe",
                          "\"%s\" can be reached from other machines: that wants TLS", server->host);
    GM_TRY(api_gate_has_users(server->gate, &has_users, err));
    if (has_users) return GM_OK;
    return gm_fail_at(err, GM_E_ARG, 0, 0, "gimlet users add --data-dir DATA --role admin NAME makes the first one",
                      "\"%s\" can be reached from other machines: that wants users", server->host);
}

static gm_status open_parts(api_server *server, gm_error *err) {
    GM_TRY(api_routes_load(err));
    GM_TRY(read_tls(server, err));
    GM_TRY(gm_project_open(server->data_dir, &server->project, err));
    GM_TRY(api_gate_new(server->project, &server->gate, err));
    GM_TRY(api_rate_new(API_WRITES_PER_S, API_WRITES_AT_ONCE, &server->writes, err));
    GM_TRY(api_rate_new(API_REMOTE_READS_PER_S, API_REMOTE_READS_AT_ONCE, &server->reads, err));
    GM_TRY(api_rate_new(API_WRONG_TOKENS_PER_MINUTE / 60.0, API_WRONG_TOKENS_AT_ONCE, &server->wrong_tokens, err));
    GM_TRY(api_connections_new(server->options.request_timeout_s, &server->connections, err));
    GM_TRY(api_streams_new(&server->streams, err));
    return api_work_new(API_WORK_THREADS, api_exchange_handle, &server->work, err);
}

gm_status api_server_start(const api_options *options, api_server **out, gm_error *err) {
    gm_auto(api_server) server = gm_calloc(1, sizeof *server);
    if (!server) return gm_nomem(err);
    GM_TRY(copy_options(server, options, err));
    GM_TRY(open_parts(server, err));
    int fd = -1, port = options->port;
    GM_TRY(listen_on(server->host, &port, &server->loopback, &fd, err));
    gm_status status = check_reach(server, err);
    if (status == GM_OK) status = open_groups(server, err);
    if (status != GM_OK) {
        close(fd);
        return status;
    }
    bool v6 = strchr(server->host, ':') != NULL;
    snprintf(server->url, sizeof server->url, "%s://%s%s%s:%d", server->scheme, v6 ? "[" : "", server->host,
             v6 ? "]" : "", port);
    GM_TRY(start_daemon(server, fd, err));
    *out = gm_steal(&server);
    return GM_OK;
}

/* Answers that are under way get this long. */
static void wait_for_answers(const api_server *server) {
    double until_s = gm_seconds() + API_GRACE_S;
    while (__atomic_load_n(&server->n_open, __ATOMIC_ACQUIRE) > 0 && gm_seconds() < until_s)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

void api_server_free(api_server *server) {
    if (!server) return;
    int fd = server->daemon ? MHD_quiesce_daemon(server->daemon) : -1; /* nobody new */
    if (fd >= 0) close(fd);
    api_streams_end(server->streams);
    api_work_close(server->work);
    if (server->daemon) {
        wait_for_answers(server);
        MHD_stop_daemon(server->daemon);
    }
    api_connections_free(server->connections);
    api_streams_free(server->streams);
    api_work_free(server->work);
    size_t n;
    const api_group *const *groups = api_groups(&n);
    while (server->n_groups > 0)
        if (groups[--server->n_groups]->close) groups[server->n_groups]->close(server->states[server->n_groups]);
    api_gate_free(server->gate);
    api_rate_free(server->reads);
    api_rate_free(server->writes);
    api_rate_free(server->wrong_tokens);
    gm_project_free(server->project);
    if (server->tls_key) OPENSSL_cleanse(server->tls_key, strlen(server->tls_key));
    gm_free(server->tls_key);
    gm_free(server->tls_cert);
    gm_free(server->data_dir);
    gm_free(server->models_dir);
    gm_free(server->host);
    gm_free(server);
}

const char *api_server_url(const api_server *server) {
    return server->url;
}
