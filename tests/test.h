/* What every test program includes: cmocka with the headers that it wants first. */
#ifndef GIMLET_TESTS_TEST_H
#define GIMLET_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

/* Fails with the report's own words. */
#define assert_ok(expression, err)                                                                                     \
    do {                                                                                                               \
        gm_status assert_ok_status_ = (expression);                                                                    \
        if (assert_ok_status_ != GM_OK) fail_msg("%s: %s (%s)", #expression, (err).message, (err).where);              \
    } while (0)

/* A new empty folder for this test program, removed by test_folder_remove. */
static inline char *test_folder_new(void) {
    const char *base = getenv("TMPDIR");
    char *path = gm_path_join(base ? base : "/tmp", "gimlet-test-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static inline void test_folder_remove(char *path) {
    assert_int_equal(gm_remove_tree(path, NULL), GM_OK);
    gm_free(path);
}

#endif
