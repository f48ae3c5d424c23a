/* The page of a passport: what an auditor asks, answered without a network. Inside service/ only. */
#ifndef GIMLET_SERVICE_PASSPORT_PAGE_H
#define GIMLET_SERVICE_PASSPORT_PAGE_H

#include "base/base.h"

#include <jansson.h>

/* version: as gm_registry_version gives it; dir: its files. */
gm_status passport_page(const json_t *version, const char *dir, gm_text *out, gm_error *err) GM_MUST_CHECK;

#endif
