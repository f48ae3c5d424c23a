/* Evidence for the gate: everything that can be measured is measured anew, from the files of the version. */
#include "registry_internal.h"

#include "base/json.h"
#include "service/models/export.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PROOF_HOLES = 24, REPEATED_HOLES = 12, LATENCY_RUNS = 5 };

void version_evidence_finish(version_evidence *evidence) {
    version_holes_finish(&evidence->holes);
    gm_arena_free(evidence->arena);
    *evidence = (version_evidence){0};
}

typedef struct {
    gm_registry *registry;
    const evidence_request *request;
    version_evidence *out;
    const char *dir;
    gm_predictor *predictor; /* NULL = it could not be opened */
    service_dataset dataset; /* count 0 = the records are not at hand */
} collector;

/* ---- figures ---- */

static gm_status add_group(collector *c, const char *kind, const char *name, gm_evaluation_item *some, size_t n,
                           gm_error *err) {
    gm_gate_evidence *e = &c->out->facts;
    gm_gate_group *groups = gm_arena_alloc(c->out->arena, (e->n_groups + 1) * sizeof *groups);
    if (!groups) return gm_nomem(err);
    if (e->n_groups) memcpy(groups, e->groups, e->n_groups * sizeof *groups);
    groups[e->n_groups] = (gm_gate_group){.kind = kind, .name = name};
    GM_TRY(gm_metrics_compute(some, n, &groups[e->n_groups].metrics, err));
    e->groups = groups;
    e->n_groups++;
    return GM_OK;
}

static const char *group_name(const gm_evaluation_item *item, int kind) {
    const char *name = kind == 0 ? item->family : kind == 1 ? item->program : item->tool_age;
    return name ? name : "";
}

/* Each group once, at its first hole. */
static gm_status collect_groups(collector *c, gm_error *err) {
    static const char *const kinds[] = {"family", "program", "tool_age"};
    const version_holes *holes = &c->out->holes;
    gm_auto_free gm_evaluation_item *some = gm_alloc_array(holes->count + 1, sizeof *some);
    gm_auto_free bool *taken = gm_calloc(holes->count + 1, sizeof *taken);
    if (!some || !taken) return gm_nomem(err);
    for (int kind = 0; kind < (int)GM_COUNT(kinds); kind++) {
        memset(taken, 0, holes->count * sizeof *taken);
        for (size_t i = 0; i < holes->count; i++) {
            const char *name = group_name(&holes->items[i], kind);
            size_t n = 0;
            if (taken[i] || !*name) continue;
            for (size_t k = i; k < holes->count; k++) {
                if (strcmp(group_name(&holes->items[k], kind), name) != 0) continue;
                taken[k] = true;
                some[n++] = holes->items[k];
            }
            GM_TRY(add_group(c, kinds[kind], name, some, n, err));
        }
    }
    return GM_OK;
}

static gm_status collect_told(collector *c, gm_error *err) {
    gm_gate_evidence *e = &c->out->facts;
    gm_auto_free char *path = gm_path_join(c->dir, "metrics.json");
    json_t *told;
    if (!path) return gm_nomem(err);
    GM_TRY(gm_json_read(path, &told, err));
    const json_t *overlap = json_object_get(told, "on_both_sides");
    const json_t *points = json_object_get(json_object_get(told, "out_of_fold"), "points");
    for (int p = 0; p < GM_N_EVAL; p++) {
        const json_t *mae = json_object_get(json_object_get(points, gm_eval_name(p)), "mae_mm");
        e->told_mae_mm[p] = json_is_number(mae) ? json_number_value(mae) : NAN;
    }
    e->folds = (int)json_integer_value(json_object_get(told, "folds"));
    e->folds_trained = (int)json_integer_value(json_object_get(told, "folds_trained"));
    size_t traces = (size_t)json_integer_value(json_object_get(overlap, "trace"));
    size_t lives = (size_t)json_integer_value(json_object_get(overlap, "tool_life"));
    e->leaked_traces = GM_MAX(traces, c->out->holes.equal_traces);
    e->leaked_lives = GM_MAX(lives, c->out->holes.equal_lives);
    const char *grouping = json_string_value(json_object_get(told, "grouping"));
    e->grouping = gm_arena_strdup(c->out->arena, grouping ? grouping : "unknown");
    json_decref(told);
    return e->grouping ? GM_OK : gm_nomem(err);
}

static gm_status collect_figures(collector *c, gm_error *err) {
    version_evidence *out = c->out;
    GM_TRY(version_holes_read(c->dir, &out->holes, err));
    GM_TRY(gm_metrics_compute(out->holes.items, out->holes.count, &out->facts.metrics, err));
    out->facts.holes_planned = out->holes.planned;
    GM_TRY(collect_groups(c, err));
    return collect_told(c, err);
}

/* ---- weights ---- */

static gm_status say_damaged(collector *c, gm_error *err, const char *format, ...) GM_PRINTF(3, 4);
static gm_status say_damaged(collector *c, gm_error *err, const char *format, ...) {
    char text[300];
    if (*c->out->facts.damaged) return GM_OK;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    c->out->facts.damaged = gm_arena_strdup(c->out->arena, text);
    return c->out->facts.damaged ? GM_OK : gm_nomem(err);
}

