/* A comparison as a page that opens without a network. */
#include "registry_internal.h"

#include "data/report/report.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    gm_arena *arena;
    const char **cells;
    size_t n, capacity;
    bool failed;
} cell_list;

static void add(cell_list *list, const char *text) {
    if (list->n == list->capacity) {
        size_t wanted = GM_MAX(2 * list->capacity, (size_t)64);
        const char **grown = gm_realloc_array(list->cells, wanted, sizeof *grown);
        if (!grown) {
            list->failed = true;
            return;
        }
        list->cells = grown;
        list->capacity = wanted;
    }
    list->cells[list->n++] = gm_arena_strdup(list->arena, text);
}

static void add_number(cell_list *list, const json_t *value, int decimals, bool with_sign) {
    gm_auto_text text = GM_TEXT_INIT;
    if (json_is_number(value)) {
        if (with_sign && json_number_value(value) > 0) gm_text_append(&text, "+");
        gm_text_number(&text, json_number_value(value), decimals);
    }
    add(list, gm_text_c(&text));
}

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static const char *title_of(const char *eval_name) {
    return strcmp(eval_name, "hole_depth") == 0 ? "hole depth" : eval_name;
}

static void add_row(cell_list *list, const json_t *row) {
    const char *name = text_at(row, "name"), *kind = text_at(row, "kind");
    if (*kind) add(list, strcmp(kind, "tool_age") == 0 ? "tool age" : kind);
    if (*kind) add(list, name);
    add(list, title_of(text_at(row, "point")));
    add_number(list, json_object_get(row, "n"), 0, false);
    add_number(list, json_object_get(row, "a"), 4, false);
    add_number(list, json_object_get(row, "b"), 4, false);
    add_number(list, json_object_get(row, "difference"), 4, true);
    add_number(list, json_object_get(row, "low"), 4, true);
    add_number(list, json_object_get(row, "high"), 4, true);
    add_number(list, json_object_get(row, "p"), 4, false);
    add(list, text_at(row, "verdict"));
}

static const gm_report_column row_columns[] = {
    {"group", false},     {"name", false}, {"point", false}, {"holes", true}, {"A, MAE mm", true}, {"B, MAE mm", true},
    {"B \u2212 A", true}, {"from", true},  {"to", true},     {"p", true},     {"B is", false},
};
enum { GROUP_COLUMNS = 2 };

static gm_status put_table(gm_text *page, cell_list *list, const gm_report_column *columns, size_t n_columns,
                           const char *caption, gm_error *err) {
    if (list->failed) return gm_nomem(err);
    const gm_report_table_spec table = {columns, n_columns, list->cells, list->n / n_columns, NULL, caption};
    gm_report_table(page, &table);
    list->n = 0;
    return GM_OK;
}

static gm_status put_rows(gm_text *page, cell_list *list, const json_t *rows, bool groups, gm_error *err) {
    size_t i, skip = groups ? 0 : GROUP_COLUMNS;
    json_t *row;
    json_array_foreach ((json_t *)rows, i, row) add_row(list, row);
    return put_table(page, list, row_columns + skip, GM_COUNT(row_columns) - skip, NULL, err);
}

static void add_side(cell_list *list, const json_t *comparison, const char *label, const char *key, int decimals) {
    add(list, label);
    for (int i = 0; i < 2; i++) {
        const json_t *value = json_object_get(json_object_get(comparison, i ? "b" : "a"), key);
        if (json_is_string(value))
            add(list, json_string_value(value));
        else
            add_number(list, value, decimals, false);
    }
}

static gm_status put_sides(gm_text *page, cell_list *list, const json_t *c, gm_error *err) {
    static const gm_report_column columns[] = {{"", false}, {"A", false}, {"B", false}};
    add_side(list, c, "run", "run", 0);
    add_side(list, c, "registered", "created_at", 0);
    add_side(list, c, "by", "created_by", 0);
    add_side(list, c, "data set", "dataset", 0);
    add_side(list, c, "folds", "folds", 0);
    add_side(list, c, "holes judged unseen", "holes", 0);
    add_side(list, c, "size, bytes", "size_bytes", 0);
    add_side(list, c, "time for a window, ms", "latency_ms", 2);
    return put_table(page, list, columns, GM_COUNT(columns), NULL, err);
}

static gm_status put_figures(gm_text *page, cell_list *list, const json_t *figures, gm_error *err) {
    static const gm_report_column columns[] = {{"figure", false}, {"unit", false}, {"A", true}, {"B", true}};
    size_t i;
    json_t *figure;
    json_array_foreach ((json_t *)figures, i, figure) {
        add(list, text_at(figure, "name"));
        add(list, text_at(figure, "unit"));
        add_number(list, json_object_get(figure, "a"), 3, false);
        add_number(list, json_object_get(figure, "b"), 3, false);
    }
    return put_table(page, list, columns, GM_COUNT(columns), NULL, err);
}

static gm_status put_settings(gm_text *page, cell_list *list, const json_t *settings, gm_error *err) {
    static const gm_report_column columns[] = {{"key", false}, {"A", false}, {"B", false}};
    size_t i;
    json_t *setting;
    if (!json_array_size(settings)) return gm_report_paragraph(page, "The settings are the same."), GM_OK;
    json_array_foreach ((json_t *)settings, i, setting) {
        add(list, text_at(setting, "key"));
        add(list, text_at(setting, "a"));
        add(list, text_at(setting, "b"));
    }
    return put_table(page, list, columns, GM_COUNT(columns), NULL, err);
}

static gm_status put_page(gm_text *page, cell_list *list, const json_t *c, gm_error *err) {
    char title[300], intro[300];
    const json_t *a = json_object_get(c, "a"), *b = json_object_get(c, "b");
    snprintf(title, sizeof title, "%.100s:%lld against %.100s:%lld", text_at(b, "model"),
             (long long)json_integer_value(json_object_get(b, "version")), text_at(a, "model"),
             (long long)json_integer_value(json_object_get(a, "version")));
    snprintf(intro, sizeof intro,
             "Mean absolute errors in mm on the %lld holes that both models have not seen. The interval holds the "
             "difference with 95 %% (bootstrap over holes); p is that of the signed-rank test.",
             (long long)json_integer_value(json_object_get(c, "common_holes")));
    gm_report_begin(page, title,
                    json_is_true(json_object_get(c, "same_dataset")) ? "the same data set" : "different data sets");
    gm_report_section(page, "A and B", NULL);
    GM_TRY(put_sides(page, list, c, err));
    gm_report_section(page, "Hole by hole", intro);
    GM_TRY(put_rows(page, list, json_object_get(c, "metrics"), false, err));
    gm_report_section(page, "In groups", "With many groups some differ by chance: one in twenty at p = 0.05.");
    GM_TRY(put_rows(page, list, json_object_get(c, "groups"), true, err));
    gm_report_section(page, "Other figures", "Each over all of its own unseen holes.");
    GM_TRY(put_figures(page, list, json_object_get(c, "figures"), err));
    gm_report_section(page, "Settings that differ", NULL);
    GM_TRY(put_settings(page, list, json_object_get(c, "settings"), err));
    gm_report_end(page);
    return gm_text_ok(page) ? GM_OK : gm_nomem(err);
}

gm_status gm_model_compare_page(const json_t *comparison, gm_text *out, gm_error *err) {
    gm_auto(gm_arena) arena = gm_arena_new();
    if (!arena) return gm_nomem(err);
    cell_list list = {.arena = arena};
    gm_status status = put_page(out, &list, comparison, err);
    gm_free(list.cells);
    return status;
}
