/* Several runs beside each other, as a page. */
#include "run_compare_internal.h"

#include "data/report/report.h"
#include "run_holes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- tables: cells are kept in an arena until the table is written ---- */

static const char *cell(gm_arena *arena, const json_t *value, int decimals) {
    gm_auto_text text = GM_TEXT_INIT;
    if (json_is_string(value)) gm_text_append(&text, json_string_value(value));
    if (json_is_integer(value)) gm_text_printf(&text, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) gm_report_number(&text, json_real_value(value), decimals);
    if (json_is_boolean(value)) gm_text_append(&text, json_is_true(value) ? "true" : "false");
    return gm_arena_strdup(arena, text.length ? gm_text_c(&text) : "–");
}

static void put_differences(gm_text *page, const json_t *comparison, const char *part, const char *title) {
    json_t *rows = json_object_get(comparison, part), *row, *names = json_object_get(comparison, "runs");
    size_t n_runs = json_array_size(names), width = n_runs + 1, n = 0;
    const char *key;
    gm_auto(gm_arena) arena = gm_arena_new();
    gm_auto_free const char **cells = gm_alloc_array((json_object_size(rows) + 1) * width, sizeof *cells);
    gm_report_column columns[GM_COMPARE_MOST + 1] = {{"", false}};
    if (json_object_size(rows) == 0) return;
    if (!arena || !cells) {
        page->failed = true;
        return;
    }
    for (size_t i = 0; i < n_runs; i++)
        columns[i + 1] = (gm_report_column){json_string_value(json_array_get(names, i)), strcmp(part, "metrics") == 0};
    json_object_foreach (rows, key, row) {
        cells[n++] = key;
        for (size_t i = 0; i < n_runs; i++) cells[n++] = cell(arena, json_array_get(row, i), 4);
    }
    gm_report_heading(page, title);
    gm_report_table(
        page, &(gm_report_table_spec){.columns = columns, .n_columns = width, .cells = cells, .n_rows = n / width});
}

static const char *verdict_words(const json_t *pair) {
    const json_t *better = json_object_get(pair, "better");
    return json_is_true(better) ? "better" : json_is_false(better) ? "worse" : "no clear difference";
}

static const char *p_words(gm_arena *arena, const json_t *pair) {
    double p = json_number_value(json_object_get(pair, "p"));
    gm_auto_text text = GM_TEXT_INIT;
    if (p < 0.0001) return "< 0.0001";
    gm_text_number(&text, p, 4);
    return gm_arena_strdup(arena, gm_text_c(&text));
}

static void put_pairs(gm_text *page, const json_t *comparison) {
    static const gm_report_column columns[] = {
        {"run", false},           {"point", false}, {"holes", true}, {"first, MAE mm", true}, {"this one, mm", true},
        {"difference, mm", true}, {"from", true},   {"to", true},    {"p (Wilcoxon)", true},  {"", false}};
    static const char *const keys[] = {"n", "mean_first_mm", "mean_mm", "difference_mm", "low_mm", "high_mm"};
    const json_t *pairs = json_object_get(comparison, "paired");
    json_t *pair;
    size_t i, n = 0;
    gm_auto(gm_arena) arena = gm_arena_new();
    gm_auto_free const char **cells = gm_alloc_array((json_array_size(pairs) + 1) * GM_COUNT(columns), sizeof *cells);
    if (!arena || !cells) {
        page->failed = true;
        return;
    }
    json_array_foreach (pairs, i, pair) {
        cells[n++] = json_string_value(json_object_get(pair, "run"));
        cells[n++] = json_string_value(json_object_get(pair, "point"));
        for (size_t k = 0; k < GM_COUNT(keys); k++) cells[n++] = cell(arena, json_object_get(pair, keys[k]), 4);
        cells[n++] = p_words(arena, pair);
        cells[n++] = verdict_words(pair);
    }
    gm_report_section(
        page, "Hole by hole",
        "The absolute errors of the holes that both runs predict out of fold, paired: the mean difference to the first "
        "run "
        "(negative: smaller errors), its 95 % bootstrap interval, and the chance of such ranks if neither were better "
        "(Wilcoxon's signed-rank test). Better or worse stands only where both agree.");
    if (n)
        gm_report_table(page, &(gm_report_table_spec){.columns = columns,
                                                      .n_columns = GM_COUNT(columns),
                                                      .cells = cells,
                                                      .n_rows = n / GM_COUNT(columns)});
    else
        gm_report_paragraph(page, "The runs have no hole in common.");
}

/* ---- plots ---- */

