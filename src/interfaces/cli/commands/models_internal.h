/* What the commands on models share: the flags that say which registry, and how it is opened. */
#ifndef GIMLET_CLI_MODELS_INTERNAL_H
#define GIMLET_CLI_MODELS_INTERNAL_H

#include "../cli.h"
#include "service/registry/registry.h"

#include <string.h>

typedef struct {
    char *models_dir, *database;
} models_place;

/* Two lines of the table of a command whose options begin with a models_place. */
#define MODELS_PLACE                                                                                                   \
    {.key = "models-dir",                                                                                              \
     .type = GM_PARAM_STRING,                                                                                          \
     .offset = offsetof(models_place, models_dir),                                                                     \
     .fallback = "models",                                                                                             \
     .unit = "dir",                                                                                                    \
     .doc = "folder of the runs and of the registry"},                                                                 \
    {                                                                                                                  \
        .key = "registry", .type = GM_PARAM_STRING, .offset = offsetof(models_place, database), .unit = "URL",         \
        .doc = "database of the registry, such as postgresql://user@host/name [MODELS/registry.yaml, else a file]"     \
    }

gm_status models_open(const models_place *place, bool create, gm_registry **out, gm_error *err);
/* The words behind the flags must be this many. */
gm_status models_words(const cli_context *context, size_t n, const char *what, gm_error *err);
const char *models_text(const json_t *object, const char *key); /* "" when absent */
long long models_number(const json_t *object, const char *key);
void models_print_gate(const json_t *gate);
void models_print_tags(const json_t *tags); /* " line=A350 kept=yes" */
/* Words from the first on as tags: "KEY=TEXT"; "KEY=" is null. The caller's, also when it fails. */
gm_status models_read_tags(const cli_list *words, size_t first, json_t **out, gm_error *err);

#endif
