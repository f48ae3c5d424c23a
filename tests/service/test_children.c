#include "../test.h"

#include "service/processes/children.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    char *folder, *record, *out, *log;
    service_children *children;
} fixture;

static void set_up(fixture *f, double grace_s) {
    gm_error err = {0};
    f->folder = test_folder_new();
    f->record = gm_path_join(f->folder, "process.json");
    f->out = gm_path_join(f->folder, "out.txt");
    f->log = gm_path_join(f->folder, "log.txt");
    assert_ok(service_children_new(grace_s, NULL, NULL, &f->children, &err), err);
}

static void tear_down(fixture *f) {
    service_children_free(f->children);
    gm_free(f->record);
    gm_free(f->out);
    gm_free(f->log);
    test_folder_remove(f->folder);
}

static void start(fixture *f, const char *script) {
    gm_error err = {0};
    const char *argv[] = {"sh", "-c", script, NULL};
    service_child_request request = {"/bin/sh", argv, f->record, f->out, f->log};
    assert_ok(service_child_start(f->children, &request, &err), err);
}

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static service_child_record ended(fixture *f) {
    gm_error err = {0};
    service_child_record record;
    for (int i = 0; i < 200; i++) {
        assert_ok(service_child_read(f->record, &record, &err), err);
        if (record.ended_at[0]) return record;
        pause_ms(25);
    }
    fail_msg("the child has not ended within 5 s");
    return record;
}

static char *text_of(const char *path) {
    char *text;
    size_t size;
    gm_error err = {0};
    assert_ok(gm_read_file(path, 1 << 20, &text, &size, &err), err);
    return text;
}

static void output_and_end_are_on_record(void **state) {
    (void)state;
    fixture f;
    set_up(&f, 5);
    start(&f, "echo result; echo trouble >&2; exit 3");
    service_child_record record = ended(&f);
    assert_int_equal(record.exit_status, 3);
    assert_int_equal(record.signal, 0);
    gm_auto_free char *out = text_of(f.out), *log = text_of(f.log);
    assert_string_equal(out, "result\n");
    assert_string_equal(log, "trouble\n");
    start(&f, "echo again >&2");
    record = ended(&f);
    gm_auto_text tail = GM_TEXT_INIT;
    service_log_tail(f.log, record.log_from, 5, &tail);
    assert_string_equal(gm_text_c(&tail), "again"); /* not what the process before it wrote */
    tear_down(&f);
}

static void a_killed_child_is_told_in_words(void **state) {
    (void)state;
    fixture f;
    set_up(&f, 5);
    start(&f, "kill -9 $$");
    service_child_record record = ended(&f);
    assert_int_equal(record.signal, 9);
    gm_auto_text words = GM_TEXT_INIT;
    service_child_end_text(&record, &words);
    assert_non_null(strstr(gm_text_c(&words), "killed"));
    tear_down(&f);
}

static void stopping_asks_first_and_then_insists(void **state) {
    (void)state;
    fixture f;
    gm_error err = {0};
    set_up(&f, 0.5);
    start(&f, "trap 'exit 130' TERM; echo ready; while :; do sleep 0.05; done");
    pause_ms(300);
    assert_ok(service_child_stop(f.children, f.record, &err), err);
    service_child_record record = ended(&f);
    assert_int_equal(record.exit_status, 130);
    assert_true(record.stop_asked_at[0]);
    start(&f, "trap '' TERM; echo ready; while :; do sleep 0.05; done");
    pause_ms(300);
    assert_ok(service_child_stop(f.children, f.record, &err), err);
    record = ended(&f);
    assert_int_equal(record.signal, 9);
    assert_int_equal(service_child_stop(f.children, f.record, NULL), GM_E_CONFLICT);
    tear_down(&f);
}

static void a_child_is_found_again_by_another_server(void **state) {
    (void)state;
    fixture f;
    gm_error err = {0};
    set_up(&f, 5);
    start(&f, "trap 'exit 0' TERM; while :; do sleep 0.05; done");
    service_children *second;
    assert_ok(service_children_new(5, NULL, NULL, &second, &err), err);
    service_child_adopt(second, f.record);
    assert_int_equal(service_children_count(second), 1);
    pause_ms(200);
    assert_ok(service_child_stop(second, f.record, &err), err);
    ended(&f);
    for (int i = 0; i < 40 && service_children_count(second); i++) pause_ms(50);
    assert_int_equal(service_children_count(second), 0);
    service_children_free(second);
    tear_down(&f);
}

static void nothing_of_the_server_is_inherited(void **state) {
    (void)state;
    fixture f;
    set_up(&f, 5);
    int sockets[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0); /* without CLOEXEC on purpose */
    signal(SIGUSR1, SIG_IGN);
    start(&f, "ls /proc/self/fd | wc -l; ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat; echo $$");
    service_child_record record = ended(&f);
    gm_auto_free char *out = text_of(f.out);
    long count, group, pid;
    assert_int_equal(sscanf(out, "%ld %ld %ld", &count, &group, &pid), 3);
    assert_int_equal(count, 4); /* 0, 1, 2 and the folder that ls reads */
    assert_int_equal(group, pid);
    assert_int_equal(pid, record.process.pid);
    close(sockets[0]);
    close(sockets[1]);
    tear_down(&f);
}

static void the_tail_of_a_log_leaves_out_progress_and_is_bounded(void **state) {
    (void)state;
    fixture f;
    gm_error err = {0};
    set_up(&f, 5);
    gm_auto_text log = GM_TEXT_INIT, tail = GM_TEXT_INIT;
    for (int i = 0; i < 5000; i++) gm_text_printf(&log, "line %d\n", i);
    gm_text_append(&log, "{\"stage\": \"reading\", \"done\": 1, \"total\": 2, \"text\": \"\"}\n\n");
    assert_ok(gm_write_file_fast(f.log, log.data, log.length, &err), err);
    service_log_tail(f.log, 0, 2, &tail);
    assert_string_equal(gm_text_c(&tail), "line 4998\nline 4999");
    gm_text_finish(&tail);
    tail = (gm_text)GM_TEXT_INIT;
    service_log_tail("/nowhere", 0, 2, &tail);
    assert_string_equal(gm_text_c(&tail), "");
    tear_down(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_and_end_are_on_record),
        cmocka_unit_test(a_killed_child_is_told_in_words),
        cmocka_unit_test(stopping_asks_first_and_then_insists),
        cmocka_unit_test(a_child_is_found_again_by_another_server),
        cmocka_unit_test(nothing_of_the_server_is_inherited),
        cmocka_unit_test(the_tail_of_a_log_leaves_out_progress_and_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
