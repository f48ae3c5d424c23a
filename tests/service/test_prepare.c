#include "../data/samples.h"
#include "data/storage/storage.h"
#include "service/project/overview.h"
#include "service/service.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A folder with good and bad files, and a data directory beside it. */
typedef struct {
    char *root, *raw, *data;
} project;

static void write_file(const char *folder, const char *name, const char *text) {
    gm_auto_free char *path = gm_path_join(folder, name);
    gm_auto_free char *dir = gm_strndup(path, (size_t)(strrchr(path, '/') - path));
    assert_int_equal(gm_make_dirs(dir, NULL), GM_OK);
    assert_int_equal(gm_write_file_fast(path, text, strlen(text), NULL), GM_OK);
}

static int set_up(void **state) {
    project *p = gm_calloc(1, sizeof *p);
    p->root = test_folder_new();
    p->raw = gm_path_join(p->root, "raw");
    p->data = gm_path_join(p->root, "data");
    write_file(p->raw, "a/good.xls", SAMPLE_RECORD);
    write_file(p->raw, "b/copy.xls", SAMPLE_RECORD);
    write_file(p->raw, "b/other.xls",
               SAMPLE_RECORD "-0,575\t3,000\t0,300\t5,029\t0,141\t1,000\t1,000\t108,000\t0,000\n");
    write_file(p->raw, "named_otherwise.txt",
               SAMPLE_RECORD "-0,575\t2,900\t0,300\t5,029\t0,141\t1,000\t1,000\t108,000\t0,000\n");
    write_file(p->raw, "README", "about these files");
    write_file(p->raw, "truth.csv", "file,entry_mm\n");
    *state = p;
    return 0;
}

static int tear_down(void **state) {
    project *p = *state;
    test_folder_remove(p->root);
    gm_free(p->raw);
    gm_free(p->data);
    gm_free(p);
    return 0;
}

static gm_prepare_summary run_prepare(const project *p) {
    gm_error err = {0};
    gm_prepare_options options = {
        .input_dir = p->raw, .output_dir = p->data, .validate = true, .auto_label = true, .threads = 2};
    gm_prepare_summary summary;
    assert_ok(gm_prepare(&options, &summary, &err), err);
    return summary;
}

static json_t *read_report(const gm_prepare_summary *summary) {
    json_t *report = json_load_file(summary->report_json, 0, NULL);
    assert_non_null(report);
    return report;
}

static const json_t *row_of(const json_t *report, const char *file) {
    const json_t *files = json_object_get(report, "files");
    for (size_t i = 0; i < json_array_size(files); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(files, i), "file")), file) == 0)
            return json_array_get(files, i);
    fail_msg("%s is not in the report", file);
    return NULL;
}

static void records_are_counted_and_others_skipped(void **state) {
    gm_prepare_summary s = run_prepare(*state);
    assert_int_equal(s.files, 4);
    assert_int_equal(s.records, 4);
    assert_int_equal(s.skipped, 2);
    assert_int_equal(s.verdicts[GM_ERROR], 0);
    assert_true(gm_file_exists(s.report_html));
    assert_true(gm_file_exists(s.labels_csv));
    gm_prepare_summary_finish(&s);
}

static void refused_files_are_listed_and_hold_up_nobody(void **state) {
    project *p = *state;
    write_file(p->raw, "empty.xls", "");
    write_file(p->raw, "binary.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on");
    write_file(p->raw, "cut.xls", SAMPLE_HEAD SAMPLE_PROGRAM);
    gm_auto_free char *loop = gm_path_join(p->raw, "b/loop");
    assert_int_equal(symlink("..", loop), 0);
    gm_prepare_summary s = run_prepare(p);
    assert_int_equal(s.records, 4);
    assert_int_equal(s.verdicts[GM_ERROR], 4);
    assert_non_null(strstr(s.refused, "binary.xls"));
    assert_non_null(strstr(s.refused, "Text (tab delimited)"));
    json_t *report = read_report(&s);
    assert_string_equal(json_string_value(json_object_get(row_of(report, "cut.xls"), "verdict")), "error");
    const json_t *finding = json_array_get(json_object_get(row_of(report, "cut.xls"), "findings"), 0);
    assert_true(json_integer_value(json_object_get(finding, "line")) > 0);
    json_decref(report);
    gm_prepare_summary_finish(&s);
}

