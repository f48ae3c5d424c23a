/* runs list | show | diff | tag | note. */
#include "../cli.h"
#include "service/runs/run_store.h"

#include <string.h>

typedef struct {
    char *models_dir, *filter, *sort, *columns;
    int limit;
    bool keys;
} options;

static const gm_param_spec params[] = {
    CLI_MODELS_DIR("folder that holds the runs"),
    {.key = "filter",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, filter),
     .doc = "which runs: comparisons joined by and, or, not"},
    {.key = "sort",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, sort),
     .fallback = "-started_at",
     .doc = "key to sort by; \"-KEY\": largest first"},
    {.key = "columns",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, columns),
     .doc = "keys to show, with commas between; \"metrics.*\": all that begin so"},
    {.key = "limit",
     .type = GM_PARAM_INT,
     .offset = offsetof(options, limit),
     .fallback = "0",
     .min = 0,
     .max = 1000000000,
     .doc = "how many runs to show at most; 0 = all"},
    {.key = "keys",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(options, keys),
     .fallback = "false",
     .doc = "show what can be filtered and sorted by, with its meaning"},
};
enum { ONLY_DIR = 1 };

static gm_status want_words(const cli_context *context, size_t least, size_t most, const char *what, gm_error *err) {
    size_t n = context->positionals.count;
    if (n >= least && n <= most) return GM_OK;
    return gm_fail(err, GM_E_ARG, "%s", what);
}

/* ---- list ---- */

/* A value as people read it: no more digits than they need. */
static void put_value(gm_text *out, const json_t *value) {
    if (json_is_string(value)) gm_text_append(out, json_string_value(value));
    if (json_is_integer(value)) gm_text_printf(out, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) gm_text_number(out, json_real_value(value), 4);
    if (json_is_boolean(value)) gm_text_append(out, json_is_true(value) ? "true" : "false");
    if (json_is_null(value)) gm_text_append(out, "-");
}

/* "metrics.exit_mae_mm" -> "exit_mae_mm" */
static const char *short_name(const char *key) {
    const char *dot = strrchr(key, '.');
    return dot && dot[1] && !(dot[1] >= '0' && dot[1] <= '9') ? dot + 1 : key;
}

static int width_of(const json_t *items, const char *key) {
    size_t i, width = strlen(short_name(key));
    json_t *item;
    json_array_foreach (items, i, item) {
        gm_auto_text text = GM_TEXT_INIT;
        put_value(&text, json_object_get(json_object_get(item, "values"), key));
        width = GM_MAX(width, text.length);
    }
    return (int)GM_MIN(width, (size_t)60);
}

static void print_table(const json_t *list) {
    enum { MOST = 200 };
    const json_t *items = json_object_get(list, "items"), *columns = json_object_get(list, "columns");
    size_t i, c, n = GM_MIN(json_array_size(columns), (size_t)MOST), name_width = 3;
    int widths[MOST];
    json_t *item;
    for (c = 0; c < n; c++) widths[c] = width_of(items, json_string_value(json_array_get(columns, c)));
    json_array_foreach (items, i, item)
        name_width = GM_MAX(name_width, strlen(json_string_value(json_object_get(item, "run"))));
    printf("%-*s", (int)name_width, "run");
    for (c = 0; c < n; c++) printf("  %-*s", widths[c], short_name(json_string_value(json_array_get(columns, c))));
    printf("\n");
    json_array_foreach (items, i, item) {
        printf("%-*s", (int)name_width, json_string_value(json_object_get(item, "run")));
        for (c = 0; c < n; c++) {
            gm_auto_text text = GM_TEXT_INIT;
            put_value(&text,
                      json_object_get(json_object_get(item, "values"), json_string_value(json_array_get(columns, c))));
            printf("  %-*.60s", widths[c], text.length ? gm_text_c(&text) : "-");
        }
        printf("\n");
    }
}

static void print_keys(const json_t *keys) {
    json_t *key;
    size_t i;
    json_array_foreach (json_object_get(keys, "items"), i, key)
        printf("%-52s %s\n", json_string_value(json_object_get(key, "key")),
               json_string_value(json_object_get(key, "doc")));
}

static int run_list(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    json_t *list = NULL;
    gm_run_list_query query = {.models_dir = o->models_dir,
                               .filter = o->filter,
                               .sort = o->sort,
                               .columns = o->columns,
                               .limit = o->limit ? o->limit : -1,
                               .observer = &context->observer};
    gm_status status = o->keys ? gm_run_list_keys(o->models_dir, &list, &err) : gm_run_list(&query, &list, &err);
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) return cli_fail("runs list", status, &err);
    if (context->json) return cli_print_json(list), CLI_DONE;
    if (o->keys) {
        print_keys(list);
    } else {
        print_table(list);
        cli_say(context, "%zu of %lld runs", json_array_size(json_object_get(list, "items")),
                (long long)json_integer_value(json_object_get(list, "total")));
    }
    json_decref(list);
    return CLI_DONE;
}

/* ---- show ---- */

