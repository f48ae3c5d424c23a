#include "label_studio.h"
#include "review_internal.h"
#include "service/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 256 << 20 };

/* --- out --- */

/* Of one hole: labels first .. end - 1. */
static bool has_labelled(const gm_stored_labels *labels, size_t first, size_t end, const char *name) {
    for (size_t i = first; i < end; i++)
        if (labels->items[i].label.source == GM_SOURCE_EXPERT && strcmp(labels->items[i].label.author, name) == 0)
            return true;
    return false;
}

/* Takes the truths away of holes that this person has not labelled: they measure the person's error. */
static void hide_truths(gm_stored_labels *labels, const char *from) {
    size_t kept = 0, end;
    for (size_t first = 0; first < labels->count; first = end) {
        for (end = first; end < labels->count && strcmp(labels->items[first].sha256, labels->items[end].sha256) == 0;)
            end++;
        const bool seen = has_labelled(labels, first, end, from);
        for (size_t i = first; i < end; i++)
            if (seen || labels->items[i].label.source != GM_SOURCE_TRUTH) labels->items[kept++] = labels->items[i];
    }
    labels->count = kept;
}

static int by_hole(const void *key, const void *item) {
    return strcmp(key, ((const gm_stored_label *)item)->sha256);
}

/* The label that counts among those that are shown: they are ordered by source, and the truth comes last. */
static const gm_label *shown_label(const gm_stored_labels *shown, const gm_stored_hole *hole) {
    if (hole->label.source != GM_SOURCE_TRUTH) return &hole->label;
    const gm_stored_label *end = shown->items + shown->count, *last = NULL;
    const gm_stored_label *at =
        shown->count ? bsearch(hole->sha256, shown->items, shown->count, sizeof *shown->items, by_hole) : NULL;
    while (at && at > shown->items && strcmp(at[-1].sha256, hole->sha256) == 0) at--;
    for (; at && at < end && strcmp(at->sha256, hole->sha256) == 0; at++) last = at;
    return !last || last->label.source == GM_SOURCE_TRUTH ? (last ? &hole->label : NULL) : &last->label;
}

static gm_status write_table(const gm_stored_holes *holes, const gm_stored_labels *shown, gm_text *out, size_t *n_rows,
                             gm_error *err) {
    gm_labels_write_header(out);
    *n_rows = 0;
    for (size_t i = 0; i < holes->count; i++) {
        const gm_label *label = holes->items[i].has_label ? shown_label(shown, &holes->items[i]) : NULL;
        if (!label) continue;
        gm_labels_write_row(out, holes->items[i].file, label);
        ++*n_rows;
    }
    return gm_text_ok(out) ? GM_OK : gm_nomem(err);
}

gm_status gm_labels_write(gm_store *store, gm_labels_format format, const char *hide_from, gm_text *out, size_t *n_rows,
                          gm_error *err) {
    gm_stored_holes holes = {0};
    gm_stored_labels labels = {0};
    gm_status status = gm_store_holes(store, format == GM_LABELS_CSV, &holes, err);
    if (status == GM_OK) status = gm_store_labels(store, NULL, &labels, err);
    if (status == GM_OK && hide_from) hide_truths(&labels, hide_from);
    *n_rows = holes.count;
    if (status == GM_OK)
        status = format == GM_LABELS_CSV ? write_table(&holes, &labels, out, n_rows, err)
                                         : label_studio_write(&holes, &labels, out, err);
    gm_stored_holes_finish(&holes);
    gm_stored_labels_finish(&labels);
    return status;
}

gm_status gm_labels_export(const char *data_dir, gm_labels_format format, const char *path, size_t *n_rows,
                           gm_error *err) {
    gm_auto(gm_store) store = NULL;
    gm_auto_text text = GM_TEXT_INIT;
    GM_TRY(gm_store_open(data_dir, false, 0, &store, err));
    GM_TRY(gm_labels_write(store, format, NULL, &text, n_rows, err));
    return gm_write_file(path, gm_text_c(&text), text.length, err);
}

/* --- in --- */

/* Where rows go, and the rules' labels of the same holes to compare with. */
typedef struct {
    gm_store *store;
    const gm_import_options *options;
    char now[GM_TIME_TEXT];
    gm_label_table rules, matched;
    gm_text unknown;
} importer;

static void importer_finish(importer *im) {
    gm_label_table_finish(&im->rules);
    gm_label_table_finish(&im->matched);
    gm_text_finish(&im->unknown);
}

/* A row names a hole by its SHA-256, by a path below the input folder, the end of one, or a longer path whose last part
 * is known. sha256 is "" when there is none. */
