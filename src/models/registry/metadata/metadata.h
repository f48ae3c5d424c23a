/* The database of the registry: the little SQL that it needs, the same on SQLite and PostgreSQL.
 *
 *     MODELS/registry.db, sqlite:///srv/models/registry.db     a file of this machine (sqlite.c)
 *     postgresql://user@host/name                               a server that a team shares (postgres.c)
 *
 * For        models/registry only.
 * Depends on base, sqlite3, libpq.
 * SQL        values stand as $1, $2, ... and are given as texts; NULL is NULL. What both understand, and nothing else:
 *            TEXT and BIGINT columns, no sequences, times as text in UTC.
 * Writers    take turns: gm_database_begin for writing waits until no other writer is inside, then sees all that they
 *            have committed. What was committed is on the disk (SQLite: WAL with synchronous=FULL; PostgreSQL:
 *            synchronous_commit).
 * Errors     GM_E_UNAVAILABLE: the server does not answer or refuses; GM_E_IO: all else that the database says. No
 *            message holds a password.
 * Threads    a database belongs to one thread at a time; any number may be open, also on several machines. */
#ifndef GIMLET_MODELS_REGISTRY_METADATA_H
#define GIMLET_MODELS_REGISTRY_METADATA_H

#include "base/base.h"

typedef struct gm_database gm_database;
/* A path, sqlite:PATH, or postgresql://... A file is made where absent. */
gm_status gm_database_open(const char *url, gm_database **out, gm_error *err) GM_MUST_CHECK;
void gm_database_free(gm_database *database); /* accepts NULL; what was not committed is not kept */
GM_AUTO(gm_database)
const char *gm_database_driver(const gm_database *database); /* "SQLite", "PostgreSQL" */
const char *gm_database_title(const gm_database *database);  /* where it is, without user and password */

/* All between begin and commit counts or nothing; without writing it is one unchanging view. */
gm_status gm_database_begin(gm_database *database, bool writing, gm_error *err) GM_MUST_CHECK;
/* Commits when status is GM_OK, else (or when that fails) takes all back. Returns what then holds. */
gm_status gm_database_end(gm_database *database, gm_status status, gm_error *err) GM_MUST_CHECK;

typedef struct {
    char **cells; /* n_rows * n_columns; NULL where the database has NULL */
    size_t n_rows, n_columns;
    gm_arena *arena;
} gm_rows;
void gm_rows_finish(gm_rows *rows);
#define gm_auto_rows __attribute__((cleanup(gm_rows_finish))) gm_rows
/* "" for NULL. */
const char *gm_rows_text(const gm_rows *rows, size_t row, size_t column);
long gm_rows_long(const gm_rows *rows, size_t row, size_t column);

/* One statement; out NULL = its rows are not wanted. */
gm_status gm_database_query(gm_database *database, const char *sql, const char *const *values, size_t n_values,
                            gm_rows *out, gm_error *err) GM_MUST_CHECK;
/* Several statements without values. */
gm_status gm_database_execute(gm_database *database, const char *sql, gm_error *err) GM_MUST_CHECK;

/* ---- the tables, as numbered steps ---- */

/* Brings the tables to the newest version, all steps or none; a newer one than this program knows is GM_E_CONFLICT. */
gm_status gm_database_migrate(gm_database *database, gm_error *err) GM_MUST_CHECK;
/* The same up to one version, for tests. */
gm_status gm_database_migrate_to(gm_database *database, int version, gm_error *err) GM_MUST_CHECK;
gm_status gm_database_version(gm_database *database, int *out, gm_error *err) GM_MUST_CHECK; /* 0 = no tables */
extern const int gm_database_newest;

#endif
