#include "../cli.h"
#include "service/service.h"

typedef struct {
    char *input_dir, *output_dir;
    bool validate, auto_label;
    int threads;
} options;

static const gm_param_spec params[] = {
    {.key = "input-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, input_dir),
     .doc = "folder of machine files, searched with all its subfolders"},
    {.key = "output-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, output_dir),
     .doc = "data directory: made where absent, brought up to date where present"},
    {.key = "validate",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(options, validate),
     .fallback = "false",
     .doc = "check every record; writes quality/report.html"},
    {.key = "auto-label",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(options, auto_label),
     .fallback = "false",
     .doc = "find entry, transition and exit by rule; writes labels.csv"},
    CLI_THREADS("processors to use; 0 = all"),
};

static void print_json(const gm_prepare_summary *s) {
    cli_print_json(json_pack(
        "{s:i, s:i, s:i, s:i, s:{s:i, s:i, s:i, s:i}, s:i, s:{s:i, s:i, s:i}, s:s?, s:s?, s:s?, s:f}", "files",
        (int)s->files, "skipped", (int)s->skipped, "unchanged", (int)s->unchanged, "records", (int)s->records,
        "verdicts", "ok", (int)s->verdicts[GM_INFO], "warning", (int)s->verdicts[GM_WARNING], "failed",
        (int)s->verdicts[GM_FAILURE], "error", (int)s->verdicts[GM_ERROR], "forgotten", (int)s->forgotten, "labels",
        "high", (int)s->labels[0], "medium", (int)s->labels[1], "low", (int)s->labels[2], "report_json", s->report_json,
        "report_html", s->report_html, "labels_csv", s->labels_csv, "seconds", s->seconds));
}

static void print_text(const cli_context *context, const gm_prepare_summary *s, bool labelled) {
    if (s->refused) fprintf(stderr, "not readable as records:\n%s", s->refused);
    if (s->files == 0)
        fprintf(stderr, "none of the %zu files is a drilling record: is this the right folder?\n", s->skipped);
    if (context->quiet) return;
    printf("%zu records of %zu files (%zu known from before, %zu other%s skipped) in %.1f s\n", s->records, s->files,
           s->unchanged, s->skipped, s->skipped == 1 ? "" : "s", s->seconds);
    printf("  ok %zu, with warnings %zu, not fit for training %zu, unreadable %zu\n", s->verdicts[GM_INFO],
           s->verdicts[GM_WARNING], s->verdicts[GM_FAILURE], s->verdicts[GM_ERROR]);
    if (labelled)
        printf("  points found: entry %zu, transition %zu, exit %zu; confidence high %zu, medium %zu, low %zu\n",
               s->points[GM_ENTRY], s->points[GM_TRANSITION], s->points[GM_EXIT], s->labels[0], s->labels[1],
               s->labels[2]);
    if (s->forgotten) printf("  %zu files are gone from the folder and were forgotten\n", s->forgotten);
    if (s->report_html) printf("quality report: %s\n", s->report_html);
    if (s->labels_csv) printf("labels:         %s\n", s->labels_csv);
}

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    if (!o->input_dir || !o->output_dir)
        return cli_fail("prepare", gm_fail(&err, GM_E_ARG, "--input-dir and --output-dir are needed"), &err);
    gm_prepare_options request = {o->input_dir,  o->output_dir, o->validate,
                                  o->auto_label, o->threads,    &context->observer};
    gm_prepare_summary summary;
    gm_status status = gm_prepare(&request, &summary, &err);
    if (status != GM_OK) return gm_prepare_summary_finish(&summary), cli_fail("prepare", status, &err);
    cli_progress_finish(context->observer.ctx);
    if (context->json)
        print_json(&summary);
    else
        print_text(context, &summary, o->auto_label);
    int exit_status = summary.verdicts[GM_ERROR] ? CLI_REFUSED : CLI_DONE;
    gm_prepare_summary_finish(&summary);
    return exit_status;
}

const cli_command cli_prepare = {
    .name = "prepare",
    .summary = "read, check, label and keep a folder of machine files",
    .about =
        "Reads every drilling record below a folder (Setitec text files of all versions, the machines' JSON "
        "messages),\n"
        "checks it, finds the points at which the drill entered, met the next material and came out, and keeps all\n"
        "of it in a data directory for training. Files that did not change are not read again. Files that are no\n"
        "records are listed, with what to do about them; the others are not held up by them.",
    .example = "  gimlet prepare --input-dir machine_files --output-dir data --validate --auto-label\n"
               "  then open data/quality/report.html",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
