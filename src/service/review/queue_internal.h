/* How much a look at a hole is worth: queue_value.c, used by queue.c. */
#ifndef GIMLET_SERVICE_QUEUE_INTERNAL_H
#define GIMLET_SERVICE_QUEUE_INTERNAL_H

#include "fold_predictions.h"
#include "queue.h"

typedef struct {
    const gm_hole_list *list;
    const gm_stored_labels *labels;
    gm_fold_predictions predictions;
    double *distance_mm; /* of each row to the holes of its program; NAN = too few to say */
    size_t *group;       /* of each row: how many holes its program has                   */
} queue_facts;

/* The labels of one hole: a stretch of labels->items. */
typedef struct {
    const gm_stored_label *items;
    size_t count;
} hole_labels;
hole_labels queue_labels_of(const gm_stored_labels *labels, const char *id);
/* Has this person labelled it, and is its truth known? */
bool queue_has_label_of(const hole_labels *labels, const char *author);
bool queue_is_known(const hole_labels *labels);

/* Fills distance_mm and group. */
gm_status queue_distances(queue_facts *facts, gm_error *err) GM_MUST_CHECK;
/* Fills value_mm and reason, for this user; value 0 = no reason to look. */
void queue_value(const queue_facts *facts, const gm_hole_row *row, const char *user, gm_queue_item *out);

#endif