static void put_curve(gm_text *page, const json_t *curves, const char *key, const char *title, const char *unit) {
    gm_plot_series series[GM_COMPARE_MOST];
    size_t n = GM_MIN(json_array_size(curves), (size_t)GM_COMPARE_MOST), longest = 1;
    for (size_t i = 0; i < n; i++)
        longest = GM_MAX(longest, json_array_size(json_object_get(json_array_get(curves, i), key)));
    gm_auto_free double *room = gm_alloc_array((n + 1) * longest, sizeof *room);
    if (!room) {
        page->failed = true;
        return;
    }
    for (size_t e = 0; e < longest; e++) room[e] = (double)e + 1;
    for (size_t i = 0; i < n; i++) {
        const json_t *curve = json_array_get(curves, i), *values = json_object_get(curve, key);
        double *y = room + (i + 1) * longest;
        for (size_t e = 0; e < json_array_size(values); e++) {
            const json_t *value = json_array_get(values, e);
            y[e] = json_is_number(value) ? json_number_value(value) : NAN;
        }
        series[i] = (gm_plot_series){
            .name = json_string_value(json_object_get(curve, "run")), .x = room, .y = y, .n = json_array_size(values)};
    }
    gm_report_plot(
        page, &(gm_plot){
                  .title = title, .x_label = "epoch", .y_label = unit, .series = series, .n_series = n, .y_log = true});
}

/* Each hole a dot: below the diagonal the other run is nearer to the label. */
static gm_status put_scatter(gm_text *page, const run_comparison *c, size_t other, int point, gm_error *err) {
    __attribute__((cleanup(run_pairs_finish))) run_pairs pairs = {0};
    GM_TRY(run_pairs_make(c->dirs[0], c->dirs[other], point, &pairs, err));
    if (pairs.n == 0) return GM_OK;
    gm_plot_series dots = {.x = pairs.a, .y = pairs.b, .n = pairs.n, .kind = GM_PLOT_DOTS};
    gm_auto_text title = GM_TEXT_INIT;
    gm_text_printf(&title, "%s: absolute error of each hole, mm", gm_eval_title(point));
    gm_report_plot(page, &(gm_plot){.title = gm_text_c(&title),
                                    .x_label = gm_path_base(c->dirs[0]),
                                    .y_label = gm_path_base(c->dirs[other]),
                                    .width = 520,
                                    .height = 380,
                                    .series = &dots,
                                    .n_series = 1,
                                    .diagonal = true});
    return GM_OK;
}

static gm_status put_scatters(gm_text *page, const run_comparison *c, gm_error *err) {
    for (size_t i = 1; i < c->count; i++) {
        gm_report_row_begin(page, false);
        GM_TRY(put_scatter(page, c, i, GM_EXIT, err));
        GM_TRY(put_scatter(page, c, i, GM_EVAL_HOLE_DEPTH, err));
        gm_report_row_end(page);
    }
    return GM_OK;
}

static void put_page(gm_text *page, const json_t *comparison) {
    gm_auto_text subtitle = GM_TEXT_INIT, same = GM_TEXT_INIT;
    json_t *name;
    size_t i;
    json_array_foreach (json_object_get(comparison, "runs"), i, name)
        gm_text_printf(&subtitle, "%s%s", i ? " · " : "", json_string_value(name));
    gm_report_begin(page, "Runs compared", gm_text_c(&subtitle));
    gm_text_printf(&same, "Only what is not the same in all of them; %lld values are.",
                   (long long)json_integer_value(json_object_get(comparison, "same")));
    gm_report_section(page, "What differs", gm_text_c(&same));
    put_differences(page, comparison, "about", "Where they come from");
    put_differences(page, comparison, "params", "Configuration");
    put_differences(page, comparison, "tags", "Tags");
    put_differences(page, comparison, "metrics", "Accuracy out of fold");
    put_pairs(page, comparison);
}

gm_status gm_run_compare_html(const char *models_dir, const char *const *runs, size_t count, gm_text *page,
                              gm_error *err) {
    __attribute__((cleanup(run_comparison_finish))) run_comparison c = {0};
    json_t *comparison;
    GM_TRY(run_comparison_open(models_dir, runs, count, &c, err));
    GM_TRY(run_comparison_json(&c, &comparison, err));
    put_page(page, comparison);
    gm_status status = put_scatters(page, &c, err);
    gm_report_section(page, "How they learned", "The mean over the folds of each run.");
    const json_t *curves = json_object_get(comparison, "curves");
    put_curve(page, curves, "val_mm", "error on the validation holes", "MAE, mm");
    put_curve(page, curves, "val_loss", "loss on the validation holes", "loss");
    gm_report_end(page);
    json_decref(comparison);
    if (status == GM_OK && !gm_text_ok(page)) status = gm_nomem(err);
    return status;
}
