#include "storage_internal.h"

#include <stdio.h>

gm_status gm_store_put_label(gm_store *store, const char *sha256, const gm_label *label, gm_error *err) {
    sqlite3_stmt *s;
    GM_TRY(store_statement(store, STATEMENT_PUT_LABEL,
                           "INSERT OR REPLACE INTO labels(sha256, " LABEL_COLUMNS
                           ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)",
                           true, &s, err));
    store_bind_text(s, 1, sha256);
    sqlite3_bind_int(s, 2, label->source);
    store_bind_text(s, 3, label->author);
    store_bind_text(s, 4, label->made_at);
    sqlite3_bind_int(s, 5, label->rejected);
    store_bind_double(s, 6, label->confidence);
    store_bind_double(s, 7, label->factor_clarity);
    store_bind_double(s, 8, label->factor_signal);
    store_bind_double(s, 9, label->factor_pattern);
    for (int p = 0; p < GM_N_POINTS; p++) {
        store_bind_double(s, 10 + 3 * p, label->points[p].mm);
        store_bind_double(s, 11 + 3 * p, label->points[p].confidence);
        store_bind_text(s, 12 + 3 * p, label->points[p].evidence);
    }
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
    return GM_OK;
}
