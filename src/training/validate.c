/* After training: every hole is predicted by the models that have not seen it, intervals are calibrated on these
 * predictions, and the run's figures are written. */
#include "loop_internal.h"
#include "out_of_fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    gm_training_job *job;
    gm_predictor *predictor;
    gm_points *points; /* [n_holes]; out of fold, or of the ensemble for held-out holes */
    bool *have;
    gm_calibration calibration;
    gm_evaluation_item *items;
} validation;

static gm_status predict_all(validation *v, gm_error *err) {
    gm_training_job *job = v->job;
    for (size_t i = 0; i < job->n_holes; i++) {
        int fold = job->folds.fold[i];
        if (fold >= job->n_run) continue; /* its fold was not trained */
        GM_TRY(gm_predictor_run_view(v->predictor, fold, &job->holes[i].view, &v->points[i], err));
        v->have[i] = true;
        if (i % 64 == 0) gm_job_report(job, "validating", (long)i, (long)job->n_holes, NULL);
        if (atomic_load(&job->stop)) return gm_fail(err, GM_E_CANCELLED, "stopped while validating");
    }
    return GM_OK;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* |error| / uncertainty of one hole at one point (or hole depth); NAN where there is none. */
static double ratio_of(const gm_points *points, const gm_label *label, int index) {
    if (index < GM_N_POINTS) return fabs(points->mm[index] - label->points[index].mm) / points->uncertainty[index];
    double u = hypot(points->uncertainty[GM_ENTRY], points->uncertainty[GM_EXIT]);
    return fabs(points->mm[GM_EXIT] - points->mm[GM_ENTRY] - gm_label_hole_depth(label)) / u;
}

/* Split-conformal (Vovk et al.; Lei et al. 2018): the ceil((n + 1) coverage)-th smallest ratio. With too few holes for
 * the coverage asked, the largest. */
static gm_status calibrate(validation *v, gm_error *err) {
    gm_training_job *job = v->job;
    gm_auto_free double *ratios = gm_alloc_array(job->n_holes + 1, sizeof *ratios);
    if (!ratios) return gm_nomem(err);
    v->calibration = (gm_calibration){.known = true, .interval = job->config->data.interval};
    for (int p = 0; p < GM_N_EVAL; p++) {
        size_t n = 0;
        for (size_t i = 0; i < job->n_holes; i++) {
            if (!v->have[i] || job->folds.fold[i] < 0) continue;
            double ratio = ratio_of(&v->points[i], &job->holes[i].label, p);
            if (isfinite(ratio)) ratios[n++] = ratio;
        }
        qsort(ratios, n, sizeof *ratios, by_value);
        size_t rank = (size_t)ceil((double)(n + 1) * v->calibration.interval);
        v->calibration.holes[p] = n;
        v->calibration.factor[p] = n ? ratios[GM_MIN(rank, n) - 1] : 2;
    }
    return GM_OK;
}

static size_t fill_items(validation *v, bool held_out) {
    gm_training_job *job = v->job;
    size_t n = 0;
    for (size_t i = 0; i < job->n_holes; i++) {
        if (!v->have[i] || (job->folds.fold[i] < 0) != held_out) continue;
        const gm_prepared_hole *hole = &job->holes[i];
        gm_evaluation_item *item = &v->items[n++];
        *item = (gm_evaluation_item){.file = hole->key.file,
                                     .family = hole->key.family,
                                     .program = hole->key.program,
                                     .tool_age = hole->key.tool_age,
                                     .reference = hole->label,
                                     .fold = job->folds.fold[i] + 1};
        gm_prediction_fill(&v->points[i], &v->calibration, &item->prediction);
    }
    return n;
}

static void write_predictions(validation *v, size_t n, gm_text *out) {
    for (size_t i = 0; i < n; i++) gm_out_of_fold_append(&v->items[i], out);
}

static gm_status write_text(const gm_training_job *job, const char *name, gm_text *text, gm_error *err) {
    gm_auto_free char *path = gm_path_join(job->run_dir, name);
    if (!path || !gm_text_ok(text)) return gm_nomem(err);
    return gm_write_file(path, text->data, text->length, err);
}

static gm_status write_results(validation *v, gm_error *err) {
    gm_training_job *job = v->job;
    gm_auto_text metrics = GM_TEXT_INIT;
    gm_auto_text rows = GM_TEXT_INIT;
    size_t n = fill_items(v, false);
    GM_TRY(gm_metrics_compute(v->items, n, &job->out_of_fold, err));
    const gm_fold_overlap *overlap = &job->overlap;
    gm_text_printf(&metrics,
                   "{\"folds\": %d, \"folds_trained\": %d, \"groups\": %zu, \"grouping\": \"%s\",\n"
                   " \"on_both_sides\": {\"holes\": %zu, \"trace\": %zu, \"tool_life\": %zu, \"session\": %zu},\n"
                   " \"out_of_fold\": ",
                   job->folds.n_folds, job->n_run, job->folds.n_groups,
                   gm_grouping_name(job->config->training.grouping), overlap->holes, overlap->trace, overlap->tool_life,
                   overlap->session);
    GM_TRY(gm_evaluation_json(v->items, n, &metrics, err));
    gm_out_of_fold_header(&rows);
    write_predictions(v, n, &rows);
    n = fill_items(v, true);
    gm_text_append(&metrics, ",\n \"held_out\": ");
    if (n)
        GM_TRY(gm_evaluation_json(v->items, n, &metrics, err));
    else
        gm_text_append(&metrics, "null");
    gm_text_append(&metrics, "}\n");
    write_predictions(v, n, &rows);
    GM_TRY(write_text(job, "out_of_fold.csv", &rows, err));
    return write_text(job, "metrics.json", &metrics, err);
}

/* Which hole was validated where, so that an evaluation never asks a model about holes that it was trained on. */
static gm_status write_folds(const gm_training_job *job, gm_error *err) {
    gm_auto_text out = GM_TEXT_INIT;
    gm_text_printf(&out, "{\"folds\": %d, \"holes\": [", job->folds.n_folds);
    for (size_t i = 0; i < job->n_holes; i++) {
        const gm_fold_key *key = &job->holes[i].key;
        gm_text_append(&out, i ? ",\n {\"file\": " : "\n {\"file\": ");
        gm_text_json_string(&out, key->file);
        gm_text_printf(&out, ", \"fold\": %d, \"group\": %zu, \"trace\": \"%s\", \"program\": \"%s\", \"tool\": ",
                       job->folds.fold[i] + 1, job->folds.group[i], key->trace, key->program);
        gm_text_json_string(&out, key->tool);
        gm_text_append(&out, ", \"family\": ");
        gm_text_json_string(&out, key->family);
        gm_text_printf(&out, ", \"tool_age\": \"%s\"}", key->tool_age);
    }
    gm_text_append(&out, "\n]}\n");
    return write_text(job, "folds.json", &out, err);
}

/* The calibration is known only now: write it into every fold. */
static gm_status write_calibration(const validation *v, gm_error *err) {
    gm_training_job *job = v->job;
    for (int f = 0; f < job->n_run; f++) {
        gm_auto_free char *dir = gm_fold_dir(job->run_dir, f);
        if (!dir) return gm_nomem(err);
        gm_pipeline pipeline;
        gm_provenance provenance;
        GM_TRY(gm_pipeline_load(dir, &pipeline, &provenance, err));
        pipeline.calibration = v->calibration;
        gm_status status = gm_pipeline_save(dir, &pipeline, &provenance, err);
        gm_provenance_finish(&provenance);
        GM_TRY(status);
    }
    return GM_OK;
}

static gm_status run(validation *v, gm_error *err) {
    gm_training_job *job = v->job;
    v->points = gm_calloc(job->n_holes, sizeof *v->points);
    v->have = gm_calloc(job->n_holes, sizeof *v->have);
    v->items = gm_calloc(job->n_holes, sizeof *v->items);
    if (!v->points || !v->have || !v->items) return gm_nomem(err);
    GM_TRY(write_folds(job, err));
    GM_TRY(gm_predictor_open(job->run_dir, job->n_threads, &v->predictor, err));
    GM_TRY(predict_all(v, err));
    GM_TRY(calibrate(v, err));
    GM_TRY(write_calibration(v, err));
    return write_results(v, err);
}

gm_status gm_job_validate_folds(gm_training_job *job, gm_error *err) {
    validation v = {.job = job};
    gm_status status = run(&v, err);
    gm_predictor_free(v.predictor);
    gm_free(v.points);
    gm_free(v.have);
    gm_free(v.items);
    return status;
}
