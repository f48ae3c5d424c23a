/* kill -9 while versions are registered, promoted and rolled back: what was answered is there, and nothing is half.
 * GIMLET_KILLS kills (default 200). */
#include "../../test.h"

#include "models/registry/registry.h"
#include "models/registry/storage/storage.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *folder;

static gm_registry *open_registry(void) {
    gm_error err = {0};
    gm_registry *r;
    gm_registry_options options = {.models_dir = folder};
    assert_ok(gm_registry_open(&options, &r, &err), err);
    return r;
}

/* What the child has been answered. */
typedef struct {
    long version, champion;
} answer;

static gm_status put_version(gm_registry *r, long content, long *version, gm_error *err) {
    char path[300], text[64];
    snprintf(path, sizeof path, "%s/weights", folder);
    snprintf(text, sizeof text, "weights %ld", content);
    GM_TRY(gm_write_file_fast(path, text, strlen(text), err));
    const gm_registry_file file = {"model.safetensors", path};
    json_t *facts = json_pack("{s:i}", "n_folds", 1);
    gm_registration n = {
        .model = "exit", .by = "x", .origin = "registered", .facts = facts, .files = &file, .n_files = 1};
    gm_status status = gm_registry_register(r, &n, version, err);
    json_decref(facts);
    return status;
}

/* Versions come and go, the content of five in turn, so that what one deletion frees the next registration needs. */
static void come_and_go(int out, long round) {
    gm_error err = {0};
    gm_registry *r;
    gm_registry_options options = {.models_dir = folder};
    if (gm_registry_open(&options, &r, &err) != GM_OK) _exit(2);
    for (long i = round;; i++) {
        answer a = {0};
        gm_registry_deletion done;
        gm_status status = put_version(r, i % 5, &a.version, &err);
        if (status != GM_OK && status != GM_E_CONFLICT) _exit(3); /* it is there from the round before */
        if (status == GM_OK && write(out, &a, sizeof a) != sizeof a) _exit(4);
        err = (gm_error){0};
        for (long v = a.version - 3; v < a.version - 1; v++) {
            status = v > 0 ? gm_registry_delete(r, "exit", v, "x", "turn", &done, &err) : GM_OK;
            if (status != GM_OK && status != GM_E_NOTFOUND) _exit(5);
            err = (gm_error){0};
        }
    }
}

static void work(int out, long round) {
    gm_error err = {0};
    gm_registry *r;
    gm_registry_options options = {.models_dir = folder};
    if (gm_registry_open(&options, &r, &err) != GM_OK) _exit(2);
    answer a = {0};
    for (long i = 0;; i++) {
        long from;
        if (put_version(r, round * 1000 + i, &a.version, &err) != GM_OK) _exit(3);
        if (write(out, &a, sizeof a) != sizeof a) _exit(4);
        const gm_promotion p = {.model = "exit", .alias = "champion", .by = "x", .version = a.version, .expected = -1};
        if (gm_registry_promote(r, &p, &err) != GM_OK) _exit(5);
        a.champion = a.version;
        if (write(out, &a, sizeof a) != sizeof a) _exit(4);
        if (i % 2 == 0 || a.version < 3) continue;
        if (gm_registry_rollback(r, "exit", "champion", "x", NULL, &from, &a.champion, &err) != GM_OK) _exit(6);
        if (write(out, &a, sizeof a) != sizeof a) _exit(4);
    }
}

/* Kills the child after delay_us; the last answer that it got. */
static answer killed_at(void (*work_of)(int out, long round), long round, long delay_us) {
    int ends[2];
    answer a, last = {0};
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) close(ends[0]), work_of(ends[1], round);
    close(ends[1]);
    nanosleep(&(struct timespec){.tv_nsec = delay_us * 1000}, NULL);
    kill(child, SIGKILL);
    while (read(ends[0], &a, sizeof a) == sizeof a) last = a;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return last;
}

