#include "service/runs/doctor.h"
#include "../cli.h"

typedef struct {
    char *models_dir;
    bool rebuild_index;
} options;

static const gm_param_spec params[] = {
    CLI_MODELS_DIR("folder that holds the runs"),
    {.key = "rebuild-index",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(options, rebuild_index),
     .fallback = "false",
     .doc = "make the index of the runs anew from their folders"},
};

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    json_t *found, *problem;
    size_t i;
    gm_status status = gm_doctor(o->models_dir, o->rebuild_index, &context->observer, &found, &err);
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) return cli_fail("doctor", status, &err);
    const json_t *problems = json_object_get(found, "problems");
    int exit_status = json_array_size(problems) ? CLI_FAILED : CLI_DONE;
    if (context->json) return cli_print_json(found), exit_status;
    json_array_foreach (problems, i, problem)
        printf("%s/%s: %s\n", json_string_value(json_object_get(problem, "run")),
               json_string_value(json_object_get(problem, "path")),
               json_string_value(json_object_get(problem, "problem")));
    if (o->rebuild_index) printf("the index was made anew from the folders\n");
    printf("%lld runs, %lld files checked, %zu problems\n",
           (long long)json_integer_value(json_object_get(found, "runs")),
           (long long)json_integer_value(json_object_get(found, "files")), json_array_size(problems));
    json_decref(found);
    return exit_status;
}

const cli_command cli_doctor = {
    .name = "doctor",
    .summary = "check a models folder: the index, and every file against its hash",
    .about =
        "Looks whether the files of all runs are as they were when the runs ended, and names those that are not\n"
        "(status 1). The index only repeats what the folders say: --rebuild-index makes it anew and loses nothing.",
    .example = "  gimlet doctor --models-dir models\n"
               "  gimlet doctor --rebuild-index --models-dir models",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
