/* The Datas table: column names, then one row per 10 ms to the end of the file.
 *
 * This loop sees nearly every byte of a record, so numbers are read by hand: sign, digits, comma or point, digits.
 * What is not of that form goes to slice_number, which is exact and slow. */
#include "setitec_internal.h"

#include <string.h>

/* Nine cells under a header of another width: the columns of version 9 (conversions and version 11 print others). */
static const char *const nine_columns[] = {"Position (mm)",      "I Torque (A)",       "I Thrust (A)",
                                           "I Torque Empty (A)", "I Thrust Empty (A)", "Step (nb)",
                                           "Stop code",          "Torque Power (W)",   "Gap Length (mm)"};

typedef struct {
    float *floats; /* where the column goes; both NULL = skipped */
    int32_t *integers;
    float sign;
    /* The cell above with its separator, when both fit into eight bytes: most cells repeat it (steps, codes, no-load
     * currents, zeros), and one comparison then stands for reading the number again. */
    uint64_t above, above_mask; /* mask 0 = none */
    size_t above_length;
    double above_value;
} sink;

typedef struct {
    const char *names[SETITEC_MAX_CELLS];
    size_t n;
} header;

static gm_status read_names(setitec_reader *reader, header *out, gm_error *err) {
    slice line, cells[SETITEC_MAX_CELLS];
    do {
        if (!setitec_next_line(reader, &line))
            return gm_fail_at(err, GM_E_FORMAT, reader->line, 0,
                              "the cycle was stopped before it began, or the file is cut off",
                              "the data section is empty: no column names, no rows");
    } while (setitec_is_blank(reader, line));
    size_t n = setitec_cells(reader, line, cells);
    while (n > 1 && slice_trim(cells[n - 1]).length == 0) n--;
    out->n = 0;
    for (size_t i = 0; i < n; i++) {
        char *name = slice_utf8(reader->record->arena, cells[i]);
        if (!name) return gm_nomem(err);
        bool repeated = false;
        for (size_t k = 0; k < out->n; k++) repeated |= strcmp(out->names[k], name) == 0;
        if (!repeated) out->names[out->n++] = name; /* version 11 prints Gap Length twice over one column */
    }
    return GM_OK;
}

/* Header and rows must agree, or the rows have the nine cells whose meaning is known. */
static gm_status fit_names(setitec_reader *reader, header *names, size_t n_cells, gm_error *err) {
    if (names->n == n_cells) return GM_OK;
    if (n_cells != GM_COUNT(nine_columns))
        return gm_fail_at(err, GM_E_FORMAT, reader->line, 0, "export the record again from the machine",
                          "the rows have %zu cells, but there are %zu column names", n_cells, names->n);
    gm_findings_add(reader->findings, "file_format.header_width", GM_INFO, NULL,
                    "%zu column names over rows of 9 cells: read as the nine columns of version 9", names->n);
    for (size_t i = 0; i < n_cells; i++) names->names[i] = nine_columns[i];
    names->n = n_cells;
    return GM_OK;
}

static size_t count_rows(const setitec_reader *reader) {
    size_t n = 0;
    for (const char *p = reader->at; p < reader->end; n++) {
        const char *stop = memchr(p, '\n', (size_t)(reader->end - p));
        if (!stop) return n + 1;
        p = stop + 1;
    }
    return n;
}

static gm_status make_sinks(setitec_reader *reader, const header *names, size_t n_rows, sink *sinks, gm_error *err) {
    const signal_column *columns[SETITEC_MAX_CELLS];
    size_t n_known = 0;
    for (size_t i = 0; i < names->n; i++) {
        const signal_column *column = signal_column_named(names->names[i]);
        if (column)
            columns[n_known++] = column;
        else
            gm_findings_add(reader->findings, "file_format.unknown_column", GM_INFO, NULL,
                            "column \"%s\" is not known and not used", names->names[i]);
    }
    GM_TRY(record_alloc_signals(reader->record, n_rows, columns, n_known, err));
    for (size_t i = 0; i < names->n; i++) {
        const signal_column *column = signal_column_named(names->names[i]);
        sinks[i] = (sink){.sign = 1};
        if (!column || column->offset == SIZE_MAX) continue;
        void *array = *(void **)((char *)reader->record + column->offset);
        if (column->integer)
            sinks[i].integers = array;
        else
            sinks[i].floats = array;
        sinks[i].sign = column->negated ? -1 : 1;
    }
    return GM_OK;
}

