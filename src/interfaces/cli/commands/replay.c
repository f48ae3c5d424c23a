#include "service/models/replay.h"
#include "../cli.h"

typedef struct {
    char *models_dir, *data_dir;
    int threads;
} options;

static const gm_param_spec params[] = {
    CLI_MODELS_DIR("folder that holds the runs and models"),
    {.key = "data-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, data_dir),
     .doc = "data directory; without it the one that the run was trained on"},
    CLI_THREADS("processors to use; 0 = all. The result does not depend on it"),
};

static int print_result(json_t *result) {
    json_t *one;
    size_t i;
    bool same = json_is_true(json_object_get(result, "same"));
    json_array_foreach (json_object_get(result, "differences"), i, one)
        printf("%s: %s\n", json_string_value(json_object_get(one, "file")),
               json_string_value(json_object_get(one, "what")));
    json_array_foreach (json_object_get(result, "remarks"), i, one) printf("%s\n", json_string_value(one));
    long long folds = (long long)json_integer_value(json_object_get(result, "folds"));
    if (same)
        printf("the same: %lld folds rebuilt bit for bit (%s, %.0f s)\n", folds,
               json_string_value(json_object_get(result, "cpu")),
               json_number_value(json_object_get(result, "seconds")));
    else
        printf("NOT the same: %zu files differ\n", json_array_size(json_object_get(result, "differences")));
    json_decref(result);
    return same ? CLI_DONE : CLI_FAILED;
}

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    json_t *result = NULL;
    gm_replay_request request = {
        .models_dir = o->models_dir, .data_dir = o->data_dir, .threads = o->threads, .observer = &context->observer};
    gm_status status = GM_OK;
    if (context->positionals.count == 1)
        request.run = context->positionals.items[0];
    else
        status = gm_fail(&err, GM_E_ARG, "the name of one run or model is needed");
    if (status == GM_OK) status = gm_replay(&request, &result, &err);
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) return cli_fail("replay", status, &err);
    if (!context->json) return print_result(result);
    bool same = json_is_true(json_object_get(result, "same"));
    cli_print_json(result);
    return same ? CLI_DONE : CLI_FAILED;
}

const cli_command cli_replay = {
    .name = "replay",
    .summary = "rebuild a run's weights from its data set, settings and seed, and compare bit for bit",
    .about =
        "Trains the run again in a folder of its own that is removed afterwards, from the data set that it was\n"
        "trained on, whatever happened to labels since, and compares every fold. Says which fold and which tensor\n"
        "differ first (status 1). Refused where a hole has changed, or where this machine lacks the instruction set.",
    .positionals = "RUN|MODEL",
    .example = "  gimlet replay RUN --models-dir models\n"
               "  gimlet replay depth@champion --models-dir models",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
