#ifndef GIMLET_SERVICE_RUN_INDEX_INTERNAL_H
#define GIMLET_SERVICE_RUN_INDEX_INTERNAL_H

#include "run_index.h"

#include <sqlite3.h>

struct run_index {
    char *models_dir, *path;
    sqlite3 *db;
    const gm_observer *observer;
    sqlite3_stmt *add_key, *find_key, *add_fact;
};

/* What SQLite said, with the name of the database. */
gm_status run_index_fail(const run_index *index, gm_error *err);
gm_status run_index_execute(run_index *index, const char *sql, gm_error *err);
gm_status run_index_prepare(run_index *index, const char *sql, sqlite3_stmt **out, gm_error *err);
static inline void run_index_finalize_(sqlite3_stmt **s) {
    sqlite3_finalize(*s);
}
#define auto_statement __attribute__((cleanup(run_index_finalize_))) sqlite3_stmt *

/* Reads the folders that have changed; run_index_update.c. */
gm_status run_index_update(run_index *index, gm_error *err);

#endif
