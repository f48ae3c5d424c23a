/* What children.c and child_record.c share. */
#ifndef GIMLET_SERVICE_CHILDREN_INTERNAL_H
#define GIMLET_SERVICE_CHILDREN_INTERNAL_H

#include "children.h"

gm_status service_child_write(const char *record_path, const service_child_record *record, gm_error *err) GM_MUST_CHECK;

#endif
