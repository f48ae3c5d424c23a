/* From words to options: --name value, --name=value, --flag, -- ends the flags. */
#include "cli.h"

#include <string.h>

typedef struct {
    const char **items;
    size_t count;
} words;

static gm_status push(words *list, const char *word, gm_error *err) {
    const char **grown = gm_realloc_array(list->items, list->count + 1, sizeof *grown);
    if (!grown) return gm_nomem(err);
    list->items = grown;
    list->items[list->count++] = word;
    return GM_OK;
}

static gm_status unknown_flag(const cli_command *command, const char *name, gm_error *err) {
    const char *names[64];
    size_t n = 0;
    static const char *const common[] = {"json", "quiet", "log-level", "progress", "help", "set"};
    for (size_t i = 0; i < GM_COUNT(common); i++) names[n++] = common[i];
    for (size_t i = 0; i < command->n_params && n < GM_COUNT(names) - 1; i++) names[n++] = command->params[i].key;
    if (command->repeated) names[n++] = command->repeated;
    const char *nearest = gm_nearest_name(name, names, n);
    char hint[160];
    if (nearest)
        snprintf(hint, sizeof hint, "did you mean --%s?", nearest);
    else
        snprintf(hint, sizeof hint, "see gimlet %s --help", command->name);
    return gm_fail_at(err, GM_E_ARG, 0, 0, hint, "there is no flag --%s", name);
}

typedef struct {
    const cli_command *command;
    void *options;
    cli_context *context;
    words positionals, sets, repeated;
    bool wants_help;
} parser;

static bool is_switch(const parser *p, const char *name) {
    if (strcmp(name, "json") == 0 || strcmp(name, "quiet") == 0 || strcmp(name, "help") == 0) return true;
    const gm_param_spec *spec = gm_params_find(p->command->params, p->command->n_params, name);
    return spec && spec->type == GM_PARAM_BOOL;
}

static gm_status set_flag(parser *p, const char *name, const char *value, gm_error *err) {
    const cli_command *command = p->command;
    if (strcmp(name, "help") == 0) return p->wants_help = true, GM_OK;
    if (strcmp(name, "json") == 0) return p->context->json = true, GM_OK;
    if (strcmp(name, "quiet") == 0) return p->context->quiet = true, GM_OK;
    if (strcmp(name, "log-level") == 0) {
        gm_log_level level;
        GM_TRY(gm_log_parse_level(value, &level, err));
        gm_log_set_level(level);
        return GM_OK;
    }
    if (strcmp(name, "progress") == 0) {
        p->context->progress_json = strcmp(value, "json") == 0;
        if (p->context->progress_json || strcmp(value, "auto") == 0) return GM_OK;
        return gm_fail(err, GM_E_ARG, "--progress takes auto or json, not \"%s\"", value);
    }
    if (strcmp(name, "set") == 0 && command->takes_sets) {
        if (!strchr(value, '=')) return gm_fail(err, GM_E_ARG, "--set takes key=value, not \"%s\"", value);
        return push(&p->sets, value, err);
    }
    if (command->repeated && strcmp(name, command->repeated) == 0) return push(&p->repeated, value, err);
    if (!gm_params_find(command->params, command->n_params, name)) return unknown_flag(command, name, err);
    return gm_params_set(command->params, command->n_params, p->options, name, value, err);
}

static gm_status parse_word(parser *p, int argc, char **argv, int *i, gm_error *err) {
    const char *word = argv[*i];
    if (strcmp(word, "-h") == 0) word = "--help";
    if (!gm_starts_with(word, "--")) return push(&p->positionals, word, err);
    const char *equals = strchr(word, '=');
    char name[64];
    size_t length = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
    if (length >= sizeof name) length = sizeof name - 1;
    memcpy(name, word + 2, length);
    name[length] = '\0';
    if (is_switch(p, name)) return set_flag(p, name, equals ? equals + 1 : "true", err);
    if (equals) return set_flag(p, name, equals + 1, err);
    bool known = strcmp(name, "log-level") == 0 || strcmp(name, "progress") == 0 ||
                 (strcmp(name, "set") == 0 && p->command->takes_sets) ||
                 (p->command->repeated && strcmp(name, p->command->repeated) == 0) ||
                 gm_params_find(p->command->params, p->command->n_params, name);
    if (!known) return unknown_flag(p->command, name, err);
    if (*i + 1 >= argc) return gm_fail(err, GM_E_ARG, "--%s needs a value", name);
    return set_flag(p, name, argv[++*i], err);
}

gm_status cli_parse(const cli_command *command, int argc, char **argv, void *options, cli_context *context,
                    bool *wants_help, gm_error *err) {
    parser p = {.command = command, .options = options, .context = context};
    gm_status status = gm_params_defaults(command->params, command->n_params, options, err);
    bool flags_ended = false;
    for (int i = 0; i < argc && status == GM_OK; i++) {
        if (!flags_ended && strcmp(argv[i], "--") == 0)
            flags_ended = true;
        else if (flags_ended)
            status = push(&p.positionals, argv[i], err);
        else
            status = parse_word(&p, argc, argv, &i, err);
    }
    context->positionals = (cli_list){p.positionals.items, p.positionals.count};
    context->sets = (cli_list){p.sets.items, p.sets.count};
    context->repeated = (cli_list){p.repeated.items, p.repeated.count};
    *wants_help = p.wants_help;
    if (status != GM_OK || p.wants_help) return status;
    if (p.positionals.count && !command->positionals)
        return gm_fail_at(err, GM_E_ARG, 0, 0, "this command takes flags only; --help lists them",
                          "\"%s\" is one word too many", p.positionals.items[0]);
    return GM_OK;
}

void cli_context_finish(cli_context *context) {
    gm_free((void *)context->positionals.items);
    gm_free((void *)context->sets.items);
    gm_free((void *)context->repeated.items);
}
