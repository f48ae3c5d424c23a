#include "fold_predictions.h"

#include "service/csv_line.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { N_CELLS = 11, MAX_BYTES = 256 << 20 };

/* The run whose table is the newest; out stays empty when there is none. */
static char *find_newest(const char *models_dir, gm_fold_predictions *out) {
    DIR *dir = models_dir ? opendir(models_dir) : NULL;
    struct timespec newest = {0};
    char *found = NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat st;
        gm_auto_text path = GM_TEXT_INIT;
        if (entry->d_name[0] == '.') continue;
        gm_text_printf(&path, "%s/%s/out_of_fold.csv", models_dir, entry->d_name);
        if (!gm_text_ok(&path) || stat(gm_text_c(&path), &st) != 0 || !S_ISREG(st.st_mode)) continue;
        if (st.st_mtim.tv_sec < newest.tv_sec ||
            (st.st_mtim.tv_sec == newest.tv_sec && st.st_mtim.tv_nsec <= newest.tv_nsec))
            continue;
        newest = st.st_mtim;
        snprintf(out->run, sizeof out->run, "%s", entry->d_name);
        gm_free(found);
        found = gm_text_take(&path);
    }
    if (dir) closedir(dir);
    struct tm utc;
    gmtime_r(&newest.tv_sec, &utc);
    size_t n = strftime(out->finished_at, sizeof out->finished_at, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out->finished_at + n, sizeof out->finished_at - n, ".%03dZ", (int)(newest.tv_nsec / 1000000) % 1000);
    return found;
}

/* A row of the table; false for the header and for what is damaged. */
static bool read_row(char *line, gm_fold_prediction *out) {
    char *cells[N_CELLS], *rest = line;
    double values[N_CELLS];
    for (int i = 0; i < N_CELLS; i++)
        if (!(cells[i] = service_next_cell(&rest))) return false;
    for (int i = 1; i < N_CELLS; i++)
        if (!gm_parse_double(cells[i], &values[i])) values[i] = NAN;
    if (isnan(values[1])) return false;
    out->file = cells[0];
    out->fold = (int)values[1];
    for (int p = 0; p < GM_N_POINTS; p++) {
        out->mm[p] = values[2 + p];
        out->label_mm[p] = values[5 + p];
        out->half_mm[p] = values[8 + p];
    }
    return true;
}

static int by_file(const void *a, const void *b) {
    return strcmp(((const gm_fold_prediction *)a)->file, ((const gm_fold_prediction *)b)->file);
}

gm_status gm_fold_predictions_read(const char *models_dir, gm_fold_predictions *out, gm_error *err) {
    gm_fold_predictions all = {0};
    gm_auto_free char *path = find_newest(models_dir, &all);
    size_t size, lines = 1;
    if (!path) return *out = all, GM_OK;
    GM_TRY(gm_read_file(path, MAX_BYTES, &all.bytes, &size, err));
    for (size_t i = 0; i < size; i++) lines += all.bytes[i] == '\n';
    all.items = gm_alloc_array(lines, sizeof *all.items);
    if (!all.items) {
        gm_fold_predictions_finish(&all);
        return gm_nomem(err);
    }
    for (char *line = all.bytes, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        if (end) *end++ = '\0';
        all.count += read_row(line, &all.items[all.count]);
    }
    if (all.count) qsort(all.items, all.count, sizeof *all.items, by_file);
    *out = all;
    return GM_OK;
}

const gm_fold_prediction *gm_fold_predictions_find(const gm_fold_predictions *predictions, const char *file) {
    const gm_fold_prediction wanted = {.file = file};
    return predictions->count
               ? bsearch(&wanted, predictions->items, predictions->count, sizeof *predictions->items, by_file)
               : NULL;
}

void gm_fold_predictions_finish(gm_fold_predictions *predictions) {
    gm_free(predictions->items);
    gm_free(predictions->bytes);
    *predictions = (gm_fold_predictions){0};
}
