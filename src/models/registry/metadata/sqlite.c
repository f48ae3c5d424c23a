#include "base/sqlite.h"
#include "metadata_internal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    sqlite3 *db;
} sqlite_state;

static gm_status fail(const sqlite_state *s, gm_error *err) {
    int code = sqlite3_errcode(s->db);
    if (code == SQLITE_NOMEM) return gm_nomem(err);
    return gm_fail_at(err, GM_E_IO, 0, 0, code == SQLITE_FULL ? "free some space and run it again" : NULL, "%s",
                      sqlite3_errmsg(s->db));
}

static gm_status sqlite_execute(void *state, const char *sql, gm_error *err) {
    sqlite_state *s = state;
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? GM_OK : fail(s, err);
}

static void sqlite_close(void *state) {
    sqlite_state *s = state;
    sqlite3_close(s->db);
    gm_free(s);
}

/* The change to WAL does not wait for others by itself: two that open a new file at once. */
static gm_status use_wal(sqlite_state *s, gm_error *err) {
    for (int tried = 0;; tried++) {
        if (sqlite3_exec(s->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) == SQLITE_OK) return GM_OK;
        if (sqlite3_errcode(s->db) != SQLITE_BUSY || !gm_sqlite_wait(NULL, tried)) return fail(s, err);
    }
}

static gm_status sqlite_open(const char *url, void **state, gm_error *err) {
    const char *path = gm_starts_with(url, "sqlite://") ? url + 9 : gm_starts_with(url, "sqlite:") ? url + 7 : url;
    sqlite_state *s = gm_calloc(1, sizeof *s);
    if (!s) return gm_nomem(err);
    gm_status status = GM_OK;
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        status = fail(s, err);
    if (status == GM_OK) {
        sqlite3_busy_handler(s->db, gm_sqlite_wait, NULL);
        sqlite3_extended_result_codes(s->db, 0);
        status = use_wal(s, err);
    }
    if (status == GM_OK) status = sqlite_execute(s, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", err);
    if (status != GM_OK) return sqlite_close(s), status;
    *state = s;
    return GM_OK;
}

static gm_status read_rows(sqlite_state *s, sqlite3_stmt *statement, gm_rows *out, gm_error *err) {
    size_t capacity = 0, n_columns = (size_t)sqlite3_column_count(statement);
    if (!metadata_rows_start(out, n_columns)) return gm_nomem(err);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!metadata_rows_add(out, &capacity)) return gm_nomem(err);
        for (size_t i = 0; i < n_columns; i++) {
            const char *text = (const char *)sqlite3_column_text(statement, (int)i);
            char *copy = text ? gm_arena_strdup(out->arena, text) : NULL;
            if (text && !copy) return gm_nomem(err);
            out->cells[(out->n_rows - 1) * n_columns + i] = copy;
        }
    }
    return code == SQLITE_DONE ? GM_OK : fail(s, err);
}

static gm_status sqlite_query(void *state, const char *sql, const char *const *values, size_t n_values, gm_rows *out,
                              gm_error *err) {
    sqlite_state *s = state;
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK) return fail(s, err);
    for (size_t i = 0; i < n_values; i++) {
        char name[24];
        snprintf(name, sizeof name, "$%zu", i + 1);
        int at = sqlite3_bind_parameter_index(statement, name);
        if (at) sqlite3_bind_text(statement, at, values[i], -1, SQLITE_TRANSIENT); /* NULL binds NULL */
    }
    gm_status status = read_rows(s, statement, out, err);
    sqlite3_finalize(statement);
    return status;
}

const metadata_driver metadata_sqlite = {
    .name = "SQLite",
    .open = sqlite_open,
    .close = sqlite_close,
    .execute = sqlite_execute,
    .query = sqlite_query,
    .begin_read = "BEGIN",
    .begin_write = "BEGIN IMMEDIATE",
};
