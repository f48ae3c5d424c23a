/* Runs as a store: found by filters, whatever becomes of the index; tags, notes, differences, changed files. */
#include "synthetic_runs.h"
#include "test.h"

#include "service/runs/doctor.h"
#include "service/runs/run_store.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static char *models;

static const synthetic_run runs[] = {
    {"alpha", "patchtsmixer_24cv", 10, 1, 0.05, "2026-11-01T08:00:00.000Z", "aa11"},
    {"beta", "patchtsmixer_24cv", 20, 2, 0.20, "2026-11-02T08:00:00.000Z", "aa11"},
    {"gamma", "patchtsmixer_single", 20, 3, 0.08, "2026-11-03T08:00:00.000Z", "bb22"},
    {"delta", "patchtsmixer_single", 5, 4, NAN, "2026-11-04T08:00:00.000Z", "bb22"},
};

static int make(void **state) {
    (void)state;
    gm_error err = {0};
    models = test_folder_new();
    for (size_t i = 0; i < GM_COUNT(runs); i++) assert_ok(synthetic_run_make(models, &runs[i], &err), err);
    return 0;
}

static int clean(void **state) {
    (void)state;
    test_folder_remove(models);
    return 0;
}

static json_t *list(const char *filter, const char *sort, const char *columns) {
    gm_error err = {0};
    json_t *found;
    gm_run_list_query query = {.models_dir = models, .filter = filter, .sort = sort, .columns = columns, .limit = -1};
    assert_ok(gm_run_list(&query, &found, &err), err);
    return found;
}

/* The names that come back, in order: "beta alpha". */
static void finds(const char *filter, const char *sort, const char *expected) {
    json_t *found = list(filter, sort, NULL), *item;
    gm_auto_text names = GM_TEXT_INIT;
    size_t i;
    json_array_foreach (json_object_get(found, "items"), i, item)
        gm_text_printf(&names, "%s%s", i ? " " : "", json_string_value(json_object_get(item, "run")));
    if (strcmp(gm_text_c(&names), expected) != 0)
        fail_msg("%s by %s: \"%s\", not \"%s\"", filter ? filter : "all", sort ? sort : "-", gm_text_c(&names),
                 expected);
    json_decref(found);
}

static void filters_find_what_they_say(void **state) {
    (void)state;
    finds(NULL, NULL, "delta gamma beta alpha");
    finds("", NULL, "delta gamma beta alpha");
    finds("metrics.exit_mae_mm < 0.1 and params.strategy = 'patchtsmixer_24cv'", NULL, "alpha");
    finds("metrics.exit_mae_mm<=0.08", NULL, "gamma alpha");
    finds("params.epochs = 20", "run", "beta gamma"); /* by its end */
    finds("params.training_config.epochs in (5, 10)", "run", "alpha delta");
    finds("not params.epochs = 20", "run", "alpha delta");
    finds("seed > 1 and seed < 4 or run = 'delta'", "run", "beta delta gamma");
    finds("seed > 1 and (seed < 3 or run = 'delta')", "run", "beta delta");
    finds("params.dropout = 0.1", "run", "alpha beta delta gamma"); /* and not head_dropout */
    finds("dataset like 'AA%'", "run", "alpha beta");
    finds("dataset contains 'b2'", "run", "delta gamma");
    finds("started_at >= '2026-11-03'", "run", "delta gamma");
    finds("run in ('alpha', 'it''s', \"delta\")", "run", "alpha delta");
    finds("params.model_config.gated_attn = true", "run", "alpha beta delta gamma");
    finds("seed = '3'", NULL, "gamma");
    finds("state = 'finished' AND NOT seed >= 2", NULL, "alpha");
}

static void a_run_without_the_value_fulfils_nothing(void **state) {
    (void)state;
    finds("metrics.exit_mae_mm < 1000", "run", "alpha beta gamma");
    finds("metrics.exit_mae_mm != 0.2", "run", "alpha gamma");
    finds("metrics.exit_mae_mm = null", NULL, "delta");
    finds("metrics.exit_mae_mm != null", "run", "alpha beta gamma");
    finds("tags.nobody_has_it = 'x'", NULL, "");
    finds(NULL, "metrics.exit_mae_mm", "alpha gamma beta delta");
    finds(NULL, "-metrics.exit_mae_mm", "beta gamma alpha delta");
}

