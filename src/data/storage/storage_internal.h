#ifndef GIMLET_DATA_STORAGE_INTERNAL_H
#define GIMLET_DATA_STORAGE_INTERNAL_H

#include "storage.h"

#include <sqlite3.h>

/* Prepared statements live as long as the store. */
enum {
    STATEMENT_UNCHANGED,
    STATEMENT_SEEN,
    STATEMENT_PUT_FILE,
    STATEMENT_SET_RESULT,
    STATEMENT_PUT_HOLE,
    STATEMENT_RECALL_HOLE,
    STATEMENT_HOLE_OF_FILE,
    STATEMENT_PUT_LABEL,
    STATEMENT_LABEL,
    N_STATEMENTS
};

struct gm_store {
    char *dir, *holes_dir;
    sqlite3 *db;
    gm_lock lock;
    bool writing, in_transaction;
    bool editing;    /* opened by gm_store_open_edit: no lock, every commit on the disk */
    int64_t session; /* number of this opening: marks the files that were seen */
    sqlite3_stmt *statements[N_STATEMENTS];
};

/* What SQLite said, with the name of the database. */
gm_status store_fail(const gm_store *store, gm_error *err);
/* The statement, reset and ready for binding; begins a transaction before the first write. */
gm_status store_statement(gm_store *store, int which, const char *sql, bool writes, sqlite3_stmt **out, gm_error *err);
gm_status store_step_done(gm_store *store, sqlite3_stmt *statement, gm_error *err);
gm_status store_execute(gm_store *store, const char *sql, gm_error *err);
gm_status store_read_int(gm_store *store, const char *sql, int64_t *out, gm_error *err);
/* Brings the tables of an older database forward; a newer one is GM_E_CONFLICT. */
gm_status store_migrate(gm_store *store, gm_error *err);
/* A statement of one use: auto_statement s = NULL; GM_TRY(store_prepare(store, "...", &s, err)); */
gm_status store_prepare(gm_store *store, const char *sql, sqlite3_stmt **out, gm_error *err);
/* *found = there is a (further) row. */
gm_status store_step_row(gm_store *store, sqlite3_stmt *statement, bool *found, gm_error *err);
static inline void store_finalize_(sqlite3_stmt **s) {
    sqlite3_finalize(*s);
}
#define auto_statement __attribute__((cleanup(store_finalize_))) sqlite3_stmt *
/* A copy of a column in a fixed-size text. */
#define STORE_COPY(target, s, i) snprintf((target), sizeof(target), "%s", store_text((s), (i)))
/* Room for one more item in a list; false when out of memory. */
bool store_grow(void **items, size_t count, size_t *capacity, size_t item_size);
static inline void store_bind_text(sqlite3_stmt *s, int i, const char *text) {
    sqlite3_bind_text(s, i, text, -1, SQLITE_TRANSIENT);
}
static inline const char *store_text(sqlite3_stmt *s, int i) {
    const char *text = (const char *)sqlite3_column_text(s, i);
    return text ? text : "";
}
/* NULL in the database is NAN here, and the other way round. */
static inline double store_double(sqlite3_stmt *s, int i) {
    return sqlite3_column_type(s, i) == SQLITE_NULL ? NAN : sqlite3_column_double(s, i);
}
static inline void store_bind_double(sqlite3_stmt *s, int i, double value) {
    if (isnan(value))
        sqlite3_bind_null(s, i);
    else
        sqlite3_bind_double(s, i, value);
}

/* A label in one row: these columns, in this order. */
#define LABEL_COLUMNS                                                                                                  \
    "source, author, made_at, rejected, confidence, factor_clarity, factor_signal, factor_pattern, "                   \
    "entry_mm, entry_confidence, entry_evidence, transition_mm, transition_confidence, transition_evidence, "          \
    "exit_mm, exit_confidence, exit_evidence, reason"
#define LABEL_PLACES "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
enum { N_LABEL_COLUMNS = 18 };
void store_read_label(sqlite3_stmt *statement, int first, gm_label *out);
void store_bind_label(sqlite3_stmt *statement, int first, const gm_label *label);

/* What the audit log notes of a version; the log and the history are held against each other by it. */
void store_describe_version(const gm_label_version *version, gm_text *out);
gm_status store_verify_versions(gm_store *store, gm_audit_verdict *out, gm_error *err);
gm_status store_find_lost_version(gm_store *store, gm_audit_verdict *out, gm_error *err);

#endif
