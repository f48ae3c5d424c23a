/* The registry on both databases: every test runs on SQLite and, where it is installed, on PostgreSQL. */
#include "both.h"

/* ---- tests ---- */

static void versions_are_numbered_and_read_back(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    long version;
    assert_ok(put_version(r, "exit", "B. Kurz", 1, &version, &err), err);
    assert_int_equal(version, 1);
    assert_ok(put_version(r, "exit", "B. Kurz", 2, &version, &err), err);
    assert_int_equal(version, 2);
    assert_int_equal(put_version(r, "exit", "B. Kurz", 1, &version, &err), GM_E_CONFLICT);
    assert_non_null(strstr(err.message, "exit:1"));
    json_t *list, *model, *one;
    err = (gm_error){0};
    assert_ok(gm_registry_list(r, &list, &err), err);
    json_t *item = json_array_get(json_object_get(list, "items"), 0);
    assert_string_equal(json_string_value(json_object_get(item, "name")), "exit");
    assert_int_equal(integer_at(item, "latest"), 2);
    assert_ok(gm_registry_model(r, "exit", &model, &err), err);
    assert_int_equal(json_array_size(json_object_get(model, "versions")), 2);
    assert_int_equal(json_array_size(json_object_get(model, "history")), 2);
    assert_ok(gm_registry_version(r, "exit", 2, &one, &err), err);
    assert_string_equal(json_string_value(json_object_get(one, "created_by")), "B. Kurz");
    assert_string_equal(json_string_value(json_object_get(json_object_get(one, "tags"), "line")), "A350");
    assert_int_equal(json_array_size(json_object_get(one, "files")), 2);
    assert_int_equal(integer_at(json_object_get(one, "facts"), "n_folds"), 1);
    json_decref(list), json_decref(model), json_decref(one);
}

static void names_are_found_or_explained(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    gm_model_ref ref;
    long version;
    assert_ok(put_version(r, "exit", "B. Kurz", 1, &version, &err), err);
    assert_ok(put_version(r, "exit", "B. Kurz", 2, &version, &err), err);
    assert_ok(gm_registry_resolve(r, "exit", &ref, &err), err);
    assert_int_equal(ref.version, 2);
    promote(r, 1, "champion");
    assert_ok(gm_registry_resolve(r, "exit", &ref, &err), err);
    assert_int_equal(ref.version, 1);
    assert_ok(gm_registry_resolve(r, "exit:2", &ref, &err), err);
    assert_int_equal(ref.version, 2);
    assert_ok(gm_registry_resolve(r, "exit@champion", &ref, &err), err);
    assert_true(ref.version == 1 && strcmp(ref.alias, "champion") == 0);
    static const struct {
        const char *text, *says;
        gm_status status;
    } wrong[] = {{"entry", "no model \"entry\"", GM_E_NOTFOUND}, {"exit:3", "versions 1 to 2", GM_E_NOTFOUND},
                 {"exit@best", "has no best", GM_E_NOTFOUND},    {"exit:two", "no version number", GM_E_ARG},
                 {"../exit", "cannot be the name", GM_E_ARG},    {"exit:0", "versions 1 to 2", GM_E_NOTFOUND}};
    for (size_t i = 0; i < GM_COUNT(wrong); i++) {
        err = (gm_error){0};
        assert_int_equal(gm_registry_resolve(r, wrong[i].text, &ref, &err), wrong[i].status);
        if (!strstr(err.message, wrong[i].says)) fail_msg("%s: %s", wrong[i].text, err.message);
    }
    assert_true(gm_registry_is_ref("exit:2") && gm_registry_is_ref("exit@champion"));
    assert_false(gm_registry_is_ref("exit") || gm_registry_is_ref("models/exit:2") || gm_registry_is_ref("exit:b"));
}

