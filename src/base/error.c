#include "error.h"

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_SIZE = 64 };

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

/* "line 3, column 7" into out, or nothing where there is none or the message has it. */
static void write_place(const gm_error *err, char out[PLACE_SIZE]) {
    *out = '\0';
    if (err->placed || err->line <= 0) return;
    int n = snprintf(out, PLACE_SIZE, "line %ld", err->line);
    if (err->column > 0) snprintf(out + n, PLACE_SIZE - (size_t)n, ", column %ld", err->column);
}

gm_status gm_error_prefix(gm_error *err, gm_status code, const char *format, ...) {
    if (!err || err->code == GM_OK) return code;
    char name[sizeof err->message], place[PLACE_SIZE], prefix[sizeof name + PLACE_SIZE + 4];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(name, sizeof name, format, args);
    va_end(args);
    if (n < 0) return code;
    write_place(err, place);
    size_t length = (size_t)snprintf(prefix, sizeof prefix, "%s%s%s: ", name, *place ? ", " : "", place);
    if (length >= sizeof err->message) return code;
    size_t keep = GM_MIN(strlen(err->message), sizeof err->message - 1 - length);
    memmove(err->message + length, err->message, keep);
    memcpy(err->message, prefix, length);
    err->message[length + keep] = '\0';
    err->placed = err->placed || *place;
    return code;
}

const char *gm_error_text(const gm_error *err, char *out, size_t size) {
    if (size == 0) return "";
    char place[PLACE_SIZE];
    write_place(err, place);
    const char *message = err->message[0] ? err->message : gm_status_name(err->code);
    bool hint = err->hint[0];
    snprintf(out, size, "%s%s%s%s%s%s", place, *place ? ": " : "", message, hint ? " (" : "", err->hint,
             hint ? ")" : "");
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
