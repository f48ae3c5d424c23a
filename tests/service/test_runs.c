/* Runs as child processes: what a server does with them, without HTTP. */
#include "project.h"

#include "base/process.h"
#include "service/models/predict.h"
#include "service/runs/runs.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 90 }; /* the machine may be busy */

static project p;

static gm_runs *open_runs(void) {
    gm_error err = {0};
    gm_runs *runs;
    gm_runs_options options = {.models_dir = p.models, .data_dir = p.data, .program = program(), .grace_s = 10};
    assert_ok(gm_runs_open(&options, &runs, &err), err);
    return runs;
}

static json_t *tiny(int epochs, const char *experiment) {
    return json_pack("{s:i, s:i, s:s, s:s}", "training_config.cross_validation.n_folds", 3, "training_config.epochs",
                     epochs, "training_config.cross_validation.grouping", "hole", "experiment_name", experiment);
}

/* The name of the new run; gm_free. */
static char *start(gm_runs *runs, int epochs, const char *experiment) {
    gm_error err = {0};
    json_t *values = tiny(epochs, experiment), *run;
    gm_run_request request = {.preset = "demo", .values = values, .author = "A. Meyer"};
    assert_ok(gm_runs_start(runs, &request, &run, &err), err);
    assert_string_equal(text_at(run, "state"), "running");
    char *name = gm_strdup(text_at(run, "run"));
    json_decref(run);
    json_decref(values);
    return name;
}

static json_t *get(gm_runs *runs, const char *name) {
    gm_error err = {0};
    json_t *run;
    assert_ok(gm_runs_get(runs, name, &run, &err), err);
    return run;
}

/* Waits until the run is in this state; the caller's to release. */
static json_t *wait_for(gm_runs *runs, const char *name, const char *state) {
    for (double began_s = gm_seconds();; pause_ms(50)) {
        json_t *run = get(runs, name);
        if (strcmp(text_at(run, "state"), state) == 0) return run;
        if (gm_seconds() - began_s > PATIENCE_S || (strcmp(text_at(run, "state"), "running") != 0))
            fail_msg("%s is %s, not %s: %s\n%s", name, text_at(run, "state"), state, text_at(run, "message"),
                     text_at(run, "log"));
        json_decref(run);
    }
}

static long epochs_of(const json_t *run) {
    long sum = 0;
    size_t i;
    json_t *fold;
    json_array_foreach (json_object_get(run, "folds"), i, fold)
        sum += (long)json_integer_value(json_object_get(fold, "epoch"));
    return sum;
}

static const json_t *exit_metrics(const json_t *run) {
    const json_t *out_of_fold = json_object_get(json_object_get(run, "metrics"), "out_of_fold");
    assert_non_null(json_object_get(out_of_fold, "groups"));
    return json_object_get(json_object_get(out_of_fold, "points"), "exit");
}

static void wait_for_epochs(gm_runs *runs, const char *name, long epochs) {
    for (double began_s = gm_seconds(); gm_seconds() - began_s < PATIENCE_S; pause_ms(20)) {
        json_t *run = get(runs, name);
        bool there = epochs_of(run) >= epochs;
        if (!there && strcmp(text_at(run, "state"), "running") != 0) fail_msg("%s: %s", name, text_at(run, "message"));
        json_decref(run);
        if (there) return;
    }
    fail_msg("no epoch within %d s", PATIENCE_S);
}

static gm_process process_of(const char *name) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s/process.json", p.models, name);
    json_t *record = json_load_file(path, 0, NULL);
    gm_process process;
    gm_error err = {0};
    assert_ok(gm_process_of((long)json_integer_value(json_object_get(record, "pid")), &process, &err), err);
    assert_int_equal(process.start_ticks, json_integer_value(json_object_get(record, "start_ticks")));
    json_decref(record);
    return process;
}

/* One hash over the weights of all folds, and what was found out of fold. */
static void hash_of(const char *name, char hex[GM_SHA256_HEX]) {
    gm_auto_text all = GM_TEXT_INIT;
    static const char *const files[] = {"fold_01/model.safetensors", "fold_02/model.safetensors",
                                        "fold_03/model.safetensors", "out_of_fold.csv"};
    for (size_t i = 0; i < GM_COUNT(files); i++) {
        char path[600], one[GM_SHA256_HEX];
        gm_error err = {0};
        snprintf(path, sizeof path, "%s/%s/%s", p.models, name, files[i]);
        assert_ok(gm_sha256_file(path, one, &err), err);
        gm_text_append(&all, one);
    }
    gm_sha256(all.data, all.length, hex);
}

