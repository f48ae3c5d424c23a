#include "agreement.h"

#include "queue_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 64 }; /* of people and sources; more are left out of the pairs */

/* What one side says about one hole. */
typedef struct {
    double mm[GM_N_POINTS];
    bool there;
} opinion;

typedef struct {
    const gm_hole_list *list;
    const gm_stored_labels *labels;
    gm_fold_predictions predictions;
    char names[MAX_NAMES][280];
    size_t n_names;
    opinion *opinions; /* [n_names][list->count] */
    double *scratch;
} table;

static void name_label(const gm_label *label, char out[280]) {
    const bool person = label->source == GM_SOURCE_EXPERT;
    snprintf(out, 280, "%s", person && label->author[0] ? label->author : gm_label_source_name(label->source));
}

static size_t index_of(table *t, const char *name, bool add) {
    for (size_t i = 0; i < t->n_names; i++)
        if (strcmp(t->names[i], name) == 0) return i;
    if (!add || t->n_names == MAX_NAMES) return SIZE_MAX;
    snprintf(t->names[t->n_names], sizeof t->names[0], "%s", name);
    return t->n_names++;
}

static void find_names(table *t) {
    char name[280];
    for (size_t i = 0; i < t->labels->count; i++) {
        name_label(&t->labels->items[i].label, name);
        index_of(t, name, true);
    }
    if (!t->predictions.table.count) return;
    snprintf(name, sizeof name, "model %s", t->predictions.run);
    index_of(t, name, true);
}

static opinion *opinion_of(const table *t, size_t name, size_t row) {
    return &t->opinions[name * t->list->count + row];
}

/* Approved in a batch: the label of the rules under a person's name, with the rules' factors. It agrees with the rules
 * because it is theirs. */
static bool is_approved_unseen(const gm_label *label) {
    return label->source == GM_SOURCE_EXPERT && isfinite(label->factor_clarity);
}

static void fill_row(table *t, size_t row) {
    const gm_stored_hole *hole = t->list->items[row].hole;
    const hole_labels labels = queue_labels_of(t->labels, hole->sha256);
    char name[280];
    for (size_t i = 0; i < labels.count; i++) {
        const gm_label *label = &labels.items[i].label;
        name_label(label, name);
        const size_t at = index_of(t, name, false);
        if (at == SIZE_MAX || label->rejected || is_approved_unseen(label)) continue;
        opinion *o = opinion_of(t, at, row); /* of two truths the later row stands, as in the order of authors */
        o->there = true;
        for (int p = 0; p < GM_N_POINTS; p++) o->mm[p] = label->points[p].mm;
    }
    const gm_out_of_fold_row *predicted = gm_out_of_fold_find(&t->predictions.table, hole->file);
    snprintf(name, sizeof name, "model %s", t->predictions.run);
    const size_t at = predicted ? index_of(t, name, false) : SIZE_MAX;
    if (at == SIZE_MAX) return;
    opinion *o = opinion_of(t, at, row);
    o->there = true;
    memcpy(o->mm, predicted->mm, sizeof o->mm);
}

/* --- numbers --- */

static int by_size(const void *a, const void *b) {
    const double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return (x > y) - (x < y);
}

/* Linear between order statistics, as everywhere in the evaluation. */
static double quantile(const double *sorted, size_t n, double fraction) {
    const double at = fraction * (double)(n - 1);
    const size_t low = (size_t)at, high = GM_MIN(low + 1, n - 1);
    return fabs(sorted[low]) + (at - (double)low) * (fabs(sorted[high]) - fabs(sorted[low]));
}

static void summarise(double *differences, size_t n, double tolerance_mm, gm_point_agreement *out) {
    *out = (gm_point_agreement){.n = n, .median_mm = NAN, .p95_mm = NAN, .within = NAN, .bias_mm = NAN};
    if (n == 0) return;
    qsort(differences, n, sizeof *differences, by_size);
    double sum = 0;
    size_t within = 0;
    for (size_t i = 0; i < n; i++) {
        sum += differences[i];
        within += fabs(differences[i]) <= tolerance_mm + 1e-9;
    }
    out->median_mm = quantile(differences, n, 0.5);
    out->p95_mm = quantile(differences, n, 0.95);
    out->within = (double)within / (double)n;
    out->bias_mm = sum / (double)n;
}

