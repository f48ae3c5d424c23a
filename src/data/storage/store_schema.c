/* The tables, as numbered steps: step n brings a database from version n - 1 to n. A new database takes them all. Steps
 * that were released are never changed; a change of the tables is a further step. */
#include "storage_internal.h"

static const char *const migrations[] = {
    /* 1: what prepare finds */
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
    "INSERT INTO state VALUES('session', 0);",

    /* 2: what people decide. label_versions and audit only ever grow. */
    "ALTER TABLE labels ADD COLUMN reason TEXT;"
    "CREATE TABLE label_versions(id INTEGER PRIMARY KEY, hole TEXT NOT NULL, version INTEGER NOT NULL,"
    " at TEXT NOT NULL, gesture TEXT NOT NULL, present INTEGER NOT NULL, state INTEGER NOT NULL,"
    " before INTEGER NOT NULL, top INTEGER NOT NULL, batch INTEGER NOT NULL, audit INTEGER NOT NULL,"
    " source INTEGER, author TEXT, made_at TEXT, rejected INTEGER, confidence REAL,"
    " factor_clarity REAL, factor_signal REAL, factor_pattern REAL,"
    " entry_mm REAL, entry_confidence REAL, entry_evidence TEXT,"
    " transition_mm REAL, transition_confidence REAL, transition_evidence TEXT,"
    " exit_mm REAL, exit_confidence REAL, exit_evidence TEXT, reason TEXT,"
    " UNIQUE(hole, version));"
    "CREATE INDEX label_versions_by_batch ON label_versions(batch) WHERE batch <> 0;"
    "CREATE TABLE comments(id INTEGER PRIMARY KEY, hole TEXT NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE INDEX comments_by_hole ON comments(hole);"
    "CREATE TABLE batches(id INTEGER PRIMARY KEY, author TEXT NOT NULL, at TEXT NOT NULL, query TEXT NOT NULL,"
    " n_holes INTEGER NOT NULL, undone_at TEXT, undone_by TEXT, n_kept INTEGER);"
    "CREATE TABLE batch_previews(token TEXT PRIMARY KEY, author TEXT NOT NULL, at TEXT NOT NULL, query TEXT NOT NULL,"
    " holes TEXT NOT NULL, to_see TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE users(name TEXT PRIMARY KEY, role TEXT NOT NULL, created_at TEXT NOT NULL, token_id TEXT UNIQUE,"
    " salt BLOB NOT NULL, hash BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE audit(seq INTEGER PRIMARY KEY, at TEXT NOT NULL, user TEXT NOT NULL, action TEXT NOT NULL,"
    " subject TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL);"
    "CREATE TABLE audit_head(seq INTEGER NOT NULL, hash TEXT NOT NULL);"
    "INSERT INTO audit_head VALUES(0, '');"
    "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;"
    "CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;"
    "CREATE TRIGGER versions_stay BEFORE UPDATE ON label_versions"
    " BEGIN SELECT RAISE(ABORT, 'the history of labels only grows'); END;"
    "CREATE TRIGGER versions_keep BEFORE DELETE ON label_versions"
    " BEGIN SELECT RAISE(ABORT, 'the history of labels only grows'); END;",

    /* 3: who is signed in. Not part of the record of what people did: it comes and goes. */
    ("CREATE TABLE sessions(cookie_hash TEXT PRIMARY KEY, token_id TEXT NOT NULL, ends_at INTEGER NOT NULL)"
     " WITHOUT ROWID;"),
};
enum { SCHEMA_VERSION = GM_COUNT(migrations) };

static gm_status read_version(gm_store *store, int64_t *version, gm_error *err) {
    *version = 0;
    return store_read_int(store, "PRAGMA user_version", version, err);
}

static gm_status take_step(gm_store *store, int64_t to, gm_error *err) {
    GM_TRY(store_execute(store, migrations[to - 1], err));
    gm_auto_text sql = GM_TEXT_INIT;
    gm_text_printf(&sql, "PRAGMA user_version = %lld", (long long)to);
    return gm_text_ok(&sql) ? store_execute(store, gm_text_c(&sql), err) : gm_nomem(err);
}

/* All steps or none; another process may be at it too, so look again once the database is ours. */
static gm_status take_steps(gm_store *store, gm_error *err) {
    int64_t version;
    GM_TRY(store_execute(store, "BEGIN IMMEDIATE", err));
    gm_status status = read_version(store, &version, err);
    while (status == GM_OK && version < SCHEMA_VERSION) status = take_step(store, ++version, err);
    if (status == GM_OK) status = store_execute(store, "COMMIT", err);
    if (status != GM_OK) sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

gm_status store_migrate(gm_store *store, gm_error *err) {
    int64_t version;
    GM_TRY(read_version(store, &version, err));
    if (version > SCHEMA_VERSION)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "use the newer version, or another data directory",
                          "%s was made by a newer version of gimlet (schema %lld, this one knows %d)", store->dir,
                          (long long)version, SCHEMA_VERSION);
    if (version == 0 && !store->writing && !store->editing)
        return gm_fail(err, GM_E_FORMAT, "%s/gimlet.db is not a database of gimlet", store->dir);
    return version < SCHEMA_VERSION ? take_steps(store, err) : GM_OK;
}
