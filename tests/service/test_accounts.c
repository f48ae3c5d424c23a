#include "service/accounts/accounts.h"
#include "test.h"

#include <stdio.h>

static gm_store *open_store(const char *folder) {
    gm_error err = {0};
    gm_store *store = NULL;
    assert_ok(gm_store_open_edit(folder, true, &store, &err), err);
    return store;
}

static void a_token_names_its_user_and_role(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = open_store(folder);
    gm_auto(gm_token_cache) cache = NULL;
    assert_ok(gm_token_cache_new(&cache, &err), err);
    char token[GM_TOKEN_TEXT], other[GM_TOKEN_TEXT];
    assert_ok(gm_account_add(store, "root", "A. Meyer", GM_ROLE_ENGINEER, token, &err), err);
    assert_ok(gm_account_add(store, "root", "B. Kim", GM_ROLE_ADMIN, other, &err), err);
    assert_string_not_equal(token, other);
    for (int i = 0; i < 2; i++) { /* computed, then remembered */
        gm_user user;
        assert_ok(gm_account_of_token(store, cache, NULL, token, &user, &err), err);
        assert_string_equal(user.name, "A. Meyer");
        assert_int_equal(user.role, GM_ROLE_ENGINEER);
        assert_ok(gm_account_of_token(store, cache, "B. Kim", other, &user, &err), err);
        assert_int_equal(user.role, GM_ROLE_ADMIN);
        assert_int_equal(gm_account_of_token(store, cache, "B. Kim", token, &user, NULL), GM_E_NOTFOUND);
    }
    test_folder_remove(folder);
}

static void wrong_tokens_open_nothing(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = open_store(folder);
    gm_auto(gm_token_cache) cache = NULL;
    assert_ok(gm_token_cache_new(&cache, &err), err);
    char token[GM_TOKEN_TEXT], wrong[GM_TOKEN_TEXT + 8];
    assert_ok(gm_account_add(store, "root", "A. Meyer", GM_ROLE_VIEWER, token, &err), err);
    gm_user user;
    static const char *const nonsense[] = {"", "gimlet_", "x", "gimlet_0000000000000000_0000"};
    for (size_t i = 0; i < GM_COUNT(nonsense); i++)
        assert_int_equal(gm_account_of_token(store, cache, NULL, nonsense[i], &user, NULL), GM_E_NOTFOUND);
    memcpy(wrong, token, sizeof token);
    wrong[strlen(token) - 1] ^= 1; /* the last digit of the secret */
    assert_int_equal(gm_account_of_token(store, cache, NULL, wrong, &user, NULL), GM_E_NOTFOUND);
    snprintf(wrong, sizeof wrong, "%sa", token);
    assert_int_equal(gm_account_of_token(store, cache, NULL, wrong, &user, NULL), GM_E_NOTFOUND);
    test_folder_remove(folder);
}

static void a_removed_user_or_an_old_token_is_out_at_once(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = open_store(folder);
    gm_auto(gm_store) elsewhere = open_store(folder); /* the command line beside the server */
    gm_auto(gm_token_cache) cache = NULL;
    assert_ok(gm_token_cache_new(&cache, &err), err);
    char old[GM_TOKEN_TEXT], token[GM_TOKEN_TEXT];
    gm_user user;
    assert_ok(gm_account_add(store, "root", "A. Meyer", GM_ROLE_VIEWER, old, &err), err);
    assert_ok(gm_account_of_token(store, cache, NULL, old, &user, &err), err);
    assert_ok(gm_account_renew(elsewhere, "root", "A. Meyer", token, &err), err);
    assert_int_equal(gm_account_of_token(store, cache, NULL, old, &user, NULL), GM_E_NOTFOUND);
    assert_ok(gm_account_of_token(store, cache, NULL, token, &user, &err), err);
    assert_ok(gm_account_remove(elsewhere, "root", "A. Meyer", &err), err);
    assert_int_equal(gm_account_of_token(store, cache, NULL, token, &user, NULL), GM_E_NOTFOUND);
    test_folder_remove(folder);
}