/* Holes that both have; their differences point by point. */
static size_t compare(const table *t, size_t a, size_t b, double tolerance_mm, gm_point_agreement out[GM_N_POINTS]) {
    size_t common = 0;
    for (int p = 0; p < GM_N_POINTS; p++) {
        size_t n = 0;
        common = 0;
        for (size_t i = 0; i < t->list->count; i++) {
            const opinion *x = opinion_of(t, a, i), *y = opinion_of(t, b, i);
            if (!x->there || !y->there) continue;
            common++;
            const double difference = x->mm[p] - y->mm[p];
            if (isfinite(difference)) t->scratch[n++] = difference;
        }
        summarise(t->scratch, n, tolerance_mm, &out[p]);
    }
    return common;
}

static gm_status make_pairs(const table *t, double tolerance_mm, gm_agreement *out, gm_error *err) {
    out->pairs = gm_alloc_array(t->n_names * t->n_names / 2 + 1, sizeof *out->pairs);
    if (!out->pairs) return gm_nomem(err);
    for (size_t a = 0; a < t->n_names; a++)
        for (size_t b = a + 1; b < t->n_names; b++) {
            gm_agreement_pair *pair = &out->pairs[out->n_pairs];
            if (compare(t, a, b, tolerance_mm, pair->points) == 0) continue;
            memcpy(pair->a, t->names[a], sizeof pair->a);
            memcpy(pair->b, t->names[b], sizeof pair->b);
            out->n_pairs++;
        }
    return GM_OK;
}

/* --- disputes --- */

static void measure_dispute(const hole_labels *labels, gm_dispute *out) {
    out->spread_mm = 0;
    for (size_t i = 0; i < labels->count; i++)
        for (size_t j = i + 1; j < labels->count; j++) {
            const gm_label *a = &labels->items[i].label, *b = &labels->items[j].label;
            if (a->source != GM_SOURCE_EXPERT || b->source != GM_SOURCE_EXPERT || (a->rejected && b->rejected))
                continue;
            for (int p = 0; p < GM_N_POINTS; p++) {
                const double x = a->points[p].mm, y = b->points[p].mm;
                double d = isnan(x) && isnan(y) ? 0 : isnan(x) || isnan(y) ? INFINITY : fabs(x - y);
                if (a->rejected != b->rejected) d = INFINITY;
                if (d <= out->spread_mm) continue;
                out->spread_mm = d;
                out->point = (gm_point)p;
            }
        }
}

static int by_spread(const void *a, const void *b) {
    const gm_dispute *x = a, *y = b;
    if (x->spread_mm != y->spread_mm) return x->spread_mm < y->spread_mm ? 1 : -1;
    return gm_compare_natural(x->row->hole->file, y->row->hole->file);
}

static gm_status find_disputes(const table *t, double tolerance_mm, gm_agreement *out, gm_error *err) {
    out->disputes = gm_alloc_array(t->list->count + 1, sizeof *out->disputes);
    if (!out->disputes) return gm_nomem(err);
    for (size_t i = 0; i < t->list->count; i++) {
        const gm_hole_row *row = &t->list->items[i];
        const hole_labels labels = queue_labels_of(t->labels, row->hole->sha256);
        gm_dispute *dispute = &out->disputes[out->n_disputes];
        *dispute = (gm_dispute){.row = row, .labels = labels.items, .n_labels = labels.count};
        if (queue_is_known(&labels)) continue;
        measure_dispute(&labels, dispute);
        out->n_disputes += dispute->spread_mm > tolerance_mm + 1e-9;
    }
    if (out->n_disputes) qsort(out->disputes, out->n_disputes, sizeof *out->disputes, by_spread);
    return GM_OK;
}

/* --- people against the truth --- */