/* The common form of a number. Returns what follows it (a separator or line end), or NULL for the slow way. */
static inline const char *fast_number(const char *p, const char *end, char separator, double *out) {
    static const double scale[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    bool negative = p < end && *p == '-';
    p += negative;
    const char *start = p;
    uint64_t mantissa = 0;
    while (p < end && (unsigned char)(*p - '0') < 10) mantissa = mantissa * 10 + (unsigned char)(*p++ - '0');
    size_t digits = (size_t)(p - start), decimals = 0;
    if (p < end && (*p == ',' || *p == '.')) {
        start = ++p;
        while (p < end && (unsigned char)(*p - '0') < 10) mantissa = mantissa * 10 + (unsigned char)(*p++ - '0');
        decimals = (size_t)(p - start);
        if (decimals == 0) return NULL;
    }
    if (digits == 0 || digits > 9 || decimals > 9 || (p < end && *p != separator && *p != '\n' && *p != '\r'))
        return NULL;
    double value = (double)mantissa / scale[decimals];
    *out = negative ? -value : value;
    return p;
}

static gm_status not_a_number(const setitec_reader *reader, const header *names, size_t cell, const char *at,
                              const char *stop, gm_error *err) {
    slice text = slice_trim((slice){at, (size_t)(stop - at)});
    if (text.length == 0)
        return gm_fail_at(err, GM_E_FORMAT, reader->line, (long)cell + 1, NULL,
                          "the cell of \"%s\" is empty, a number is expected", names->names[cell]);
    return gm_fail_at(err, GM_E_FORMAT, reader->line, (long)cell + 1, NULL, "\"%.*s\" in column \"%s\" is not a number",
                      (int)GM_MIN(text.length, (size_t)40), text.at, names->names[cell]);
}

static gm_status ragged(const setitec_reader *reader, size_t found, size_t expected, bool last, gm_error *err) {
    if (last)
        return gm_fail_at(err, GM_E_FORMAT, reader->line, 0, "the file is cut off: copy it from the machine again",
                          "the last row stops after %zu of %zu cells", found, expected);
    return gm_fail_at(err, GM_E_FORMAT, reader->line, 0,
                      "the file was edited or damaged: take the original from the machine",
                      "the row has %zu cells, all others have %zu", found, expected);
}

static inline uint64_t load8(const char *p) {
    uint64_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return bytes;
}

/* The number at p, by the fast or the slow way; what follows it goes to *stop. */
static gm_status read_cell(const setitec_reader *reader, const header *names, size_t cell, const char *p, double *value,
                           const char **stop, gm_error *err) {
    *stop = fast_number(p, reader->end, reader->separator, value);
    if (*stop) return GM_OK;
    const char *end = p;
    while (end < reader->end && *end != reader->separator && *end != '\n') end++;
    *stop = end;
    if (!slice_number((slice){p, (size_t)(end - p)}, value) || !isfinite(*value))
        return not_a_number(reader, names, cell, p, end, err);
    return GM_OK;
}

static inline void store_cell(const sink *to, size_t row, double value) {
    if (to->floats)
        to->floats[row] = (float)(to->sign * value);
    else if (to->integers)
        to->integers[row] = fabs(value) < 2147483647.0 ? (int32_t)lrint(value) : -1;
}

static void remember(sink *to, const char *p, size_t length, double value) {
    to->above_length = length;
    to->above_value = value;
    to->above_mask = length > 8 ? 0 : length == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * length) - 1;
    to->above = load8(p) & to->above_mask;
}

