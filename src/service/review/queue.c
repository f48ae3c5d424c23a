#include "queue_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every tenth place is a random hole's, every twentieth a known one's. */
enum { RANDOM_EVERY = 10, RANDOM_PLACE = 5, KNOWN_EVERY = 20 };

const char *gm_queue_kind_name(gm_queue_kind kind) {
    static const char *const names[] = {"value", "random", "known"};
    return names[kind];
}

/* A candidate for one of the three kinds; lot is its place when it is drawn. */
typedef struct {
    gm_queue_item item;
    char lot[GM_SHA256_HEX];
    bool used;
} entry;

typedef struct {
    entry *entries; /* what may be shown, most valuable first */
    size_t count;
    entry **by_lot, **known; /* the unseen ones, and the known ones, in the order in which they are drawn */
    size_t n_by_lot, n_known;
} draw;

static void draw_finish(draw *d) {
    gm_free(d->entries);
    gm_free((void *)d->by_lot);
    gm_free((void *)d->known);
}

static int by_value(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->item.value_mm != y->item.value_mm) return x->item.value_mm < y->item.value_mm ? 1 : -1;
    return gm_compare_natural(x->item.row->hole->file, y->item.row->hole->file);
}

static int by_lot(const void *a, const void *b) {
    return strcmp((*(entry *const *)a)->lot, (*(entry *const *)b)->lot);
}

/* The same person and hole always draw the same lot. */
static void draw_lot(const char *user, const char *id, char lot[GM_SHA256_HEX], gm_text *scratch) {
    scratch->length = 0;
    gm_text_printf(scratch, "%s\n%s", user, id);
    gm_sha256(gm_text_c(scratch), scratch->length, lot);
}

/* Known holes are there for those who have not labelled them; others while there is a reason to look. */
static bool is_wanted(const queue_facts *facts, const gm_hole_row *row, const char *user, gm_queue_item *item) {
    const hole_labels labels = queue_labels_of(facts->labels, row->hole->sha256);
    *item = (gm_queue_item){.row = row};
    if (queue_is_known(&labels)) {
        item->kind = GM_QUEUE_KNOWN;
        snprintf(item->reason, sizeof item->reason, "its truth is known: measures the error of those who label");
        return !queue_has_label_of(&labels, user);
    }
    queue_value(facts, row, user, item);
    return row->state == GM_STATE_AUTO || item->value_mm > 0;
}

static gm_status collect(const queue_facts *facts, const gm_hole_filter *filter, const char *user, draw *d,
                         gm_error *err) {
    const size_t n = facts->list->count;
    gm_auto_text scratch = GM_TEXT_INIT;
    d->entries = gm_alloc_array(n + 1, sizeof *d->entries);
    d->by_lot = gm_alloc_array(n + 1, sizeof(entry *));
    d->known = gm_alloc_array(n + 1, sizeof(entry *));
    if (!d->entries || !d->by_lot || !d->known) return gm_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const gm_hole_row *row = &facts->list->items[i];
        entry *e = &d->entries[d->count];
        e->used = false;
        if (!gm_hole_fits(row, filter) || !is_wanted(facts, row, user, &e->item)) continue;
        draw_lot(user, row->hole->sha256, e->lot, &scratch);
        d->count++;
    }
    if (!d->count) return GM_OK;
    qsort(d->entries, d->count, sizeof *d->entries, by_value);
    for (size_t i = 0; i < d->count; i++) {
        entry *e = &d->entries[i];
        if (e->item.kind == GM_QUEUE_KNOWN)
            d->known[d->n_known++] = e;
        else if (e->item.row->state == GM_STATE_AUTO)
            d->by_lot[d->n_by_lot++] = e;
    }
    if (d->n_by_lot) qsort((void *)d->by_lot, d->n_by_lot, sizeof(entry *), by_lot);
    if (d->n_known) qsort((void *)d->known, d->n_known, sizeof(entry *), by_lot);
    return GM_OK;
}

static entry *next_unused(entry **entries, size_t count, size_t *at) {
    while (*at < count && entries[*at]->used) ++*at;
    return *at < count ? entries[(*at)++] : NULL;
}

/* The most valuable one that is left. Known holes only have their own places, so that nobody meets many of them. */
static entry *next_valuable(draw *d, size_t *at) {
    while (*at < d->count && (d->entries[*at].used || d->entries[*at].item.kind == GM_QUEUE_KNOWN)) ++*at;
    return *at < d->count ? &d->entries[(*at)++] : NULL;
}

static void deal(draw *d, gm_queue *out) {
    size_t value_at = 0, lot_at = 0, known_at = 0;
    for (;;) {
        const size_t place = out->count + 1;
        entry *e = NULL;
        if (place % KNOWN_EVERY == 0) e = next_unused(d->known, d->n_known, &known_at);
        if (!e && place % RANDOM_EVERY == RANDOM_PLACE) {
            e = next_unused(d->by_lot, d->n_by_lot, &lot_at);
            if (e) e->item.kind = GM_QUEUE_RANDOM;
        }
        if (!e) e = next_valuable(d, &value_at);
        if (!e) return;
        e->used = true;
        gm_queue_item *item = &out->items[out->count++];
        *item = e->item;
        if (item->kind == GM_QUEUE_RANDOM) snprintf(item->reason, sizeof item->reason, "drawn at random");
    }
}

static gm_status make(queue_facts *facts, const gm_hole_filter *filter, const char *user, draw *d, gm_queue *out,
                      gm_error *err) {
    GM_TRY(queue_distances(facts, err));
    GM_TRY(collect(facts, filter, user, d, err));
    out->items = gm_alloc_array(d->count + 1, sizeof *out->items);
    if (!out->items) return gm_nomem(err);
    deal(d, out);
    return GM_OK;
}

gm_status gm_queue_make(const gm_hole_list *list, const gm_stored_labels *labels, const gm_hole_filter *filter,
                        const char *models_dir, const char *user, gm_queue *out, gm_error *err) {
    queue_facts facts = {.list = list, .labels = labels};
    __attribute__((cleanup(draw_finish))) draw d = {0};
    gm_queue queue = {0};
    GM_TRY(gm_fold_predictions_read(models_dir, &facts.predictions, err));
    gm_status status = make(&facts, filter, user, &d, &queue, err);
    gm_fold_predictions_finish(&facts.predictions);
    gm_free(facts.distance_mm);
    gm_free(facts.group);
    if (status == GM_OK)
        *out = queue;
    else
        gm_queue_finish(&queue);
    return status;
}

void gm_queue_finish(gm_queue *queue) {
    gm_free(queue->items);
    *queue = (gm_queue){0};
}
