/* A run's models, ready to predict. The ensemble's heat map is the mean of the folds' outputs (as in the exported
 * file); the spread of the folds' own points goes into the uncertainty. */
#include "base/json.h"
#include "loop_internal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FOLDS = 1000 };

struct gm_predictor {
    int n_folds;
    gm_model **models;
    gm_network network;
    gm_pipeline pipeline;
    gm_threads *threads;
    gm_workspace **rooms; /* [threads] */
    int n_rooms;
    float *outputs; /* [folds, GM_MAX_WINDOWS, length, width] */
    float *mean;    /* [GM_MAX_WINDOWS, length, width] */
    float *inputs;  /* [GM_MAX_WINDOWS, length, channels] */
    char (*traces)[GM_SHA256_HEX];
    int *trace_fold;
    size_t n_traces;
};

void gm_predictor_free(gm_predictor *p) {
    if (!p) return;
    for (int i = 0; i < p->n_rooms; i++) gm_workspace_free(p->rooms[i]);
    for (int i = 0; p->models && i < p->n_folds; i++) gm_model_free(p->models[i]);
    gm_free(p->rooms);
    gm_free(p->models);
    gm_network_finish(&p->network);
    gm_threads_free(p->threads);
    gm_free(p->outputs);
    gm_free(p->mean);
    gm_free(p->inputs);
    gm_free(p->traces);
    gm_free(p->trace_fold);
    gm_free(p);
}

int gm_predictor_folds(const gm_predictor *predictor) {
    return predictor->n_folds;
}

const gm_patchtsmixer_config *gm_predictor_model(const gm_predictor *predictor) {
    return &predictor->network.config;
}

const gm_model *const *gm_predictor_models(const gm_predictor *predictor) {
    return (const gm_model *const *)predictor->models;
}

/* ---- opening ---- */

static bool has(const char *dir, const char *name) {
    char path[4096];
    return snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path && gm_file_exists(path);
}

/* Folds of a run that are complete: fold_01, fold_02, ...; -1 without memory. */
static int count_folds(const char *dir) {
    int n = 0;
    for (; n < MAX_FOLDS; n++) {
        gm_auto_free char *fold = gm_fold_dir(dir, n);
        if (!fold) return -1;
        if (!has(fold, "gimlet.json") || !has(fold, "model.safetensors")) break;
    }
    return n;
}

static gm_status load_models(gm_predictor *p, const char *dir, bool single, gm_error *err) {
    p->models = gm_calloc((size_t)p->n_folds, sizeof *p->models);
    if (!p->models) return gm_nomem(err);
    for (int i = 0; i < p->n_folds; i++) {
        gm_auto_free char *fold = single ? gm_strdup(dir) : gm_fold_dir(dir, i);
        if (!fold) return gm_nomem(err);
        GM_TRY(gm_model_load(fold, &p->models[i], err));
        if (i == 0) GM_TRY(gm_pipeline_load(fold, &p->pipeline, NULL, err));
        if (i && p->models[i]->n_params != p->models[0]->n_params)
            return gm_fail(err, GM_E_FORMAT, "%s: another shape than the other folds of the run", fold);
    }
    return GM_OK;
}

static gm_status make_rooms(gm_predictor *p, int threads, gm_error *err) {
    GM_TRY(gm_threads_new(threads, &p->threads, err));
    int n = gm_threads_count(p->threads);
    p->rooms = gm_calloc((size_t)n, sizeof(gm_workspace *));
    if (!p->rooms) return gm_nomem(err);
    for (; p->n_rooms < n; p->n_rooms++) GM_TRY(gm_workspace_new(p->network.run, 1, &p->rooms[p->n_rooms], err));
    size_t out = (size_t)GM_MAX_WINDOWS * (size_t)p->network.length * (size_t)p->network.outputs;
    size_t in = (size_t)GM_MAX_WINDOWS * (size_t)p->network.length * (size_t)p->network.channels;
    p->outputs = gm_alloc_aligned((size_t)p->n_folds * out * sizeof(float));
    p->mean = gm_alloc_aligned(out * sizeof(float));
    p->inputs = gm_alloc_aligned(in * sizeof(float));
    return p->outputs && p->mean && p->inputs ? GM_OK : gm_nomem(err);
}

