#include "data/storage/storage.h"
#include "service.h"

#include <stdio.h>
#include <string.h>

gm_status gm_labels_export(const char *data_dir, const char *path, size_t *n_rows, gm_error *err) {
    gm_auto(gm_store) store = NULL;
    GM_TRY(gm_store_open(data_dir, false, 0, &store, err));
    gm_stored_holes holes;
    GM_TRY(gm_store_holes(store, &holes, err));
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

/* The table of imported labels, by hole: a row names a path below the input folder, or a bare file name. */
static gm_status import_rows(gm_store *store, const gm_stored_holes *holes, const gm_label_table *table,
                             gm_label_source source, const char *author, gm_label_table *rules, gm_label_table *matched,
                             gm_import_summary *out, gm_error *err) {
    gm_auto_text unknown = GM_TEXT_INIT;
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    gm_auto_free bool *used = gm_calloc(table->count + 1, sizeof *used);
    if (!used) return gm_nomem(err);
    for (size_t i = 0; i < holes->count; i++) {
        const gm_label_row *row = gm_label_table_find(table, holes->items[i].file);
        if (!row) continue;
        used[row - table->items] = true;
        gm_label label = row->label;
        label.source = source;
        if (author && author[0]) snprintf(label.author, sizeof label.author, "%s", author);
        if (!label.made_at[0]) memcpy(label.made_at, now, sizeof now);
        GM_TRY(gm_store_put_label(store, holes->items[i].sha256, &label, err));
        out->imported++;
        gm_label rule;
        bool found;
        GM_TRY(gm_store_label(store, holes->items[i].sha256, GM_SOURCE_RULE, &found, &rule, err));
        if (!found) continue;
        GM_TRY(gm_label_table_add(rules, holes->items[i].file, &rule, err));
        GM_TRY(gm_label_table_add(matched, holes->items[i].file, &label, err));
    }
    for (size_t i = 0; i < table->count; i++) {
        if (used[i]) continue;
        if (out->unknown++ < 10) gm_text_printf(&unknown, "  %s\n", table->items[i].file);
    }
    out->rows = table->count;
    out->unknown_files = unknown.length ? gm_text_take(&unknown) : NULL;
    return GM_OK;
}

gm_status gm_labels_import(const char *data_dir, const char *csv_path, gm_label_source source, const char *author,
                           gm_import_summary *out, gm_error *err) {
    *out = (gm_import_summary){0};
    gm_auto_free char *bytes = NULL;
    size_t size;
    GM_TRY(gm_read_file(csv_path, (size_t)256 << 20, &bytes, &size, err));
    __attribute__((cleanup(gm_label_table_finish))) gm_label_table table = {0}, rules = {0}, matched = {0};
    gm_status status = gm_labels_read(bytes, size, source, &table, err);
    if (status != GM_OK) return gm_error_prefix(err, status, "%s", csv_path);
    gm_auto(gm_store) store = NULL;
    GM_TRY(gm_store_open(data_dir, false, 0, &store, err)); /* a missing directory is not made by an import */
    gm_store_free(gm_steal(&store));
    GM_TRY(gm_store_open(data_dir, true, -1, &store, err));
    gm_stored_holes holes;
    GM_TRY(gm_store_holes(store, &holes, err));
    status = import_rows(store, &holes, &table, source, author, &rules, &matched, out, err);
    gm_stored_holes_finish(&holes);
    if (status == GM_OK) status = gm_store_commit(store, err);
    if (status == GM_OK && rules.count) {
        out->has_agreement = true;
        status = gm_labels_agreement(&rules, &matched, out->agreement, err);
        for (size_t i = 0; i < GM_N_AGREEMENTS; i++) { /* the names outlive the tables */
            snprintf(out->worst[i], sizeof out->worst[i], "%s", out->agreement[i].worst ? out->agreement[i].worst : "");
            out->agreement[i].worst = out->worst[i];
        }
    }
    return status;
}

void gm_import_summary_finish(gm_import_summary *summary) {
    gm_free(summary->unknown_files);
    summary->unknown_files = NULL;
}