static void unchanged_files_are_not_read_again(void **state) {
    project *p = *state;
    gm_prepare_summary first = run_prepare(p), second = run_prepare(p);
    assert_int_equal(second.unchanged, 4);
    assert_int_equal(second.records, first.records);
    for (int i = 0; i < 4; i++) assert_int_equal(second.verdicts[i], first.verdicts[i]);
    gm_auto_free char *good = gm_path_join(p->raw, "a/good.xls");
    write_file(p->raw, "a/good.xls",
               SAMPLE_RECORD "-0,575\t2,000\t0,300\t5,029\t0,141\t1,000\t1,000\t108,000\t0,000\n");
    gm_prepare_summary third = run_prepare(p);
    assert_int_equal(third.unchanged, 3);
    assert_int_equal(unlink(good), 0);
    gm_prepare_summary fourth = run_prepare(p);
    assert_int_equal(fourth.forgotten, 1);
    assert_int_equal(fourth.records, 3);
    gm_prepare_summary_finish(&first);
    gm_prepare_summary_finish(&second);
    gm_prepare_summary_finish(&third);
    gm_prepare_summary_finish(&fourth);
}

static void copies_are_found_across_folders(void **state) {
    gm_prepare_summary s = run_prepare(*state);
    json_t *report = read_report(&s);
    size_t n = 0;
    static const char *const copies[] = {"a/good.xls", "b/copy.xls"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *findings = json_object_get(row_of(report, copies[i]), "findings");
        for (size_t k = 0; k < json_array_size(findings); k++)
            n += strstr(json_string_value(json_object_get(json_array_get(findings, k), "check")), "duplicate") != NULL;
    }
    assert_true(n >= 1);
    json_decref(report);
    gm_prepare_summary_finish(&s);
}

static void a_data_directory_inside_the_input_is_not_an_input(void **state) {
    project *p = *state;
    gm_free(p->data);
    p->data = gm_path_join(p->raw, "data");
    gm_prepare_summary first = run_prepare(p), second = run_prepare(p);
    assert_int_equal(second.files, first.files);
    gm_prepare_summary_finish(&first);
    gm_prepare_summary_finish(&second);
}

