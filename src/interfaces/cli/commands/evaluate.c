#include "../cli.h"
#include "service/registry/registry.h"
#include "service/service.h"

typedef struct {
    char *model_dir, *models_dir, *test_data, *output_report;
    int threads;
} options;

static const gm_param_spec params[] = {
    {.key = "model-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, model_dir),
     .doc = "a run of gimlet train, or one of its folds; or a registered model: NAME:3, NAME@champion"},
    CLI_MODELS_DIR("where the registry is, for NAME:3 and NAME@champion"),
    {.key = "test-data",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, test_data),
     .unit = "dir",
     .doc = "data directory, or folder of records with truth.csv"},
    {.key = "output-report",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, output_report),
     .unit = "file",
     .fallback = "results.json",
     .doc = "JSON to write; an HTML page comes beside it"},
    CLI_THREADS("processors to use; 0 = all"),
};

static void print_block(const char *title, const gm_metrics *m) {
    if (m->holes == 0) return;
    printf("%s, %zu holes\n  %-11s %6s %8s %8s %8s %8s %8s %9s %6s %7s\n", title, m->holes, "", "holes", "MAE mm",
           "RMSE", "bias", "P95", "max", "<=0.2 mm", "missed", "extra");
    for (int i = 0; i < GM_N_EVAL; i++) {
        const gm_point_metrics *p = &m->points[i];
        if (p->n)
            printf("  %-11s %6zu %8.3f %8.3f %+8.3f %8.3f %8.3f %8.1f%% %6zu %7zu\n", gm_eval_title(i), p->n, p->mae_mm,
                   p->rmse_mm, p->bias_mm, p->p95_mm, p->max_mm, 100 * p->within_200um, p->missed, p->invented);
    }
    if (m->grip_n) printf("  grip code exact %.1f %% of %zu\n", 100 * m->grip_exact, m->grip_n);
}

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    if (!o->model_dir || !o->test_data)
        return cli_fail("evaluate", gm_fail(&err, GM_E_ARG, "--model-dir and --test-data are needed"), &err);
    gm_auto_free char *folder = NULL;
    gm_status status = gm_model_folder(o->models_dir, o->model_dir, &folder, &err);
    if (status != GM_OK) return cli_fail("evaluate", status, &err);
    gm_evaluate_request request = {folder, o->test_data, o->output_report, o->threads, &context->observer};
    gm_evaluate_summary summary;
    status = gm_evaluate(&request, &summary, &err);
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) return gm_evaluate_summary_finish(&summary), cli_fail("evaluate", status, &err);
    if (context->json)
        cli_print_json(json_pack("{s:s, s:s, s:i}", "results", o->output_report, "report", summary.report_html, "holes",
                                 (int)summary.all.holes));
    else if (!context->quiet) {
        print_block("out of fold", &summary.out_of_fold);
        print_block("held out", &summary.held_out);
        if (summary.n_by_rule)
            printf("the labels of %zu of these holes are those of the rules: errors there say how far model and rules "
                   "disagree\n",
                   summary.n_by_rule);
        print_block("for comparison, the rules", &summary.rules);
        print_block("for comparison, the inference system's algorithms", &summary.inference_system);
        printf("results: %s\nreport:  %s\n", o->output_report, summary.report_html);
    }
    if (summary.n_failed)
        fprintf(stderr, "%zu holes could not be predicted (--log-level warning names them)\n", summary.n_failed);
    int exit_status = summary.n_failed ? CLI_REFUSED : CLI_DONE;
    gm_evaluate_summary_finish(&summary);
    return exit_status;
}

const cli_command cli_evaluate = {
    .name = "evaluate",
    .summary = "judge a model in millimetres",
    .about =
        "Predicts every labelled hole and compares with its label: holes of the training set by the fold that has not\n"
        "seen them, all others by the whole ensemble; both kinds apart, in groups, with the interval's calibration,\n"
        "beside the rules and the inference system's algorithms on the same holes.",
    .example = "  gimlet evaluate --model-dir models/RUN --test-data data --output-report results.json",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
