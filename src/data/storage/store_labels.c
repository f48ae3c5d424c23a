#include "storage_internal.h"

#include <stdio.h>

void store_bind_label(sqlite3_stmt *s, int first, const gm_label *label) {
    sqlite3_bind_int(s, first, label->source);
    store_bind_text(s, first + 1, label->author);
    store_bind_text(s, first + 2, label->made_at);
    sqlite3_bind_int(s, first + 3, label->rejected);
    store_bind_double(s, first + 4, label->confidence);
    store_bind_double(s, first + 5, label->factor_clarity);
    store_bind_double(s, first + 6, label->factor_signal);
    store_bind_double(s, first + 7, label->factor_pattern);
    for (int p = 0; p < GM_N_POINTS; p++) {
        store_bind_double(s, first + 8 + 3 * p, label->points[p].mm);
        store_bind_double(s, first + 9 + 3 * p, label->points[p].confidence);
        store_bind_text(s, first + 10 + 3 * p, label->points[p].evidence);
    }
    store_bind_text(s, first + 17, label->reason);
}

gm_status gm_store_put_label(gm_store *store, const char *sha256, const gm_label *label, gm_error *err) {
    sqlite3_stmt *s;
    GM_TRY(store_statement(store, STATEMENT_PUT_LABEL,
                           "INSERT OR REPLACE INTO labels(sha256, " LABEL_COLUMNS ") VALUES(?," LABEL_PLACES ")", true,
                           &s, err));
    store_bind_text(s, 1, sha256);
    store_bind_label(s, 2, label);
    return store_step_done(store, s, err);
}

void store_read_label(sqlite3_stmt *s, int first, gm_label *out) {
    *out = GM_LABEL_EMPTY;
    out->source = (gm_label_source)sqlite3_column_int(s, first);
    snprintf(out->author, sizeof out->author, "%s", store_text(s, first + 1));
    snprintf(out->made_at, sizeof out->made_at, "%s", store_text(s, first + 2));
    out->rejected = sqlite3_column_int(s, first + 3) != 0;
    out->confidence = store_double(s, first + 4);
    out->factor_clarity = store_double(s, first + 5);
    out->factor_signal = store_double(s, first + 6);
    out->factor_pattern = store_double(s, first + 7);
    for (int p = 0; p < GM_N_POINTS; p++) {
        gm_label_point *point = &out->points[p];
        point->mm = store_double(s, first + 8 + 3 * p);
        point->confidence = store_double(s, first + 9 + 3 * p);
        snprintf(point->evidence, sizeof point->evidence, "%s", store_text(s, first + 10 + 3 * p));
    }
    STORE_COPY(out->reason, s, first + 17);
}

gm_status gm_store_label(gm_store *store, const char *sha256, gm_label_source source, bool *found, gm_label *out,
                         gm_error *err) {
    sqlite3_stmt *s;
    GM_TRY(store_statement(store, STATEMENT_LABEL,
                           "SELECT " LABEL_COLUMNS
                           " FROM labels WHERE sha256 = ?1 AND source = ?2 ORDER BY made_at DESC LIMIT 1",
                           false, &s, err));
    store_bind_text(s, 1, sha256);
    sqlite3_bind_int(s, 2, source);
    int code = sqlite3_step(s);
    if (code != SQLITE_ROW && code != SQLITE_DONE) return store_fail(store, err);
    *found = code == SQLITE_ROW;
    if (*found)
        store_read_label(s, 0, out);
    else
        *out = GM_LABEL_EMPTY;
    sqlite3_reset(s);
    return GM_OK;
}

gm_status gm_store_labels(gm_store *store, const char *sha256, gm_stored_labels *out, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store,
                         "SELECT sha256, " LABEL_COLUMNS " FROM labels WHERE ?1 IS NULL OR sha256 = ?1"
                         " ORDER BY sha256, source, author",
                         &s, err));
    if (sha256) store_bind_text(s, 1, sha256);
    gm_stored_labels all = {0};
    size_t capacity = 0;
    bool more = true;
    gm_status status = GM_OK;
    while (status == GM_OK && (status = store_step_row(store, s, &more, err)) == GM_OK && more) {
        if (!store_grow((void **)&all.items, all.count, &capacity, sizeof *all.items)) {
            status = gm_nomem(err);
            break;
        }
        STORE_COPY(all.items[all.count].sha256, s, 0);
        store_read_label(s, 1, &all.items[all.count++].label);
    }
    if (status == GM_OK)
        *out = all;
    else
        gm_stored_labels_finish(&all);
    return status;
}

void gm_stored_labels_finish(gm_stored_labels *labels) {
    gm_free(labels->items);
    *labels = (gm_stored_labels){0};
}
