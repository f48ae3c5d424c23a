#include "data/report/report.h"
#include "reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cells of a table, printed one after the other into one arena. */
typedef struct {
    gm_arena *arena;
    const char *cells[4096];
    size_t n;
} cell_list;

static void add_text(cell_list *list, const char *text) {
    if (list->n < GM_COUNT(list->cells)) list->cells[list->n++] = gm_arena_strdup(list->arena, text);
}

static void add_number(cell_list *list, double value, int decimals) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_report_number(&text, value, decimals);
    add_text(list, gm_text_c(&text));
}

static void add_percent(cell_list *list, double fraction) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_report_percent(&text, fraction, 1);
    add_text(list, gm_text_c(&text));
}

static void add_metrics_row(cell_list *list, const char *name, const gm_point_metrics *m) {
    add_text(list, name);
    add_number(list, (double)m->n, 0);
    add_number(list, m->mae_mm, 3);
    add_number(list, m->rmse_mm, 3);
    add_number(list, m->bias_mm, 3);
    add_number(list, m->p95_mm, 3);
    add_number(list, m->max_mm, 3);
    add_percent(list, m->within_100um);
    add_percent(list, m->within_200um);
    add_percent(list, m->within_300um);
    add_number(list, (double)m->missed, 0);
    add_number(list, (double)m->invented, 0);
    if (m->n_interval)
        add_percent(list, m->interval_coverage);
    else
        add_text(list, "");
}

static const gm_report_column metrics_columns[] = {
    {"mm", false},    {"holes", true}, {"MAE", true},         {"RMSE", true},       {"bias", true},
    {"P95", true},    {"max", true},   {"\u2264 0.1", true},  {"\u2264 0.2", true}, {"\u2264 0.3", true},
    {"missed", true}, {"extra", true}, {"in interval", true},
};

static void put_table(gm_text *page, const gm_report_column *columns, size_t n_columns, const cell_list *list,
                      const char *caption) {
    gm_report_table_spec table = {columns, n_columns, list->cells, list->n / n_columns, NULL, caption};
    gm_report_table(page, &table);
}

void report_metrics_table(gm_text *page, const gm_metrics *metrics, const char *caption) {
    gm_auto(gm_arena) arena = gm_arena_new();
    gm_auto_free cell_list *list = gm_calloc(1, sizeof *list);
    if (!arena || !list) {
        page->failed = true;
        return;
    }
    list->arena = arena;
    for (size_t i = 0; i < GM_N_EVAL; i++)
        if (metrics->points[i].n) add_metrics_row(list, gm_eval_title((int)i), &metrics->points[i]);
    put_table(page, metrics_columns, GM_COUNT(metrics_columns), list, caption);
}

static void put_figures(gm_text *page, const gm_evaluate_summary *s) {
    const gm_metrics *m = s->held_out.holes ? &s->held_out : &s->out_of_fold;
    gm_auto_text exit_mae = GM_TEXT_INIT, depth_mae = GM_TEXT_INIT, depth_p95 = GM_TEXT_INIT, grip = GM_TEXT_INIT,
                 count = GM_TEXT_INIT;
    gm_report_number(&exit_mae, m->points[GM_EXIT].mae_mm, 3);
    gm_report_number(&depth_mae, m->points[GM_EVAL_HOLE_DEPTH].mae_mm, 3);
    gm_report_number(&depth_p95, m->points[GM_EVAL_HOLE_DEPTH].p95_mm, 3);
    gm_report_percent(&grip, m->grip_exact, 1);
    gm_report_count(&count, m->holes);
    const gm_report_figure figures[] = {
        {gm_text_c(&count), s->held_out.holes ? "holes held out" : "holes, out of fold", NULL},
        {gm_text_c(&exit_mae), "exit, MAE in mm", NULL},
        {gm_text_c(&depth_mae), "hole depth, MAE in mm", NULL},
        {gm_text_c(&depth_p95), "hole depth, P95 in mm", NULL},
        {gm_text_c(&grip), "grip code exact", NULL},
    };
    gm_report_figures(page, figures, GM_COUNT(figures));
}

static double error_of(const gm_evaluation_item *item, size_t point) {
    if (point == GM_EVAL_HOLE_DEPTH)
        return gm_label_hole_depth(&item->prediction.label) - gm_label_hole_depth(&item->reference);
    return item->prediction.label.points[point].mm - item->reference.points[point].mm;
}

