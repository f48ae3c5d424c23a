#include "../test.h"

#include "base/process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void this_process_is_found_and_alive(void **state) {
    (void)state;
    gm_error err = {0};
    gm_process self, again;
    assert_ok(gm_process_self(&self, &err), err);
    assert_ok(gm_process_of((long)getpid(), &again, &err), err);
    assert_int_equal(self.pid, getpid());
    assert_true(self.start_ticks > 0);
    assert_true(gm_process_same(&self, &again));
    assert_true(gm_process_alive(&self));
}

static void a_number_that_was_given_away_again_is_another_process(void **state) {
    (void)state;
    gm_error err = {0};
    gm_process other;
    assert_ok(gm_process_self(&other, &err), err);
    other.start_ticks -= 100; /* as if an earlier process had had this number */
    assert_false(gm_process_alive(&other));
    assert_int_equal(gm_process_signal(&other, SIGKILL, NULL), GM_E_NOTFOUND); /* or this test would be gone */
    assert_ok(gm_process_self(&other, &err), err);
    other.boot[0] ^= 1;
    assert_false(gm_process_alive(&other));
}

static void an_ended_child_is_not_alive_though_it_is_not_waited_for(void **state) {
    (void)state;
    gm_error err = {0};
    gm_process child;
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    assert_ok(gm_process_of(pid, &child, &err), err);
    assert_true(gm_process_alive(&child));
    assert_ok(gm_process_signal(&child, SIGTERM, &err), err);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_false(gm_process_alive(&child));
    assert_int_equal(gm_process_signal(&child, SIGTERM, NULL), GM_E_NOTFOUND);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(gm_process_of(pid, &child, NULL), GM_E_NOTFOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_process_is_found_and_alive),
        cmocka_unit_test(a_number_that_was_given_away_again_is_another_process),
        cmocka_unit_test(an_ended_child_is_not_alive_though_it_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