static void a_rollback_goes_back_one_step(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    long version, from, to;
    for (int i = 1; i <= 3; i++) assert_ok(put_version(r, "exit", "B. Kurz", i, &version, &err), err);
    for (int i = 1; i <= 3; i++) promote(r, i, "champion");
    const gm_promotion again = {.model = "exit", .alias = "champion", .by = "x", .version = 3, .expected = -1};
    assert_int_equal(gm_registry_promote(r, &again, &err), GM_E_CONFLICT);
    const gm_promotion late = {.model = "exit", .alias = "champion", .by = "x", .version = 2, .expected = 1};
    err = (gm_error){0};
    assert_int_equal(gm_registry_promote(r, &late, &err), GM_E_CONFLICT);
    assert_non_null(strstr(err.message, "meanwhile"));
    err = (gm_error){0};
    double began_s = gm_seconds();
    assert_ok(gm_registry_rollback(r, "exit", "champion", "A. Meyer", "drifts", &from, &to, &err), err);
    print_message("# rolled back in %.1f ms\n", (gm_seconds() - began_s) * 1000);
    assert_true(from == 3 && to == 2);
    assert_ok(gm_registry_rollback(r, "exit", "champion", "A. Meyer", NULL, &from, &to, &err), err);
    assert_true(from == 2 && to == 1);
    assert_int_equal(gm_registry_rollback(r, "exit", "champion", "A. Meyer", NULL, &from, &to, &err), GM_E_CONFLICT);
    assert_ok(gm_registry_alias(r, "exit", "champion", &version, &err), err);
    assert_int_equal(version, 1);
    json_t *model;
    err = (gm_error){0};
    assert_ok(gm_registry_model(r, "exit", &model, &err), err);
    json_t *line = json_array_get(json_object_get(model, "history"), 1);
    assert_string_equal(json_string_value(json_object_get(line, "action")), "rolled back");
    assert_string_equal(json_string_value(json_object_get(line, "reason")), "drifts");
    assert_int_equal(integer_at(json_object_get(line, "detail"), "previous"), 3);
    json_decref(model);
}

static void the_history_only_grows(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    char problem[300];
    long version;
    gm_auto(gm_registry) r = open_registry();
    assert_ok(put_version(r, "exit", "B. Kurz", 1, &version, &err), err);
    promote(r, 1, "candidate");
    gm_auto(gm_database) db = connect_to(database);
    assert_int_equal(gm_database_execute(db, "UPDATE history SET who = 'nobody'", &err), GM_E_IO);
    assert_non_null(strstr(err.message, "only grows"));
    assert_int_equal(gm_database_execute(db, "DELETE FROM history", NULL), GM_E_IO);
    err = (gm_error){0};
    assert_ok(gm_registry_check_history(r, problem, &err), err);
    assert_string_equal(problem, "");
    /* who removes the guard first is found all the same */
    assert_ok(
        gm_database_execute(db, *state ? "DROP TRIGGER history_stays ON history" : "DROP TRIGGER history_stays", &err),
        err);
    assert_ok(gm_database_execute(db, "UPDATE history SET who = 'nobody' WHERE seq = 1", &err), err);
    assert_ok(gm_registry_check_history(r, problem, &err), err);
    assert_non_null(strstr(problem, "line 1 of the history was changed"));
}

static void a_version_is_whole_or_named_damaged(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    gm_auto_free char *dir = NULL, *again = NULL;
    long version;
    json_t *damaged;
    assert_ok(put_version(r, "exit", "B. Kurz", 1, &version, &err), err);
    assert_ok(gm_registry_checkout(r, "exit", 1, &dir, &err), err);
    assert_ok(gm_registry_checkout(r, "exit", 1, &again, &err), err);
    assert_string_equal(dir, again);
    gm_auto_free char *path = gm_path_join(dir, "fold_01/model.safetensors"), *bytes = NULL;
    size_t size;
    assert_ok(gm_read_file(path, 100, &bytes, &size, &err), err);
    assert_string_equal(bytes, "weights 1");
    assert_ok(gm_registry_check_files(r, "exit", 1, &damaged, &err), err);
    assert_int_equal(json_array_size(damaged), 0);
    json_decref(damaged);
    char hex[GM_SHA256_HEX], stored[400];
    gm_sha256(bytes, size, hex);
    snprintf(stored, sizeof stored, "%s/registry/files/%.2s/%s", folder, hex, hex);
    bytes[3] ^= 1;
    assert_ok(gm_write_file(stored, bytes, size, &err), err);
    assert_ok(gm_registry_check_files(r, "exit", 1, &damaged, &err), err);
    assert_int_equal(json_array_size(damaged), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(damaged, 0), "path")),
                        "fold_01/model.safetensors");
    json_decref(damaged);
    assert_int_equal(gm_remove_tree(dir, NULL), GM_OK);
    gm_free(gm_steal(&again));
    assert_int_equal(gm_registry_checkout(r, "exit", 1, &again, &err), GM_E_FORMAT);
    assert_false(gm_is_directory(dir));
}

/* Each of two processes registers versions of the same model and moves the same alias. */
static void writer(int which) {
    gm_error err = {0};
    gm_registry *r;
    gm_registry_options options = {.models_dir = folder, .database = database};
    if (gm_registry_open(&options, &r, &err) != GM_OK) _exit(2);
    for (int i = 0; i < 10; i++) {
        long version;
        if (put_version(r, "exit", which ? "A. Meyer" : "B. Kurz", 100 * which + i, &version, &err) != GM_OK) {
            fprintf(stderr, "# %s\n", err.message);
            _exit(3);
        }
        const gm_promotion p = {.model = "exit", .alias = "candidate", .by = "x", .version = version, .expected = -1};
        if (gm_registry_promote(r, &p, &err) != GM_OK) _exit(4);
    }
    gm_registry_free(r);
    _exit(0);
}

