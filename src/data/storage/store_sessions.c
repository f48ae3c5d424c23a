#include "storage_internal.h"

#include <stdio.h>

static gm_status put(gm_store *store, const char *hash, const char *token_id, int64_t ends_at, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "INSERT INTO sessions(cookie_hash, token_id, ends_at) VALUES(?,?,?)", &s, err));
    store_bind_text(s, 1, hash);
    store_bind_text(s, 2, token_id);
    sqlite3_bind_int64(s, 3, ends_at);
    return store_step_done(store, s, err);
}

gm_status gm_store_put_session(gm_store *store, const char hash[GM_SHA256_HEX], const char *token_id, int64_t now,
                               int64_t ends_at, int64_t most, gm_error *err) {
    GM_TRY(put(store, hash, token_id, ends_at, err));
    auto_statement s = NULL;
    GM_TRY(store_prepare(store,
                         "DELETE FROM sessions WHERE ends_at <= ?1 OR token_id NOT IN (SELECT token_id FROM users)"
                         " OR cookie_hash NOT IN (SELECT cookie_hash FROM sessions ORDER BY ends_at DESC LIMIT ?2)",
                         &s, err));
    sqlite3_bind_int64(s, 1, now);
    sqlite3_bind_int64(s, 2, most);
    return store_step_done(store, s, err);
}

static gm_status token_of(gm_store *store, const char *hash, int64_t now, bool *found, char token_id[17],
                          gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "SELECT token_id FROM sessions WHERE cookie_hash = ?1 AND ends_at > ?2", &s, err));
    store_bind_text(s, 1, hash);
    sqlite3_bind_int64(s, 2, now);
    GM_TRY(store_step_row(store, s, found, err));
    if (*found) snprintf(token_id, 17, "%s", store_text(s, 0));
    return GM_OK;
}

gm_status gm_store_session_user(gm_store *store, const char hash[GM_SHA256_HEX], int64_t now, bool *found,
                                gm_stored_user *out, gm_error *err) {
    char token_id[17];
    GM_TRY(token_of(store, hash, now, found, token_id, err));
    return *found ? gm_store_user(store, NULL, token_id, found, out, err) : GM_OK;
}

gm_status gm_store_remove_session(gm_store *store, const char hash[GM_SHA256_HEX], gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "DELETE FROM sessions WHERE cookie_hash = ?1", &s, err));
    store_bind_text(s, 1, hash);
    return store_step_done(store, s, err);
}
