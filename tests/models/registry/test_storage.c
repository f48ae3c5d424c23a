/* Artefacts in a folder: whole, checked, and still there after kills in the middle. */
#include "test.h"

#include "models/registry/storage/storage.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    char *root, *store, *file, *back;
    gm_storage *storage;
} places;

static int setup(void **state) {
    places *p = gm_calloc(1, sizeof *p);
    gm_error err = {0};
    p->root = test_folder_new();
    p->store = gm_path_join(p->root, "store");
    p->file = gm_path_join(p->root, "file");
    p->back = gm_path_join(p->root, "back");
    assert_ok(gm_storage_open(p->store, &p->storage, &err), err);
    *state = p;
    return 0;
}

static int teardown(void **state) {
    places *p = *state;
    gm_storage_free(p->storage);
    test_folder_remove(p->root);
    gm_free(p->store);
    gm_free(p->file);
    gm_free(p->back);
    gm_free(p);
    return 0;
}

static void put(places *p, const char *key, const char *text) {
    gm_error err = {0};
    assert_ok(gm_write_file_fast(p->file, text, strlen(text), &err), err);
    assert_ok(gm_storage_put(p->storage, key, p->file, NULL, &err), err);
}

static void assert_holds(places *p, const char *key, const char *text) {
    gm_error err = {0};
    gm_auto_free char *data = NULL;
    size_t size;
    assert_ok(gm_storage_get(p->storage, key, p->back, NULL, &err), err);
    assert_ok(gm_read_file(p->back, 1 << 20, &data, &size, &err), err);
    assert_string_equal(data, text);
}

static void what_is_put_comes_back(void **state) {
    places *p = *state;
    gm_error err = {0};
    char hex[GM_SHA256_HEX], expected[GM_SHA256_HEX];
    gm_sha256("one", 3, expected);
    assert_ok(gm_write_file_fast(p->file, "one", 3, &err), err);
    assert_ok(gm_storage_put(p->storage, "models/pump 1/3/model.onnx", p->file, hex, &err), err);
    assert_string_equal(hex, expected);
    assert_holds(p, "models/pump 1/3/model.onnx", "one");
    gm_stored found;
    assert_ok(gm_storage_look(p->storage, "models/pump 1/3/model.onnx", &found, &err), err);
    assert_int_equal(found.size_bytes, 3);
    assert_string_equal(found.sha256, expected);
    put(p, "models/pump 1/3/model.onnx", "two"); /* over it */
    assert_holds(p, "models/pump 1/3/model.onnx", "two");
    assert_int_equal(gm_storage_look(p->storage, "models/pump 1", &found, NULL), GM_E_NOTFOUND);
    assert_int_equal(gm_storage_get(p->storage, "models/none", p->back, NULL, &err), GM_E_NOTFOUND);
    assert_non_null(strstr(err.message, "models/none"));
}

static void the_same_place_by_its_url(void **state) {
    places *p = *state;
    gm_error err = {0};
    gm_auto_free char *absolute = realpath(p->root, NULL);
    gm_auto_text url = GM_TEXT_INIT;
    gm_auto(gm_storage) other = NULL;
    put(p, "a", "one");
    gm_text_printf(&url, "file://%s/store", absolute);
    assert_ok(gm_storage_open(url.data, &other, &err), err);
    assert_ok(gm_storage_get(other, "a", p->back, NULL, &err), err);
    assert_int_equal(gm_storage_open("file://store", &other, &err), GM_E_ARG);
    err = (gm_error){0};
    assert_int_equal(gm_storage_open("ftp://host/store", &other, &err), GM_E_ARG);
    assert_non_null(strstr(err.message, "file://"));
}

static void lists_are_by_key_and_without_what_is_ours(void **state) {
    places *p = *state;
    gm_error err = {0};
    gm_stored_list list;
    assert_ok(gm_storage_list(p->storage, "", &list, &err), err); /* no folder yet */
    assert_int_equal(list.count, 0);
    gm_stored_list_finish(&list);
    static const char *const keys[] = {"b/2", "a/10", "a/9", "b/1", "c"};
    for (size_t i = 0; i < GM_COUNT(keys); i++) put(p, keys[i], "text");
    assert_ok(gm_storage_list(p->storage, "", &list, &err), err);
    assert_int_equal(list.count, 5);
    assert_string_equal(list.items[0].key, "a/10");
    assert_string_equal(list.items[4].key, "c");
    assert_int_equal(list.items[4].size_bytes, 4);
    gm_stored_list_finish(&list);
    assert_ok(gm_storage_list(p->storage, "b/", &list, &err), err);
    assert_int_equal(list.count, 2);
    gm_stored_list_finish(&list);
    assert_ok(gm_storage_remove(p->storage, "b/1", &err), err);
    assert_ok(gm_storage_remove(p->storage, "b/1", &err), err); /* absent is fine */
    assert_ok(gm_storage_remove(p->storage, "b/2", &err), err);
    assert_ok(gm_storage_list(p->storage, "b", &list, &err), err);
    assert_int_equal(list.count, 0);
    gm_stored_list_finish(&list);
    gm_auto_free char *folder = gm_path_join(p->store, "b");
    assert_false(gm_file_exists(folder));
}

