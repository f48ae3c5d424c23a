/* models describe | tag | delete: what people say about models, and versions that nobody needs any more. */
#include "models_internal.h"

static const gm_param_spec place_params[] = {MODELS_PLACE};

/* What it says now; NAME is the model itself, else a version. */
static void print_said(const cli_context *context, const json_t *one) {
    bool version = json_object_get(one, "version") != NULL;
    if (context->quiet) return;
    printf("%s", models_text(one, version ? "model" : "name"));
    if (version) printf(":%lld", models_number(one, "version"));
    printf("  %s\n", models_text(one, "description"));
    if (!json_object_size(json_object_get(one, "tags"))) return;
    printf("  tags:");
    models_print_tags(json_object_get(one, "tags"));
    putchar('\n');
}

static int change(const cli_context *context, const models_place *place, const char *command, gm_status status,
                  const char *description, const json_t *tags, gm_error *err) {
    gm_auto(gm_registry) registry = NULL;
    json_t *one = NULL;
    if (status == GM_OK) status = models_open(place, false, &registry, err);
    if (status == GM_OK)
        status = gm_model_describe(registry, context->positionals.items[0], description, tags, cli_caller(), &one, err);
    if (status != GM_OK) return cli_fail(command, status, err);
    if (context->json) return cli_print_json(one), CLI_DONE;
    print_said(context, one);
    json_decref(one);
    return CLI_DONE;
}

static int run_describe(const cli_context *context, void *values) {
    gm_error err = {0};
    gm_status status = models_words(context, 2, "one model and one text in quotes are", &err);
    return change(context, values, "models describe", status, status == GM_OK ? context->positionals.items[1] : NULL,
                  NULL, &err);
}

static int run_tag(const cli_context *context, void *values) {
    gm_error err = {0};
    json_t *tags = NULL;
    gm_status status = context->positionals.count ? GM_OK : models_words(context, 1, "one model is", &err);
    if (status == GM_OK) status = models_read_tags(&context->positionals, 1, &tags, &err);
    int code = change(context, values, "models tag", status, NULL, tags, &err);
    json_decref(tags);
    return code;
}

/* ---- delete ---- */

typedef struct {
    models_place place;
    char *reason;
} delete_options;

static const gm_param_spec delete_params[] = {
    MODELS_PLACE,
    {.key = "reason",
     .type = GM_PARAM_STRING,
     .offset = offsetof(delete_options, reason),
     .unit = "text",
     .doc = "why; it stands in the history, and must be given"},
};

static int run_delete(const cli_context *context, void *values) {
    const delete_options *o = values;
    gm_error err = {0};
    gm_auto(gm_registry) registry = NULL;
    json_t *result = NULL;
    gm_status status = models_words(context, 1, "one version of a model is", &err);
    if (status == GM_OK && !o->reason) status = gm_fail(&err, GM_E_ARG, "--reason is needed");
    if (status == GM_OK) status = models_open(&o->place, false, &registry, &err);
    if (status == GM_OK)
        status = gm_model_delete(registry, context->positionals.items[0], cli_caller(), o->reason, &result, &err);
    if (status != GM_OK) return cli_fail("models delete", status, &err);
    if (context->json) return cli_print_json(result), CLI_DONE;
    cli_say(context, "%s:%lld is deleted: %lld files that no other version has, %.1f MB", models_text(result, "model"),
            models_number(result, "version"), models_number(result, "freed_files"),
            (double)models_number(result, "freed_bytes") / 1e6);
    if (*models_text(result, "problem"))
        fprintf(stderr,
                "%lld files are still in the storage; the next models delete or models verify removes them: %s\n",
                models_number(result, "waiting_files"), models_text(result, "problem"));
    json_decref(result);
    return CLI_DONE;
}

const cli_command cli_models_describe = {
    .name = "models describe",
    .summary = "say what a model or one of its versions is",
    .about = "NAME is the model itself, NAME:3 or NAME@champion a version. The history keeps who changed it when, and\n"
             "the text before. A passport that was made already stays as it is.",
    .positionals = "MODEL TEXT",
    .example = "  gimlet models describe exit \"exit point of two-layer holes, all machines\"\n"
               "  gimlet models describe exit:3 \"more CFRP holes\"",
    .params = place_params,
    .n_params = GM_COUNT(place_params),
    .options_size = sizeof(models_place),
    .run = run_describe,
};
const cli_command cli_models_tag = {
    .name = "models tag",
    .summary = "put tags on a model or a version, or take them away",
    .about =
        "KEY=TEXT sets a tag, KEY= takes it away; the history keeps who did it when, and the text before. NAME is\n"
        "the model itself, NAME:3 or NAME@champion a version. Without tags it shows those that there are.",
    .positionals = "MODEL [KEY=TEXT...]",
    .example = "  gimlet models tag exit line=A350 owner=drilling\n  gimlet models tag exit:3 reviewed=",
    .params = place_params,
    .n_params = GM_COUNT(place_params),
    .options_size = sizeof(models_place),
    .run = run_tag,
};
const cli_command cli_models_delete = {
    .name = "models delete",
    .summary = "take away a version that nobody needs",
    .about =
        "Refused while an alias points to it. Its number is never used again, no rollback goes back to it, and the\n"
        "history keeps what it was, who deleted it and why. Files that no other version has are freed. There is\n"
        "no way back: export a passport first where in doubt.",
    .positionals = "NAME:VERSION",
    .example = "  gimlet models delete exit:2 --reason \"trained without panel 7\"",
    .params = delete_params,
    .n_params = GM_COUNT(delete_params),
    .options_size = sizeof(delete_options),
    .run = run_delete,
};
