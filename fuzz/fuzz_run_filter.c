#include "service/runs/run_filter.h"

#include <sqlite3.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sqlite3 *database(void) {
    static sqlite3 *db;
    if (db) return db;
    GM_ASSERT(sqlite3_open(":memory:", &db) == SQLITE_OK);
    GM_ASSERT(sqlite3_exec(db, "CREATE TABLE runs(id); CREATE TABLE facts(key, run, number, text);", NULL, NULL,
                           NULL) == SQLITE_OK);
    return db;
}

/* The words of a filter: what is accepted is one condition that SQLite takes, with a value for each question mark; what is
 * refused says why. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    run_key items[] = {{"metrics.exit_mae_mm", 1}, {"params.training_config.epochs", 2}, {"run", 3}, {"state", 4}};
    run_keys keys = {.items = items, .count = GM_COUNT(items)};
    run_filter filter;
    gm_error err = {0};
    gm_auto_free char *text = gm_strndup((const char *)data, size);
    GM_ASSERT(text);
    gm_status status = run_filter_compile(text, &keys, &filter, &err);
    GM_ASSERT(status == GM_OK || err.message[0] != '\0');
    if (status == GM_OK) {
        gm_auto_text sql = GM_TEXT_INIT;
        sqlite3_stmt *statement = NULL;
        const char *tail = NULL;
        gm_text_printf(&sql, "SELECT r.id FROM runs r WHERE %s", gm_text_c(&filter.where));
        GM_ASSERT(sqlite3_prepare_v2(database(), gm_text_c(&sql), -1, &statement, &tail) == SQLITE_OK && !*tail);
        GM_ASSERT((size_t)sqlite3_bind_parameter_count(statement) == json_array_size(filter.values));
        sqlite3_finalize(statement);
    }
    run_filter_finish(&filter);
    return 0;
}
