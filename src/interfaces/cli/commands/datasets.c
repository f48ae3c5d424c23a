/* datasets list | show | verify | diff. */
#include "service/datasets/datasets.h"
#include "../cli.h"

typedef struct {
    char *data_dir, *models_dir;
    bool holes;
} options;

static const gm_param_spec params[] = {
    {.key = "data-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, data_dir),
     .doc = "data directory, made by gimlet prepare"},
    CLI_MODELS_DIR("where to look for the runs that were trained on it"),
    {.key = "holes",
     .type = GM_PARAM_BOOL,
     .offset = offsetof(options, holes),
     .fallback = "false",
     .doc = "show every hole with its label"},
};
enum { ONLY_DATA = 1 };

static gm_status check(const cli_context *context, const options *o, size_t names, gm_error *err) {
    static const char *const needed[] = {"this command takes no name", "the name of one data set is needed",
                                         "the names of two data sets are needed"};
    if (!o->data_dir) return gm_fail(err, GM_E_ARG, "--data-dir is needed");
    if (context->positionals.count != names) return gm_fail(err, GM_E_ARG, "%s", needed[names]);
    return GM_OK;
}

static const char *text(const json_t *object, const char *key) {
    const char *found = json_string_value(json_object_get(object, key));
    return found ? found : "";
}

static long long whole(const json_t *object, const char *key) {
    return (long long)json_integer_value(json_object_get(object, key));
}

/* "rule 640, expert 76" */
static void put_counts(gm_text *out, json_t *counts) {
    const char *name;
    json_t *count;
    json_object_foreach (counts, name, count)
        gm_text_printf(out, "%s%s %lld", out->length ? ", " : "", name, (long long)json_integer_value(count));
}

static int run_list(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    json_t *list = NULL, *item;
    size_t i;
    gm_status status = check(context, o, 0, &err);
    if (status == GM_OK) status = gm_datasets_list(o->data_dir, &list, &err);
    if (status != GM_OK) return cli_fail("datasets list", status, &err);
    if (context->json) return cli_print_json(list), CLI_DONE;
    json_array_foreach (json_object_get(list, "items"), i, item) {
        gm_auto_text counts = GM_TEXT_INIT;
        put_counts(&counts, json_object_get(item, "by_source"));
        const char *problem = text(item, "problem");
        printf("%.16s  %s  %6lld holes  %s%s\n", text(item, "dataset"), text(item, "at"), whole(item, "holes"),
               gm_text_c(&counts), problem);
    }
    if (!json_array_size(json_object_get(list, "items")))
        cli_say(context, "no data sets yet: the first training takes one");
    json_decref(list);
    return CLI_DONE;
}

static void print_point(const json_t *points, const char *name) {
    gm_auto_text out = GM_TEXT_INIT;
    const json_t *mm = json_object_get(json_object_get(points, name), "mm");
    if (json_is_number(mm)) gm_text_number(&out, json_number_value(mm), 3);
    printf(" %8s", out.length ? gm_text_c(&out) : "-");
}

static void print_hole(const char *mark, const json_t *hole) {
    const json_t *points = json_object_get(hole, "points");
    printf("%s%.12s ", mark, text(hole, "id"));
    print_point(points, "entry");
    print_point(points, "transition");
    print_point(points, "exit");
    printf("  %-6s v%-3lld %s%s%s  %s\n", text(hole, "source"), whole(hole, "version"), text(hole, "author"),
           *text(hole, "author") ? " " : "", text(hole, "made_at"), text(hole, "file"));
}

static int run_show(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    json_t *set = NULL, *one;
    size_t i;
    gm_status status = check(context, o, 1, &err);
    if (status == GM_OK)
        status = gm_dataset_show(o->data_dir, context->positionals.items[0], o->models_dir, &set, &err);
    if (status != GM_OK) return cli_fail("datasets show", status, &err);
    if (context->json) return cli_print_json(set), CLI_DONE;
    gm_auto_text sources = GM_TEXT_INIT, authors = GM_TEXT_INIT;
    put_counts(&sources, json_object_get(set, "by_source"));
    put_counts(&authors, json_object_get(set, "by_author"));
    printf("data set   %s\ntaken      %s\nholes      %lld\nlabels     %s\nauthors    %s\nnewest     %s\n",
           text(set, "dataset"), text(set, "at"), whole(set, "holes"), gm_text_c(&sources),
           authors.length ? gm_text_c(&authors) : "-", text(set, "newest_label_at"));
    json_array_foreach (json_object_get(set, "runs"), i, one) printf("run        %s\n", json_string_value(one));
    if (o->holes) printf("\n%-13s%8s %8s %8s  label\n", "hole", "entry", "transit.", "exit");
    json_array_foreach (json_object_get(set, "items"), i, one)
        if (o->holes) print_hole("", one);
    json_decref(set);
    return CLI_DONE;
}

