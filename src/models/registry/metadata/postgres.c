#include "metadata_internal.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    PGconn *connection;
} postgres_state;

/* The server's words in one line, without "ERROR:" and without its further lines. */
static gm_status fail(const postgres_state *s, gm_error *err) {
    const char *text = PQerrorMessage(s->connection);
    while (gm_starts_with(text, "ERROR:") || *text == ' ') text += *text == ' ' ? 1 : 6;
    int length = (int)GM_MIN(strcspn(text, "\n"), (size_t)300);
    if (PQstatus(s->connection) != CONNECTION_OK)
        return gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0,
                          "is the server up, and is the address right? The password may stand in ~/.pgpass",
                          "the database server cannot be used: %.*s", length, text);
    return gm_fail(err, GM_E_IO, "%.*s", length, text);
}

static void say_nothing(void *ctx, const char *message) {
    (void)ctx, (void)message;
}

static void postgres_close(void *state) {
    postgres_state *s = state;
    PQfinish(s->connection);
    gm_free(s);
}

static gm_status postgres_execute(void *state, const char *sql, gm_error *err) {
    postgres_state *s = state;
    PGresult *result = PQexec(s->connection, sql);
    ExecStatusType code = PQresultStatus(result);
    PQclear(result);
    return code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK ? GM_OK : fail(s, err);
}

static gm_status postgres_open(const char *url, void **state, gm_error *err) {
    postgres_state *s = gm_calloc(1, sizeof *s);
    if (!s) return gm_nomem(err);
    char *wrong = NULL;
    PQconninfoOption *parsed = PQconninfoParse(url, &wrong);
    PQconninfoFree(parsed);
    PQfreemem(wrong); /* not shown: it may quote the password */
    if (!parsed) return gm_free(s), gm_fail(err, GM_E_ARG, "the address of the database cannot be understood");
    static const char *const keys[] = {"dbname", "application_name", "connect_timeout", "client_encoding", NULL};
    const char *const values[] = {url, "gimlet", "10", "UTF8", NULL};
    s->connection = PQconnectdbParams(keys, values, 1);
    gm_status status = s->connection ? GM_OK : gm_nomem(err);
    if (status == GM_OK && PQstatus(s->connection) != CONNECTION_OK) status = fail(s, err);
    if (status == GM_OK) {
        PQsetNoticeProcessor(s->connection, say_nothing, NULL);
        status = postgres_execute(s, "SET synchronous_commit = on; SET lock_timeout = '60s'", err);
    }
    if (status != GM_OK) return postgres_close(s), status;
    *state = s;
    return GM_OK;
}

static gm_status copy_rows(const PGresult *result, gm_rows *out, gm_error *err) {
    size_t capacity = 0, n_columns = (size_t)PQnfields(result);
    if (!metadata_rows_start(out, n_columns)) return gm_nomem(err);
    for (int row = 0; row < PQntuples(result); row++) {
        if (!metadata_rows_add(out, &capacity)) return gm_nomem(err);
        for (size_t i = 0; i < n_columns; i++) {
            bool null = PQgetisnull(result, row, (int)i);
            char *copy = null ? NULL : gm_arena_strdup(out->arena, PQgetvalue(result, row, (int)i));
            if (!null && !copy) return gm_nomem(err);
            out->cells[(size_t)row * n_columns + i] = copy;
        }
    }
    return GM_OK;
}

static gm_status postgres_query(void *state, const char *sql, const char *const *values, size_t n_values, gm_rows *out,
                                gm_error *err) {
    postgres_state *s = state;
    PGresult *result = PQexecParams(s->connection, sql, (int)n_values, NULL, values, NULL, NULL, 0);
    ExecStatusType code = PQresultStatus(result);
    gm_status status = code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK ? copy_rows(result, out, err) : fail(s, err);
    PQclear(result);
    return status;
}

const metadata_driver metadata_postgres = {
    .name = "PostgreSQL",
    .open = postgres_open,
    .close = postgres_close,
    .execute = postgres_execute,
    .query = postgres_query,
    .begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    /* writers queue for one lock of their own, which is given back with the transaction */
    .begin_write = "BEGIN; SELECT pg_advisory_xact_lock(113723447338356)",
};
