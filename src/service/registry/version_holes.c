#include "version_holes.h"

#include "base/json.h"
#include "training/out_of_fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void version_holes_finish(version_holes *holes) {
    gm_free(holes->items);
    gm_free(holes->traces);
    gm_arena_free(holes->arena);
    *holes = (version_holes){0};
}

/* ---- folds.json ---- */

static const char *text_of(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

static const char *copy_of(const json_t *object, const char *key, gm_arena *arena) {
    const char *text = text_of(object, key);
    return gm_arena_strdup(arena, text ? text : "");
}

/* Holes that share a text with a hole of another fold. */
static size_t count_shared(const json_t *list, const char *key, gm_error *err, gm_status *status) {
    json_t *first = json_object(), *split = json_object(), *hole;
    size_t i, n = 0;
    if (!first || !split) *status = gm_nomem(err);
    json_array_foreach ((json_t *)list, i, hole) {
        const char *text = text_of(hole, key);
        json_t *fold = json_object_get(hole, "fold"), *seen = text ? json_object_get(first, text) : NULL;
        if (!text || !*text || json_integer_value(fold) < 1) continue;
        if (!seen)
            json_object_set(first, text, fold);
        else if (json_integer_value(seen) != json_integer_value(fold))
            json_object_set(split, text, fold);
    }
    json_array_foreach ((json_t *)list, i, hole) {
        const char *text = text_of(hole, key);
        if (text && json_integer_value(json_object_get(hole, "fold")) > 0) n += json_object_get(split, text) != NULL;
    }
    json_decref(first);
    json_decref(split);
    return n;
}

/* by_file: {file: entry} */
static gm_status read_folds(const char *dir, version_holes *out, json_t *by_file, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "folds.json");
    json_t *root, *hole;
    size_t i;
    if (!path) return gm_nomem(err);
    GM_TRY(gm_json_read(path, &root, err));
    const json_t *list = json_object_get(root, "holes");
    gm_status status = GM_OK;
    json_array_foreach ((json_t *)list, i, hole) {
        if (text_of(hole, "file")) json_object_set(by_file, text_of(hole, "file"), hole);
        out->planned += json_integer_value(json_object_get(hole, "fold")) > 0;
    }
    out->equal_traces = count_shared(list, "trace", err, &status);
    out->equal_lives = count_shared(list, "tool", err, &status);
    json_decref(root);
    return status;
}

/* ---- out_of_fold.csv ---- */

static void fill_item(const gm_out_of_fold_row *row, const json_t *by_file, gm_arena *arena, gm_evaluation_item *item,
                      const char **trace) {
    const json_t *known = json_object_get(by_file, row->file);
    const char *family = text_of(known, "family"), *slash = strrchr(row->file, '/');
    *item =
        (gm_evaluation_item){.file = gm_arena_strdup(arena, row->file), .reference = GM_LABEL_EMPTY, .fold = row->fold};
    item->prediction.label = GM_LABEL_EMPTY;
    gm_auto_free char *folder = gm_strndup(row->file, slash ? (size_t)(slash - row->file) : 0);
    item->family = gm_arena_strdup(arena, family ? family : folder ? folder : "");
    item->program = copy_of(known, "program", arena);
    item->tool_age = copy_of(known, "tool_age", arena);
    *trace = gm_arena_strdup(arena, text_of(known, "trace") ? text_of(known, "trace") : row->file);
    for (int p = 0; p < GM_N_POINTS; p++) {
        item->prediction.label.points[p].mm = row->mm[p];
        item->prediction.label.points[p].confidence = row->confidence[p];
        item->reference.points[p].mm = row->label_mm[p];
        item->prediction.low_mm[p] = row->mm[p] - row->half_mm[p];
        item->prediction.high_mm[p] = row->mm[p] + row->half_mm[p];
    }
    item->prediction.hole_depth_low_mm = item->prediction.hole_depth_high_mm = NAN;
}

static gm_status read_rows(const char *dir, const json_t *by_file, version_holes *out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "out_of_fold.csv");
    gm_auto_out_of_fold table = {0};
    if (!path) return gm_nomem(err);
    GM_TRY(gm_out_of_fold_read(path, &table, err));
    if (table.n_damaged) return gm_fail(err, GM_E_FORMAT, "%s is damaged", path);
    out->items = gm_alloc_array(table.count + 1, sizeof *out->items);
    out->traces = gm_alloc_array(table.count + 1, sizeof *out->traces);
    if (!out->items || !out->traces) return gm_nomem(err);
    for (size_t i = 0; i < table.count; i++) {
        if (table.rows[i].fold == 0) continue; /* held-out holes are another matter */
        gm_evaluation_item *item = &out->items[out->count];
        fill_item(&table.rows[i], by_file, out->arena, item, &out->traces[out->count]);
        if (!item->file || !out->traces[out->count]) return gm_nomem(err);
        out->count++;
    }
    return GM_OK;
}

typedef struct {
    const char *trace;
    gm_evaluation_item item;
} row;

static int by_trace(const void *a, const void *b) {
    const row *x = a, *y = b;
    int order = strcmp(x->trace, y->trace);
    return order ? order : strcmp(x->item.file, y->item.file);
}

static gm_status sort_rows(version_holes *holes, gm_error *err) {
    gm_auto_free row *rows = gm_alloc_array(holes->count + 1, sizeof *rows);
    if (!rows) return gm_nomem(err);
    for (size_t i = 0; i < holes->count; i++) rows[i] = (row){holes->traces[i], holes->items[i]};
    qsort(rows, holes->count, sizeof *rows, by_trace);
    for (size_t i = 0; i < holes->count; i++) {
        holes->traces[i] = rows[i].trace;
        holes->items[i] = rows[i].item;
    }
    return GM_OK;
}

gm_status version_holes_read(const char *dir, version_holes *out, gm_error *err) {
    *out = (version_holes){.arena = gm_arena_new()};
    json_t *by_file = json_object();
    gm_status status = out->arena && by_file ? GM_OK : gm_nomem(err);
    if (status == GM_OK) status = read_folds(dir, out, by_file, err);
    if (status == GM_OK) status = read_rows(dir, by_file, out, err);
    if (status == GM_OK) status = sort_rows(out, err);
    json_decref(by_file);
    if (status != GM_OK) version_holes_finish(out);
    return status;
}

/* ---- errors and pairs ---- */

double version_hole_error(const gm_evaluation_item *item, int point) {
    if (point == GM_EVAL_HOLE_DEPTH)
        return fabs(gm_label_hole_depth(&item->prediction.label) - gm_label_hole_depth(&item->reference));
    return fabs(item->prediction.label.points[point].mm - item->reference.points[point].mm);
}

gm_status version_holes_match(const version_holes *a, const version_holes *b, hole_pair **out, size_t *count,
                              gm_error *err) {
    gm_auto_free hole_pair *pairs = gm_alloc_array(GM_MIN(a->count, b->count) + 1, sizeof *pairs);
    if (!pairs) return gm_nomem(err);
    size_t n = 0;
    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        int order = strcmp(a->traces[i], b->traces[k]);
        if (order == 0) pairs[n++] = (hole_pair){i, k};
        i += order <= 0;
        k += order >= 0;
    }
    *out = gm_steal(&pairs);
    *count = n;
    return GM_OK;
}
