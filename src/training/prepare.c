/* From records and labels to prepared holes and folds. */
#include "loop_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IGNORED_SCALE 1e30 /* divided by it, a channel is 0 */

typedef struct {
    gm_training_job *job;
    gm_prepared_hole *holes; /* [data->count]; series.rows 0 = not usable */
    gm_status *status;
    gm_error *errors;
    atomic_long done;
} loading;

/* The first 16 hex digits of the record's hash: its random numbers do not change when other holes come or go. */
static uint64_t identity_of(const gm_training_hole *hole) {
    char hash[GM_SHA256_HEX];
    const char *hex = hole->id;
    if (!hex || strlen(hex) < 16) {
        gm_sha256(hole->file, strlen(hole->file), hash);
        hex = hash;
    }
    uint64_t value = 0;
    for (int i = 0; i < 16; i++) {
        char c = hex[i];
        value = value << 4 | (uint64_t)(c >= '0' && c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
}

static void take_label(const gm_training_config *c, const gm_label *label, gm_prepared_hole *out) {
    out->label = *label;
    for (int p = 0; p < GM_N_POINTS; p++) {
        const gm_label_point *point = &label->points[p];
        bool absent = !isfinite(point->mm);
        double weight = c->training.weight_by_confidence ? GM_MAX(point->confidence, 0.1) : 1;
        if (absent) weight = c->training.absent_is_known ? weight : 0;
        if (point->confidence < c->training.min_confidence) weight = 0;
        if (weight <= 0) out->label.points[p].mm = NAN;
        out->weight[p] = (float)(weight * c->training.point_weight[p]);
    }
}

static gm_status load_one(loading *l, size_t i, gm_prepared_hole *out, gm_error *err) {
    gm_training_job *job = l->job;
    const gm_training_hole *hole = &job->data->holes[i];
    gm_auto(gm_record) record = NULL;
    GM_TRY(job->data->load(job->data->ctx, i, &record, err));
    gm_fold_key_of(record, hole->file, hole->family, &out->key);
    out->index = i;
    out->id = identity_of(hole);
    take_label(job->config, &hole->label, out);
    return gm_hole_view_make(job->set, &job->features, record, &out->view, err);
}

static void load_task(void *ctx, size_t i, int worker) {
    (void)worker;
    loading *l = ctx;
    if (atomic_load(&l->job->stop)) return;
    l->status[i] = load_one(l, i, &l->holes[i], &l->errors[i]);
    if (l->status[i] != GM_OK) gm_series_finish(&l->holes[i].view.series);
    long done = atomic_fetch_add(&l->done, 1) + 1;
    if (done % 16 == 0) gm_job_report(l->job, "features", done, (long)l->job->data->count, NULL);
}

static bool has_a_point(const gm_training_hole *hole) {
    if (hole->label.rejected) return false;
    for (int p = 0; p < GM_N_POINTS; p++)
        if (isfinite(hole->label.points[p].mm)) return true;
    return false;
}

static int by_id(const void *a, const void *b) {
    const gm_prepared_hole *x = a, *y = b;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return strcmp(x->key.file, y->key.file);
}

/* Usable and labelled holes to the front, in the order of their hashes; says how many were left out, and why. */
static gm_status keep_usable(gm_training_job *job, loading *l, gm_error *err) {
    size_t kept = 0, unlabelled = 0, unusable = 0;
    for (size_t i = 0; i < job->data->count; i++) {
        if (l->status[i] == GM_E_NOMEM) return gm_nomem(err);
        bool labelled = has_a_point(&job->data->holes[i]), usable = l->status[i] == GM_OK;
        unlabelled += !labelled;
        unusable += labelled && !usable;
        if (labelled && !usable && unusable <= 5)
            gm_job_message(job, "left out: %s: %s", job->data->holes[i].file, l->errors[i].message);
        if (labelled && usable)
            l->holes[kept++] = l->holes[i];
        else
            gm_series_finish(&l->holes[i].view.series);
    }
    job->holes = l->holes;
    job->n_holes = kept;
    job->n_left_out = unlabelled + unusable;
    qsort(job->holes, kept, sizeof *job->holes, by_id);
    if (job->n_left_out)
        gm_job_message(job, "%zu of %zu holes are left out: %zu without a label, %zu not usable", job->n_left_out,
                       job->data->count, unlabelled, unusable);
    if (!kept)
        return gm_fail_at(err, GM_E_ARG, 0, 0, "run prepare with --auto-label, or import labels",
                          "none of the %zu holes can be trained on: %zu have no label, %zu cannot be used",
                          job->data->count, unlabelled, unusable);
    return GM_OK;
}

gm_status gm_job_load_holes(gm_training_job *job, gm_error *err) {
    size_t n = job->data->count;
    gm_auto_free gm_status *status = gm_calloc(n + 1, sizeof *status);
    gm_auto_free gm_error *errors = gm_calloc(n + 1, sizeof *errors);
    gm_prepared_hole *holes = gm_calloc(n + 1, sizeof *holes);
    if (!status || !errors || !holes) {
        gm_free(holes);
        return gm_nomem(err);
    }
    loading l = {.job = job, .holes = holes, .status = status, .errors = errors};
    gm_threads_run(job->threads, n, load_task, &l);
    if (atomic_load(&job->stop)) {
        for (size_t i = 0; i < n; i++) gm_series_finish(&holes[i].view.series);
        gm_free(holes);
        return gm_fail(err, GM_E_CANCELLED, "stopped while reading records");
    }
    gm_status result = keep_usable(job, &l, err);
    if (!job->holes) { /* out of memory on the way */
        for (size_t i = 0; i < n; i++) gm_series_finish(&holes[i].view.series);
        gm_free(holes);
    }
    return result;
}

/* ---- folds ---- */

static gm_status keys_of(gm_training_job *job, gm_fold_key **out, gm_error *err) {
    gm_fold_key *keys = gm_alloc_array(job->n_holes, sizeof *keys);
    if (!keys) return gm_nomem(err);
    for (size_t i = 0; i < job->n_holes; i++) keys[i] = job->holes[i].key;
    gm_status status = gm_fold_keys_tools(keys, job->n_holes, err);
    for (size_t i = 0; status == GM_OK && i < job->n_holes; i++) job->holes[i].key = keys[i];
    if (status != GM_OK)
        gm_free(keys);
    else
        *out = keys;
    return status;
}

/* Folds over the holes with fold >= 0 only; the others keep -1. */
static gm_status split_rest(gm_training_job *job, const gm_fold_key *keys, int n_folds, gm_error *err) {
    const gm_training_config *c = job->config;
    gm_auto_free gm_fold_key *rest = gm_alloc_array(job->n_holes, sizeof *rest);
    if (!rest) return gm_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < job->n_holes; i++)
        if (job->folds.fold[i] >= 0) rest[n++] = keys[i];
    gm_folds folds;
    GM_TRY(gm_folds_make(rest, n, n_folds, c->training.stratified, c->training.grouping, (uint64_t)c->training.seed,
                         &folds, err));
    for (size_t i = 0, k = 0; i < job->n_holes; i++)
        if (job->folds.fold[i] >= 0) {
            job->folds.group[i] = folds.group[k];
            job->folds.fold[i] = folds.fold[k++];
        }
    job->folds.n_folds = folds.n_folds;
    job->folds.n_groups = folds.n_groups;
    memcpy(job->folds.message, folds.message, sizeof folds.message);
    gm_folds_finish(&folds);
    return GM_OK;
}

/* Set the first of 1 / share folds of another deal aside: fold -1. */
static gm_status hold_out(gm_training_job *job, const gm_fold_key *keys, gm_error *err) {
    const gm_training_config *c = job->config;
    double share = 1 - c->training.train_test_split;
    if (share < 0.001) return GM_OK;
    gm_folds folds;
    GM_TRY(gm_folds_make(keys, job->n_holes, GM_MAX((int)lround(1 / share), 2), c->training.stratified,
                         c->training.grouping, (uint64_t)c->training.seed + 1, &folds, err));
    size_t held = 0;
    for (size_t i = 0; i < job->n_holes; i++)
        if (folds.fold[i] == 0) {
            job->folds.fold[i] = -1;
            held++;
        }
    gm_folds_finish(&folds);
    gm_job_message(job, "%zu holes are held out from all folds (train_test_split)", held);
    return GM_OK;
}

/* How honest the figures out of fold will be: what stands on both sides all the same. */
static void tell_overlap(gm_training_job *job) {
    const gm_fold_overlap *o = &job->overlap;
    double share = 100.0 / (double)GM_MAX(o->holes, (size_t)1);
    gm_job_message(job,
                   "judged by models that have learned from the same trace: %.0f %% of the holes; from the same tool "
                   "life: %.0f %%; from the same head on the same day: %.0f %%",
                   share * (double)o->trace, share * (double)o->tool_life, share * (double)o->session);
}

static gm_status make_folds(gm_training_job *job, int n_folds, gm_error *err) {
    gm_auto_free gm_fold_key *keys = NULL;
    GM_TRY(keys_of(job, &keys, err));
    job->folds =
        (gm_folds){.fold = gm_calloc(job->n_holes, sizeof(int)), .group = gm_calloc(job->n_holes, sizeof(size_t))};
    if (!job->folds.fold || !job->folds.group) return gm_nomem(err);
    GM_TRY(hold_out(job, keys, err));
    GM_TRY(split_rest(job, keys, n_folds, err));
    if (*job->folds.message) gm_job_message(job, "%s", job->folds.message);
    GM_TRY(gm_folds_overlap(keys, job->folds.fold, job->n_holes, &job->overlap, err));
    tell_overlap(job);
    return GM_OK;
}

/* What all folds share: the normaliser is fitted on every hole that is not held out. */
static gm_status make_pipeline(gm_training_job *job, gm_error *err) {
    gm_auto_free const gm_series **series = gm_alloc_array(job->n_holes + 1, sizeof *series);
    if (!series) return gm_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < job->n_holes; i++)
        if (job->folds.fold[i] >= 0) series[n++] = &job->holes[i].view.series;
    job->pipeline = (gm_pipeline){.set = job->set,
                                  .features = job->features,
                                  .many_windows = job->config->data.sequence_windowing,
                                  .peaks = job->network.loss->peaks,
                                  .read_out_version = gm_read_out_of(job->set).version};
    gm_normaliser_fit(job->set, series, n, &job->pipeline.normaliser);
    bool ignored[GM_MAX_CHANNELS];
    GM_TRY(gm_training_ignored_channels(job->config, ignored, err));
    for (int c = 0; c < job->set->n_channels; c++)
        if (ignored[c]) {
            job->pipeline.normaliser.mean[c] = 0;
            job->pipeline.normaliser.scale[c] = IGNORED_SCALE;
        }
    return GM_OK;
}

gm_status gm_job_make_folds(gm_training_job *job, gm_error *err) {
    GM_TRY(make_folds(job, job->config->training.n_folds, err));
    int wanted = job->config->training.run_folds;
    job->n_run = wanted ? GM_MIN(wanted, job->folds.n_folds) : job->folds.n_folds;
    return make_pipeline(job, err);
}

gm_status gm_job_make_single(gm_training_job *job, gm_error *err) {
    double share = job->config->training.validation_split;
    GM_TRY(make_folds(job, GM_MAX((int)lround(1 / share), 2), err));
    job->n_run = 1;
    return make_pipeline(job, err);
}
