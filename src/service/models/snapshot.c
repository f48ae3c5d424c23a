/* Snapshots: which holes with which labels a run was started on, so that it can go on with them although people edit
 * labels meanwhile.
 *
 *     DATA/snapshots/<name>.txt     one line per hole: SHA-256, source, then depth and confidence of the three points
 *
 * Written once and never changed; the name is the hash of the set, so a damaged file is found. */
#include "dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 512 << 20, N_WORDS = 2 + 2 * GM_N_POINTS };

static char *path_of(const char *dir, const char *snapshot) {
    gm_auto_text path = GM_TEXT_INIT;
    gm_text_printf(&path, "%s/snapshots/%s.txt", dir, snapshot);
    return gm_text_take(&path);
}

gm_status service_snapshot_keep(const service_dataset *dataset, const char *dir, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_auto_free char *folder = gm_path_join(dir, "snapshots"), *path = path_of(dir, dataset->snapshot);
    if (!folder || !path) return gm_nomem(err);
    if (gm_file_exists(path)) return GM_OK;
    for (size_t i = 0; i < dataset->data.count; i++) {
        const gm_training_hole *hole = &dataset->holes[i];
        char mm[32], confidence[32];
        gm_text_printf(&text, "%s %d", hole->id, (int)hole->label.source);
        for (int p = 0; p < GM_N_POINTS; p++)
            gm_text_printf(&text, " %s %s", gm_format_double(hole->label.points[p].mm, mm),
                           gm_format_double(hole->label.points[p].confidence, confidence));
        gm_text_append(&text, "\n");
    }
    if (!gm_text_ok(&text)) return gm_nomem(err);
    GM_TRY(gm_make_dirs(folder, err));
    return gm_write_file(path, gm_text_c(&text), text.length, err);
}

typedef struct {
    const char *id;
    gm_label label;
} kept_label;

static int by_id(const void *a, const void *b) {
    return strcmp(((const kept_label *)a)->id, ((const kept_label *)b)->id);
}

/* A line, taken apart in place. */
static bool read_line(char *line, kept_label *out) {
    char *words[N_WORDS], *rest = NULL;
    double numbers[N_WORDS];
    for (int i = 0; i < N_WORDS; i++) {
        words[i] = strtok_r(i ? NULL : line, " ", &rest);
        if (!words[i] || (i > 0 && !gm_parse_double(words[i], &numbers[i]))) return false;
    }
    *out = (kept_label){words[0], GM_LABEL_EMPTY};
    out->label.source = (gm_label_source)GM_MIN(GM_MAX((int)numbers[1], 0), GM_N_SOURCES - 1);
    for (int p = 0; p < GM_N_POINTS; p++) {
        out->label.points[p].mm = numbers[2 + 2 * p];
        out->label.points[p].confidence = numbers[3 + 2 * p];
    }
    return true;
}

static gm_status read_lines(char *bytes, size_t size, const char *path, kept_label **out, size_t *count,
                            gm_error *err) {
    size_t lines = 1, n = 0;
    for (size_t i = 0; i < size; i++) lines += bytes[i] == '\n';
    gm_auto_free kept_label *kept = gm_alloc_array(lines, sizeof *kept);
    if (!kept) return gm_nomem(err);
    for (char *line = bytes, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        if (end) *end++ = '\0';
        if (!read_line(line, &kept[n++])) return gm_fail(err, GM_E_FORMAT, "%s, line %zu: damaged", path, n);
    }
    if (n) qsort(kept, n, sizeof *kept, by_id);
    *out = gm_steal(&kept);
    *count = n;
    return GM_OK;
}

gm_status service_snapshot_recall(service_dataset *dataset, const char *dir, const char *snapshot, bool *found,
                                  gm_error *err) {
    gm_auto_free char *path = path_of(dir, snapshot), *bytes = NULL;
    gm_auto_free kept_label *kept = NULL;
    size_t size, count = 0, n = 0;
    *found = false;
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path)) return GM_OK;
    GM_TRY(gm_read_file(path, MAX_BYTES, &bytes, &size, err));
    GM_TRY(read_lines(bytes, size, path, &kept, &count, err));
    for (size_t i = 0; i < dataset->stored.count && count; i++) {
        const gm_stored_hole *hole = &dataset->stored.items[i];
        const kept_label wanted = {.id = hole->sha256}, *label = bsearch(&wanted, kept, count, sizeof *kept, by_id);
        if (label) dataset->holes[n++] = (gm_training_hole){hole->file, hole->sha256, hole->family, label->label};
    }
    dataset->data.count = n;
    GM_TRY(service_dataset_name(dataset, err));
    *found = strcmp(dataset->snapshot, snapshot) == 0; /* else holes are gone, or the file is damaged */
    return GM_OK;
}
