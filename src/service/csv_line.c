#include "csv_line.h"

#include <stddef.h>
#include <string.h>

char *service_next_cell(char **rest) {
    char *at = *rest;
    if (!at) return NULL;
    if (*at != '"') {
        char *end = at + strcspn(at, ",");
        *rest = *end ? end + 1 : NULL;
        *end = '\0';
        return at;
    }
    char *out = at, *from = at + 1;
    while (*from && !(*from == '"' && from[1] != '"')) {
        from += *from == '"';
        *out++ = *from++;
    }
    if (*from) from++;
    *rest = *from == ',' ? from + 1 : NULL;
    *out = '\0';
    return at;
}
