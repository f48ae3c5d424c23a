/* models export | import: versions to and from signed files. */
#include "models_internal.h"

typedef struct {
    models_place place;
    char *output;
} export_options;

static const gm_param_spec export_params[] = {
    MODELS_PLACE,
    {.key = "output",
     .type = GM_PARAM_STRING,
     .offset = offsetof(export_options, output),
     .unit = "file",
     .doc = "where to"},
};

static int run_export(const cli_context *context, void *values) {
    const export_options *o = values;
    gm_error err = {0};
    gm_auto(gm_registry) registry = NULL;
    json_t *result = NULL;
    gm_status status = models_words(context, 1, "one model is", &err);
    if (status == GM_OK && !o->output) status = gm_fail(&err, GM_E_ARG, "--output is needed");
    if (status == GM_OK) status = models_open(&o->place, false, &registry, &err);
    if (status == GM_OK)
        status =
            gm_model_export_passport(registry, context->positionals.items[0], cli_caller(), o->output, &result, &err);
    if (status != GM_OK) return cli_fail("models export", status, &err);
    if (context->json) return cli_print_json(result), CLI_DONE;
    cli_say(context, "%s:%lld written to %s, %.1f MB", models_text(result, "model"), models_number(result, "version"),
            o->output, (double)models_number(result, "size_bytes") / 1e6);
    cli_say(context, "signed by %s: tell it to whom you send the file", models_text(result, "fingerprint"));
    json_decref(result);
    return CLI_DONE;
}

typedef struct {
    models_place place;
    char *name, *trust;
} import_options;

static const gm_param_spec import_params[] = {
    MODELS_PLACE,
    {.key = "name",
     .type = GM_PARAM_STRING,
     .offset = offsetof(import_options, name),
     .doc = "of the model here [as in the passport]"},
    {.key = "trust",
     .type = GM_PARAM_STRING,
     .offset = offsetof(import_options, trust),
     .unit = "fingerprint",
     .doc = "the signer to trust from now on; at least the first 16 digits"},
};

static const char *why_trusted(const char *how) {
    if (strcmp(how, "own") == 0) return "the key of this registry";
    if (strcmp(how, "known") == 0) return "trusted here before";
    if (strcmp(how, "given") == 0) return "trusted from now on";
    return "the first signer here, trusted from now on: make sure with the sender that this is right";
}

static int run_import(const cli_context *context, void *values) {
    const import_options *o = values;
    gm_error err = {0};
    gm_auto(gm_registry) registry = NULL;
    json_t *result = NULL;
    gm_status status = models_words(context, 1, "one file is", &err);
    if (status == GM_OK) status = models_open(&o->place, true, &registry, &err);
    if (status == GM_OK) {
        const gm_import_request request = {
            .path = context->positionals.items[0], .name = o->name, .trust = o->trust, .by = cli_caller()};
        status = gm_model_import_passport(registry, &request, &result, &err);
    }
    if (status != GM_OK) return cli_fail("models import", status, &err);
    if (context->json) return cli_print_json(result), CLI_DONE;
    printf("%s:%lld\n", models_text(result, "model"), models_number(result, "version"));
    cli_say(context, "signed by %s (%s)", models_text(result, "fingerprint"),
            why_trusted(models_text(result, "trusted")));
    json_decref(result);
    return CLI_DONE;
}

const cli_command cli_models_export = {
    .name = "models export",
    .summary = "a model as one signed file, for another machine",
    .about =
        "The passport: weights, ONNX, configuration, data set, cross-validation, calibration, limits of use, and a\n"
        "page that opens without a network, signed (Ed25519) with the key in MODELS/keys, which is made at first\n"
        "use. A tar file: any program can look into it. The same model gives the same bytes each time.",
    .positionals = "MODEL",
    .example = "  gimlet models export exit@champion --output exit.passport",
    .params = export_params,
    .n_params = GM_COUNT(export_params),
    .options_size = sizeof(export_options),
    .run = run_export,
};
const cli_command cli_models_import = {
    .name = "models import",
    .summary = "take in a signed file of another machine",
    .about = "Checks signature and every byte, then registers the model as the next version of its name. A registry\n"
             "that trusts nobody yet trusts the first signer and says so; after that, others only with --trust.",
    .positionals = "FILE",
    .example = "  gimlet models import exit.passport\n  gimlet models import exit.passport --trust 3f9a5c0d12e47b68",
    .params = import_params,
    .n_params = GM_COUNT(import_params),
    .options_size = sizeof(import_options),
    .run = run_import,
};
