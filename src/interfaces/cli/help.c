#include "cli.h"

#include <string.h>

static void print_flag(FILE *out, const char *flag, const char *doc, const char *more) {
    if (strlen(flag) < 28)
        fprintf(out, "  %-28s%s%s\n", flag, doc, more);
    else
        fprintf(out, "  %s\n  %-28s%s%s\n", flag, "", doc, more);
}

static const char *value_word(const gm_param_spec *spec) {
    static const char *const words[] = {[GM_PARAM_BOOL] = "",
                                        [GM_PARAM_INT] = " N",
                                        [GM_PARAM_FLOAT] = " X",
                                        [GM_PARAM_STRING] = " TEXT",
                                        [GM_PARAM_CHOICE] = " NAME"};
    if (spec->type == GM_PARAM_STRING) {
        if (strstr(spec->key, "dir") || (spec->unit && strcmp(spec->unit, "dir") == 0)) return " DIR";
        if (spec->unit && strcmp(spec->unit, "file") == 0) return " FILE";
    }
    return words[spec->type];
}

static void print_params(const cli_command *command, FILE *out) {
    for (size_t i = 0; i < command->n_params; i++) {
        const gm_param_spec *spec = &command->params[i];
        char flag[96], more[200] = "";
        snprintf(flag, sizeof flag, "--%s%s", spec->key, value_word(spec));
        size_t n = 0;
        for (const char *const *c = spec->choices; c && *c; c++)
            n += (size_t)snprintf(more + n, sizeof more - n, "%s%s", n ? "|" : ": ", *c);
        if (spec->fallback && spec->type != GM_PARAM_BOOL && n < sizeof more)
            snprintf(more + n, sizeof more - n, " [%s]", spec->fallback);
        print_flag(out, flag, spec->doc, more);
    }
}

void cli_help(const cli_command *command, FILE *out) {
    fprintf(out, "gimlet %s: %s\n\nusage: gimlet %s [flags]%s%s\n\n%s\n\nflags:\n", command->name, command->summary,
            command->name, command->positionals ? " " : "", command->positionals ? command->positionals : "",
            command->about);
    print_params(command, out);
    if (command->repeated) {
        char flag[64];
        snprintf(flag, sizeof flag, "--%s NAME", command->repeated);
        print_flag(out, flag, command->repeated_doc, "; may be given several times");
    }
    if (command->takes_sets)
        print_flag(out, "--set KEY=VALUE", "change one key of the configuration; may be given several times", "");
    print_flag(out, "--json", "print the result as JSON", "");
    print_flag(out, "--quiet", "no progress, no remarks: errors and the result only", "");
    print_flag(out, "--progress NAME", "auto|json: json writes one JSON object a line to stderr, for programs [auto]",
               "");
    print_flag(out, "--log-level NAME", "debug|info|warning|error [warning]", "");
    fprintf(out, "\nexample:\n%s\n", command->example);
}