/* RUN/folds.json: which trace was validated in which fold. Absent beside a single fold. */
static gm_status load_traces(gm_predictor *p, const char *dir, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "folds.json");
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path)) return GM_OK;
    json_t *root;
    GM_TRY(gm_json_read(path, &root, err));
    json_t *holes = json_object_get(root, "holes");
    size_t n = json_array_size(holes);
    p->traces = gm_calloc(n + 1, sizeof *p->traces);
    p->trace_fold = gm_calloc(n + 1, sizeof *p->trace_fold);
    gm_status status = p->traces && p->trace_fold ? GM_OK : gm_nomem(err);
    for (size_t i = 0; status == GM_OK && i < n; i++) {
        json_t *hole = json_array_get(holes, i);
        const char *trace = json_string_value(json_object_get(hole, "trace"));
        snprintf(p->traces[i], sizeof p->traces[i], "%s", trace ? trace : "");
        p->trace_fold[i] = (int)json_integer_value(json_object_get(hole, "fold"));
    }
    p->n_traces = status == GM_OK ? n : 0;
    json_decref(root);
    return status;
}

static gm_status open_dir(gm_predictor *p, const char *dir, int threads, gm_error *err) {
    bool single = has(dir, "gimlet.json") && has(dir, "model.safetensors");
    if (!gm_is_directory(dir)) return gm_fail(err, GM_E_NOTFOUND, "%s: no such directory", dir);
    p->n_folds = single ? 1 : count_folds(dir);
    if (p->n_folds < 0) return p->n_folds = 0, gm_nomem(err);
    if (!p->n_folds && has(dir, "config.json"))
        return gm_fail_at(err, GM_E_FORMAT, 0, 0,
                          "export takes such a directory; predict needs one that gimlet trained",
                          "%s: a model without gimlet.json: its channels and its read-out are not known", dir);
    if (!p->n_folds)
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "name a run (MODELS/RUN) or one of its folds",
                          "%s: no trained fold in it", dir);
    GM_TRY(load_models(p, dir, single, err));
    GM_TRY(gm_network_make(&p->models[0]->config, NULL, &p->network, err));
    if (p->network.channels != p->pipeline.set->n_channels)
        return gm_fail(err, GM_E_FORMAT, "%s: the model has %d channels, its gimlet.json %d", dir, p->network.channels,
                       p->pipeline.set->n_channels);
    GM_TRY(make_rooms(p, threads, err));
    return load_traces(p, dir, err);
}

gm_status gm_predictor_open(const char *model_dir, int threads, gm_predictor **out, gm_error *err) {
    gm_auto(gm_predictor) p = gm_calloc(1, sizeof *p);
    if (!p) return gm_nomem(err);
    GM_TRY(open_dir(p, model_dir, threads, err));
    *out = gm_steal(&p);
    return GM_OK;
}

int gm_predictor_fold_of(const gm_predictor *predictor, const gm_record *record) {
    char trace[GM_SHA256_HEX];
    gm_record_trace_hash(record, trace);
    for (size_t i = 0; i < predictor->n_traces; i++)
        if (strcmp(predictor->traces[i], trace) == 0)
            return predictor->trace_fold[i] > 0 && predictor->trace_fold[i] <= predictor->n_folds
                       ? predictor->trace_fold[i] - 1
                       : -1;
    return -1;
}

/* ---- predicting ---- */

static size_t block(const gm_predictor *p) {
    return (size_t)GM_MAX_WINDOWS * (size_t)p->network.length * (size_t)p->network.outputs;
}

static int fill_inputs(gm_predictor *p, const gm_hole_view *hole, gm_window windows[GM_MAX_WINDOWS]) {
    const gm_network *net = &p->network;
    int n = gm_windows_plan(p->pipeline.set, &hole->series, net->length, p->pipeline.many_windows, windows);
    for (int w = 0; w < n; w++)
        gm_window_fill(p->pipeline.set, &hole->series, &p->pipeline.normaliser, &windows[w], net->length, NULL, NULL,
                       p->inputs + (size_t)w * (size_t)net->length * (size_t)net->channels);
    return n;
}