static char *finished, *resumed; /* runs of the first tests, for those behind them */

static void a_run_goes_from_start_to_finished(void **state) {
    (void)state;
    gm_auto(gm_runs) runs = open_runs();
    finished = start(runs, 4, "first");
    json_t *run = wait_for(runs, finished, "finished");
    assert_string_equal(text_at(run, "experiment"), "first");
    assert_string_equal(text_at(run, "message"), "");
    assert_int_equal(json_integer_value(json_object_get(run, "n_folds")), 3);
    assert_int_equal(json_integer_value(json_object_get(run, "epochs")), 4);
    assert_int_equal(epochs_of(run), 12);
    assert_true(json_integer_value(json_object_get(run, "holes")) > 20);
    json_t *fold = json_array_get(json_object_get(run, "folds"), 2);
    assert_string_equal(text_at(fold, "state"), "finished");
    assert_true(json_number_value(json_object_get(fold, "train_loss")) > 0);
    const json_t *exit = exit_metrics(run);
    assert_true(json_number_value(json_object_get(exit, "mae_mm")) > 0);
    json_decref(run);
    gm_error err = {0};
    assert_int_equal(gm_runs_stop(runs, finished, "tester", &run, &err), GM_E_CONFLICT);
    assert_int_equal(gm_runs_resume(runs, finished, "tester", &run, NULL), GM_E_CONFLICT);
}

static void events_come_line_by_line_and_go_on_where_they_were(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_runs) runs = open_runs();
    gm_auto(gm_run_events) events = NULL;
    assert_ok(gm_run_events_open(runs, finished, 0, &events, &err), err);
    long number, last = 0, n_epochs = 0;
    double began_s = gm_seconds();
    while (!gm_run_events_over(events)) {
        gm_auto_text line = GM_TEXT_INIT;
        assert_ok(gm_run_events_next(events, &line, &number, &err), err);
        if (!number) {
            assert_true(gm_seconds() - began_s < PATIENCE_S);
            continue;
        }
        assert_int_equal(number, ++last);
        json_t *event = json_loads(gm_text_c(&line), 0, NULL);
        n_epochs += strcmp(text_at(event, "event"), "epoch") == 0;
        json_decref(event);
    }
    assert_int_equal(n_epochs, 12);
    gm_auto(gm_run_events) later = NULL;
    gm_auto_text line = GM_TEXT_INIT;
    assert_ok(gm_run_events_open(runs, finished, last - 1, &later, &err), err);
    assert_ok(gm_run_events_next(later, &line, &number, &err), err);
    assert_int_equal(number, last);
    assert_non_null(strstr(gm_text_c(&line), "\"end\""));
    assert_int_equal(gm_run_events_open(runs, "none", 0, &later, &err), GM_E_NOTFOUND);
}

static void a_killed_child_is_told_in_words_and_resumed_to_the_same_bytes(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_runs) runs = open_runs();
    gm_auto_free char *name = start(runs, 4, "first"); /* the same run again; its name differs by time or number */
    assert_string_not_equal(name, finished);
    wait_for_epochs(runs, name, 1);
    gm_process child = process_of(name);
    assert_ok(gm_process_signal(&child, SIGKILL, &err), err);
    json_t *run = wait_for(runs, name, "failed");
    assert_non_null(strstr(text_at(run, "message"), "killed"));
    assert_non_null(strstr(text_at(run, "message"), "resume"));
    json_decref(run);
    assert_ok(gm_runs_resume(runs, name, "tester", &run, &err), err);
    assert_string_equal(text_at(run, "state"), "running");
    json_decref(run);
    json_decref(wait_for(runs, name, "finished"));
    char a[GM_SHA256_HEX], b[GM_SHA256_HEX];
    hash_of(finished, a);
    hash_of(name, b);
    assert_string_equal(a, b);
    resumed = gm_steal(&name);
}

