#include "storage_internal.h"

#include <stdio.h>

/* Rows of another reader are read again: it may find more, or other numbers. */
static const char reader_version[] = "1";

gm_status gm_store_unchanged_file(gm_store *store, const char *root, const gm_file_entry *entry, bool *found,
                                  gm_stored_file *out, gm_error *err) {
    sqlite3_stmt *s;
    GM_TRY(store_statement(
        store, STATEMENT_UNCHANGED,
        "SELECT root, file, sha256, own_verdict, own_score, findings, is_hole FROM files WHERE root = ?1 AND"
        " file = ?2 AND size = ?3 AND mtime_ns = ?4 AND inode = ?5 AND reader = ?6",
        false, &s, err));
    store_bind_text(s, 1, root);
    store_bind_text(s, 2, entry->relative);
    sqlite3_bind_int64(s, 3, entry->size_bytes);
    sqlite3_bind_int64(s, 4, entry->mtime_ns);
    sqlite3_bind_int64(s, 5, entry->inode);
    store_bind_text(s, 6, reader_version);
    int code = sqlite3_step(s);
    if (code != SQLITE_ROW && code != SQLITE_DONE) return store_fail(store, err);
    *found = code == SQLITE_ROW;
    if (!*found) return GM_OK;
    *out = (gm_stored_file){.root = store_text(s, 0),
                            .file = store_text(s, 1),
                            .sha256 = store_text(s, 2),
                            .size_bytes = entry->size_bytes,
                            .mtime_ns = entry->mtime_ns,
                            .inode = entry->inode,
                            .verdict = (gm_severity)sqlite3_column_int(s, 3),
                            .score = store_double(s, 4),
                            .findings = store_text(s, 5),
                            .is_hole = sqlite3_column_int(s, 6) != 0};
    return GM_OK;
}

gm_status gm_store_put_file(gm_store *store, const gm_stored_file *file, gm_error *err) {
    sqlite3_stmt *s;
    GM_TRY(store_statement(store, STATEMENT_PUT_FILE,
                           "INSERT OR REPLACE INTO files(root, file, sha256, size, mtime_ns, inode, reader,"
                           " own_verdict, own_score, findings, is_hole, seen, verdict, score)"
                           " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?8,?9)",
                           true, &s, err));
    store_bind_text(s, 1, file->root);
    store_bind_text(s, 2, file->file);
    store_bind_text(s, 3, file->sha256);
    sqlite3_bind_int64(s, 4, file->size_bytes);
    sqlite3_bind_int64(s, 5, file->mtime_ns);
    sqlite3_bind_int64(s, 6, file->inode);
    store_bind_text(s, 7, reader_version);
    sqlite3_bind_int(s, 8, file->verdict);
    store_bind_double(s, 9, file->score);
    store_bind_text(s, 10, file->findings);
    sqlite3_bind_int(s, 11, file->is_hole);
    sqlite3_bind_int64(s, 12, store->session);
    return store_step_done(store, s, err);
}

gm_status gm_store_put_set_result(gm_store *store, const char *root, const char *file, gm_severity verdict,
                                  double score, gm_error *err) {
    sqlite3_stmt *s;
    GM_TRY(store_statement(store, STATEMENT_SET_RESULT,
                           "UPDATE files SET verdict = ?3, score = ?4 WHERE root = ?1 AND file = ?2 AND"
                           " (verdict IS NOT ?3 OR score IS NOT ?4)",
                           true, &s, err));
    store_bind_text(s, 1, root);
    store_bind_text(s, 2, file);
    sqlite3_bind_int(s, 3, verdict);
    store_bind_double(s, 4, score);
    return store_step_done(store, s, err);
}

gm_status gm_store_forget_unseen(gm_store *store, const char *root, size_t *n_forgotten, gm_error *err) {
    sqlite3_stmt *s;
    GM_TRY(store_statement(store, STATEMENT_SEEN, "DELETE FROM files WHERE root = ?1 AND seen <> ?2", true, &s, err));
    store_bind_text(s, 1, root);
    sqlite3_bind_int64(s, 2, store->session);
    GM_TRY(store_step_done(store, s, err));
    *n_forgotten = (size_t)sqlite3_changes(store->db);
    return GM_OK;
}

gm_status gm_store_hole_of_file(gm_store *store, const char *root, const char *file, char sha256[GM_SHA256_HEX],
                                gm_error *err) {
    sqlite3_stmt *s;
    GM_TRY(store_statement(store, STATEMENT_HOLE_OF_FILE,
                           "SELECT min(CASE WHEN file = ?1 AND root = ?2 THEN sha256 END),"
                           " min(CASE WHEN file = ?1 THEN sha256 END),"
                           " count(DISTINCT CASE WHEN file = ?1 THEN sha256 END),"
                           " min(sha256), count(DISTINCT sha256)"
                           " FROM files WHERE is_hole AND (file = ?1 OR substr(file, -length(?1) - 1) = '/' || ?1)",
                           false, &s, err));
    store_bind_text(s, 1, file);
    store_bind_text(s, 2, root ? root : "");
    sha256[0] = '\0';
    if (sqlite3_step(s) != SQLITE_ROW) return store_fail(store, err);
    const char *below_root = store_text(s, 0);
    int n_whole = sqlite3_column_int(s, 2), n_ends = sqlite3_column_int(s, 4);
    const char *found = below_root[0]                 ? below_root
                        : n_whole == 1                ? store_text(s, 1)
                        : n_whole == 0 && n_ends == 1 ? store_text(s, 3)
                                                      : "";
    snprintf(sha256, GM_SHA256_HEX, "%s", found);
    sqlite3_reset(s);
    return GM_OK;
}