static void refuses(const char *filter, long column, const char *words) {
    gm_error err = {0};
    json_t *found;
    char text[800];
    gm_run_list_query query = {.models_dir = models, .filter = filter, .limit = -1};
    assert_int_equal(gm_run_list(&query, &found, &err), GM_E_ARG);
    gm_error_text(&err, text, sizeof text);
    if (!strstr(text, words)) fail_msg("%s: \"%s\" does not say \"%s\"", filter, text, words);
    if (err.column != column) fail_msg("%s: column %ld, not %ld: %s", filter, err.column, column, text);
}

static void what_makes_no_sense_is_refused_with_its_column(void **state) {
    (void)state;
    refuses("metrics.exit_mae_m < 0.1", 1, "did you mean metrics.exit_mae_mm?");
    refuses("seed = 1 and metric.exit_mae_mm < 1", 14, "no run has a \"metric.exit_mae_mm\"");
    refuses("seed", 5, "behind a key stands one of");
    refuses("seed = ", 8, "a number or a text in quotes");
    refuses("state = finished", 9, "a text stands in quotes");
    refuses("state = 'finished", 9, "the quote is not closed");
    refuses("(seed = 1", 10, "\")\" is missing");
    refuses("seed = 1 seed = 2", 10, "\"and\" or \"or\"");
    refuses("seed in 1", 9, "stands a list");
    refuses("seed < null", 8, "null goes with = and != only");
    refuses("seed = 1; drop table runs", 9, "stands nowhere here");
    refuses("seed = 1 and", 13, "it ends where a comparison should stand");
    refuses("'seed' = 1", 1, "a comparison begins with a key");
    refuses("metrics.mae_mm < 1", 1, "may mean metrics.entry_mae_mm or metrics.exit_mae_mm");
}

static void columns_and_limits(void **state) {
    (void)state;
    json_t *found = list("run = 'alpha'", NULL, "params.epochs,metrics.exit_*,state");
    const json_t *values = json_object_get(json_array_get(json_object_get(found, "items"), 0), "values");
    assert_int_equal(json_integer_value(json_object_get(values, "params.training_config.epochs")), 10);
    assert_true(json_number_value(json_object_get(values, "metrics.exit_mae_mm")) == 0.05);
    assert_null(json_object_get(values, "metrics.entry_mae_mm"));
    assert_string_equal(json_string_value(json_object_get(values, "state")), "finished");
    json_decref(found);
    gm_error err = {0};
    gm_run_list_query query = {.models_dir = models, .sort = "run", .limit = 2, .offset = 1};
    assert_ok(gm_run_list(&query, &found, &err), err);
    assert_int_equal(json_integer_value(json_object_get(found, "total")), 4);
    assert_int_equal(json_array_size(json_object_get(found, "items")), 2);
    json_decref(found);
}

static void index_file(char out[600], const char *name) {
    snprintf(out, 600, "%s/%s", models, name);
}

static void the_index_may_be_lost_or_damaged(void **state) {
    (void)state;
    char path[600];
    gm_error err = {0};
    json_t *before = list(NULL, NULL, "metrics.*,params.*"), *after;
    static const char *const parts[] = {"index.db", "index.db-wal", "index.db-shm"};
    for (size_t i = 0; i < GM_COUNT(parts); i++) index_file(path, parts[i]), unlink(path);
    after = list(NULL, NULL, "metrics.*,params.*");
    assert_true(json_equal(before, after));
    json_decref(after);
    for (size_t i = 1; i < GM_COUNT(parts); i++) index_file(path, parts[i]), unlink(path);
    index_file(path, "index.db");
    assert_ok(gm_write_file_fast(path, "this was an index once, and is longer than nothing", 50, &err), err);
    after = list(NULL, NULL, "metrics.*,params.*");
    assert_true(json_equal(before, after));
    json_decref(after);
    json_decref(before);
}

