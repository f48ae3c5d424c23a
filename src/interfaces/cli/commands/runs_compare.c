#include "../cli.h"
#include "service/runs/run_store.h"

#include <string.h>

typedef struct {
    char *models_dir, *html;
} options;

static const gm_param_spec params[] = {
    CLI_MODELS_DIR("folder that holds the runs"),
    {.key = "html",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, html),
     .unit = "file",
     .doc = "write the comparison as a page, with curves, that opens without a network"},
};

enum { COLUMN = 24 };

static void print_value(const json_t *value) {
    gm_auto_text text = GM_TEXT_INIT;
    if (json_is_string(value)) gm_text_append(&text, json_string_value(value));
    if (json_is_integer(value)) gm_text_printf(&text, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) gm_text_number(&text, json_real_value(value), 4);
    if (json_is_boolean(value)) gm_text_append(&text, json_is_true(value) ? "true" : "false");
    printf(" %-*.*s", COLUMN, COLUMN, text.length ? gm_text_c(&text) : "-");
}

static void print_rows(const json_t *comparison, const char *part, const char *title) {
    json_t *rows = json_object_get(comparison, part), *row, *value;
    const char *key;
    size_t i;
    if (!json_object_size(rows)) return;
    printf("\n%s\n", title);
    json_object_foreach (rows, key, row) {
        printf("  %-44.44s", key);
        json_array_foreach (row, i, value) print_value(value);
        printf("\n");
    }
}

static void print_pairs(const json_t *pairs) {
    json_t *pair;
    size_t i;
    if (!json_array_size(pairs)) return;
    printf("\nhole by hole, against the first run: mean difference of the absolute errors in mm, 95 %% interval, p\n");
    json_array_foreach (pairs, i, pair) {
        static const char *const keys[] = {"mean_first_mm", "mean_mm", "difference_mm", "low_mm", "high_mm", "p"};
        const json_t *better = json_object_get(pair, "better");
        char cells[GM_COUNT(keys)][40];
        for (size_t k = 0; k < GM_COUNT(keys); k++) {
            gm_auto_text text = GM_TEXT_INIT;
            gm_text_number(&text, json_number_value(json_object_get(pair, keys[k])), 4);
            snprintf(cells[k], sizeof cells[k], "%s", gm_text_c(&text));
        }
        printf("  %-32.32s %-10s %5lld holes  %s -> %s  %s [%s, %s]  p %s  %s\n",
               json_string_value(json_object_get(pair, "run")), json_string_value(json_object_get(pair, "point")),
               (long long)json_integer_value(json_object_get(pair, "n")), cells[0], cells[1], cells[2], cells[3],
               cells[4], cells[5],
               json_is_true(better)    ? "better"
               : json_is_false(better) ? "worse"
                                       : "no clear difference");
    }
}

static void print_table(json_t *comparison) {
    json_t *name;
    size_t i;
    printf("%-46s", "");
    json_array_foreach (json_object_get(comparison, "runs"), i, name) print_value(name);
    printf("\n");
    print_rows(comparison, "about", "where they come from");
    print_rows(comparison, "params", "configuration");
    print_rows(comparison, "tags", "tags");
    print_rows(comparison, "metrics", "metrics (out of fold)");
    print_pairs(json_object_get(comparison, "paired"));
}

static gm_status write_page(const options *o, const cli_list *runs, gm_error *err) {
    gm_auto_text page = GM_TEXT_INIT;
    GM_TRY(gm_run_compare_html(o->models_dir, runs->items, runs->count, &page, err));
    return gm_write_file_fast(o->html, page.data, page.length, err);
}

static int run(const cli_context *context, void *values) {
    const options *o = values;
    const cli_list *runs = &context->positionals;
    gm_error err = {0};
    json_t *comparison = NULL;
    gm_status status = gm_run_compare(o->models_dir, runs->items, runs->count, &comparison, &err);
    if (status == GM_OK && o->html) status = write_page(o, runs, &err);
    if (status != GM_OK) return json_decref(comparison), cli_fail("runs compare", status, &err);
    if (context->json) return cli_print_json(comparison), CLI_DONE;
    print_table(comparison);
    cli_say(context, "\n%lld values are the same%s%s",
            (long long)json_integer_value(json_object_get(comparison, "same")), o->html ? "; page: " : "",
            o->html ? o->html : "");
    json_decref(comparison);
    return CLI_DONE;
}

const cli_command cli_runs_compare = {
    .name = "runs compare",
    .summary = "several runs beside each other: what differs, errors hole by hole, curves",
    .about =
        "Shows only what differs. The errors of the holes that two runs have both predicted out of fold are paired:\n"
        "mean difference to the first run with its 95 % bootstrap interval, and Wilcoxon's signed-rank test. A run is\n"
        "called better or worse only where both agree.",
    .positionals = "RUN RUN...",
    .example = "  gimlet runs compare RUN_A RUN_B --models-dir models --html comparison.html",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