static void no_key_leads_out_of_the_place(void **state) {
    places *p = *state;
    gm_error err = {0};
    assert_ok(gm_write_file_fast(p->file, "x", 1, &err), err);
    static const char *const keys[] = {"",       "/a",           "a//b", "a/",   "../a",
                                       "a/../b", ".gimlet/lock", "a/.b", "a\nb", "a\\b"};
    for (size_t i = 0; i < GM_COUNT(keys); i++)
        assert_int_equal(gm_storage_put(p->storage, keys[i], p->file, NULL, NULL), GM_E_ARG);
    char longest[1002];
    memset(longest, 'k', 1001);
    longest[1001] = '\0';
    assert_int_equal(gm_storage_put(p->storage, longest, p->file, NULL, NULL), GM_E_ARG);
    assert_false(gm_file_exists(p->store));
}

static void a_flipped_bit_is_found(void **state) {
    places *p = *state;
    gm_error err = {0};
    put(p, "a", "one");
    put(p, "a", "two"); /* its note was rewritten */
    assert_ok(gm_write_file_fast(p->back, "before", 6, &err), err);
    gm_auto_free char *inside = gm_path_join(p->store, "a");
    assert_ok(gm_write_file_fast(inside, "twp", 3, &err), err);
    assert_int_equal(gm_storage_get(p->storage, "a", p->back, NULL, &err), GM_E_FORMAT);
    gm_auto_free char *data = NULL;
    size_t size;
    assert_int_equal(gm_read_file(p->back, 100, &data, &size, NULL), GM_OK);
    assert_string_equal(data, "before");
    /* what the caller expects counts too */
    put(p, "b", "one");
    char other[GM_SHA256_HEX];
    gm_sha256("two", 3, other);
    assert_int_equal(gm_storage_get(p->storage, "b", p->back, other, NULL), GM_E_FORMAT);
    assert_int_equal(gm_storage_get(p->storage, "b", p->back, "0123", NULL), GM_E_ARG);
}

static bool refuse(void *ctx, const gm_progress *progress) {
    (void)ctx, (void)progress;
    return false;
}

static void it_stops_when_asked(void **state) {
    places *p = *state;
    gm_observer observer = {refuse, NULL};
    put(p, "a", "one");
    gm_storage_observe(p->storage, &observer);
    assert_int_equal(gm_storage_put(p->storage, "a", p->file, NULL, NULL), GM_E_CANCELLED);
    assert_int_equal(gm_storage_get(p->storage, "a", p->back, NULL, NULL), GM_E_CANCELLED);
    assert_false(gm_file_exists(p->back));
}

/* A child replaces one object over and over and is killed: whatever is there then is whole and passes its check. */
static void kills_leave_a_whole_object(void **state) {
    places *p = *state;
    gm_error err = {0};
    gm_auto_free char *other = gm_path_join(p->root, "other");
    size_t size = 300000;
    gm_auto_free char *bytes = gm_alloc(size);
    memset(bytes, 'a', size);
    assert_ok(gm_write_file_fast(p->file, bytes, size, &err), err);
    memset(bytes, 'b', size);
    assert_ok(gm_write_file_fast(other, bytes, size, &err), err);
    assert_ok(gm_storage_put(p->storage, "object", p->file, NULL, &err), err);
    for (int round = 0; round < 60; round++) {
        pid_t child = fork();
        if (child == 0)
            for (int i = 0;; i++)
                if (gm_storage_put(p->storage, "object", i % 2 ? p->file : other, NULL, NULL) != GM_OK) _exit(1);
        usleep((useconds_t)(1000 + 700 * (round % 23)));
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        assert_ok(gm_storage_get(p->storage, "object", p->back, NULL, &err), err);
        gm_stored_list list;
        assert_ok(gm_storage_list(p->storage, "", &list, &err), err);
        assert_int_equal(list.count, 1);
        assert_int_equal(list.items[0].size_bytes, size);
        gm_stored_list_finish(&list);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_put_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_place_by_its_url, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_are_by_key_and_without_what_is_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(no_key_leads_out_of_the_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flipped_bit_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(it_stops_when_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(kills_leave_a_whole_object, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
