/* What changes after registration, on both databases: description, tags, and versions that are deleted. */
#include "both.h"

#include "models/registry/storage/storage.h"

static void register_versions(gm_registry *r, const char *model, int count) {
    gm_error err = {0};
    long version;
    for (int i = 1; i <= count; i++) assert_ok(put_version(r, model, "B. Kurz", i, &version, &err), err);
}

static json_t *history_of(gm_registry *r, const char *model) {
    gm_error err = {0};
    json_t *json;
    assert_ok(gm_registry_model(r, model, &json, &err), err);
    json_t *lines = json_incref(json_object_get(json, "history"));
    json_decref(json);
    return lines;
}

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "(none)";
}

static void assert_chain(gm_registry *r) {
    gm_error err = {0};
    char problem[300];
    assert_ok(gm_registry_check_history(r, problem, &err), err);
    assert_string_equal(problem, "");
}

/* ---- description and tags ---- */

static void describe(gm_registry *r, long version, const char *description, const char *tags) {
    gm_error err = {0};
    json_t *json = tags ? json_loads(tags, 0, NULL) : NULL;
    const gm_registry_change change = {
        .model = "exit", .by = "A. Meyer", .version = version, .description = description, .tags = json};
    assert_ok(gm_registry_describe(r, &change, &err), err);
    json_decref(json);
}

static void what_is_said_can_change_and_the_history_knows(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    json_t *model, *one;
    register_versions(r, "exit", 2);
    describe(r, 2, "more CFRP", "{\"line\": \"A320\", \"kept\": \"yes\"}");
    describe(r, 2, "more CFRP", "{\"line\": \"A320\"}"); /* nothing new: no line */
    describe(r, 2, NULL, "{\"kept\": null, \"never\": null}");
    describe(r, 0, "all machines", "{\"owner\": \"drilling\"}");
    assert_ok(gm_registry_version(r, "exit", 2, &one, &err), err);
    assert_string_equal(text_at(one, "description"), "more CFRP");
    assert_string_equal(text_at(json_object_get(one, "tags"), "line"), "A320");
    assert_int_equal(json_object_size(json_object_get(one, "tags")), 1);
    json_decref(one);
    assert_ok(gm_registry_version(r, "exit", 1, &one, &err), err);
    assert_string_equal(text_at(one, "description"), "first look");
    json_decref(one);
    assert_ok(gm_registry_model(r, "exit", &model, &err), err);
    assert_string_equal(text_at(model, "description"), "all machines");
    assert_string_equal(text_at(json_object_get(model, "tags"), "owner"), "drilling");
    json_decref(model);
    static const struct {
        long version;
        const char *action, *detail;
    } lines[] = {{0, "tagged", "{\"new\":\"drilling\",\"old\":null,\"tag\":\"owner\"}"},
                 {0, "described", "{\"new\":\"all machines\",\"old\":\"first look\"}"},
                 {2, "tagged", "{\"new\":null,\"old\":\"yes\",\"tag\":\"kept\"}"},
                 {2, "tagged", "{\"new\":\"yes\",\"old\":null,\"tag\":\"kept\"}"},
                 {2, "tagged", "{\"new\":\"A320\",\"old\":\"A350\",\"tag\":\"line\"}"},
                 {2, "described", "{\"new\":\"more CFRP\",\"old\":\"first look\"}"}};
    json_t *history = history_of(r, "exit");
    assert_int_equal(json_array_size(history), GM_COUNT(lines) + 2);
    for (size_t i = 0; i < GM_COUNT(lines); i++) {
        const json_t *line = json_array_get(history, i);
        char *detail = json_dumps(json_object_get(line, "detail"), JSON_COMPACT | JSON_SORT_KEYS);
        assert_string_equal(text_at(line, "action"), lines[i].action);
        assert_string_equal(text_at(line, "who"), "A. Meyer");
        assert_int_equal(integer_at(line, "version"), lines[i].version);
        assert_string_equal(detail, lines[i].detail);
        free(detail);
    }
    json_decref(history);
    assert_chain(r);
}

