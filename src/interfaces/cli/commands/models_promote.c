/* models promote | rollback | compare. */
#include "models_internal.h"

void models_print_gate(const json_t *gate) {
    size_t i;
    json_t *finding;
    json_array_foreach (json_object_get(gate, "findings"), i, finding)
        printf("  %-8s%-14s %s\n", models_text(finding, "verdict"), models_text(finding, "rule"),
               models_text(finding, "message"));
}

typedef struct {
    models_place place;
    char *alias, *gate, *reason;
    bool check;
} promote_options;

static const gm_param_spec promote_params[] = {
    MODELS_PLACE,
    {.key = "alias",
     .type = GM_PARAM_STRING,
     .offset = offsetof(promote_options, alias),
     .fallback = "champion",
     .doc = "what it becomes: champion, candidate, or a name of your own"},
    {.key = "gate",
     .type = GM_PARAM_STRING,
     .offset = offsetof(promote_options, gate),
     .unit = "file",
     .doc = "rules in YAML, or none [for the champion MODELS/gate.yaml, else the standard gate; for others none]"},
    {.key = "reason",
     .type = GM_PARAM_STRING,
     .offset = offsetof(promote_options, reason),
     .unit = "text",
     .doc = "why; it stands in the history"},
    {.key = "check",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(promote_options, check),
     .fallback = "false",
     .doc = "ask the gate only, change nothing"},
};

static void print_promotion(const json_t *result) {
    bool promoted = json_is_true(json_object_get(result, "promoted"));
    const json_t *gate = json_object_get(result, "gate");
    bool passed = json_is_true(json_object_get(gate, "passed"));
    printf("%s:%lld %s %s", models_text(result, "model"), models_number(result, "version"),
           promoted ? "is now the"
           : passed ? "would become the"
                    : "does NOT become the",
           models_text(result, "alias"));
    if (promoted && json_is_integer(json_object_get(result, "previous")))
        printf(" (before: version %lld)", models_number(result, "previous"));
    puts(json_is_object(gate) ? passed ? ": the gate is passed" : ": the gate refuses" : ", without a gate");
    models_print_gate(gate);
}

static int run_promote(const cli_context *context, void *values) {
    const promote_options *o = values;
    gm_error err = {0};
    gm_auto(gm_registry) registry = NULL;
    json_t *result = NULL;
    gm_status status = models_words(context, 1, "one model is", &err);
    if (status == GM_OK) status = models_open(&o->place, false, &registry, &err);
    if (status == GM_OK) {
        const gm_promote_request request = {.model = context->positionals.items[0],
                                            .alias = o->alias,
                                            .gate = o->gate,
                                            .reason = o->reason,
                                            .by = cli_caller(),
                                            .only_check = o->check,
                                            .observer = &context->observer};
        status = gm_model_promote(registry, &request, &result, &err);
    }
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) return cli_fail("models promote", status, &err);
    const json_t *gate = json_object_get(result, "gate");
    bool good = !json_is_object(gate) || json_is_true(json_object_get(gate, "passed"));
    if (context->json) return cli_print_json(result), good ? CLI_DONE : CLI_FAILED;
    if (!context->quiet || !good) print_promotion(result);
    json_decref(result);
    return good ? CLI_DONE : CLI_FAILED;
}

/* ---- rollback ---- */

typedef struct {
    models_place place;
    char *alias, *reason;
} rollback_options;

static const gm_param_spec rollback_params[] = {
    MODELS_PLACE,
    {.key = "alias",
     .type = GM_PARAM_STRING,
     .offset = offsetof(rollback_options, alias),
     .fallback = "champion",
     .doc = "which alias goes back"},
    {.key = "reason",
     .type = GM_PARAM_STRING,
     .offset = offsetof(rollback_options, reason),
     .unit = "text",
     .doc = "why; it stands in the history"},
};

static int run_rollback(const cli_context *context, void *values) {
    const rollback_options *o = values;
    gm_error err = {0};
    gm_auto(gm_registry) registry = NULL;
    json_t *result = NULL;
    gm_status status = models_words(context, 1, "the name of one model is", &err);
    if (status == GM_OK) status = models_open(&o->place, false, &registry, &err);
    if (status == GM_OK)
        status = gm_model_rollback(registry, context->positionals.items[0], o->alias, cli_caller(), o->reason, &result,
                                   &err);
    if (status != GM_OK) return cli_fail("models rollback", status, &err);
    if (context->json) return cli_print_json(result), CLI_DONE;
    cli_say(context, "the %s of %s is version %lld again, was %lld (%.1f ms)", models_text(result, "alias"),
            models_text(result, "model"), models_number(result, "to"), models_number(result, "from"),
            json_number_value(json_object_get(result, "ms")));
    json_decref(result);
    return CLI_DONE;
}

/* ---- compare ---- */

typedef struct {
    models_place place;
    char *html;
} compare_options;

static const gm_param_spec compare_params[] = {
    MODELS_PLACE,
    {.key = "html",
     .type = GM_PARAM_STRING,
     .offset = offsetof(compare_options, html),
     .unit = "file",
     .doc = "a page with all groups, figures and settings"},
};

