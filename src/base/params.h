/* One table per thing drives command-line flags, YAML keys, ranges, help, and documentation.
 *
 * A spec binds a dotted key to a field of a plain struct:
 *
 *     static const gm_param_spec specs[] = {
 *         {.key = "training_config.epochs", .type = GM_PARAM_INT, .offset = offsetof(config, epochs),
 *          .fallback = "100", .min = 1, .max = 100000, .unit = "epochs", .doc = "Passes over the training windows"},
 *     };
 *
 * Field types: GM_PARAM_BOOL bool, _INT int, _FLOAT double, _STRING char * (owned: gm_params_finish), _CHOICE int
 * (index into choices).
 * Errors      GM_E_ARG for an unknown key (names the nearest), a wrong type, a value out of range.
 * Ownership   the struct owns its strings after gm_params_defaults; release with gm_params_finish. */
#ifndef GIMLET_BASE_PARAMS_H
#define GIMLET_BASE_PARAMS_H

#include "error.h"
#include "text.h"

typedef enum { GM_PARAM_BOOL, GM_PARAM_INT, GM_PARAM_FLOAT, GM_PARAM_STRING, GM_PARAM_CHOICE } gm_param_type;

typedef struct {
    const char *key; /* "training_config.epochs"; for flags the name without dashes    */
    gm_param_type type;
    size_t offset;              /* of the field in the struct                                      */
    const char *fallback;       /* the default, as text; NULL for a string = NULL                  */
    double min, max;            /* inclusive, for INT and FLOAT; both 0 = no limit                 */
    const char *const *choices; /* NULL-terminated, for CHOICE                                     */
    const char *unit;           /* NULL = none                                                     */
    const char *doc;            /* one sentence, for people new to machine learning                */
} gm_param_spec;

gm_status gm_params_defaults(const gm_param_spec *specs, size_t count, void *target, gm_error *err) GM_MUST_CHECK;
gm_status gm_params_set(const gm_param_spec *specs, size_t count, void *target, const char *key, const char *value,
                        gm_error *err) GM_MUST_CHECK;
/* The value of one key as text that gm_params_set reads back. */
gm_status gm_params_get(const gm_param_spec *spec, const void *target, gm_text *out, gm_error *err) GM_MUST_CHECK;
/* All of it as YAML, nested by the dots of the keys; with_docs puts the doc as a comment behind each. */
void gm_params_to_yaml(const gm_param_spec *specs, size_t count, const void *target, bool with_docs, gm_text *out);
const gm_param_spec *gm_params_find(const gm_param_spec *specs, size_t count, const char *key);
void gm_params_finish(const gm_param_spec *specs, size_t count, void *target);

#endif