static void what_cannot_be_said_is_refused_and_nothing_changes(void **state) {
    NEEDS_SERVER(state);
    gm_auto(gm_registry) r = open_registry();
    register_versions(r, "exit", 1);
    static const struct {
        const char *model, *tags, *says;
        long version;
        gm_status status;
    } wrong[] = {{"exit", "{\"a b\": \"c\"}", "cannot be the name of a tag", 1, GM_E_ARG},
                 {"exit", "{\"a\": 3}", "must be a text", 1, GM_E_ARG},
                 {"exit", "{}", "no version 2", 2, GM_E_NOTFOUND},
                 {"entry", "{}", "no model \"entry\"", 0, GM_E_NOTFOUND}};
    for (size_t i = 0; i < GM_COUNT(wrong); i++) {
        gm_error err = {0};
        json_t *tags = json_loads(wrong[i].tags, 0, NULL);
        const gm_registry_change change = {
            .model = wrong[i].model, .by = "x", .version = wrong[i].version, .description = "new", .tags = tags};
        assert_int_equal(gm_registry_describe(r, &change, &err), wrong[i].status);
        if (!strstr(err.message, wrong[i].says)) fail_msg("%s", err.message);
        json_decref(tags);
    }
    gm_error err = {0};
    const gm_registry_change broken = {.model = "exit", .by = "x", .version = 1, .description = "\xff"};
    assert_int_equal(gm_registry_describe(r, &broken, &err), GM_E_ARG);
    json_t *history = history_of(r, "exit");
    assert_int_equal(json_array_size(history), 1);
    json_decref(history);
}

/* ---- deletion ---- */

static gm_registry_deletion delete_version(gm_registry *r, const char *model, long version) {
    gm_error err = {0};
    gm_registry_deletion done;
    assert_ok(gm_registry_delete(r, model, version, "A. Meyer", "not needed", &done, &err), err);
    return done;
}

static size_t files_kept(void) {
    gm_error err = {0};
    gm_stored_list list = {0};
    gm_auto(gm_storage) storage = NULL;
    gm_auto_free char *path = gm_path_join(folder, "registry/files");
    assert_ok(gm_storage_open(path, &storage, &err), err);
    assert_ok(gm_storage_list(storage, "", &list, &err), err);
    size_t count = list.count;
    gm_stored_list_finish(&list);
    return count;
}

static void assert_intact(gm_registry *r, const char *model, long version) {
    gm_error err = {0};
    json_t *damaged;
    assert_ok(gm_registry_check_files(r, model, version, &damaged, &err), err);
    assert_int_equal(json_array_size(damaged), 0);
    json_decref(damaged);
}

static void a_deleted_version_is_gone_but_known(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    gm_registry_deletion done;
    gm_auto_free char *dir = NULL;
    json_t *model;
    long version;
    register_versions(r, "exit", 3);
    promote(r, 3, "champion"), promote(r, 3, "candidate");
    assert_int_equal(gm_registry_delete(r, "exit", 3, "x", "why", &done, &err), GM_E_CONFLICT);
    assert_non_null(strstr(err.message, "exit:3 is the candidate and the champion"));
    err = (gm_error){0};
    assert_ok(gm_registry_checkout(r, "exit", 2, &dir, &err), err);
    assert_int_equal(files_kept(), 4);
    done = delete_version(r, "exit", 2);
    assert_true(done.freed_files == 1 && done.freed_bytes == 9 && !done.waiting_files);
    assert_int_equal(files_kept(), 3); /* what all versions share stays */
    assert_false(gm_is_directory(dir));
    assert_intact(r, "exit", 1), assert_intact(r, "exit", 3);
    assert_int_equal(gm_registry_delete(r, "exit", 2, "x", "why", &done, &err), GM_E_NOTFOUND);
    assert_non_null(strstr(err.message, "exit:2 was deleted on "));
    assert_ok(gm_registry_model(r, "exit", &model, &err), err);
    assert_int_equal(json_array_size(json_object_get(model, "versions")), 2);
    assert_int_equal(integer_at(model, "n_versions"), 2);
    const json_t *line = json_array_get(json_object_get(model, "history"), 0);
    assert_string_equal(text_at(line, "action"), "deleted");
    assert_string_equal(text_at(line, "reason"), "not needed");
    assert_string_equal(text_at(json_object_get(line, "detail"), "run"), "demo_1");
    json_decref(model);
    /* its files may come again, as a version of their own */
    err = (gm_error){0};
    assert_ok(put_version(r, "exit", "B. Kurz", 2, &version, &err), err);
    assert_int_equal(version, 4);
    assert_intact(r, "exit", 4);
    delete_version(r, "exit", 4);
    assert_ok(put_version(r, "exit", "B. Kurz", 5, &version, &err), err);
    assert_int_equal(version, 5);
    assert_chain(r);
}

