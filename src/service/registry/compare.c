/* Two versions side by side, hole by hole where both have not seen the hole. */
#include "registry_internal.h"

#include "training/training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    gm_model_ref ref;
    char *dir;
    json_t *version;
    version_holes holes;
    gm_metrics metrics;
} side;

static void side_finish(side *s) {
    gm_free(s->dir);
    json_decref(s->version);
    version_holes_finish(&s->holes);
}
#define auto_side __attribute__((cleanup(side_finish))) side

static gm_status side_open(gm_registry *registry, const char *text, side *s, gm_error *err) {
    GM_TRY(gm_registry_resolve(registry, text, &s->ref, err));
    GM_TRY(gm_registry_checkout_checked(registry, s->ref.model, s->ref.version, &s->dir, err));
    GM_TRY(gm_registry_version(registry, s->ref.model, s->ref.version, &s->version, err));
    GM_TRY(version_holes_read(s->dir, &s->holes, err));
    return gm_metrics_compute(s->holes.items, s->holes.count, &s->metrics, err);
}

/* ---- rows ---- */

typedef struct {
    const side *a, *b;
    hole_pair *pairs;
    size_t n_pairs;
    double *errors_a, *errors_b; /* room */
} comparison;

static json_t *number_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static const char *verdict_of(const gm_paired *d) {
    if (d->n < 2) return "unknown";
    if (d->p < 0.05 && d->high < 0) return "better";
    if (d->p < 0.05 && d->low > 0) return "worse";
    return "no difference";
}

typedef struct {
    const char *kind, *name; /* NULL = all holes */
    int index;               /* of the kind */
} group;

static const char *group_name(const gm_evaluation_item *item, int kind) {
    const char *name = kind == 0 ? item->family : kind == 1 ? item->program : item->tool_age;
    return name ? name : "";
}

static gm_status compare_point(comparison *c, const group *g, int point, json_t *rows, gm_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < c->n_pairs; i++) {
        const gm_evaluation_item *a = &c->a->holes.items[c->pairs[i].a], *b = &c->b->holes.items[c->pairs[i].b];
        if (g->name && strcmp(group_name(b, g->index), g->name) != 0) continue;
        c->errors_a[n] = version_hole_error(a, point);
        c->errors_b[n] = version_hole_error(b, point);
        n += !isnan(c->errors_a[n]) && !isnan(c->errors_b[n]);
    }
    if (!n) return GM_OK;
    gm_paired d;
    GM_TRY(gm_paired_compare(c->errors_a, c->errors_b, n, 1, &d, err));
    json_t *row = json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:f, s:s}", "point", gm_eval_name(point), "n",
                            (json_int_t)n, "a", number_or_null(d.mean_a), "b", number_or_null(d.mean_b), "difference",
                            number_or_null(d.difference), "low", number_or_null(d.low), "high", number_or_null(d.high),
                            "p", d.p, "verdict", verdict_of(&d));
    if (row && g->name) {
        json_object_set_new(row, "kind", json_string(g->kind));
        json_object_set_new(row, "name", json_string(g->name));
    }
    return json_array_append_new(rows, row) == 0 ? GM_OK : gm_nomem(err);
}

static gm_status compare_groups(comparison *c, json_t *rows, gm_error *err) {
    static const char *const kinds[] = {"family", "program", "tool_age"};
    for (int kind = 0; kind < (int)GM_COUNT(kinds); kind++) {
        json_t *names = json_object(), *unused;
        const char *name;
        for (size_t i = 0; i < c->n_pairs; i++) {
            const char *of_hole = group_name(&c->b->holes.items[c->pairs[i].b], kind);
            if (*of_hole) json_object_set_new(names, of_hole, json_true());
        }
        gm_status status = GM_OK;
        json_object_foreach (names, name, unused) {
            const group g = {kinds[kind], name, kind};
            for (int p = 0; status == GM_OK && p < GM_N_EVAL; p++) status = compare_point(c, &g, p, rows, err);
        }
        json_decref(names);
        GM_TRY(status);
    }
    return GM_OK;
}

/* ---- figures that are not paired ---- */

static void add_figure(json_t *list, const char *name, const char *unit, double a, double b) {
    json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "name", name, "unit", unit, "a", number_or_null(a),
                                          "b", number_or_null(b)));
}