static void a_run_outlives_its_server_and_is_found_and_stopped_by_the_next(void **state) {
    (void)state;
    gm_error err = {0};
    gm_runs *first = open_runs();
    gm_auto_free char *name = start(first, 5000, "long");
    wait_for_epochs(first, name, 1);
    gm_process child = process_of(name);
    gm_runs_free(first);
    assert_true(gm_process_alive(&child));
    gm_auto(gm_runs) second = open_runs();
    json_t *run = get(second, name);
    assert_string_equal(text_at(run, "state"), "running");
    assert_true(json_number_value(json_object_get(run, "eta_s")) > 0);
    json_decref(run);
    assert_int_equal(gm_runs_resume(second, name, "tester", &run, NULL), GM_E_CONFLICT);
    assert_ok(gm_runs_stop(second, name, "tester", &run, &err), err);
    json_decref(run);
    run = wait_for(second, name, "stopped");
    assert_non_null(strstr(text_at(run, "message"), "resume"));
    json_decref(run);
}

static void only_a_few_train_at_once(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_runs) runs = open_runs();
    char *names[GM_RUNS_AT_ONCE];
    for (size_t i = 0; i < GM_RUNS_AT_ONCE; i++) names[i] = start(runs, 5000, "crowd");
    json_t *values = tiny(1, "crowd"), *run;
    gm_run_request request = {.values = values};
    assert_int_equal(gm_runs_start(runs, &request, &run, &err), GM_E_CONFLICT);
    assert_non_null(strstr(err.hint, "stop one"));
    json_decref(values);
    for (size_t i = 0; i < GM_RUNS_AT_ONCE; i++) {
        err = (gm_error){0};
        assert_ok(gm_runs_stop(runs, names[i], "tester", &run, &err), err); /* just begun: it stops all the same */
        json_decref(run);
    }
    for (size_t i = 0; i < GM_RUNS_AT_ONCE; i++) {
        json_decref(wait_for(runs, names[i], "stopped"));
        gm_free(names[i]);
    }
}

static void a_reused_process_number_is_not_taken_for_the_run(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_runs) runs = open_runs();
    char dir[600], record[700], text[300];
    snprintf(dir, sizeof dir, "%s/%s", p.models, "reused");
    assert_ok(gm_make_dirs(dir, &err), err);
    snprintf(record, sizeof record, "%s/run.json", dir);
    assert_ok(gm_write_file_fast(record, "{}", 2, &err), err);
    gm_process self;
    assert_ok(gm_process_self(&self, &err), err);
    snprintf(text, sizeof text, "{\"pid\": %ld, \"start_ticks\": %lld, \"boot\": \"%s\", \"started_at\": \"\"}",
             self.pid, self.start_ticks - 1, self.boot);
    snprintf(record, sizeof record, "%s/process.json", dir);
    assert_ok(gm_write_file_fast(record, text, strlen(text), &err), err);
    json_t *run = get(runs, "reused");
    assert_string_equal(text_at(run, "state"), "failed");
    json_decref(run);
    assert_int_equal(gm_runs_stop(runs, "reused", "tester", &run, &err),
                     GM_E_CONFLICT); /* or this test would be gone */
    assert_ok(gm_remove_tree(dir, &err), err);
}

static void runs_of_the_command_line_are_listed(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_runs) runs = open_runs();
    pid_t pid = fork();
    if (pid == 0) {
        freopen("/dev/null", "w", stdout);
        freopen("/dev/null", "w", stderr);
        execl(program(), program(), "train", "--data-dir", p.data, "--output-dir", p.models, "--run-name", "by_hand",
              "--set", "training_config.epochs=5000", "--set", "training_config.cross_validation.n_folds=2", "--set",
              "training_config.cross_validation.grouping=hole", (char *)NULL);
        _exit(127);
    }
    json_t *run = NULL;
    for (int i = 0; i < 2000 && gm_runs_get(runs, "by_hand", &run, NULL) != GM_OK; i++) pause_ms(20);
    json_decref(run);
    wait_for_epochs(runs, "by_hand", 1);
    assert_ok(gm_runs_stop(runs, "by_hand", "tester", &run, &err), err);
    json_decref(run);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 130);
    json_decref(wait_for(runs, "by_hand", "stopped"));
    json_t *list;
    assert_ok(gm_runs_list(runs, NULL, &list, &err), err);
    const json_t *newest = json_array_get(json_object_get(list, "items"), 0);
    assert_string_equal(text_at(newest, "run"), "by_hand");
    json_decref(list);
}

