/* Setitec drilling records: text files named .xls, versions 4 to 11.
 *
 * Source: the reading rules of the format description (docs/record-format.md), which hold for 1,095 machine files.
 * Sections follow each other, "*** name ***" opens one; most hold pairs of a header row and a value row, Program and
 * Step Results are tables, Datas (the last) holds the signals. */
#include "setitec_internal.h"

#include <stdio.h>
#include <string.h>

static bool setitec_sniff(const char *bytes, size_t size) {
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) bytes += 3, size -= 3; /* a BOM that an editor added */
    return size >= 4 && memcmp(bytes, "*** ", 4) == 0;
}

/* The header row of a pair. Firmware 3.1.2 wraps one over a run of empty lines and repeats the last name:
 * "... BOX Maintenance Date", 47 empty lines, "BOX Maintenance Date, BOX Operation Time ...". */
static size_t read_header_row(setitec_reader *reader, slice line, slice names[SETITEC_MAX_CELLS]) {
    size_t n = setitec_cells(reader, line, names);
    while (n > 1 && slice_trim(names[n - 1]).length == 0) n--;
    slice next;
    if (!setitec_peek_line(reader, &next) || next.length > 0) return n;
    setitec_reader ahead = *reader;
    while (setitec_peek_line(&ahead, &next) && next.length == 0) setitec_next_line(&ahead, &next);
    if (!setitec_peek_line(&ahead, &next)) return n;
    slice more[SETITEC_MAX_CELLS], last = slice_trim(names[n - 1]);
    size_t n_more = setitec_cells(reader, next, more);
    slice first = slice_trim(more[0]);
    if (first.length != last.length || memcmp(first.at, last.at, last.length) != 0) return n;
    setitec_next_line(&ahead, &next);
    for (size_t i = 1; i < n_more && n < SETITEC_MAX_CELLS; i++) names[n++] = more[i];
    *reader = ahead;
    return n;
}

/* A header row is read; the very next line is the value row, even if it is blank. */
static gm_status read_pair(setitec_reader *reader, record_fields *fields, const char *section, slice line,
                           gm_error *err) {
    slice names[SETITEC_MAX_CELLS], values[SETITEC_MAX_CELLS], name;
    size_t n = read_header_row(reader, line, names), n_values = 0;
    slice value_line;
    if (setitec_peek_line(reader, &value_line) && !setitec_title(reader, value_line, &name)) {
        setitec_next_line(reader, &value_line);
        n_values = setitec_cells(reader, value_line, values);
    }
    for (size_t i = 0; i < n; i++) {
        if (slice_trim(names[i]).length == 0) continue;
        const char *key = slice_utf8(reader->record->arena, names[i]);
        const char *value = i < n_values ? slice_utf8(reader->record->arena, values[i]) : "";
        if (!key || !value) return gm_nomem(err);
        GM_TRY(record_fields_add(fields, section, key, value, err));
    }
    return GM_OK;
}

/* One conversion lost a separator: "Stroke Limit (A)Thrust Limit (A)" is two names. */
static size_t split_merged_names(slice names[SETITEC_MAX_CELLS], size_t n, size_t wanted) {
    for (size_t i = 0; i < n && n < wanted && n < SETITEC_MAX_CELLS; i++) {
        const char *close = memchr(names[i].at, ')', names[i].length);
        size_t head = close ? (size_t)(close - names[i].at) + 1 : names[i].length;
        if (head >= names[i].length) continue;
        memmove(&names[i + 2], &names[i + 1], (n - i - 1) * sizeof *names);
        names[i + 1] = (slice){names[i].at + head, names[i].length - head};
        names[i].length = head;
        n++;
    }
    return n;
}

typedef gm_status (*bind_fn)(gm_record *record, const record_table *table, gm_error *err);