static int folds_in(const char *dir) {
    for (int n = 0;; n++) {
        gm_auto_text path = GM_TEXT_INIT;
        gm_text_printf(&path, "%s/fold_%02d/model.safetensors", dir, n + 1);
        if (!gm_text_ok(&path) || !gm_file_exists(path.data)) return n;
    }
}

static gm_status collect_weights(collector *c, gm_error *err) {
    gm_gate_evidence *e = &c->out->facts;
    gm_error problem = {0};
    e->folds_found = folds_in(c->dir);
    if (gm_predictor_open(c->dir, 1, &c->predictor, &problem) != GM_OK)
        return say_damaged(c, err, "%s", problem.message);
    const gm_model *const *models = gm_predictor_models(c->predictor);
    for (int f = 0; f < gm_predictor_folds(c->predictor); f++)
        for (size_t i = 0; i < models[f]->n_params; i++)
            if (!isfinite(models[f]->params[i]))
                return say_damaged(c, err, "fold %d has weights that are no numbers", f + 1);
    return GM_OK;
}

static gm_status collect_size(collector *c, gm_error *err) {
    json_t *version, *damaged;
    GM_TRY(gm_registry_version(c->registry, c->request->model, c->request->version, &version, err));
    c->out->facts.size_bytes = json_integer_value(json_object_get(version, "size_bytes"));
    c->out->facts.registrant =
        gm_arena_strdup(c->out->arena, json_string_value(json_object_get(version, "created_by")));
    json_decref(version);
    if (!c->out->facts.registrant) return gm_nomem(err);
    GM_TRY(gm_registry_check_files(c->registry, c->request->model, c->request->version, &damaged, err));
    const json_t *first = json_array_get(damaged, 0);
    gm_status status = GM_OK;
    if (first)
        status = say_damaged(c, err, "%s: %s", json_string_value(json_object_get(first, "path")),
                             json_string_value(json_object_get(first, "problem")));
    json_decref(damaged);
    return status;
}

/* ---- speed ---- */

static double time_of(gm_predictor *predictor) {
    const gm_patchtsmixer_config *config = gm_predictor_model(predictor);
    int channels = config->n_prediction_channels >= 0 ? config->n_prediction_channels : config->num_input_channels;
    size_t n_in = (size_t)config->context_length * (size_t)config->num_input_channels;
    gm_auto_free float *in = gm_calloc(n_in, sizeof *in);
    gm_auto_free float *out = gm_calloc((size_t)config->prediction_length * (size_t)channels, sizeof *out);
    if (!in || !out) return NAN;
    gm_random random;
    gm_random_init(&random, 1, 2);
    for (size_t i = 0; i < n_in; i++) in[i] = (float)gm_random_normal(&random);
    double best_s = INFINITY; /* what else the machine does only adds */
    for (int i = 0; i <= LATENCY_RUNS; i++) {
        double began_s = gm_seconds();
        if (gm_predictor_outputs(predictor, -1, in, 1, out, NULL) != GM_OK) return NAN;
        if (i) best_s = fmin(best_s, gm_seconds() - began_s);
    }
    return best_s * 1000;
}

double version_latency(const char *dir) {
    gm_auto(gm_predictor) predictor = NULL;
    return gm_predictor_open(dir, 1, &predictor, NULL) == GM_OK ? time_of(predictor) : NAN;
}

/* ---- the ONNX file, and predictions made anew ---- */

static void open_records(collector *c) {
    __attribute__((cleanup(gm_run_info_finish))) gm_run_info info = {0};
    if (gm_run_read(c->dir, &info, NULL) != GM_OK || !info.data_dir) return;
    gm_auto_free char *database = gm_path_join(info.data_dir, "gimlet.db");
    if (!database || !gm_file_exists(database)) return;
    if (service_dataset_open(info.data_dir, DATASET_ALL, &c->dataset, NULL) != GM_OK) {
        service_dataset_finish(&c->dataset);
        c->dataset = (service_dataset){0};
    }
}

static gm_status collect_proof(collector *c, gm_error *err) {
    gm_gate_evidence *e = &c->out->facts;
    gm_auto_free char *path = gm_path_join(c->dir, "model.onnx");
    service_proof proof = {0};
    gm_error problem = {0};
    if (!path) return gm_nomem(err);
    gm_status status;
    if (!gm_file_exists(path))
        status = gm_fail(&problem, GM_E_NOTFOUND, "there is no model.onnx");
    else if (c->dataset.data.count)
        status = service_prove(c->dir, path, &c->dataset, PROOF_HOLES, c->request->observer, &proof, &problem);
    else
        status = service_prove_random(c->dir, path, &proof, &problem);
    if (status == GM_E_NOMEM || status == GM_E_CANCELLED) {
        if (err) *err = problem;
        return status;
    }
    e->proven = status == GM_OK && proof.outputs.n_values > 0;
    e->unproven = gm_arena_strdup(c->out->arena, problem.message);
    e->proof_holes = proof.n_holes;
    e->proof_relative = isfinite(proof.outputs.max_rel) ? proof.outputs.max_rel : INFINITY;
    e->proof_mm = proof.worst_mm;
    e->proof_differ = proof.n_differ;
    return e->unproven ? GM_OK : gm_nomem(err);
}