static gm_status put_distributions(gm_text *page, const report_holes *holes, gm_error *err) {
    gm_auto_free double *errors = gm_alloc_array(holes->count, sizeof *errors);
    gm_auto_free double *predicted = gm_alloc_array(holes->count, sizeof *predicted);
    gm_auto_free double *reference = gm_alloc_array(holes->count, sizeof *reference);
    if (!errors || !predicted || !reference) return gm_nomem(err);
    gm_report_section(page, "Errors", "Predicted minus reference. A model without bias has its peak at zero.");
    gm_report_row_begin(page, false);
    for (size_t p = 0; p < GM_N_EVAL; p++) {
        size_t n = 0;
        for (size_t i = 0; i < holes->count; i++) n += !isnan(errors[i] = error_of(&holes->items[i], p));
        if (n == 0) continue;
        static const gm_plot_marker zero = {0, NULL, "ok"};
        gm_histogram histogram = {.title = gm_eval_title((int)p),
                                  .x_label = "error, mm",
                                  .values = errors,
                                  .n = holes->count,
                                  .x_min = -0.5,
                                  .x_max = 0.5,
                                  .n_bins = 40,
                                  .markers = &zero,
                                  .n_markers = 1,
                                  .width = 420,
                                  .height = 220};
        gm_report_histogram(page, &histogram);
    }
    for (size_t i = 0; i < holes->count; i++) {
        predicted[i] = gm_label_hole_depth(&holes->items[i].prediction.label);
        reference[i] = gm_label_hole_depth(&holes->items[i].reference);
    }
    gm_plot_series dots = {.x = reference, .y = predicted, .n = holes->count, .kind = GM_PLOT_DOTS};
    gm_plot plot = {.title = "hole depth",
                    .x_label = "reference, mm",
                    .y_label = "predicted, mm",
                    .series = &dots,
                    .n_series = 1,
                    .diagonal = true,
                    .width = 420,
                    .height = 320};
    gm_report_plot(page, &plot);
    gm_report_row_end(page);
    return GM_OK;
}

/* Points that the model was so sure of, and how many of them were right. */
static gm_status put_confidence(gm_text *page, const report_holes *holes, gm_error *err) {
    static const gm_report_column columns[] = {
        {"confidence", false}, {"entry", true}, {"right", true}, {"transition", true},
        {"right", true},       {"exit", true},  {"right", true},
    };
    gm_auto(gm_arena) arena = gm_arena_new();
    gm_auto_free cell_list *list = gm_calloc(1, sizeof *list);
    gm_confidence_band bands[GM_N_POINTS][GM_N_CONFIDENCE_BANDS];
    if (!arena || !list) return gm_nomem(err);
    list->arena = arena;
    for (int p = 0; p < GM_N_POINTS; p++) gm_confidence_bands(holes->items, holes->count, p, bands[p]);
    for (int b = 0; b < GM_N_CONFIDENCE_BANDS; b++) {
        char range[40];
        snprintf(range, sizeof range, "%.0f to %.0f %%", 100 * bands[0][b].from, 100 * bands[0][b].to);
        add_text(list, range);
        for (int p = 0; p < GM_N_POINTS; p++) {
            const gm_confidence_band *band = &bands[p][b];
            add_number(list, (double)band->n, 0);
            add_percent(list, band->n ? (double)band->right / (double)band->n : NAN);
        }
    }
    gm_report_section(
        page, "How sure it is",
        "The model says how probable it is that a point lies within 0.3 mm of what it gives, or that there "
        "is none. Right: so it was. A model that knows what it does not know is right as often as it says; "
        "gimlet predict warns below 70 %.");
    put_table(page, columns, GM_COUNT(columns), list, "predictions by confidence");
    return GM_OK;
}

static const char *group_of(const gm_evaluation_item *item, int kind) {
    const char *name = kind == 0 ? item->family : kind == 1 ? item->program : item->tool_age;
    return name && name[0] ? name : "(none)";
}

/* Items sorted by group, the metrics of each run of equal names. */
static int sort_kind;
static int by_group(const void *a, const void *b) {
    return gm_compare_natural(group_of(a, sort_kind), group_of(b, sort_kind));
}