/* Killed at many moments: what was committed is there, and the next run completes. */
static void a_kill_at_any_moment_loses_nothing(void **state) {
    project *p = *state;
    for (int i = 0; i < 200; i++) {
        char name[32];
        gm_auto_text text = GM_TEXT_INIT;
        snprintf(name, sizeof name, "many/%03d.xls", i);
        gm_text_printf(&text, SAMPLE_RECORD "-0,575\t%d,000\t0,300\t5,029\t0,141\t1,000\t1,000\t108,000\t0,000\n",
                       i + 10);
        write_file(p->raw, name, gm_text_c(&text));
    }
    for (int delay_ms = 1; delay_ms < 60; delay_ms += 9) {
        pid_t child = fork();
        if (child == 0) {
            gm_prepare_options options = {
                .input_dir = p->raw, .output_dir = p->data, .validate = true, .auto_label = true, .threads = 2};
            gm_prepare_summary summary;
            _exit(gm_prepare(&options, &summary, NULL) == GM_OK ? 0 : 1);
        }
        usleep((useconds_t)delay_ms * 1000);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    gm_prepare_summary s = run_prepare(p);
    assert_int_equal(s.records, 204);
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    assert_ok(gm_store_open(p->data, false, 0, &store, &err), err);
    gm_stored_holes holes;
    assert_ok(gm_store_holes(store, false, &holes, &err), err);
    assert_int_equal(holes.count, 203); /* one is a copy */
    for (size_t i = 0; i < holes.count; i++) {
        gm_auto(gm_record) record = NULL;
        assert_ok(gm_store_load_hole(store, holes.items[i].sha256, &record, &err), err);
    }
    gm_stored_holes_finish(&holes);
    gm_prepare_summary_finish(&s);
}

static void two_at_once_both_finish(void **state) {
    project *p = *state;
    pid_t children[2];
    for (int i = 0; i < 2; i++)
        if ((children[i] = fork()) == 0) {
            gm_prepare_options options = {
                .input_dir = p->raw, .output_dir = p->data, .validate = true, .auto_label = true, .threads = 2};
            gm_prepare_summary summary;
            _exit(gm_prepare(&options, &summary, NULL) == GM_OK && summary.records == 4 ? 0 : 1);
        }
    for (int i = 0; i < 2; i++) {
        int status;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
}

static void expert_labels_win_and_are_kept_apart(void **state) {
    project *p = *state;
    gm_prepare_summary s = run_prepare(p);
    write_file(p->root, "expert.csv", "file;entry_mm;transition_mm;exit_mm\nother.xls;1,5;;3,25\nnobody.xls;1;2;3\n");
    gm_auto_free char *csv = gm_path_join(p->root, "expert.csv");
    gm_error err = {0};
    gm_import_summary imported;
    assert_ok(gm_labels_import(p->data, csv, &(gm_import_options){GM_SOURCE_EXPERT, "A. Meyer", "root", csv}, &imported,
                               &err),
              err);
    assert_int_equal(imported.imported, 1);
    assert_int_equal(imported.unknown, 1);
    gm_import_summary_finish(&imported);
    gm_prepare_summary again = run_prepare(p); /* the rules do not overwrite an expert */
    gm_auto_free char *bytes = NULL;
    size_t size;
    assert_ok(gm_read_file(again.labels_csv, 1 << 20, &bytes, &size, &err), err);
    assert_non_null(strstr(bytes, "b/other.xls,1.500,,3.250,"));
    gm_prepare_summary_finish(&s);
    gm_prepare_summary_finish(&again);
}

static void a_missing_folder_is_said_so(void **state) {
    project *p = *state;
    gm_error err = {0};
    gm_prepare_options options = {.input_dir = "/nowhere/at/all", .output_dir = p->data};
    gm_prepare_summary summary;
    assert_int_equal(gm_prepare(&options, &summary, &err), GM_E_NOTFOUND);
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
}

static void an_empty_folder_forgets_nothing(void **state) {
    project *p = *state;
    gm_prepare_summary s = run_prepare(p);
    gm_prepare_summary_finish(&s);
    assert_int_equal(gm_remove_tree(p->raw, NULL), GM_OK); /* as a share that is not mounted */
    assert_int_equal(gm_make_dirs(p->raw, NULL), GM_OK);
    gm_error err = {0};
    gm_prepare_options options = {.input_dir = p->raw, .output_dir = p->data, .threads = 1};
    assert_int_equal(gm_prepare(&options, &s, &err), GM_E_NOTFOUND);
    gm_prepare_summary_finish(&s);
    gm_auto(gm_store) store = NULL;
    err = (gm_error){0};
    assert_ok(gm_store_open(p->data, false, 0, &store, &err), err);
    gm_stored_holes holes;
    assert_ok(gm_store_holes(store, false, &holes, &err), err);
    assert_int_equal(holes.count, 3);
    gm_stored_holes_finish(&holes);
}

/* The message of the first finding of a file. */
static void assert_refused(const json_t *report, const char *file, const char *word) {
    const json_t *row = row_of(report, file);
    assert_string_equal(json_string_value(json_object_get(row, "verdict")), "error");
    const char *message =
        json_string_value(json_object_get(json_array_get(json_object_get(row, "findings"), 0), "message"));
    if (!message || !strstr(message, word)) fail_msg("'%s' does not say '%s'", message ? message : "", word);
}

static void loops_and_giants_hold_up_nobody(void **state) {
    project *p = *state;
    gm_auto_free char *giant = gm_path_join(p->raw, "giant.xls");
    int fd = open(giant, O_CREAT | O_WRONLY, 0644);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)2 << 30), 0); /* 2 GB of holes: nothing on the disk */
    close(fd);
    gm_auto_free char *loop = gm_path_join(p->raw, "b/loop");
    assert_int_equal(symlink("..", loop), 0);
    double started_s = gm_seconds();
    gm_prepare_summary s = run_prepare(p);
    assert_true(gm_seconds() - started_s < 10);
    assert_int_equal(s.records, 4);
    json_t *report = read_report(&s);
    assert_refused(report, "giant.xls", "bytes");
    assert_refused(report, "b/loop", "contains itself");
    json_decref(report);
    gm_prepare_summary_finish(&s);
}

