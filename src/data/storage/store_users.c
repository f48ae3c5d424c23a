#include "storage_internal.h"

#include <stdio.h>
#include <string.h>

#define USER_SELECT "SELECT name, role, created_at, token_id, salt, hash FROM users "

static gm_status read_user(gm_store *store, sqlite3_stmt *s, gm_stored_user *out, gm_error *err) {
    *out = (gm_stored_user){0};
    STORE_COPY(out->name, s, 0);
    STORE_COPY(out->role, s, 1);
    STORE_COPY(out->created_at, s, 2);
    STORE_COPY(out->token_id, s, 3);
    if (sqlite3_column_bytes(s, 4) != GM_USER_SALT || sqlite3_column_bytes(s, 5) != GM_USER_HASH)
        return gm_fail(err, GM_E_FORMAT, "%s/gimlet.db: the token of user %s is damaged", store->dir, out->name);
    memcpy(out->salt, sqlite3_column_blob(s, 4), GM_USER_SALT);
    memcpy(out->hash, sqlite3_column_blob(s, 5), GM_USER_HASH);
    return GM_OK;
}

gm_status gm_store_put_user(gm_store *store, const gm_stored_user *user, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(
        store, "INSERT OR REPLACE INTO users(name, role, created_at, token_id, salt, hash) VALUES(?,?,?,?,?,?)", &s,
        err));
    const char *const texts[] = {user->name, user->role, user->created_at, user->token_id};
    for (int i = 0; i < (int)GM_COUNT(texts); i++) store_bind_text(s, 1 + i, texts[i]);
    sqlite3_bind_blob(s, 5, user->salt, sizeof user->salt, SQLITE_TRANSIENT);
    sqlite3_bind_blob(s, 6, user->hash, sizeof user->hash, SQLITE_TRANSIENT);
    return store_step_done(store, s, err);
}

gm_status gm_store_remove_user(gm_store *store, const char *name, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "DELETE FROM users WHERE name = ?1", &s, err));
    store_bind_text(s, 1, name);
    GM_TRY(store_step_done(store, s, err));
    return sqlite3_changes(store->db) ? GM_OK : gm_fail(err, GM_E_NOTFOUND, "there is no user %s", name);
}

gm_status gm_store_users(gm_store *store, gm_stored_users *out, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, USER_SELECT "ORDER BY name", &s, err));
    gm_stored_users all = {0};
    size_t capacity = 0;
    bool more = true;
    gm_status status = GM_OK;
    while (status == GM_OK && (status = store_step_row(store, s, &more, err)) == GM_OK && more) {
        if (!store_grow((void **)&all.items, all.count, &capacity, sizeof *all.items))
            status = gm_nomem(err);
        else
            status = read_user(store, s, &all.items[all.count++], err);
    }
    if (status == GM_OK)
        *out = all;
    else
        gm_stored_users_finish(&all);
    return status;
}

void gm_stored_users_finish(gm_stored_users *users) {
    gm_free(users->items);
    *users = (gm_stored_users){0};
}

gm_status gm_store_user(gm_store *store, const char *name, const char *token_id, bool *found, gm_stored_user *out,
                        gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, name ? USER_SELECT "WHERE name = ?1" : USER_SELECT "WHERE token_id = ?1", &s, err));
    store_bind_text(s, 1, name ? name : token_id);
    GM_TRY(store_step_row(store, s, found, err));
    return *found ? read_user(store, s, out, err) : GM_OK;
}
