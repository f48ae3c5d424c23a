#include "../cli.h"
#include "service/service.h"

typedef struct {
    char *data_dir, *output;
    int format;
} options;

static const char *const formats[] = {"csv", "label-studio", NULL};

static const gm_param_spec params[] = {
    {.key = "data-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, data_dir),
     .doc = "data directory, made by gimlet prepare"},
    {.key = "output",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, output),
     .unit = "file",
     .doc = "file to write [DATA/labels.csv, or DATA/labels.json for Label Studio]"},
    {.key = "format",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(options, format),
     .fallback = "csv",
     .choices = formats,
     .doc = "a table of the labels that count, or all labels as tasks of Label Studio"},
};

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    if (!o->data_dir) return cli_fail("labels export", gm_fail(&err, GM_E_ARG, "--data-dir is needed"), &err);
    gm_auto_free char *path =
        o->output ? gm_strdup(o->output) : gm_path_join(o->data_dir, o->format ? "labels.json" : "labels.csv");
    size_t n = 0;
    gm_status status =
        path ? gm_labels_export(o->data_dir, o->format ? GM_LABELS_LABEL_STUDIO : GM_LABELS_CSV, path, &n, &err)
             : gm_nomem(&err);
    if (status != GM_OK) return cli_fail("labels export", status, &err);
    if (context->json)
        cli_print_json(json_pack("{s:s, s:i}", "file", path, "rows", (int)n));
    else if (!context->quiet)
        printf("%zu %s written to %s\n", n, o->format ? "tasks" : "labels", path);
    return CLI_DONE;
}

const cli_command cli_labels_export = {
    .name = "labels export",
    .summary = "write the labels of a data directory as a table",
    .about =
        "Writes one row per hole with the label that counts: the truth where it is known, else an expert's, else a\n"
        "model's, else that of the rules; with confidence, source and the evidence in words. As tasks of Label "
        "Studio,\n"
        "every hole comes with all its labels: people's as annotations, the others as predictions.",
    .example = "  gimlet labels export --data-dir data --output labels.csv",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
