#ifndef GIMLET_DEPLOYMENT_PACKAGE_INTERNAL_H
#define GIMLET_DEPLOYMENT_PACKAGE_INTERNAL_H

#include "package.h"

#define PACKAGE_FORMAT "gimlet-passport"
enum {
    PACKAGE_VERSION = 1,
    PACKAGE_MAX_TEXT = 16 << 20, /* manifest, page */
    PACKAGE_MAX_FILES = 5000,
    PACKAGE_MAX_PATH = 200
};
#define PACKAGE_MAX_FILE ((json_int_t)4 << 30)

#endif
