#include "base/sqlite.h"
#include "storage_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

gm_status store_fail(const gm_store *store, gm_error *err) {
    int code = sqlite3_errcode(store->db);
    if (code == SQLITE_NOMEM) return gm_nomem(err);
    return gm_fail_at(err, GM_E_IO, 0, 0,
                      code == SQLITE_FULL ? "free some space and run it again: what was finished is kept" : NULL,
                      "%s/gimlet.db: %s", store->dir, sqlite3_errmsg(store->db));
}

gm_status store_execute(gm_store *store, const char *sql, gm_error *err) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? GM_OK : store_fail(store, err);
}

gm_status store_statement(gm_store *store, int which, const char *sql, bool writes, sqlite3_stmt **out, gm_error *err) {
    if (writes && !store->in_transaction) {
        GM_TRY(store_execute(store, "BEGIN IMMEDIATE", err));
        store->in_transaction = true;
    }
    sqlite3_stmt **statement = &store->statements[which];
    if (!*statement && sqlite3_prepare_v2(store->db, sql, -1, statement, NULL) != SQLITE_OK)
        return store_fail(store, err);
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
    *out = *statement;
    return GM_OK;
}

gm_status store_prepare(gm_store *store, const char *sql, sqlite3_stmt **out, gm_error *err) {
    return sqlite3_prepare_v2(store->db, sql, -1, out, NULL) == SQLITE_OK ? GM_OK : store_fail(store, err);
}

gm_status store_step_row(gm_store *store, sqlite3_stmt *statement, bool *found, gm_error *err) {
    int code = sqlite3_step(statement);
    *found = code == SQLITE_ROW;
    return *found || code == SQLITE_DONE ? GM_OK : store_fail(store, err);
}

bool store_grow(void **items, size_t count, size_t *capacity, size_t item_size) {
    if (count < *capacity) return true;
    size_t wanted = GM_MAX(2 * *capacity, (size_t)16);
    void *grown = gm_realloc_array(*items, wanted, item_size);
    if (!grown) return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

gm_status store_step_done(gm_store *store, sqlite3_stmt *statement, gm_error *err) {
    int code = sqlite3_step(statement);
    gm_status status = code == SQLITE_DONE ? GM_OK : store_fail(store, err);
    sqlite3_reset(statement);
    return status;
}

gm_status store_read_int(gm_store *store, const char *sql, int64_t *out, gm_error *err) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) return store_fail(store, err);
    bool ok = sqlite3_step(statement) == SQLITE_ROW;
    if (ok) *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return ok ? GM_OK : store_fail(store, err);
}

/* Makes store->db at this path. */
static gm_status make_database(gm_store *store, const char *path, gm_error *err) {
    if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        return store_fail(store, err);
    GM_TRY(store_execute(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", err));
    return store_migrate(store, err);
}

/* A new database is made under another name: who looks meanwhile (a server) finds none, or one with all its tables. */
static gm_status make_whole_database(gm_store *store, const char *path, gm_error *err) {
    static atomic_uint counter;
    gm_auto_text name = GM_TEXT_INIT;
    gm_text_printf(&name, "%s/.new-%ld-%u.db", store->dir, (long)getpid(), atomic_fetch_add(&counter, 1));
    if (!gm_text_ok(&name)) return gm_nomem(err);
    gm_status status = make_database(store, name.data, err);
    sqlite3_close(store->db);
    store->db = NULL;
    /* Somebody else may have been faster: theirs is as good. Some file systems know no links. */
    if (status == GM_OK && link(name.data, path) != 0 && errno != EEXIST && rename(name.data, path) != 0)
        status = gm_fail(err, GM_E_IO, "%s: cannot be made: %s", path, strerror(errno));
    unlink(name.data);
    return status;
}

static gm_status open_database(gm_store *store, bool create, gm_error *err) {
    gm_auto_free char *path = gm_path_join(store->dir, "gimlet.db");
    if (!path) return gm_nomem(err);
    if (create && !gm_file_exists(path)) GM_TRY(make_whole_database(store, path, err));
    if (!create && !gm_file_exists(path))
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "gimlet prepare makes one from a folder of records",
                          "%s is not a data directory: it has no gimlet.db", store->dir);
    if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) return store_fail(store, err);
    sqlite3_busy_handler(store->db, gm_sqlite_wait, NULL);
    GM_TRY(store_execute(store, "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON", err));
    GM_TRY(store_execute(store, store->editing ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err));
    /* A server has several of these open for days: half a megabyte of pages each is enough. */
    if (!store->writing) GM_TRY(store_execute(store, "PRAGMA cache_size = -512", err));
    GM_TRY(store_migrate(store, err));
    if (!store->writing) return GM_OK;
    GM_TRY(store_execute(store, "UPDATE state SET value = value + 1 WHERE name = 'session'", err));
    return store_read_int(store, "SELECT value FROM state WHERE name = 'session'", &store->session, err);
}