static int run_verify(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    json_t *verdict = NULL, *problem;
    size_t i;
    gm_status status = check(context, o, 1, &err);
    if (status == GM_OK)
        status = gm_dataset_verify(o->data_dir, context->positionals.items[0], &context->observer, &verdict, &err);
    cli_progress_finish(context->observer.ctx);
    if (status != GM_OK) return cli_fail("datasets verify", status, &err);
    bool intact = json_is_true(json_object_get(verdict, "intact"));
    if (context->json) return cli_print_json(verdict), intact ? CLI_DONE : CLI_FAILED;
    json_array_foreach (json_object_get(verdict, "problems"), i, problem)
        if (*text(problem, "id"))
            printf("hole %.12s %s: %s\n", text(problem, "id"), text(problem, "file"), text(problem, "problem"));
        else
            printf("%s\n", text(problem, "problem"));
    if (intact && whole(verdict, "unchecked"))
        printf("all %lld holes are there, but the bytes of %lld cannot be checked: an older gimlet kept this data set, "
               "without their hashes\n",
               whole(verdict, "holes"), whole(verdict, "unchecked"));
    else if (intact)
        printf("intact: %lld holes as they were when %.16s was taken\n", whole(verdict, "holes"),
               text(verdict, "dataset"));
    json_decref(verdict);
    return intact ? CLI_DONE : CLI_FAILED;
}

/* "exit 12.310 -> 12.450 (+0.140 mm)" */
static void print_change(const json_t *change) {
    const char *name;
    json_t *point;
    printf("~ %.12s %s\n", text(change, "id"), text(change, "file"));
    json_object_foreach (json_object_get(change, "points"), name, point) {
        static const char *const keys[] = {"a", "b", "by_mm"};
        char cells[3][40];
        for (size_t k = 0; k < GM_COUNT(keys); k++) {
            gm_auto_text number = GM_TEXT_INIT;
            const json_t *value = json_object_get(point, keys[k]);
            if (json_is_number(value)) gm_text_number(&number, json_number_value(value), 3);
            snprintf(cells[k], sizeof cells[k], "%s", number.length ? gm_text_c(&number) : "absent");
        }
        if (json_is_number(json_object_get(point, "by_mm")))
            printf("    %-10s %s -> %s (%s%s mm)\n", name, cells[0], cells[1], cells[2][0] == '-' ? "" : "+", cells[2]);
        else
            printf("    %-10s %s -> %s\n", name, cells[0], cells[1]);
    }
    const json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");
    printf("    from %s %s v%lld to %s %s v%lld at %s\n", text(from, "source"), text(from, "author"),
           whole(from, "version"), text(to, "source"), text(to, "author"), whole(to, "version"), text(to, "made_at"));
}

static int run_diff(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    json_t *diff = NULL, *one;
    size_t i;
    gm_status status = check(context, o, 2, &err);
    if (status == GM_OK)
        status =
            gm_dataset_diff(o->data_dir, context->positionals.items[0], context->positionals.items[1], &diff, &err);
    if (status != GM_OK) return cli_fail("datasets diff", status, &err);
    if (context->json) return cli_print_json(diff), CLI_DONE;
    json_array_foreach (json_object_get(diff, "removed"), i, one) print_hole("- ", one);
    json_array_foreach (json_object_get(diff, "added"), i, one) print_hole("+ ", one);
    json_array_foreach (json_object_get(diff, "relabelled"), i, one) print_change(one);
    json_array_foreach (json_object_get(diff, "reread"), i, one)
        printf("! %.12s %s: the stored signals differ\n", text(one, "id"), text(one, "file"));
    printf("%zu holes went, %zu came, %zu have another label, %lld are the same\n",
           json_array_size(json_object_get(diff, "removed")), json_array_size(json_object_get(diff, "added")),
           json_array_size(json_object_get(diff, "relabelled")), whole(diff, "same"));
    json_decref(diff);
    return CLI_DONE;
}

const cli_command cli_datasets_list = {
    .name = "datasets list",
    .summary = "the sets of holes and labels that runs were trained on",
    .about = "Every training keeps which holes with which labels it learned from, once and for all, under the hash of\n"
             "that list. This shows them, newest first.",
    .example = "  gimlet datasets list --data-dir data",
    .params = params,
    .n_params = ONLY_DATA,
    .options_size = sizeof(options),
    .run = run_list,
};
const cli_command cli_datasets_show = {
    .name = "datasets show",
    .summary = "one data set: its holes, whose labels, which runs",
    .about =
        "Shows how many holes a data set has, who labelled them, and which runs were trained on it; --holes every\n"
        "hole with depth, source, author and version of its label. A name may be cut to its first digits.",
    .positionals = "ID",
    .example = "  gimlet datasets show 1f0c9a27 --data-dir data --holes",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options),
    .run = run_show,
};
const cli_command cli_datasets_verify = {
    .name = "datasets verify",
    .summary = "is every hole of a data set as it was, bit for bit?",
    .about = "Reads every stored hole and the list itself, and names what is missing or has other bytes than when the\n"
             "data set was taken (status 1).",
    .positionals = "ID",
    .example = "  gimlet datasets verify 1f0c9a27 --data-dir data",
    .params = params,
    .n_params = ONLY_DATA,
    .options_size = sizeof(options),
    .run = run_verify,
};
const cli_command cli_datasets_diff = {
    .name = "datasets diff",
    .summary = "what changed between two data sets: holes, labels, by how many mm and by whom",
    .about = "Shows the holes that went (-) and came (+), and the labels that changed (~), largest change first.",
    .positionals = "ID ID",
    .example = "  gimlet datasets diff 1f0c9a27 88d1e3f0 --data-dir data",
    .params = params,
    .n_params = ONLY_DATA,
    .options_size = sizeof(options),
    .run = run_diff,
};
