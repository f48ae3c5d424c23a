#include "log.h"

#include "clock.h"
#include "text.h"

#include <stdatomic.h>
#include <stdio.h>

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

void gm_log(gm_log_level level, const char *format, ...) {
    if ((int)level < atomic_load(&threshold)) return;
    char now[GM_TIME_TEXT], line[1024];
    gm_time_utc(now);
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fprintf(stderr, "%s %s %s\n", now, level_names[level], line);
}
