#include "ingestion_internal.h"

#include <math.h>
#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\0' || c == '\r';
}

slice slice_trim(slice s) {
    static const char literal_nul[] = "\\u0000"; /* some conversions write the NUL of the motor name like this */
    for (;;) {
        while (s.length && is_blank(s.at[s.length - 1])) s.length--;
        if (s.length < 6 || memcmp(s.at + s.length - 6, literal_nul, 6) != 0) break;
        s.length -= 6;
    }
    while (s.length && is_blank(s.at[0])) s.at++, s.length--;
    return s;
}

/* Length of the valid UTF-8 sequence at s, or 0. */
static size_t utf8_sequence(const unsigned char *s, size_t left) {
    size_t n = s[0] < 0x80                   ? 1
               : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
               : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                             : 0;
    if (n == 0 || n > left) return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    return n;
}

char *slice_utf8(gm_arena *arena, slice s) {
    s = slice_trim(s);
    char *out = gm_arena_alloc(arena, 2 * s.length + 1);
    if (!out) return NULL;
    size_t n = 0;
    for (size_t i = 0; i < s.length;) {
        const unsigned char *c = (const unsigned char *)s.at + i;
        size_t sequence = utf8_sequence(c, s.length - i);
        if (*c == 0) {
            i++; /* a NUL inside a cell: dropped */
        } else if (sequence) {
            memcpy(out + n, c, sequence);
            n += sequence;
            i += sequence;
        } else { /* Latin-1 */
            out[n++] = (char)(0xc0 | *c >> 6);
            out[n++] = (char)(0x80 | (*c & 0x3f));
            i++;
        }
    }
    return out; /* the arena is zeroed: terminated */
}

bool slice_number(slice s, double *out) {
    s = slice_trim(s);
    char text[64];
    if (s.length == 0 || s.length >= sizeof text) return false;
    for (size_t i = 0; i < s.length; i++) {
        char c = s.at[i];
        if (c == '\0') return false;
        text[i] = c == ',' ? '.' : c;
    }
    text[s.length] = '\0';
    return gm_parse_double(text, out) && !isnan(*out);
}

bool slice_is(slice s, const char *text) {
    return strlen(text) == s.length && memcmp(s.at, text, s.length) == 0;
}
