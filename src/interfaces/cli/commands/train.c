#include "../cli.h"
#include "service/service.h"

typedef struct {
    char *config, *data_dir, *output_dir, *strategy, *run_name, *resume;
    int threads;
} options;

static const gm_param_spec params[] = {
    {.key = "config",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, config),
     .unit = "file",
     .doc = "configuration (YAML); without it the documented defaults"},
    {.key = "data-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, data_dir),
     .doc = "data directory, made by gimlet prepare"},
    {.key = "output-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, output_dir),
     .doc = "where runs are kept; this run gets a folder of its own in it"},
    {.key = "strategy",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, strategy),
     .doc = "how to train, over the configuration's model_strategy"},
    {.key = "run-name",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, run_name),
     .doc = "name of this run's folder; without it experiment and time"},
    {.key = "resume",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, resume),
     .unit = "dir",
     .doc = "folder of a run that was stopped: go on with it"},
    CLI_THREADS("processors to use; 0 = all. The result does not depend on it"),
};

static void print_text(const gm_train_summary *s) {
    const gm_metrics *m = &s->run.out_of_fold;
    fprintf(stderr, "trained %d folds on %zu holes; out of fold, in mm:\n  %-11s %6s %8s %8s %8s %8s\n", s->run.n_folds,
            s->run.n_holes, "", "holes", "MAE", "RMSE", "bias", "P95");
    for (int i = 0; i < GM_N_EVAL; i++)
        if (m->points[i].n)
            fprintf(stderr, "  %-11s %6zu %8.3f %8.3f %+8.3f %8.3f\n", gm_eval_title(i), m->points[i].n,
                    m->points[i].mae_mm, m->points[i].rmse_mm, m->points[i].bias_mm, m->points[i].p95_mm);
    if (m->grip_n) fprintf(stderr, "  grip code exact for %.1f %% of %zu holes\n", 100 * m->grip_exact, m->grip_n);
    if (s->onnx_message[0]) fprintf(stderr, "%s\n", s->onnx_message);
    fprintf(stderr, "report: %s\n", s->report);
}

static int finish(const cli_context *context, gm_status status, gm_train_summary *summary, const gm_error *err) {
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) {
        if (status == GM_E_CANCELLED && summary->run.run_dir)
            fprintf(stderr, "stopped; go on with: gimlet train --resume %s\n", summary->run.run_dir);
        return cli_fail("train", status, err);
    }
    if (!context->quiet && summary->run.messages.length) fputs(gm_text_c(&summary->run.messages), stderr);
    if (context->json)
        cli_print_json(json_pack("{s:s, s:i, s:i, s:s, s:s}", "run", summary->run.run_dir, "folds",
                                 summary->run.n_folds, "holes", (int)summary->run.n_holes, "onnx", summary->onnx,
                                 "report", summary->report));
    else {
        if (!context->quiet) print_text(summary);
        printf("%s\n", summary->run.run_dir); /* the last line: scripts take it */
    }
    return CLI_DONE;
}

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    if (!o->resume && (!o->data_dir || !o->output_dir))
        return cli_fail("train", gm_fail(&err, GM_E_ARG, "--data-dir and --output-dir are needed (or --resume RUN)"),
                        &err);
    if (o->resume && (o->config || context->sets.count || o->strategy))
        return cli_fail(
            "train",
            gm_fail(&err, GM_E_ARG,
                    "a run is resumed with the configuration that it began with: no --config, --set or --strategy"),
            &err);
    gm_train_request request = {.config_path = o->config,
                                .data_dir = o->data_dir,
                                .output_dir = o->output_dir,
                                .strategy = o->strategy,
                                .sets = context->sets.items,
                                .n_sets = context->sets.count,
                                .run_name = o->run_name,
                                .resume_dir = o->resume,
                                .threads = o->threads,
                                .observer = &context->observer};
    gm_train_summary summary;
    gm_status status = gm_train_service(&request, &summary, &err);
    int exit_status = finish(context, status, &summary, &err);
    gm_train_summary_finish(&summary);
    return exit_status;
}

const cli_command cli_train = {
    .name = "train",
    .summary = "train a model on a data directory",
    .about =
        "Trains by the strategy of the configuration (24-fold cross-validation of PatchTSMixer where nothing else is\n"
        "asked), writes every fold, the accuracy out of fold in millimetres, an ONNX file and a report. Stop it at\n"
        "any time: --resume goes on to the same result. The last line on stdout is the folder of the run.",
    .example = "  gimlet train --config configs/patchtsmixer_24cv.yaml --data-dir data --output-dir models\n"
               "  gimlet train --data-dir data --output-dir models --set training_config.epochs=2   # a first look\n"
               "  gimlet train --resume models/RUN",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .takes_sets = true,
    .run = run,
};
