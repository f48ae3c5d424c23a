/* Presets: the configurations of configs/, built into the program; and training configurations from values that come
 * as JSON.
 *
 * Errors     GM_E_ARG names the key (and the nearest known one), the value and what is allowed. */
#ifndef GIMLET_SERVICE_PRESETS_H
#define GIMLET_SERVICE_PRESETS_H

#include "training/config.h"

#include <jansson.h>

typedef struct {
    const char *name; /* "demo": configs/demo.yaml */
    const char *yaml;
} gm_preset;
const gm_preset *gm_presets(size_t *count);

/* The preset (NULL or "" = the defaults), over it values {key: number | text | true/false}, all checked. out is the
 * caller's to finish on success. */
gm_status gm_preset_config(const char *preset, const json_t *values, gm_training_config *out,
                           gm_error *err) GM_MUST_CHECK;

/* {"strategies": [{name, doc}], "presets": [{name, doc, values}], "parameters": [{key, type, unit, default, min, max,
 * choices, doc}]}: all that a form needs. NULL when out of memory. */
json_t *gm_training_choices(void);

#endif
