/* What every fold of the newest run says about a hole: computed beside the requests, kept for the next one.
 *
 * A run of 24 folds takes up to half a second for a hole, so nobody waits: the first question for a hole gets what is
 * known (nothing), and the answer is there soon after. The page asks for a hole ahead of time and once more when it is
 * opened.
 * Ownership  labels are copies in the caller's array.
 * Threads    any; the models work in a thread of their own. */
#ifndef GIMLET_SERVICE_FOLD_GHOSTS_H
#define GIMLET_SERVICE_FOLD_GHOSTS_H

#include "data/storage/storage.h"

typedef struct gm_fold_ghosts gm_fold_ghosts;
gm_status gm_fold_ghosts_new(const char *data_dir, const char *models_dir, gm_fold_ghosts **out,
                             gm_error *err) GM_MUST_CHECK;
void gm_fold_ghosts_free(gm_fold_ghosts *ghosts); /* accepts NULL; waits for the hole under way */
GM_AUTO(gm_fold_ghosts)
/* The points of a hole by each fold of this run, from fold 1 on; *count = 0 while they are not known. *out is the
 * caller's (gm_free), NULL when count is 0. */
gm_status gm_fold_ghosts_get(gm_fold_ghosts *ghosts, const char *run, const char *hole, gm_label **out, size_t *count,
                             gm_error *err) GM_MUST_CHECK;

#endif
