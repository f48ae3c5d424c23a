/* Review: what a person does to the labels of one hole. Every gesture is a version of the hole's history.
 *
 * For        interfaces/api.
 * Depends on storage, labeling.
 * Versions   a hole's versions count from 1; who edits says which one they saw, so that nobody overwrites what they
 *            have not seen. -1 = whichever.
 * Undo       of one's own gestures, one after the other, also after a restart; a new gesture ends what could be redone.
 * Errors     GM_E_CONFLICT: the hole has another version than expected, nothing was changed; GM_E_ARG: the points
 *            cannot be (order, range; the message says which) or there is nothing to undo; GM_E_NOTFOUND: no such hole.
 * Durability what returned GM_OK is on the disk, and in the audit log.
 * Threads    an editing store per thread. */
#ifndef GIMLET_SERVICE_REVIEW_H
#define GIMLET_SERVICE_REVIEW_H

#include "data/labeling/labeling.h"
#include "data/storage/storage.h"

typedef struct {
    const char *hole;         /* its SHA-256                                     */
    const char *author;       /* who signs                                       */
    int64_t expected_version; /* the version that they saw; -1 = whichever       */
    double mm[GM_N_POINTS];   /* NAN = absent                                    */
    bool rejected;            /* not fit for training                            */
    const char *reason;       /* of a rejection or an adjudication; NULL = ""    */
    const char *gesture;      /* in words; NULL = "edited"                       */
} gm_label_edit;

typedef struct {
    int64_t version; /* of the hole now                                          */
    bool has_label;  /* false: undone to where this person had no label          */
    gm_label label;
    bool can_undo, can_redo;
} gm_review_result;

gm_status gm_review_save(gm_store *store, const gm_label_edit *edit, gm_review_result *out,
                         gm_error *err) GM_MUST_CHECK;
gm_status gm_review_undo(gm_store *store, const char *hole, const char *author, int64_t expected_version,
                         gm_review_result *out, gm_error *err) GM_MUST_CHECK;
gm_status gm_review_redo(gm_store *store, const char *hole, const char *author, int64_t expected_version,
                         gm_review_result *out, gm_error *err) GM_MUST_CHECK;
/* Ends a dispute: the label is written as the truth, with this person's name. */
gm_status gm_review_adjudicate(gm_store *store, const gm_label_edit *edit, gm_review_result *out,
                               gm_error *err) GM_MUST_CHECK;
/* What this person could take back, or take back again. */
gm_status gm_review_can(gm_store *store, const char *hole, const char *author, bool *can_undo, bool *can_redo,
                        gm_error *err) GM_MUST_CHECK;

enum { GM_COMMENT_MAX = 4000 };
/* Fills id and at. */
gm_status gm_review_comment(gm_store *store, const char *hole, const char *author, const char *text, int64_t *id,
                            char at[GM_TIME_TEXT], gm_error *err) GM_MUST_CHECK;

#endif
