#include "run_holes.h"

#include "service/csv_line.h"

#include <stdlib.h>
#include <string.h>

enum { N_CELLS = 8, MAX_BYTES = 256 << 20 };

static bool read_row(char *line, run_hole *out) {
    char *cells[N_CELLS], *rest = line;
    double values[N_CELLS];
    for (int i = 0; i < N_CELLS; i++) {
        if (!(cells[i] = service_next_cell(&rest))) return false;
        if (i > 0 && !gm_parse_double(cells[i], &values[i])) values[i] = NAN;
    }
    const double *predicted = values + 2, *label = values + 2 + GM_N_POINTS;
    *out = (run_hole){.file = cells[0], .fold = isnan(values[1]) ? 0 : (int)values[1]};
    for (int p = 0; p < GM_N_POINTS; p++) out->error_mm[p] = predicted[p] - label[p];
    out->error_mm[GM_EVAL_HOLE_DEPTH] = out->error_mm[GM_EXIT] - out->error_mm[GM_ENTRY];
    return true;
}

static int by_file(const void *a, const void *b) {
    const run_hole *x = a, *y = b;
    int order = strcmp(x->file, y->file);
    return order ? order : x->fold - y->fold;
}

gm_status run_holes_read(const char *dir, run_holes *out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "out_of_fold.csv");
    size_t size, lines = 1;
    *out = (run_holes){0};
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path)) return GM_OK;
    GM_TRY(gm_read_file(path, MAX_BYTES, &out->bytes, &size, err));
    for (size_t i = 0; i < size; i++) lines += out->bytes[i] == '\n';
    out->items = gm_alloc_array(lines, sizeof *out->items);
    if (!out->items) return gm_nomem(err);
    char *rest = out->bytes;
    bool header = true;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"), header = false)
        if (!header && *line && read_row(line, &out->items[out->count])) out->count++;
    if (out->count) qsort(out->items, out->count, sizeof *out->items, by_file);
    return GM_OK;
}

void run_holes_finish(run_holes *holes) {
    gm_free(holes->items);
    gm_free(holes->bytes);
    *holes = (run_holes){0};
}
