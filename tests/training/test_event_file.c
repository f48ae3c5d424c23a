/* TensorBoard's event files: the checksum, and what a kill leaves. That TensorBoard reads them: tests/interop. */
#include "test.h"

#include "training/experiments/event_file_internal.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void the_checksum_is_crc32c(void **state) {
    (void)state;
    unsigned char zeros[32] = {0}, rising[32];
    for (int i = 0; i < 32; i++) rising[i] = (unsigned char)i;
    assert_int_equal(event_file_crc32c("123456789", 9), 0xe3069283); /* RFC 3720, B.4, and the usual check value */
    assert_int_equal(event_file_crc32c(zeros, 32), 0x8a9136aa);
    assert_int_equal(event_file_crc32c(rising, 32), 0x46dd794e);
}

static void the_file_in(const char *dir, char *out, size_t size) {
    DIR *folder = opendir(dir);
    int n = 0;
    for (struct dirent *item; (item = readdir(folder));)
        if (item->d_name[0] != '.') snprintf(out, size, "%s/%s", dir, item->d_name), n++;
    closedir(folder);
    assert_int_equal(n, 1);
}

static void add(event_file *file, long step) {
    gm_auto_text value = GM_TEXT_INIT, summary = GM_TEXT_INIT;
    proto_bytes(&value, 1, "tag", 3);
    proto_float(&value, 2, 1.5f);
    proto_message(&summary, 1, &value);
    assert_true(event_file_add(file, step, &summary));
}

static void wherever_it_was_cut_it_goes_on_behind_the_last_whole_record(void **state) {
    (void)state;
    gm_error err = {0};
    char *dir = test_folder_new(), path[600];
    event_file file;
    struct stat after_two, after_three;
    assert_ok(event_file_open(dir, &file, &err), err);
    assert_true(file.is_new);
    the_file_in(dir, path, sizeof path);
    add(&file, 1);
    add(&file, 300);
    assert_int_equal(stat(path, &after_two), 0);
    add(&file, 301);
    event_file_close(&file);
    assert_int_equal(stat(path, &after_three), 0);
    gm_auto_free char *bytes = NULL;
    size_t size;
    assert_ok(gm_read_file(path, 1 << 20, &bytes, &size, &err), err);
    for (off_t cut = after_three.st_size; cut >= after_two.st_size; cut--) {
        assert_ok(gm_write_file_fast(path, bytes, (size_t)cut, &err), err);
        assert_ok(event_file_open(dir, &file, &err), err);
        assert_false(file.is_new);
        assert_int_equal(file.last_step, cut == after_three.st_size ? 301 : 300);
        event_file_close(&file);
        struct stat now;
        assert_int_equal(stat(path, &now), 0);
        assert_int_equal(now.st_size, cut == after_three.st_size ? after_three.st_size : after_two.st_size);
    }
    test_folder_remove(dir);
}

static void a_changed_byte_ends_what_is_taken(void **state) {
    (void)state;
    gm_error err = {0};
    char *dir = test_folder_new(), path[600];
    event_file file;
    assert_ok(event_file_open(dir, &file, &err), err);
    add(&file, 1);
    add(&file, 2);
    event_file_close(&file);
    the_file_in(dir, path, sizeof path);
    gm_auto_free char *bytes = NULL;
    size_t size;
    assert_ok(gm_read_file(path, 1 << 20, &bytes, &size, &err), err);
    bytes[size - 10] ^= 4;
    assert_ok(gm_write_file_fast(path, bytes, size, &err), err);
    assert_ok(event_file_open(dir, &file, &err), err);
    assert_int_equal(file.last_step, 1);
    event_file_close(&file);
    test_folder_remove(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_crc32c),
        cmocka_unit_test(wherever_it_was_cut_it_goes_on_behind_the_last_whole_record),
        cmocka_unit_test(a_changed_byte_ends_what_is_taken),
    };
    return cmocka_run_group_tests_name("training/event_file", tests, NULL, NULL);
}