static gm_status put_group_table(gm_text *page, const report_holes *holes, int kind, gm_error *err) {
    static const char *const captions[] = {"by family (folder)", "by drilling program",
                                           "by age of the tool, holes drilled before"};
    static const gm_report_column columns[] = {
        {"MAE, mm", false},  {"holes", true},      {"entry", true},     {"transition", true}, {"exit", true},
        {"exit bias", true}, {"hole depth", true}, {"depth P95", true}, {"grip exact", true},
    };
    gm_auto_free gm_evaluation_item *sorted = gm_alloc_array(holes->count, sizeof *sorted);
    gm_auto(gm_arena) arena = gm_arena_new();
    gm_auto_free cell_list *list = gm_calloc(1, sizeof *list);
    if (!sorted || !arena || !list) return gm_nomem(err);
    list->arena = arena;
    memcpy(sorted, holes->items, holes->count * sizeof *sorted);
    sort_kind = kind;
    qsort(sorted, holes->count, sizeof *sorted, by_group);
    for (size_t first = 0, next; first < holes->count; first = next) {
        for (next = first + 1; next < holes->count && by_group(&sorted[first], &sorted[next]) == 0;) next++;
        gm_metrics m;
        GM_TRY(gm_metrics_compute(sorted + first, next - first, &m, err));
        add_text(list, group_of(&sorted[first], kind));
        add_number(list, (double)m.holes, 0);
        for (int p = 0; p < GM_N_POINTS; p++) add_number(list, m.points[p].n ? m.points[p].mae_mm : NAN, 3);
        add_number(list, m.points[GM_EXIT].n ? m.points[GM_EXIT].bias_mm : NAN, 3);
        add_number(list, m.points[GM_EVAL_HOLE_DEPTH].n ? m.points[GM_EVAL_HOLE_DEPTH].mae_mm : NAN, 3);
        add_number(list, m.points[GM_EVAL_HOLE_DEPTH].n ? m.points[GM_EVAL_HOLE_DEPTH].p95_mm : NAN, 3);
        add_percent(list, m.grip_n ? m.grip_exact : NAN);
    }
    put_table(page, columns, GM_COUNT(columns), list, captions[kind]);
    return GM_OK;
}

static bool is_one_sided(const gm_evaluation_item *item, int p) {
    return isnan(item->prediction.label.points[p].mm) != isnan(item->reference.points[p].mm);
}

/* Missed or invented counts 1 mm: looked at before small errors. */
static double badness_at(const gm_evaluation_item *item, int p) {
    return is_one_sided(item, p) ? 1 : fmax(fabs(error_of(item, (size_t)p)), 0);
}

static int worst_point(const gm_evaluation_item *item) {
    int worst = 0;
    for (int p = 1; p < GM_N_POINTS; p++)
        if (badness_at(item, p) > badness_at(item, worst)) worst = p;
    return worst;
}

static double badness(const gm_evaluation_item *item) {
    return badness_at(item, worst_point(item));
}

static int by_badness(const void *a, const void *b) {
    double x = badness(a), y = badness(b);
    return (x < y) - (x > y);
}

static size_t add_markers(gm_plot_marker *markers, const gm_label *label, bool named, const char *tone) {
    size_t n = 0;
    for (int p = 0; p < GM_N_POINTS; p++)
        if (!isnan(label->points[p].mm))
            markers[n++] = (gm_plot_marker){label->points[p].mm, named ? gm_point_name((gm_point)p) : "", tone};
    return n;
}

