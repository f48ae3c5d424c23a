/* The loop from begin to end on made holes: small network, real code. */
#include "test.h"

#include "training/training.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HOLES = 12, ROWS = 600 };

/* CFRP from `entry`, metal from entry + 6, out at entry + 10 mm. NULL without memory. */
static gm_record *made_record(size_t number) {
    gm_auto(gm_record) r = gm_record_new();
    if (!r) return NULL;
    r->n = ROWS;
    float **columns[] = {&r->depth_mm, &r->torque_a, &r->thrust_a, &r->torque_empty_a, &r->thrust_empty_a};
    for (size_t c = 0; c < GM_COUNT(columns); c++)
        if (!(*columns[c] = gm_arena_alloc(r->arena, ROWS * sizeof(float)))) return NULL;
    r->step = gm_arena_alloc(r->arena, ROWS * sizeof(int32_t));
    r->stop_code = gm_arena_alloc(r->arena, ROWS * sizeof(int32_t));
    if (!r->step || !r->stop_code) return NULL;
    gm_random random;
    gm_random_init(&random, 5, number);
    double entry = 4 + 0.25 * (double)number;
    for (int i = 0; i < ROWS; i++) {
        double depth = 0.04 * i, noise = 0.1 * gm_random_normal(&random);
        bool air = depth < entry || depth > entry + 10;
        r->depth_mm[i] = (float)depth;
        r->torque_a[i] = (float)((air ? 0 : depth < entry + 6 ? 4 : 30) + noise);
        r->thrust_a[i] = r->torque_a[i] / 20;
        r->step[i] = 2;
    }
    r->meta.sample_rate_hz = 100;
    r->meta.head_tag = "HEAD";
    r->meta.head_global_counter = (long)number + 100;
    r->meta.head_local_counter_1 = (long)(number % 2) + 1; /* a tool lasts two holes */
    return gm_record_finish(r, NULL) == GM_OK ? gm_steal(&r) : NULL;
}

static gm_status load(void *ctx, size_t index, gm_record **out, gm_error *err) {
    (void)ctx;
    *out = made_record(index);
    return *out ? GM_OK : gm_nomem(err);
}

static gm_training_hole holes[HOLES];
static char names[HOLES][32];

static gm_training_data made_data(size_t count) {
    for (size_t i = 0; i < HOLES; i++) {
        snprintf(names[i], sizeof names[i], "set/hole_%02zu.xls", i);
        holes[i] = (gm_training_hole){.file = names[i], .label = GM_LABEL_EMPTY};
        double entry = 4 + 0.25 * (double)i;
        double mm[] = {entry, entry + 6, entry + 10};
        for (int p = 0; p < GM_N_POINTS; p++) holes[i].label.points[p] = (gm_label_point){.mm = mm[p], .confidence = 1};
    }
    return (gm_training_data){.holes = holes, .count = count, .load = load, .snapshot = "made"};
}

static void made_config(gm_training_config *c, const char *more) {
    static const char yaml[] =
        "model_config: {sequence_length: 128, patch_length: 8, d_model: 8, num_layers: 1}\n"
        "training_config: {epochs: 4, batch_size: 4, learning_rate: 0.01, cross_validation: {n_folds: 3}}\n"
        "data_config: {preprocessing: {bin_mm: 0.2}}\n";
    gm_error err = {0};
    assert_ok(gm_training_config_defaults(c, &err), err);
    assert_ok(gm_training_config_read(c, yaml, strlen(yaml), "made", &err), err);
    if (more) assert_ok(gm_training_config_read(c, more, strlen(more), "more", &err), err);
}

/* SHA-256 of the weights and descriptions of all folds and the figures. */
static void run_hash(const char *run_dir, int n_folds, char out[GM_SHA256_HEX]) {
    gm_auto_text all = GM_TEXT_INIT;
    static const char *const files[] = {"model.safetensors", "config.json", "gimlet.json", "history.csv"};
    for (int f = 1; f <= n_folds; f++)
        for (size_t k = 0; k < GM_COUNT(files); k++) {
            char path[600], hash[GM_SHA256_HEX];
            gm_error err = {0};
            snprintf(path, sizeof path, "%s/fold_%02d/%s", run_dir, f, files[k]);
            assert_ok(gm_sha256_file(path, hash, &err), err);
            gm_text_append(&all, hash);
        }
    char path[600], hash[GM_SHA256_HEX];
    gm_error err = {0};
    snprintf(path, sizeof path, "%s/metrics.json", run_dir);
    assert_ok(gm_sha256_file(path, hash, &err), err);
    gm_text_append(&all, hash);
    gm_sha256(all.data, all.length, out);
}

