/* JSON files: whole reads with the place of a mistake, atomic writes. Included by name, so that who has no JSON needs
 * no jansson.
 *
 * Errors     GM_E_NOTFOUND: no such file; GM_E_FORMAT: not JSON, with line and column; GM_E_IO: the disk.
 * Ownership  what is read is the caller's (json_decref); what is written is taken, on every path.
 * Durability as gm_write_file: the old or the new file, never half. */
#ifndef GIMLET_BASE_JSON_H
#define GIMLET_BASE_JSON_H

#include "error.h"

#include <jansson.h>

gm_status gm_json_read(const char *path, json_t **out, gm_error *err) GM_MUST_CHECK;
/* A file that need not be there: *out NULL without it. A damaged one is an error all the same. */
gm_status gm_json_read_if_there(const char *path, json_t **out, gm_error *err) GM_MUST_CHECK;
/* A file that may also be half written, or is only looked into: NULL where nothing can be read. path NULL: NULL. */
json_t *gm_json_look(const char *path);
/* root: NULL where it could not be made, which is GM_E_NOMEM. Numbers keep all their digits. */
gm_status gm_json_write(const char *path, json_t *root, gm_error *err) GM_MUST_CHECK;
/* For results that people read, too: nine digits of each number, little indent. */
gm_status gm_json_write_brief(const char *path, json_t *root, gm_error *err) GM_MUST_CHECK;
/* DIR/NAME */
gm_status gm_json_write_in(const char *dir, const char *name, json_t *root, gm_error *err) GM_MUST_CHECK;

#endif
