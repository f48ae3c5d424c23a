/* labels.csv, read: our own, or what an expert's spreadsheet saved in whatever country. */
#include "labeling.h"

#include <stdio.h>
#include <string.h>

enum { MAX_COLUMNS = 256, MAX_ROWS = 1000000, MAX_CELL = 4096 };
static const double deepest_mm = 1000;

typedef enum {
    COLUMN_FILE,
    COLUMN_ENTRY, /* three points in order */
    COLUMN_TRANSITION,
    COLUMN_EXIT,
    COLUMN_ENTRY_CONFIDENCE, /* three */
    COLUMN_TRANSITION_CONFIDENCE,
    COLUMN_EXIT_CONFIDENCE,
    COLUMN_CONFIDENCE,
    COLUMN_SOURCE,
    COLUMN_CLARITY,
    COLUMN_SIGNAL,
    COLUMN_PATTERN,
    COLUMN_ENTRY_EVIDENCE, /* three */
    COLUMN_TRANSITION_EVIDENCE,
    COLUMN_EXIT_EVIDENCE,
    COLUMN_AUTHOR,
    COLUMN_MADE_AT,
    COLUMN_REJECTED,
    COLUMN_REASON,
    N_KNOWN,
    COLUMN_UNKNOWN = N_KNOWN
} column;

/* The first name is ours; the others are what people write. */
static const char *const names[N_KNOWN][5] = {
    [COLUMN_FILE] = {"file", "filename", "file_name", "record", "name"},
    [COLUMN_ENTRY] = {"entry_mm", "entry_depth_mm", "entry", "entry_depth"},
    [COLUMN_TRANSITION] = {"transition_mm", "transition_depth_mm", "transition", "transition_depth"},
    [COLUMN_EXIT] = {"exit_mm", "exit_depth_mm", "exit", "exit_depth"},
    [COLUMN_ENTRY_CONFIDENCE] = {"entry_confidence"},
    [COLUMN_TRANSITION_CONFIDENCE] = {"transition_confidence"},
    [COLUMN_EXIT_CONFIDENCE] = {"exit_confidence"},
    [COLUMN_CONFIDENCE] = {"confidence"},
    [COLUMN_SOURCE] = {"source"},
    [COLUMN_CLARITY] = {"clarity"},
    [COLUMN_SIGNAL] = {"signal"},
    [COLUMN_PATTERN] = {"pattern"},
    [COLUMN_ENTRY_EVIDENCE] = {"entry_evidence"},
    [COLUMN_TRANSITION_EVIDENCE] = {"transition_evidence"},
    [COLUMN_EXIT_EVIDENCE] = {"exit_evidence"},
    [COLUMN_AUTHOR] = {"author", "annotator", "expert"},
    [COLUMN_MADE_AT] = {"made_at", "timestamp", "time", "date"},
    [COLUMN_REJECTED] = {"rejected"},
    [COLUMN_REASON] = {"reason"},
};

typedef struct {
    const char *at, *end;
    char separator;
    long line; /* of the row being read, from 1 */
    long next_line;
    char cells[MAX_COLUMNS][64]; /* numbers, names of columns, short texts */
    gm_text file, evidence[GM_N_POINTS], author, reason;
    size_t count;
    column columns[MAX_COLUMNS];
    size_t n_columns;
} reader;

static char find_separator(const char *bytes, const char *end) {
    size_t tabs = 0, semicolons = 0;
    for (const char *p = bytes; p < end && *p != '\n'; p++) {
        tabs += *p == '\t';
        semicolons += *p == ';';
    }
    return tabs ? '\t' : semicolons ? ';' : ',';
}

/* Where a cell's text goes besides its short form: long ones have a buffer of their own. */
static gm_text *long_text(reader *in, size_t index) {
    if (index >= in->n_columns) return NULL;
    switch (in->columns[index]) {
    case COLUMN_FILE: return &in->file;
    case COLUMN_AUTHOR: return &in->author;
    case COLUMN_REASON: return &in->reason;
    case COLUMN_ENTRY_EVIDENCE: return &in->evidence[GM_ENTRY];
    case COLUMN_TRANSITION_EVIDENCE: return &in->evidence[GM_TRANSITION];
    case COLUMN_EXIT_EVIDENCE: return &in->evidence[GM_EXIT];
    default: return NULL;
    }
}

typedef struct {
    char *cell; /* 64 bytes */
    size_t length, total;
    gm_text *text; /* may be NULL */
} sink;

