#include "../cli.h"
#include "service/service.h"

typedef struct {
    char *data_dir, *author;
    int source;
} options;

static const char *const sources[] = {"expert", "truth", NULL};
static const gm_param_spec params[] = {
    {.key = "data-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, data_dir),
     .doc = "data directory, made by gimlet prepare"},
    {.key = "source",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(options, source),
     .fallback = "expert",
     .choices = sources,
     .doc = "read by a person, or measured"},
    {.key = "author",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, author),
     .doc = "who labelled; labels of several people are kept side by side"},
};

static void print_agreement(const gm_import_summary *s) {
    printf("the rules against these labels:\n  %-11s %5s %9s %9s %9s %7s %7s  %s\n", "", "holes", "MAE mm", "bias mm",
           "P95 mm", "missed", "extra", "worst");
    for (int i = 0; i < GM_N_AGREEMENTS; i++) {
        const gm_label_agreement *a = &s->agreement[i];
        if (a->n == 0) continue;
        printf("  %-11s %5zu %9.3f %+9.3f %9.3f %7zu %7zu  %s (%+.2f)\n", gm_eval_title(i), a->n, a->mae_mm, a->bias_mm,
               a->p95_mm, a->only_b, a->only_a, a->worst, a->worst_mm);
    }
}

static json_t *agreement_json(const gm_import_summary *s) {
    json_t *all = json_object();
    for (int i = 0; s->has_agreement && i < GM_N_AGREEMENTS; i++) {
        const gm_label_agreement *a = &s->agreement[i];
        if (a->n)
            json_object_set_new(all, gm_eval_name(i),
                                json_pack("{s:i, s:f, s:f, s:f}", "n", (int)a->n, "mae_mm", a->mae_mm, "bias_mm",
                                          a->bias_mm, "p95_mm", a->p95_mm));
    }
    return all;
}

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    if (!o->data_dir || context->positionals.count != 1)
        return cli_fail("labels import",
                        gm_fail(&err, GM_E_ARG, "--data-dir and one file (CSV, or JSON of Label Studio) are needed"),
                        &err);
    gm_import_summary summary;
    const char *path = context->positionals.items[0];
    gm_import_options how = {o->source == 1 ? GM_SOURCE_TRUTH : GM_SOURCE_EXPERT, o->author, cli_caller(), path};
    gm_status status = gm_labels_import(o->data_dir, path, &how, &summary, &err);
    if (status != GM_OK) return gm_import_summary_finish(&summary), cli_fail("labels import", status, &err);
    if (context->json)
        cli_print_json(json_pack("{s:i, s:i, s:i, s:o}", "rows", (int)summary.rows, "imported", (int)summary.imported,
                                 "unknown", (int)summary.unknown, "agreement", agreement_json(&summary)));
    else if (!context->quiet) {
        printf("%zu labels imported from %zu rows\n", summary.imported, summary.rows);
        if (summary.has_agreement) print_agreement(&summary);
    }
    if (summary.unknown)
        fprintf(stderr, "%zu rows name no file of %s, or more than one (write the path as labels.csv does):\n%s",
                summary.unknown, o->data_dir, summary.unknown_files ? summary.unknown_files : "");
    int exit_status = summary.unknown ? CLI_REFUSED : CLI_DONE;
    gm_import_summary_finish(&summary);
    return exit_status;
}

const cli_command cli_labels_import = {
    .name = "labels import",
    .summary = "take over labels from a table that experts filled in, or from Label Studio",
    .about = "Reads a table (comma, semicolon or tab; decimal point or comma) with the columns file, entry_mm,\n"
             "transition_mm, exit_mm; empty cells are points that are absent. Or the annotations that Label Studio "
             "exports as\n"
             "JSON. Imported labels win over those of the rules, which are kept beside them; the agreement of both is "
             "shown.",
    .positionals = "FILE",
    .example = "  gimlet labels import --data-dir data --author \"A. Meyer\" checked.csv",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
