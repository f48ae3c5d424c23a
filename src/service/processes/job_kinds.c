#include "jobs_internal.h"

#include "service/json_values.h"
#include "service/paths.h"
#include "service/project/uploads.h"
#include "service/tracking/mlflow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

static void add(job_command *c, const char *word) {
    GM_ASSERT(c->count < JOB_MAX_WORDS);
    c->words[c->count++] = word;
}

static void add_flag(job_command *c, const char *flag, const char *value) {
    add(c, flag);
    add(c, value);
}

/* NULL when out of memory. */
static const char *whole_word(job_command *c, int value) {
    return gm_arena_printf(c->arena, "%d", value);
}

static const char *real_word(job_command *c, double value) {
    char text[32];
    return gm_arena_strdup(c->arena, gm_format_double(value, text));
}

/* A folder that the job reads: the standard one, or any other where that is allowed. */
static gm_status input_folder(const job_command *c, const char *wanted, const char *standard, const char *key,
                              const char **out, gm_error *err) {
    if (!wanted || !*wanted) return *out = standard, GM_OK;
    if (!c->any_folder)
        return gm_fail_at(err, GM_E_ARG, 0, 0, "upload the records instead",
                          "%s: this server reads no other folders of its machine", key);
    if (wanted[0] != '/') return gm_fail(err, GM_E_ARG, "%s must be a whole path, beginning with '/'", key);
    if (!gm_is_directory(wanted)) return gm_fail(err, GM_E_ARG, "%s: there is no folder %s", key, wanted);
    return *out = wanted, GM_OK;
}

static gm_status model_folder(const gm_jobs *jobs, const char *model, job_command *c, const char **out, gm_error *err) {
    if (!model || !*model) return gm_fail(err, GM_E_ARG, "model: which run?");
    GM_TRY(service_name_check(model, "model", err));
    const char *dir = gm_arena_printf(c->arena, "%s/%s", jobs->models_dir, model);
    const char *metrics = gm_arena_printf(c->arena, "%s/%s/metrics.json", jobs->models_dir, model);
    if (!dir || !metrics) return gm_nomem(err);
    if (!gm_file_exists(metrics)) return gm_fail(err, GM_E_ARG, "model: there is no finished run \"%.80s\"", model);
    return *out = dir, GM_OK;
}

static long count_of(const json_t *result, const char *key) {
    return (long)json_integer_value(json_object_get(result, key));
}

/* ---- prepare ---- */

typedef struct {
    char *input;
    bool validate, auto_label;
} prepare_options;

static const gm_param_spec prepare_params[] = {
    {.key = "input",
     .type = GM_PARAM_STRING,
     .offset = offsetof(prepare_options, input),
     .doc = "folder of machine files on the server's machine; without it the uploaded records"},
    {.key = "validate",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(prepare_options, validate),
     .fallback = "true",
     .doc = "run the quality checks"},
    {.key = "auto_label",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(prepare_options, auto_label),
     .fallback = "true",
     .doc = "find the points by rule"},
};

static gm_status prepare_command(const gm_jobs *jobs, const char *id, const void *values, job_command *c,
                                 gm_error *err) {
    (void)id;
    const prepare_options *o = values;
    const char *input = NULL, *uploads = gm_arena_printf(c->arena, "%s/uploads", jobs->data_dir);
    if (!uploads) return gm_nomem(err);
    GM_TRY(input_folder(c, o->input, uploads, "input", &input, err));
    if (!gm_is_directory(input))
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "upload records first", "no records were uploaded yet");
    add(c, "prepare");
    add_flag(c, "--input-dir", input);
    add_flag(c, "--output-dir", jobs->data_dir);
    if (o->validate) add(c, "--validate");
    if (o->auto_label) add(c, "--auto-label");
    return GM_OK;
}

static void prepare_tell(const json_t *result, gm_text *out, bool *good) {
    (void)good;
    gm_text_printf(out, "%ld records of %ld files, %ld of them known from before", count_of(result, "records"),
                   count_of(result, "files"), count_of(result, "unchanged"));
    long refused = count_of(json_object_get(result, "verdicts"), "error");
    if (refused) gm_text_printf(out, "; %ld could not be read, the quality report says why", refused);
}

/* ---- evaluate ---- */

typedef struct {
    char *model, *test_data;
} evaluate_options;

