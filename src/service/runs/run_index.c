/* The index: opening, tables, making anew. */
#include "run_index_internal.h"

#include "run_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Number of the tables below and of the keys in them. An index is never converted: it is made anew. */
enum { TABLES_VERSION = 1, VERSION = TABLES_VERSION * 1000 + RUN_FACTS_VERSION };

static const char tables[] =
    "CREATE TABLE runs(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, changed_ns INTEGER NOT NULL,"
    " live INTEGER NOT NULL);"
    "CREATE TABLE keys(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    /* text also for true and false; number or text, never both */
    "CREATE TABLE facts(key INTEGER NOT NULL, run INTEGER NOT NULL, number REAL, text TEXT, PRIMARY KEY(key, run))"
    " WITHOUT ROWID;";

gm_status run_index_fail(const run_index *index, gm_error *err) {
    int code = sqlite3_errcode(index->db);
    if (code == SQLITE_NOMEM) return gm_nomem(err);
    gm_status status = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? GM_E_FORMAT : GM_E_IO;
    return gm_fail(err, status, "%s: %s", index->path, sqlite3_errmsg(index->db));
}

gm_status run_index_execute(run_index *index, const char *sql, gm_error *err) {
    return sqlite3_exec(index->db, sql, NULL, NULL, NULL) == SQLITE_OK ? GM_OK : run_index_fail(index, err);
}

gm_status run_index_prepare(run_index *index, const char *sql, sqlite3_stmt **out, gm_error *err) {
    return sqlite3_prepare_v2(index->db, sql, -1, out, NULL) == SQLITE_OK ? GM_OK : run_index_fail(index, err);
}

void run_index_free(run_index *index) {
    if (!index) return;
    sqlite3_finalize(index->add_key);
    sqlite3_finalize(index->find_key);
    sqlite3_finalize(index->add_fact);
    sqlite3_close(index->db);
    gm_free(index->models_dir);
    gm_free(index->path);
    gm_free(index);
}

static gm_status read_version(run_index *index, int *version, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(run_index_prepare(index, "PRAGMA user_version", &s, err));
    if (sqlite3_step(s) != SQLITE_ROW) return run_index_fail(index, err);
    *version = sqlite3_column_int(s, 0);
    return GM_OK;
}

/* Tables of another version go: whoever gets the database first makes them anew. */
static gm_status make_tables(run_index *index, gm_error *err) {
    int version = 0;
    gm_auto_text sql = GM_TEXT_INIT;
    GM_TRY(read_version(index, &version, err));
    if (version == VERSION) return GM_OK;
    GM_TRY(run_index_execute(index, "BEGIN IMMEDIATE", err));
    gm_status status = read_version(index, &version, err);
    gm_text_append(&sql, "DROP TABLE IF EXISTS runs; DROP TABLE IF EXISTS keys; DROP TABLE IF EXISTS facts;");
    gm_text_printf(&sql, "%s PRAGMA user_version = %d;", tables, VERSION);
    if (status == GM_OK && version != VERSION)
        status = gm_text_ok(&sql) ? run_index_execute(index, sql.data, err) : gm_nomem(err);
    if (status == GM_OK) status = run_index_execute(index, "COMMIT", err);
    if (status != GM_OK) sqlite3_exec(index->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

static gm_status open_database(run_index *index, const char *path, gm_error *err) {
    enum { WAIT_MS = 30000, FLAGS = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX };
    if (sqlite3_open_v2(path, &index->db, FLAGS, NULL) != SQLITE_OK)
        return index->db ? run_index_fail(index, err) : gm_nomem(err);
    sqlite3_busy_timeout(index->db, WAIT_MS);
    GM_TRY(run_index_execute(index, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", err));
    return make_tables(index, err);
}

static gm_status open_at(const char *models_dir, const char *path, const gm_observer *observer, run_index **out,
                         gm_error *err) {
    gm_auto(run_index) index = gm_calloc(1, sizeof *index);
    if (!index) return gm_nomem(err);
    index->models_dir = gm_strdup(models_dir);
    index->path = gm_strdup(path);
    index->observer = observer;
    if (!index->models_dir || !index->path) return gm_nomem(err);
    GM_TRY(open_database(index, path, err));
    GM_TRY(run_index_update(index, err));
    *out = gm_steal(&index);
    return GM_OK;
}

static void remove_database(const char *path) {
    static const char *const parts[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < GM_COUNT(parts); i++) {
        char name[4096];
        if (snprintf(name, sizeof name, "%s%s", path, parts[i]) < (int)sizeof name) unlink(name);
    }
}

/* A damaged index is thrown away, one that cannot be written is made in memory. */
gm_status run_index_open(const char *models_dir, const gm_observer *observer, run_index **out, gm_error *err) {
    if (!gm_is_directory(models_dir))
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "name the folder that holds the runs: --models-dir MODELS",
                          "there is no folder %s", models_dir);
    gm_auto_free char *path = gm_path_join(models_dir, "index.db");
    if (!path) return gm_nomem(err);
    gm_error first = {0};
    gm_status status = open_at(models_dir, path, observer, out, &first);
    if (status == GM_E_FORMAT) {
        remove_database(path);
        first = (gm_error){0};
        status = open_at(models_dir, path, observer, out, &first);
    }
    if (status == GM_E_IO) {
        first = (gm_error){0};
        status = open_at(models_dir, ":memory:", observer, out, &first);
    }
    if (status != GM_OK && err) *err = first;
    return status;
}

gm_status run_index_rebuild(const char *models_dir, const gm_observer *observer, size_t *n_runs, gm_error *err) {
    if (!gm_is_directory(models_dir)) return gm_fail(err, GM_E_NOTFOUND, "there is no folder %s", models_dir);
    gm_auto_free char *path = gm_path_join(models_dir, "index.db");
    gm_auto(run_index) index = NULL;
    auto_statement s = NULL;
    if (!path) return gm_nomem(err);
    gm_status status = open_at(models_dir, path, NULL, &index, NULL);
    if (status == GM_OK) {
        /* others may have it open: emptied, not removed */
        index->observer = observer;
        GM_TRY(run_index_execute(
            index, "BEGIN IMMEDIATE; DELETE FROM runs; DELETE FROM facts; DELETE FROM keys; COMMIT;", err));
        GM_TRY(run_index_update(index, err));
    } else {
        remove_database(path);
        GM_TRY(open_at(models_dir, path, observer, &index, err));
    }
    GM_TRY(run_index_prepare(index, "SELECT count(*) FROM runs", &s, err));
    if (sqlite3_step(s) != SQLITE_ROW) return run_index_fail(index, err);
    *n_runs = (size_t)sqlite3_column_int64(s, 0);
    return GM_OK;
}
