#include "../test.h"

#include "service/paths.h"
#include "service/project/uploads.h"

#include <unistd.h>

static char *data;

static void expect_refused(const char *path) {
    gm_error err = {0};
    if (gm_upload_put(data, path, "x", 1, &err) != GM_E_ARG) fail_msg("accepted: \"%s\" (%s)", path, err.message);
    assert_true(err.message[0]);
}

static void a_record_is_kept_below_uploads(void **state) {
    (void)state;
    gm_error err = {0};
    data = test_folder_new();
    assert_ok(gm_upload_put(data, "cfrp_ti/V5_1.xls", "first", 5, &err), err);
    assert_ok(gm_upload_put(data, "cfrp_ti/V5_1.xls", "second", 6, &err), err);
    assert_ok(gm_upload_put(data, "größe \xe2\x84\x96 1.xls", "", 0, &err), err);
    gm_auto_free char *root = gm_uploads_dir(data), *path = gm_path_join(root, "cfrp_ti/V5_1.xls"), *bytes = NULL;
    size_t size;
    assert_ok(gm_read_file(path, 100, &bytes, &size, &err), err);
    assert_string_equal(bytes, "second");
    gm_file_list files;
    assert_ok(gm_list_files(root, &files, &err), err);
    assert_int_equal(files.count, 2); /* nothing half-written beside them */
    gm_file_list_finish(&files);
    assert_int_equal(gm_upload_put(data, "cfrp_ti", "x", 1, &err), GM_E_CONFLICT);
    assert_int_equal(gm_upload_put(data, "cfrp_ti/V5_1.xls/x.xls", "x", 1, NULL), GM_E_CONFLICT);
    test_folder_remove(data);
}

static void paths_that_lead_out_are_refused(void **state) {
    (void)state;
    data = test_folder_new();
    static const char *const bad[] = {
        "",   "/etc/passwd", "../x.xls", "a/../../x.xls", "a//b.xls", "a/./b.xls", ".hidden",  "a/.hidden", "a\\b.xls",
        "a/", " a.xls",      "a.xls ",   "a\nb",          "a\x7f",    "\xff.xls",  "\xc3.xls", "\xc3(.xls"};
    for (size_t i = 0; i < GM_COUNT(bad); i++) expect_refused(bad[i]);
    expect_refused("1/2/3/4/5/6/7/8/9.xls");
    char name[300];
    memset(name, 'a', sizeof name);
    name[201] = '\0';
    expect_refused(name);
    gm_auto_free char *root = gm_uploads_dir(data);
    assert_false(gm_file_exists(root)); /* refused before anything was made */
    test_folder_remove(data);
}

static void symbolic_links_are_not_followed(void **state) {
    (void)state;
    gm_error err = {0};
    data = test_folder_new();
    char *outside = test_folder_new();
    gm_auto_free char *root = gm_uploads_dir(data), *link = gm_path_join(root, "link");
    assert_ok(gm_make_dirs(root, &err), err);
    assert_int_equal(symlink(outside, link), 0);
    assert_int_not_equal(gm_upload_put(data, "link/x.xls", "x", 1, NULL), GM_OK);
    gm_file_list files;
    assert_ok(gm_list_files(outside, &files, &err), err);
    assert_int_equal(files.count, 0);
    gm_file_list_finish(&files);
    int fd;
    off_t size;
    gm_auto_free char *secret = gm_path_join(outside, "secret");
    assert_ok(gm_write_file_fast(secret, "s", 1, &err), err);
    assert_int_equal(service_open_file(root, "link/secret", &fd, &size, NULL), GM_E_NOTFOUND);
    assert_int_equal(service_open_file(root, "link", &fd, &size, NULL), GM_E_NOTFOUND);
    assert_int_equal(service_open_file(root, "../secret", &fd, &size, NULL), GM_E_ARG);
    assert_ok(service_open_file(outside, "secret", &fd, &size, &err), err);
    assert_int_equal(size, 1);
    close(fd);
    test_folder_remove(outside);
    test_folder_remove(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_kept_below_uploads),
        cmocka_unit_test(paths_that_lead_out_are_refused),
        cmocka_unit_test(symbolic_links_are_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
