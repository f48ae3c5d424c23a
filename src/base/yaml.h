/* YAML for settings: mappings of scalars, given key by key with their dotted names. Included by name, so that who reads
 * no settings needs no libyaml.
 *
 *     gate:                      take(ctx, "gate.accuracy.exit_mae_mm", "0.15", err)
 *       accuracy:
 *         exit_mae_mm: 0.15
 *
 * Errors     GM_E_FORMAT: not YAML; GM_E_ARG: lists, anchors, what stands alone; each with line and column and the name
 *            of the file in front, also those that take returns. */
#ifndef GIMLET_BASE_YAML_H
#define GIMLET_BASE_YAML_H

#include "error.h"

/* A kind of settings file. */
typedef struct {
    const char *name; /* "a training configuration"                                          */
    const char *hint; /* for what is no such file: "this is no configuration: --config ..." */
    /* One key with its value; texts are borrowed during the call. */
    gm_status (*take)(void *ctx, const char *key, const char *value, gm_error *err);
} gm_yaml_kind;

/* origin names the file in messages. */
gm_status gm_yaml_read(const char *yaml, size_t size, const char *origin, const gm_yaml_kind *kind, void *ctx,
                       gm_error *err) GM_MUST_CHECK;

#endif
