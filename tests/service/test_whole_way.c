/* The use cases one after the other on a few simulated holes, each also without memory and with a full disk. */
#include "data/simulation/simulation.h"
#include "service/service.h"
#include "test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *folder;
static char raw[300], data[300], models[300], results[300], exported[300], table[300];
static char *run_dir;

static gm_status simulate(gm_error *err) {
    gm_simulation_options options = {.output_dir = raw, .holes = 12, .seed = 3, .threads = 1};
    gm_simulation_summary summary;
    gm_status status = gm_simulate(&options, &summary, err);
    gm_simulation_summary_finish(&summary);
    return status;
}

static gm_status prepare(gm_error *err) {
    gm_prepare_options options = {
        .input_dir = raw, .output_dir = data, .validate = true, .auto_label = true, .threads = 1};
    gm_prepare_summary summary;
    gm_status status = gm_prepare(&options, &summary, err);
    gm_prepare_summary_finish(&summary);
    return status;
}

static gm_status train(gm_error *err) {
    static const char *const sets[] = {"training_config.epochs=1",
                                       "training_config.cross_validation.n_folds=2",
                                       "model_config.d_model=8",
                                       "model_config.num_layers=1",
                                       "model_config.sequence_length=128",
                                       "model_config.patch_length=16",
                                       "data_config.preprocessing.bin_mm=0.3"};
    gm_train_request request = {
        .data_dir = data, .output_dir = models, .sets = sets, .n_sets = GM_COUNT(sets), .threads = 1};
    gm_train_summary summary;
    gm_status status = gm_train_service(&request, &summary, err);
    if (status == GM_OK) {
        gm_free(run_dir);
        run_dir = gm_strdup(summary.run.run_dir);
        if (!run_dir) status = gm_nomem(err);
    }
    gm_train_summary_finish(&summary);
    return status;
}

static gm_status evaluate(gm_error *err) {
    gm_evaluate_request request = {.model_dir = run_dir, .test_data = data, .output_report = results, .threads = 1};
    gm_evaluate_summary summary;
    gm_status status = gm_evaluate(&request, &summary, err);
    /* a hole that could not be predicted is counted, and the others go on */
    if (status == GM_OK && summary.n_failed) status = gm_nomem(err);
    gm_evaluate_summary_finish(&summary);
    return status;
}

static gm_status export(gm_error *err) {
    gm_export_request request = {.model_dir = run_dir, .output = exported, .prove = data};
    gm_export_summary summary;
    gm_status status = gm_export(&request, &summary, err);
    gm_export_summary_finish(&summary);
    return status;
}

static gm_status labels(gm_error *err) {
    size_t n;
    GM_TRY(gm_labels_export(data, GM_LABELS_CSV, table, &n, err));
    gm_import_summary summary;
    gm_status status = gm_labels_import(
        data, table, &(gm_import_options){.source = GM_SOURCE_EXPERT, .author = "A. Meyer"}, &summary, err);
    gm_import_summary_finish(&summary);
    return status;
}

static const struct {
    const char *name;
    gm_status (*run)(gm_error *);
} steps[] = {{"simulate", simulate}, {"prepare", prepare},   {"labels", labels},
             {"train", train},       {"evaluate", evaluate}, {"export", export}};

static int set_up(void **state) {
    (void)state;
    folder = test_folder_new();
    static const struct {
        char *path;
        const char *name;
    } paths[] = {{raw, "raw"},        {data, "data"},           {models, "models"},
                 {results, "r.json"}, {exported, "model.onnx"}, {table, "table.csv"}};
    for (size_t i = 0; i < GM_COUNT(paths); i++) snprintf(paths[i].path, sizeof raw, "%s/%s", folder, paths[i].name);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    gm_free(run_dir);
    test_folder_remove(folder);
    return 0;
}

static void each_step_goes_through(void **state) {
    (void)state;
    for (size_t i = 0; i < GM_COUNT(steps); i++) {
        gm_error err = {0};
        if (steps[i].run(&err) != GM_OK) fail_msg("%s: %s (%s)", steps[i].name, err.message, err.where);
    }
}

/* A folder stands where the report goes: training.log says that the run lacks it; once it is away, resuming completes
 * the run. */
static void what_is_missing_after_training_stands_in_its_log(void **state) {
    (void)state;
    gm_auto_free char *report = gm_path_join(run_dir, "report.html");
    gm_auto_free char *log = gm_path_join(run_dir, "training.log");
    gm_auto_free char *onnx = gm_path_join(run_dir, "model.onnx");
    assert_true(report && log && onnx);
    static const char *const lines[] = {"error trained, but not complete: ",
                                        "report.html is written: the run is complete"};
    assert_int_equal(unlink(report), 0);
    assert_int_equal(unlink(onnx), 0);
    assert_int_equal(mkdir(report, 0777), 0);
    for (int attempt = 0; attempt < 2; attempt++) {
        gm_error err = {0};
        gm_train_summary summary;
        gm_auto_free char *text = NULL;
        size_t size;
        assert_int_equal(truncate(log, 0), 0);
        gm_status status = gm_train_service(&(gm_train_request){.resume_dir = run_dir, .threads = 1}, &summary, &err);
        gm_train_summary_finish(&summary);
        assert_int_equal(status, attempt ? GM_OK : GM_E_IO);
        assert_ok(gm_read_file(log, 1 << 20, &text, &size, &(gm_error){0}), err);
        if (!strstr(text, lines[attempt])) fail_msg("no \"%s\" in: %s", lines[attempt], text);
        if (!attempt) assert_int_equal(rmdir(report), 0);
    }
}

/* Memory ends after n allocations, for n over all of a step: GM_E_NOMEM, no crash, no endless loop. */
static void missing_memory_is_reported(void **state) {
    (void)state;
    for (size_t i = 0; i < GM_COUNT(steps); i++) {
        long n = 0;
        for (;; n += 1 + n / 40) {
            gm_error err = {0};
            gm_memory_fail_after(n);
            gm_status status = steps[i].run(&err);
            gm_memory_fail_after(-1);
            if (status == GM_OK) break;
            if (status != GM_E_NOMEM)
                fail_msg("%s after %ld allocations: %s (%s)", steps[i].name, n, err.message, err.where);
        }
        assert_true(n > 10);
    }
}

/* No file may grow beyond a limit, as on a full disk: GM_E_IO that names the place; afterwards it goes through. */
static void a_full_disk_is_said_in_words(void **state) {
    (void)state;
    for (size_t i = 0; i < GM_COUNT(steps); i++) {
        for (rlim_t limit = 512; limit <= 128 * 1024; limit *= 4) {
            pid_t child = fork();
            assert_true(child >= 0);
            if (child == 0) {
                signal(SIGXFSZ, SIG_IGN);
                setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, limit});
                gm_error err = {0};
                gm_status status = steps[i].run(&err);
                _exit(status == GM_OK || (status == GM_E_IO && strstr(err.message, folder)) ? 0 : 1);
            }
            int status;
            waitpid(child, &status, 0);
            if (status) fail_msg("%s at %lu bytes: status %d", steps[i].name, (unsigned long)limit, status);
        }
    }
    each_step_goes_through(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_goes_through),
        cmocka_unit_test(what_is_missing_after_training_stands_in_its_log),
        cmocka_unit_test(missing_memory_is_reported),
        cmocka_unit_test(a_full_disk_is_said_in_words),
    };
    return cmocka_run_group_tests_name("whole_way", tests, set_up, tear_down);
}