static void a_change_of_a_folder_is_noticed(void **state) {
    (void)state;
    gm_error err = {0};
    char path[600];
    synthetic_run more = {"epsilon", "patchtsmixer_24cv", 7, 9, 0.5, "2026-11-05T08:00:00.000Z", "cc"};
    assert_ok(synthetic_run_make(models, &more, &err), err);
    finds("seed = 9", NULL, "epsilon");
    more.exit_mae_mm = 0.01;
    assert_ok(synthetic_run_make(models, &more, &err), err);
    finds("metrics.exit_mae_mm < 0.02", NULL, "epsilon");
    index_file(path, "epsilon");
    assert_ok(gm_remove_tree(path, &err), err);
    finds("metrics.exit_mae_mm < 0.02", NULL, "");
    finds(NULL, "run", "alpha beta delta gamma");
}

static void *tag_many(void *first) {
    for (int i = 0; i < 25; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s%d", (const char *)first, i);
        if (gm_run_tag(models, "beta", "meyer", key, "on", NULL) != GM_OK) return first;
    }
    return NULL;
}

static void tags_and_notes_are_kept(void **state) {
    (void)state;
    gm_error err = {0};
    json_t *notes;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, tag_many, "a"), 0);
    assert_null(tag_many("b"));
    void *failed;
    pthread_join(thread, &failed);
    assert_null(failed);
    assert_ok(gm_run_note(models, "beta", "A. Meyer", "drilled with tool 7", &err), err);
    assert_ok(gm_run_tag(models, "beta", "meyer", "a3", NULL, &err), err);
    assert_ok(gm_run_tag(models, "beta", "meyer", "a4", "off", &err), err);
    assert_ok(gm_run_notes(models, "beta", &notes, &err), err);
    assert_int_equal(json_object_size(json_object_get(notes, "tags")), 49);
    assert_string_equal(json_string_value(json_object_get(json_object_get(notes, "tags"), "a4")), "off");
    assert_int_equal(json_array_size(json_object_get(notes, "notes")), 1);
    json_decref(notes);
    finds("tags.a4 = 'off' and notes contains 'TOOL 7'", NULL, "beta");
    finds("tags.a3 = null", "run", "alpha beta delta gamma");
    assert_int_equal(gm_run_tag(models, "beta", "meyer", "not this", "x", &err), GM_E_ARG);
    err = (gm_error){0};
    assert_int_equal(gm_run_note(models, "beta", "meyer", " \n", &err), GM_E_ARG);
    err = (gm_error){0};
    assert_int_equal(gm_run_note(models, "bet", "meyer", "x", &err), GM_E_NOTFOUND);
    assert_non_null(strstr(err.hint, "did you mean beta?"));
}

static void a_difference_shows_only_what_differs(void **state) {
    (void)state;
    gm_error err = {0};
    json_t *diff;
    assert_ok(gm_run_diff(models, "alpha", "gamma", &diff, &err), err);
    const json_t *params = json_object_get(diff, "params");
    assert_int_equal(json_object_size(params), 3); /* strategy, epochs, seed */
    const json_t *epochs = json_object_get(params, "training_config.epochs");
    assert_int_equal(json_integer_value(json_array_get(epochs, 0)), 10);
    assert_int_equal(json_integer_value(json_array_get(epochs, 1)), 20);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(json_object_get(diff, "about"), "dataset"), 1)), "bb22");
    assert_non_null(json_object_get(json_object_get(diff, "metrics"), "exit_mae_mm"));
    assert_null(json_object_get(json_object_get(diff, "metrics"), "entry_mae_mm"));
    json_decref(diff);
    assert_ok(gm_run_diff(models, "alpha", "delta", &diff, &err), err);
    const json_t *exit = json_object_get(json_object_get(diff, "metrics"), "exit_mae_mm");
    assert_true(json_is_real(json_array_get(exit, 0)) && json_is_null(json_array_get(exit, 1)));
    json_decref(diff);
}

