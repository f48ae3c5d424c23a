#include "evaluation.h"

#include <stdlib.h>
#include <string.h>

static void number(gm_text *out, const char *key, double value, int decimals, bool last) {
    gm_text_printf(out, "\"%s\": ", key);
    gm_text_number(out, isfinite(value) ? value : 0, decimals);
    if (!last) gm_text_append(out, ", ");
}

static void point_json(const gm_point_metrics *m, gm_text *out) {
    gm_text_printf(out, "{\"n\": %zu, \"missed\": %zu, \"invented\": %zu, ", m->n, m->missed, m->invented);
    number(out, "mae_mm", m->mae_mm, 5, false);
    number(out, "median_mm", m->median_mm, 5, false);
    number(out, "rmse_mm", m->rmse_mm, 5, false);
    number(out, "bias_mm", m->bias_mm, 5, false);
    number(out, "sd_mm", m->sd_mm, 5, false);
    number(out, "p95_mm", m->p95_mm, 5, false);
    number(out, "max_mm", m->max_mm, 5, false);
    number(out, "r2", m->r2, 5, false);
    number(out, "within_0.1_mm", m->within_100um, 4, false);
    number(out, "within_0.2_mm", m->within_200um, 4, false);
    number(out, "within_0.3_mm", m->within_300um, 4, false);
    gm_text_printf(out, "\"interval\": {\"n\": %zu, ", m->n_interval);
    number(out, "coverage", m->interval_coverage, 4, false);
    number(out, "mean_width_mm", m->interval_width_mm, 4, true);
    gm_text_append(out, "}}");
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
    gm_text_append(out, "}}");
    return gm_text_ok(out) ? GM_OK : gm_nomem(err);
}