static void what_cannot_be_started_is_refused_before_anything_is_made(void **state) {
    (void)state;
    gm_auto(gm_runs) runs = open_runs();
    json_t *before, *after, *run, *values = json_pack("{s:i}", "training_config.epochs", -1);
    gm_error err = {0};
    assert_ok(gm_runs_list(runs, NULL, &before, &err), err);
    gm_run_request request = {.preset = "demo", .values = values};
    assert_int_equal(gm_runs_start(runs, &request, &run, &err), GM_E_ARG);
    assert_non_null(strstr(err.message, "training_config.epochs"));
    json_object_set_new(values, "training_config.epochs", json_integer(1));
    json_object_set_new(values, "experiment_name", json_string("../out"));
    assert_int_equal(gm_runs_start(runs, &request, &run, NULL), GM_E_ARG);
    json_decref(values);
    gm_runs_options nothing = {.models_dir = p.models, .data_dir = p.raw, .program = program()};
    gm_auto(gm_runs) unprepared = NULL;
    err = (gm_error){0};
    assert_ok(gm_runs_open(&nothing, &unprepared, &err), err);
    request.values = NULL;
    assert_int_equal(gm_runs_start(unprepared, &request, &run, &err), GM_E_CONFLICT);
    assert_non_null(strstr(err.hint, "prepare"));
    err = (gm_error){0};
    assert_ok(gm_runs_list(runs, NULL, &after, &err), err);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
}

static void a_program_that_cannot_train_says_why(void **state) {
    (void)state;
    gm_error err = {0};
    char data[600];
    snprintf(data, sizeof data, "%s/broken", p.folder);
    gm_store *empty = NULL;
    assert_ok(gm_store_open_edit(data, true, &empty, &err), err);
    gm_store_free(empty);
    gm_runs_options options = {.models_dir = p.models, .data_dir = data, .program = program()};
    gm_auto(gm_runs) runs = NULL;
    assert_ok(gm_runs_open(&options, &runs, &err), err);
    gm_auto_free char *name = start(runs, 2, "broken");
    json_t *run = wait_for(runs, name, "failed");
    assert_non_null(strstr(text_at(run, "message"), "hole"));
    json_decref(run);
    gm_runs *good = open_runs(); /* resume begins it, as nothing was begun */
    assert_ok(gm_runs_resume(good, name, "tester", &run, &err), err);
    json_decref(run);
    json_decref(wait_for(good, name, "finished"));
    gm_runs_free(good);
}

static void holes_are_shown_out_of_fold(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_runs) runs = open_runs();
    json_t *table, *hole, *all = get(runs, finished);
    assert_ok(gm_runs_holes(runs, finished, &table, &err), err);
    assert_int_equal(json_array_size(json_object_get(table, "items")),
                     json_integer_value(json_object_get(all, "holes")));
    size_t i;
    double sum = 0, n = 0;
    json_array_foreach (json_object_get(table, "items"), i, hole) {
        assert_int_equal(strlen(text_at(hole, "id")), 64);
        assert_true(text_at(hole, "family")[0] != 0);
        long fold = (long)json_integer_value(json_object_get(hole, "fold"));
        assert_true(fold >= 1 && fold <= 3);
        const json_t *error = json_object_get(json_object_get(hole, "error_mm"), "exit");
        if (json_is_number(error)) sum += fabs(json_number_value(error)), n++;
    }
    const json_t *exit = exit_metrics(all);
    assert_true(fabs(sum / n - json_number_value(json_object_get(exit, "mae_mm"))) < 1e-3); /* the same figure */
    json_decref(table);
    json_decref(all);
}

