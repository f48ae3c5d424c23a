/* What the handlers that write labels and comments share: a store of their own for each request. */
#ifndef GIMLET_INTERFACES_API_EDITING_INTERNAL_H
#define GIMLET_INTERFACES_API_EDITING_INTERNAL_H

#include "../api_internal.h"
#include "../json_internal.h"
#include "service/project/store_pool.h"
#include "service/review/fold_ghosts.h"

/* The state of these groups. */
typedef struct {
    gm_store_pool *pool;
    gm_fold_ghosts *ghosts; /* of the group that shows holes; else NULL */
} api_editing;
gm_status api_editing_open(const api_options *options, gm_project *project, void **state, gm_error *err);
/* The same with ghosts of the folds. */
gm_status api_editing_open_ghosts(const api_options *options, gm_project *project, void **state, gm_error *err);
void api_editing_close(void *state);

/* A store for this request, given back at the end of the scope: api_auto_edit edit = ...; edit.store is NULL at first.
 */
typedef struct {
    gm_store_pool *pool;
    gm_store *store;
} api_edit;
static inline void api_edit_finish_(api_edit *edit) {
    gm_store_pool_give(edit->pool, edit->store);
}
#define api_auto_edit __attribute__((cleanup(api_edit_finish_))) api_edit
static inline gm_status api_edit_begin(const api_request *request, api_edit *edit, gm_error *err) {
    edit->pool = ((const api_editing *)request->state)->pool;
    return gm_store_pool_take(edit->pool, false, &edit->store, err);
}

/* Everybody sees the labels of the rules and their own; the truth of a hole only who may approve, or who has labelled
 * it already: known holes measure the error of those who label. */
bool api_may_see_label(const api_request *request, const gm_stored_labels *all, const gm_label *label);
/* [LABEL] that this user may see, the highest source first. */
json_t *api_json_labels(const api_request *request, const gm_stored_labels *labels);
json_t *api_json_comments(const gm_comments *comments);
/* Has the hole a truth that this user may not see? */
gm_status api_truth_is_hidden(const api_request *request, const gm_hole_row *row, bool *out,
                              gm_error *err) GM_MUST_CHECK;
/* HOLE as this user may see it: a hidden truth leaves no trace in it. */
json_t *api_json_hole_for(const api_request *request, const gm_hole_row *row);

/* What of a hole depends on who asks: adds labels, ghosts, candidates, comments, can_undo, can_redo to its JSON. */
gm_status api_add_hole_parts(const api_request *request, gm_store *store, const gm_hole_row *row,
                             const gm_record *record, json_t *hole, gm_error *err);

#endif
