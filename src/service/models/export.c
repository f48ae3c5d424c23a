/* Exports: a run, a fold, or anybody's PatchTSMixer directory as ONNX or as Hugging Face directories, and the proof. */
#include "export.h"
#include "models/onnx/onnx.h"
#include "service/service.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    gm_model **models;
    size_t count;
} model_list;

static void model_list_finish(model_list *list) {
    for (size_t i = 0; i < list->count; i++) gm_model_free(list->models[i]);
    gm_free(list->models);
}
#define auto_models __attribute__((cleanup(model_list_finish))) model_list

static gm_status add_model(model_list *list, const char *dir, gm_error *err) {
    gm_model **grown = gm_realloc_array(list->models, list->count + 1, sizeof *grown);
    if (!grown) return gm_nomem(err);
    list->models = grown;
    gm_status status = gm_model_load(dir, &list->models[list->count], err);
    if (status != GM_OK) return gm_error_prefix(err, status, "%s", dir);
    list->count++;
    return GM_OK;
}

/* The folds of a run in order, or the one model of a directory. */
static gm_status load_models(const char *dir, model_list *list, gm_error *err) {
    gm_auto_free char *config = gm_path_join(dir, "config.json");
    if (!config) return gm_nomem(err);
    if (gm_file_exists(config)) return add_model(list, dir, err);
    for (int fold = 1; fold < 1000; fold++) {
        char name[16];
        snprintf(name, sizeof name, "fold_%02d", fold);
        gm_auto_free char *path = gm_path_join(dir, name), *inside = path ? gm_path_join(path, "config.json") : NULL;
        if (!inside) return gm_nomem(err);
        if (!gm_file_exists(inside)) break;
        GM_TRY(add_model(list, path, err));
    }
    if (list->count) return GM_OK;
    return gm_fail_at(err, GM_E_NOTFOUND, 0, 0,
                      "give the folder of a run (with fold_01 in it), of one fold, or one with config.json",
                      "%s holds no model", dir);
}

static gm_status write_onnx(const char *model_dir, const char *path, size_t *n_models, gm_error *err) {
    auto_models list = {0};
    GM_TRY(load_models(model_dir, &list, err));
    *n_models = list.count;
    const char *const metadata[] = {"gimlet_version", GM_VERSION};
    return gm_onnx_write((const gm_model *const *)list.models, list.count, metadata, 1, path, err);
}

/* --- the proof: every hole through both runtimes --- */

typedef struct {
    gm_predictor *predictor;
    gm_onnx_judge *judge;
    service_proof *result;
} prover;

static void compare_points(const gm_label *ours, const gm_label *theirs, service_proof *result) {
    for (int p = 0; p < GM_N_POINTS; p++) {
        double a = ours->points[p].mm, b = theirs->points[p].mm;
        if (isnan(a) != isnan(b))
            result->n_differ++;
        else if (!isnan(a))
            result->worst_mm = fmax(result->worst_mm, fabs(a - b));
    }
}

static gm_status prove_one(prover *p, const gm_record *record, gm_error *err) {
    gm_auto_free float *inputs = NULL;
    int n_windows;
    GM_TRY(gm_predictor_inputs(p->predictor, record, &inputs, &n_windows, err));
    const gm_patchtsmixer_config *c = gm_predictor_model(p->predictor);
    int channels = c->n_prediction_channels >= 0 ? c->n_prediction_channels : c->num_input_channels;
    size_t n_out = (size_t)n_windows * (size_t)c->prediction_length * (size_t)channels;
    gm_auto_free float *theirs = gm_alloc_array(n_out, sizeof *theirs);
    gm_auto_free float *ours = gm_alloc_array(n_out, sizeof *ours);
    if (!theirs || !ours) return gm_nomem(err);
    const gm_onnx_value in = {"past_values", 3, {n_windows, c->context_length, c->num_input_channels}, inputs};
    const gm_onnx_value out = {"prediction_outputs", 3, {n_windows, c->prediction_length, channels}, theirs};
    GM_TRY(gm_onnx_judge_run(p->judge, &in, 1, &out, err));
    GM_TRY(gm_predictor_outputs(p->predictor, -1, inputs, n_windows, ours, err));
    gm_onnx_compare(ours, theirs, n_out, &p->result->outputs);
    gm_label mine, others;
    GM_TRY(gm_predictor_read_out(p->predictor, record, ours, n_windows, &mine, err));
    GM_TRY(gm_predictor_read_out(p->predictor, record, theirs, n_windows, &others, err));
    compare_points(&mine, &others, p->result);
    p->result->n_holes++;
    return GM_OK;
}

static void decide(service_proof *proof) {
    /* float32 through a hundred layers: summation order differs between runtimes, not more */
    proof->passed = proof->outputs.n_values > 0 && proof->outputs.max_rel <= 1e-4 && proof->worst_mm <= 0.01 &&
                    proof->n_differ == 0;
}