static const gm_param_spec evaluate_params[] = {
    {.key = "model", .type = GM_PARAM_STRING, .offset = offsetof(evaluate_options, model), .doc = "a finished run"},
    {.key = "test_data",
     .type = GM_PARAM_STRING,
     .offset = offsetof(evaluate_options, test_data),
     .doc = "data directory, or folder of records with truth.csv; without it the holes of this project"},
};

static gm_status evaluate_command(const gm_jobs *jobs, const char *id, const void *values, job_command *c,
                                  gm_error *err) {
    const evaluate_options *o = values;
    const char *model = NULL, *data = NULL;
    GM_TRY(model_folder(jobs, o->model, c, &model, err));
    GM_TRY(input_folder(c, o->test_data, jobs->data_dir, "test_data", &data, err));
    const char *folder = gm_arena_printf(c->arena, "%s/evaluations", model);
    const char *report = gm_arena_printf(c->arena, "%s/evaluations/%s.json", model, id);
    if (!folder || !report) return gm_nomem(err);
    GM_TRY(gm_make_dirs(folder, err));
    add(c, "evaluate");
    add_flag(c, "--model-dir", model);
    add_flag(c, "--test-data", data);
    add_flag(c, "--output-report", report);
    return GM_OK;
}

static void evaluate_tell(const json_t *result, gm_text *out, bool *good) {
    (void)good;
    gm_text_printf(out, "%ld holes predicted by models that have not seen them", count_of(result, "holes"));
}

/* ---- export ---- */

typedef struct {
    char *model;
    int format;
    bool prove;
} export_options;

static const char *const formats[] = {"onnx", "hf", NULL};
static const gm_param_spec export_params[] = {
    {.key = "model", .type = GM_PARAM_STRING, .offset = offsetof(export_options, model), .doc = "a finished run"},
    {.key = "format",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(export_options, format),
     .fallback = "onnx",
     .choices = formats,
     .doc = "one ONNX file of all folds, or Hugging Face directories"},
    {.key = "prove",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(export_options, prove),
     .fallback = "true",
     .doc = "run every hole of this project through ONNX Runtime too; false: random input"},
};

static gm_status export_command(const gm_jobs *jobs, const char *id, const void *values, job_command *c,
                                gm_error *err) {
    (void)id;
    const export_options *o = values;
    const char *model = NULL;
    GM_TRY(model_folder(jobs, o->model, c, &model, err));
    add(c, "export");
    add_flag(c, "--model-dir", model);
    add_flag(c, "--format", formats[o->format]);
    if (o->format == 0 && o->prove) add_flag(c, "--prove", jobs->data_dir);
    return GM_OK;
}

static void export_tell(const json_t *result, gm_text *out, bool *good) {
    bool proven = json_is_true(json_object_get(result, "proven"));
    bool passed = json_is_true(json_object_get(result, "passed"));
    gm_text_printf(out, "%ld models written", count_of(result, "models"));
    if (proven) gm_text_printf(out, "; ONNX Runtime %s", passed ? "agrees" : "DISAGREES: do not use this file");
    if (proven && count_of(result, "holes")) gm_text_printf(out, " on %ld holes", count_of(result, "holes"));
    *good = !proven || passed;
}

/* ---- simulate ---- */

typedef struct {
    int holes, seed;
    double anomalies;
    char *family;
} simulate_options;

static const gm_param_spec simulate_params[] = {
    {.key = "holes",
     .type = GM_PARAM_INT,
     .offset = offsetof(simulate_options, holes),
     .fallback = "300",
     .min = 1,
     .max = 20000,
     .doc = "how many"},
    {.key = "seed",
     .type = GM_PARAM_INT,
     .offset = offsetof(simulate_options, seed),
     .fallback = "1",
     .min = 0,
     .max = 2147483647,
     .doc = "the same seed gives the same bytes"},
    {.key = "anomalies",
     .type = GM_PARAM_FLOAT,
     .offset = offsetof(simulate_options, anomalies),
     .fallback = "0.03",
     .min = 0,
     .max = 1,
     .doc = "share of irregular holes"},
    {.key = "family",
     .type = GM_PARAM_STRING,
     .offset = offsetof(simulate_options, family),
     .doc = "only this family of holes; without it all"},
};