static gm_status lock_directory(gm_store *store, double wait_s, gm_error *err) {
    gm_auto_free char *path = gm_path_join(store->dir, ".lock");
    if (!path) return gm_nomem(err);
    GM_TRY(gm_make_dirs(store->holes_dir, err));
    return gm_lock_file(path, wait_s, &store->lock, err);
}

static gm_store *new_store(const char *dir) {
    gm_auto(gm_store) store = gm_calloc(1, sizeof *store);
    if (!store) return NULL;
    store->lock.fd = -1;
    store->dir = gm_strdup(dir);
    store->holes_dir = gm_path_join(dir, "holes");
    return store->dir && store->holes_dir ? gm_steal(&store) : NULL;
}

gm_status gm_store_open(const char *dir, bool writing, double wait_s, gm_store **out, gm_error *err) {
    gm_auto(gm_store) store = new_store(dir);
    if (!store) return gm_nomem(err);
    store->writing = writing;
    if (writing) GM_TRY(lock_directory(store, wait_s, err));
    GM_TRY(open_database(store, writing, err));
    *out = gm_steal(&store);
    return GM_OK;
}

gm_status gm_store_open_edit(const char *dir, bool create, gm_store **out, gm_error *err) {
    gm_auto(gm_store) store = new_store(dir);
    if (!store) return gm_nomem(err);
    store->editing = true;
    if (create) GM_TRY(gm_make_dirs(store->holes_dir, err));
    GM_TRY(open_database(store, create, err));
    *out = gm_steal(&store);
    return GM_OK;
}

/* A statement that stands on a row keeps what it read: nothing newer is seen, and nothing can be written over it. */
static void reset_statements(gm_store *store) {
    for (size_t i = 0; i < N_STATEMENTS; i++) sqlite3_reset(store->statements[i]);
}

gm_status gm_store_begin(gm_store *store, gm_error *err) {
    GM_ASSERT(!store->in_transaction);
    reset_statements(store);
    GM_TRY(store_execute(store, "BEGIN IMMEDIATE", err));
    store->in_transaction = true;
    return GM_OK;
}

void gm_store_rollback(gm_store *store) {
    if (!store->in_transaction) return;
    reset_statements(store);
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->in_transaction = false;
}

void gm_store_free(gm_store *store) {
    if (!store) return;
    for (size_t i = 0; i < N_STATEMENTS; i++) sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db); /* rolls back what was not committed */
    if (store->lock.fd >= 0) gm_unlock_file(&store->lock);
    gm_free(store->dir);
    gm_free(store->holes_dir);
    gm_free(store);
}

const char *gm_store_dir(const gm_store *store) {
    return store->dir;
}

/* A row in the database promises that its file is whole, also after a power cut: the files first. */
static gm_status sync_files(gm_store *store, gm_error *err) {
    int fd = open(store->holes_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) != 0) {
        int code = errno;
        if (fd >= 0) close(fd);
        return gm_fail(err, GM_E_IO, "%s cannot be written to the disk: %s", store->holes_dir, strerror(code));
    }
    close(fd);
    return GM_OK;
}

static int64_t commits; /* atomic */

int64_t gm_store_commits(void) {
    return __atomic_load_n(&commits, __ATOMIC_ACQUIRE);
}

gm_status gm_store_commit(gm_store *store, gm_error *err) {
    if (!store->in_transaction) return GM_OK;
    if (!store->editing) GM_TRY(sync_files(store, err));
    reset_statements(store);
    GM_TRY(store_execute(store, "COMMIT", err));
    store->in_transaction = false;
    __atomic_add_fetch(&commits, 1, __ATOMIC_RELEASE);
    return GM_OK;
}

gm_status gm_store_end(gm_store *store, gm_status status, gm_error *err) {
    if (status == GM_OK) status = gm_store_commit(store, err);
    if (status != GM_OK) gm_store_rollback(store);
    return status;
}
