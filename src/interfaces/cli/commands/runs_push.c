/* runs push: a run, told to an MLflow server. */
#include "../cli.h"
#include "service/runs/run_store.h"
#include "service/tracking/mlflow.h"

typedef struct {
    char *models_dir, *mlflow, *experiment, *model, *alias;
} options;

static const gm_param_spec params[] = {
    CLI_MODELS_DIR("folder that holds the runs"),
    {.key = "mlflow",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, mlflow),
     .unit = "url",
     .doc = "address of the MLflow server; without it MLFLOW_TRACKING_URI"},
    {.key = "experiment",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, experiment),
     .doc = "experiment on the server; without it the run's experiment_name"},
    {.key = "model",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, model),
     .doc = "register model.onnx as a version of this model"},
    {.key = "alias",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, alias),
     .doc = "with --model: alias that points to the version from now on"},
};

static void print(const cli_context *context, json_t *answer) {
    json_t *messages = json_object_get(answer, "messages"), *message;
    size_t i;
    json_array_foreach (messages, i, message) cli_say(context, "%s", json_string_value(message));
    cli_say(context, "%lld folds; sent now: %lld metrics, %lld files (%.1f MB)",
            (long long)json_integer_value(json_object_get(answer, "folds")),
            (long long)json_integer_value(json_object_get(answer, "metrics")),
            (long long)json_integer_value(json_object_get(answer, "files")),
            (double)json_integer_value(json_object_get(answer, "bytes")) / 1e6);
    const char *version = json_string_value(json_object_get(answer, "version"));
    if (version) printf("model: %s version %s\n", json_string_value(json_object_get(answer, "model")), version);
    printf("%s\n", json_string_value(json_object_get(answer, "page")));
}

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    gm_auto_free char *dir = NULL;
    json_t *answer = NULL;
    gm_status status = GM_OK;
    if (context->positionals.count != 1) status = gm_fail(&err, GM_E_ARG, "the name of one run is needed");
    if (status == GM_OK && o->alias && !o->model)
        status = gm_fail(&err, GM_E_ARG, "--alias needs --model: an alias points to a version of a model");
    if (status == GM_OK) status = gm_run_folder(o->models_dir, context->positionals.items[0], &dir, &err);
    gm_mlflow_request request = {.run_dir = dir,
                                 .url = o->mlflow,
                                 .experiment = o->experiment,
                                 .model = o->model,
                                 .alias = o->alias,
                                 .observer = &context->observer};
    if (status == GM_OK) status = gm_mlflow_push(&request, &answer, &err);
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) return cli_fail("runs push", status, &err);
    if (context->json) return cli_print_json(answer), CLI_DONE;
    print(context, answer);
    json_decref(answer);
    return CLI_DONE;
}

const cli_command cli_runs_push = {
    .name = "runs push",
    .summary = "tell an MLflow server of a run: settings, curves, folds, data, files, model",
    .about = "Sends what the server has not got yet: doing it twice changes nothing, and what was interrupted goes on\n"
             "where it stopped. The run in models-dir stays as it is. Who asks: MLFLOW_TRACKING_TOKEN, or\n"
             "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, of the environment.",
    .positionals = "RUN",
    .example = "  gimlet runs push demo_20261124T021500Z --mlflow http://tracker:5000\n"
               "  gimlet runs push demo_20261124T021500Z --mlflow http://tracker:5000 --model depth --alias champion",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
