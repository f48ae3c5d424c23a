#include "metadata_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gm_database {
    const metadata_driver *driver;
    void *state;
    char *title;
};

/* Without "user:password@". */
static char *title_of(const char *url) {
    const char *slashes = strstr(url, "://"), *host = slashes ? slashes + 3 : NULL;
    const char *end = host ? host + strcspn(host, "/?") : NULL;
    const char *at = host ? memrchr(host, '@', (size_t)(end - host)) : NULL;
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_append_n(&text, url, at ? (size_t)(host - url) : strcspn(url, "?"));
    if (at) gm_text_append_n(&text, at + 1, strcspn(at + 1, "?"));
    return gm_text_take(&text);
}

gm_status gm_database_open(const char *url, gm_database **out, gm_error *err) {
    gm_auto(gm_database) database = gm_calloc(1, sizeof *database);
    if (!database || !(database->title = title_of(url))) return gm_nomem(err);
    bool server = gm_starts_with(url, "postgresql://") || gm_starts_with(url, "postgres://");
    if (!server && strstr(url, "://") && !gm_starts_with(url, "sqlite:"))
        return gm_fail_at(err, GM_E_ARG, 0, 0, "a path for SQLite, or postgresql://user@host/name",
                          "no database of this kind is known: %.200s", database->title);
    database->driver = server ? &metadata_postgres : &metadata_sqlite;
    GM_TRY(database->driver->open(url, &database->state, err));
    *out = gm_steal(&database);
    return GM_OK;
}

void gm_database_free(gm_database *database) {
    if (!database) return;
    if (database->state) database->driver->close(database->state);
    gm_free(database->title);
    gm_free(database);
}

const char *gm_database_driver(const gm_database *database) {
    return database->driver->name;
}

const char *gm_database_title(const gm_database *database) {
    return database->title;
}

static gm_status named(const gm_database *database, gm_status status, gm_error *err) {
    return status == GM_OK || status == GM_E_NOMEM ? status : gm_error_prefix(err, status, "%s", database->title);
}

gm_status gm_database_execute(gm_database *database, const char *sql, gm_error *err) {
    return named(database, database->driver->execute(database->state, sql, err), err);
}

gm_status gm_database_query(gm_database *database, const char *sql, const char *const *values, size_t n_values,
                            gm_rows *out, gm_error *err) {
    gm_rows rows = {0};
    gm_status status = database->driver->query(database->state, sql, values, n_values, &rows, err);
    if (status != GM_OK || !out) gm_rows_finish(&rows);
    if (status == GM_OK && out) *out = rows;
    return named(database, status, err);
}

gm_status gm_database_begin(gm_database *database, bool writing, gm_error *err) {
    const metadata_driver *driver = database->driver;
    gm_status status = gm_database_execute(database, writing ? driver->begin_write : driver->begin_read, err);
    if (status != GM_OK) (void)driver->execute(database->state, "ROLLBACK", NULL);
    return status;
}

gm_status gm_database_end(gm_database *database, gm_status status, gm_error *err) {
    if (status == GM_OK) status = gm_database_execute(database, "COMMIT", err);
    if (status != GM_OK) (void)database->driver->execute(database->state, "ROLLBACK", NULL);
    return status;
}

/* ---- rows ---- */

bool metadata_rows_start(gm_rows *rows, size_t n_columns) {
    rows->n_columns = n_columns;
    rows->arena = gm_arena_new();
    return rows->arena != NULL;
}

bool metadata_rows_add(gm_rows *rows, size_t *capacity) {
    if (rows->n_rows == *capacity) {
        size_t wanted = GM_MAX(2 * *capacity, (size_t)16);
        char **grown = gm_realloc_array(rows->cells, wanted * GM_MAX(rows->n_columns, (size_t)1), sizeof *grown);
        if (!grown) return false;
        rows->cells = grown;
        *capacity = wanted;
    }
    rows->n_rows++;
    return true;
}

void gm_rows_finish(gm_rows *rows) {
    gm_free(rows->cells);
    gm_arena_free(rows->arena);
    *rows = (gm_rows){0};
}

const char *gm_rows_text(const gm_rows *rows, size_t row, size_t column) {
    const char *text = rows->cells[row * rows->n_columns + column];
    return text ? text : "";
}

long gm_rows_long(const gm_rows *rows, size_t row, size_t column) {
    long value;
    return gm_parse_long(gm_rows_text(rows, row, column), &value) ? value : 0;
}