/* No file may grow beyond a limit, as on a full disk, wherever that strikes; afterwards all is there. */
static void a_full_disk_is_said_in_words_and_loses_nothing(void **state) {
    project *p = *state;
    for (rlim_t limit = 1024; limit <= 256 * 1024; limit *= 4) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            signal(SIGXFSZ, SIG_IGN);
            setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, limit});
            gm_error err = {0};
            gm_prepare_options options = {
                .input_dir = p->raw, .output_dir = p->data, .validate = true, .auto_label = true, .threads = 2};
            gm_prepare_summary summary;
            gm_status status = gm_prepare(&options, &summary, &err);
            _exit(status == GM_OK || (status == GM_E_IO && strstr(err.message, p->root)) ? 0 : 1);
        }
        int status;
        waitpid(child, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status))
            fail_msg("at %lu bytes: status %d", (unsigned long)limit, status);
    }
    gm_prepare_summary s = run_prepare(p);
    assert_int_equal(s.records, 4);
    gm_prepare_summary_finish(&s);
}

static void missing_memory_is_reported_and_loses_nothing(void **state) {
    project *p = *state;
    gm_prepare_options options = {
        .input_dir = p->raw, .output_dir = p->data, .validate = true, .auto_label = true, .threads = 1};
    size_t failures = 0;
    for (long n = 0;; n += 1 + n / 60) {
        gm_error err = {0};
        gm_prepare_summary summary;
        assert_int_equal(gm_remove_tree(p->data, NULL), GM_OK);
        gm_memory_fail_after(n);
        gm_status status = gm_prepare(&options, &summary, &err);
        gm_memory_fail_after(-1);
        gm_prepare_summary_finish(&summary);
        if (status == GM_OK) break;
        if (status != GM_E_NOMEM) fail_msg("after %ld allocations: %s", n, err.message);
        failures++;
    }
    assert_true(failures > 30);
    gm_prepare_summary s = run_prepare(p);
    assert_int_equal(s.records, 4);
    gm_prepare_summary_finish(&s);
}

static json_t *overview_of(const project *p) {
    gm_error err = {0};
    gm_project *opened;
    json_t *overview;
    assert_ok(gm_project_open(p->data, &opened, &err), err);
    assert_ok(gm_quality_overview(opened, &overview, &err), err);
    gm_project_free(opened);
    return overview;
}

static long total_of(const json_t *overview, const char *key) {
    return (long)json_integer_value(json_object_get(json_object_get(overview, "totals"), key));
}

/* A second folder, as uploads are: the quality of both is told, and what lies in both counts once. */
static void the_quality_of_all_folders_is_told_together(void **state) {
    project *p = *state;
    gm_prepare_summary summary = run_prepare(p);
    gm_prepare_summary_finish(&summary);
    json_t *one = overview_of(p);
    assert_int_equal(total_of(one, "files"), 4);
    project more = {p->root, gm_path_join(p->root, "more"), p->data};
    write_file(more.raw, "c/again.xls", SAMPLE_RECORD);
    write_file(more.raw, "c/new.xls",
               SAMPLE_RECORD "-0,575\t3,100\t0,300\t5,029\t0,141\t1,000\t1,000\t108,000\t0,000\n");
    write_file(more.raw, "c/broken.xls", "no record at all");
    summary = run_prepare(&more);
    gm_prepare_summary_finish(&summary);
    json_t *both = overview_of(p);
    assert_int_equal(total_of(both, "files"), 3 + 2); /* all of the newer folder; of the older one what is not in it */
    assert_int_equal(total_of(both, "error"), total_of(one, "error") + 1);
    assert_int_equal(json_array_size(json_object_get(both, "families")),
                     json_array_size(json_object_get(one, "families")));
    assert_true(json_array_size(json_object_get(both, "checks")) > 0);
    json_decref(one);
    json_decref(both);
    gm_free(more.raw);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_are_counted_and_others_skipped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refused_files_are_listed_and_hold_up_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unchanged_files_are_not_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copies_are_found_across_folders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_data_directory_inside_the_input_is_not_an_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_kill_at_any_moment_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_at_once_both_finish, set_up, tear_down),
        cmocka_unit_test_setup_teardown(expert_labels_win_and_are_kept_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_folder_is_said_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_folder_forgets_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loops_and_giants_hold_up_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_is_said_in_words_and_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_quality_of_all_folders_is_told_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(missing_memory_is_reported_and_loses_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("prepare", tests, NULL, NULL);
}
