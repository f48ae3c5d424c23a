#include "out_of_fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_NUMBERS = 1 + 4 * GM_N_POINTS, N_NEEDED = 1 + 3 * GM_N_POINTS, MAX_BYTES = 256 << 20 };

/* ---- writing ---- */

void gm_out_of_fold_header(gm_text *out) {
    static const char *const columns[] = {"mm", "label_mm", "half_mm", "confidence"};
    gm_text_append(out, "file,fold");
    for (size_t c = 0; c < GM_COUNT(columns); c++)
        for (int p = 0; p < GM_N_POINTS; p++) gm_text_printf(out, ",%s_%s", gm_point_name(p), columns[c]);
    gm_text_append(out, "\n");
}

static void number_cell(gm_text *out, double value) {
    gm_text_append(out, ",");
    if (isfinite(value)) gm_text_number(out, value, 4);
}

void gm_out_of_fold_append(const gm_evaluation_item *item, gm_text *out) {
    const gm_prediction *found = &item->prediction;
    gm_text_csv(out, item->file);
    gm_text_printf(out, ",%d", item->fold);
    for (int p = 0; p < GM_N_POINTS; p++) number_cell(out, found->label.points[p].mm);
    for (int p = 0; p < GM_N_POINTS; p++) number_cell(out, item->reference.points[p].mm);
    for (int p = 0; p < GM_N_POINTS; p++) number_cell(out, (found->high_mm[p] - found->low_mm[p]) / 2);
    for (int p = 0; p < GM_N_POINTS; p++) number_cell(out, found->label.points[p].confidence);
    gm_text_append(out, "\n");
}

/* ---- reading ---- */

/* Takes the next cell off *rest, unquoted in place. NULL behind the last. */
static char *next_cell(char **rest) {
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

/* A row; false for one that is damaged. */
static bool read_row(char *line, gm_out_of_fold_row *out) {
    double values[N_NUMBERS];
    char *rest = line;
    out->file = next_cell(&rest);
    for (int i = 0; i < N_NUMBERS; i++) {
        const char *cell = next_cell(&rest);
        if (!cell && i < N_NEEDED) return false;
        if (!cell || !gm_parse_double(cell, &values[i])) values[i] = NAN;
    }
    if (!(values[0] >= 0 && values[0] < 1e6)) return false;
    out->fold = (int)values[0];
    size_t size = GM_N_POINTS * sizeof *values;
    memcpy(out->mm, values + 1, size);
    memcpy(out->label_mm, values + 1 + GM_N_POINTS, size);
    memcpy(out->half_mm, values + 1 + 2 * GM_N_POINTS, size);
    memcpy(out->confidence, values + 1 + 3 * GM_N_POINTS, size);
    return true;
}

static int by_file(const void *a, const void *b) {
    return strcmp(((const gm_out_of_fold_row *)a)->file, ((const gm_out_of_fold_row *)b)->file);
}

gm_status gm_out_of_fold_read(const char *path, gm_out_of_fold *out, gm_error *err) {
    gm_auto_out_of_fold table = {0};
    size_t size, lines = 1;
    *out = (gm_out_of_fold){0};
    GM_TRY(gm_read_file(path, MAX_BYTES, &table.bytes, &size, err));
    for (size_t i = 0; i < size; i++) lines += table.bytes[i] == '\n';
    if (!(table.rows = gm_alloc_array(lines, sizeof *table.rows))) return gm_nomem(err);
    char *rest = table.bytes;
    strsep(&rest, "\n"); /* the header */
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (!*line) continue;
        bool good = read_row(line, &table.rows[table.count]);
        table.count += good;
        table.n_damaged += !good;
    }
    if (table.count) qsort(table.rows, table.count, sizeof *table.rows, by_file);
    *out = table;
    table = (gm_out_of_fold){0};
    return GM_OK;
}

const gm_out_of_fold_row *gm_out_of_fold_find(const gm_out_of_fold *table, const char *file) {
    const gm_out_of_fold_row wanted = {.file = file};
    return table->count ? bsearch(&wanted, table->rows, table->count, sizeof *table->rows, by_file) : NULL;
}

double gm_out_of_fold_error_mm(const gm_out_of_fold_row *row, int index) {
    if (index < GM_N_POINTS) return row->mm[index] - row->label_mm[index];
    return gm_out_of_fold_error_mm(row, GM_EXIT) - gm_out_of_fold_error_mm(row, GM_ENTRY);
}

void gm_out_of_fold_finish(gm_out_of_fold *table) {
    gm_free(table->rows);
    gm_free(table->bytes);
    *table = (gm_out_of_fold){0};
}
