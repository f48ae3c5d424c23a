/* models register | list | show | verify. */
#include "models_internal.h"

gm_status models_open(const models_place *place, bool create, gm_registry **out, gm_error *err) {
    const gm_registry_options options = {
        .models_dir = place->models_dir, .database = place->database, .create = create};
    return gm_registry_open(&options, out, err);
}

gm_status models_words(const cli_context *context, size_t n, const char *what, gm_error *err) {
    if (context->positionals.count == n) return GM_OK;
    return gm_fail_at(err, GM_E_ARG, 0, 0, "a model is NAME, NAME:VERSION or NAME@ALIAS", "%s needed", what);
}

const char *models_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

long long models_number(const json_t *object, const char *key) {
    return (long long)json_integer_value(json_object_get(object, key));
}

/* ---- register ---- */

typedef struct {
    models_place place;
    char *run, *description;
} register_options;

static const gm_param_spec register_params[] = {
    MODELS_PLACE,
    {.key = "run",
     .type = GM_PARAM_STRING,
     .offset = offsetof(register_options, run),
     .doc = "a finished run: its folder's name below --models-dir, or a path"},
    {.key = "description",
     .type = GM_PARAM_STRING,
     .offset = offsetof(register_options, description),
     .unit = "text",
     .doc = "what is new about it"},
};

gm_status models_read_tags(const cli_list *words, size_t first, json_t **out, gm_error *err) {
    json_t *tags = *out = json_object();
    for (size_t i = first; i < words->count; i++) {
        const char *word = words->items[i], *equals = strchr(word, '=');
        if (!equals || equals == word) return gm_fail(err, GM_E_ARG, "a tag is given as KEY=TEXT, not \"%s\"", word);
        gm_auto_free char *name = gm_strndup(word, (size_t)(equals - word));
        json_t *text = equals[1] ? json_string(equals + 1) : json_null();
        if (!text) return gm_fail(err, GM_E_ARG, "the tag %s is not UTF-8", name ? name : "");
        if (!name || json_object_set_new(tags, name, text) != 0) return gm_nomem(err);
    }
    return tags ? GM_OK : gm_nomem(err);
}

static int run_register(const cli_context *context, void *values) {
    const register_options *o = values;
    gm_error err = {0};
    gm_auto(gm_registry) registry = NULL;
    json_t *tags = NULL, *version = NULL;
    gm_status status = models_words(context, 1, "the name of the model is", &err);
    if (status == GM_OK && !o->run) status = gm_fail(&err, GM_E_ARG, "--run is needed");
    if (status == GM_OK) status = models_read_tags(&context->repeated, 0, &tags, &err);
    if (status == GM_OK) status = models_open(&o->place, false, &registry, &err);
    if (status == GM_OK) {
        const gm_register_request request = {.name = context->positionals.items[0],
                                             .run = o->run,
                                             .description = o->description,
                                             .tags = tags,
                                             .by = cli_caller()};
        status = gm_model_register(registry, &request, &version, &err);
    }
    json_decref(tags);
    if (status != GM_OK) return cli_fail("models register", status, &err);
    if (context->json) return cli_print_json(version), CLI_DONE;
    printf("%s:%lld\n", models_text(version, "model"), models_number(version, "version"));
    cli_say(context, "registered from %s: %zu files, %.1f MB, content %.12s", models_text(version, "run"),
            json_array_size(json_object_get(version, "files")), (double)models_number(version, "size_bytes") / 1e6,
            models_text(version, "digest"));
    json_decref(version);
    return CLI_DONE;
}

/* ---- list ---- */

static const gm_param_spec place_params[] = {MODELS_PLACE};

static void print_aliases(const json_t *aliases) {
    const char *alias;
    json_t *version;
    json_object_foreach ((json_t *)aliases, alias, version)
        printf(" %s=%lld", alias, (long long)json_integer_value(version));
}

static int run_list(const cli_context *context, void *values) {
    const models_place *place = values;
    gm_error err = {0};
    gm_auto(gm_registry) registry = NULL;
    json_t *list = NULL, *model;
    size_t i;
    gm_status status = models_open(place, false, &registry, &err);
    if (status == GM_OK) status = gm_registry_list(registry, &list, &err);
    if (status != GM_OK) return cli_fail("models list", status, &err);
    if (context->json) return cli_print_json(list), CLI_DONE;
    json_array_foreach (json_object_get(list, "items"), i, model) {
        const json_t *mae = json_object_get(json_object_get(model, "metrics"), "exit_mae_mm");
        printf("%-24s %3lld version%s", models_text(model, "name"), models_number(model, "n_versions"),
               models_number(model, "n_versions") == 1 ? " " : "s");
        if (json_is_number(mae)) printf("  exit MAE %.3f mm ", json_number_value(mae));
        print_aliases(json_object_get(model, "aliases"));
        putchar('\n');
    }
    if (!i) cli_say(context, "no models yet: gimlet models register makes one from a run");
    json_decref(list);
    return CLI_DONE;
}

