/* Jobs as child processes, and the line in front of them. */
#include "project.h"

#include "service/processes/children.h"
#include "service/processes/jobs.h"
#include "service/project/uploads.h"
#include "service/runs/runs.h"

#include <signal.h>
#include <stdio.h>

static project p;

static gm_jobs *open_jobs(void) {
    gm_error err = {0};
    gm_jobs *jobs;
    gm_jobs_options options = {.data_dir = p.data, .models_dir = p.models, .program = program(), .grace_s = 5};
    assert_ok(gm_jobs_open(&options, &jobs, &err), err);
    return jobs;
}

static char *start(gm_jobs *jobs, const char *kind, json_t *options) {
    gm_error err = {0};
    json_t *job;
    gm_job_request request = {.kind = kind, .options = options, .author = "A. Meyer", .any_folder = true};
    assert_ok(gm_jobs_start(jobs, &request, &job, &err), err);
    char *id = gm_strdup(text_at(job, "id"));
    json_decref(job);
    json_decref(options);
    return id;
}

static json_t *wait_for_end(gm_jobs *jobs, const char *id) {
    gm_error err = {0};
    for (int i = 0; i < 2000; i++) {
        json_t *job;
        assert_ok(gm_jobs_get(jobs, id, &job, &err), err);
        if (strcmp(text_at(job, "state"), "running") != 0 && strcmp(text_at(job, "state"), "waiting") != 0) return job;
        json_decref(job);
        pause_ms(50);
    }
    fail_msg("%s does not end", id);
    return NULL;
}

static json_t *do_job(gm_jobs *jobs, const char *kind, json_t *options, const char *state) {
    gm_auto_free char *id = start(jobs, kind, options);
    json_t *job = wait_for_end(jobs, id);
    if (strcmp(text_at(job, "state"), state) != 0)
        fail_msg("%s is %s: %s", id, text_at(job, "state"), text_at(job, "error"));
    return job;
}

static long count_in(const json_t *job, const char *key) {
    return (long)json_integer_value(json_object_get(json_object_get(job, "result"), key));
}

static void simulated_records_are_prepared(void **state) {
    (void)state;
    gm_auto(gm_jobs) jobs = open_jobs();
    json_t *job = do_job(jobs, "simulate", json_pack("{s:i, s:f}", "holes", 24, "anomalies", 0.0), "done");
    assert_int_equal(count_in(job, "holes"), 24);
    assert_string_equal(text_at(json_object_get(job, "result"), "truth"), "uploads/simulated_1/truth.csv");
    assert_string_equal(text_at(job, "author"), "A. Meyer");
    json_decref(job);
    job = do_job(jobs, "prepare", NULL, "done");
    assert_int_equal(count_in(job, "records"), 24);
    assert_int_equal(count_in(job, "unchanged"), 0);
    assert_string_equal(text_at(job, "stage"), "reading");
    assert_int_equal(json_integer_value(json_object_get(job, "done")),
                     json_integer_value(json_object_get(job, "total")));
    json_decref(job);
}

static void an_uploaded_record_is_prepared_on_top(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_jobs) jobs = open_jobs();
    gm_auto_free char *uploads = gm_uploads_dir(p.data), *bytes = NULL;
    gm_file_list files;
    size_t size;
    assert_ok(gm_list_files(uploads, &files, &err), err);
    assert_ok(gm_read_file(files.items[0].path, 1 << 24, &bytes, &size, &err), err);
    gm_file_list_finish(&files);
    assert_ok(gm_upload_put(p.data, "line 4/V1_900.xls", bytes, size, &err), err);
    assert_ok(gm_upload_put(p.data, "line 4/broken.xls", "no record", 9, &err), err);
    json_t *job = do_job(jobs, "prepare", NULL, "done");
    assert_int_equal(count_in(job, "records"), 25);
    assert_int_equal(count_in(job, "unchanged"), 24); /* only what is new was read */
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(json_object_get(job, "result"), "verdicts"), "error")), 1);
    assert_non_null(strstr(text_at(job, "text"), "1 could not be read"));
    json_decref(job);
}