static gm_status read_table_row(setitec_reader *reader, const char *section, slice line, size_t n_columns, double *out,
                                gm_error *err) {
    slice cells[SETITEC_MAX_CELLS];
    size_t n = setitec_cells(reader, line, cells);
    for (size_t i = 0; i < n_columns; i++) {
        out[i] = 0;
        if (i >= n || slice_trim(cells[i]).length == 0) continue;
        if (!slice_number(cells[i], &out[i]))
            return gm_fail_at(err, GM_E_FORMAT, reader->line - 1, (long)i + 1, NULL,
                              "section %s: \"%.*s\" is not a number", section, (int)GM_MIN(cells[i].length, (size_t)40),
                              cells[i].at);
    }
    return GM_OK;
}

/* Program and Step Results: a header row, then rows until a blank line or a title. */
static gm_status read_table(setitec_reader *reader, const char *section, slice header, bind_fn bind, gm_error *err) {
    slice names[SETITEC_MAX_CELLS], cells[SETITEC_MAX_CELLS], line, title;
    size_t n = setitec_cells(reader, header, names);
    while (n > 1 && slice_trim(names[n - 1]).length == 0) n--;
    if (setitec_peek_line(reader, &line)) n = split_merged_names(names, n, setitec_cells(reader, line, cells));

    const char *columns[SETITEC_MAX_CELLS];
    for (size_t i = 0; i < n; i++)
        if (!(columns[i] = slice_utf8(reader->record->arena, names[i]))) return gm_nomem(err);
    gm_auto_free double *rows = gm_alloc_array(SETITEC_MAX_ROWS * n, sizeof *rows);
    if (!rows) return gm_nomem(err);
    size_t n_rows = 0;
    while (setitec_peek_line(reader, &line) && !setitec_is_blank(reader, line) &&
           !setitec_title(reader, line, &title)) {
        setitec_next_line(reader, &line);
        if (n_rows == SETITEC_MAX_ROWS)
            return gm_fail_at(err, GM_E_FORMAT, reader->line - 1, 0, NULL, "section %s has more than %d rows", section,
                              SETITEC_MAX_ROWS);
        GM_TRY(read_table_row(reader, section, line, n, rows + n_rows * n, err));
        n_rows++;
    }
    return bind(reader->record, &(record_table){columns, n, n_rows, rows}, err);
}

static gm_status read_sections(setitec_reader *reader, record_fields *fields, gm_error *err) {
    const char *section = "";
    slice line, title;
    while (setitec_next_line(reader, &line)) {
        if (setitec_title(reader, line, &title)) {
            if (slice_is(title, "Datas")) return setitec_read_signals(reader, err);
            if (!(section = slice_utf8(reader->record->arena, title))) return gm_nomem(err);
        } else if (!setitec_is_blank(reader, line)) {
            if (strcmp(section, "Program") == 0)
                GM_TRY(read_table(reader, section, line, record_bind_program, err));
            else if (strcmp(section, "Step Results") == 0)
                GM_TRY(read_table(reader, section, line, record_bind_step_results, err));
            else
                GM_TRY(read_pair(reader, fields, section, line, err));
        }
    }
    return gm_fail_at(err, GM_E_FORMAT, reader->line - 1, 0, "the file is cut off: copy it from the machine again",
                      "the file ends in section \"%s\", before the data (\"*** Datas ***\")", section);
}

static gm_status setitec_read(const gm_source *source, gm_record **out, gm_findings *findings, gm_error *err) {
    gm_auto(gm_record) record = gm_record_new();
    if (!record) return gm_nomem(err);
    setitec_reader reader = {source->bytes, source->bytes + source->size, 1, '\t', record, findings};
    if (gm_starts_with(source->bytes, "\xef\xbb\xbf")) reader.at += 3;
    slice first;
    if (setitec_peek_line(&reader, &first) && !memchr(first.at, '\t', first.length) &&
        memchr(first.at, ';', first.length))
        reader.separator = ';';
    record_fields fields = {.record = record};
    GM_TRY(read_sections(&reader, &fields, err));
    record_fields_bind(&fields);
    *out = gm_steal(&record);
    return GM_OK;
}

const gm_format gm_format_setitec = {
    .name = "setitec",
    .doc = "Setitec drilling record (text named .xls, versions 4, 7, 8, 9, 11)",
    .sniff = setitec_sniff,
    .read = setitec_read,
};