static void train_and_hash(const char *folder, int threads, const char *more, int n_folds, char out[GM_SHA256_HEX]) {
    gm_auto_training_config c;
    made_config(&c, more);
    gm_training_data data = made_data(HOLES);
    gm_train_result result;
    gm_error err = {0};
    gm_train_options options = {.config = &c, .output_dir = folder, .threads = threads};
    assert_ok(gm_train(&options, &data, &result, &err), err);
    assert_int_equal(result.n_folds, n_folds);
    run_hash(result.run_dir, n_folds, out);
    gm_train_result_finish(&result);
}

/* training.log of a run, which the caller frees. */
static char *read_log(const char *run_dir) {
    gm_auto_free char *path = gm_path_join(run_dir, "training.log");
    char *text = NULL;
    size_t size;
    gm_error err = {0};
    assert_non_null(path);
    assert_ok(gm_read_file(path, 1 << 20, &text, &size, &err), err);
    return text;
}

static int times_in(const char *text, const char *words) {
    int n = 0;
    for (const char *at = text; (at = strstr(at, words)); at += strlen(words)) n++;
    return n;
}

/* Every epoch of the three folds has its line; where nothing was interrupted, exactly one. */
static void every_epoch_stands_in(const char *log, bool once) {
    for (int fold = 1; fold <= 3; fold++)
        for (int epoch = 1; epoch <= 4; epoch++) {
            char words[64];
            snprintf(words, sizeof words, " info  fold %d/3 epoch %d/4: training loss ", fold, epoch);
            int n = times_in(log, words);
            if (once ? n != 1 : n < 1) fail_msg("%d lines of fold %d, epoch %d in\n%s", n, fold, epoch, log);
        }
}

/* "2026-11-23T08:15:30.123Z " in front of every line. */
static void every_line_has_its_time(const char *log) {
    for (const char *at = log; *at; at = strchr(at, '\n') + 1) {
        static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ ";
        for (size_t i = 0; form[i]; i++)
            if (form[i] == 'd' ? at[i] < '0' || at[i] > '9' : at[i] != form[i]) fail_msg("no time in front of %s", at);
        assert_non_null(strchr(at, '\n'));
    }
}

static const char *last_line(char *log) {
    size_t n = strlen(log);
    assert_true(n > 0 && log[n - 1] == '\n');
    log[n - 1] = '\0';
    const char *before = strrchr(log, '\n');
    return before ? before + 1 : log;
}

static void the_log_tells_the_run_in_words(void **state) {
    (void)state;
    gm_auto_free char *folder = test_folder_new();
    gm_auto_training_config c;
    made_config(&c, NULL);
    gm_training_data data = made_data(HOLES);
    gm_train_result result;
    gm_error err = {0};
    gm_train_options options = {.config = &c, .output_dir = folder, .threads = 2};
    assert_ok(gm_train(&options, &data, &result, &err), err);
    gm_auto_free char *log = read_log(result.run_dir);
    every_line_has_its_time(log);
    every_epoch_stands_in(log, true);
    gm_auto_text accuracy = GM_TEXT_INIT;
    gm_text_append(&accuracy, " info  out of fold, exit: mean error ");
    gm_text_number(&accuracy, result.out_of_fold.points[GM_EXIT].mae_mm, 4);
    const char *const once[] = {
        " info  begin: patchtsmixer_24cv, gimlet ", "sequence_length 128,",      "batch_size 4, learning_rate 0.01,",
        " info  data set made: 12 holes in ",       " warning judged by models", " info  fold 1/3 begins: learns from ",
        " info  fold 3/3 ends: best in epoch ",     gm_text_c(&accuracy),        " info  out of fold, hole depth: "};
    for (size_t i = 0; i < GM_COUNT(once); i++)
        if (times_in(log, once[i]) != 1) fail_msg("not once \"%s\" in\n%s", once[i], log);
    assert_ptr_equal(strstr(log, " info  begin: "), log + 24); /* the first line */
    assert_non_null(strstr(last_line(log), " info  end: finished after "));
    gm_train_result_finish(&result);

    gm_auto_training_config quiet;
    made_config(&quiet, "track_metrics: false");
    options.config = &quiet;
    assert_ok(gm_train(&options, &data, &result, &err), err);
    gm_auto_free char *path = gm_path_join(result.run_dir, "training.log");
    assert_false(gm_file_exists(path));
    gm_train_result_finish(&result);
    test_folder_remove(gm_steal(&folder));
}

