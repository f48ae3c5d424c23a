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
    int64_t session; /* number of this opening: marks the files that were seen */
    sqlite3_stmt *statements[N_STATEMENTS];
};

/* What SQLite said, with the name of the database. */
gm_status store_fail(const gm_store *store, gm_error *err);
/* The statement, reset and ready for binding; begins a transaction before the first write. */
gm_status store_statement(gm_store *store, int which, const char *sql, bool writes, sqlite3_stmt **out, gm_error *err);
gm_status store_step_done(gm_store *store, sqlite3_stmt *statement, gm_error *err);
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
    "exit_mm, exit_confidence, exit_evidence"
enum { N_LABEL_COLUMNS = 17 };
void store_read_label(sqlite3_stmt *statement, int first, gm_label *out);

#endif
