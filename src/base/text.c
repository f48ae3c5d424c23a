#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- growing text ---- */

void gm_text_finish(gm_text *text) {
    gm_free(text->data);
    *text = (gm_text)GM_TEXT_INIT;
}

bool gm_text_ok(const gm_text *text) {
    return !text->failed;
}

static bool reserve(gm_text *text, size_t extra) {
    if (text->failed) return false;
    if (extra >= SIZE_MAX - text->length) return !(text->failed = true);
    size_t need = text->length + extra + 1;
    if (need <= text->capacity) return true;
    size_t capacity = GM_MAX(need, GM_MAX((size_t)64, text->capacity + text->capacity / 2));
    char *data = gm_realloc(text->data, capacity);
    if (!data) return !(text->failed = true);
    text->data = data;
    text->capacity = capacity;
    return true;
}

void gm_text_append_n(gm_text *text, const char *s, size_t length) {
    if (!reserve(text, length)) return;
    if (length) memcpy(text->data + text->length, s, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void gm_text_append(gm_text *text, const char *s) {
    gm_text_append_n(text, s, strlen(s));
}

void gm_text_printf(gm_text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        text->failed = true;
        return;
    }
    if (!reserve(text, (size_t)length)) return;
    va_start(args, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, args);
    va_end(args);
    text->length += (size_t)length;
}

/* The "C" locale for number formatting, made once; NULL only when out of memory at the very start. */
static locale_t c_locale(void) {
    static locale_t locale;
    locale_t seen = __atomic_load_n(&locale, __ATOMIC_ACQUIRE);
    if (seen) return seen;
    locale_t made = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t expected = (locale_t)0;
    if (made && !__atomic_compare_exchange_n(&locale, &expected, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        freelocale(made);
        return expected;
    }
    return made;
}

static int format_number(char *out, size_t size, const char *format, int precision, double value) {
    locale_t old = uselocale(c_locale());
    int n = snprintf(out, size, format, precision, value);
    uselocale(old);
    return n;
}

void gm_text_number(gm_text *text, double value, int decimals) {
    char buffer[400];
    int n = format_number(buffer, sizeof buffer, "%.*f", decimals, value);
    if (n < 0) {
        text->failed = true;
        return;
    }
    const char *s = buffer;
    if (s[0] == '-' && strspn(s + 1, "0.") == strlen(s + 1)) s++;
    gm_text_append(text, s);
}

void gm_text_html(gm_text *text, const char *s) {
    for (; *s; s++) {
        switch (*s) {
        case '&': gm_text_append(text, "&amp;"); break;
        case '<': gm_text_append(text, "&lt;"); break;
        case '>': gm_text_append(text, "&gt;"); break;
        case '"': gm_text_append(text, "&quot;"); break;
        case '\'': gm_text_append(text, "&#39;"); break;
        default: gm_text_append_n(text, s, 1);
        }
    }
}

/* Length of the valid UTF-8 sequence at s, or 0. */
static size_t utf8_length(const unsigned char *s) {
    if (s[0] < 0x80) return 1;
    size_t n = s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : (s[0] & 0xF0) == 0xE0 ? 3 : s[0] >= 0xF0 && s[0] < 0xF5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    if (n == 3 && ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] >= 0xA0))) return 0;
    if (n == 4 && ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] >= 0x90))) return 0;
    return n;
}

void gm_text_json_string(gm_text *text, const char *s) {
    gm_text_append(text, "\"");
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        size_t n = utf8_length(p);
        if (n == 0) {
            gm_text_append(text, "\\ufffd");
            p++;
            continue;
        }
        if (*p == '"' || *p == '\\')
            gm_text_printf(text, "\\%c", *p);
        else if (*p == '\n')
            gm_text_append(text, "\\n");
        else if (*p == '\t')
            gm_text_append(text, "\\t");
        else if (*p < 0x20)
            gm_text_printf(text, "\\u%04x", *p);
        else
            gm_text_append_n(text, (const char *)p, n);
        p += n;
    }
    gm_text_append(text, "\"");
}

