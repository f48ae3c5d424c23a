#include "test.h"

#include "base/json.h"

#include <string.h>
#include <sys/resource.h>

typedef struct {
    char *folder, *path;
} place;

static int make_place(void **state) {
    static place p;
    p = (place){.folder = test_folder_new()};
    p.path = gm_path_join(p.folder, "file.json");
    *state = &p;
    return p.path ? 0 : -1;
}

static int remove_place(void **state) {
    place *p = *state;
    gm_free(p->path);
    test_folder_remove(p->folder);
    return 0;
}

static void put(const place *p, const char *text) {
    gm_error err = {0};
    assert_ok(gm_write_file_fast(p->path, text, strlen(text), &err), err);
}

static void a_file_that_may_be_absent_is_nothing_then(void **state) {
    const place *p = *state;
    gm_error err = {0};
    json_t *root = (json_t *)p; /* must be set */
    assert_ok(gm_json_read_if_there(p->path, &root, &err), err);
    assert_null(root);
    assert_null(gm_json_look(p->path));
    assert_null(gm_json_look(NULL));
    assert_int_equal(gm_json_read(p->path, &root, &err), GM_E_NOTFOUND);
    assert_non_null(strstr(err.message, p->path));
}

static void a_damaged_file_is_named_with_its_place(void **state) {
    const place *p = *state;
    gm_error err = {0};
    json_t *root = NULL;
    put(p, "{\"pid\": 12,\n \"boot\": }");
    assert_int_equal(gm_json_read_if_there(p->path, &root, &err), GM_E_FORMAT);
    assert_int_equal(err.line, 2);
    assert_true(err.column > 1);
    assert_non_null(strstr(err.message, p->path));
    assert_null(root);
    assert_null(gm_json_look(p->path));
}

static void what_the_system_refuses_is_no_damage(void **state) {
    const place *p = *state;
    gm_error err = {0};
    json_t *root;
    struct rlimit files;
    put(p, "{}");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, files.rlim_max}), 0); /* none more can be opened */
    gm_status status = gm_json_read(p->path, &root, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(status, GM_E_IO);
    assert_non_null(strstr(err.message, p->path));
}

static void numbers_are_written_whole_or_brief(void **state) {
    const place *p = *state;
    gm_error err = {0};
    assert_ok(gm_json_write(p->path, json_pack("{s:f}", "mm", 0.123456789012345678), &err), err);
    json_t *root = gm_json_look(p->path);
    assert_true(json_real_value(json_object_get(root, "mm")) == 0.123456789012345678);
    json_decref(root);
    gm_auto_free char *text = NULL;
    size_t size;
    assert_ok(gm_json_write_brief(p->path, json_pack("{s:f}", "mm", 0.123456789012345678), &err), err);
    assert_ok(gm_read_file(p->path, 100, &text, &size, &err), err);
    assert_string_equal(text, "{\n \"mm\": 0.123456789\n}");
    assert_int_equal(gm_json_write_brief(p->path, NULL, &err), GM_E_NOMEM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_that_may_be_absent_is_nothing_then, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_named_with_its_place, make_place, remove_place),
        cmocka_unit_test_setup_teardown(what_the_system_refuses_is_no_damage, make_place, remove_place),
        cmocka_unit_test_setup_teardown(numbers_are_written_whole_or_brief, make_place, remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
