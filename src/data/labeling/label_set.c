/* The third factor among holes of one program: layers come in few thicknesses, so a right hole has neighbours. */
#include "labeling_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEIGHBOURS = 3, SMALLEST_GROUP = 4, REACH = 256 };
static const char *const mark = "; among its program's holes";

typedef struct {
    gm_label_set_item *item;
    unsigned present;     /* bit per point */
    double first, second; /* layer thicknesses; one layer: its thickness, 0 */
} hole;

static hole make_hole(gm_label_set_item *item) {
    const gm_label_point *p = item->label->points;
    hole h = {.item = item};
    for (int i = 0; i < GM_N_POINTS; i++) h.present |= (unsigned)isfinite(p[i].mm) << i;
    if (h.present == 7) {
        h.first = p[GM_TRANSITION].mm - p[GM_ENTRY].mm;
        h.second = p[GM_EXIT].mm - p[GM_TRANSITION].mm;
    } else if (h.present == 3) {
        h.first = p[GM_TRANSITION].mm - p[GM_ENTRY].mm;
    } else if (h.present == 5) {
        h.first = p[GM_EXIT].mm - p[GM_ENTRY].mm;
    }
    return h;
}

static int by_program(const void *a, const void *b) {
    const hole *x = a, *y = b;
    const int order = strcmp(x->item->program_id, y->item->program_id);
    if (order) return order;
    if (x->present != y->present) return (x->present > y->present) - (x->present < y->present);
    return (x->first > y->first) - (x->first < y->first);
}

/* Distance to the third nearest hole with the same points; INFINITY when there are fewer. */
static double neighbour_distance(const hole *holes, size_t n, size_t at) {
    double nearest[NEIGHBOURS];
    for (int k = 0; k < NEIGHBOURS; k++) nearest[k] = INFINITY;
    const size_t from = at > REACH ? at - REACH : 0, to = GM_MIN(at + REACH + 1, n);
    for (size_t i = from; i < to; i++) {
        if (i == at || holes[i].present != holes[at].present) continue;
        double distance = fmax(fabs(holes[i].first - holes[at].first), fabs(holes[i].second - holes[at].second));
        for (int k = 0; k < NEIGHBOURS; k++) {
            if (distance >= nearest[k]) continue;
            const double swap = nearest[k];
            nearest[k] = distance;
            distance = swap;
        }
    }
    return nearest[NEIGHBOURS - 1];
}

static void refine(const hole *h, double distance, size_t group) {
    gm_label *label = h->item->label;
    const bool any = h->present != 0;
    const double factor = !any                 ? label->factor_pattern
                          : isfinite(distance) ? 0.4 + 0.58 * exp(-fmax(0, distance - 0.1) / 0.5)
                                               : 0.4;
    for (int p = 0; p < GM_N_POINTS; p++) {
        gm_label_point *point = &label->points[p];
        char *old = strstr(point->evidence, mark);
        if (old) *old = '\0';
        if (!isfinite(point->mm)) continue;
        point->confidence *= gm_pattern_weight(factor) / gm_pattern_weight(label->factor_pattern);
    }
    label->factor_pattern = factor;
    if (any) {
        char *evidence = label->points[GM_ENTRY].evidence;
        const size_t used = strlen(evidence), size = sizeof label->points[GM_ENTRY].evidence;
        if (isfinite(distance))
            snprintf(evidence + used, size - used, "%s (%zu) three have layers within %s mm", mark, group,
                     gm_mm_text(distance).text);
        else
            snprintf(evidence + used, size - used, "%s (%zu) it stands alone", mark, group);
    }
    gm_label_weigh(label);
}

gm_status gm_label_set(gm_label_set_item *items, size_t count, gm_error *err) {
    if (count == 0) return GM_OK;
    gm_auto_free hole *holes = gm_alloc_array(count, sizeof *holes);
    if (!holes) return gm_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (items[i].label->source == GM_SOURCE_RULE) holes[n++] = make_hole(&items[i]);
    if (n > 0) qsort(holes, n, sizeof *holes, by_program);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && strcmp(holes[to].item->program_id, holes[from].item->program_id) == 0;) to++;
        if (to - from < SMALLEST_GROUP) continue;
        for (size_t i = from; i < to; i++)
            refine(&holes[i], neighbour_distance(holes + from, to - from, i - from), to - from);
    }
    return GM_OK;
}

size_t gm_label_preferred(const gm_label *labels, size_t count) {
    static const int rank[GM_N_SOURCES] = {
        [GM_SOURCE_RULE] = 0, [GM_SOURCE_MODEL] = 1, [GM_SOURCE_EXPERT] = 2, [GM_SOURCE_TRUTH] = 3};
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (best == count || rank[labels[i].source] > rank[labels[best].source] ||
            (labels[i].source == labels[best].source && strcmp(labels[i].made_at, labels[best].made_at) > 0))
            best = i;
    }
    return best;
}