/* A person's own adjudications say nothing about their error. */
static const gm_label *truth_of(const hole_labels *labels, const char *author) {
    const gm_label *truth = NULL;
    for (size_t i = 0; i < labels->count; i++) {
        const gm_label *label = &labels->items[i].label;
        if (label->source != GM_SOURCE_TRUTH || label->rejected) continue;
        if (!truth || strcmp(label->made_at, truth->made_at) > 0) truth = label;
    }
    return truth && (!author[0] || strcmp(truth->author, author) != 0) ? truth : NULL;
}

static void measure_annotator(const table *t, double tolerance_mm, gm_annotator_error *out) {
    for (int p = 0; p < GM_N_POINTS; p++) {
        size_t n = 0;
        out->n_known = 0;
        for (size_t i = 0; i < t->list->count; i++) {
            const hole_labels labels = queue_labels_of(t->labels, t->list->items[i].hole->sha256);
            const gm_label *truth = truth_of(&labels, out->author);
            for (size_t k = 0; truth && k < labels.count; k++) {
                const gm_label *own = &labels.items[k].label;
                if (own->source != GM_SOURCE_EXPERT || own->rejected || strcmp(own->author, out->author) != 0) continue;
                const double difference = own->points[p].mm - truth->points[p].mm;
                out->n_known++;
                if (isfinite(difference)) t->scratch[n++] = difference;
            }
        }
        summarise(t->scratch, n, tolerance_mm, &out->points[p]);
    }
}

static gm_status measure_annotators(const table *t, double tolerance_mm, gm_agreement *out, gm_error *err) {
    out->annotators = gm_alloc_array(MAX_NAMES, sizeof *out->annotators);
    if (!out->annotators) return gm_nomem(err);
    for (size_t i = 0; i < t->labels->count; i++) {
        const gm_label *label = &t->labels->items[i].label;
        bool known = label->source != GM_SOURCE_EXPERT || !label->author[0] || out->n_annotators == MAX_NAMES;
        for (size_t k = 0; k < out->n_annotators; k++) known |= strcmp(out->annotators[k].author, label->author) == 0;
        if (known) continue;
        gm_annotator_error *annotator = &out->annotators[out->n_annotators++];
        *annotator = (gm_annotator_error){0};
        memcpy(annotator->author, label->author, sizeof annotator->author);
        measure_annotator(t, tolerance_mm, annotator);
    }
    return GM_OK;
}

static gm_status make(table *t, double tolerance_mm, gm_agreement *out, gm_error *err) {
    find_names(t);
    t->opinions = gm_calloc(t->n_names * t->list->count + 1, sizeof *t->opinions);
    t->scratch = gm_alloc_array(t->list->count + 1, sizeof *t->scratch);
    if (!t->opinions || !t->scratch) return gm_nomem(err);
    for (size_t i = 0; i < t->list->count; i++) fill_row(t, i);
    GM_TRY(make_pairs(t, tolerance_mm, out, err));
    GM_TRY(find_disputes(t, tolerance_mm, out, err));
    return measure_annotators(t, tolerance_mm, out, err);
}

gm_status gm_agreement_make(const gm_hole_list *list, const gm_stored_labels *labels, const char *models_dir,
                            double tolerance_mm, gm_agreement *out, gm_error *err) {
    gm_auto_free table *t = gm_calloc(1, sizeof *t);
    gm_agreement agreement = {0};
    if (!t) return gm_nomem(err);
    t->list = list;
    t->labels = labels;
    GM_TRY(gm_fold_predictions_read(models_dir, &t->predictions, err));
    gm_status status = make(t, tolerance_mm, &agreement, err);
    gm_fold_predictions_finish(&t->predictions);
    gm_free(t->opinions);
    gm_free(t->scratch);
    if (status == GM_OK)
        *out = agreement;
    else
        gm_agreement_finish(&agreement);
    return status;
}

void gm_agreement_finish(gm_agreement *agreement) {
    gm_free(agreement->pairs);
    gm_free(agreement->disputes);
    gm_free(agreement->annotators);
    *agreement = (gm_agreement){0};
}
