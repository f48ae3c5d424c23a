/* The queue: which holes most need a look, and why.
 *
 * Value      the millimetres by which a look is expected to improve the label (docs/review.md says how they are
 *            estimated), from: label and model disagree, the model's folds are unsure, sources or people disagree, the
 *            rules are unsure, the hole is unlike the others of its program, findings.
 * Mixed in   every tenth hole is drawn at random, every twentieth is one whose truth is known: so that the value does
 *            not blind, and the error of those who label is measured. Which ones is the same for the same person and
 *            holes.
 * Ownership  rows are the list's; texts are inside the items.
 * Threads    any. */
#ifndef GIMLET_SERVICE_QUEUE_H
#define GIMLET_SERVICE_QUEUE_H

#include "service/project/project.h"

typedef enum { GM_QUEUE_VALUE, GM_QUEUE_RANDOM, GM_QUEUE_KNOWN } gm_queue_kind;
const char *gm_queue_kind_name(gm_queue_kind kind); /* "value" "random" "known" */

typedef struct {
    const gm_hole_row *row;
    double value_mm;
    gm_queue_kind kind;
    char reason[240]; /* in words */
} gm_queue_item;
typedef struct {
    gm_queue_item *items; /* in the order to look at them */
    size_t count;
} gm_queue;

/* For this user; models_dir may be NULL or absent. labels: of all holes, by hole. */
gm_status gm_queue_make(const gm_hole_list *list, const gm_stored_labels *labels, const gm_hole_filter *filter,
                        const char *models_dir, const char *user, gm_queue *out, gm_error *err) GM_MUST_CHECK;
void gm_queue_finish(gm_queue *queue);

#endif
