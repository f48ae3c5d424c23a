/* Several runs beside each other: what differs, paired errors, learning curves. */
#include "run_compare_internal.h"

#include "run_holes.h"
#include "service/models/reports.h"
#include "training/paired.h"

#include <math.h>
#include <string.h>

/* ---- what differs ---- */

/* A key of any of the runs, once. */
static json_t *all_keys(json_t *const *values, size_t n) {
    json_t *keys = json_object(), *value;
    const char *key;
    for (size_t i = 0; i < n; i++)
        json_object_foreach (values[i], key, value)
            if (!run_value_is_own(key)) json_object_set_new(keys, key, json_null());
    return keys;
}

static bool all_equal(json_t *const *values, size_t n, const char *key) {
    const json_t *first = json_object_get(values[0], key);
    for (size_t i = 1; i < n; i++) {
        const json_t *other = json_object_get(values[i], key);
        if (!first != !other || (first && !json_equal(first, other))) return false;
    }
    return true;
}

static json_t *differing(json_t *const *values, size_t n, json_int_t *same) {
    json_t *keys = all_keys(values, n), *out = json_object(), *unused;
    const char *key;
    json_object_foreach (keys, key, unused) {
        if (all_equal(values, n, key)) {
            ++*same;
            continue;
        }
        json_t *row = json_array();
        for (size_t i = 0; i < n; i++) {
            json_t *value = json_object_get(values[i], key);
            json_array_append_new(row, value ? json_incref(value) : json_null());
        }
        json_object_set_new(out, key, row);
    }
    json_decref(keys);
    return out;
}

/* ---- paired ---- */

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

/* Better only where both say so: chance is small, and the interval leaves 0 out. */
static json_t *verdict(const gm_paired *p) {
    bool clear = p->p < 0.05 && isfinite(p->low) && (p->low > 0 || p->high < 0);
    return clear ? json_boolean(p->difference < 0) : json_null();
}

static gm_status add_pair(const char *first, const char *other, int point, json_t *list, gm_error *err) {
    __attribute__((cleanup(run_pairs_finish))) run_pairs pairs = {0};
    gm_paired p;
    GM_TRY(run_pairs_make(first, other, point, &pairs, err));
    if (pairs.n == 0) return GM_OK;
    GM_TRY(gm_paired_compare(pairs.a, pairs.b, pairs.n, 1, &p, err));
    json_t *one = json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "run", gm_path_base(other), "point",
                            gm_eval_name(point), "n", (json_int_t)p.n, "mean_first_mm", number(p.mean_a), "mean_mm",
                            number(p.mean_b), "difference_mm", number(p.difference), "low_mm", number(p.low), "high_mm",
                            number(p.high), "p", number(p.p), "better", verdict(&p));
    return json_array_append_new(list, one) == 0 ? GM_OK : gm_nomem(err);
}

/* ---- curves ---- */

static json_t *mean_curve(const report_history *h, const double *values) {
    json_t *out = json_array();
    for (size_t e = 0; e < h->n_epochs; e++) {
        double sum = 0;
        size_t n = 0;
        for (size_t f = 0; f < h->n_folds; f++)
            if (isfinite(values[f * h->n_epochs + e])) sum += values[f * h->n_epochs + e], n++;
        json_array_append_new(out, n ? json_real(sum / (double)n) : json_null());
    }
    return out;
}

static gm_status add_curves(const char *dir, json_t *list, gm_error *err) {
    __attribute__((cleanup(report_history_finish))) report_history h;
    GM_TRY(report_history_read(dir, &h, err));
    if (!h.train_loss) h.n_epochs = 0;
    json_t *one =
        json_pack("{s:s, s:o, s:o, s:o}", "run", gm_path_base(dir), "train_loss", mean_curve(&h, h.train_loss),
                  "val_loss", mean_curve(&h, h.val_loss), "val_mm", mean_curve(&h, h.val_mm));
    return json_array_append_new(list, one) == 0 ? GM_OK : gm_nomem(err);
}

/* ---- the whole ---- */

void run_comparison_finish(run_comparison *c) {
    for (size_t i = 0; i < c->count; i++) {
        gm_free(c->dirs[i]);
        json_decref(c->values[i]);
    }
    *c = (run_comparison){0};
}

gm_status run_comparison_open(const char *models_dir, const char *const *runs, size_t count, run_comparison *c,
                              gm_error *err) {
    if (count < 2 || count > GM_COMPARE_MOST)
        return gm_fail(err, GM_E_ARG, "two to %d runs can be compared, not %zu", GM_COMPARE_MOST, count);
    for (; c->count < count; c->count++) {
        GM_TRY(gm_run_folder(models_dir, runs[c->count], &c->dirs[c->count], err));
        gm_status status = gm_run_values(c->dirs[c->count], &c->values[c->count], err);
        if (status != GM_OK) return gm_free(gm_steal(&c->dirs[c->count])), status;
    }
    return GM_OK;
}

static gm_status fill(const run_comparison *c, json_t *out, gm_error *err) {
    json_t *names = json_array(), *paired = json_array(), *curves = json_array();
    json_object_set_new(out, "runs", names);
    json_object_set_new(out, "paired", paired);
    json_object_set_new(out, "curves", curves);
    for (size_t i = 0; i < c->count; i++) {
        json_array_append_new(names, json_string(gm_path_base(c->dirs[i])));
        GM_TRY(add_curves(c->dirs[i], curves, err));
        for (int p = 0; p < GM_N_EVAL && i > 0; p++) GM_TRY(add_pair(c->dirs[0], c->dirs[i], p, paired, err));
    }
    return GM_OK;
}

gm_status run_comparison_json(const run_comparison *c, json_t **out, gm_error *err) {
    json_int_t same = 0;
    json_t *differ = differing(c->values, c->count, &same), *all = run_values_by_heading(differ);
    json_decref(differ);
    json_object_del(all, "system");
    json_object_set_new(all, "same", json_integer(same));
    gm_status status = all ? fill(c, all, err) : gm_nomem(err);
    if (status != GM_OK) return json_decref(all), status;
    *out = all;
    return GM_OK;
}

gm_status gm_run_compare(const char *models_dir, const char *const *runs, size_t count, json_t **out, gm_error *err) {
    __attribute__((cleanup(run_comparison_finish))) run_comparison c = {0};
    GM_TRY(run_comparison_open(models_dir, runs, count, &c, err));
    return run_comparison_json(&c, out, err);
}
