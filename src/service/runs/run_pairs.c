/* The holes that two runs have in common. */
#include "run_holes.h"

#include "base/json.h"

#include <string.h>

/* {file: trace}; empty where the run has no folds.json. */
static json_t *read_traces(const char *dir) {
    gm_auto_free char *path = gm_path_join(dir, "folds.json");
    json_t *root = gm_json_look(path), *traces = json_object(), *hole;
    size_t i;
    json_array_foreach (json_object_get(root, "holes"), i, hole) {
        const char *file = json_string_value(json_object_get(hole, "file"));
        if (file) json_object_set(traces, file, json_object_get(hole, "trace"));
    }
    json_decref(root);
    return traces;
}

typedef struct {
    run_holes a, b;
    json_t *traces_a, *traces_b;
} both;

static void both_finish(both *x) {
    run_holes_finish(&x->a);
    run_holes_finish(&x->b);
    json_decref(x->traces_a);
    json_decref(x->traces_b);
}

static bool same_hole(const both *x, const char *file) {
    const char *a = json_string_value(json_object_get(x->traces_a, file));
    const char *b = json_string_value(json_object_get(x->traces_b, file));
    return !a || !b || strcmp(a, b) == 0;
}

gm_status run_pairs_make(const char *dir_a, const char *dir_b, int point, run_pairs *out, gm_error *err) {
    __attribute__((cleanup(both_finish))) both x = {.traces_a = read_traces(dir_a), .traces_b = read_traces(dir_b)};
    GM_TRY(run_holes_read(dir_a, &x.a, err));
    GM_TRY(run_holes_read(dir_b, &x.b, err));
    size_t room = GM_MIN(x.a.count, x.b.count) + 1;
    *out = (run_pairs){.a = gm_alloc_array(2 * room, sizeof *out->a)};
    if (!out->a) return gm_nomem(err);
    out->b = out->a + room;
    for (size_t i = 0, k = 0; i < x.a.count && k < x.b.count;) {
        const run_hole *a = &x.a.items[i], *b = &x.b.items[k];
        int order = strcmp(a->file, b->file);
        i += order <= 0;
        k += order >= 0;
        if (order != 0 || a->fold == 0 || b->fold == 0 || !same_hole(&x, a->file)) continue;
        if (!isfinite(a->error_mm[point]) || !isfinite(b->error_mm[point])) continue;
        out->a[out->n] = fabs(a->error_mm[point]);
        out->b[out->n++] = fabs(b->error_mm[point]);
    }
    return GM_OK;
}

void run_pairs_finish(run_pairs *pairs) {
    gm_free(pairs->a);
    *pairs = (run_pairs){0};
}
