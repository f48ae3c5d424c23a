#include "../cli.h"
#include "service/registry/registry.h"
#include "service/service.h"

#include <string.h>

typedef struct {
    char *model_dir, *models_dir, *output, *prove;
    int format;
} options;

static const char *const formats[] = {"onnx", "hf", NULL};
static const gm_param_spec params[] = {
    {.key = "model-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, model_dir),
     .doc = "a run, one of its folds, or any PatchTSMixer directory of Hugging Face; or a registered model: NAME:3, "
            "NAME@champion"},
    CLI_MODELS_DIR("where the registry is, for NAME:3 and NAME@champion"),
    {.key = "format",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(options, format),
     .fallback = "onnx",
     .choices = formats,
     .doc = "what to write"},
    {.key = "output",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, output),
     .unit = "file",
     .doc = "where to; without it inside the run's folder, for a registered model here"},
    {.key = "prove",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, prove),
     .unit = "dir",
     .doc = "data directory: every hole of it goes through both runtimes [that of the run, else random input]"},
};

static void print_text(const gm_export_summary *s) {
    printf("%zu model%s written to %s\n", s->n_models, s->n_models == 1 ? "" : "s", s->path);
    if (s->message[0]) printf("not proven here: %s\n", s->message);
    if (!s->proven) return;
    printf("ONNX Runtime %s: largest difference %.2e, that is %.1e of the largest output",
           s->proof.passed ? "agrees" : "DISAGREES", s->proof.outputs.max_abs, s->proof.outputs.max_rel);
    if (s->proof.n_holes)
        printf("; on %zu holes the points differ by at most %.5f mm, %zu are found by one of both only",
               s->proof.n_holes, s->proof.worst_mm, s->proof.n_differ);
    putchar('\n');
}

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    if (!o->model_dir) return cli_fail("export", gm_fail(&err, GM_E_ARG, "--model-dir is needed"), &err);
    gm_auto_free char *folder = NULL;
    gm_status status = gm_model_folder(o->models_dir, o->model_dir, &folder, &err);
    if (status != GM_OK) return cli_fail("export", status, &err);
    /* a registered model does not change: what is made of it comes here */
    bool from_registry = strcmp(folder, o->model_dir) != 0;
    const char *output = o->output || !from_registry ? o->output : o->format == 1 ? "hf" : "model.onnx";
    gm_export_request request = {folder, o->format == 1, output, o->prove, &context->observer};
    gm_export_summary summary;
    status = gm_export(&request, &summary, &err);
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) return gm_export_summary_finish(&summary), cli_fail("export", status, &err);
    if (context->json)
        cli_print_json(json_pack("{s:s, s:i, s:b, s:b, s:f, s:f, s:i}", "output", summary.path, "models",
                                 (int)summary.n_models, "proven", summary.proven, "passed", summary.proof.passed,
                                 "max_relative_difference", summary.proof.outputs.max_rel, "worst_mm",
                                 summary.proof.worst_mm, "holes", (int)summary.proof.n_holes));
    else if (!context->quiet)
        print_text(&summary);
    int exit_status = summary.proven && !summary.proof.passed ? CLI_FAILED : CLI_DONE;
    gm_export_summary_finish(&summary);
    return exit_status;
}

const cli_command cli_export = {
    .name = "export",
    .summary = "write a model as ONNX, with proof, or as Hugging Face directories",
    .about =
        "ONNX: one file (opset 17, free batch axis) with all folds of a run and the mean of their outputs; then every\n"
        "hole goes through Gimlet and through ONNX Runtime, and the worst difference is stated, in mm too. hf: what\n"
        "from_pretrained loads, for each fold, and folded to a plain head where the head has three layers.",
    .example = "  gimlet export --model-dir models/RUN --format onnx --output model.onnx --prove data\n"
               "  gimlet export --model-dir models/RUN --format hf --output for_inference_system",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
