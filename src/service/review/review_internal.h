/* What the use cases that write labels share; inside service/ only. */
#ifndef GIMLET_SERVICE_REVIEW_INTERNAL_H
#define GIMLET_SERVICE_REVIEW_INTERNAL_H

#include "review.h"

/* The state in which this author's label of this source is now: what a new gesture on it comes after. 0 = none. */
gm_status review_state(gm_store *store, const char *hole, const gm_label *label, int64_t *state,
                       gm_error *err) GM_MUST_CHECK;

#endif
