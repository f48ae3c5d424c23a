/* Who may ask at all: the right name of the server, the right origin, a known user with the right role. */
#include "server_internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* "[::1]:8080" and "localhost:8080" without their port, in lower case. */
static void host_name(const char *host, char out[256]) {
    size_t length = host[0] == '[' ? strcspn(host, "]") + (strchr(host, ']') != NULL) : strcspn(host, ":");
    snprintf(out, 256, "%.*s", (int)GM_MIN(length, (size_t)255), host);
    for (char *p = out; *p; p++)
        if (*p >= 'A' && *p <= 'Z') *p = (char)(*p | 0x20);
}

static bool is_address(const char *name) {
    unsigned char bytes[16];
    char bare[256];
    snprintf(bare, sizeof bare, "%s", name);
    size_t length = strlen(bare);
    if (bare[0] == '[' && length > 2) {
        bare[length - 1] = '\0';
        return inet_pton(AF_INET6, bare + 1, bytes) == 1;
    }
    return inet_pton(AF_INET, bare, bytes) == 1;
}

/* A page of somebody else can make a name of its own point at this machine (DNS rebinding): then the browser sends that
 * name as Host. Addresses cannot be rebound; of names only localhost, the machine's
 * own and the one the server was given are ours. */
gm_status api_guard_host(api_exchange *x, gm_error *err) {
    const char *host = api_header(&x->request, "Host");
    char name[256] = "";
    if (host) host_name(host, name);
    if (is_address(name) || strcmp(name, "localhost") == 0 || strcasecmp(name, x->server->host) == 0 ||
        strcasecmp(name, x->server->machine) == 0)
        return GM_OK;
    return api_refuse(x->answer, API_MISDIRECTED, err, "open it by the address that gimlet serve printed",
                      "this server does not answer for the host \"%.100s\"", host ? host : "");
}

/* The origin that a browser names must be the one that this request went to. */
static bool is_own_origin(const api_exchange *x, const char *origin) {
    const char *host = api_header(&x->request, "Host"), *scheme = x->server->scheme;
    size_t length = strlen(scheme);
    return host && strncasecmp(origin, scheme, length) == 0 && strncmp(origin + length, "://", 3) == 0 &&
           strcasecmp(origin + length + 3, host) == 0;
}

static gm_status check_origin(api_exchange *x, gm_error *err) {
    if (strcmp(x->request.route->method, "GET") == 0) return GM_OK;
    const char *origin = api_header(&x->request, "Origin"), *site = api_header(&x->request, "Sec-Fetch-Site");
    if (origin && !is_own_origin(x, origin))
        return api_refuse(x->answer, API_FORBIDDEN, err, NULL, "another page may not write here");
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return api_refuse(x->answer, API_FORBIDDEN, err, NULL, "another page may not write here");
    const char *mark = api_header(&x->request, "X-Gimlet");
    if (!mark || strcmp(mark, "1") != 0)
        return api_refuse(x->answer, API_FORBIDDEN, err, "send the header X-Gimlet: 1",
                          "a request that writes must say that it is meant");
    return GM_OK;
}

static const struct sockaddr *address_of(const api_exchange *x) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

static bool is_this_machine(const struct sockaddr *address) {
    if (!address) return false;
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
    return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static gm_status too_many(api_exchange *x, const char *what, int wait_s, gm_error *err) {
    api_send_header(x->answer, "Retry-After", "%d", wait_s);
    return api_refuse(x->answer, API_TOO_MANY_REQUESTS, err, "wait a little, then try again", "%s", what);
}

static gm_status check_rate(api_exchange *x, gm_error *err) {
    const struct sockaddr *address = address_of(x);
    bool reads = strcmp(x->request.route->method, "GET") == 0;
    if (reads && is_this_machine(address)) return GM_OK;
    if (api_rate_take(reads ? x->server->reads : x->server->writes, address)) return GM_OK;
    return too_many(x, "too many requests came from this address", 1, err);
}

/* --- users --- */

/* Without users everybody on this machine is admin, under the name that the page sends. */
static gm_status take_local_user(api_exchange *x, gm_error *err) {
    gm_user *user = &x->request.user;
    if (!x->server->loopback)
        return api_refuse(x->answer, API_FORBIDDEN, err, "gimlet users add makes one",
                          "this server can be reached from other machines, and it has no users any more");
    const char *name = api_header(&x->request, "X-Gimlet-User");
    if (!name) name = "local";
    if (!gm_user_name_is_valid(name))
        return gm_fail(err, GM_E_ARG, "X-Gimlet-User must be a name of 1 to 63 characters");
    snprintf(user->name, sizeof user->name, "%s", name);
    user->role = GM_ROLE_ADMIN;
    return GM_OK;
}

const char *api_session_cookie(const api_request *request) {
    const api_exchange *x = (const api_exchange *)request;
    return MHD_lookup_connection_value(x->connection, MHD_COOKIE_KIND, "gimlet_session");
}

gm_status api_check_token(api_exchange *x, const char *name, const char *token, gm_user *out, gm_error *err) {
    const struct sockaddr *address = address_of(x);
    if (!api_rate_has(x->server->wrong_tokens, address))
        return too_many(x, "too many wrong tokens came from this address", 60, err);
    gm_status status = api_gate_token(x->server->gate, name, token, out, err);
    if (status == GM_E_NOTFOUND) api_rate_take(x->server->wrong_tokens, address);
    return status;
}

/* By token or by cookie; nobody is GM_E_NOTFOUND. */
static gm_status look_up_user(api_exchange *x, gm_error *err) {
    const char *authorization = api_header(&x->request, "Authorization"), *cookie = api_session_cookie(&x->request);
    if (authorization && strncasecmp(authorization, "Bearer ", 7) == 0)
        return api_check_token(x, NULL, authorization + 7 + strspn(authorization + 7, " "), &x->request.user, err);
    if (cookie) return api_gate_session(x->server->gate, cookie, &x->request.user, err);
    return gm_fail(err, GM_E_NOTFOUND, "this server has users: sign in, or send a token");
}

static gm_status find_user(api_exchange *x, gm_error *err) {
    GM_TRY(api_gate_has_users(x->server->gate, &x->request.users_configured, err));
    if (!x->request.users_configured) return take_local_user(x, err);
    gm_error who = {0};
    gm_status status = look_up_user(x, &who);
    if (status == GM_OK) return GM_OK;
    if (status == GM_E_NOTFOUND && x->request.route->role == GM_ROLE_NONE) return GM_OK;
    if (status != GM_E_NOTFOUND) {
        if (err) *err = who;
        return status;
    }
    api_send_header(x->answer, "WWW-Authenticate", "Bearer realm=\"gimlet\"");
    return api_refuse(x->answer, API_UNAUTHORIZED, err, who.hint[0] ? who.hint : NULL, "%s", who.message);
}

gm_status api_guard(api_exchange *x, gm_error *err) {
    GM_TRY(check_rate(x, err));
    GM_TRY(check_origin(x, err));
    GM_TRY(find_user(x, err));
    if (x->request.user.role >= x->request.route->role) return GM_OK;
    return api_refuse(x->answer, API_FORBIDDEN, err, NULL, "this needs the role %s, and %s is %s",
                      gm_role_name(x->request.route->role), x->request.user.name, gm_role_name(x->request.user.role));
}
