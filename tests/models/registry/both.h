/* What the tests of the registry share: each runs on SQLite and, where it is installed, on PostgreSQL. */
#ifndef GIMLET_TESTS_REGISTRY_BOTH_H
#define GIMLET_TESTS_REGISTRY_BOTH_H

#include "postgres.h"

#include "models/registry/metadata/metadata.h"
#include "models/registry/registry.h"

#include <time.h>

static postgres server;
static char *folder;   /* of this test */
static char *database; /* its database */
static int number;     /* of databases made on the server */

/* ---- set-up ---- */

static inline gm_database *connect_to(const char *url) {
    gm_error err = {0};
    gm_database *db;
    for (double began_s = gm_seconds();; err = (gm_error){0}) {
        if (gm_database_open(url, &db, &err) == GM_OK) return db;
        if (gm_seconds() - began_s > 30) fail_msg("%s", err.message);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

static inline int begin_sqlite(void **state) {
    *state = NULL;
    folder = test_folder_new();
    database = gm_path_join(folder, "registry.db");
    return 0;
}

static inline int begin_postgres(void **state) {
    begin_sqlite(state);
    *state = &server;
    if (!server.pid) return 0;
    char sql[100], url[500];
    gm_auto(gm_database) db = connect_to(server.url);
    snprintf(sql, sizeof sql, "CREATE DATABASE test%d", ++number);
    if (gm_database_execute(db, sql, NULL) != GM_OK) return -1;
    snprintf(url, sizeof url, "postgresql://gimlet@/test%d?host=%s", number, server.dir);
    gm_free(database);
    database = gm_strdup(url);
    return 0;
}

static inline int end(void **state) {
    (void)state;
    test_folder_remove(folder);
    gm_free(database);
    return 0;
}

#define NEEDS_SERVER(state)                                                                                            \
    if (*(state) && !server.pid) skip()

static inline gm_registry *open_registry(void) {
    gm_error err = {0};
    gm_registry *r;
    gm_registry_options options = {.models_dir = folder, .database = database};
    assert_ok(gm_registry_open(&options, &r, &err), err);
    return r;
}

/* A version of two files, one of which is the same in all. */
static inline gm_status put_version(gm_registry *r, const char *model, const char *by, int content, long *version,
                                    gm_error *err) {
    char weights[300], config[300], text[64];
    snprintf(weights, sizeof weights, "%s/weights-%d", folder, content);
    snprintf(config, sizeof config, "%s/config-%d", folder, content);
    snprintf(text, sizeof text, "weights %d", content);
    GM_TRY(gm_write_file_fast(weights, text, strlen(text), err));
    GM_TRY(gm_write_file_fast(config, "{}", 2, err));
    const gm_registry_file files[] = {{"fold_01/model.safetensors", weights}, {"config.json", config}};
    json_t *facts = json_pack("{s:{s:f}, s:i}", "metrics", "exit_mae_mm", 0.1 + content / 1000.0, "n_folds", 1);
    json_t *tags = json_pack("{s:s}", "line", "A350");
    gm_registration n = {.model = model,
                         .by = by,
                         .description = "first look",
                         .run = "demo_1",
                         .dataset = "abc",
                         .origin = "registered",
                         .facts = facts,
                         .tags = tags,
                         .files = files,
                         .n_files = 2};
    gm_status status = gm_registry_register(r, &n, version, err);
    json_decref(facts);
    json_decref(tags);
    return status;
}

static inline void promote(gm_registry *r, long version, const char *alias) {
    gm_error err = {0};
    const gm_promotion p = {
        .model = "exit", .alias = alias, .by = "A. Meyer", .version = version, .reason = "better", .expected = -1};
    assert_ok(gm_registry_promote(r, &p, &err), err);
}

static inline long integer_at(const json_t *object, const char *key) {
    return (long)json_integer_value(json_object_get(object, key));
}

static inline int start_server(void **state) {
    (void)state;
    postgres_start(&server);
    return 0;
}

static inline int stop_server(void **state) {
    (void)state;
    postgres_stop(&server);
    return 0;
}

#define ON_BOTH(test)                                                                                                  \
    {#test " (SQLite)", test, begin_sqlite, end, NULL}, {                                                              \
#test " (PostgreSQL)", test, begin_postgres, end, NULL                                                         \
    }

#endif