static double real_at(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static void print_comparison(const json_t *c) {
    const json_t *a = json_object_get(c, "a"), *b = json_object_get(c, "b");
    size_t i;
    json_t *row;
    printf("A %s:%lld, B %s:%lld: %lld holes that both have not seen%s\n", models_text(a, "model"),
           models_number(a, "version"), models_text(b, "model"), models_number(b, "version"),
           models_number(c, "common_holes"),
           json_is_true(json_object_get(c, "same_dataset")) ? ", the same data set" : "");
    printf("  %-11s %6s %9s %9s %9s %20s %8s\n", "", "holes", "A MAE mm", "B MAE mm", "B - A", "95 %", "p");
    json_array_foreach (json_object_get(c, "metrics"), i, row)
        printf("  %-11s %6lld %9.4f %9.4f %+9.4f %+9.4f to %+7.4f %8.3g  B is %s\n", models_text(row, "point"),
               models_number(row, "n"), real_at(row, "a"), real_at(row, "b"), real_at(row, "difference"),
               real_at(row, "low"), real_at(row, "high"), real_at(row, "p"),
               strcmp(models_text(row, "verdict"), "no difference") == 0 ? "as good" : models_text(row, "verdict"));
    json_array_foreach (json_object_get(c, "groups"), i, row)
        if (strcmp(models_text(row, "verdict"), "better") == 0 || strcmp(models_text(row, "verdict"), "worse") == 0)
            printf("  %s %s, %s: %+.4f mm on %lld holes, B is %s\n", models_text(row, "kind"), models_text(row, "name"),
                   models_text(row, "point"), real_at(row, "difference"), models_number(row, "n"),
                   models_text(row, "verdict"));
    printf("  size %.2f and %.2f MB, a window takes %.2f and %.2f ms\n", real_at(a, "size_bytes") / 1e6,
           real_at(b, "size_bytes") / 1e6, real_at(a, "latency_ms"), real_at(b, "latency_ms"));
    json_array_foreach (json_object_get(c, "settings"), i, row)
        printf("  %s: %s and %s\n", models_text(row, "key"), models_text(row, "a"), models_text(row, "b"));
}

static gm_status write_page(const json_t *comparison, const char *path, gm_error *err) {
    gm_auto_text page = GM_TEXT_INIT;
    GM_TRY(gm_model_compare_page(comparison, &page, err));
    return gm_write_file(path, page.data, page.length, err);
}

static int run_compare(const cli_context *context, void *values) {
    const compare_options *o = values;
    gm_error err = {0};
    gm_auto(gm_registry) registry = NULL;
    json_t *c = NULL;
    const char *const *words = context->positionals.items;
    gm_status status = models_words(context, 2, "two models are", &err);
    if (status == GM_OK) status = models_open(&o->place, false, &registry, &err);
    if (status == GM_OK) status = gm_model_compare(registry, words[0], words[1], &c, &err);
    if (status == GM_OK && o->html) status = write_page(c, o->html, &err);
    if (status != GM_OK) return json_decref(c), cli_fail("models compare", status, &err);
    if (context->json) return cli_print_json(c), CLI_DONE;
    print_comparison(c);
    if (o->html) cli_say(context, "page: %s", o->html);
    json_decref(c);
    return CLI_DONE;
}

const cli_command cli_models_compare = {
    .name = "models compare",
    .summary = "two registered models hole by hole",
    .about = "Errors of both on the holes that neither has seen: the difference with its 95 % interval and a paired\n"
             "test, for each point and in groups (family, program, tool age); speed, size, and settings that differ.",
    .positionals = "MODEL MODEL",
    .example = "  gimlet models compare exit@champion exit:4 --html compare.html",
    .params = compare_params,
    .n_params = GM_COUNT(compare_params),
    .options_size = sizeof(compare_options),
    .run = run_compare,
};
const cli_command cli_models_promote = {
    .name = "models promote",
    .summary = "make a version the champion, if it passes the gate",
    .about =
        "The gate measures anew what the version has to show: accuracy, the worst group, intervals, the ONNX file\n"
        "against the weights, leaks, speed, size, and not worse than the champion. What fails is said in numbers,\n"
        "and the command ends with 1. --gate none promotes without, and the history says so.",
    .positionals = "MODEL",
    .example = "  gimlet models promote exit:4 --alias champion --reason \"fewer late exits on V2\"\n"
               "  gimlet models promote exit:4 --gate configs/gate.yaml --check",
    .params = promote_params,
    .n_params = GM_COUNT(promote_params),
    .options_size = sizeof(promote_options),
    .run = run_promote,
};
const cli_command cli_models_rollback = {
    .name = "models rollback",
    .summary = "back to the champion before",
    .about = "The alias means again what it meant before its last promotion: one step, all or nothing. Once more goes\n"
             "one further back.",
    .positionals = "NAME",
    .example = "  gimlet models rollback exit --alias champion --reason \"drifts since Monday\"",
    .params = rollback_params,
    .n_params = GM_COUNT(rollback_params),
    .options_size = sizeof(rollback_options),
    .run = run_rollback,
};
