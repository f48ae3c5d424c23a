#include "storage_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Grows when the tables change; older databases are brought forward here. */
enum { SCHEMA_VERSION = 1 };

static const char schema[] =
    "CREATE TABLE files(root TEXT, file TEXT, sha256 TEXT, size INTEGER, mtime_ns INTEGER, inode INTEGER,"
    " reader TEXT, own_verdict INTEGER, own_score REAL, findings TEXT, verdict INTEGER, score REAL, is_hole INTEGER,"
    " seen INTEGER,"
    " PRIMARY KEY(root, file)) WITHOUT ROWID;"
    "CREATE INDEX files_by_content ON files(sha256);"
    "CREATE TABLE holes(sha256 TEXT PRIMARY KEY, trace_sha256 TEXT, program_id TEXT, tool TEXT, panel TEXT, date TEXT,"
    " tool_age INTEGER, n_rows INTEGER, summary BLOB, summary_version INTEGER) WITHOUT ROWID;"
    "CREATE TABLE labels(sha256 TEXT, source INTEGER, author TEXT, made_at TEXT, rejected INTEGER, confidence REAL,"
    " factor_clarity REAL, factor_signal REAL, factor_pattern REAL,"
    " entry_mm REAL, entry_confidence REAL, entry_evidence TEXT,"
    " transition_mm REAL, transition_confidence REAL, transition_evidence TEXT,"
    " exit_mm REAL, exit_confidence REAL, exit_evidence TEXT,"
    " PRIMARY KEY(sha256, source, author)) WITHOUT ROWID;"
    "CREATE TABLE state(name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;"
    "INSERT INTO state VALUES('session', 0);"
    "PRAGMA user_version = 1;";

gm_status store_fail(const gm_store *store, gm_error *err) {
    int code = sqlite3_errcode(store->db);
    if (code == SQLITE_NOMEM) return gm_nomem(err);
    return gm_fail_at(err, GM_E_IO, 0, 0,
                      code == SQLITE_FULL ? "free some space and run it again: what was finished is kept" : NULL,
                      "%s/gimlet.db: %s", store->dir, sqlite3_errmsg(store->db));
}

static gm_status execute(gm_store *store, const char *sql, gm_error *err) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? GM_OK : store_fail(store, err);
}

gm_status store_statement(gm_store *store, int which, const char *sql, bool writes, sqlite3_stmt **out, gm_error *err) {
    if (writes && !store->in_transaction) {
        GM_TRY(execute(store, "BEGIN IMMEDIATE", err));
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

gm_status store_step_done(gm_store *store, sqlite3_stmt *statement, gm_error *err) {
    int code = sqlite3_step(statement);
    gm_status status = code == SQLITE_DONE ? GM_OK : store_fail(store, err);
    sqlite3_reset(statement);
    return status;
}

static gm_status read_int(gm_store *store, const char *sql, int64_t *out, gm_error *err) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) return store_fail(store, err);
    bool ok = sqlite3_step(statement) == SQLITE_ROW;
    if (ok) *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return ok ? GM_OK : store_fail(store, err);
}

static gm_status check_schema(gm_store *store, gm_error *err) {
    int64_t version = 0;
    GM_TRY(read_int(store, "PRAGMA user_version", &version, err));
    if (version > SCHEMA_VERSION)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "use the newer version, or another data directory",
                          "%s was made by a newer version of gimlet (schema %lld, this one knows %d)", store->dir,
                          (long long)version, SCHEMA_VERSION);
    if (version == 0 && !store->writing)
        return gm_fail(err, GM_E_FORMAT, "%s/gimlet.db is not a database of gimlet", store->dir);
    if (version == 0) {
        GM_TRY(execute(store, "BEGIN IMMEDIATE", err));
        GM_TRY(execute(store, schema, err));
        GM_TRY(execute(store, "COMMIT", err));
    }
    return GM_OK;
}

static gm_status open_database(gm_store *store, gm_error *err) {
    gm_auto_free char *path = gm_path_join(store->dir, "gimlet.db");
    if (!path) return gm_nomem(err);
    if (!store->writing && !gm_file_exists(path))
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "gimlet prepare makes one from a folder of records",
                          "%s is not a data directory: it has no gimlet.db", store->dir);
    int flags = SQLITE_OPEN_READWRITE | (store->writing ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK) return store_fail(store, err);
    sqlite3_busy_timeout(store->db, 60000);
    GM_TRY(execute(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON", err));
    GM_TRY(check_schema(store, err));
    if (!store->writing) return GM_OK;
    GM_TRY(execute(store, "UPDATE state SET value = value + 1 WHERE name = 'session'", err));
    return read_int(store, "SELECT value FROM state WHERE name = 'session'", &store->session, err);
}

static gm_status lock_directory(gm_store *store, double wait_s, gm_error *err) {
    gm_auto_free char *path = gm_path_join(store->dir, ".lock");
    if (!path) return gm_nomem(err);
    GM_TRY(gm_make_dirs(store->holes_dir, err));
    return gm_lock_file(path, wait_s, &store->lock, err);
}

gm_status gm_store_open(const char *dir, bool writing, double wait_s, gm_store **out, gm_error *err) {
    gm_auto(gm_store) store = gm_calloc(1, sizeof *store);
    if (!store) return gm_nomem(err);
    store->lock.fd = -1;
    store->writing = writing;
    store->dir = gm_strdup(dir);
    store->holes_dir = gm_path_join(dir, "holes");
    if (!store->dir || !store->holes_dir) return gm_nomem(err);
    if (writing) GM_TRY(lock_directory(store, wait_s, err));
    GM_TRY(open_database(store, err));
    *out = gm_steal(&store);
    return GM_OK;
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

gm_status gm_store_commit(gm_store *store, gm_error *err) {
    if (!store->in_transaction) return GM_OK;
    /* The files first: a row in the database promises that its file is whole, also after a power cut. */
    int fd = open(store->holes_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) != 0) {
        int code = errno;
        if (fd >= 0) close(fd);
        return gm_fail(err, GM_E_IO, "%s cannot be written to the disk: %s", store->holes_dir, strerror(code));
    }
    close(fd);
    for (size_t i = 0; i < N_STATEMENTS; i++) sqlite3_reset(store->statements[i]);
    GM_TRY(execute(store, "COMMIT", err));
    store->in_transaction = false;
    return GM_OK;
}
