#include "../cli.h"

#include "service/models/predict.h"
#include "service/registry/registry.h"

#include <math.h>
#include <string.h>

typedef struct {
    char *model_dir, *models_dir;
    int format, threads;
} options;

enum { AS_TABLE, AS_CSV, AS_JSON };
static const char *const formats[] = {"table", "csv", "json", NULL};
static const gm_param_spec params[] = {
    {.key = "model-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, model_dir),
     .doc = "a run of gimlet train, or one of its folds; or a registered model: NAME:3, NAME@champion"},
    CLI_MODELS_DIR("where the registry is, for NAME:3 and NAME@champion"),
    {.key = "format",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(options, format),
     .fallback = "table",
     .choices = formats,
     .doc = "how to print"},
    CLI_THREADS("processors to use; 0 = all"),
};

/* A number or nothing. */
static void put_cell(gm_text *out, double value) {
    gm_text_append(out, ",");
    if (!isnan(value)) gm_text_number(out, value, 3);
}

static void print_csv(const char *file, const gm_prediction *p) {
    gm_auto_text line = GM_TEXT_INIT;
    gm_text_csv(&line, file);
    for (int k = 0; k < GM_N_POINTS; k++) put_cell(&line, p->label.points[k].mm);
    for (int k = 0; k < GM_N_POINTS; k++) {
        put_cell(&line, p->low_mm[k]);
        put_cell(&line, p->high_mm[k]);
    }
    if (p->grip_code > 0)
        gm_text_printf(&line, ",%d", p->grip_code);
    else
        gm_text_append(&line, ",");
    for (int k = 0; k < GM_N_POINTS; k++) put_cell(&line, p->label.points[k].confidence);
    puts(gm_text_c(&line));
}

static void print_row(const char *file, const gm_prediction *p) {
    printf("%-36.36s", gm_path_base(file));
    for (int k = 0; k < GM_N_POINTS; k++) {
        if (isnan(p->label.points[k].mm))
            printf("  %18s", "-");
        else
            printf("  %8.3f +-%6.3f", p->label.points[k].mm, (p->high_mm[k] - p->low_mm[k]) / 2);
    }
    char layers[48] = "-";
    size_t n = 0;
    for (int i = 0; i < p->n_layers; i++)
        n += (size_t)snprintf(layers + n, sizeof layers - n, "%s%.2f", i ? " + " : "", p->layers_mm[i]);
    printf("  %-14s", layers);
    if (p->grip_code > 0)
        printf("  %4d\n", p->grip_code);
    else
        printf("  %4s\n", "-");
    for (int i = 0; i < p->n_warnings; i++) printf("    %s\n", p->warnings[i]);
}

static gm_status predict_file(gm_predictor *predictor, const char *file, gm_prediction *out, gm_error *err) {
    gm_auto_free char *bytes = NULL;
    size_t size;
    GM_TRY(gm_read_file(file, GM_MAX_RECORD_BYTES, &bytes, &size, err));
    return gm_predict_record(predictor, &(gm_source){file, bytes, size}, out, err);
}

static size_t predict_all(const cli_context *context, gm_predictor *predictor, int format, json_t *list) {
    size_t n_failed = 0, n_rows = 0;
    for (size_t i = 0; i < context->positionals.count && !cli_interrupted(); i++) {
        const char *file = context->positionals.items[i];
        gm_prediction prediction;
        gm_error err = {0};
        gm_status status = predict_file(predictor, file, &prediction, &err);
        if (status != GM_OK) {
            char text[800];
            bool named = strstr(err.message, file) != NULL;
            fprintf(stderr, "gimlet predict: %s%s%s\n", named ? "" : file, named ? "" : ": ",
                    gm_error_text(&err, text, sizeof text));
            n_failed++;
        } else if (format == AS_CSV)
            print_csv(file, &prediction);
        else if (format == AS_JSON)
            json_array_append_new(list, gm_prediction_json(file, &prediction));
        else {
            if (!n_rows++)
                printf("%-36s  %18s  %18s  %18s  %-14s  %4s\n", "file", "entry mm", "transition mm", "exit mm",
                       "layers mm", "grip");
            print_row(file, &prediction);
        }
    }
    return n_failed;
}

static int run(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    if (!o->model_dir || context->positionals.count == 0)
        return cli_fail("predict", gm_fail(&err, GM_E_ARG, "--model-dir and at least one file are needed"), &err);
    gm_auto(gm_predictor) predictor = NULL;
    gm_auto_free char *folder = NULL;
    gm_status status = gm_model_folder(o->models_dir, o->model_dir, &folder, &err);
    if (status == GM_OK) status = gm_predictor_open(folder, o->threads, &predictor, &err);
    if (status != GM_OK) return cli_fail("predict", status, &err);
    int format = context->json ? AS_JSON : o->format;
    if (format == AS_CSV)
        puts("file,entry_mm,transition_mm,exit_mm,entry_low_mm,entry_high_mm,transition_low_mm,transition_high_mm,"
             "exit_low_mm,exit_high_mm,grip_code,entry_confidence,transition_confidence,exit_confidence");
    json_t *list = json_array();
    size_t n_failed = predict_all(context, predictor, format, list);
    if (format == AS_JSON)
        cli_print_json(list);
    else
        json_decref(list);
    if (cli_interrupted()) return CLI_INTERRUPTED;
    if (n_failed == context->positionals.count) return CLI_FAILED;
    return n_failed ? CLI_REFUSED : CLI_DONE;
}

const cli_command cli_predict = {
    .name = "predict",
    .summary = "at which depths did the drill enter, meet the next material, come out?",
    .positionals = "FILE...",
    .about =
        "Reads records and prints the points with their interval, the layer thicknesses and the grip code of the\n"
        "fastener. Needs nothing but the model's folder and the files. A point that the hole does not have is \"-\".\n"
        "Confidence (csv, json) is the probability that the point lies within 0.3 mm of that depth, or that there is\n"
        "none; below 0.7 the table warns.",
    .example = "  gimlet predict --model-dir models/RUN machine_files/V5_1.xls\n"
               "  gimlet predict --model-dir models/RUN --format csv machine_files/*.xls > points.csv\n"
               "  gimlet predict --model-dir exit@champion machine_files/V5_1.xls",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run,
};