static gm_status put_hole(gm_text *page, const report_holes *holes, const gm_evaluation_item *item, gm_error *err) {
    size_t index = 0;
    while (index < holes->dataset->data.count && holes->dataset->holes[index].file != item->file) index++;
    gm_auto(gm_record) record = NULL;
    if (index == holes->dataset->data.count ||
        holes->dataset->data.load(holes->dataset->data.ctx, index, &record, NULL) != GM_OK)
        return GM_OK;
    gm_auto_free double *columns = gm_alloc_array(3 * record->n, sizeof *columns);
    if (!columns) return gm_nomem(err);
    double *depth = columns, *torque = columns + record->n, *thrust = columns + 2 * record->n;
    for (size_t i = 0; i < record->n; i++) {
        bool new_step = i > 0 && record->step[i] != record->step[i - 1];
        depth[i] = record->depth_mm[i];
        torque[i] = new_step ? NAN : record->torque_a[i];
        thrust[i] = new_step ? NAN : record->thrust_a[i];
    }
    gm_plot_series series[] = {{.name = "torque, A", .x = depth, .y = torque, .n = record->n},
                               {.name = "thrust, A", .x = depth, .y = thrust, .n = record->n, .right = true}};
    gm_plot_marker markers[2 * GM_N_POINTS];
    size_t n = add_markers(markers, &item->reference, true, "info");
    n += add_markers(markers + n, &item->prediction.label, false, "failed");
    char title[400], error[40];
    int worst = worst_point(item);
    snprintf(error, sizeof error, "%.2f mm", badness(item));
    if (is_one_sided(item, worst))
        snprintf(error, sizeof error, "%s", isnan(item->reference.points[worst].mm) ? "invented" : "missed");
    snprintf(title, sizeof title, "%s (%s): %s %s, %.0f %% sure", item->file, item->fold ? "out of fold" : "held out",
             gm_point_name((gm_point)worst), error, 100 * item->prediction.label.points[worst].confidence);
    gm_plot plot = {.title = title,
                    .x_label = "depth, mm",
                    .y_label = "torque, A",
                    .right_label = "thrust, A",
                    .series = series,
                    .n_series = 2,
                    .markers = markers,
                    .n_markers = n,
                    .width = 860,
                    .height = 260};
    gm_report_plot(page, &plot);
    return GM_OK;
}

static gm_status put_worst(gm_text *page, const report_holes *holes, gm_error *err) {
    enum { SHOWN = 8 };
    gm_auto_free gm_evaluation_item *sorted = gm_alloc_array(holes->count, sizeof *sorted);
    if (!sorted) return gm_nomem(err);
    memcpy(sorted, holes->items, holes->count * sizeof *sorted);
    qsort(sorted, holes->count, sizeof *sorted, by_badness);
    gm_report_section(
        page, "Worst holes",
        "Named lines are the reference points, the other lines what the model says. Look here first: a hole "
        "that is labelled wrongly shows up as a large error.");
    for (size_t i = 0; i < holes->count && i < SHOWN; i++) GM_TRY(put_hole(page, holes, &sorted[i], err));
    return GM_OK;
}

gm_status report_evaluation(const gm_evaluate_request *request, const gm_evaluate_summary *summary,
                            const report_holes *holes, const char *path, gm_error *err) {
    gm_auto_text page = GM_TEXT_INIT, subtitle = GM_TEXT_INIT;
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    gm_text_printf(&subtitle, "model %s on %s, %.10s", request->model_dir, request->test_data, now);
    gm_report_begin(&page, "How good is this model?", gm_text_c(&subtitle));
    put_figures(&page, summary);
    gm_report_section(
        &page, "Accuracy",
        "Held-out holes were never seen in training; out-of-fold holes are predicted by the fold that has not "
        "seen them. MAE: mean size of the error. P95: 95 % of the holes are better. In interval: how "
        "often the reference lies inside what the model says.");
    if (summary->held_out.holes) report_metrics_table(&page, &summary->held_out, "held out");
    if (summary->out_of_fold.holes) report_metrics_table(&page, &summary->out_of_fold, "out of fold");
    if (summary->n_by_rule) {
        gm_auto_text note = GM_TEXT_INIT;
        gm_text_printf(&note,
                       "The labels of %zu of these holes are those of the rules: errors there say how far model and "
                       "rules disagree, and the rules are not compared on them.",
                       summary->n_by_rule);
        gm_report_note(&page, gm_text_c(&note));
    }
    if (summary->rules.holes)
        report_metrics_table(&page, &summary->rules, "for comparison: the labelling rules on the same holes");
    report_metrics_table(&page, &summary->inference_system,
                         "for comparison: the entry and transition algorithms of the inference system");
    GM_TRY(put_distributions(&page, holes, err));
    GM_TRY(put_confidence(&page, holes, err));
    gm_report_section(&page, "Groups",
                      "A group that is much worse than the others needs more labelled holes of its kind.");
    for (int kind = 0; kind < 3; kind++) GM_TRY(put_group_table(&page, holes, kind, err));
    GM_TRY(put_worst(&page, holes, err));
    GM_TRY(report_learning_curves(&page, request->model_dir, err));
    gm_report_end(&page);
    if (!gm_text_ok(&page)) return gm_nomem(err);
    return gm_write_file_fast(path, gm_text_c(&page), page.length, err);
}