static void a_changed_file_is_named(void **state) {
    (void)state;
    gm_error err = {0};
    json_t *found;
    char dir[600], path[700];
    index_file(dir, "gamma");
    snprintf(path, sizeof path, "%s/metrics.json", dir);
    assert_ok(gm_run_artifacts_write(dir, &err), err);
    assert_ok(gm_doctor(models, true, NULL, &found, &err), err);
    assert_int_equal(json_integer_value(json_object_get(found, "runs")), 4);
    assert_int_equal(json_array_size(json_object_get(found, "problems")), 0);
    assert_true(json_integer_value(json_object_get(found, "files")) >= 4);
    json_decref(found);
    int fd = open(path, O_RDWR);
    char byte;
    assert_int_equal(pread(fd, &byte, 1, 40), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 40), 1);
    close(fd);
    assert_ok(gm_doctor(models, false, NULL, &found, &err), err);
    assert_int_equal(json_array_size(json_object_get(found, "problems")), 1);
    const json_t *problem = json_array_get(json_object_get(found, "problems"), 0);
    assert_string_equal(json_string_value(json_object_get(problem, "run")), "gamma");
    assert_string_equal(json_string_value(json_object_get(problem, "path")), "metrics.json");
    json_decref(found);
}

static void one_run_is_shown_with_its_folds(void **state) {
    (void)state;
    gm_error err = {0};
    json_t *run;
    char path[600];
    static const char rows[] = "file,fold,entry_mm,transition_mm,exit_mm,entry_label_mm,transition_label_mm,"
                               "exit_label_mm,entry_half_mm,transition_half_mm,exit_half_mm\n"
                               "a.xls,1,1.0,,9.0,1.5,,9.25,,,\n"
                               "b.xls,1,1.0,,9.0,1.0,,9.75,,,\n"
                               "c.xls,2,2.0,,,1.0,,,,,\n";
    index_file(path, "alpha/out_of_fold.csv");
    assert_ok(gm_write_file_fast(path, rows, sizeof rows - 1, &err), err);
    assert_ok(gm_run_show(models, "alpha", &run, &err), err);
    const json_t *folds = json_object_get(run, "folds");
    assert_int_equal(json_array_size(folds), 2);
    const json_t *first = json_object_get(json_array_get(folds, 0), "out_of_fold");
    assert_true(fabs(json_number_value(json_object_get(json_object_get(first, "exit"), "mae_mm")) - 0.5) < 1e-12);
    assert_true(fabs(json_number_value(json_object_get(json_object_get(first, "entry"), "mae_mm")) - 0.25) < 1e-12);
    assert_null(json_object_get(first, "transition"));
    assert_null(json_object_get(json_object_get(json_array_get(folds, 1), "out_of_fold"), "exit"));
    assert_string_equal(json_string_value(json_object_get(json_object_get(run, "about"), "host")), "bench");
    json_decref(run);
}

/* ---- comparing ---- */

static void write_in(const char *run, const char *name, const gm_text *text) {
    gm_error err = {0};
    char path[700];
    snprintf(path, sizeof path, "%s/%s/%s", models, run, name);
    assert_ok(gm_write_file_fast(path, gm_text_c(text), text->length, &err), err);
}

/* 40 holes; the exit is off by `off` mm, more with every hole; hole 0 has no exit, hole 1 is held out. */
static void write_holes(const char *run, double off, const char *trace_of_2) {
    gm_auto_text csv = GM_TEXT_INIT, folds = GM_TEXT_INIT;
    gm_text_append(&csv, "file,fold,entry_mm,transition_mm,exit_mm,entry_label_mm,transition_label_mm,exit_label_mm,"
                         "entry_half_mm,transition_half_mm,exit_half_mm\n");
    gm_text_append(&folds, "{\"folds\": 2, \"holes\": [");
    for (int i = 0; i < 40; i++) {
        gm_text_printf(&csv, "hole%02d.xls,%d,1.0,,", i, i == 1 ? 0 : 1 + i % 2);
        if (i != 0) gm_text_number(&csv, 10 + off * (1 + i * 0.01), 4);
        gm_text_append(&csv, ",1.0,,10.0,,,\n");
        gm_text_printf(&folds, "%s{\"file\": \"hole%02d.xls\", \"trace\": \"%s%d\"}", i ? ", " : "", i,
                       i == 2 ? trace_of_2 : "t", i);
    }
    gm_text_append(&folds, "]}");
    write_in(run, "out_of_fold.csv", &csv);
    write_in(run, "folds.json", &folds);
}