static void the_list_keeps_its_rules(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = open_store(folder);
    char token[GM_TOKEN_TEXT];
    assert_ok(gm_account_add(store, "root", "Z", GM_ROLE_ADMIN, token, &err), err);
    assert_ok(gm_account_add(store, "root", "A", GM_ROLE_VIEWER, token, &err), err);
    assert_int_equal(gm_account_add(store, "root", "A", GM_ROLE_ADMIN, token, &err), GM_E_CONFLICT);
    assert_int_equal(gm_account_add(store, "root", "a\nb", GM_ROLE_ADMIN, token, NULL), GM_E_ARG);
    assert_int_equal(gm_account_add(store, "root", "", GM_ROLE_ADMIN, token, NULL), GM_E_ARG);
    err = (gm_error){0};
    assert_int_equal(gm_account_remove(store, "root", "Z", &err), GM_E_CONFLICT);
    assert_non_null(strstr(err.message, "last admin"));
    assert_int_equal(gm_account_remove(store, "root", "nobody", NULL), GM_E_NOTFOUND);
    err = (gm_error){0};
    gm_accounts accounts;
    assert_ok(gm_accounts_list(store, &accounts, &err), err);
    assert_int_equal(accounts.count, 2);
    assert_string_equal(accounts.items[0].user.name, "A");
    gm_accounts_finish(&accounts);
    gm_audit_lines lines;
    int64_t total;
    assert_ok(gm_store_audit_lines(store, 0, 10, &lines, &total, &err), err);
    assert_int_equal(total, 2); /* what was refused left no line */
    assert_string_equal(lines.items[0].subject, "A");
    gm_audit_lines_finish(&lines);
    test_folder_remove(folder);
}

static void a_session_outlives_the_server_but_not_its_token(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    char token[GM_TOKEN_TEXT], other[GM_TOKEN_TEXT], session[GM_SESSION_TEXT], closed[GM_SESSION_TEXT];
    gm_user user;
    {
        gm_auto(gm_store) store = open_store(folder);
        assert_ok(gm_account_add(store, "root", "A. Meyer", GM_ROLE_ENGINEER, token, &err), err);
        assert_ok(gm_session_open(store, token, 3600, 10, session, &err), err);
        assert_ok(gm_session_open(store, token, 3600, 10, closed, &err), err);
        assert_ok(gm_session_close(store, closed, &err), err);
    }
    gm_auto(gm_store) store = open_store(folder); /* the next server */
    assert_ok(gm_session_user(store, session, &user, &err), err);
    assert_string_equal(user.name, "A. Meyer");
    assert_int_equal(user.role, GM_ROLE_ENGINEER);
    assert_int_equal(gm_session_user(store, closed, &user, NULL), GM_E_NOTFOUND);
    assert_int_equal(gm_session_user(store, "0000", &user, NULL), GM_E_NOTFOUND);
    assert_ok(gm_account_renew(store, "root", "A. Meyer", other, &err), err);
    assert_int_equal(gm_session_user(store, session, &user, NULL), GM_E_NOTFOUND);
    test_folder_remove(folder);
}

static void sessions_end_in_time_and_are_not_kept_in_plain_text(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_auto(gm_store) store = open_store(folder);
    char token[GM_TOKEN_TEXT], sessions[4][GM_SESSION_TEXT], over[GM_SESSION_TEXT];
    gm_user user;
    assert_ok(gm_account_add(store, "root", "A", GM_ROLE_VIEWER, token, &err), err);
    assert_ok(gm_session_open(store, token, 0, 3, over, &err), err);
    assert_int_equal(gm_session_user(store, over, &user, NULL), GM_E_NOTFOUND);
    for (int i = 0; i < 4; i++) assert_ok(gm_session_open(store, token, 100 + i, 3, sessions[i], &err), err);
    assert_int_equal(gm_session_user(store, sessions[0], &user, NULL),
                     GM_E_NOTFOUND); /* the oldest of four made room */
    for (int i = 1; i < 4; i++) assert_ok(gm_session_user(store, sessions[i], &user, &err), err);
    for (int i = 0; i < 2; i++) { /* neither in the database nor in its log */
        char path[600];
        size_t size;
        gm_auto_free char *bytes = NULL;
        snprintf(path, sizeof path, "%s/gimlet.db%s", folder, i ? "-wal" : "");
        assert_ok(gm_read_file(path, 16 << 20, &bytes, &size, &err), err);
        assert_true(size > 0);
        assert_null(memmem(bytes, size, sessions[3], GM_SESSION_TEXT - 1));
    }
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_names_its_user_and_role),
        cmocka_unit_test(wrong_tokens_open_nothing),
        cmocka_unit_test(a_removed_user_or_an_old_token_is_out_at_once),
        cmocka_unit_test(the_list_keeps_its_rules),
        cmocka_unit_test(a_session_outlives_the_server_but_not_its_token),
        cmocka_unit_test(sessions_end_in_time_and_are_not_kept_in_plain_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