static gm_status find_hole(gm_store *store, const char *root, const char *name, char sha256[GM_SHA256_HEX],
                           gm_error *err) {
    bool found = false, has_summary;
    gm_hole_facts facts;
    sha256[0] = '\0';
    if (strlen(name) == GM_SHA256_HEX - 1)
        GM_TRY(gm_store_recall_hole(store, name, &found, &facts, NULL, 0, -1, &has_summary, err));
    if (found) return memcpy(sha256, name, GM_SHA256_HEX), GM_OK;
    GM_TRY(gm_store_hole_of_file(store, root, name, sha256, err));
    return sha256[0] ? GM_OK : gm_store_hole_of_file(store, root, gm_path_base(name), sha256, err);
}

static gm_status put_label(importer *im, const char *sha256, const gm_label *label, gm_error *err) {
    gm_label_version v = {.present = true, .label = *label};
    const char *user = im->options->user && im->options->user[0] ? im->options->user : label->author;
    memcpy(v.sha256, sha256, sizeof v.sha256);
    snprintf(v.gesture, sizeof v.gesture, "imported from %.150s", gm_path_base(im->options->name));
    GM_TRY(review_state(im->store, sha256, label, &v.before, err));
    return gm_store_add_version(im->store, &v, user, "label.import", err);
}

static gm_status import_row(importer *im, const gm_label_row *row, gm_import_summary *out, gm_error *err) {
    char sha256[GM_SHA256_HEX];
    GM_TRY(find_hole(im->store, im->options->root, row->file, sha256, err));
    if (!sha256[0]) {
        if (out->unknown++ < 10) gm_text_printf(&im->unknown, "  %s\n", row->file);
        return GM_OK;
    }
    gm_label label = row->label, rule;
    const char *author = im->options->author;
    if (author && author[0]) snprintf(label.author, sizeof label.author, "%s", author);
    if (!label.made_at[0]) memcpy(label.made_at, im->now, sizeof im->now);
    GM_TRY(put_label(im, sha256, &label, err));
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

/* Labels of a table are what the caller says they are; an annotation may say itself that it is the truth. */
static gm_status read_rows(const char *bytes, size_t size, const gm_import_options *options, gm_label_table *out,
                           gm_error *err) {
    if (label_studio_is(bytes, size)) return label_studio_read(bytes, size, options->source, out, err);
    GM_TRY(gm_labels_read(bytes, size, options->source, out, err));
    for (size_t i = 0; i < out->count; i++) out->items[i].label.source = options->source;
    return GM_OK;
}

gm_status gm_labels_import_bytes(gm_store *store, const char *bytes, size_t size, const gm_import_options *options,
                                 gm_import_summary *out, gm_error *err) {
    *out = (gm_import_summary){0};
    __attribute__((cleanup(gm_label_table_finish))) gm_label_table table = {0};
    gm_status status = read_rows(bytes, size, options, &table, err);
    if (status != GM_OK) return gm_error_prefix(err, status, "%s", options->name);
    __attribute__((cleanup(importer_finish))) importer im = {.store = store, .options = options};
    gm_time_utc(im.now);
    GM_TRY(gm_store_begin(store, err));
    for (size_t i = 0; status == GM_OK && i < table.count; i++) status = import_row(&im, &table.items[i], out, err);
    GM_TRY(gm_store_end(store, status, err));
    out->rows = table.count;
    out->unknown_files = im.unknown.length ? gm_text_take(&im.unknown) : NULL;
    return compare_with_rules(&im, out, err);
}

/* Where a table lies, as prepare names its input folders; NULL when that cannot be told. */
static char *folder_of(const char *path) {
    gm_auto_free char *dir = gm_strndup(path, (size_t)(gm_path_base(path) - path));
    char *resolved = dir ? realpath(dir[0] ? dir : ".", NULL) : NULL, *folder = gm_strdup(resolved);
    free(resolved);
    return folder;
}

gm_status gm_labels_import(const char *data_dir, const char *path, const gm_import_options *options,
                           gm_import_summary *out, gm_error *err) {
    *out = (gm_import_summary){0};
    gm_auto_free char *bytes = NULL;
    gm_auto(gm_store) store = NULL;
    size_t size;
    GM_TRY(gm_read_file(path, MAX_BYTES, &bytes, &size, err));
    GM_TRY(gm_store_open_edit(data_dir, false, &store, err)); /* a missing directory is not made by an import */
    gm_import_options named = *options;
    if (!named.name) named.name = path;
    gm_auto_free char *folder = folder_of(path);
    if (!named.root) named.root = folder;
    return gm_labels_import_bytes(store, bytes, size, &named, out, err);
}

void gm_import_summary_finish(gm_import_summary *summary) {
    gm_free(summary->unknown_files);
    summary->unknown_files = NULL;
}