static void a_model_is_evaluated_and_exported(void **state) {
    (void)state;
    gm_error err = {0};
    gm_runs_options options = {.models_dir = p.models, .data_dir = p.data, .program = program()};
    gm_auto(gm_runs) runs = NULL;
    assert_ok(gm_runs_open(&options, &runs, &err), err);
    json_t *run, *values = json_pack("{s:i, s:i, s:s}", "training_config.cross_validation.n_folds", 2,
                                     "training_config.epochs", 1, "training_config.cross_validation.grouping", "hole");
    gm_run_request request = {.values = values};
    assert_ok(gm_runs_start(runs, &request, &run, &err), err);
    json_decref(values);
    gm_auto_free char *name = gm_strdup(text_at(run, "run"));
    for (int i = 0; i < 2000 && strcmp(text_at(run, "state"), "running") == 0; i++) {
        json_decref(run);
        pause_ms(50);
        assert_ok(gm_runs_get(runs, name, &run, &err), err);
    }
    assert_string_equal(text_at(run, "state"), "finished");
    json_decref(run);
    gm_auto(gm_jobs) jobs = open_jobs();
    json_t *job = do_job(jobs, "evaluate", json_pack("{s:s}", "model", name), "done");
    assert_int_equal(count_in(job, "holes"), 24);               /* the uploaded one is a copy of one of them */
    gm_auto_free char *path = NULL, *onnx = NULL, *fold = NULL; /* the report is one of the run's files */
    assert_ok(gm_run_file(runs, name, text_at(json_object_get(job, "result"), "report"), &path, &err), err);
    json_decref(job);
    job = do_job(jobs, "export", json_pack("{s:s, s:s}", "model", name, "format", "hf"), "done");
    assert_int_equal(count_in(job, "models"), 2);
    json_decref(job);
    assert_ok(gm_run_file(runs, name, "hf/fold_02/model.safetensors", &fold, &err), err);
    job = do_job(jobs, "export", json_pack("{s:s}", "model", name), "done");
    assert_string_equal(text_at(json_object_get(job, "result"), "output"), "model.onnx");
    json_decref(job);
    assert_ok(gm_run_file(runs, name, "model.onnx", &onnx, &err), err);
}

static void jobs_wait_in_line_and_can_be_taken_out_of_it(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_jobs) jobs = open_jobs();
    gm_auto_free char *first = start(jobs, "simulate", json_pack("{s:i, s:i}", "holes", 20000, "seed", 2));
    gm_auto_free char *second = start(jobs, "simulate", json_pack("{s:i, s:i}", "holes", 2, "seed", 3));
    gm_auto_free char *third = start(jobs, "simulate", json_pack("{s:i, s:i}", "holes", 2, "seed", 4));
    json_t *job;
    assert_ok(gm_jobs_get(jobs, second, &job, &err), err);
    assert_string_equal(text_at(job, "state"), "waiting");
    json_decref(job);
    assert_ok(gm_jobs_stop(jobs, second, "tester", &job, &err), err);
    assert_string_equal(text_at(job, "state"), "stopped");
    json_decref(job);
    json_t *list;
    assert_ok(gm_jobs_list(jobs, &list, &err), err); /* in the order in which they came, within one second too */
    assert_string_equal(text_at(json_array_get(json_object_get(list, "items"), 0), "id"), third);
    assert_string_equal(text_at(json_array_get(json_object_get(list, "items"), 2), "id"), first);
    json_decref(list);
    for (int i = 0; i < 600; i++) { /* its progress is seen */
        assert_ok(gm_jobs_get(jobs, first, &job, &err), err);
        bool moving = json_integer_value(json_object_get(job, "done")) > 0;
        json_decref(job);
        if (moving) break;
        if (i == 599) fail_msg("no progress within 30 s");
        pause_ms(50);
    }
    assert_ok(gm_jobs_stop(jobs, first, "tester", &job, &err), err);
    json_decref(job);
    job = wait_for_end(jobs, first);
    assert_string_equal(text_at(job, "state"), "stopped");
    json_decref(job);
    job = wait_for_end(jobs, third); /* its turn came by itself */
    assert_string_equal(text_at(job, "state"), "done");
    json_decref(job);
    assert_int_equal(gm_jobs_stop(jobs, third, "tester", &job, NULL), GM_E_CONFLICT);
}

