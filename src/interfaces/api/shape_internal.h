/* Shapes: one line of text for what JSON looks like (docs/adding-a-route.md), turned into JSON Schema for the document,
 * and used to check the bodies of requests, so that a handler finds what its route promises.
 *
 * Ownership  schemas of named shapes are made once and stay; those of routes belong to whoever asked.
 * Threads    any, after api_shapes_load. */
#ifndef GIMLET_INTERFACES_API_SHAPE_INTERNAL_H
#define GIMLET_INTERFACES_API_SHAPE_INTERNAL_H

#include "base/base.h"

#include <jansson.h>

/* Reads shapes.list.h; GM_E_INTERNAL for a mistake in it. Call it first; later calls do nothing. */
gm_status api_shapes_load(gm_error *err) GM_MUST_CHECK;
/* {NAME: schema} of all named shapes, borrowed. */
const json_t *api_shapes(void);
/* The names with their texts, for people. */
typedef struct {
    const char *name, *text;
} api_named_shape;
const api_named_shape *api_shape_texts(size_t *count);
/* The schema of a shape; a new reference. GM_E_INTERNAL with the place of a mistake. */
gm_status api_shape_schema(const char *text, json_t **out, gm_error *err) GM_MUST_CHECK;
/* Does the value have this shape? GM_E_ARG names the place: "points.entry.mm must be a number or null". */
gm_status api_shape_check(const json_t *schema, const json_t *value, gm_error *err) GM_MUST_CHECK;

#endif
