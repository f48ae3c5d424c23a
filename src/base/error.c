#include "error.h"

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gm_status gm_fail_(gm_error *err, gm_status code, const char *where, long line, long column, const char *hint,
                   const char *format, ...) {
    if (!err || err->code != GM_OK) return code;
    err->code = code;
    err->where = where;
    err->line = line;
    err->column = column;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    snprintf(err->hint, sizeof err->hint, "%s", hint ? hint : "");
    return code;
}

gm_status gm_error_prefix(gm_error *err, gm_status code, const char *format, ...) {
    if (!err || err->code == GM_OK) return code;
    char prefix[sizeof err->message];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    if (n < 0) return code;
    size_t length = GM_MIN((size_t)n, sizeof prefix - 1);
    size_t old = strlen(err->message);
    if (length + 2 >= sizeof err->message) return code;
    size_t keep = GM_MIN(old, sizeof err->message - 1 - length - 2);
    memmove(err->message + length + 2, err->message, keep);
    memcpy(err->message, prefix, length);
    memcpy(err->message + length, ": ", 2);
    err->message[length + 2 + keep] = '\0';
    return code;
}

const char *gm_error_text(const gm_error *err, char *out, size_t size) {
    if (size == 0) return "";
    int n = 0;
    if (err->line > 0 && err->column > 0)
        n = snprintf(out, size, "line %ld, column %ld: ", err->line, err->column);
    else if (err->line > 0)
        n = snprintf(out, size, "line %ld: ", err->line);
    size_t used = GM_MIN((size_t)GM_MAX(n, 0), size - 1);
    n = snprintf(out + used, size - used, "%s", err->message[0] ? err->message : gm_status_name(err->code));
    used = GM_MIN(used + (size_t)GM_MAX(n, 0), size - 1);
    if (err->hint[0]) snprintf(out + used, size - used, " (%s)", err->hint);
    return out;
}

const char *gm_status_name(gm_status status) {
    static const char *const names[GM_N_STATUS] = {
        [GM_OK] = "ok",
        [GM_E_ARG] = "wrong request",
        [GM_E_SHAPE] = "shapes do not fit",
        [GM_E_NOMEM] = "out of memory",
        [GM_E_IO] = "input or output failed",
        [GM_E_FORMAT] = "wrong format",
        [GM_E_NOTFOUND] = "not found",
        [GM_E_CONFLICT] = "in use or already there",
        [GM_E_NUMERIC] = "not a finite number",
        [GM_E_CANCELLED] = "stopped on request",
        [GM_E_UNAVAILABLE] = "not available here",
        [GM_E_INTERNAL] = "internal error",
    };
    return (unsigned)status < GM_N_STATUS ? names[status] : "unknown status";
}

void gm_assert_failed_(const char *claim, const char *where) {
    fprintf(stderr, "gimlet: broken invariant at %s: %s\n", where, claim);
    abort();
}