typedef struct {
    gm_predictor *p;
    int first, n_windows;
    gm_status *status;
    gm_error *errors;
} fold_run;

static void run_fold(void *ctx, size_t index, int worker) {
    fold_run *r = ctx;
    gm_predictor *p = r->p;
    const float *inputs[] = {p->inputs};
    float *outputs[8] = {0};
    outputs[p->network.prediction_output] = p->outputs + index * block(p);
    r->status[index] = gm_plan_run(p->network.run, p->rooms[worker], NULL, p->models[(size_t)r->first + index]->params,
                                   inputs, r->n_windows, outputs, &r->errors[index]);
}

/* Outputs of folds first .. first + count - 1 into p->outputs, their mean into p->mean. */
static gm_status run_folds(gm_predictor *p, int first, int count, int n_windows, gm_error *err) {
    gm_auto_free gm_status *status = gm_calloc((size_t)count, sizeof *status);
    gm_auto_free gm_error *errors = gm_calloc((size_t)count, sizeof *errors);
    if (!status || !errors) return gm_nomem(err);
    fold_run r = {p, first, n_windows, status, errors};
    gm_threads_run(count > 1 ? p->threads : NULL, (size_t)count, run_fold, &r);
    for (int i = 0; i < count; i++)
        if (status[i] != GM_OK) {
            if (err) *err = errors[i];
            return status[i];
        }
    size_t n = (size_t)n_windows * (size_t)p->network.length * (size_t)p->network.outputs;
    for (size_t k = 0; k < n; k++) {
        float sum = 0;
        for (int i = 0; i < count; i++) sum += p->outputs[(size_t)i * block(p) + k];
        p->mean[k] = sum / (float)count;
    }
    return GM_OK;
}

static gm_status read_out(const gm_predictor *p, const gm_hole_view *hole, const gm_window *windows, int n,
                          const float *outputs, gm_points *out, gm_error *err) {
    return gm_read_out(&p->pipeline, hole, windows, n, p->network.length, outputs, p->network.outputs, out, err);
}

/* Add the spread of the folds' own points around the ensemble's. */
static gm_status add_spread(const gm_predictor *p, const gm_hole_view *hole, const gm_window *windows, int n, int count,
                            gm_points *points, gm_error *err) {
    double squares[GM_N_POINTS] = {0};
    int present[GM_N_POINTS] = {0};
    for (int i = 0; i < count; i++) {
        gm_points own;
        GM_TRY(read_out(p, hole, windows, n, p->outputs + (size_t)i * block(p), &own, err));
        for (int k = 0; k < GM_N_POINTS; k++) {
            if (!isfinite(own.mm[k]) || !isfinite(points->mm[k])) continue;
            squares[k] += (own.mm[k] - points->mm[k]) * (own.mm[k] - points->mm[k]);
            present[k]++;
        }
    }
    for (int k = 0; k < GM_N_POINTS; k++)
        if (present[k]) points->uncertainty[k] = hypot(points->uncertainty[k], sqrt(squares[k] / present[k]));
    return GM_OK;
}

static gm_status predict_view(gm_predictor *p, int first, int count, const gm_hole_view *hole, gm_prediction *out,
                              gm_error *err) {
    gm_window windows[GM_MAX_WINDOWS];
    int n = fill_inputs(p, hole, windows);
    gm_points points;
    GM_TRY(run_folds(p, first, count, n, err));
    GM_TRY(read_out(p, hole, windows, n, p->mean, &points, err));
    if (count > 1) GM_TRY(add_spread(p, hole, windows, n, count, &points, err));
    gm_prediction_fill(&points, &p->pipeline.calibration, out);
    return GM_OK;
}

