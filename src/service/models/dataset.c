#include "dataset.h"

#include "data/labeling/labeling.h"

#include <string.h>

static gm_status load_stored(void *ctx, size_t index, gm_record **out, gm_error *err) {
    const service_dataset *dataset = ctx;
    return gm_store_load_hole(dataset->store, dataset->holes[index].id, out, err);
}

static gm_status load_file(void *ctx, size_t index, gm_record **out, gm_error *err) {
    const service_dataset *dataset = ctx;
    gm_auto_findings findings = GM_FINDINGS_INIT;
    GM_TRY(gm_read_record_file(dataset->paths[index], out, &findings, NULL, err));
    return *out ? GM_OK : gm_fail(err, GM_E_FORMAT, "%s holds no record", dataset->paths[index]);
}

void service_dataset_name_line(const char *id, const gm_label *label, gm_text *out) {
    gm_text_append(out, id);
    for (int p = 0; p < GM_N_POINTS; p++) {
        gm_text_append(out, " ");
        gm_text_number(out, label->points[p].mm, 4);
    }
    gm_text_append(out, "\n");
}

/* Two sets with one name are the same holes with the same depths. */
static gm_status name_it(service_dataset *dataset, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    for (size_t i = 0; i < dataset->data.count; i++)
        service_dataset_name_line(dataset->holes[i].id, &dataset->holes[i].label, &text);
    if (!gm_text_ok(&text)) return gm_nomem(err);
    gm_sha256(gm_text_c(&text), text.length, dataset->snapshot);
    dataset->data.snapshot = dataset->snapshot;
    return GM_OK;
}

static bool is_fit(const gm_stored_hole *hole) {
    return hole->verdict < GM_FAILURE || hole->label.source >= GM_SOURCE_EXPERT;
}

static gm_status open_stored(const char *dir, service_dataset_use use, service_dataset *out, gm_error *err) {
    GM_TRY(gm_store_open(dir, false, 0, &out->store, err));
    GM_TRY(gm_store_holes(out->store, false, &out->stored, err));
    out->holes = gm_calloc(out->stored.count + 1, sizeof *out->holes);
    if (!out->holes) return gm_nomem(err);
    for (size_t i = 0; i < out->stored.count; i++) {
        const gm_stored_hole *hole = &out->stored.items[i];
        if ((!hole->has_label || hole->label.rejected) && use != DATASET_ALL) continue;
        if (use == DATASET_TO_LEARN && !is_fit(hole)) {
            out->n_unfit++;
            continue;
        }
        out->holes[out->data.count++] = (gm_training_hole){hole->file, hole->sha256, hole->family, hole->label};
    }
    out->data.load = load_stored;
    return GM_OK;
}

static gm_status read_labels_of(const char *dir, gm_label_table *out, gm_error *err) {
    static const char *const names[] = {"truth.csv", "labels.csv"};
    for (size_t i = 0; i < GM_COUNT(names); i++) {
        gm_auto_free char *path = gm_path_join(dir, names[i]), *bytes = NULL;
        if (!path) return gm_nomem(err);
        if (!gm_file_exists(path)) continue;
        size_t size;
        GM_TRY(gm_read_file(path, (size_t)256 << 20, &bytes, &size, err));
        gm_status status = gm_labels_read(bytes, size, i == 0 ? GM_SOURCE_TRUTH : GM_SOURCE_EXPERT, out, err);
        return status == GM_OK ? GM_OK : gm_error_prefix(err, status, "%s", path);
    }
    return gm_fail_at(err, GM_E_NOTFOUND, 0, 0,
                      "give a data directory made by gimlet prepare, or put the reference points into DIR/truth.csv",
                      "%s is no data directory, and has no truth.csv or labels.csv", dir);
}

static gm_status add_file(service_dataset *out, const gm_file_entry *file, const gm_label *label, gm_error *err) {
    char *id = gm_arena_alloc(out->arena, GM_SHA256_HEX);
    const char *slash = strrchr(file->relative, '/');
    const char *family =
        slash ? gm_arena_printf(out->arena, "%.*s", (int)(slash - file->relative), file->relative) : "";
    if (!id || !family) return gm_nomem(err);
    GM_TRY(gm_sha256_file(file->path, id, err));
    out->paths[out->data.count] = file->path;
    out->holes[out->data.count++] = (gm_training_hole){file->relative, id, family, *label};
    return GM_OK;
}

static gm_status open_folder(const char *dir, service_dataset *out, gm_error *err) {
    __attribute__((cleanup(gm_label_table_finish))) gm_label_table labels = {0};
    GM_TRY(read_labels_of(dir, &labels, err));
    GM_TRY(gm_list_files(dir, &out->files, err));
    out->arena = gm_arena_new();
    out->holes = gm_calloc(out->files.count + 1, sizeof *out->holes);
    out->paths = gm_calloc(out->files.count + 1, sizeof *out->paths);
    if (!out->arena || !out->holes || !out->paths) return gm_nomem(err);
    for (size_t i = 0; i < out->files.count; i++) {
        const gm_file_entry *file = &out->files.items[i];
        const gm_label_row *row = file->error ? NULL : gm_label_table_find(&labels, file->relative);
        if (row && gm_is_record_name(file->relative)) GM_TRY(add_file(out, file, &row->label, err));
    }
    out->data.load = load_file;
    return GM_OK;
}

gm_status service_dataset_open(const char *dir, service_dataset_use use, service_dataset *out, gm_error *err) {
    *out = (service_dataset){0};
    gm_auto_free char *database = gm_path_join(dir, "gimlet.db");
    if (!database) return gm_nomem(err);
    if (!gm_is_directory(dir)) return gm_fail(err, GM_E_NOTFOUND, "there is no folder %s", dir);
    bool prepared = gm_file_exists(database) || use == DATASET_TO_LEARN;
    GM_TRY(prepared ? open_stored(dir, use, out, err) : open_folder(dir, out, err));
    out->data.holes = out->holes;
    out->data.ctx = out;
    return name_it(out, err);
}

void service_dataset_finish(service_dataset *dataset) {
    gm_stored_holes_finish(&dataset->stored);
    gm_store_free(dataset->store);
    gm_file_list_finish(&dataset->files);
    gm_free((void *)dataset->paths);
    gm_free(dataset->holes);
    gm_arena_free(dataset->arena);
}
