/* Snapshots: taking one, and going back to one. */
#include "snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *snapshot_path(const char *data_dir, const char *name, bool old) {
    gm_auto_text path = GM_TEXT_INIT;
    gm_text_printf(&path, "%s/snapshots/%s.%s", data_dir, name, old ? "txt" : "json");
    return gm_text_take(&path);
}

static void put_number(gm_text *out, double value) {
    char number[32];
    gm_text_append(out, isfinite(value) ? gm_format_double(value, number) : "null");
}

/* Which gesture of a person made this label; 0 for the labels of rules and models. */
static gm_status version_of(gm_store *store, const gm_training_hole *hole, int64_t *version, gm_error *err) {
    gm_label_version latest;
    bool found;
    *version = 0;
    if (hole->label.source < GM_SOURCE_EXPERT) return GM_OK;
    GM_TRY(gm_store_latest_version(store, hole->id, hole->label.source, hole->label.author, &found, &latest, err));
    if (found) *version = latest.version;
    return GM_OK;
}

static gm_status put_hole(gm_store *store, const gm_training_hole *hole, gm_text *out, gm_error *err) {
    char stored[GM_SHA256_HEX];
    int64_t version;
    const gm_label *label = &hole->label;
    GM_TRY(gm_store_hash_hole(store, hole->id, stored, err));
    GM_TRY(version_of(store, hole, &version, err));
    gm_text_printf(out, "{\"id\": \"%s\", \"stored\": \"%s\", \"file\": ", hole->id, stored);
    gm_text_json_string(out, hole->file);
    gm_text_append(out, ", \"family\": ");
    gm_text_json_string(out, hole->family ? hole->family : "");
    gm_text_printf(out, ", \"label\": {\"version\": %lld, \"source\": \"%s\", \"author\": ", (long long)version,
                   gm_label_source_name(label->source));
    gm_text_json_string(out, label->author);
    gm_text_append(out, ", \"made_at\": ");
    gm_text_json_string(out, label->made_at);
    gm_text_append(out, ", \"confidence\": ");
    put_number(out, label->confidence);
    for (int p = 0; p < GM_N_POINTS; p++) {
        gm_text_printf(out, ", \"%s\": [", gm_point_name((gm_point)p));
        put_number(out, label->points[p].mm);
        gm_text_append(out, ", ");
        put_number(out, label->points[p].confidence);
        gm_text_append(out, "]");
    }
    gm_text_append(out, "}}");
    return GM_OK;
}

gm_status snapshot_take(service_dataset *dataset, bool keep, gm_error *err) {
    const char *data_dir = gm_store_dir(dataset->store);
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_append(&text, "{\"format\": \"gimlet-dataset\", \"version\": 1, \"holes\": [");
    for (size_t i = 0; i < dataset->data.count; i++) {
        gm_text_append(&text, i ? ",\n" : "\n");
        GM_TRY(put_hole(dataset->store, &dataset->holes[i], &text, err));
    }
    gm_text_append(&text, "\n]}\n");
    if (!gm_text_ok(&text)) return gm_nomem(err);
    gm_sha256(text.data, text.length, dataset->snapshot);
    dataset->data.snapshot = dataset->snapshot;
    if (!keep) return GM_OK;
    gm_auto_free char *folder = gm_path_join(data_dir, "snapshots"),
                      *path = snapshot_path(data_dir, dataset->snapshot, false);
    if (!folder || !path) return gm_nomem(err);
    if (gm_file_exists(path)) return GM_OK;
    GM_TRY(gm_make_dirs(folder, err));
    return gm_write_file(path, text.data, text.length, err);
}

/* ---- back to one ---- */

static gm_status gone(const snapshot_hole *hole, const char *what, gm_error *err) {
    return gm_fail_at(err, GM_E_CONFLICT, 0, 0,
                      "restore the data directory as it was; gimlet datasets verify names all",
                      "hole %.12s (%.100s) of the data set %s", hole->id, *hole->file ? hole->file : "?", what);
}

static gm_status check_hole(const service_dataset *dataset, const snapshot_hole *hole, gm_error *err) {
    char stored[GM_SHA256_HEX];
    gm_status status = gm_store_hash_hole(dataset->store, hole->id, stored, NULL);
    if (status == GM_E_NOTFOUND) return gone(hole, "is gone", err);
    if (status != GM_OK) return gone(hole, "cannot be read", err);
    if (hole->stored[0] && strcmp(stored, hole->stored) != 0) return gone(hole, "has changed on the disk", err);
    return GM_OK;
}

/* An old snapshot says neither file nor family: they are as the store has them now. */
static const gm_stored_hole *find_stored(const service_dataset *dataset, const char *id) {
    for (size_t i = 0; i < dataset->stored.count; i++)
        if (strcmp(dataset->stored.items[i].sha256, id) == 0) return &dataset->stored.items[i];
    return NULL;
}

static gm_status take_hole(service_dataset *dataset, const snapshot *kept, size_t i, gm_error *err) {
    const snapshot_hole *hole = &kept->items[i];
    const gm_stored_hole *stored = kept->old ? find_stored(dataset, hole->id) : NULL;
    if (kept->old && !stored) return gone(hole, "is gone", err);
    GM_TRY(check_hole(dataset, hole, err));
    gm_training_hole *out = &dataset->holes[i];
    *out = (gm_training_hole){.file = gm_arena_strdup(dataset->arena, stored ? stored->file : hole->file),
                              .id = gm_arena_strdup(dataset->arena, hole->id),
                              .family = gm_arena_strdup(dataset->arena, stored ? stored->family : hole->family),
                              .label = hole->label};
    return out->file && out->id && out->family ? GM_OK : gm_nomem(err);
}

gm_status snapshot_recall(service_dataset *dataset, const snapshot *kept, gm_error *err) {
    gm_training_hole *holes = gm_calloc(kept->count + 1, sizeof *holes);
    if (!dataset->arena) dataset->arena = gm_arena_new();
    if (!holes || !dataset->arena) return gm_free(holes), gm_nomem(err);
    gm_free(dataset->holes);
    dataset->data.holes = dataset->holes = holes;
    dataset->data.count = 0;
    for (size_t i = 0; i < kept->count; i++) GM_TRY(take_hole(dataset, kept, i, err));
    dataset->data.count = kept->count;
    memcpy(dataset->snapshot, kept->name, sizeof dataset->snapshot);
    dataset->data.snapshot = dataset->snapshot;
    return GM_OK;
}

gm_status snapshot_recall_named(service_dataset *dataset, const char *data_dir, const char *name, gm_error *err) {
    if (!name) return GM_OK;
    auto_snapshot kept = {0};
    gm_error own = {0};
    gm_status status = snapshot_read(data_dir, name, &kept, &own);
    if (status == GM_OK) return snapshot_recall(dataset, &kept, err);
    if (status == GM_E_NOTFOUND && strcmp(name, dataset->snapshot) == 0) return GM_OK;
    if (status == GM_E_NOTFOUND)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "start a new run, or restore the data directory as it was",
                          "the holes or labels of %s have changed since this run began, and its data set %.12s is not "
                          "among those that are kept there",
                          data_dir, name);
    if (err) *err = own;
    return status;
}
