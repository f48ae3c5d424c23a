/* Strings that grow, numbers without locale, nearest names.
 *
 * Errors     gm_text latches its first failure: a chain of appends is checked once, with gm_text_ok.
 * Ownership  a gm_text owns its buffer until gm_text_finish or gm_text_take.
 * Numbers    read and written the same in every locale: a point, never a comma. */
#ifndef GIMLET_BASE_TEXT_H
#define GIMLET_BASE_TEXT_H

#include "error.h"
#include "memory.h"

#include <stdarg.h>

typedef struct {
    char *data; /* terminated; never NULL when length > 0 */
    size_t length;
    size_t capacity;
    bool failed; /* an append ran out of memory; all later ones did nothing */
} gm_text;

#define GM_TEXT_INIT                                                                                                   \
    { 0 }
void gm_text_finish(gm_text *text); /* frees the buffer; text can be reused */
bool gm_text_ok(const gm_text *text);
void gm_text_append(gm_text *text, const char *s);
void gm_text_append_n(gm_text *text, const char *s, size_t length);
void gm_text_printf(gm_text *text, const char *format, ...) GM_PRINTF(2, 3); /* %f %g need gm_text_number instead */
void gm_text_number(gm_text *text, double value, int decimals);              /* fixed decimals, never "-0.00" */
void gm_text_html(gm_text *text, const char *s);                             /* & < > " ' escaped */
void gm_text_json_string(gm_text *text, const char *s); /* quoted and escaped; invalid UTF-8 becomes U+FFFD */
void gm_text_csv(gm_text *text, const char *s);         /* one cell, quoted where RFC 4180 asks for it */
char *gm_text_take(gm_text *text);                      /* the buffer, yours to gm_free; NULL when failed */
const char *gm_text_c(const gm_text *text);             /* borrowed; "" when empty */
#define gm_auto_text __attribute__((cleanup(gm_text_finish))) gm_text

/* Read a whole string as a number: optional blanks around it, decimal point. False when anything else is there. */
bool gm_parse_double(const char *s, double *out); /* also "inf", "nan" */
bool gm_parse_long(const char *s, long *out);
bool gm_parse_bool(const char *s, bool *out); /* true|false|yes|no|on|off|1|0, any case */

/* Shortest text that reads back as the same double ("0.1", "1e-05"); at most 32 bytes. Returns out. */
const char *gm_format_double(double value, char out[32]);

bool gm_starts_with(const char *s, const char *prefix);
bool gm_ends_with(const char *s, const char *suffix);
bool gm_equal_nocase(const char *a, const char *b);
/* Order in which people sort names: "V2" before "V10". */
int gm_compare_natural(const char *a, const char *b);

/* The name to suggest for one that is not known, or NULL: the same key under another heading ("epochs" for
 * "training_config.epochs"), the only one that begins with it, else the nearest by edit distance, case ignored. */
const char *gm_nearest_name(const char *name, const char *const *names, size_t count);

#endif
