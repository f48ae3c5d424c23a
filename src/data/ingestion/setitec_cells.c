#include "setitec_internal.h"

#include <string.h>

bool setitec_peek_line(const setitec_reader *reader, slice *line) {
    if (reader->at >= reader->end) return false;
    const char *stop = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    if (!stop) stop = reader->end;
    size_t length = (size_t)(stop - reader->at);
    if (length && reader->at[length - 1] == '\r') length--;
    *line = (slice){reader->at, length};
    return true;
}

bool setitec_next_line(setitec_reader *reader, slice *line) {
    if (!setitec_peek_line(reader, line)) return false;
    const char *stop = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    reader->at = stop ? stop + 1 : reader->end;
    reader->line++;
    return true;
}

size_t setitec_cells(const setitec_reader *reader, slice line, slice cells[SETITEC_MAX_CELLS]) {
    size_t n = 0;
    const char *at = line.at, *end = line.at + line.length;
    for (;;) {
        const char *stop = memchr(at, reader->separator, (size_t)(end - at));
        if (!stop) stop = end;
        if (n < SETITEC_MAX_CELLS) cells[n++] = (slice){at, (size_t)(stop - at)};
        if (stop == end) return n;
        at = stop + 1;
    }
}

bool setitec_is_blank(const setitec_reader *reader, slice line) {
    for (size_t i = 0; i < line.length; i++)
        if (line.at[i] != reader->separator && line.at[i] != ' ' && line.at[i] != '\t') return false;
    return true;
}

bool setitec_title(const setitec_reader *reader, slice line, slice *name) {
    if (line.length < 8 || memcmp(line.at, "***", 3) != 0) return false;
    const char *stop = memchr(line.at, reader->separator, line.length);
    slice first = slice_trim((slice){line.at, stop ? (size_t)(stop - line.at) : line.length});
    if (first.length < 8 || memcmp(first.at + first.length - 3, "***", 3) != 0) return false;
    *name = slice_trim((slice){first.at + 3, first.length - 6});
    return true;
}