static void any_number_of_threads_gives_the_same_bytes(void **state) {
    (void)state;
    gm_auto_free char *folder = test_folder_new();
    char one[GM_SHA256_HEX], other[GM_SHA256_HEX];
    train_and_hash(folder, 1, NULL, 3, one);
    for (int threads = 2; threads <= 4; threads += 2) {
        train_and_hash(folder, threads, NULL, 3, other);
        assert_string_equal(one, other);
    }
    train_and_hash(folder, 1, "training_config: {seed: 43}", 3, other);
    assert_string_not_equal(one, other);
    train_and_hash(folder, 1, "strategy: patchtsmixer_single", 1, one);
    train_and_hash(folder, 4, "strategy: patchtsmixer_single", 1, other);
    assert_string_equal(one, other);
    test_folder_remove(gm_steal(&folder));
}

/* Kills its own process at report number ctx. */
static bool die_at(void *ctx, const gm_progress *progress) {
    if (strcmp(progress->stage, "training") == 0 && progress->done >= *(long *)ctx) raise(SIGKILL);
    return true;
}

static char *killed_run(const char *folder, long at) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        gm_auto_training_config c;
        made_config(&c, NULL);
        gm_training_data data = made_data(HOLES);
        gm_train_result result;
        gm_observer observer = {die_at, &at};
        gm_train_options options = {
            .config = &c, .output_dir = folder, .threads = 2, .observer = &observer, .checkpoint_s = -1};
        _exit(gm_train(&options, &data, &result, NULL) == GM_OK ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    gm_file_list list;
    gm_error err = {0};
    assert_ok(gm_list_files(folder, &list, &err), err);
    char *run = NULL;
    for (size_t i = 0; i < list.count && !run; i++)
        if (gm_ends_with(list.items[i].path, "/run.json"))
            run = gm_strndup(list.items[i].path, strlen(list.items[i].path) - strlen("/run.json"));
    gm_file_list_finish(&list);
    assert_non_null(run);
    return run;
}

static void a_killed_run_resumes_to_the_same_bytes(void **state) {
    (void)state;
    gm_auto_free char *folder = test_folder_new();
    char undisturbed[GM_SHA256_HEX], resumed[GM_SHA256_HEX];
    train_and_hash(folder, 2, NULL, 3, undisturbed);
    static const long kills[] = {1, 3, 6, 11};
    for (size_t k = 0; k < GM_COUNT(kills); k++) {
        gm_auto_free char *own = test_folder_new();
        gm_auto_free char *run = killed_run(own, kills[k]);
        gm_training_data data = made_data(HOLES);
        gm_train_options options = {.resume_dir = run, .threads = 1};
        gm_train_result result;
        gm_error err = {0};
        assert_ok(gm_train(&options, &data, &result, &err), err);
        run_hash(run, 3, resumed);
        assert_string_equal(undisturbed, resumed);
        gm_auto_free char *log = read_log(run);
        every_epoch_stands_in(log, false);
        assert_int_equal(times_in(log, " info  resumed: "), 1);
        gm_metrics before = result.out_of_fold;
        gm_train_result_finish(&result);
        assert_ok(gm_train(&options, &data, &result, &err), err); /* finished: nothing to do, the figures are there */
        assert_non_null(strstr(gm_text_c(&result.messages), "finished already"));
        assert_int_equal(result.n_folds, 3);
        assert_int_equal(result.out_of_fold.holes, before.holes);
        for (int p = 0; p < GM_N_EVAL; p++) {
            const gm_point_metrics *kept = &result.out_of_fold.points[p];
            assert_int_equal(kept->n, before.points[p].n);
            assert_true(fabs(kept->mae_mm - before.points[p].mae_mm) < 1e-5);
            assert_true(fabs(kept->within_200um - before.points[p].within_200um) < 1e-4);
        }
        gm_train_result_finish(&result);
        test_folder_remove(gm_steal(&own));
    }
    test_folder_remove(gm_steal(&folder));
}

