#include "cli.h"

#include <pwd.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static const cli_command *const commands[] = {
#define GM_COMMAND(symbol) &symbol,
#include "commands.list.h"
#undef GM_COMMAND
};

static void overview(FILE *out) {
    fputs("gimlet: from drilling records to a trained, proven model of drilling depths\n\n"
          "usage: gimlet COMMAND [flags]\n\ncommands:\n",
          out);
    for (size_t i = 0; i < GM_COUNT(commands); i++)
        fprintf(out, "  %-16s%s\n", commands[i]->name, commands[i]->summary);
    fputs("\ngimlet COMMAND --help explains one command, with an example. A first look, from machine files to a "
          "model:\n\n"
          "  gimlet prepare --input-dir RECORDS --output-dir data --validate --auto-label\n"
          "  gimlet train --config configs/patchtsmixer_24cv.yaml --data-dir data --output-dir models\n"
          "  gimlet evaluate --model-dir models/RUN --test-data data --output-report results.json\n",
          out);
}

int cli_fail(const char *command, gm_status status, const gm_error *err) {
    char text[800];
    fprintf(stderr, "gimlet %s: %s\n", command, gm_error_text(err, text, sizeof text));
    if (status == GM_E_ARG) return CLI_USAGE;
    return status == GM_E_CANCELLED ? CLI_INTERRUPTED : CLI_FAILED;
}

const char *cli_caller(void) {
    const struct passwd *entry = getpwuid(geteuid());
    return entry ? entry->pw_name : "command line";
}

void cli_say(const cli_context *context, const char *format, ...) {
    if (context->quiet) return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void cli_print_json(json_t *value) {
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputc('\n', stdout);
    json_decref(value);
}

/* The command that the first words name: "labels export" takes two. */
static const cli_command *find_command(int argc, char **argv, int *n_words) {
    for (size_t i = 0; i < GM_COUNT(commands); i++) {
        const char *name = commands[i]->name, *blank = strchr(name, ' ');
        size_t first = blank ? (size_t)(blank - name) : strlen(name);
        if (strlen(argv[1]) != first || strncmp(argv[1], name, first) != 0) continue;
        if (blank && (argc < 3 || strcmp(argv[2], blank + 1) != 0)) continue;
        *n_words = blank ? 2 : 1;
        return commands[i];
    }
    return NULL;
}

/* "labels" alone, or with an unknown second word: list what there is. */
static bool explain_group(int argc, char **argv, FILE *out) {
    bool found = false;
    size_t length = strlen(argv[1]);
    for (size_t i = 0; i < GM_COUNT(commands); i++)
        if (strncmp(commands[i]->name, argv[1], length) == 0 && commands[i]->name[length] == ' ') {
            if (!found) fprintf(out, "gimlet %s does one of these:\n\n", argv[1]);
            fprintf(out, "  gimlet %-20s%s\n", commands[i]->name, commands[i]->summary);
            found = true;
        }
    (void)argc;
    if (found) {
        fputs("\nexamples:\n", out);
        for (size_t i = 0; i < GM_COUNT(commands); i++)
            if (strncmp(commands[i]->name, argv[1], length) == 0 && commands[i]->name[length] == ' ')
                fprintf(out, "%s\n", commands[i]->example);
    }
    return found;
}

static int unknown_command(int argc, char **argv) {
    bool help = argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
    if (explain_group(argc, argv, help ? stdout : stderr)) return help ? CLI_DONE : CLI_USAGE;
    const char *names[GM_COUNT(commands) + 1];
    for (size_t i = 0; i < GM_COUNT(commands); i++) names[i] = commands[i]->name;
    const char *nearest = gm_nearest_name(argv[1], names, GM_COUNT(commands));
    fprintf(stderr, "gimlet: there is no command \"%s\"%s%s%s; gimlet --help lists them\n", argv[1],
            nearest ? " (did you mean " : "", nearest ? nearest : "", nearest ? "?)" : "");
    return CLI_USAGE;
}

static int run_command(const cli_command *command, int argc, char **argv) {
    gm_auto_free void *options = gm_calloc(1, GM_MAX(command->options_size, (size_t)1));
    if (!options) return CLI_FAILED;
    gm_error err = {0};
    bool wants_help = false;
    cli_context context = {0};
    int status;
    gm_status parsed = cli_parse(command, argc, argv, options, &context, &wants_help, &err);
    cli_progress progress = {.quiet = context.quiet,
                             .terminal = isatty(STDERR_FILENO) && !context.progress_json,
                             .json = context.progress_json};
    context.observer = (gm_observer){cli_progress_report, &progress};
    if (parsed != GM_OK)
        status = cli_fail(command->name, parsed, &err);
    else if (wants_help)
        status = CLI_DONE, cli_help(command, stdout);
    else
        status = command->run(&context, options);
    cli_progress_finish(&progress);
    cli_context_finish(&context);
    gm_params_finish(command->params, command->n_params, options);
    return status;
}

int cli_main(int argc, char **argv) {
    cli_catch_signals();
    gm_log_set_level(GM_LOG_WARNING);
    if (argc < 2) return overview(stderr), CLI_USAGE;
    if (strcmp(argv[1], "--version") == 0) return puts("gimlet " GM_VERSION), CLI_DONE;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return overview(stdout), CLI_DONE;
    int n_words;
    const cli_command *command = find_command(argc, argv, &n_words);
    if (!command) return unknown_command(argc, argv);
    return run_command(command, argc - 1 - n_words, argv + 1 + n_words);
}
