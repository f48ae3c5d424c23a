/* audit verify | show */
#include "../cli.h"
#include "data/storage/storage.h"

#include <string.h>

typedef struct {
    char *data_dir, *head;
    int last;
} options;

static const gm_param_spec verify_params[] = {
    {.key = "data-dir", .type = GM_PARAM_STRING, .offset = offsetof(options, data_dir), .doc = "data directory"},
    {.key = "head",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, head),
     .unit = "hash",
     .doc = "hash that an earlier verify printed: the log must still hold that line"},
};
static const gm_param_spec show_params[] = {
    {.key = "data-dir", .type = GM_PARAM_STRING, .offset = offsetof(options, data_dir), .doc = "data directory"},
    {.key = "last",
     .type = GM_PARAM_INT,
     .offset = offsetof(options, last),
     .fallback = "50",
     .min = 1,
     .max = 1000000,
     .unit = "lines",
     .doc = "how many of the newest lines"},
};

static gm_status open_store(const options *o, gm_store **store, gm_error *err) {
    if (!o->data_dir) return gm_fail(err, GM_E_ARG, "--data-dir is needed");
    return gm_store_open_edit(o->data_dir, false, store, err);
}

/* Is this hash one of the log's? Only asked of an intact log, in which hashes mean what they say. */
static gm_status find_head(gm_store *store, const char *head, bool *found, gm_error *err) {
    gm_audit_lines lines;
    int64_t total;
    GM_TRY(gm_store_audit_lines(store, 0, INT64_MAX, &lines, &total, err));
    *found = false;
    for (size_t i = 0; i < lines.count; i++) *found |= strcmp(lines.items[i].hash, head) == 0;
    gm_audit_lines_finish(&lines);
    return GM_OK;
}

static gm_status verify(const options *o, gm_audit_verdict *verdict, gm_error *err) {
    gm_auto(gm_store) store = NULL;
    GM_TRY(open_store(o, &store, err));
    GM_TRY(gm_store_audit_verify(store, verdict, err));
    bool found = true;
    if (!verdict->problem[0] && o->head) GM_TRY(find_head(store, o->head, &found, err));
    if (!found)
        snprintf(verdict->problem, sizeof verdict->problem,
                 "no line of the log has the hash %.64s: the log was written anew", o->head);
    return GM_OK;
}

static int run_verify(const cli_context *context, void *values) {
    gm_error err = {0};
    gm_audit_verdict v;
    gm_status status = verify(values, &v, &err);
    if (status != GM_OK) return cli_fail("audit verify", status, &err);
    const bool intact = !v.problem[0];
    if (context->json)
        cli_print_json(json_pack("{s:b, s:I, s:I, s:I, s:s, s:s}", "intact", intact, "lines", (json_int_t)v.n_lines,
                                 "label_versions", (json_int_t)v.n_versions, "first_bad", (json_int_t)v.first_bad,
                                 "problem", v.problem, "head", v.head));
    else if (intact)
        printf("intact: %lld lines, %lld versions of labels\nhead %s\n", (long long)v.n_lines, (long long)v.n_versions,
               v.head);
    if (!intact) fprintf(stderr, "gimlet audit verify: %s\n", v.problem);
    return intact ? CLI_DONE : CLI_FAILED;
}

static int run_show(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    gm_audit_lines lines = {0};
    int64_t total;
    gm_status status = open_store(o, &store, &err);
    if (status == GM_OK) status = gm_store_audit_lines(store, 0, o->last, &lines, &total, &err);
    if (status != GM_OK) return cli_fail("audit show", status, &err);
    json_t *items = json_array();
    for (size_t i = 0; i < lines.count; i++) {
        const gm_audit_line *l = &lines.items[i];
        if (context->json)
            json_array_append_new(items, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "seq", (json_int_t)l->seq,
                                                   "at", l->at, "user", l->user, "action", l->action, "subject",
                                                   l->subject, "detail", l->detail, "hash", l->hash));
        else
            printf("%lld %s %s %s %.12s %s\n", (long long)l->seq, l->at, l->user, l->action, l->subject, l->detail);
    }
    if (context->json) cli_print_json(json_pack("{s:I, s:O}", "total", (json_int_t)total, "items", items));
    json_decref(items);
    gm_audit_lines_finish(&lines);
    return CLI_DONE;
}

const cli_command cli_audit_verify = {
    .name = "audit verify",
    .summary = "check that nothing in the log of changes was changed or removed",
    .about =
        "Every change of labels, users and batches is a line of the log, and every line's hash covers the line "
        "before.\n"
        "The first line that does not fit is named, also where a label's history no longer says what the log says.\n"
        "Keep the printed head elsewhere: with --head a log that was written anew is found too.",
    .example = "  gimlet audit verify --data-dir data",
    .params = verify_params,
    .n_params = GM_COUNT(verify_params),
    .options_size = sizeof(options),
    .run = run_verify,
};
const cli_command cli_audit_show = {
    .name = "audit show",
    .summary = "who changed what, newest first",
    .about = "Prints the newest lines of the log of changes.",
    .example = "  gimlet audit show --data-dir data --last 20",
    .params = show_params,
    .n_params = GM_COUNT(show_params),
    .options_size = sizeof(options),
    .run = run_show,
};