static const gm_evaluation_item *item_of(const version_holes *holes, const char *file) {
    for (size_t i = 0; i < holes->count; i++)
        if (strcmp(holes->items[i].file, file) == 0) return &holes->items[i];
    return NULL;
}

/* The fold that has not seen the hole predicts it again. */
static gm_status repeat_one(collector *c, size_t index, gm_error *err) {
    gm_gate_evidence *e = &c->out->facts;
    const gm_evaluation_item *item = item_of(&c->out->holes, c->dataset.holes[index].file);
    gm_auto(gm_record) record = NULL;
    gm_prediction made;
    if (!item || item->fold > gm_predictor_folds(c->predictor)) return GM_OK;
    GM_TRY(c->dataset.data.load(c->dataset.data.ctx, index, &record, err));
    int fold = gm_predictor_fold_of(c->predictor, record);
    if (fold < 0) return GM_OK; /* a file of that name is another hole by now */
    GM_TRY(gm_predictor_run_fold(c->predictor, fold, record, &made, err));
    for (int p = 0; p < GM_N_POINTS; p++) {
        double now = made.label.points[p].mm, then = item->prediction.label.points[p].mm;
        if (isnan(now) && isnan(then)) continue;
        e->repeated_mm = fmax(e->repeated_mm, isnan(now) || isnan(then) ? INFINITY : fabs(now - then));
    }
    e->repeated++;
    return GM_OK;
}

static gm_status collect_repeated(collector *c, gm_error *err) {
    size_t n = c->dataset.data.count, step = GM_MAX(n / REPEATED_HOLES, (size_t)1);
    if (!c->predictor) return GM_OK;
    for (size_t i = 0; i < n; i += step) {
        gm_error problem = {0};
        gm_status status = repeat_one(c, i, &problem);
        if (status == GM_E_NOMEM) return gm_nomem(err);
        if (status != GM_OK) GM_TRY(say_damaged(c, err, "%s: %s", c->dataset.holes[i].file, problem.message));
    }
    return GM_OK;
}

/* ---- the champion ---- */

static gm_status compare_holes(collector *c, const version_holes *champion, gm_error *err) {
    gm_gate_evidence *e = &c->out->facts;
    gm_auto_free hole_pair *pairs = NULL;
    GM_TRY(version_holes_match(champion, &c->out->holes, &pairs, &e->common, err));
    gm_auto_free double *a = gm_alloc_array(e->common + 1, sizeof *a), *b = gm_alloc_array(e->common + 1, sizeof *b);
    if (!a || !b) return gm_nomem(err);
    for (int p = 0; p < GM_N_EVAL; p++) {
        size_t n = 0;
        for (size_t i = 0; i < e->common; i++) {
            a[n] = version_hole_error(&champion->items[pairs[i].a], p);
            b[n] = version_hole_error(&c->out->holes.items[pairs[i].b], p);
            n += !isnan(a[n]) && !isnan(b[n]);
        }
        GM_TRY(gm_paired_compare(a, b, n, 1, &e->against[p], err));
    }
    return GM_OK;
}

static gm_status collect_champion(collector *c, gm_error *err) {
    const evidence_request *r = c->request;
    gm_auto_free char *dir = NULL;
    auto_version_holes champion = {0};
    c->out->facts.champion = r->champion;
    if (!r->champion) return GM_OK;
    GM_TRY(gm_registry_checkout_checked(c->registry, r->model, r->champion, &dir, err));
    GM_TRY(version_holes_read(dir, &champion, err));
    return compare_holes(c, &champion, err);
}

static gm_status collect(collector *c, gm_error *err) {
    static gm_status (*const parts[])(collector *, gm_error *) = {collect_size,  collect_figures,  collect_weights,
                                                                  collect_proof, collect_repeated, collect_champion};
    open_records(c);
    for (size_t i = 0; i < GM_COUNT(parts); i++) GM_TRY(parts[i](c, err));
    c->out->facts.latency_ms = c->predictor ? time_of(c->predictor) : NAN;
    return GM_OK;
}

gm_status version_evidence_collect(gm_registry *registry, const evidence_request *request, version_evidence *out,
                                   gm_error *err) {
    gm_auto_free char *dir = NULL;
    *out = (version_evidence){.arena = gm_arena_new()};
    if (!out->arena) return gm_nomem(err);
    out->facts = (gm_gate_evidence){.damaged = "",
                                    .unproven = "",
                                    .latency_ms = NAN,
                                    .promoter = request->promoter,
                                    .several_people = request->several_people};
    GM_TRY(gm_registry_checkout_checked(registry, request->model, request->version, &dir, err));
    collector c = {.registry = registry, .request = request, .out = out, .dir = dir};
    gm_status status = collect(&c, err);
    gm_predictor_free(c.predictor);
    service_dataset_finish(&c.dataset);
    return status;
}