static void jobs_outlive_the_server(void **state) {
    (void)state;
    gm_error err = {0};
    gm_jobs *before = open_jobs();
    gm_auto_free char *first = start(before, "simulate", json_pack("{s:i, s:i}", "holes", 20000, "seed", 2));
    gm_auto_free char *second = start(before, "simulate", json_pack("{s:i, s:i}", "holes", 2, "seed", 6));
    gm_jobs_free(before);
    gm_auto(gm_jobs) after = open_jobs();
    json_t *job, *list;
    assert_ok(gm_jobs_get(after, first, &job, &err), err);
    assert_string_equal(text_at(job, "state"), "running");
    json_decref(job);
    assert_ok(gm_jobs_get(after, second, &job, &err), err);
    assert_string_equal(text_at(job, "state"), "waiting");
    json_decref(job);
    assert_ok(gm_jobs_stop(after, first, "tester", &job, &err), err);
    json_decref(job);
    job = wait_for_end(after, second);
    assert_string_equal(text_at(job, "state"), "done");
    json_decref(job);
    assert_ok(gm_jobs_list(after, &list, &err), err);
    assert_string_equal(text_at(json_array_get(json_object_get(list, "items"), 0), "id"), second); /* newest first */
    json_decref(list);
}

static void two_servers_on_the_same_data_begin_a_job_once(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_jobs) one = open_jobs();
    gm_auto_free char *first = start(one, "simulate", json_pack("{s:i, s:i}", "holes", 20000, "seed", 2));
    gm_auto_free char *second = start(one, "simulate", json_pack("{s:i, s:i}", "holes", 2, "seed", 7));
    gm_auto(gm_jobs) other = open_jobs();
    json_t *job;
    assert_ok(gm_jobs_stop(other, first, "tester", &job, &err), err);
    json_decref(job);
    job = wait_for_end(one, second);
    assert_string_equal(text_at(job, "state"), "done");
    json_decref(job);
    pause_ms(500); /* time for the other one to begin it again */
    char path[600];
    snprintf(path, sizeof path, "%s/jobs/%s/process.json", p.data, second);
    service_child_record record;
    assert_ok(service_child_read(path, &record, &err), err);
    assert_int_equal(record.log_from, 0); /* nobody had written to its log before */
}

static void a_job_that_fails_says_why(void **state) {
    (void)state;
    gm_auto(gm_jobs) jobs = open_jobs();
    json_t *job = do_job(jobs, "simulate", json_pack("{s:s}", "family", "cfrp_tin_two_step"), "failed");
    assert_non_null(strstr(text_at(job, "error"), "cfrp_ti_two_step"));
    json_decref(job);
    json_t *options = json_pack("{s:s}", "input", p.raw);
    job = do_job(jobs, "prepare", options, "failed"); /* another folder, where that is allowed: an empty one */
    assert_non_null(strstr(text_at(job, "error"), "no file"));
    json_decref(job);
}

static void refuse(gm_jobs *jobs, const char *kind, json_t *options, const char *words) {
    gm_error err = {0};
    json_t *job;
    char text[800];
    gm_job_request request = {.kind = kind, .options = options};
    gm_status status = gm_jobs_start(jobs, &request, &job, &err);
    gm_error_text(&err, text, sizeof text);
    if (status != GM_E_ARG || !strstr(text, words)) fail_msg("%s: %s", words, text);
    json_decref(options);
}

