#include "data/storage/storage.h"
#include "service.h"

#include <stdio.h>
#include <string.h>

gm_status gm_labels_export(const char *data_dir, const char *path, size_t *n_rows, gm_error *err) {
    gm_auto(gm_store) store = NULL;
    GM_TRY(gm_store_open(data_dir, false, 0, &store, err));
    gm_stored_holes holes;
    GM_TRY(gm_store_holes(store, true, &holes, err));
    gm_auto_text text = GM_TEXT_INIT;
    gm_labels_write_header(&text);
    *n_rows = 0;
    for (size_t i = 0; i < holes.count; i++) {
        if (!holes.items[i].has_label) continue;
        gm_labels_write_row(&text, holes.items[i].file, &holes.items[i].label);
        ++*n_rows;
    }
    gm_stored_holes_finish(&holes);
    if (!gm_text_ok(&text)) return gm_nomem(err);
    return gm_write_file(path, gm_text_c(&text), text.length, err);
}

/* Where rows go, and the rules' labels of the same holes to compare with. */
typedef struct {
    gm_store *store;
    gm_label_source source;
    const char *author;
    char now[GM_TIME_TEXT];
    gm_label_table rules, matched;
    gm_text unknown;
} importer;

static void importer_finish(importer *im) {
    gm_store_free(im->store);
    gm_label_table_finish(&im->rules);
    gm_label_table_finish(&im->matched);
    gm_text_finish(&im->unknown);
}

/* One row: a path below the input folder, the end of one, or a longer path whose last part is known. */
static gm_status import_row(importer *im, const gm_label_row *row, gm_import_summary *out, gm_error *err) {
    char sha256[GM_SHA256_HEX];
    GM_TRY(gm_store_hole_of_file(im->store, row->file, sha256, err));
    if (!sha256[0]) GM_TRY(gm_store_hole_of_file(im->store, gm_path_base(row->file), sha256, err));
    if (!sha256[0]) {
        if (out->unknown++ < 10) gm_text_printf(&im->unknown, "  %s\n", row->file);
        return GM_OK;
    }
    gm_label label = row->label, rule;
    label.source = im->source;
    if (im->author && im->author[0]) snprintf(label.author, sizeof label.author, "%s", im->author);
    if (!label.made_at[0]) memcpy(label.made_at, im->now, sizeof im->now);
    GM_TRY(gm_store_put_label(im->store, sha256, &label, err));
    out->imported++;
    bool found;
    GM_TRY(gm_store_label(im->store, sha256, GM_SOURCE_RULE, &found, &rule, err));
    if (!found) return GM_OK;
    GM_TRY(gm_label_table_add(&im->rules, row->file, &rule, err));
    return gm_label_table_add(&im->matched, row->file, &label, err);
}

/* The names of the worst holes outlive the tables. */
static gm_status compare_with_rules(const importer *im, gm_import_summary *out, gm_error *err) {
    if (im->rules.count == 0) return GM_OK;
    out->has_agreement = true;
    GM_TRY(gm_labels_agreement(&im->rules, &im->matched, out->agreement, err));
    for (size_t i = 0; i < GM_N_AGREEMENTS; i++) {
        snprintf(out->worst[i], sizeof out->worst[i], "%s", out->agreement[i].worst ? out->agreement[i].worst : "");
        out->agreement[i].worst = out->worst[i];
    }
    return GM_OK;
}

gm_status gm_labels_import(const char *data_dir, const char *csv_path, gm_label_source source, const char *author,
                           gm_import_summary *out, gm_error *err) {
    *out = (gm_import_summary){0};
    gm_auto_free char *bytes = NULL;
    size_t size;
    GM_TRY(gm_read_file(csv_path, (size_t)256 << 20, &bytes, &size, err));
    __attribute__((cleanup(gm_label_table_finish))) gm_label_table table = {0};
    gm_status status = gm_labels_read(bytes, size, source, &table, err);
    if (status != GM_OK) return gm_error_prefix(err, status, "%s", csv_path);
    __attribute__((cleanup(importer_finish))) importer im = {.source = source, .author = author};
    gm_time_utc(im.now);
    GM_TRY(gm_store_open(data_dir, false, 0, &im.store, err)); /* a missing directory is not made by an import */
    gm_store_free(gm_steal(&im.store));
    GM_TRY(gm_store_open(data_dir, true, -1, &im.store, err));
    for (size_t i = 0; i < table.count; i++) GM_TRY(import_row(&im, &table.items[i], out, err));
    GM_TRY(gm_store_commit(im.store, err));
    out->rows = table.count;
    out->unknown_files = im.unknown.length ? gm_text_take(&im.unknown) : NULL;
    return compare_with_rules(&im, out, err);
}

void gm_import_summary_finish(gm_import_summary *summary) {
    gm_free(summary->unknown_files);
    summary->unknown_files = NULL;
}
