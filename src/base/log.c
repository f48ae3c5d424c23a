#include "log.h"

#include "clock.h"
#include "text.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char *const level_names[] = {"debug", "info", "warning", "error"};
static atomic_int threshold = GM_LOG_WARNING;

void gm_log_set_level(gm_log_level level) {
    atomic_store(&threshold, (int)level);
}

gm_status gm_log_parse_level(const char *name, gm_log_level *out, gm_error *err) {
    for (size_t i = 0; i < GM_COUNT(level_names); i++) {
        if (gm_equal_nocase(name, level_names[i])) {
            *out = (gm_log_level)i;
            return GM_OK;
        }
    }
    return gm_fail_at(err, GM_E_ARG, 0, 0, "use one of: debug, info, warning, error", "unknown log level '%s'", name);
}

size_t gm_log_line(char out[GM_LOG_LINE], gm_log_level level, const char *format, va_list args) {
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    int head = snprintf(out, GM_LOG_LINE, "%s %-5s ", now, level_names[level]);
    if (vsnprintf(out + head, GM_LOG_LINE - 1 - (size_t)head, format, args) < 0) out[head] = '\0';
    size_t n = strlen(out);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out[i] < ' ') out[i] = ' ';
    out[n] = '\n';
    out[n + 1] = '\0';
    return n + 1;
}

void gm_log(gm_log_level level, const char *format, ...) {
    if ((int)level < atomic_load(&threshold)) return;
    char line[GM_LOG_LINE];
    va_list args;
    va_start(args, format);
    gm_log_line(line, level, format, args);
    va_end(args);
    fputs(line, stderr);
}
