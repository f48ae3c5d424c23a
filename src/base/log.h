/* Log lines: "2026-11-23T08:15:30.123Z info  text" to stderr. Library code returns errors and does not log above debug;
 * programs do. */
#ifndef GIMLET_BASE_LOG_H
#define GIMLET_BASE_LOG_H

#include "error.h"

typedef enum { GM_LOG_DEBUG, GM_LOG_INFO, GM_LOG_WARNING, GM_LOG_ERROR } gm_log_level;
void gm_log_set_level(gm_log_level level);
gm_status gm_log_parse_level(const char *name, gm_log_level *out, gm_error *err) GM_MUST_CHECK;
void gm_log(gm_log_level level, const char *format, ...) GM_PRINTF(2, 3);

/* The same line for another place, its newline and a NUL behind it: what is too long is cut, and control characters
 * become blanks, so that it is one line. Returns its length. */
enum { GM_LOG_LINE = 1100 };
size_t gm_log_line(char out[GM_LOG_LINE], gm_log_level level, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