/* ---- show ---- */

static void print_metrics(const json_t *metrics) {
    static const char *const points[] = {"entry", "transition", "exit", "hole_depth"};
    for (size_t i = 0; i < GM_COUNT(points); i++) {
        char key[40];
        snprintf(key, sizeof key, "%s_mae_mm", points[i]);
        const json_t *mae = json_object_get(metrics, key);
        if (json_is_number(mae)) printf("  %s %.3f", points[i], json_number_value(mae));
    }
}

void models_print_tags(const json_t *tags) {
    const char *name;
    json_t *text;
    json_object_foreach ((json_t *)tags, name, text) printf(" %s=%s", name, json_string_value(text));
}

/* What was changed, from what to what. */
static void print_change(const json_t *detail) {
    const char *tag = models_text(detail, "tag"), *old = json_string_value(json_object_get(detail, "old"));
    const char *new = json_string_value(json_object_get(detail, "new"));
    if (!*tag)
        printf(": \"%s\", was \"%s\"", new ? new : "", old ? old : "");
    else if (!new)
        printf(": %s taken away, was \"%s\"", tag, old ? old : "");
    else
        printf(old ? ": %s=%s, was \"%s\"" : ": %s=%s", tag, new, old);
}

static void print_line(const char *model, const json_t *line) {
    printf("  %.16s  %s  %s %s", models_text(line, "at"), models_text(line, "who"), models_text(line, "action"), model);
    if (models_number(line, "version")) printf(":%lld", models_number(line, "version"));
    if (*models_text(line, "alias")) printf(" as %s", models_text(line, "alias"));
    const json_t *detail = json_object_get(line, "detail"), *gate = json_object_get(detail, "gate");
    if (gate) printf(", gate: %s", models_text(gate, "name"));
    if (json_object_get(detail, "new")) print_change(detail);
    if (*models_text(line, "reason")) printf(": %s", models_text(line, "reason"));
    putchar('\n');
}

static void print_model(const json_t *model) {
    size_t i;
    json_t *one;
    printf("%s  %s\n", models_text(model, "name"), models_text(model, "description"));
    if (json_object_size(json_object_get(model, "tags"))) {
        printf("  tags:");
        models_print_tags(json_object_get(model, "tags"));
        putchar('\n');
    }
    json_array_foreach (json_object_get(model, "versions"), i, one) {
        size_t k;
        json_t *alias;
        printf("  %3lld  %.16s  %s  run %s  MAE mm:", models_number(one, "version"), models_text(one, "created_at"),
               models_text(one, "created_by"), models_text(one, "run"));
        print_metrics(json_object_get(one, "metrics"));
        json_array_foreach (json_object_get(one, "aliases"), k, alias) printf("  [%s]", json_string_value(alias));
        putchar('\n');
    }
    puts("history, newest first:");
    json_array_foreach (json_object_get(model, "history"), i, one) print_line(models_text(model, "name"), one);
}

static void print_version(const json_t *v) {
    const json_t *facts = json_object_get(v, "facts");
    size_t i;
    json_t *file;
    printf("%s:%lld  %s\n", models_text(v, "model"), models_number(v, "version"), models_text(v, "description"));
    printf("  registered  %s by %s (%s)\n", models_text(v, "created_at"), models_text(v, "created_by"),
           models_text(v, "origin"));
    if (json_object_size(json_object_get(v, "tags"))) {
        printf("  tags       ");
        models_print_tags(json_object_get(v, "tags"));
        putchar('\n');
    }
    printf("  run         %s\n  data set    %s\n  content     %s\n", models_text(v, "run"), models_text(v, "dataset"),
           models_text(v, "digest"));
    printf("  strategy    %s, %lld folds, seed %lld, gimlet %s\n  MAE, mm    ", models_text(facts, "strategy"),
           models_number(facts, "n_folds"), models_number(facts, "seed"), models_text(facts, "gimlet"));
    print_metrics(json_object_get(v, "metrics"));
    printf("\n  files       %zu, %.1f MB\n", json_array_size(json_object_get(v, "files")),
           (double)models_number(v, "size_bytes") / 1e6);
    json_array_foreach (json_object_get(v, "files"), i, file)
        printf("    %.12s  %9lld  %s\n", models_text(file, "sha256"), models_number(file, "size_bytes"),
               models_text(file, "path"));
}