gm_status service_prove(const char *model_dir, const char *onnx_path, const service_dataset *dataset, size_t max_holes,
                        const gm_observer *observer, service_proof *out, gm_error *err) {
    *out = (service_proof){0};
    gm_auto(gm_onnx_judge) judge = NULL;
    gm_auto(gm_predictor) predictor = NULL;
    GM_TRY(gm_onnx_judge_open(onnx_path, NULL, &judge, err));
    GM_TRY(gm_predictor_open(model_dir, 0, &predictor, err));
    prover p = {predictor, judge, out};
    size_t n = dataset->data.count, step = max_holes && n > max_holes ? n / max_holes : 1;
    for (size_t i = 0; i < n; i += step) {
        gm_auto(gm_record) record = NULL;
        GM_TRY(dataset->data.load(dataset->data.ctx, i, &record, err));
        GM_TRY(prove_one(&p, record, err));
        if (!gm_report(observer, "proving", (long)i + 1, (long)n, NULL)) return gm_fail(err, GM_E_CANCELLED, "stopped");
    }
    decide(out);
    return GM_OK;
}

/* Without records: random numbers through the model as it stands. */
enum { RANDOM_SAMPLES = 8 };

/* Masks get zeros and ones, all else normal numbers. */
static gm_status random_inputs(const gm_graph *graph, gm_arena *arena, gm_onnx_value *inputs, gm_error *err) {
    gm_random random;
    gm_random_init(&random, 1, 1);
    for (int i = 0; i < gm_input_count(graph); i++) {
        gm_value_info info = gm_value_describe(graph, gm_input_at(graph, i));
        float *data = gm_arena_alloc(arena, RANDOM_SAMPLES * info.size * sizeof *data);
        if (!data) return gm_nomem(err);
        bool mask = gm_ends_with(info.name, "mask");
        for (size_t k = 0; k < RANDOM_SAMPLES * info.size; k++)
            data[k] = mask ? (float)(gm_random_u32(&random) & 1) : (float)gm_random_normal(&random);
        inputs[i] = gm_onnx_value_of(info.name, info, RANDOM_SAMPLES, data);
    }
    return GM_OK;
}

gm_status service_prove_random(const char *model_dir, const char *onnx_path, service_proof *out, gm_error *err) {
    auto_models list = {0};
    GM_TRY(load_models(model_dir, &list, err));
    gm_auto(gm_onnx_judge) judge = NULL;
    GM_TRY(gm_onnx_judge_open(onnx_path, NULL, &judge, err));
    gm_auto(gm_arena) arena = gm_arena_new();
    gm_auto(gm_graph) graph = NULL;
    gm_auto(gm_plan) plan = NULL;
    gm_auto(gm_workspace) workspace = NULL;
    if (!arena) return gm_nomem(err);
    GM_TRY(gm_model_graph(&list.models[0]->config, (gm_patchtsmixer_use){0}, &graph, err));
    GM_TRY(gm_plan_new(graph, (gm_plan_options){0}, &plan, err));
    GM_TRY(gm_workspace_new(plan, 1, &workspace, err));
    gm_onnx_value inputs[GM_ONNX_MAX_TENSORS];
    const float *data[GM_ONNX_MAX_TENSORS];
    GM_TRY(random_inputs(graph, arena, inputs, err));
    for (int i = 0; i < gm_input_count(graph); i++) data[i] = inputs[i].data;
    gm_value_info shape = gm_value_describe(graph, gm_output_at(graph, 0));
    size_t n = RANDOM_SAMPLES * shape.size;
    float *ours = gm_arena_alloc(arena, n * sizeof *ours), *sum = gm_arena_alloc(arena, n * sizeof *sum);
    float *theirs = gm_arena_alloc(arena, n * sizeof *theirs);
    if (!ours || !sum || !theirs) return gm_nomem(err);
    for (size_t k = 0; k < list.count; k++) { /* an ensemble has the mean of its members' outputs */
        float *outputs[GM_ONNX_MAX_TENSORS] = {ours};
        GM_TRY(gm_plan_run(plan, workspace, NULL, list.models[k]->params, data, RANDOM_SAMPLES, outputs, err));
        for (size_t i = 0; i < n; i++) sum[i] += ours[i] / (float)list.count;
    }
    gm_onnx_value output = gm_onnx_value_of(gm_output_name(graph, 0), shape, RANDOM_SAMPLES, theirs);
    GM_TRY(gm_onnx_judge_run(judge, inputs, gm_input_count(graph), &output, err));
    gm_onnx_compare(sum, theirs, n, &out->outputs);
    decide(out);
    return GM_OK;
}

/* --- the use cases --- */