static void two_writers_take_turns(void **state) {
    NEEDS_SERVER(state);
    pid_t children[2];
    for (int i = 0; i < 2; i++)
        if ((children[i] = fork()) == 0) writer(i);
    for (int i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    json_t *model;
    char problem[300];
    assert_ok(gm_registry_model(r, "exit", &model, &err), err);
    assert_int_equal(integer_at(model, "latest"), 20);
    assert_int_equal(json_array_size(json_object_get(model, "versions")), 20);
    assert_int_equal(json_array_size(json_object_get(model, "history")), 40);
    json_decref(model);
    assert_ok(gm_registry_check_history(r, problem, &err), err);
    assert_string_equal(problem, "");
}

/* Databases as each earlier version left them, with what could stand in them then. */
static void older_databases_are_brought_forward(void **state) {
    NEEDS_SERVER(state);
    static const char *const contents[] = {
        "",
        ("INSERT INTO models VALUES('old', '', '2026-01-01T00:00:00.000Z', 'C. Alt');"
         "INSERT INTO versions VALUES('old', 1, '2026-01-01T00:00:00.000Z', 'C. Alt', '', 'run', 'set', 'd', '{}');"),
        "INSERT INTO aliases VALUES('old', 'champion', 1, 1, '2026-01-01T00:00:00.000Z', 'C. Alt');",
        "INSERT INTO signers VALUES('f', 'key', '2026-01-01T00:00:00.000Z', 'C. Alt');",
    };
    assert_int_equal(GM_COUNT(contents), gm_database_newest);
    for (int version = 0; version < gm_database_newest; version++) {
        gm_error err = {0};
        gm_auto(gm_database) db = connect_to(database);
        for (int i = 0; i <= version; i++) {
            if (i) assert_ok(gm_database_migrate_to(db, i, &err), err);
            if (i) assert_ok(gm_database_execute(db, contents[i], &err), err);
        }
        int is;
        assert_ok(gm_database_version(db, &is, &err), err);
        assert_int_equal(is, version);
        gm_auto(gm_registry) r = open_registry();
        assert_ok(gm_database_version(db, &is, &err), err);
        assert_int_equal(is, gm_database_newest);
        gm_model_ref ref;
        if (version) assert_ok(gm_registry_resolve(r, version > 1 ? "old@champion" : "old:1", &ref, &err), err);
        const gm_registry_change change = {.model = "old", .by = "C. Neu", .version = 1, .description = "from before"};
        if (version) assert_ok(gm_registry_describe(r, &change, &err), err);
        gm_registry_free(gm_steal(&r));
        gm_database_free(gm_steal(&db));
        end(NULL);
        if (*state)
            begin_postgres(state);
        else
            begin_sqlite(state);
    }
}

static void a_newer_database_is_left_alone(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    gm_registry *r;
    gm_auto(gm_database) db = connect_to(database);
    assert_ok(gm_database_migrate(db, &err), err);
    assert_ok(gm_database_execute(db, "UPDATE gimlet_schema SET version = 99", &err), err);
    gm_registry_options options = {.models_dir = folder, .database = database};
    assert_int_equal(gm_registry_open(&options, &r, &err), GM_E_CONFLICT);
    assert_non_null(strstr(err.message, "newer version"));
}

static void no_password_is_told(void **state) {
    (void)state;
    gm_error err = {0};
    gm_database *db;
    assert_int_equal(gm_database_open("postgresql://me:geheim@/none?host=/nowhere", &db, &err), GM_E_UNAVAILABLE);
    assert_null(strstr(err.message, "geheim"));
    err = (gm_error){0};
    assert_int_equal(gm_database_open("postgresql://me:gehe%ziim@h/none", &db, &err), GM_E_ARG);
    assert_null(strstr(err.message, "gehe"));
    err = (gm_error){0};
    assert_int_equal(gm_database_open("mysql://me:geheim@h/none", &db, &err), GM_E_ARG);
    assert_null(strstr(err.message, "geheim"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_BOTH(versions_are_numbered_and_read_back), ON_BOTH(names_are_found_or_explained),
        ON_BOTH(a_rollback_goes_back_one_step),       ON_BOTH(the_history_only_grows),
        ON_BOTH(a_version_is_whole_or_named_damaged), ON_BOTH(two_writers_take_turns),
        ON_BOTH(older_databases_are_brought_forward), ON_BOTH(a_newer_database_is_left_alone),
        cmocka_unit_test(no_password_is_told),
    };
    return cmocka_run_group_tests_name("models/registry", tests, start_server, stop_server);
}