static json_t *figures_of(const side *a, const side *b) {
    json_t *list = json_array();
    gm_auto_text name = GM_TEXT_INIT;
    for (int p = 0; p < GM_N_EVAL; p++) {
        const gm_point_metrics *x = &a->metrics.points[p], *y = &b->metrics.points[p];
        const struct {
            const char *name, *unit;
            double a, b;
        } rows[] = {{"MAE of all its holes", "mm", x->n ? x->mae_mm : NAN, y->n ? y->mae_mm : NAN},
                    {"P95", "mm", x->n ? x->p95_mm : NAN, y->n ? y->p95_mm : NAN},
                    {"missed", "holes", (double)x->missed, (double)y->missed},
                    {"in interval", "share", x->n_interval ? x->interval_coverage : NAN,
                     y->n_interval ? y->interval_coverage : NAN}};
        for (size_t i = 0; i < GM_COUNT(rows); i++) {
            gm_text_finish(&name);
            gm_text_printf(&name, "%s %s", gm_eval_title(p), rows[i].name);
            add_figure(list, gm_text_c(&name), rows[i].unit, rows[i].a, rows[i].b);
        }
    }
    add_figure(list, "grip code exact", "share", a->metrics.grip_n ? a->metrics.grip_exact : NAN,
               b->metrics.grip_n ? b->metrics.grip_exact : NAN);
    return list;
}

/* ---- settings that differ ---- */

static gm_status settings_of(const side *a, const side *b, json_t *list, gm_error *err) {
    gm_auto_training_config x = {0}, y = {0};
    size_t n;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    GM_TRY(gm_run_config(a->dir, &x, err));
    GM_TRY(gm_run_config(b->dir, &y, err));
    for (size_t i = 0; i < n; i++) {
        gm_auto_text in_a = GM_TEXT_INIT;
        gm_auto_text in_b = GM_TEXT_INIT;
        GM_TRY(gm_params_get(&specs[i], &x, &in_a, err));
        GM_TRY(gm_params_get(&specs[i], &y, &in_b, err));
        if (strcmp(gm_text_c(&in_a), gm_text_c(&in_b)) == 0) continue;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "key", specs[i].key, "a", gm_text_c(&in_a), "b", gm_text_c(&in_b)));
    }
    return GM_OK;
}

/* ---- all of it ---- */

static json_t *side_json(const side *s) {
    const json_t *facts = json_object_get(s->version, "facts");
    return json_pack("{s:s, s:I, s:O, s:O, s:O, s:O, s:I, s:O, s:O?, s:o}", "model", s->ref.model, "version",
                     (json_int_t)s->ref.version, "run", json_object_get(s->version, "run"), "dataset",
                     json_object_get(s->version, "dataset"), "created_at", json_object_get(s->version, "created_at"),
                     "created_by", json_object_get(s->version, "created_by"), "holes", (json_int_t)s->holes.count,
                     "size_bytes", json_object_get(s->version, "size_bytes"), "folds",
                     json_object_get(facts, "n_folds"), "latency_ms", number_or_null(version_latency(s->dir)));
}

static bool same_dataset(const side *a, const side *b) {
    const char *x = json_string_value(json_object_get(a->version, "dataset"));
    const char *y = json_string_value(json_object_get(b->version, "dataset"));
    return x && y && *x && strcmp(x, y) == 0;
}

static gm_status compare_sides(comparison *c, json_t **out, gm_error *err) {
    const group all = {0};
    json_t *metrics = json_array(), *groups = json_array(), *settings = json_array();
    gm_status status = metrics && groups && settings ? GM_OK : gm_nomem(err);
    for (int p = 0; status == GM_OK && p < GM_N_EVAL; p++) status = compare_point(c, &all, p, metrics, err);
    if (status == GM_OK) status = compare_groups(c, groups, err);
    if (status == GM_OK) status = settings_of(c->a, c->b, settings, err);
    if (status != GM_OK) return json_decref(metrics), json_decref(groups), json_decref(settings), status;
    *out = json_pack("{s:o, s:o, s:I, s:b, s:o, s:o, s:o, s:o}", "a", side_json(c->a), "b", side_json(c->b),
                     "common_holes", (json_int_t)c->n_pairs, "same_dataset", same_dataset(c->a, c->b), "metrics",
                     metrics, "groups", groups, "figures", figures_of(c->a, c->b), "settings", settings);
    return *out ? GM_OK : gm_nomem(err);
}

gm_status gm_model_compare(gm_registry *registry, const char *a, const char *b, json_t **out, gm_error *err) {
    auto_side x = {0}, y = {0};
    gm_auto_free hole_pair *pairs = NULL;
    size_t n;
    GM_TRY(side_open(registry, a, &x, err));
    GM_TRY(side_open(registry, b, &y, err));
    GM_TRY(version_holes_match(&x.holes, &y.holes, &pairs, &n, err));
    gm_auto_free double *errors = gm_alloc_array(2 * n + 2, sizeof *errors);
    if (!errors) return gm_nomem(err);
    comparison c = {&x, &y, pairs, n, errors, errors + n + 1};
    return compare_sides(&c, out, err);
}
