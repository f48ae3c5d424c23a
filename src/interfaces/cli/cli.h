/* The command line: one file per command under commands/, each a const descriptor and a line in commands.list.h.
 *
 * For        people at a terminal, scripts and cron: progress bars on a terminal, plain lines when piped.
 * Depends on service and below. No other folder includes this.
 * Exit       0 done; 1 it could not be done; 2 wrong usage; 3 done, but some inputs were refused; 130 interrupted.
 * Output     results go to stdout, all else (progress, warnings, errors) to stderr. */
#ifndef GIMLET_INTERFACES_CLI_H
#define GIMLET_INTERFACES_CLI_H

#include "base/base.h"

#include <jansson.h>
#include <stdio.h>

enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_REFUSED = 3, CLI_INTERRUPTED = 130 };

typedef struct {
    const char *const *items;
    size_t count;
} cli_list;

/* What every command gets: the common flags, the words behind the flags, and where to report progress. */
typedef struct {
    bool json;            /* --json: the result as JSON on stdout */
    bool quiet;           /* --quiet: no progress, no remarks     */
    cli_list positionals; /* words that are no flags              */
    cli_list sets;        /* --set key=value, in order            */
    cli_list repeated;    /* the values of the command's repeated flag */
    bool progress_json;   /* --progress json: progress as lines of JSON on stderr */
    gm_observer observer; /* progress; asks to stop after Ctrl-C or SIGTERM */
} cli_context;

typedef struct {
    const char *name;        /* "prepare", or two words: "labels export" */
    const char *summary;     /* one line for the list of commands        */
    const char *positionals; /* "FILE..." in the usage line; NULL = none taken */
    const char *about;       /* a paragraph for --help                   */
    const char *example;     /* lines for --help                         */
    const gm_param_spec *params;
    size_t n_params;
    size_t options_size;      /* of the struct that params fill           */
    const char *repeated;     /* name of a flag that may come often ("family"); NULL = none */
    const char *repeated_doc; /* its help                                 */
    bool takes_sets;          /* --set                                    */
    int (*run)(const cli_context *context, void *options);
} cli_command;

/* The flag --threads in the table of a command whose struct `options` has `int threads`. */
#define CLI_THREADS(text)                                                                                              \
    {                                                                                                                  \
        .key = "threads", .type = GM_PARAM_INT, .offset = offsetof(options, threads), .fallback = "0", .min = 0,       \
        .max = 1024, .doc = text                                                                                       \
    }

/* The flag --models-dir, where the struct has `char *models_dir`. */
#define CLI_MODELS_DIR(text)                                                                                           \
    {                                                                                                                  \
        .key = "models-dir", .type = GM_PARAM_STRING, .offset = offsetof(options, models_dir), .fallback = "./models", \
        .unit = "dir", .doc = text                                                                                     \
    }

#define GM_COMMAND(symbol) extern const cli_command symbol;
#include "commands.list.h"
#undef GM_COMMAND

int cli_main(int argc, char **argv);

/* "gimlet prepare: error: ..." with place and hint on stderr; returns the exit status that fits. */
int cli_fail(const char *command, gm_status status, const gm_error *err);
/* Writes a JSON value to stdout; takes the reference. */
void cli_print_json(json_t *value);
/* A remark on stderr unless --quiet. */
void cli_say(const cli_context *context, const char *format, ...) GM_PRINTF(2, 3);

/* Who runs the command, for the log of changes. */
const char *cli_caller(void);

/* --- inside the folder --- */
/* Parses the words behind the command's name. */
gm_status cli_parse(const cli_command *command, int argc, char **argv, void *options, cli_context *context,
                    bool *wants_help, gm_error *err) GM_MUST_CHECK;
void cli_context_finish(cli_context *context);
void cli_help(const cli_command *command, FILE *out);

/* The receiver of progress: a bar with the time left on a terminal, a line now and then elsewhere; for programs one
 * JSON object a line. */
typedef struct {
    bool quiet, terminal, json;
    const char *stage;
    double stage_started_s, last_shown_s;
    int last_percent;
} cli_progress;
bool cli_progress_report(void *progress, const gm_progress *event);
void cli_progress_finish(cli_progress *progress);
void cli_catch_signals(void);
bool cli_interrupted(void);

#endif