static bool stop_at(void *ctx, const gm_progress *progress) {
    return !(strcmp(progress->stage, "training") == 0 && progress->done >= *(long *)ctx);
}

static void a_stopped_run_says_so_and_resumes(void **state) {
    (void)state;
    gm_auto_free char *folder = test_folder_new();
    char undisturbed[GM_SHA256_HEX], resumed[GM_SHA256_HEX];
    train_and_hash(folder, 2, NULL, 3, undisturbed);
    gm_auto_training_config c;
    made_config(&c, NULL);
    gm_training_data data = made_data(HOLES);
    long at = 5;
    gm_observer observer = {stop_at, &at};
    gm_train_options options = {.config = &c, .output_dir = folder, .threads = 2, .observer = &observer};
    gm_train_result stopped, result;
    gm_error err = {0};
    assert_int_equal(gm_train(&options, &data, &stopped, &err), GM_E_CANCELLED);
    assert_non_null(stopped.run_dir);
    gm_auto_free char *until_then = read_log(stopped.run_dir);
    size_t length = strlen(until_then);
    assert_non_null(strstr(last_line(until_then), " info  stopped: "));
    until_then[length - 1] = '\n';
    gm_train_options again = {.resume_dir = stopped.run_dir, .threads = 2};
    err = (gm_error){0};
    assert_ok(gm_train(&again, &data, &result, &err), err);
    run_hash(result.run_dir, 3, resumed);
    assert_string_equal(undisturbed, resumed);
    gm_auto_free char *log = read_log(stopped.run_dir);
    assert_memory_equal(log, until_then, length); /* only added to */
    assert_ptr_equal(strstr(log, " info  resumed: "), log + length + 24);
    every_epoch_stands_in(log, false);
    gm_train_result_finish(&stopped);
    gm_train_result_finish(&result);
    test_folder_remove(gm_steal(&folder));
}

static void expect_failure(size_t count, const char *more, bool unlabelled, gm_status status, const char *word) {
    gm_auto_free char *folder = test_folder_new();
    gm_auto_training_config c;
    made_config(&c, more);
    gm_training_data data = made_data(count);
    for (size_t i = 0; unlabelled && i < count; i++) holes[i].label = GM_LABEL_EMPTY;
    gm_train_options options = {.config = &c, .output_dir = folder, .threads = 2};
    gm_train_result result;
    gm_error err = {0};
    assert_int_equal(gm_train(&options, &data, &result, &err), status);
    if (!strstr(err.message, word)) fail_msg("'%s' does not say '%s'", err.message, word);
    gm_auto_free char *log = result.run_dir ? read_log(result.run_dir) : NULL;
    const char *last = log ? last_line(log) : "";
    if (log && (!strstr(last, " error failed: ") || !strstr(last, err.message) || !strstr(last, err.hint)))
        fail_msg("the log ends with '%s'", last);
    gm_train_result_finish(&result);
    test_folder_remove(gm_steal(&folder));
}

static void what_cannot_be_trained_on_is_said_in_words(void **state) {
    (void)state;
    expect_failure(0, NULL, false, GM_E_ARG, "no holes at all");
    expect_failure(6, NULL, true, GM_E_ARG, "6 have no label");
    expect_failure(1, NULL, false, GM_E_ARG, "nothing is left to validate on");
    /* each step multiplies the weights by -99 and nothing cuts the gradients: they leave the range of floats */
    expect_failure(HOLES, "training_config: {learning_rate: 10, weight_decay: 10, max_grad_norm: 0, epochs: 40}", false,
                   GM_E_NUMERIC, "the loss is not a number");
}

static void a_full_disk_is_said_in_words(void **state) {
    (void)state;
    gm_auto_free char *folder = test_folder_new();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* no file of this process may grow beyond 2 kB: a checkpoint cannot be written */
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){2048, 2048});
        gm_auto_training_config c;
        made_config(&c, "track_metrics: false");
        gm_training_data data = made_data(HOLES);
        gm_train_result result;
        gm_error err = {0};
        gm_train_options options = {.config = &c, .output_dir = folder, .threads = 1};
        gm_status status = gm_train(&options, &data, &result, &err);
        _exit(status == GM_E_IO && strstr(err.message, folder) ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    test_folder_remove(gm_steal(&folder));
}

