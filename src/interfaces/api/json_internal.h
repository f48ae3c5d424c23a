/* The shapes of docs/api.md that several groups send. Each returns a new reference, NULL when out of memory. */
#ifndef GIMLET_INTERFACES_API_JSON_INTERNAL_H
#define GIMLET_INTERFACES_API_JSON_INTERNAL_H

#include "service/project/project.h"

#include <jansson.h>

json_t *api_json_number(double value);          /* null when it is not finite */
json_t *api_json_text(const char *text);        /* null when NULL             */
json_t *api_json_points(const gm_label *label); /* POINTS */
json_t *api_json_label(const gm_label *label);  /* LABEL  */
json_t *api_json_hole(const gm_hole_row *row);  /* HOLE   */

#endif