/* Among the uploads, where prepare takes them from. */
static gm_status simulate_command(const gm_jobs *jobs, const char *id, const void *values, job_command *c,
                                  gm_error *err) {
    (void)id;
    const simulate_options *o = values;
    const char *folder = gm_arena_printf(c->arena, "%s/uploads/simulated_%d", jobs->data_dir, o->seed);
    if (!folder) return gm_nomem(err);
    add(c, "simulate");
    add_flag(c, "--output-dir", folder);
    add_flag(c, "--holes", whole_word(c, o->holes));
    add_flag(c, "--seed", whole_word(c, o->seed));
    add_flag(c, "--anomalies", real_word(c, o->anomalies));
    if (!o->family || !*o->family) return GM_OK;
    const char *family = gm_arena_printf(c->arena, "--family=%s", o->family);
    if (!family) return gm_nomem(err);
    add(c, family);
    return GM_OK;
}

static void simulate_tell(const json_t *result, gm_text *out, bool *good) {
    (void)good;
    gm_text_printf(out, "%ld holes written, %ld of them irregular; prepare takes them in", count_of(result, "holes"),
                   count_of(result, "anomalies"));
}

/* ---- replay ---- */

typedef struct {
    char *model;
} replay_options;

static const gm_param_spec replay_params[] = {
    {.key = "model", .type = GM_PARAM_STRING, .offset = offsetof(replay_options, model), .doc = "a finished run"},
};

static gm_status replay_command(const gm_jobs *jobs, const char *id, const void *values, job_command *c,
                                gm_error *err) {
    (void)id;
    const replay_options *o = values;
    const char *model = NULL;
    GM_TRY(model_folder(jobs, o->model, c, &model, err));
    add(c, "replay");
    add(c, model);
    add_flag(c, "--data-dir", jobs->data_dir);
    return GM_OK;
}

static void replay_tell(const json_t *result, gm_text *out, bool *good) {
    *good = json_is_true(json_object_get(result, "same"));
    if (*good) return gm_text_printf(out, "the same: %ld folds rebuilt bit for bit", count_of(result, "folds"));
    const json_t *first = json_array_get(json_object_get(result, "differences"), 0);
    const char *file = json_string_value(json_object_get(first, "file"));
    const char *what = json_string_value(json_object_get(first, "what"));
    gm_text_printf(out, "NOT the same: %s: %s", file ? file : "", what ? what : "");
}

/* ---- push ---- */

typedef struct {
    char *run, *mlflow, *experiment, *model, *alias;
} push_options;

static const gm_param_spec push_params[] = {
    {.key = "run", .type = GM_PARAM_STRING, .offset = offsetof(push_options, run), .doc = "a finished run"},
    {.key = "mlflow",
     .type = GM_PARAM_STRING,
     .offset = offsetof(push_options, mlflow),
     .doc = "address of the MLflow server; without it MLFLOW_TRACKING_URI of this server's environment"},
    {.key = "experiment",
     .type = GM_PARAM_STRING,
     .offset = offsetof(push_options, experiment),
     .doc = "experiment on the MLflow server; without it the run's experiment_name"},
    {.key = "register",
     .type = GM_PARAM_STRING,
     .offset = offsetof(push_options, model),
     .doc = "register model.onnx as a version of this model there"},
    {.key = "alias",
     .type = GM_PARAM_STRING,
     .offset = offsetof(push_options, alias),
     .doc = "with register: alias that points to the version from now on"},
};

static bool is_given(const char *value) {
    return value && *value;
}

/* The server's own token goes along, so not everybody may say where to. */
static gm_status check_mlflow(const job_command *c, const char *url, gm_error *err) {
    const char *own = getenv("MLFLOW_TRACKING_URI");
    GM_TRY(gm_mlflow_check_url(url, err));
    if (c->any_folder || (own && strcmp(own, url) == 0)) return GM_OK;
    return gm_fail_at(err, GM_E_ARG, 0, 0,
                      "leave mlflow empty: MLFLOW_TRACKING_URI of this server's environment counts",
                      "mlflow: this server tells no other servers than its own one");
}

