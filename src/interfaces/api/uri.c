/* The target of a request line: a path of plain names and a query. What could mean two things is refused here, so that
 * no handler ever sees "..", an encoded slash, a control character or broken UTF-8. */
#include "server_internal.h"

#include <string.h>

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes length bytes into out (as long, and a NUL); false when a percent sign is not followed by two digits. */
static bool decode(const char *s, size_t length, bool plus_is_blank, char *out) {
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (s[i] == '%') {
            int high = i + 2 < length ? hex_value(s[i + 1]) : -1, low = high >= 0 ? hex_value(s[i + 2]) : -1;
            if (low < 0) return false;
            out[n++] = (char)(high << 4 | low);
            i += 2;
        } else
            out[n++] = plus_is_blank && s[i] == '+' ? ' ' : s[i];
    }
    out[n] = '\0';
    return strlen(out) == n;
}

/* Whole UTF-8 without control characters. */
static bool is_plain_text(const char *s) {
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        if (*p < 0x20 || *p == 0x7f) return false;
        uint32_t code = *p;
        int more = 0;
        if (*p >= 0x80) {
            more = *p >= 0xc2 && *p < 0xe0 ? 1 : *p >= 0xe0 && *p < 0xf0 ? 2 : *p >= 0xf0 && *p < 0xf5 ? 3 : -1;
            if (more < 0) return false;
            code = *p & (0x3fu >> more);
        }
        p++;
        for (int i = 0; i < more; i++, p++) {
            if ((*p & 0xc0) != 0x80) return false;
            code = code << 6 | (*p & 0x3fu);
        }
        static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
        if (code < smallest[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    }
    return true;
}

static gm_status add_part(api_exchange *x, const char *s, size_t length, gm_error *err) {
    if (x->n_parts == API_MAX_PATH_PARTS) return gm_fail(err, GM_E_ARG, "the path has too many parts");
    char *part = gm_arena_alloc(x->request.arena, length + 1);
    if (!part) return gm_nomem(err);
    if (!decode(s, length, false, part) || !is_plain_text(part))
        return gm_fail(err, GM_E_ARG, "the path is not UTF-8 text, encoded with %% and two digits where needed");
    if (!part[0] || strcmp(part, ".") == 0 || strcmp(part, "..") == 0 || strpbrk(part, "/\\"))
        return gm_fail(err, GM_E_ARG, "the path has a part that is empty, \".\", \"..\" or has a slash in it");
    x->parts[x->n_parts++] = part;
    return GM_OK;
}

static gm_status add_parameter(api_exchange *x, const char *s, size_t length, gm_error *err) {
    if (length == 0) return GM_OK;
    if (x->n_query == API_MAX_QUERY_PARAMETERS) return gm_fail(err, GM_E_ARG, "there are too many parameters");
    const char *equals = memchr(s, '=', length);
    size_t n_name = equals ? (size_t)(equals - s) : length, n_value = equals ? length - n_name - 1 : 0;
    char *name = gm_arena_alloc(x->request.arena, n_name + 1), *value = gm_arena_alloc(x->request.arena, n_value + 1);
    if (!name || !value) return gm_nomem(err);
    if (!decode(s, n_name, true, name) || (equals && !decode(equals + 1, n_value, true, value)) ||
        !is_plain_text(name) || !is_plain_text(value))
        return gm_fail(err, GM_E_ARG, "a parameter is not UTF-8 text, encoded with %% and two digits where needed");
    for (size_t i = 0; i < x->n_query; i++)
        if (strcmp(x->query[i].name, name) == 0)
            return gm_fail(err, GM_E_ARG, "the parameter \"%.60s\" stands there twice", name);
    x->query[x->n_query++] = (api_pair){name, value};
    return GM_OK;
}

gm_status api_read_uri(api_exchange *x, gm_error *err) {
    const char *uri = x->uri;
    if (uri[0] != '/') return gm_fail(err, GM_E_ARG, "the request names no path that begins with /");
    if (strchr(uri, '#')) return gm_fail(err, GM_E_ARG, "the request has a # in it");
    size_t n_path = strcspn(uri, "?");
    x->path = gm_arena_printf(x->request.arena, "%.*s", (int)n_path, uri);
    if (!x->path) return gm_nomem(err);
    for (const char *at = uri + 1, *end = uri + n_path; at < end;) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        size_t length = slash ? (size_t)(slash - at) : (size_t)(end - at);
        GM_TRY(add_part(x, at, length, err));
        at += length + 1;
    }
    for (const char *at = uri + n_path; *at;) {
        at++;
        size_t length = strcspn(at, "&");
        GM_TRY(add_parameter(x, at, length, err));
        at += length;
    }
    return GM_OK;
}
