#include "evaluation.h"

#include <stdlib.h>
#include <string.h>

static void number(gm_text *out, const char *key, double value, int decimals, bool last) {
    gm_text_printf(out, "\"%s\": ", key);
    gm_text_number(out, isfinite(value) ? value : 0, decimals);
    if (!last) gm_text_append(out, ", ");
}

/* The numbers of a point's metrics: one table to write and to read them. */
static const struct {
    const char *key;
    size_t offset;
    int decimals;
} numbers[] = {
    {"mae_mm", offsetof(gm_point_metrics, mae_mm), 5},
    {"median_mm", offsetof(gm_point_metrics, median_mm), 5},
    {"rmse_mm", offsetof(gm_point_metrics, rmse_mm), 5},
    {"bias_mm", offsetof(gm_point_metrics, bias_mm), 5},
    {"sd_mm", offsetof(gm_point_metrics, sd_mm), 5},
    {"p95_mm", offsetof(gm_point_metrics, p95_mm), 5},
    {"max_mm", offsetof(gm_point_metrics, max_mm), 5},
    {"r2", offsetof(gm_point_metrics, r2), 5},
    {"within_0.1_mm", offsetof(gm_point_metrics, within_100um), 4},
    {"within_0.2_mm", offsetof(gm_point_metrics, within_200um), 4},
    {"within_0.3_mm", offsetof(gm_point_metrics, within_300um), 4},
};

static void point_json(const gm_point_metrics *m, gm_text *out) {
    gm_text_printf(out, "{\"n\": %zu, \"missed\": %zu, \"invented\": %zu, ", m->n, m->missed, m->invented);
    for (size_t i = 0; i < GM_COUNT(numbers); i++)
        number(out, numbers[i].key, *(const double *)((const char *)m + numbers[i].offset), numbers[i].decimals, false);
    gm_text_printf(out, "\"interval\": {\"n\": %zu, ", m->n_interval);
    number(out, "coverage", m->interval_coverage, 4, false);
    number(out, "mean_width_mm", m->interval_width_mm, 4, true);
    gm_text_append(out, "}}");
}

static size_t count_of(const json_t *object, const char *key) {
    return (size_t)json_integer_value(json_object_get(object, key));
}

static void point_parse(const json_t *point, gm_point_metrics *m) {
    const json_t *interval = json_object_get(point, "interval");
    *m = (gm_point_metrics){.n = count_of(point, "n"),
                            .missed = count_of(point, "missed"),
                            .invented = count_of(point, "invented"),
                            .n_interval = count_of(interval, "n"),
                            .interval_coverage = json_number_value(json_object_get(interval, "coverage")),
                            .interval_width_mm = json_number_value(json_object_get(interval, "mean_width_mm"))};
    for (size_t i = 0; i < GM_COUNT(numbers); i++)
        *(double *)((char *)m + numbers[i].offset) = json_number_value(json_object_get(point, numbers[i].key));
}

void gm_metrics_parse(const json_t *json, gm_metrics *out) {
    const json_t *points = json_object_get(json, "points"), *grip = json_object_get(json, "grip_code");
    *out = (gm_metrics){.holes = count_of(json, "holes"),
                        .grip_n = count_of(grip, "n"),
                        .grip_exact = json_number_value(json_object_get(grip, "exact_fraction")),
                        .grip_one_off = json_number_value(json_object_get(grip, "one_off_fraction"))};
    for (int p = 0; p < GM_N_EVAL; p++) point_parse(json_object_get(points, gm_eval_name(p)), &out->points[p]);
}

/* The members, without the braces around them. */
static void members(const gm_metrics *m, gm_text *out) {
    gm_text_printf(out, "\"holes\": %zu, \"points\": {", m->holes);
    for (int p = 0; p < GM_N_EVAL; p++) {
        gm_text_printf(out, "%s\"%s\": ", p ? ", " : "", gm_eval_name(p));
        point_json(&m->points[p], out);
    }
    gm_text_printf(out, "}, \"grip_code\": {\"n\": %zu, ", m->grip_n);
    number(out, "exact_fraction", m->grip_exact, 4, false);
    number(out, "one_off_fraction", m->grip_one_off, 4, true);
    gm_text_append(out, "}");
}

void gm_metrics_json(const gm_metrics *metrics, gm_text *out) {
    gm_text_append(out, "{");
    members(metrics, out);
    gm_text_append(out, "}");
}

typedef struct {
    const char *name;
    size_t index;
} named;

static int by_name(const void *a, const void *b) {
    const named *x = a, *y = b;
    int order = gm_compare_natural(x->name, y->name);
    if (!order) order = strcmp(x->name, y->name);
    return order ? order : x->index < y->index ? -1 : x->index > y->index;
}

static const char *group_of(const gm_evaluation_item *item, int kind) {
    const char *name = kind == 0 ? item->family : kind == 1 ? item->program : item->tool_age;
    return name ? name : "";
}

static gm_status group_json(const gm_evaluation_item *items, size_t count, int kind, gm_text *out, gm_error *err) {
    gm_auto_free named *order = gm_alloc_array(count + 1, sizeof *order);
    gm_auto_free gm_evaluation_item *some = gm_alloc_array(count + 1, sizeof *some);
    if (!order || !some) return gm_nomem(err);
    for (size_t i = 0; i < count; i++) order[i] = (named){group_of(&items[i], kind), i};
    qsort(order, count, sizeof *order, by_name);
    bool first = true;
    for (size_t i = 0; i < count;) {
        const char *name = order[i].name;
        size_t n = 0;
        for (; i < count && strcmp(order[i].name, name) == 0; i++) some[n++] = items[order[i].index];
        if (!*name) continue;
        gm_metrics metrics;
        GM_TRY(gm_metrics_compute(some, n, &metrics, err));
        if (!first) gm_text_append(out, ", ");
        first = false;
        gm_text_json_string(out, name);
        gm_text_append(out, ": ");
        gm_metrics_json(&metrics, out);
    }
    return GM_OK;
}

gm_status gm_evaluation_json(const gm_evaluation_item *items, size_t count, gm_text *out, gm_error *err) {
    static const char *const kinds[] = {"family", "program", "tool_age"};
    gm_metrics all;
    GM_TRY(gm_metrics_compute(items, count, &all, err));
    gm_text_append(out, "{");
    members(&all, out);
    gm_text_append(out, ", \"groups\": {");
    for (int kind = 0; kind < (int)GM_COUNT(kinds); kind++) {
        gm_text_printf(out, "%s\"%s\": {", kind ? ", " : "", kinds[kind]);
        GM_TRY(group_json(items, count, kind, out, err));
        gm_text_append(out, "}");
    }
    gm_text_append(out, "}, \"confidence\": ");
    gm_confidence_json(items, count, out);
    gm_text_append(out, "}");
    return gm_text_ok(out) ? GM_OK : gm_nomem(err);
}