static const json_t *pair_of(const json_t *comparison, const char *run, const char *point) {
    json_t *pair;
    size_t i;
    json_array_foreach (json_object_get(comparison, "paired"), i, pair)
        if (strcmp(json_string_value(json_object_get(pair, "run")), run) == 0 &&
            strcmp(json_string_value(json_object_get(pair, "point")), point) == 0)
            return pair;
    return NULL;
}

static void runs_are_compared_hole_by_hole(void **state) {
    (void)state;
    gm_error err = {0};
    static const char *const names[] = {"alpha", "beta", "gamma"};
    json_t *comparison;
    write_holes("alpha", 0.1, "t");
    write_holes("beta", -0.05, "t");
    write_holes("gamma", 0.1, "another");
    assert_ok(gm_run_compare(models, names, 3, &comparison, &err), err);
    const json_t *pair = pair_of(comparison, "beta", "exit");
    assert_int_equal(json_integer_value(json_object_get(pair, "n")), 38); /* not the absent one, not the held-out one */
    assert_true(json_is_true(json_object_get(pair, "better")));
    double mean = 0;
    for (int i = 2; i < 40; i++) mean += 0.1 * (1 + i * 0.01) / 38;
    assert_true(fabs(json_number_value(json_object_get(pair, "mean_first_mm")) - mean) < 1e-4);
    assert_true(fabs(json_number_value(json_object_get(pair, "difference_mm")) + mean / 2) < 1e-4);
    assert_true(json_number_value(json_object_get(pair, "p")) < 1e-6);
    assert_true(json_number_value(json_object_get(pair, "high_mm")) < 0);
    pair = pair_of(comparison, "gamma", "exit");
    assert_int_equal(json_integer_value(json_object_get(pair, "n")),
                     37); /* a file of that name is another hole there */
    assert_true(json_is_null(json_object_get(pair, "better")));
    assert_null(pair_of(comparison, "beta", "transition"));
    const json_t *epochs = json_object_get(json_object_get(comparison, "params"), "training_config.epochs");
    assert_int_equal(json_array_size(epochs), 3);
    assert_int_equal(json_integer_value(json_array_get(epochs, 2)), 20);
    assert_null(json_object_get(json_object_get(comparison, "params"), "training_config.batch_size"));
    const json_t *curve = json_array_get(json_object_get(comparison, "curves"), 1);
    assert_int_equal(json_array_size(json_object_get(curve, "val_mm")), 20);
    assert_true(fabs(json_number_value(json_array_get(json_object_get(curve, "val_mm"), 0)) - 0.8) < 1e-12);
    json_decref(comparison);
    assert_int_equal(gm_run_compare(models, names, 1, &comparison, &err), GM_E_ARG);
}

static void a_comparison_is_a_page_of_its_own(void **state) {
    (void)state;
    gm_error err = {0};
    static const char *const names[] = {"alpha", "beta"};
    gm_auto_text page = GM_TEXT_INIT;
    assert_ok(gm_run_compare_html(models, names, 2, &page, &err), err);
    assert_non_null(strstr(page.data, "training_config.epochs"));
    assert_null(strstr(page.data, "training_config.batch_size"));
    assert_non_null(strstr(page.data, "Wilcoxon"));
    assert_non_null(strstr(page.data, "<svg"));
    assert_null(strstr(page.data, "<script"));
    assert_null(strstr(page.data, "<link"));
    assert_null(strstr(page.data, "src=\"http"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_find_what_they_say),
        cmocka_unit_test(a_run_without_the_value_fulfils_nothing),
        cmocka_unit_test(what_makes_no_sense_is_refused_with_its_column),
        cmocka_unit_test(columns_and_limits),
        cmocka_unit_test(the_index_may_be_lost_or_damaged),
        cmocka_unit_test(a_change_of_a_folder_is_noticed),
        cmocka_unit_test(tags_and_notes_are_kept),
        cmocka_unit_test(a_difference_shows_only_what_differs),
        cmocka_unit_test(a_changed_file_is_named),
        cmocka_unit_test(one_run_is_shown_with_its_folds),
        cmocka_unit_test(runs_are_compared_hole_by_hole),
        cmocka_unit_test(a_comparison_is_a_page_of_its_own),
    };
    return cmocka_run_group_tests_name("service/run_store", tests, make, clean);
}