static void no_rollback_goes_to_a_deleted_version(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    static const long order[] = {1, 2, 1, 3, 4};
    gm_registry_deletion done;
    long from, to;
    register_versions(r, "exit", 4);
    for (size_t i = 0; i < GM_COUNT(order); i++) promote(r, order[i], "champion");
    delete_version(r, "exit", 3);
    delete_version(r, "exit", 2);
    assert_ok(gm_registry_rollback(r, "exit", "champion", "x", NULL, &from, &to, &err), err);
    assert_true(from == 4 && to == 1);
    /* the two entries of 1, between which 2 stood, are one: there is nothing before */
    assert_int_equal(gm_registry_rollback(r, "exit", "champion", "x", NULL, &from, &to, &err), GM_E_CONFLICT);
    assert_int_equal(gm_registry_delete(r, "exit", 1, "x", "why", &done, &err), GM_E_CONFLICT);
}

static void a_model_without_versions_is_still_known(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    gm_model_ref ref;
    json_t *list;
    long version;
    register_versions(r, "exit", 1);
    delete_version(r, "exit", 1);
    assert_int_equal(files_kept(), 0);
    assert_int_equal(gm_registry_resolve(r, "exit", &ref, &err), GM_E_NOTFOUND);
    assert_non_null(strstr(err.message, "every version of exit was deleted"));
    err = (gm_error){0};
    assert_ok(gm_registry_list(r, &list, &err), err);
    const json_t *item = json_array_get(json_object_get(list, "items"), 0);
    assert_true(integer_at(item, "latest") == 0 && integer_at(item, "n_versions") == 0);
    json_decref(list);
    assert_ok(put_version(r, "exit", "B. Kurz", 1, &version, &err), err);
    assert_int_equal(version, 2);
    assert_intact(r, "exit", 2);
}

/* Killed between the transaction and the storage: the note is there, and the content. */
static void what_a_killed_deletion_left_is_cleaned_up(void **state) {
    NEEDS_SERVER(state);
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    gm_auto_free char *files = gm_path_join(folder, "registry/files"), *aside = gm_path_join(folder, "registry/aside");
    size_t n_files;
    register_versions(r, "exit", 2);
    /* the content is where the deletion does not reach it, and the note is as before the storage was asked */
    assert_int_equal(rename(files, aside), 0);
    gm_registry_deletion done = delete_version(r, "exit", 2);
    gm_auto(gm_database) db = connect_to(database);
    assert_ok(gm_database_execute(db, "UPDATE freed SET removed = 0", &err), err);
    assert_int_equal(done.freed_files, 1);
    assert_int_equal(rename(aside, files), 0);
    assert_int_equal(files_kept(), 3);
    assert_ok(gm_registry_clean_up(r, &n_files, &err), err);
    assert_int_equal(n_files, 1);
    assert_int_equal(files_kept(), 2);
    assert_ok(gm_registry_clean_up(r, &n_files, &err), err);
    assert_int_equal(n_files, 0);
    assert_intact(r, "exit", 1);
}

/* Each of two processes registers and deletes versions of its own model; both have the same content. */
static void freeing_writer(const char *model) {
    gm_error err = {0};
    gm_registry *r;
    gm_registry_options options = {.models_dir = folder, .database = database};
    if (gm_registry_open(&options, &r, &err) != GM_OK) _exit(2);
    for (int i = 0; i < 20; i++) {
        long version;
        json_t *damaged;
        gm_registry_deletion done;
        if (put_version(r, model, "x", 7, &version, &err) != GM_OK) _exit(3);
        if (gm_registry_check_files(r, model, version, &damaged, &err) != GM_OK || json_array_size(damaged)) _exit(4);
        json_decref(damaged);
        if (gm_registry_delete(r, model, version, "x", "turn", &done, &err) != GM_OK || done.waiting_files) _exit(5);
    }
    gm_registry_free(r);
    _exit(0);
}

static void what_is_freed_and_needed_at_once_stays(void **state) {
    NEEDS_SERVER(state);
    static const char *const models[] = {"exit", "entry"};
    pid_t children[2];
    for (int i = 0; i < 2; i++)
        if ((children[i] = fork()) == 0) freeing_writer(models[i]);
    for (int i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(files_kept(), 0);
    gm_auto(gm_registry) r = open_registry();
    assert_chain(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_said_can_change_and_the_history_knows),
        ON_BOTH(what_cannot_be_said_is_refused_and_nothing_changes),
        ON_BOTH(a_deleted_version_is_gone_but_known),
        ON_BOTH(no_rollback_goes_to_a_deleted_version),
        ON_BOTH(a_model_without_versions_is_still_known),
        ON_BOTH(what_a_killed_deletion_left_is_cleaned_up),
        ON_BOTH(what_is_freed_and_needed_at_once_stays),
    };
    return cmocka_run_group_tests_name("models/registry_changes", tests, start_server, stop_server);
}
