/* Batches: many labels approved with one word, after a look at the worst and at some random ones.
 *
 * A preview fixes which holes it is about: those that fit and that no person has labelled. Approving needs its token
 * and the holes that it showed; each hole's current label becomes one of the approver's, with its own confidence. A
 * hole that was edited since the preview is left out. Undoing takes the whole batch back, but for what was edited
 * since.
 *
 * Errors     GM_E_NOTFOUND: no such preview or batch; GM_E_ARG: a hole was not looked at, or nothing fits;
 *            GM_E_CONFLICT: the batch was undone already, or the preview is somebody else's. */
#ifndef GIMLET_SERVICE_BATCHES_H
#define GIMLET_SERVICE_BATCHES_H

#include "service/project/project.h"

enum { GM_BATCH_TO_SEE = 9, GM_BATCH_TOKEN = 33 }; /* of the worst and of the random ones; characters and a NUL */

typedef struct {
    char token[GM_BATCH_TOKEN];
    size_t count;                               /* holes that would be approved */
    const gm_hole_row *worst[GM_BATCH_TO_SEE];  /* lowest confidence first; rows are the list's */
    const gm_hole_row *random[GM_BATCH_TO_SEE]; /* others than the worst */
    size_t n_worst, n_random;
} gm_batch_to_see;

/* query: the filter as JSON, for the record. */
gm_status gm_batch_preview_make(gm_store *store, const gm_hole_list *list, const gm_hole_filter *filter,
                                const char *query, const char *user, gm_batch_to_see *out, gm_error *err) GM_MUST_CHECK;
/* seen: ids of the holes that were looked at. */
gm_status gm_batch_approve(gm_store *store, const char *token, const char *const *seen, size_t n_seen, const char *user,
                           int64_t *batch, size_t *count, gm_error *err) GM_MUST_CHECK;
gm_status gm_batch_undo(gm_store *store, int64_t batch, const char *user, size_t *n_undone, size_t *n_kept,
                        gm_error *err) GM_MUST_CHECK;

#endif