static void models_and_their_files_are_listed(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_runs) runs = open_runs();
    json_t *models, *model, *file;
    assert_ok(gm_models_list(runs, &models, &err), err);
    size_t i, k;
    bool seen = false, has_onnx = false;
    json_array_foreach (json_object_get(models, "items"), i, model) {
        assert_string_not_equal(text_at(model, "run"), "by_hand"); /* it is not finished */
        if (strcmp(text_at(model, "run"), finished) != 0) continue;
        seen = true;
        json_array_foreach (json_object_get(model, "files"), k, file) {
            has_onnx |= strcmp(text_at(file, "path"), "model.onnx") == 0;
            gm_auto_free char *path = NULL;
            assert_ok(gm_run_file(runs, finished, text_at(file, "path"), &path, &err), err);
        }
    }
    assert_true(seen && has_onnx);
    json_decref(models);
    static const char *const bad[] = {"../first", "/etc/passwd", ".lock",       "fold_01/../../x",
                                      "none",     "fold_01",     "process.json"};
    for (i = 0; i < GM_COUNT(bad); i++) {
        gm_auto_free char *path = NULL;
        gm_status status = gm_run_file(runs, finished, bad[i], &path, NULL);
        if (status != GM_E_NOTFOUND) fail_msg("%s was given", bad[i]);
    }
    gm_auto_free char *path = NULL;
    assert_int_equal(gm_run_file(runs, "..", "data", &path, NULL), GM_E_NOTFOUND);
}

static void a_record_is_predicted_as_on_the_command_line(void **state) {
    (void)state;
    gm_error err = {0};
    gm_file_list files;
    assert_ok(gm_list_files(p.raw, &files, &err), err);
    const char *file = files.items[0].path;
    gm_auto_free char *bytes = NULL;
    size_t size;
    assert_ok(gm_read_file(file, 1 << 24, &bytes, &size, &err), err);
    gm_auto(gm_predictors) predictors = NULL;
    assert_ok(gm_predictors_new(p.models, &predictors, &err), err);
    char command[1500];
    snprintf(command, sizeof command, "'%s' predict --model-dir '%s/%s' --format json '%s'", program(), p.models,
             finished, file);
    FILE *pipe = popen(command, "r");
    json_t *printed = json_loadf(pipe, 0, NULL);
    assert_int_equal(pclose(pipe), 0);
    for (int i = 0; i < 2; i++) { /* opened, then kept */
        json_t *answer;
        assert_ok(gm_predictors_predict(predictors, finished, file, bytes, size, &answer, &err), err);
        char *text = json_dumps(answer, JSON_REAL_PRECISION(9));
        char *same = json_dumps(json_array_get(printed, 0), JSON_REAL_PRECISION(9));
        assert_string_equal(text, same);
        free(text);
        free(same);
        json_decref(answer);
    }
    json_decref(printed);
    json_t *answer;
    assert_int_equal(gm_predictors_predict(predictors, finished, "x", "no record", 9, &answer, NULL), GM_E_FORMAT);
    assert_int_equal(gm_predictors_predict(predictors, "none", "x", bytes, size, &answer, NULL), GM_E_NOTFOUND);
    assert_int_equal(gm_predictors_predict(predictors, "../models", "x", bytes, size, &answer, NULL), GM_E_NOTFOUND);
    assert_int_equal(gm_predictors_predict(predictors, "by_hand", "x", bytes, size, &answer, NULL), GM_E_CONFLICT);
    gm_file_list_finish(&files);
}

typedef struct {
    gm_predictors *predictors;
    const char *run;
    const char *bytes;
    size_t size;
    char *answers[3]; /* of one thread */
} asker;

static void *ask(void *ctx) {
    asker *a = ctx;
    for (size_t i = 0; i < GM_COUNT(a->answers); i++) {
        json_t *answer = NULL;
        if (gm_predictors_predict(a->predictors, a->run, "x", a->bytes, a->size, &answer, NULL) == GM_OK)
            a->answers[i] = json_dumps(answer, 0);
        json_decref(answer);
    }
    return NULL;
}

/* Two runs, one of which is touched in between (as if it had been resumed), asked by four threads at once. */
static void many_may_ask_for_predictions_at_once(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_predictors) predictors = NULL;
    assert_ok(gm_predictors_new(p.models, &predictors, &err), err);
    gm_file_list files;
    assert_ok(gm_list_files(p.raw, &files, &err), err);
    gm_auto_free char *bytes = NULL;
    size_t size;
    assert_ok(gm_read_file(files.items[1].path, 1 << 24, &bytes, &size, &err), err);
    gm_file_list_finish(&files);
    asker askers[4];
    pthread_t threads[GM_COUNT(askers)];
    for (size_t i = 0; i < GM_COUNT(askers); i++) {
        askers[i] = (asker){.predictors = predictors, .run = i % 2 ? finished : resumed, .bytes = bytes, .size = size};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
    char path[600];
    snprintf(path, sizeof path, "%s/%s/metrics.json", p.models, finished);
    pause_ms(20);
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
    for (size_t i = 0; i < GM_COUNT(askers); i++) pthread_join(threads[i], NULL);
    for (size_t i = 0; i < GM_COUNT(askers); i++)
        for (size_t k = 0; k < GM_COUNT(askers[i].answers); k++) {
            assert_non_null(askers[i].answers[k]);
            assert_string_equal(askers[i].answers[k], askers[0].answers[0]); /* both runs have the same weights */
        }
    for (size_t i = 0; i < GM_COUNT(askers); i++)
        for (size_t k = 0; k < GM_COUNT(askers[i].answers); k++) free(askers[i].answers[k]);
}

