#include "passport_page.h"

#include "data/report/report.h"
#include "registry_internal.h"
#include "service/models/reports.h"
#include "training/training.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    gm_text *page;
    const json_t *version, *facts;
    const char *dir;
    gm_arena *arena;
    const char *cells[4096];
    size_t n;
} writer;

static void cell(writer *w, const char *text) {
    if (w->n < GM_COUNT(w->cells)) w->cells[w->n++] = gm_arena_strdup(w->arena, text ? text : "");
}

static void cell_number(writer *w, double value, int decimals) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_report_number(&text, value, decimals);
    cell(w, gm_text_c(&text));
}

static void table(writer *w, const gm_report_column *columns, size_t n_columns, const char *caption) {
    const gm_report_table_spec spec = {columns, n_columns, w->cells, w->n / n_columns, NULL, caption};
    gm_report_table(w->page, &spec);
    w->n = 0;
}

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void pair(writer *w, const char *name, const char *value) {
    cell(w, name);
    cell(w, value);
}

static void pair_integer(writer *w, const char *name, const json_t *value) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    pair(w, name, json_is_integer(value) ? text : "");
}

static const gm_report_column two_columns[] = {{"", false}, {"", false}};

static void put_origin(writer *w) {
    gm_report_section(w->page, "Where it comes from", "Which run, data and settings made it, and who answers for it.");
    pair(w, "registered", text_at(w->version, "created_at"));
    pair(w, "by", text_at(w->version, "created_by"));
    pair(w, "training run", text_at(w->version, "run"));
    pair(w, "trained", text_at(w->facts, "started"));
    pair(w, "strategy", text_at(w->facts, "strategy"));
    pair_integer(w, "models in the ensemble (folds)", json_object_get(w->facts, "n_folds"));
    pair(w, "never on both sides of a fold", text_at(w->facts, "grouping"));
    pair_integer(w, "seed", json_object_get(w->facts, "seed"));
    pair(w, "made with gimlet", text_at(w->facts, "gimlet"));
    pair(w, "data set (hash of holes and labels)", text_at(w->version, "dataset"));
    pair(w, "content (hash of all files)", text_at(w->version, "digest"));
    table(w, two_columns, 2, NULL);
}

/* ---- cross-validation ---- */

static gm_status put_folds(writer *w, const version_holes *holes, gm_error *err) {
    static const gm_report_column columns[] = {{"fold", true},           {"holes", true},    {"entry MAE mm", true},
                                               {"transition MAE", true}, {"exit MAE", true}, {"hole depth MAE", true}};
    gm_auto_free gm_evaluation_item *some = gm_alloc_array(holes->count + 1, sizeof *some);
    if (!some) return gm_nomem(err);
    long folds = (long)json_integer_value(json_object_get(w->facts, "n_folds"));
    for (long fold = 1; fold <= folds; fold++) {
        size_t n = 0;
        gm_metrics m;
        for (size_t i = 0; i < holes->count; i++)
            if (holes->items[i].fold == fold) some[n++] = holes->items[i];
        GM_TRY(gm_metrics_compute(some, n, &m, err));
        cell_number(w, (double)fold, 0);
        cell_number(w, (double)n, 0);
        for (int p = 0; p < GM_N_EVAL; p++) cell_number(w, m.points[p].n ? m.points[p].mae_mm : NAN, 3);
    }
    table(w, columns, GM_COUNT(columns), "Each fold on the holes that it has not seen");
    return GM_OK;
}

static gm_status put_accuracy(writer *w, gm_error *err) {
    auto_version_holes holes = {0};
    gm_metrics all;
    GM_TRY(version_holes_read(w->dir, &holes, err));
    GM_TRY(gm_metrics_compute(holes.items, holes.count, &all, err));
    gm_report_section(
        w->page, "How good it is",
        "Errors in mm on holes that the model which judged them had not seen. \u2018In interval\u2019: the "
        "share of holes whose true point lay in the interval that the model gave.");
    report_metrics_table(w->page, &all, "All holes, each by the fold that has not seen it");
    return put_folds(w, &holes, err);
}

/* ---- limits and calibration ---- */

static void put_limits(writer *w) {
    static const gm_report_column depth_columns[] = {{"point", false}, {"from mm", true}, {"to mm", true}};
    static const gm_report_column group_columns[] = {{"kind", false}, {"name", false}, {"holes", true}};
    static const char *const kinds[][2] = {{"families", "family"}, {"programs", "program"}};
    const json_t *limits = json_object_get(w->facts, "limits");
    gm_report_section(w->page, "Limits of use",
                      "It was judged on these depths, families and programs only. Outside of them nothing was shown: "
                      "look at its warnings, and label some holes first.");
    for (int p = 0; p < GM_N_POINTS; p++) {
        const json_t *range = json_object_get(json_object_get(limits, "points"), gm_point_name((gm_point)p));
        if (!range) continue;
        cell(w, gm_point_name((gm_point)p));
        cell_number(w, json_number_value(json_object_get(range, "from_mm")), 2);
        cell_number(w, json_number_value(json_object_get(range, "to_mm")), 2);
    }
    table(w, depth_columns, GM_COUNT(depth_columns), NULL);
    for (size_t k = 0; k < GM_COUNT(kinds); k++) {
        const char *name;
        json_t *count;
        json_object_foreach (json_object_get(limits, kinds[k][0]), name, count) {
            cell(w, kinds[k][1]);
            cell(w, name);
            cell_number(w, (double)json_integer_value(count), 0);
        }
    }
    table(w, group_columns, GM_COUNT(group_columns), NULL);
}