static void what_makes_no_sense_is_refused_at_once(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_jobs) jobs = open_jobs();
    json_t *before, *after, *job;
    assert_ok(gm_jobs_list(jobs, &before, &err), err);
    refuse(jobs, "prepair", NULL, "prepare");
    refuse(jobs, NULL, NULL, "kind");
    refuse(jobs, "simulate", json_pack("{s:i}", "hole", 2), "did you mean 'holes'");
    refuse(jobs, "simulate", json_pack("{s:i}", "holes", 0), "holes");
    refuse(jobs, "simulate", json_pack("[i]", 1), "options");
    refuse(jobs, "evaluate", NULL, "model");
    refuse(jobs, "evaluate", json_pack("{s:s}", "model", "../data"), "model");
    refuse(jobs, "export", json_pack("{s:s}", "model", "none"), "none");
    refuse(jobs, "prepare", json_pack("{s:s}", "input", "/etc"), "no other folders");
    refuse(jobs, "push", json_pack("{s:s}", "run", "none"), "none");
    assert_ok(gm_jobs_list(jobs, &after, &err), err);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
    assert_int_equal(gm_jobs_get(jobs, "../../x", &job, NULL), GM_E_NOTFOUND);
    assert_int_equal(gm_jobs_stop(jobs, "none", "tester", &job, NULL), GM_E_NOTFOUND);
    gm_jobs_options empty = {.data_dir = p.folder, .models_dir = p.models, .program = program()};
    gm_auto(gm_jobs) nothing = NULL;
    assert_ok(gm_jobs_open(&empty, &nothing, &err), err);
    assert_int_equal(gm_jobs_start(nothing, &(gm_job_request){.kind = "prepare"}, &job, &err), GM_E_CONFLICT);
    assert_non_null(strstr(err.hint, "upload"));
    json_t *kinds = gm_jobs_kinds();
    assert_int_equal(json_array_size(kinds), 6); /* prepare, evaluate, export, simulate, push, replay */
    json_decref(kinds);
}

static void jobs_are_deleted_when_over_and_the_log_of_changes_says_so(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_jobs) jobs = open_jobs();
    gm_auto_free char *first = start(jobs, "simulate", json_pack("{s:i, s:i}", "holes", 20000, "seed", 2));
    gm_auto_free char *second = start(jobs, "simulate", json_pack("{s:i, s:i}", "holes", 2, "seed", 9));
    json_t *job;
    assert_int_equal(gm_jobs_delete(jobs, first, "tester", &job, NULL), GM_E_CONFLICT);  /* it runs  */
    assert_int_equal(gm_jobs_delete(jobs, second, "tester", &job, NULL), GM_E_CONFLICT); /* it waits */
    assert_ok(gm_jobs_stop(jobs, first, "tester", &job, &err), err);
    json_decref(job);
    json_decref(wait_for_end(jobs, first));
    json_decref(wait_for_end(jobs, second));
    assert_ok(gm_jobs_delete(jobs, first, "tester", &job, &err), err);
    char kept[600];
    snprintf(kept, sizeof kept, "%s/%s/job.json", p.data, text_at(job, "kept"));
    assert_true(gm_file_exists(kept));
    json_decref(job);
    assert_int_equal(gm_jobs_get(jobs, first, &job, NULL), GM_E_NOTFOUND);
    gm_auto(gm_store) store = NULL;
    gm_audit_lines lines;
    int64_t total;
    assert_ok(gm_store_open(p.data, false, 0, &store, &err), err);
    assert_ok(gm_store_audit_lines(store, 0, 4, &lines, &total, &err), err);
    assert_string_equal(lines.items[0].action, "job.delete");
    assert_string_equal(lines.items[1].action, "job.stop");
    assert_string_equal(lines.items[2].action, "job.start");
    assert_string_equal(lines.items[2].subject, second);
    gm_audit_lines_finish(&lines);
}

static int make(void **state) {
    (void)state;
    gm_error err = {0};
    p.folder = test_folder_new();
    p.data = gm_path_join(p.folder, "data");
    p.models = gm_path_join(p.folder, "models");
    p.raw = gm_path_join(p.folder, "raw");
    return gm_make_dirs(p.data, &err) == GM_OK && gm_make_dirs(p.raw, &err) == GM_OK ? 0 : -1;
}

static int clean(void **state) {
    (void)state;
    project_remove(&p);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulated_records_are_prepared),
        cmocka_unit_test(an_uploaded_record_is_prepared_on_top),
        cmocka_unit_test(a_model_is_evaluated_and_exported),
        cmocka_unit_test(jobs_wait_in_line_and_can_be_taken_out_of_it),
        cmocka_unit_test(jobs_outlive_the_server),
        cmocka_unit_test(two_servers_on_the_same_data_begin_a_job_once),
        cmocka_unit_test(a_job_that_fails_says_why),
        cmocka_unit_test(what_makes_no_sense_is_refused_at_once),
        cmocka_unit_test(jobs_are_deleted_when_over_and_the_log_of_changes_says_so),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
