/* How many millimetres a look at a hole may be worth. Each reason gives a number and words; the sum orders the queue,
 * the two largest ones are shown. */
#include "queue_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Weights and limits; docs/review.md explains them. */
static const double longest_mm = 2;   /* more is a gross error, whatever it is                      */
static const double one_sided_mm = 1; /* one says absent, the other does not                        */
static const double unsure_weight = 0.3, doubt_mm = 0.5;
static const double usual_distance_mm = 0.3, distance_weight = 0.2;
static const double finding_mm[4] = {[GM_INFO] = 0, [GM_WARNING] = 0.03, [GM_FAILURE] = 0.1, [GM_ERROR] = 0.1};

enum { NEIGHBOURS = 3, SMALLEST_GROUP = 4, REACH = 64, MAX_REASONS = 8 };

/* --- labels of a hole --- */

hole_labels queue_labels_of(const gm_stored_labels *labels, const char *id) {
    size_t low = 0, high = labels->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (strcmp(labels->items[middle].sha256, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < labels->count && strcmp(labels->items[end].sha256, id) == 0) end++;
    return (hole_labels){labels->items + low, end - low};
}

bool queue_has_label_of(const hole_labels *labels, const char *author) {
    for (size_t i = 0; i < labels->count; i++)
        if (labels->items[i].label.source == GM_SOURCE_EXPERT && strcmp(labels->items[i].label.author, author) == 0)
            return true;
    return false;
}

bool queue_is_known(const hole_labels *labels) {
    for (size_t i = 0; i < labels->count; i++)
        if (labels->items[i].label.source == GM_SOURCE_TRUTH && !labels->items[i].label.rejected) return true;
    return false;
}

/* --- differences --- */

/* The point at which two differ most, and by how much (at most longest_mm); one-sided points count one_sided_mm. */
typedef struct {
    gm_point point;
    double mm, half_mm; /* half_mm: what the model allows there */
    bool one_sided;
} difference;

static difference differ(const double *a, const double *b, const double *half_mm) {
    difference worst = {.mm = 0};
    for (int p = 0; p < GM_N_POINTS; p++) {
        const bool one_sided = isnan(a[p]) != isnan(b[p]);
        const double mm = one_sided ? one_sided_mm : isnan(a[p]) ? 0 : fmin(fabs(a[p] - b[p]), longest_mm);
        if (mm <= worst.mm) continue;
        worst = (difference){(gm_point)p, mm, half_mm && isfinite(half_mm[p]) ? half_mm[p] : 0, one_sided};
    }
    return worst;
}

static void points_of(const gm_label *label, double out[GM_N_POINTS]) {
    for (int p = 0; p < GM_N_POINTS; p++) out[p] = label->points[p].mm;
}

/* --- reasons --- */

typedef struct {
    double mm;
    char text[120];
} reason;
typedef struct {
    reason items[MAX_REASONS];
    size_t count;
    double sum_mm;
} reasons;

static void add(reasons *all, double mm, const char *format, ...) GM_PRINTF(3, 4);
static void add(reasons *all, double mm, const char *format, ...) {
    if (!(mm > 0) || all->count == MAX_REASONS) return;
    reason *r = &all->items[all->count++];
    r->mm = mm;
    all->sum_mm += mm;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(r->text, sizeof r->text, format, args);
    va_end(args);
}

typedef struct {
    char text[24];
} number_text;
static number_text mm_text(double mm) {
    gm_auto_text text = GM_TEXT_INIT;
    number_text out;
    gm_text_number(&text, mm, 2);
    snprintf(out.text, sizeof out.text, "%s", gm_text_c(&text));
    return out;
}

/* What the model says of itself: how wide it answers, and what it leaves for another place. */
static void add_doubts(const gm_out_of_fold_row *predicted, reasons *all) {
    double wide_mm = 0, elsewhere = 0;
    gm_point point = GM_ENTRY;
    for (int p = 0; p < GM_N_POINTS; p++) {
        if (isfinite(predicted->half_mm[p])) wide_mm = fmax(wide_mm, fmin(predicted->half_mm[p], longest_mm));
        if (1 - predicted->confidence[p] > elsewhere) elsewhere = 1 - predicted->confidence[p], point = (gm_point)p;
    }
    add(all, unsure_weight * wide_mm, "the model is unsure: within %s mm only", mm_text(wide_mm).text);
    add(all, doubt_mm * elsewhere, "the model is only %.0f %% sure of the %s", 100 * (1 - elsewhere),
        gm_point_name(point));
}

/* The model was trained without this hole, so it knows nothing of the label's error. The more they differ beyond what
 * the model allows, the surer it is the label that is wrong. Who has looked since the run has answered already. */
static void compare_with_model(const queue_facts *facts, const gm_stored_hole *hole, reasons *all) {
    const gm_out_of_fold_row *predicted = gm_out_of_fold_find(&facts->predictions.table, hole->file);
    if (!predicted || !hole->has_label) return;
    const bool of_person = hole->label.source >= GM_SOURCE_EXPERT;
    if (of_person && strcmp(hole->label.made_at, facts->predictions.finished_at) > 0) return;
    double label[GM_N_POINTS];
    points_of(&hole->label, label);
    const difference d = differ(label, predicted->mm, predicted->half_mm);
    const double surely = d.mm * d.mm / (d.mm * d.mm + d.half_mm * d.half_mm + 1e-6);
    if (d.one_sided)
        add(all, d.mm * surely, "the model and the label do not agree whether there is %s %s",
            d.point == GM_TRANSITION ? "a" : "an", gm_point_name(d.point));
    else
        add(all, d.mm * surely, "label and model differ by %s mm at the %s", mm_text(d.mm).text,
            gm_point_name(d.point));
    if (of_person) return;
    add_doubts(predicted, all);
}

static void name_of(const gm_label *label, char out[72]) {
    const bool named = label->source >= GM_SOURCE_EXPERT && label->author[0];
    snprintf(out, 72, "%s", named ? label->author : gm_label_source_name(label->source));
}

/* People among each other, else rules and models among each other. */
static void compare_labels(const hole_labels *labels, bool people, reasons *all) {
    difference worst = {.mm = 0};
    char a[72] = "", b[72] = "";
    for (size_t i = 0; i < labels->count; i++)
        for (size_t j = i + 1; j < labels->count; j++) {
            const gm_label *x = &labels->items[i].label, *y = &labels->items[j].label;
            if ((x->source >= GM_SOURCE_EXPERT) != people || (y->source >= GM_SOURCE_EXPERT) != people) continue;
            double of_x[GM_N_POINTS], of_y[GM_N_POINTS];
            points_of(x, of_x);
            points_of(y, of_y);
            difference d = differ(of_x, of_y, NULL);
            if (x->rejected != y->rejected) d = (difference){.mm = longest_mm, .one_sided = true};
            if (x->rejected && y->rejected) d.mm = 0;
            if (d.mm <= worst.mm) continue;
            worst = d;
            name_of(x, a);
            name_of(y, b);
        }
    if (worst.mm <= (people ? 0.05 : 0)) return;
    if (worst.one_sided)
        add(all, worst.mm, "%.30s and %.30s do not agree on what is there", a, b);
    else
        add(all, people ? worst.mm : worst.mm / 2, "%.30s and %.30s differ by %s mm at the %s", a, b,
            mm_text(worst.mm).text, gm_point_name(worst.point));
}

void queue_value(const queue_facts *facts, const gm_hole_row *row, const char *user, gm_queue_item *out) {
    const gm_stored_hole *hole = row->hole;
    const hole_labels labels = queue_labels_of(facts->labels, hole->sha256);
    const bool looked_at = row->state != GM_STATE_AUTO;
    const size_t at = (size_t)(row - facts->list->items);
    reasons all = {0};
    /* who has had their say cannot settle a dispute by saying it again */
    if (!queue_has_label_of(&labels, user)) compare_labels(&labels, true, &all);
    if (row->state != GM_STATE_REJECTED) compare_with_model(facts, hole, &all);
    if (!looked_at) {
        compare_labels(&labels, false, &all);
        const double confidence = hole->has_label ? hole->label.confidence : 0;
        if (hole->has_label)
            add(&all, doubt_mm * (1 - confidence), "%sconfidence %s", confidence < 0.9 ? "the rules are unsure: " : "",
                mm_text(confidence).text);
        else
            add(&all, doubt_mm, "no label");
        const double distance = fmin(facts->distance_mm[at], longest_mm);
        if (distance > usual_distance_mm)
            add(&all, distance_weight * (distance - usual_distance_mm),
                "unlike the other %zu holes of its program: %s mm from the nearest", facts->group[at] - 1,
                mm_text(distance).text);
        if (row->n_checks) add(&all, finding_mm[hole->verdict], "finding: %.90s", row->checks[0]);
    }
    size_t first = 0, second = SIZE_MAX;
    for (size_t i = 1; i < all.count; i++) {
        if (all.items[i].mm > all.items[first].mm) {
            second = first;
            first = i;
        } else if (second == SIZE_MAX || all.items[i].mm > all.items[second].mm) {
            second = i;
        }
    }
    if (second != SIZE_MAX && all.items[second].mm < 0.2 * all.items[first].mm) second = SIZE_MAX;
    out->value_mm = all.sum_mm;
    snprintf(out->reason, sizeof out->reason, "%s%s%s", all.count ? all.items[first].text : "",
             second != SIZE_MAX ? "; " : "", second != SIZE_MAX ? all.items[second].text : "");
}

/* --- unlike the others of its program --- */

typedef struct {
    size_t row;
    const char *program;
    double first_mm, second_mm; /* layers, or the whole hole and 0 */
} place;

static int by_program(const void *a, const void *b) {
    const place *x = a, *y = b;
    const int order = strcmp(x->program, y->program);
    if (order) return order;
    return (x->first_mm > y->first_mm) - (x->first_mm < y->first_mm);
}

static bool place_of(const gm_hole_row *row, size_t index, place *out) {
    const gm_label *label = &row->hole->label;
    const double entry = label->points[GM_ENTRY].mm, transition = label->points[GM_TRANSITION].mm,
                 exit = label->points[GM_EXIT].mm;
    if (!row->hole->has_label || label->rejected || isnan(entry) || isnan(exit)) return false;
    *out = isnan(transition) ? (place){index, row->hole->facts.program_id, exit - entry, 0}
                             : (place){index, row->hole->facts.program_id, transition - entry, exit - transition};
    return true;
}

/* Distance to the third nearest among the neighbours in thickness of the first layer. */
static double third_nearest(const place *places, size_t n, size_t at) {
    double nearest[NEIGHBOURS] = {INFINITY, INFINITY, INFINITY};
    for (size_t i = at > REACH ? at - REACH : 0; i < GM_MIN(at + REACH + 1, n); i++) {
        if (i == at) continue;
        double d =
            fmax(fabs(places[i].first_mm - places[at].first_mm), fabs(places[i].second_mm - places[at].second_mm));
        for (int k = 0; k < NEIGHBOURS; k++) {
            if (d >= nearest[k]) continue;
            const double swap = nearest[k];
            nearest[k] = d;
            d = swap;
        }
    }
    return nearest[NEIGHBOURS - 1];
}

gm_status queue_distances(queue_facts *facts, gm_error *err) {
    const size_t count = facts->list->count;
    gm_auto_free place *places = gm_alloc_array(count + 1, sizeof *places);
    facts->distance_mm = gm_alloc_array(count + 1, sizeof *facts->distance_mm);
    facts->group = gm_calloc(count + 1, sizeof *facts->group);
    if (!places || !facts->distance_mm || !facts->group) return gm_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        facts->distance_mm[i] = 0;
        n += place_of(&facts->list->items[i], i, &places[n]);
    }
    if (n) qsort(places, n, sizeof *places, by_program);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && strcmp(places[to].program, places[from].program) == 0;) to++;
        for (size_t i = from; i < to && to - from >= SMALLEST_GROUP; i++) {
            facts->distance_mm[places[i].row] = third_nearest(places + from, to - from, i - from);
            facts->group[places[i].row] = to - from;
        }
    }
    return GM_OK;
}
