/* Names and paths that come from outside, and files below a folder that nothing leads out of; inside service/ only.
 *
 * Errors     GM_E_ARG: the name is not acceptable (says why); GM_E_NOTFOUND: nothing is there. */
#ifndef GIMLET_SERVICE_PATHS_H
#define GIMLET_SERVICE_PATHS_H

#include "base/base.h"

#include <sys/types.h>

enum { SERVICE_MAX_NAME = 200, SERVICE_MAX_DEPTH = 8 };

/* One name: 1-200 bytes of UTF-8, no '/' or '\', no control characters, no '.' in front, no blank at the ends. */
gm_status service_name_check(const char *name, const char *what, gm_error *err) GM_MUST_CHECK;
/* Up to 8 such names with '/' between them. */
gm_status service_path_check(const char *path, const char *what, gm_error *err) GM_MUST_CHECK;
/* Opens the folder in which the last name of a path stands, without following any symbolic link below root. make: makes
 * folders that are not there. *base (points into path) is the last name. The descriptor is the caller's to close. */
gm_status service_open_parent(const char *root, const char *path, bool make, int *fd, const char **base,
                              gm_error *err) GM_MUST_CHECK;
/* Opens a regular file below root for reading. */
gm_status service_open_file(const char *root, const char *path, int *fd, off_t *size, gm_error *err) GM_MUST_CHECK;

#endif