gm_status service_export_onnx(const char *model_dir, const char *path, const service_dataset *dataset, size_t max_holes,
                              char *message, size_t message_size, gm_error *err) {
    size_t n_models = 0;
    GM_TRY(write_onnx(model_dir, path, &n_models, err));
    service_proof proof;
    gm_error unproven = {0};
    gm_status status = service_prove(model_dir, path, dataset, max_holes, NULL, &proof, &unproven);
    if (status == GM_E_NOMEM) return gm_nomem(err);
    if (status != GM_OK)
        snprintf(message, message_size, "%s written, but not proven: %.200s", gm_path_base(path), unproven.message);
    else
        snprintf(message, message_size,
                 "%s (%zu folds): ONNX Runtime %s on %zu holes: largest difference %.1e of the output, %.4f mm",
                 gm_path_base(path), n_models, proof.passed ? "agrees" : "DISAGREES", proof.n_holes,
                 proof.outputs.max_rel, proof.worst_mm);
    return GM_OK;
}

/* The data directory that a run was trained on, where it still lies there; else NULL. */
static char *data_of_run(const char *model_dir) {
    __attribute__((cleanup(gm_run_info_finish))) gm_run_info info = {0};
    if (gm_run_read(model_dir, &info, NULL) != GM_OK || !info.data_dir) return NULL;
    gm_auto_free char *database = gm_path_join(info.data_dir, "gimlet.db");
    return database && gm_file_exists(database) ? gm_steal(&info.data_dir) : NULL;
}

static gm_status prove_export(const gm_export_request *request, gm_export_summary *out, gm_error *err) {
    gm_auto_free char *data_dir = request->prove ? gm_strdup(request->prove) : data_of_run(request->model_dir);
    if (!data_dir) return service_prove_random(request->model_dir, out->path, &out->proof, err);
    auto_dataset dataset = {0};
    GM_TRY(service_dataset_open(data_dir, DATASET_ALL, &dataset, err));
    return service_prove(request->model_dir, out->path, &dataset, 0, request->observer, &out->proof, err);
}

static gm_status export_onnx(const gm_export_request *request, gm_export_summary *out, gm_error *err) {
    out->path = request->output ? gm_strdup(request->output) : gm_path_join(request->model_dir, "model.onnx");
    if (!out->path) return gm_nomem(err);
    if (gm_is_directory(out->path)) {
        gm_auto_free char *folder = out->path;
        if (!(out->path = gm_path_join(folder, "model.onnx"))) return gm_nomem(err);
    }
    GM_TRY(write_onnx(request->model_dir, out->path, &out->n_models, err));
    gm_error unproven = {0};
    gm_status status = prove_export(request, out, &unproven);
    if (status == GM_E_UNAVAILABLE) { /* the file is good; this machine cannot prove it */
        snprintf(out->message, sizeof out->message, "%.280s", unproven.message);
        return GM_OK;
    }
    if (status != GM_OK) {
        if (err) *err = unproven;
        return status;
    }
    out->proven = true;
    return GM_OK;
}

static gm_status save_fold(const gm_model *model, const char *folder, size_t index, size_t count, gm_error *err) {
    char name[32];
    snprintf(name, sizeof name, "fold_%02zu", index + 1);
    gm_auto_free char *path = count == 1 ? gm_strdup(folder) : gm_path_join(folder, name);
    return path ? gm_model_save(model, path, err) : gm_nomem(err);
}

/* The models as they are; beside them, where the head has three layers, folded into one for the plain class. */
static gm_status export_hugging_face(const gm_export_request *request, gm_export_summary *out, gm_error *err) {
    out->path = request->output ? gm_strdup(request->output) : gm_path_join(request->model_dir, "hf");
    if (!out->path) return gm_nomem(err);
    auto_models list = {0};
    GM_TRY(load_models(request->model_dir, &list, err));
    out->n_models = list.count;
    gm_auto_free char *folded = gm_path_join(out->path, "folded");
    if (!folded) return gm_nomem(err);
    for (size_t i = 0; i < list.count; i++) {
        GM_TRY(gm_make_dirs(out->path, err));
        GM_TRY(save_fold(list.models[i], out->path, i, list.count, err));
        if (list.models[i]->config.head_kind != GM_PTSM_HEAD_LINEAR3) continue;
        gm_auto(gm_model) plain = NULL;
        GM_TRY(gm_model_fold_head(list.models[i], &plain, err));
        GM_TRY(gm_make_dirs(folded, err));
        GM_TRY(save_fold(plain, folded, i, list.count, err));
    }
    return GM_OK;
}

gm_status gm_export(const gm_export_request *request, gm_export_summary *out, gm_error *err) {
    *out = (gm_export_summary){0};
    return request->hugging_face ? export_hugging_face(request, out, err) : export_onnx(request, out, err);
}

void gm_export_summary_finish(gm_export_summary *summary) {
    gm_free(summary->path);
    summary->path = NULL;
}