static gm_status push_command(const gm_jobs *jobs, const char *id, const void *values, job_command *c, gm_error *err) {
    (void)id;
    const push_options *o = values;
    const char *run = NULL;
    GM_TRY(model_folder(jobs, o->run, c, &run, err));
    if (is_given(o->mlflow)) GM_TRY(check_mlflow(c, o->mlflow, err));
    if (is_given(o->alias) && !is_given(o->model))
        return gm_fail(err, GM_E_ARG, "alias needs register: an alias points to a version of a model");
    add(c, "runs");
    add(c, "push");
    add(c, run);
    if (is_given(o->mlflow)) add_flag(c, "--mlflow", o->mlflow);
    if (is_given(o->experiment)) add_flag(c, "--experiment", o->experiment);
    if (is_given(o->model)) add_flag(c, "--model", o->model);
    if (is_given(o->alias)) add_flag(c, "--alias", o->alias);
    return GM_OK;
}

static void push_tell(const json_t *result, gm_text *out, bool *good) {
    (void)good;
    const char *page = json_string_value(json_object_get(result, "page"));
    gm_text_printf(out, "%ld metrics and %ld files sent; %s", count_of(result, "metrics"), count_of(result, "files"),
                   page ? page : "");
}

/* ---- the table ---- */

#define KIND(word, text)                                                                                               \
    {                                                                                                                  \
        .name = #word, .doc = text, .params = word##_params, .n_params = GM_COUNT(word##_params),                      \
        .options_size = sizeof(word##_options), .command = word##_command, .tell = word##_tell                         \
    }
static const job_kind kinds[] = {
    KIND(prepare, "read, check, label and keep records"),
    KIND(evaluate, "judge a model in millimetres"),
    KIND(export, "write a model as ONNX, with proof, or as Hugging Face directories"),
    KIND(simulate, "make records of known truth"),
    KIND(push, "tell an MLflow server of a run"),
    KIND(replay, "rebuild a run's weights from its data set, settings and seed, and compare bit for bit"),
};

const job_kind *job_kind_find(const char *name, gm_error *err) {
    const char *names[GM_COUNT(kinds)];
    for (size_t i = 0; i < GM_COUNT(kinds); i++) {
        names[i] = kinds[i].name;
        if (name && strcmp(name, names[i]) == 0) return &kinds[i];
    }
    const char *nearest = name ? gm_nearest_name(name, names, GM_COUNT(kinds)) : NULL;
    char hint[100];
    snprintf(hint, sizeof hint, nearest ? "did you mean %s?" : "prepare, evaluate, export, simulate, push or replay%s",
             nearest ? nearest : "");
    (void)gm_fail_at(err, GM_E_ARG, 0, 0, hint, "kind: there is no job \"%.80s\"", name ? name : "");
    return NULL;
}

static gm_status set_options(const job_kind *kind, const json_t *options, void *target, gm_error *err) {
    if (!options || json_is_null(options)) return GM_OK;
    if (!json_is_object(options)) return gm_fail(err, GM_E_ARG, "options must be an object: {name: value}");
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)options, key, value) {
        gm_auto_text text = GM_TEXT_INIT;
        if (json_is_null(value)) continue;
        GM_TRY(service_value_text(key, value, &text, err));
        GM_TRY(gm_params_set(kind->params, kind->n_params, target, key, gm_text_c(&text), err));
    }
    return GM_OK;
}

gm_status job_kind_command(const gm_jobs *jobs, const job_kind *kind, const char *id, const json_t *options,
                           job_command *out, gm_error *err) {
    gm_auto_free void *values = gm_calloc(1, kind->options_size);
    if (!values || (!out->arena && !(out->arena = gm_arena_new()))) return gm_nomem(err);
    GM_TRY(gm_params_defaults(kind->params, kind->n_params, values, err));
    add(out, "gimlet");
    gm_status status = set_options(kind, options, values, err);
    if (status == GM_OK) status = kind->command(jobs, id, values, out, err);
    if (status == GM_OK) { /* words that point into the options must outlive them */
        for (size_t i = 0; i < out->count && status == GM_OK; i++)
            if (!(out->words[i] = gm_arena_strdup(out->arena, out->words[i]))) status = gm_nomem(err);
        add_flag(out, "--progress", "json");
        add(out, "--json");
    }
    gm_params_finish(kind->params, kind->n_params, values);
    return status;
}

json_t *gm_jobs_kinds(void) {
    json_t *list = json_array();
    for (size_t i = 0; i < GM_COUNT(kinds); i++) {
        json_t *options = json_array();
        for (size_t k = 0; k < kinds[i].n_params; k++)
            json_array_append_new(options, service_param_json(&kinds[i].params[k]));
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o}", "kind", kinds[i].name, "doc", kinds[i].doc, "options", options));
    }
    return list;
}