static void print_members(const char *title, json_t *object) {
    const char *key;
    json_t *value;
    if (!json_object_size(object)) return;
    printf("\n%s\n", title);
    json_object_foreach (object, key, value) {
        gm_auto_text text = GM_TEXT_INIT;
        put_value(&text, value);
        printf("  %-44s %s\n", key, gm_text_c(&text));
    }
}

static void print_folds(const json_t *folds) {
    json_t *fold;
    size_t i;
    if (!json_array_size(folds)) return;
    printf("\nfolds, MAE in mm out of fold\n  fold  epochs      entry  transition       exit  hole depth\n");
    json_array_foreach (folds, i, fold) {
        static const char *const points[] = {"entry", "transition", "exit", "hole_depth"};
        printf("  %4lld  %6lld", (long long)json_integer_value(json_object_get(fold, "fold")),
               (long long)json_integer_value(json_object_get(fold, "epoch")));
        for (size_t p = 0; p < GM_COUNT(points); p++) {
            const json_t *point = json_object_get(json_object_get(fold, "out_of_fold"), points[p]);
            gm_auto_text text = GM_TEXT_INIT;
            if (point) gm_text_number(&text, json_number_value(json_object_get(point, "mae_mm")), 4);
            printf(" %*s", p == 0 ? 10 : p == 2 ? 10 : 11, text.length ? gm_text_c(&text) : "-");
        }
        printf("\n");
    }
}

static void print_rest(const json_t *run) {
    json_t *one;
    size_t i;
    if (json_array_size(json_object_get(run, "artifacts"))) printf("\nfiles, with their SHA-256\n");
    json_array_foreach (json_object_get(run, "artifacts"), i, one)
        printf("  %.16s  %10lld  %s\n", json_string_value(json_object_get(one, "sha256")),
               (long long)json_integer_value(json_object_get(one, "size_bytes")),
               json_string_value(json_object_get(one, "path")));
    if (json_array_size(json_object_get(run, "logs"))) printf("\nhow it went, in words\n");
    json_array_foreach (json_object_get(run, "logs"), i, one) printf("  %s\n", json_string_value(one));
    if (json_array_size(json_object_get(run, "messages"))) printf("\nwhat to know\n");
    json_array_foreach (json_object_get(run, "messages"), i, one) printf("  %s\n", json_string_value(one));
    if (json_array_size(json_object_get(run, "notes"))) printf("\nnotes\n");
    json_array_foreach (json_object_get(run, "notes"), i, one)
        printf("  %s  %s: %s\n", json_string_value(json_object_get(one, "at")),
               json_string_value(json_object_get(one, "user")), json_string_value(json_object_get(one, "text")));
}

static int run_show(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    json_t *run = NULL;
    gm_status status = want_words(context, 1, 1, "the name of one run is needed", &err);
    if (status == GM_OK) status = gm_run_show(o->models_dir, context->positionals.items[0], &run, &err);
    if (status != GM_OK) return cli_fail("runs show", status, &err);
    if (context->json) return cli_print_json(run), CLI_DONE;
    const char *message = json_string_value(json_object_get(run, "message"));
    printf("%s: %s%s%s\n", json_string_value(json_object_get(run, "run")),
           json_string_value(json_object_get(run, "state")), *message ? ", " : "", message);
    print_members("where it comes from", json_object_get(run, "about"));
    print_members("tags", json_object_get(run, "tags"));
    print_members("metrics (out of fold)", json_object_get(run, "metrics"));
    print_folds(json_object_get(run, "folds"));
    print_members("what it used", json_object_get(run, "system"));
    print_members("configuration", json_object_get(run, "params"));
    print_rest(run);
    json_decref(run);
    return CLI_DONE;
}

/* ---- diff ---- */

static bool print_pairs(const char *title, json_t *pairs) {
    const char *key;
    json_t *pair;
    if (!json_object_size(pairs)) return false;
    printf("\n%s\n", title);
    json_object_foreach (pairs, key, pair) {
        gm_auto_text a = GM_TEXT_INIT, b = GM_TEXT_INIT;
        put_value(&a, json_array_get(pair, 0));
        put_value(&b, json_array_get(pair, 1));
        printf("  %-44s %-28s %s\n", key, gm_text_c(&a), gm_text_c(&b));
    }
    return true;
}

static int run_diff(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    json_t *diff = NULL;
    gm_status status = want_words(context, 2, 2, "the names of two runs are needed", &err);
    if (status == GM_OK)
        status = gm_run_diff(o->models_dir, context->positionals.items[0], context->positionals.items[1], &diff, &err);
    if (status != GM_OK) return cli_fail("runs diff", status, &err);
    if (context->json) return cli_print_json(diff), CLI_DONE;
    printf("%-46s %-28s %s\n", "", json_string_value(json_object_get(diff, "a")),
           json_string_value(json_object_get(diff, "b")));
    bool any = print_pairs("where they come from", json_object_get(diff, "about"));
    any |= print_pairs("configuration", json_object_get(diff, "params"));
    any |= print_pairs("tags", json_object_get(diff, "tags"));
    any |= print_pairs("metrics (out of fold)", json_object_get(diff, "metrics"));
    cli_say(context, "%s%lld values are the same",
            any ? "\n" : "nothing differs: ", (long long)json_integer_value(json_object_get(diff, "same")));
    json_decref(diff);
    return CLI_DONE;
}

