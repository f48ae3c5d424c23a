#include "test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state) {
    *state = test_folder_new();
    return 0;
}

static int teardown(void **state) {
    test_folder_remove(*state);
    return 0;
}

static char *in(void *folder, const char *name) {
    return gm_path_join(folder, name);
}

static void what_is_written_is_read_back(void **state) {
    gm_error err = {0};
    gm_auto_free char *path = in(*state, "a.bin");
    assert_ok(gm_write_file(path, "one\0two", 7, &err), err);
    assert_ok(gm_write_file_fast(path, "three\0four", 10, &err), err);
    gm_auto_free char *data = NULL;
    size_t size;
    assert_ok(gm_read_file(path, 100, &data, &size, &err), err);
    assert_int_equal(size, 10);
    assert_memory_equal(data, "three\0four", 11);
    gm_file_list list;
    assert_ok(gm_list_files(*state, &list, &err), err);
    assert_int_equal(list.count, 1); /* no temporary file is left behind */
    gm_file_list_finish(&list);
}

static void a_file_over_the_limit_is_not_read(void **state) {
    gm_error err = {0};
    gm_auto_free char *path = in(*state, "big");
    assert_ok(gm_write_file_fast(path, "0123456789", 10, &err), err);
    assert_int_equal(truncate(path, (off_t)3 << 30), 0); /* sparse: costs nothing */
    char *data = NULL;
    size_t size;
    assert_int_equal(gm_read_file(path, 1 << 20, &data, &size, &err), GM_E_FORMAT);
    assert_null(data);
    assert_non_null(strstr(err.message, "3221225472 bytes"));
}

static void a_missing_or_strange_file_says_so(void **state) {
    gm_auto_free char *path = in(*state, "nowhere");
    char *data = NULL;
    size_t size;
    gm_error err = {0};
    assert_int_equal(gm_read_file(path, 10, &data, &size, &err), GM_E_NOTFOUND);
    assert_non_null(strstr(err.message, "nowhere"));
    err = (gm_error){0};
    assert_int_equal(gm_read_file(*state, 10, &data, &size, &err), GM_E_IO);
}

static void folders_are_walked_once_in_natural_order(void **state) {
    gm_error err = {0};
    gm_auto_free char *sub = in(*state, "sub/deeper");
    assert_ok(gm_make_dirs(sub, &err), err);
    assert_ok(gm_make_dirs(sub, &err), err);
    const char *names[] = {"V10.xls", "V2.xls", "sub/deeper/x"};
    for (size_t i = 0; i < GM_COUNT(names); i++) {
        gm_auto_free char *path = in(*state, names[i]);
        assert_ok(gm_write_file_fast(path, "x", 1, &err), err);
    }
    gm_auto_free char *loop = in(*state, "sub/loop");
    assert_int_equal(symlink("..", loop), 0);
    gm_auto_free char *broken = in(*state, "broken");
    assert_int_equal(symlink("not-there", broken), 0);
    gm_file_list list;
    assert_ok(gm_list_files(*state, &list, &err), err);
    const char *expected[] = {"V2.xls", "V10.xls", "broken", "sub/deeper/x", "sub/loop"};
    assert_int_equal(list.count, GM_COUNT(expected));
    for (size_t i = 0; i < list.count; i++) assert_string_equal(list.items[i].relative, expected[i]);
    assert_int_equal(list.items[0].error, 0);
    assert_int_not_equal(list.items[2].error, 0);
    assert_int_not_equal(list.items[4].error, 0);
    gm_file_list_finish(&list);
}

static void sha256_gives_the_published_answers(void **state) {
    gm_error err = {0};
    char hex[GM_SHA256_HEX];
    gm_sha256("abc", 3, hex); /* FIPS 180-4 example */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    gm_auto_free char *path = in(*state, "abc");
    assert_ok(gm_write_file_fast(path, "abc", 3, &err), err);
    char of_file[GM_SHA256_HEX];
    assert_ok(gm_sha256_file(path, of_file, &err), err);
    assert_string_equal(of_file, hex);
}

static void a_lock_keeps_a_second_process_out_until_the_first_ends(void **state) {
    gm_error err = {0};
    gm_auto_free char *path = in(*state, "lock");
    int ready[2], end[2];
    assert_int_equal(pipe(ready) | pipe(end), 0);
    pid_t child = fork();
    if (child == 0) {
        gm_lock lock;
        char byte = gm_lock_file(path, 0, &lock, NULL) == GM_OK ? 'y' : 'n';
        if (write(ready[1], &byte, 1) != 1 || read(end[0], &byte, 1) != 1) _exit(1);
        _exit(0); /* without unlocking: the lock ends with the process */
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    gm_lock lock;
    assert_int_equal(gm_lock_file(path, 0.1, &lock, &err), GM_E_CONFLICT);
    assert_int_equal(write(end[1], "e", 1), 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    err = (gm_error){0};
    assert_ok(gm_lock_file(path, 5, &lock, &err), err);
    gm_unlock_file(&lock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_over_the_limit_is_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_or_strange_file_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(folders_are_walked_once_in_natural_order, setup, teardown),
        cmocka_unit_test_setup_teardown(sha256_gives_the_published_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lock_keeps_a_second_process_out_until_the_first_ends, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
