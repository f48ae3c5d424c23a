/* Records that come through the server: kept below DATA/uploads/, an input folder like any other for prepare.
 *
 * Errors     GM_E_ARG: the path is not acceptable; GM_E_CONFLICT: a folder has that name; GM_E_IO: the disk.
 * Durability a file is there whole, and on the disk, or not at all.
 * Threads    any, several at once. */
#ifndef GIMLET_SERVICE_UPLOADS_H
#define GIMLET_SERVICE_UPLOADS_H

#include "base/base.h"

/* DATA/uploads; gm_free. */
char *gm_uploads_dir(const char *data_dir);
/* Keeps one file, in place of an older one of the same path. */
gm_status gm_upload_put(const char *data_dir, const char *path, const void *bytes, size_t size,
                        gm_error *err) GM_MUST_CHECK;

#endif
