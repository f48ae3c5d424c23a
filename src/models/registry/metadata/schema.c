/* The tables, as numbered steps: step n brings a database from version n - 1 to n. Steps that were released are never
 * changed; a change of the tables is a further step. Engines differ only in how a trigger is written. */
#include "metadata_internal.h"

#include <stdio.h>
#include <string.h>

/* A table that only grows. */
#define SQLITE_GROWS(table)                                                                                            \
    "CREATE TRIGGER " table "_stays BEFORE UPDATE ON " table " BEGIN SELECT RAISE(ABORT, 'the history only grows');"   \
    " END;"                                                                                                            \
    "CREATE TRIGGER " table "_keeps BEFORE DELETE ON " table " BEGIN SELECT RAISE(ABORT, 'the history only grows');"   \
    " END;"
#define POSTGRES_GROWS(table)                                                                                          \
    "CREATE FUNCTION gimlet_only_grows() RETURNS trigger LANGUAGE plpgsql AS"                                          \
    " $$ BEGIN RAISE EXCEPTION 'the history only grows'; END $$;"                                                      \
    "CREATE TRIGGER " table "_stays BEFORE UPDATE OR DELETE ON " table                                                 \
    " FOR EACH ROW EXECUTE FUNCTION gimlet_only_grows();"

static const struct {
    const char *both, *sqlite, *postgres;
} steps[] = {
    /* 1: models, their versions, the files of these by content */
    {.both = "CREATE TABLE models(name TEXT PRIMARY KEY, description TEXT NOT NULL, created_at TEXT NOT NULL,"
             " created_by TEXT NOT NULL);"
             "CREATE TABLE versions(model TEXT NOT NULL REFERENCES models(name), version BIGINT NOT NULL,"
             " created_at TEXT NOT NULL, created_by TEXT NOT NULL, description TEXT NOT NULL, run TEXT NOT NULL,"
             " dataset TEXT NOT NULL, digest TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY(model, version));"
             "CREATE TABLE files(model TEXT NOT NULL, version BIGINT NOT NULL, path TEXT NOT NULL,"
             " sha256 TEXT NOT NULL, size BIGINT NOT NULL, PRIMARY KEY(model, version, path),"
             " FOREIGN KEY(model, version) REFERENCES versions(model, version));"
             "CREATE TABLE tags(model TEXT NOT NULL, version BIGINT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,"
             " PRIMARY KEY(model, version, name));"},
    /* 2: an alias is a pile of versions, of which the top one counts and a rollback takes that away; and who did what */
    {.both = "CREATE TABLE aliases(model TEXT NOT NULL, alias TEXT NOT NULL, depth BIGINT NOT NULL,"
             " version BIGINT NOT NULL, since TEXT NOT NULL, set_by TEXT NOT NULL, PRIMARY KEY(model, alias, depth),"
             " FOREIGN KEY(model, version) REFERENCES versions(model, version));"
             "CREATE TABLE history(seq BIGINT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,"
             " model TEXT NOT NULL, version BIGINT NOT NULL, alias TEXT NOT NULL, reason TEXT NOT NULL,"
             " detail TEXT NOT NULL, hash TEXT NOT NULL);",
     .sqlite = SQLITE_GROWS("history"),
     .postgres = POSTGRES_GROWS("history")},
    /* 3: signed passports, where versions came from, and whose signature counts */
    {.both = "ALTER TABLE versions ADD COLUMN origin TEXT NOT NULL DEFAULT 'registered';"
             "CREATE TABLE passports(model TEXT NOT NULL, version BIGINT NOT NULL, manifest TEXT NOT NULL,"
             " signature TEXT NOT NULL, public_key TEXT NOT NULL, page TEXT NOT NULL, PRIMARY KEY(model, version),"
             " FOREIGN KEY(model, version) REFERENCES versions(model, version));"
             "CREATE TABLE signers(fingerprint TEXT PRIMARY KEY, public_key TEXT NOT NULL, trusted_at TEXT NOT NULL,"
             " trusted_by TEXT NOT NULL);"},
    /* 4: versions that were taken away ('' = it is there), and content that no version needs any more: to be removed
     * from the storage, or removed (1). Tags of version 0 are those of the model itself. */
    {.both = "ALTER TABLE versions ADD COLUMN deleted_at TEXT NOT NULL DEFAULT '';"
             "CREATE TABLE freed(sha256 TEXT PRIMARY KEY, removed BIGINT NOT NULL);"},
};
const int gm_database_newest = GM_COUNT(steps);

gm_status gm_database_version(gm_database *database, int *out, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_execute(database, "CREATE TABLE IF NOT EXISTS gimlet_schema(version BIGINT NOT NULL)", err));
    GM_TRY(gm_database_query(database, "SELECT version FROM gimlet_schema", NULL, 0, &rows, err));
    *out = rows.n_rows ? (int)gm_rows_long(&rows, 0, 0) : 0;
    return GM_OK;
}

static gm_status take_step(gm_database *database, int to, gm_error *err) {
    bool sqlite = strcmp(gm_database_driver(database), "SQLite") == 0;
    const char *own = sqlite ? steps[to - 1].sqlite : steps[to - 1].postgres;
    GM_TRY(gm_database_execute(database, steps[to - 1].both, err));
    if (own) GM_TRY(gm_database_execute(database, own, err));
    char number[16];
    snprintf(number, sizeof number, "%d", to);
    const char *const values[] = {number};
    GM_TRY(gm_database_execute(database, "DELETE FROM gimlet_schema", err));
    return gm_database_query(database, "INSERT INTO gimlet_schema VALUES($1)", values, 1, NULL, err);
}

static gm_status take_steps(gm_database *database, int version, gm_error *err) {
    int now;
    GM_TRY(gm_database_version(database, &now, err));
    if (now > gm_database_newest)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "use the newer version of gimlet",
                          "the registry was made by a newer version of gimlet (schema %d, this one knows %d)", now,
                          gm_database_newest);
    while (now < version) GM_TRY(take_step(database, ++now, err));
    return GM_OK;
}

gm_status gm_database_migrate_to(gm_database *database, int version, gm_error *err) {
    GM_TRY(gm_database_begin(database, true, err));
    return gm_database_end(database, take_steps(database, version, err), err);
}

/* Tables that are there already are found without waiting for a writer. */
gm_status gm_database_migrate(gm_database *database, gm_error *err) {
    gm_auto_rows rows = {0};
    if (gm_database_query(database, "SELECT version FROM gimlet_schema", NULL, 0, &rows, NULL) == GM_OK &&
        rows.n_rows && gm_rows_long(&rows, 0, 0) == gm_database_newest)
        return GM_OK;
    return gm_database_migrate_to(database, gm_database_newest, err);
}
