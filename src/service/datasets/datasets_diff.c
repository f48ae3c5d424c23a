/* Two data sets beside each other: holes that came and went, labels that changed, by how much and by whom. */
#include "datasets_internal.h"

#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b) {
    return strcmp(((const snapshot_hole *)a)->id, ((const snapshot_hole *)b)->id);
}

/* NAN where a point came or went, and 0 where it is absent in both. */
static double moved_mm(const gm_label *a, const gm_label *b, int point) {
    double x = a->points[point].mm, y = b->points[point].mm;
    return isnan(x) && isnan(y) ? 0 : y - x;
}

/* The label itself, not only its depths: the same depths by somebody else are another label. */
static bool same_label(const snapshot_hole *a, const snapshot_hole *b) {
    const gm_label *x = &a->label, *y = &b->label;
    for (int p = 0; p < GM_N_POINTS; p++) {
        double c = x->points[p].confidence, d = y->points[p].confidence;
        if (moved_mm(x, y, p) != 0 || (c != d && !(isnan(c) && isnan(d)))) return false;
    }
    return x->source == y->source && strcmp(x->author, y->author) == 0 && a->version == b->version;
}

static json_t *points_json(const gm_label *a, const gm_label *b, double *largest) {
    json_t *points = json_object();
    for (int p = 0; p < GM_N_POINTS; p++) {
        double by = moved_mm(a, b, p);
        if (by == 0) continue;
        if (isnan(by)) *largest = INFINITY; /* a point that came or went is more than any shift */
        if (fabs(by) > *largest) *largest = fabs(by);
        json_object_set_new(points, gm_point_name((gm_point)p),
                            json_pack("{s:o, s:o, s:o}", "a", dataset_number(a->points[p].mm), "b",
                                      dataset_number(b->points[p].mm), "by_mm", dataset_number(by)));
    }
    return points;
}

typedef struct {
    double largest;
    json_t *json;
} change;

static int largest_first(const void *a, const void *b) {
    const change *x = a, *y = b;
    return (x->largest < y->largest) - (x->largest > y->largest);
}

typedef struct {
    json_t *added, *removed, *reread;
    change *changes;
    size_t n_changes;
    json_int_t same;
} difference;

static void both_have(difference *d, const snapshot_hole *a, const snapshot_hole *b) {
    bool reread = a->stored[0] && b->stored[0] && strcmp(a->stored, b->stored) != 0;
    if (reread) json_array_append_new(d->reread, json_pack("{s:s, s:s}", "id", b->id, "file", b->file));
    if (same_label(a, b)) {
        d->same += !reread;
        return;
    }
    double largest = 0;
    json_t *points = points_json(&a->label, &b->label, &largest);
    json_t *one = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "id", b->id, "file", *b->file ? b->file : a->file,
                            "largest_mm", dataset_number(largest), "points", points, "from", dataset_label_json(a),
                            "to", dataset_label_json(b));
    d->changes[d->n_changes++] = (change){largest, one};
}

static void walk(difference *d, const snapshot *a, const snapshot *b) {
    for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
        int order = i == a->count ? 1 : k == b->count ? -1 : strcmp(a->items[i].id, b->items[k].id);
        if (order < 0)
            json_array_append_new(d->removed, dataset_hole_json(&a->items[i++]));
        else if (order > 0)
            json_array_append_new(d->added, dataset_hole_json(&b->items[k++]));
        else
            both_have(d, &a->items[i++], &b->items[k++]);
    }
}

static gm_status read_sorted(const char *data_dir, const char *dataset, snapshot *out, gm_error *err) {
    gm_auto_free char *name = NULL;
    GM_TRY(gm_dataset_name(data_dir, dataset, &name, err));
    GM_TRY(snapshot_read(data_dir, name, out, err));
    if (out->count) qsort(out->items, out->count, sizeof *out->items, by_id);
    return GM_OK;
}

gm_status gm_dataset_diff(const char *data_dir, const char *a, const char *b, json_t **out, gm_error *err) {
    auto_snapshot first = {0};
    auto_snapshot second = {0};
    GM_TRY(read_sorted(data_dir, a, &first, err));
    GM_TRY(read_sorted(data_dir, b, &second, err));
    gm_auto_free change *changes = gm_alloc_array(GM_MIN(first.count, second.count) + 1, sizeof *changes);
    if (!changes) return gm_nomem(err);
    difference d = {.added = json_array(), .removed = json_array(), .reread = json_array(), .changes = changes};
    json_t *relabelled = json_array();
    walk(&d, &first, &second);
    qsort(changes, d.n_changes, sizeof *changes, largest_first);
    for (size_t i = 0; i < d.n_changes; i++) json_array_append_new(relabelled, changes[i].json);
    *out = json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o}", "a", first.name, "b", second.name, "same", d.same, "added",
                     d.added, "removed", d.removed, "relabelled", relabelled, "reread", d.reread);
    return *out ? GM_OK : gm_nomem(err);
}