/* Memory ends after n allocations, for n over the whole run: an error, no crash; then the same run goes through. */
static void missing_memory_is_reported(void **state) {
    (void)state;
    gm_auto_free char *folder = test_folder_new();
    gm_auto_training_config c;
    made_config(&c, "training_config: {epochs: 1, cross_validation: {n_folds: 2}}");
    gm_training_data data = made_data(HOLES);
    size_t failures = 0;
    for (long n = 0;; n += 1 + n / 100) {
        gm_train_result result;
        gm_error err = {0};
        gm_train_options options = {.config = &c, .output_dir = folder, .threads = 1};
        gm_memory_fail_after(n);
        gm_status status = gm_train(&options, &data, &result, &err);
        gm_memory_fail_after(-1);
        gm_train_result_finish(&result);
        if (status == GM_OK) break;
        if (status != GM_E_NOMEM) fail_msg("after %ld allocations: %s (%s)", n, err.message, err.where);
        failures++;
    }
    assert_true(failures > 30);
    test_folder_remove(gm_steal(&folder));
}

static void the_model_learns_the_points(void **state) {
    (void)state;
    gm_auto_free char *folder = test_folder_new();
    gm_auto_training_config c;
    made_config(&c, "training_config: {epochs: 60}");
    gm_training_data data = made_data(HOLES);
    gm_train_options options = {.config = &c, .output_dir = folder};
    gm_train_result result;
    gm_error err = {0};
    assert_ok(gm_train(&options, &data, &result, &err), err);
    const gm_metrics *m = &result.out_of_fold;
    assert_int_equal(m->holes, HOLES);
    assert_int_equal(m->points[GM_ENTRY].n + m->points[GM_ENTRY].missed, HOLES);
    print_message("# out of fold: entry %.3f, transition %.3f, exit %.3f mm\n", m->points[GM_ENTRY].mae_mm,
                  m->points[GM_TRANSITION].mae_mm, m->points[GM_EXIT].mae_mm);
    assert_true(m->points[GM_ENTRY].mae_mm < 0.5 && m->points[GM_EXIT].mae_mm < 0.5);

    gm_auto(gm_predictor) predictor = NULL;
    assert_ok(gm_predictor_open(result.run_dir, 2, &predictor, &err), err);
    assert_int_equal(gm_predictor_folds(predictor), 3);
    gm_auto(gm_record) record = made_record(5);
    assert_in_range(gm_predictor_fold_of(predictor, record), 0, 2);
    gm_prediction p;
    assert_ok(gm_predictor_run(predictor, record, &p, &err), err);
    assert_true(fabs(p.label.points[GM_ENTRY].mm - 5.25) < 0.5);
    assert_true(p.low_mm[GM_ENTRY] < p.label.points[GM_ENTRY].mm && p.n_layers == 2 && p.grip_code > 0);

    float *inputs;
    int windows;
    assert_ok(gm_predictor_inputs(predictor, record, &inputs, &windows, &err), err);
    gm_auto_free float *outputs = gm_calloc((size_t)windows * 128 * 3, sizeof *outputs);
    gm_label label;
    assert_ok(gm_predictor_outputs(predictor, -1, inputs, windows, outputs, &err), err);
    assert_ok(gm_predictor_read_out(predictor, record, outputs, windows, &label, &err), err);
    for (int k = 0; k < GM_N_POINTS; k++) assert_true(label.points[k].mm == p.label.points[k].mm);
    gm_free(inputs);
    gm_train_result_finish(&result);
    test_folder_remove(gm_steal(&folder));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_tells_the_run_in_words),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(a_killed_run_resumes_to_the_same_bytes),
        cmocka_unit_test(a_stopped_run_says_so_and_resumes),
        cmocka_unit_test(what_cannot_be_trained_on_is_said_in_words),
        cmocka_unit_test(a_full_disk_is_said_in_words),
        cmocka_unit_test(missing_memory_is_reported),
        cmocka_unit_test(the_model_learns_the_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
