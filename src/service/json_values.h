/* Values between JSON and tables of parameters; inside service/ only. */
#ifndef GIMLET_SERVICE_JSON_VALUES_H
#define GIMLET_SERVICE_JSON_VALUES_H

#include "base/base.h"

#include <jansson.h>

/* A number, a text, true or false as the text that gm_params_set reads; anything else is refused with the key. */
gm_status service_value_text(const char *key, const json_t *value, gm_text *out, gm_error *err) GM_MUST_CHECK;
/* Text as gm_params_set reads it, in the JSON type of the parameter; NULL gives null. */
json_t *service_value_json(const gm_param_spec *spec, const char *text);
/* {"key", "type", "unit", "default", "min", "max", "choices", "doc"} */
json_t *service_param_json(const gm_param_spec *spec);

#endif
