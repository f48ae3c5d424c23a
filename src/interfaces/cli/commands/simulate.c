#include "../cli.h"
#include "data/simulation/simulation.h"

#include <stdlib.h>

typedef struct {
    char *output_dir;
    int holes, seed, threads;
    double anomalies;
} options;

static const gm_param_spec params[] = {
    {.key = "output-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, output_dir),
     .doc = "folder to write to, made where absent"},
    {.key = "holes",
     .type = GM_PARAM_INT,
     .offset = offsetof(options, holes),
     .fallback = "300",
     .min = 1,
     .max = 1000000,
     .doc = "how many"},
    {.key = "seed",
     .type = GM_PARAM_INT,
     .offset = offsetof(options, seed),
     .fallback = "1",
     .min = 0,
     .max = 2147483647,
     .doc = "the same seed gives the same bytes"},
    {.key = "anomalies",
     .type = GM_PARAM_FLOAT,
     .offset = offsetof(options, anomalies),
     .fallback = "0.03",
     .min = 0,
     .max = 1,
     .doc = "share of irregular holes: air, re-drilled, not through, ..."},
    CLI_THREADS("processors to use; 0 = all"),
};

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    if (!o->output_dir) return cli_fail("simulate", gm_fail(&err, GM_E_ARG, "--output-dir is needed"), &err);
    gm_simulation_options request = {.output_dir = o->output_dir,
                                     .holes = o->holes,
                                     .seed = (uint64_t)o->seed,
                                     .families = context->repeated.items,
                                     .n_families = context->repeated.count,
                                     .anomaly_rate = o->anomalies,
                                     .threads = o->threads,
                                     .observer = &context->observer};
    gm_simulation_summary summary;
    gm_status status = gm_simulate(&request, &summary, &err);
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) return gm_simulation_summary_finish(&summary), cli_fail("simulate", status, &err);
    if (context->json)
        cli_print_json(json_pack("{s:i, s:i, s:s}", "holes", (int)summary.holes, "anomalies", (int)summary.anomalies,
                                 "truth", summary.truth_csv));
    else if (!context->quiet)
        printf("%zu holes written to %s, %zu of them irregular; their true points: %s\n", summary.holes, o->output_dir,
               summary.anomalies, summary.truth_csv);
    gm_simulation_summary_finish(&summary);
    return CLI_DONE;
}

const cli_command cli_simulate = {
    .name = "simulate",
    .summary = "make records of known truth, as a machine would have written them",
    .about = "Writes machine files of simulated holes, one folder per family (cfrp_ti_two_step, cfrp_al_two_step,\n"
             "cfrp_al_single_step, cfrp_ti_micropeck, cfrp_metal_three_step, cfrp_ti_four_step, single_layer), and "
             "truth.csv\n"
             "with the depths at which the drill really entered, met the next material and came out.",
    .example = "  gimlet simulate --output-dir simulated --holes 300 --seed 1\n"
               "  gimlet simulate --output-dir simulated --holes 40 --family cfrp_ti_micropeck",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .repeated = "family",
    .repeated_doc = "only this family of holes",
    .run = run,
};