static int make(void **state) {
    (void)state;
    project_make(&p, 30);
    return 0;
}

static void what_was_done_to_runs_stands_in_the_log_of_changes(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_runs) runs = open_runs();
    gm_auto_free char *name = start(runs, 5000, "noted");
    json_t *run;
    assert_int_equal(gm_runs_delete(runs, name, "tester", &run, &err), GM_E_CONFLICT); /* it runs */
    assert_non_null(strstr(err.hint, "stop it"));
    err = (gm_error){0};
    assert_ok(gm_runs_stop(runs, name, "tester", &run, &err), err);
    json_decref(run);
    json_decref(wait_for(runs, name, "stopped"));
    assert_ok(gm_runs_delete(runs, name, "tester", &run, &err), err);
    char kept[600];
    snprintf(kept, sizeof kept, "%s/%s/request.json", p.models, text_at(run, "kept"));
    assert_true(gm_file_exists(kept));
    json_decref(run);
    assert_int_equal(gm_runs_get(runs, name, &run, NULL), GM_E_NOTFOUND);
    assert_int_equal(gm_runs_delete(runs, name, "tester", &run, NULL), GM_E_NOTFOUND);
    gm_auto(gm_store) store = NULL;
    gm_audit_lines lines;
    int64_t total;
    assert_ok(gm_store_open(p.data, false, 0, &store, &err), err);
    assert_ok(gm_store_audit_lines(store, 0, 3, &lines, &total, &err), err);
    static const char *const actions[] = {"run.delete", "run.stop", "run.start"};
    for (size_t i = 0; i < GM_COUNT(actions); i++) {
        assert_string_equal(lines.items[i].action, actions[i]);
        assert_string_equal(lines.items[i].subject, name);
    }
    assert_string_equal(lines.items[0].user, "tester");
    gm_audit_lines_finish(&lines);
}

static int clean(void **state) {
    (void)state;
    gm_runs *runs = open_runs(); /* what a failed test has left running */
    json_t *list, *run;
    size_t i;
    if (gm_runs_list(runs, NULL, &list, NULL) == GM_OK) {
        json_array_foreach (json_object_get(list, "items"), i, run) {
            json_t *stopped = NULL;
            if (gm_runs_stop(runs, text_at(run, "run"), "tester", &stopped, NULL) == GM_OK) pause_ms(500);
            json_decref(stopped);
        }
        json_decref(list);
    }
    gm_runs_free(runs);
    gm_free(finished);
    gm_free(resumed);
    project_remove(&p);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_goes_from_start_to_finished),
        cmocka_unit_test(events_come_line_by_line_and_go_on_where_they_were),
        cmocka_unit_test(a_killed_child_is_told_in_words_and_resumed_to_the_same_bytes),
        cmocka_unit_test(a_run_outlives_its_server_and_is_found_and_stopped_by_the_next),
        cmocka_unit_test(only_a_few_train_at_once),
        cmocka_unit_test(a_reused_process_number_is_not_taken_for_the_run),
        cmocka_unit_test(runs_of_the_command_line_are_listed),
        cmocka_unit_test(what_cannot_be_started_is_refused_before_anything_is_made),
        cmocka_unit_test(a_program_that_cannot_train_says_why),
        cmocka_unit_test(holes_are_shown_out_of_fold),
        cmocka_unit_test(models_and_their_files_are_listed),
        cmocka_unit_test(a_record_is_predicted_as_on_the_command_line),
        cmocka_unit_test(many_may_ask_for_predictions_at_once),
        cmocka_unit_test(what_was_done_to_runs_stands_in_the_log_of_changes),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