/* ---- tags and notes ---- */

static int show_notes(const cli_context *context, const options *o, const char *command, gm_status status,
                      gm_error *err) {
    json_t *notes = NULL;
    if (status == GM_OK) status = gm_run_notes(o->models_dir, context->positionals.items[0], &notes, err);
    if (status != GM_OK) return cli_fail(command, status, err);
    if (context->json) return cli_print_json(notes), CLI_DONE;
    print_members("tags", json_object_get(notes, "tags"));
    print_rest(notes);
    json_decref(notes);
    return CLI_DONE;
}

/* "KEY=VALUE" sets, "KEY=" takes away. */
static gm_status set_tag(const options *o, const char *run, const char *assignment, gm_error *err) {
    const char *equals = strchr(assignment, '=');
    if (!equals) return gm_fail(err, GM_E_ARG, "a tag is given as KEY=VALUE, not \"%.80s\"", assignment);
    gm_auto_free char *key = gm_strndup(assignment, (size_t)(equals - assignment));
    if (!key) return gm_nomem(err);
    return gm_run_tag(o->models_dir, run, cli_caller(), key, equals[1] ? equals + 1 : NULL, err);
}

static int run_tag(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    gm_status status = want_words(context, 1, 1000, "the name of a run is needed, and tags as KEY=VALUE", &err);
    for (size_t i = 1; i < context->positionals.count && status == GM_OK; i++)
        status = set_tag(o, context->positionals.items[0], context->positionals.items[i], &err);
    return show_notes(context, o, "runs tag", status, &err);
}

static int run_note(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    gm_status status = want_words(context, 2, 2, "the name of a run and one text in quotes are needed", &err);
    if (status == GM_OK)
        status = gm_run_note(o->models_dir, context->positionals.items[0], cli_caller(), context->positionals.items[1],
                             &err);
    return show_notes(context, o, "runs note", status, &err);
}

const cli_command cli_runs_list = {
    .name = "runs list",
    .summary = "find runs by what they are: filter, sort, columns",
    .about =
        "Lists the runs of a models folder, newest first. A filter compares keys with numbers and texts in quotes:\n"
        "= != < <= > >= like contains in, joined by and, or, not and parentheses; KEY = null asks for runs without\n"
        "the value. --keys lists the keys; one may be given by its end where that is enough (params.epochs).",
    .example = "  gimlet runs list --filter \"metrics.exit_mae_mm < 0.1 and params.strategy = 'patchtsmixer_24cv'\"\n"
               "  gimlet runs list --sort metrics.exit_mae_mm --columns user,dataset,metrics.exit_p95_mm --limit 10\n"
               "  gimlet runs list --keys",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run_list,
};
const cli_command cli_runs_show = {
    .name = "runs show",
    .summary = "all that is known of one run: data, settings, build, metrics, folds, files",
    .about = "Shows which data, labels, settings and program made a run, who started it, how good each fold is, what\n"
             "it used, its tags and notes, and the hash of every file.",
    .positionals = "RUN",
    .example = "  gimlet runs show depth_estimation_experiment_20261124T021500Z --models-dir models",
    .params = params,
    .n_params = ONLY_DIR,
    .options_size = sizeof(options),
    .run = run_show,
};
const cli_command cli_runs_diff = {
    .name = "runs diff",
    .summary = "what differs between two runs: data, settings, build, metrics",
    .about = "Shows the values that differ, the first run's beside the second one's. When and how long they ran is\n"
             "left out.",
    .positionals = "RUN RUN",
    .example = "  gimlet runs diff RUN_A RUN_B --models-dir models",
    .params = params,
    .n_params = ONLY_DIR,
    .options_size = sizeof(options),
    .run = run_diff,
};
const cli_command cli_runs_tag = {
    .name = "runs tag",
    .summary = "put tags on a run, or take them away",
    .about =
        "KEY=VALUE sets a tag, KEY= takes it away; who did it and when is kept in the run's folder. Without tags it\n"
        "shows those that there are.",
    .positionals = "RUN [KEY=VALUE...]",
    .example = "  gimlet runs tag RUN kept=yes line=A350 --models-dir models",
    .params = params,
    .n_params = ONLY_DIR,
    .options_size = sizeof(options),
    .run = run_tag,
};
const cli_command cli_runs_note = {
    .name = "runs note",
    .summary = "write a note on a run",
    .about = "Adds a note with your name and the time. Notes are never changed or lost.",
    .positionals = "RUN TEXT",
    .example = "  gimlet runs note RUN \"trained without panel 7: its clock was wrong\" --models-dir models",
    .params = params,
    .n_params = ONLY_DIR,
    .options_size = sizeof(options),
    .run = run_note,
};