/* What follows the last cell of a row must be a line end, or the end of the file. */
static gm_status end_row(setitec_reader *reader, const char *stop, size_t n, gm_error *err) {
    while (stop < reader->end && *stop == '\r') stop++;
    if (stop < reader->end && *stop != '\n') {
        size_t found = n;
        for (; stop < reader->end && *stop != '\n'; stop++) found += *stop == reader->separator;
        return ragged(reader, found, n, false, err);
    }
    reader->at = stop < reader->end ? stop + 1 : reader->end;
    reader->line++;
    return GM_OK;
}

/* One row into the sinks; reader->at moves to the next line. */
static gm_status read_row(setitec_reader *reader, const header *names, sink *sinks, size_t row, gm_error *err) {
    const char *p = reader->at, *end = reader->end, *stop;
    size_t last = names->n - 1;
    double value;
    for (size_t c = 0; c < last; c++) {
        sink *to = &sinks[c];
        bool whole = end - p >= 8;
        if (whole && to->above_mask && (load8(p) & to->above_mask) == to->above) {
            store_cell(to, row, to->above_value);
            p += to->above_length;
            continue;
        }
        GM_TRY(read_cell(reader, names, c, p, &value, &stop, err));
        if (stop >= end || *stop != reader->separator) return ragged(reader, c + 1, names->n, stop >= end, err);
        store_cell(to, row, value);
        if (whole) remember(to, p, (size_t)(stop - p) + 1, value);
        p = stop + 1;
    }
    GM_TRY(read_cell(reader, names, last, p, &value, &stop, err));
    store_cell(&sinks[last], row, value);
    return end_row(reader, stop, names->n, err);
}

/* A last row without a line end may have lost digits: then its last cell is shorter than that of the first row. */
static gm_status check_last_row(setitec_reader *reader, slice first_row, gm_error *err) {
    const char *end = reader->end;
    if (end[-1] == '\n') return GM_OK;
    size_t first_decimals = 0, last_decimals = 0;
    for (const char *p = first_row.at + first_row.length; p > first_row.at && (unsigned char)(p[-1] - '0') < 10; p--)
        first_decimals++;
    for (const char *p = end; (unsigned char)(p[-1] - '0') < 10; p--) last_decimals++;
    if (last_decimals < first_decimals)
        return gm_fail_at(err, GM_E_FORMAT, reader->line - 1, 0, "the file is cut off: copy it from the machine again",
                          "the last row stops in the middle of a number");
    gm_findings_add(reader->findings, "file_format.no_line_end", GM_INFO,
                    "compare the file with the one on the machine",
                    "the last row has no line end: rows behind it may be missing");
    return GM_OK;
}

gm_status setitec_read_signals(setitec_reader *reader, gm_error *err) {
    header names;
    slice first, cells[SETITEC_MAX_CELLS];
    GM_TRY(read_names(reader, &names, err));
    long header_line = reader->line - 1;
    if (!setitec_peek_line(reader, &first) || setitec_is_blank(reader, first)) {
        GM_TRY(signal_columns_check(names.names, names.n, header_line, err));
        return gm_fail_at(err, GM_E_FORMAT, reader->line, 0,
                          "the cycle was stopped before it began, or the file is cut off",
                          "the data section has column names, but no rows");
    }
    size_t n_cells = setitec_cells(reader, first, cells);
    GM_TRY(fit_names(reader, &names, n_cells, err));
    GM_TRY(signal_columns_check(names.names, names.n, header_line, err));

    sink sinks[SETITEC_MAX_CELLS];
    size_t capacity = count_rows(reader), n = 0;
    GM_TRY(make_sinks(reader, &names, capacity, sinks, err));
    while (reader->at < reader->end) {
        slice line;
        if (*reader->at == reader->separator || *reader->at == '\n' || *reader->at == '\r' || *reader->at == ' ') {
            setitec_reader ahead = *reader; /* blank lines may end the file, nowhere else */
            while (setitec_peek_line(&ahead, &line) && setitec_is_blank(&ahead, line)) setitec_next_line(&ahead, &line);
            if (ahead.at >= ahead.end) break;
        }
        GM_TRY(read_row(reader, &names, sinks, n, err));
        n++;
    }
    reader->record->n = n;
    return check_last_row(reader, first, err);
}
