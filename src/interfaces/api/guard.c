/* Who may ask at all: the right name of the server, the right origin, a known user with the right role. */
#include "server_internal.h"

#include <arpa/inet.h>
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
 * name as Host. Addresses cannot be rebound; of names only localhost and the one the server was given are ours. */
gm_status api_guard_host(api_exchange *x, gm_error *err) {
    const char *host = api_header(&x->request, "Host");
    char name[256] = "";
    if (host) host_name(host, name);
    if (is_address(name) || strcmp(name, "localhost") == 0 || strcasecmp(name, x->server->host) == 0) return GM_OK;
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

/* Without users everybody on this machine is admin, under the name that the page sends. */
static gm_status find_user(api_exchange *x, gm_error *err) {
    gm_user *user = &x->request.user;
    const char *name = api_header(&x->request, "X-Gimlet-User");
    user->role = GM_ROLE_ADMIN;
    if (!name) name = "local";
    if (!gm_user_name_is_valid(name))
        return gm_fail(err, GM_E_ARG, "X-Gimlet-User must be a name of 1 to 63 characters");
    snprintf(user->name, sizeof user->name, "%s", name);
    return GM_OK;
}

gm_status api_guard(api_exchange *x, gm_error *err) {
    GM_TRY(check_origin(x, err));
    GM_TRY(find_user(x, err));
    if (x->request.user.role >= x->request.route->role) return GM_OK;
    return api_refuse(x->answer, API_FORBIDDEN, err, NULL, "this needs the role %s, and %s is %s",
                      gm_role_name(x->request.route->role), x->request.user.name, gm_role_name(x->request.user.role));
}