static gm_status predict(gm_predictor *p, int first, int count, const gm_record *record, gm_prediction *out,
                         gm_error *err) {
    gm_hole_view hole;
    GM_TRY(gm_hole_view_make(p->pipeline.set, &p->pipeline.features, record, &hole, err));
    gm_status status = predict_view(p, first, count, &hole, out, err);
    gm_series_finish(&hole.series);
    return status;
}

gm_status gm_predictor_run(gm_predictor *predictor, const gm_record *record, gm_prediction *out, gm_error *err) {
    return predict(predictor, 0, predictor->n_folds, record, out, err);
}

gm_status gm_predictor_run_fold(gm_predictor *predictor, int fold, const gm_record *record, gm_prediction *out,
                                gm_error *err) {
    if (fold < 0 || fold >= predictor->n_folds)
        return gm_fail(err, GM_E_ARG, "fold %d of %d", fold + 1, predictor->n_folds);
    return predict(predictor, fold, 1, record, out, err);
}

/* ---- for the proof of an export ---- */

gm_status gm_predictor_inputs(gm_predictor *p, const gm_record *record, float **inputs, int *n_windows, gm_error *err) {
    gm_hole_view hole;
    gm_window windows[GM_MAX_WINDOWS];
    GM_TRY(gm_hole_view_make(p->pipeline.set, &p->pipeline.features, record, &hole, err));
    int n = fill_inputs(p, &hole, windows);
    gm_series_finish(&hole.series);
    size_t size = (size_t)n * (size_t)p->network.length * (size_t)p->network.channels * sizeof(float);
    float *copy = gm_alloc_aligned(size);
    if (!copy) return gm_nomem(err);
    memcpy(copy, p->inputs, size);
    *inputs = copy;
    *n_windows = n;
    return GM_OK;
}

gm_status gm_predictor_outputs(gm_predictor *p, int fold, const float *inputs, int n_windows, float *outputs,
                               gm_error *err) {
    const gm_network *net = &p->network;
    if (fold >= p->n_folds || n_windows < 1 || n_windows > GM_MAX_WINDOWS)
        return gm_fail(err, GM_E_ARG, "fold %d of %d, %d windows", fold + 1, p->n_folds, n_windows);
    memcpy(p->inputs, inputs, (size_t)n_windows * (size_t)net->length * (size_t)net->channels * sizeof(float));
    GM_TRY(run_folds(p, fold < 0 ? 0 : fold, fold < 0 ? p->n_folds : 1, n_windows, err));
    memcpy(outputs, p->mean, (size_t)n_windows * (size_t)net->length * (size_t)net->outputs * sizeof(float));
    return GM_OK;
}

gm_status gm_predictor_read_out(gm_predictor *p, const gm_record *record, const float *outputs, int n_windows,
                                gm_label *out, gm_error *err) {
    gm_hole_view hole;
    gm_window windows[GM_MAX_WINDOWS];
    GM_TRY(gm_hole_view_make(p->pipeline.set, &p->pipeline.features, record, &hole, err));
    int n = gm_windows_plan(p->pipeline.set, &hole.series, p->network.length, p->pipeline.many_windows, windows);
    gm_points points;
    gm_status status = n == n_windows ? read_out(p, &hole, windows, n, outputs, &points, err)
                                      : gm_fail(err, GM_E_ARG, "%d windows instead of %d", n_windows, n);
    gm_series_finish(&hole.series);
    if (status != GM_OK) return status;
    gm_prediction prediction;
    gm_prediction_fill(&points, &p->pipeline.calibration, &prediction);
    *out = prediction.label;
    return GM_OK;
}

gm_status gm_predictor_run_view(gm_predictor *p, int fold, const gm_hole_view *hole, gm_points *out, gm_error *err) {
    gm_window windows[GM_MAX_WINDOWS];
    int n = fill_inputs(p, hole, windows);
    GM_TRY(run_folds(p, fold < 0 ? 0 : fold, fold < 0 ? p->n_folds : 1, n, err));
    GM_TRY(read_out(p, hole, windows, n, p->mean, out, err));
    return fold < 0 ? add_spread(p, hole, windows, n, p->n_folds, out, err) : GM_OK;
}