static int run_show(const cli_context *context, void *values) {
    const models_place *place = values;
    gm_error err = {0};
    gm_auto(gm_registry) registry = NULL;
    json_t *json = NULL;
    gm_model_ref ref;
    gm_status status = models_words(context, 1, "one model is", &err);
    const char *model = context->positionals.count ? context->positionals.items[0] : "";
    bool whole = !strpbrk(model, ":@");
    if (status == GM_OK) status = models_open(place, false, &registry, &err);
    if (status == GM_OK) status = gm_registry_resolve(registry, model, &ref, &err);
    if (status == GM_OK)
        status = whole ? gm_registry_model(registry, model, &json, &err)
                       : gm_registry_version(registry, ref.model, ref.version, &json, &err);
    if (status != GM_OK) return cli_fail("models show", status, &err);
    if (context->json) return cli_print_json(json), CLI_DONE;
    if (whole)
        print_model(json);
    else
        print_version(json);
    json_decref(json);
    return CLI_DONE;
}

/* ---- verify ---- */

static int run_verify(const cli_context *context, void *values) {
    const models_place *place = values;
    gm_error err = {0};
    gm_auto(gm_registry) registry = NULL;
    json_t *result = NULL, *check;
    size_t i;
    gm_status status = models_words(context, 1, "one model is", &err);
    if (status == GM_OK) status = models_open(place, false, &registry, &err);
    if (status == GM_OK)
        status = gm_model_verify(registry, context->positionals.items[0], &context->observer, &result, &err);
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) return cli_fail("models verify", status, &err);
    bool good = json_is_true(json_object_get(result, "good"));
    if (context->json) return cli_print_json(result), good ? CLI_DONE : CLI_FAILED;
    printf("%s:%lld is %s\n", models_text(result, "model"), models_number(result, "version"),
           good ? "good" : "NOT good");
    json_array_foreach (json_object_get(result, "checks"), i, check)
        printf("  %-8s%-12s %s\n", models_text(check, "verdict"), models_text(check, "name"),
               models_text(check, "message"));
    json_decref(result);
    return good ? CLI_DONE : CLI_FAILED;
}

const cli_command cli_models_register = {
    .name = "models register",
    .summary = "give a finished run a name and a version",
    .about =
        "Copies what is needed of the run into the registry, by content, so that the version outlives the run's\n"
        "folder and equal files are kept once. The version gets the next number; later only its description and its\n"
        "tags can change.",
    .positionals = "NAME",
    .example = "  gimlet models register exit --run demo_20261126T081701Z --description \"more CFRP holes\"\n"
               "  gimlet models register exit --run models/RUN --tag line=A350",
    .params = register_params,
    .n_params = GM_COUNT(register_params),
    .options_size = sizeof(register_options),
    .repeated = "tag",
    .repeated_doc = "name=text, kept with the version",
    .run = run_register,
};
const cli_command cli_models_list = {
    .name = "models list",
    .summary = "registered models, their versions and aliases",
    .about = "One line for each model; the error is that of the champion, else of the newest version.",
    .example = "  gimlet models list\n  gimlet models list --models-dir models --json",
    .params = place_params,
    .n_params = GM_COUNT(place_params),
    .options_size = sizeof(models_place),
    .run = run_list,
};
const cli_command cli_models_show = {
    .name = "models show",
    .summary = "a model with its history, or one version with its files",
    .about = "NAME shows all versions and who did what when and why; NAME:3 or NAME@champion shows one version: which\n"
             "run, data set, settings and files made it.",
    .positionals = "MODEL",
    .example = "  gimlet models show exit\n  gimlet models show exit@champion",
    .params = place_params,
    .n_params = GM_COUNT(place_params),
    .options_size = sizeof(models_place),
    .run = run_show,
};
const cli_command cli_models_verify = {
    .name = "models verify",
    .summary = "is a registered model still what it was?",
    .about =
        "Fetches every file and compares its hash, checks the history and the signature, loads the weights, runs\n"
        "the ONNX file against them, and where the records are at hand predicts some holes anew. Ends with 1 when\n"
        "anything is not as it was.",
    .positionals = "MODEL",
    .example = "  gimlet models verify exit@champion",
    .params = place_params,
    .n_params = GM_COUNT(place_params),
    .options_size = sizeof(models_place),
    .run = run_verify,
};