static void check(long round, answer last, answer *known) {
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    char problem[300];
    long champion;
    json_t *damaged, *model;
    if (last.version) *known = (answer){last.version, last.champion ? last.champion : known->champion};
    if (!known->version) return;
    assert_ok(gm_registry_check_history(r, problem, &err), err);
    assert_string_equal(problem, "");
    assert_ok(gm_registry_model(r, "exit", &model, &err), err);
    long latest = (long)json_integer_value(json_object_get(model, "latest"));
    if (latest < known->version)
        fail_msg("kill %ld: version %ld was answered, %ld is there", round, known->version, latest);
    assert_int_equal(json_array_size(json_object_get(model, "versions")), latest);
    /* one step that was not answered may have happened: the alias is as answered, or one step on */
    assert_ok(gm_registry_alias(r, "exit", "champion", &champion, &err), err);
    const json_t *line = json_array_get(json_object_get(model, "history"), 0);
    bool moved = json_string_length(json_object_get(line, "alias")) > 0;
    bool one_on = moved && champion == json_integer_value(json_object_get(line, "version"));
    if (champion != known->champion && !one_on)
        fail_msg("kill %ld: champion %ld was answered, %ld is there", round, known->champion, champion);
    *known = (answer){latest, champion};
    json_decref(model);
    assert_ok(gm_registry_check_files(r, "exit", latest, &damaged, &err), err);
    assert_int_equal(json_array_size(damaged), 0);
    json_decref(damaged);
}

static void nothing_that_was_answered_is_lost(void **state) {
    (void)state;
    const char *wanted = getenv("GIMLET_KILLS");
    long kills = 200;
    if (wanted) assert_true(gm_parse_long(wanted, &kills));
    folder = test_folder_new();
    gm_random random;
    gm_random_init(&random, 7, 1);
    answer known = {0};
    for (long i = 0; i < kills; i++) check(i, killed_at(work, i, 3000 + gm_random_below(&random, 60000)), &known);
    print_message("# %ld kills, %ld versions kept\n", kills, known.version);
    assert_true(known.version > 0 && known.champion > 0);
    test_folder_remove(folder);
}

/* What is there is whole, what was answered and not deleted is there, and what no version has is gone from the disk, but
 * for the content that a killed registration had stored before its transaction. */
static size_t check_what_stayed(answer last) {
    gm_error err = {0};
    gm_auto(gm_registry) r = open_registry();
    char problem[300];
    size_t i, n_files;
    json_t *model, *one, *damaged;
    gm_stored_list list = {0};
    gm_auto(gm_storage) storage = NULL;
    gm_auto_free char *path = gm_path_join(folder, "registry/files");
    if (!last.version) return 0;
    assert_ok(gm_registry_clean_up(r, &n_files, &err), err);
    assert_ok(gm_registry_check_history(r, problem, &err), err);
    assert_string_equal(problem, "");
    assert_ok(gm_registry_model(r, "exit", &model, &err), err);
    assert_true(json_integer_value(json_object_get(model, "latest")) >= last.version);
    json_array_foreach (json_object_get(model, "versions"), i, one) {
        long version = (long)json_integer_value(json_object_get(one, "version"));
        assert_ok(gm_registry_check_files(r, "exit", version, &damaged, &err), err);
        if (json_array_size(damaged)) fail_msg("version %ld has lost its file", version);
        json_decref(damaged);
    }
    assert_ok(gm_storage_open(path, &storage, &err), err);
    assert_ok(gm_storage_list(storage, "", &list, &err), err);
    assert_true(list.count <= 5);
    gm_stored_list_finish(&list);
    json_decref(model);
    return n_files;
}

static void a_killed_deletion_loses_nothing_that_is_needed(void **state) {
    (void)state;
    folder = test_folder_new();
    gm_random random;
    gm_random_init(&random, 11, 1);
    size_t cleaned = 0;
    for (long i = 0; i < 100; i++)
        cleaned += check_what_stayed(killed_at(come_and_go, i, 5000 + gm_random_below(&random, 100000))) > 0;
    print_message("# %zu of 100 kills left content for the next one to remove\n", cleaned);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_that_was_answered_is_lost),
                                       cmocka_unit_test(a_killed_deletion_loses_nothing_that_is_needed)};
    return cmocka_run_group_tests_name("models/registry_kills", tests, NULL, NULL);
}