void gm_text_csv(gm_text *text, const char *s) {
    if (!strpbrk(s, ",\"\r\n")) {
        gm_text_append(text, s);
        return;
    }
    gm_text_append(text, "\"");
    for (; *s; s++) gm_text_append_n(text, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    gm_text_append(text, "\"");
}

char *gm_text_take(gm_text *text) {
    if (!text->failed && !text->data) reserve(text, 0);
    if (text->failed) {
        gm_text_finish(text);
        return NULL;
    }
    if (text->length == 0) text->data[0] = '\0';
    char *data = text->data;
    *text = (gm_text)GM_TEXT_INIT;
    return data;
}

const char *gm_text_c(const gm_text *text) {
    return text->data ? text->data : "";
}

/* ---- numbers ---- */

static const char *skip_blanks(const char *s) {
    return s + strspn(s, " \t");
}

bool gm_parse_double(const char *s, double *out) {
    s = skip_blanks(s);
    if (!*s) return false;
    const char *digits = s + (*s == '-' || *s == '+');
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) return false;
    char *end;
    double value = strtod_l(s, &end, c_locale());
    if (end == s || *skip_blanks(end)) return false;
    *out = value;
    return true;
}

bool gm_parse_long(const char *s, long *out) {
    s = skip_blanks(s);
    char *end;
    errno = 0;
    long value = strtol(s, &end, 10);
    if (end == s || *skip_blanks(end) || errno == ERANGE) return false;
    *out = value;
    return true;
}

bool gm_parse_bool(const char *s, bool *out) {
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < GM_COUNT(yes); i++) {
        if (gm_equal_nocase(s, yes[i])) return *out = true, true;
        if (gm_equal_nocase(s, no[i])) return *out = false, true;
    }
    return false;
}

const char *gm_format_double(double value, char out[32]) {
    if (isnan(value)) return memcpy(out, "nan", 4);
    for (int precision = 1; precision <= 17; precision++) {
        format_number(out, 32, "%.*g", precision, value);
        if (isinf(value) || strtod_l(out, NULL, c_locale()) == value) break;
    }
    return out;
}

/* ---- names ---- */

bool gm_starts_with(const char *s, const char *prefix) {
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool gm_ends_with(const char *s, const char *suffix) {
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

bool gm_equal_nocase(const char *a, const char *b) {
    while (*a && lower(*a) == lower(*b)) a++, b++;
    return lower(*a) == lower(*b);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

int gm_compare_natural(const char *a, const char *b) {
    const char *start_a = a, *start_b = b;
    while (*a && *b) {
        if (!is_digit(*a) || !is_digit(*b)) {
            if (*a != *b) return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
            a++, b++;
            continue;
        }
        a += strspn(a, "0"), b += strspn(b, "0");
        size_t n = strspn(a, "0123456789"), m = strspn(b, "0123456789");
        if (n != m) return n < m ? -1 : 1;
        int order = memcmp(a, b, n);
        if (order) return order;
        a += n, b += m;
    }
    if (*a != *b) return *a ? 1 : -1;
    return strcmp(start_a, start_b); /* "V01" and "V1": same number, still an order */
}

enum { LONGEST_NAME = 120 };

/* Optimal string alignment distance: insert, delete, replace, swap neighbours, each 1; case ignored. */
static size_t edit_distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST_NAME || m > LONGEST_NAME) return SIZE_MAX;
    size_t row[3][LONGEST_NAME + 1];
    for (size_t j = 0; j <= m; j++) row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            now[j] = GM_MIN(GM_MIN(last[j] + 1, now[j - 1] + 1), last[j - 1] + !same);
            bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) now[j] = GM_MIN(now[j], before[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

static const char *last_part(const char *dotted) {
    const char *dot = strrchr(dotted, '.');
    return dot ? dot + 1 : dotted;
}

/* The only name that begins with all of this one, as --input begins --input-dir. */
static const char *only_longer(const char *name, const char *const *names, size_t count) {
    const char *found = NULL;
    size_t n = strlen(name);
    for (size_t i = 0; n >= 3 && i < count; i++) {
        if (strncmp(name, names[i], n) != 0) continue;
        if (found) return NULL;
        found = names[i];
    }
    return found;
}

const char *gm_nearest_name(const char *name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(last_part(name), last_part(names[i])) == 0) return names[i];
    const char *best = only_longer(name, names, count);
    if (best) return best;
    size_t best_distance = GM_MAX(strlen(name) / 3, (size_t)2) + 1;
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(name, names[i]);
        if (distance < best_distance) best = names[i], best_distance = distance;
    }
    return best;
}