static void put_calibration(writer *w) {
    static const gm_report_column columns[] = {{"point", false}, {"factor of the spread", true}, {"from holes", true}};
    const json_t *calibration = json_object_get(w->facts, "calibration");
    char intro[200];
    snprintf(intro, sizeof intro, "Intervals: %.100s; they should hold %.0f %% of the true points.",
             text_at(calibration, "method"), 100 * json_number_value(json_object_get(calibration, "interval")));
    gm_report_section(w->page, "Calibration", calibration ? intro : "None is known.");
    for (int p = 0; p < GM_N_EVAL; p++) {
        const json_t *one = json_object_get(calibration, gm_eval_name(p));
        if (!one) continue;
        cell(w, gm_eval_title(p));
        cell_number(w, json_number_value(json_object_get(one, "factor")), 3);
        cell_number(w, (double)json_integer_value(json_object_get(one, "holes")), 0);
    }
    table(w, columns, GM_COUNT(columns), NULL);
}

static void put_signature(writer *w) {
    static const gm_report_column columns[] = {{"channel", true}, {"name", false}, {"unit", false}};
    const json_t *input = json_array_get(json_object_get(json_object_get(w->facts, "signature"), "inputs"), 0);
    size_t i;
    json_t *channel;
    gm_report_section(w->page, "What goes in and out",
                      "Input past_values: windows of these channels; output prediction_outputs: one heat map each for "
                      "entry, transition and exit.");
    json_array_foreach (json_object_get(input, "channels"), i, channel) {
        cell_number(w, (double)(i + 1), 0);
        cell(w, text_at(channel, "name"));
        cell(w, text_at(channel, "unit"));
    }
    table(w, columns, GM_COUNT(columns), NULL);
}

/* ---- settings and files ---- */

static gm_status put_settings(writer *w, gm_error *err) {
    gm_auto_training_config config = {0};
    size_t n;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    GM_TRY(gm_run_config(w->dir, &config, err));
    gm_report_section(w->page, "Settings", "The whole configuration of the training, with what each key means.");
    static const gm_report_column columns[] = {{"key", false}, {"value", false}, {"meaning", false}};
    for (size_t i = 0; i < n; i++) {
        gm_auto_text value = GM_TEXT_INIT;
        GM_TRY(gm_params_get(&specs[i], &config, &value, err));
        cell(w, specs[i].key);
        cell(w, gm_text_c(&value));
        cell(w, specs[i].doc);
    }
    table(w, columns, GM_COUNT(columns), NULL);
    return GM_OK;
}

static void put_files(writer *w) {
    static const gm_report_column columns[] = {{"file", false}, {"bytes", true}, {"SHA-256", false}};
    size_t i;
    json_t *file;
    gm_report_section(w->page, "Files", "What lies in the passport beside this page.");
    json_array_foreach (json_object_get(w->version, "files"), i, file) {
        cell(w, text_at(file, "path"));
        cell_number(w, (double)json_integer_value(json_object_get(file, "size_bytes")), 0);
        cell(w, text_at(file, "sha256"));
    }
    table(w, columns, GM_COUNT(columns), NULL);
}

static gm_status write_page(writer *w, gm_error *err) {
    char title[200];
    snprintf(title, sizeof title, "Passport of %.100s:%lld", text_at(w->version, "model"),
             (long long)json_integer_value(json_object_get(w->version, "version")));
    gm_report_begin(w->page, title, text_at(w->version, "description"));
    put_origin(w);
    GM_TRY(put_accuracy(w, err));
    put_limits(w);
    put_calibration(w);
    put_signature(w);
    GM_TRY(put_settings(w, err));
    put_files(w);
    gm_report_end(w->page);
    return gm_text_ok(w->page) ? GM_OK : gm_nomem(err);
}

gm_status passport_page(const json_t *version, const char *dir, gm_text *out, gm_error *err) {
    gm_auto_free writer *w = gm_calloc(1, sizeof *w);
    gm_auto(gm_arena) arena = gm_arena_new();
    if (!w || !arena) return gm_nomem(err);
    w->page = out;
    w->version = version;
    w->facts = json_object_get(version, "facts");
    w->dir = dir;
    w->arena = arena;
    return write_page(w, err);
}