static void put(sink *to, char c) {
    if (to->length < 63) to->cell[to->length++] = c;
    if (to->text && to->total < MAX_CELL) gm_text_append_n(to->text, &c, 1);
    to->total++;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static void trim(char *cell) {
    size_t from = 0, to = strlen(cell);
    while (is_blank(cell[from])) from++;
    while (to > from && is_blank(cell[to - 1])) to--;
    memmove(cell, cell + from, to - from);
    cell[to - from] = '\0';
}

/* Reads one cell; after it stands a separator, a line end or the end of the bytes. */
static gm_status read_cell(reader *in, size_t index, gm_error *err) {
    sink to = {.cell = in->cells[index], .text = long_text(in, index)};
    while (in->at < in->end && *in->at == ' ') in->at++;
    const bool quoted = in->at < in->end && *in->at == '"';
    if (quoted) in->at++;
    for (;; in->at++) {
        if (in->at == in->end) {
            if (quoted) {
                return gm_fail_at(err, GM_E_FORMAT, in->line, (long)index + 1, "Close the quotation mark.",
                                  "a quoted cell does not end");
            }
            break;
        }
        const char c = *in->at;
        if (c == '\0') {
            return gm_fail_at(err, GM_E_FORMAT, in->next_line, (long)index + 1, "Save the table as CSV text.",
                              "a zero byte: this is no text file");
        }
        if (quoted && c == '"') {
            if (in->at + 1 < in->end && in->at[1] == '"')
                in->at++;
            else
                break;
        } else if (!quoted && (c == in->separator || c == '\n')) {
            break;
        }
        in->next_line += c == '\n';
        if (!quoted && c == '\r') continue;
        put(&to, c);
    }
    to.cell[to.length] = '\0';
    trim(to.cell);
    if (quoted) in->at++; /* the closing mark */
    while (quoted && in->at < in->end && is_blank(*in->at) && *in->at != in->separator) in->at++;
    if (in->at < in->end && *in->at != in->separator && *in->at != '\n')
        return gm_fail_at(err, GM_E_FORMAT, in->line, (long)index + 1, "Double quotation marks inside a quoted cell.",
                          "text follows a quoted cell");
    return GM_OK;
}

/* Reads one line into cells; count 0 at the end of the bytes. Blank lines are skipped. */
static gm_status read_row(reader *in, gm_error *err) {
    for (int p = 0; p < GM_N_POINTS; p++) in->evidence[p].length = 0;
    in->file.length = in->author.length = in->reason.length = 0;
    in->count = 0;
    while (in->at < in->end && (*in->at == '\n' || *in->at == '\r')) in->next_line += *in->at++ == '\n';
    in->line = in->next_line;
    while (in->at < in->end) {
        if (in->count == MAX_COLUMNS)
            return gm_fail_at(err, GM_E_FORMAT, in->line, MAX_COLUMNS, NULL, "more than %d columns", MAX_COLUMNS);
        GM_TRY(read_cell(in, in->count++, err));
        if (in->at == in->end) break;
        if (*in->at++ == '\n') {
            in->next_line++;
            break;
        }
    }
    bool lost = in->file.failed || in->author.failed || in->reason.failed;
    for (int p = 0; p < GM_N_POINTS; p++) lost |= in->evidence[p].failed;
    return lost ? gm_nomem(err) : GM_OK;
}

static column column_of(const char *name) {
    for (column c = 0; c < N_KNOWN; c++)
        for (size_t k = 0; k < GM_COUNT(names[c]) && names[c][k]; k++)
            if (gm_equal_nocase(name, names[c][k])) return c;
    return COLUMN_UNKNOWN;
}

static bool has_column(const reader *in, column wanted) {
    for (size_t i = 0; i < in->n_columns; i++)
        if (in->columns[i] == wanted) return true;
    return false;
}

/* "the nearest column is 'entri_mm'" for the first name of a missing column. */
static gm_status missing_column(const reader *in, const char *what, column wanted, gm_error *err) {
    const char *found[MAX_COLUMNS];
    for (size_t i = 0; i < in->count; i++) found[i] = in->cells[i];
    const char *near = gm_nearest_name(names[wanted][0], found, in->count);
    char hint[200];
    snprintf(hint, sizeof hint, "The first line names the columns, e.g. file,entry_mm,transition_mm,exit_mm.%s%.60s%s",
             near ? " Nearest: '" : "", near ? near : "", near ? "'." : "");
    return gm_fail_at(err, GM_E_FORMAT, in->line, 0, hint, "no column %s", what);
}

static gm_status read_header(reader *in, gm_error *err) {
    GM_TRY(read_row(in, err));
    if (in->count == 0) return gm_fail_at(err, GM_E_FORMAT, 1, 0, NULL, "the file is empty");
    for (size_t i = 0; i < in->count; i++) {
        in->columns[i] = column_of(in->cells[i]);
        for (size_t k = 0; k < i; k++)
            if (in->columns[i] != COLUMN_UNKNOWN && in->columns[k] == in->columns[i])
                return gm_fail_at(err, GM_E_FORMAT, in->line, (long)i + 1, "Keep one of them.",
                                  "column '%s' says the same as column %zu, '%s'", in->cells[i], k + 1, in->cells[k]);
    }
    in->n_columns = in->count;
    if (!has_column(in, COLUMN_FILE)) return missing_column(in, "'file' (or 'filename')", COLUMN_FILE, err);
    if (!has_column(in, COLUMN_ENTRY) && !has_column(in, COLUMN_TRANSITION) && !has_column(in, COLUMN_EXIT))
        return missing_column(in, "'entry_mm', 'transition_mm' or 'exit_mm'", COLUMN_ENTRY, err);
    return GM_OK;
}

static bool says_absent(const char *cell) {
    static const char *const words[] = {"", "-", "absent", "none", "nan", "n/a", "na", "null"};
    for (size_t i = 0; i < GM_COUNT(words); i++)
        if (gm_equal_nocase(cell, words[i])) return true;
    return false;
}

/* A number with point or comma; NAN when the cell says absent. */
static gm_status read_number(const reader *in, size_t index, const char *what, double low, double high, double *out,
                             gm_error *err) {
    char cell[64];
    snprintf(cell, sizeof cell, "%s", in->cells[index]);
    *out = NAN;
    if (says_absent(cell)) return GM_OK;
    char *comma = strchr(cell, ',');
    if (comma && !strchr(cell, '.')) *comma = '.';
    double value;
    if (!gm_parse_double(cell, &value) || !isfinite(value))
        return gm_fail_at(err, GM_E_FORMAT, in->line, (long)index + 1,
                          "Leave the cell empty where the point is absent.", "'%s' is no %s", in->cells[index], what);
    if (value < low || value > high)
        return gm_fail_at(err, GM_E_FORMAT, in->line, (long)index + 1,
                          value < 0 ? "Depth is -Position: it grows while drilling." : NULL,
                          "%s %s is not within %ld and %ld", what, in->cells[index], lround(low), lround(high));
    *out = value;
    return GM_OK;
}

static gm_status read_source(const reader *in, size_t index, gm_label_source *out, gm_error *err) {
    if (in->cells[index][0] == '\0') return GM_OK;
    for (int s = 0; s < GM_N_SOURCES; s++) {
        if (!gm_equal_nocase(in->cells[index], gm_label_source_name((gm_label_source)s))) continue;
        *out = (gm_label_source)s;
        return GM_OK;
    }
    return gm_fail_at(err, GM_E_FORMAT, in->line, (long)index + 1, "Leave it empty for an expert's labels.",
                      "source '%s' is none of rule, model, expert, truth", in->cells[index]);
}

static gm_status read_value(const reader *in, size_t index, gm_label *label, gm_error *err) {
    const column c = in->columns[index];
    double value;
    switch (c) {
    case COLUMN_ENTRY:
    case COLUMN_TRANSITION:
    case COLUMN_EXIT:
        return read_number(in, index, "depth in mm", -10, deepest_mm, &label->points[c - COLUMN_ENTRY].mm, err);
    case COLUMN_ENTRY_CONFIDENCE:
    case COLUMN_TRANSITION_CONFIDENCE:
    case COLUMN_EXIT_CONFIDENCE:
    case COLUMN_CONFIDENCE:
        GM_TRY(read_number(in, index, "confidence", 0, 1, &value, err));
        if (!isfinite(value)) return GM_OK;
        if (c == COLUMN_CONFIDENCE)
            label->confidence = value;
        else
            label->points[c - COLUMN_ENTRY_CONFIDENCE].confidence = value;
        return GM_OK;
    case COLUMN_CLARITY: return read_number(in, index, "factor", 0, 1, &label->factor_clarity, err);
    case COLUMN_SIGNAL: return read_number(in, index, "factor", 0, 1, &label->factor_signal, err);
    case COLUMN_PATTERN: return read_number(in, index, "factor", 0, 1, &label->factor_pattern, err);
    case COLUMN_SOURCE: return read_source(in, index, &label->source, err);
    case COLUMN_MADE_AT: snprintf(label->made_at, sizeof label->made_at, "%.24s", in->cells[index]); return GM_OK;
    case COLUMN_REJECTED:
        if (in->cells[index][0] == '\0' || gm_parse_bool(in->cells[index], &label->rejected)) return GM_OK;
        return gm_fail_at(err, GM_E_FORMAT, in->line, (long)index + 1, NULL, "'%s' is neither true nor false",
                          in->cells[index]);
    default: return GM_OK;
    }
}

static void copy_text(char *to, size_t size, const gm_text *from) {
    snprintf(to, size, "%s", from->length ? gm_text_c(from) : "");
    trim(to);
}

static gm_status check_order(const reader *in, const gm_label *label, gm_error *err) {
    double before = -INFINITY;
    const char *before_name = "";
    for (int p = 0; p < GM_N_POINTS; p++) {
        const double depth = label->points[p].mm;
        if (!isfinite(depth)) continue;
        if (depth <= before) {
            char a[32], b[32];
            return gm_fail_at(err, GM_E_FORMAT, in->line, 0, "Entry, transition and exit lie in this order.",
                              "%s at %s mm lies before %s at %s mm", gm_point_name((gm_point)p),
                              gm_format_double(depth, a), before_name, gm_format_double(before, b));
        }
        before = depth;
        before_name = gm_point_name((gm_point)p);
    }
    return GM_OK;
}

static gm_status read_label(reader *in, gm_label_source source, gm_label *label, gm_error *err) {
    *label = GM_LABEL_EMPTY;
    label->source = source;
    label->confidence = 1;
    for (int p = 0; p < GM_N_POINTS; p++) label->points[p].confidence = 1;
    for (size_t i = 0; i < GM_MIN(in->count, in->n_columns); i++) GM_TRY(read_value(in, i, label, err));
    for (int p = 0; p < GM_N_POINTS; p++)
        copy_text(label->points[p].evidence, sizeof label->points[p].evidence, &in->evidence[p]);
    copy_text(label->author, sizeof label->author, &in->author);
    copy_text(label->reason, sizeof label->reason, &in->reason);
    return check_order(in, label, err);
}

static gm_status read_rows(reader *in, gm_label_source source, gm_label_table *table, gm_error *err) {
    GM_TRY(read_header(in, err));
    for (;;) {
        GM_TRY(read_row(in, err));
        if (in->count == 0) return GM_OK;
        char file[MAX_CELL + 1];
        copy_text(file, sizeof file, &in->file);
        bool blank = file[0] == '\0';
        for (size_t i = 0; i < in->count && blank; i++) blank = in->cells[i][0] == '\0';
        if (blank) continue; /* spreadsheets leave rows of separators */
        if (file[0] == '\0') return gm_fail_at(err, GM_E_FORMAT, in->line, 0, NULL, "a row without a file name");
        if (table->count >= MAX_ROWS)
            return gm_fail_at(err, GM_E_FORMAT, in->line, 0, NULL, "more than %d rows", MAX_ROWS);
        gm_label label;
        GM_TRY(read_label(in, source, &label, err));
        GM_TRY(gm_label_table_add(table, file, &label, err));
    }
}

static bool is_spreadsheet(const char *bytes, size_t size) {
    return size >= 4 && (memcmp(bytes, "PK\003\004", 4) == 0 || memcmp(bytes, "\320\317\021\340", 4) == 0);
}

gm_status gm_labels_read(const char *bytes, size_t size, gm_label_source default_source, gm_label_table *out,
                         gm_error *err) {
    if (is_spreadsheet(bytes, size))
        return gm_fail_at(err, GM_E_FORMAT, 1, 0, "In the spreadsheet choose 'Save as', type CSV.",
                          "this is a spreadsheet, not a table of text");
    if (size >= 3 && memcmp(bytes, "\357\273\277", 3) == 0) { /* byte-order mark */
        bytes += 3;
        size -= 3;
    }
    gm_auto_free reader *in = gm_calloc(1, sizeof *in);
    if (!in) return gm_nomem(err);
    in->at = bytes;
    in->end = bytes + size;
    in->next_line = 1;
    in->separator = find_separator(bytes, in->end);
    gm_label_table table = {0};
    gm_status status = read_rows(in, default_source, &table, err);
    gm_text_finish(&in->file);
    gm_text_finish(&in->author);
    gm_text_finish(&in->reason);
    for (int p = 0; p < GM_N_POINTS; p++) gm_text_finish(&in->evidence[p]);
    if (status != GM_OK) {
        gm_label_table_finish(&table);
        return status;
    }
    *out = table;
    return GM_OK;
}
