/* Filters, orders and counts over the list of holes. */
#include "project.h"

#include <stdlib.h>
#include <string.h>

/* --- filters --- */

/* Is name one of the choices, separated by commas? */
static bool chosen(const char *choices, const char *name) {
    if (!choices || !choices[0]) return true;
    size_t length = strlen(name);
    for (const char *at = choices;; at++) {
        size_t n = strcspn(at, ",");
        if (n == length && strncmp(at, name, n) == 0) return true;
        at += n;
        if (!*at) return false;
    }
}

static bool wanted(const char *filter) {
    return filter && filter[0];
}

/* Every word, in any of the texts that a person would search for. */
static bool found(const gm_stored_hole *hole, const char *search) {
    const char *texts[] = {hole->file, hole->facts.tool, hole->facts.program_id, hole->facts.date, hole->sha256};
    for (const char *at = search; *(at += strspn(at, " "));) {
        size_t n = strcspn(at, " ");
        char word[80];
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        bool hit = false;
        for (size_t i = 0; i < GM_COUNT(texts); i++) hit |= strcasestr(texts[i], word) != NULL;
        if (!hit) return false;
        at += n;
    }
    return true;
}

static bool has_finding(const gm_hole_row *row, const char *choices) {
    for (size_t i = 0; i < row->n_checks; i++) {
        char validator[64];
        snprintf(validator, sizeof validator, "%.*s", (int)strcspn(row->checks[i], "."), row->checks[i]);
        if (chosen(choices, row->checks[i]) || chosen(choices, validator)) return true;
    }
    return false;
}

static bool has_source(const gm_hole_row *row, const char *choices) {
    for (int s = 0; s < GM_N_SOURCES; s++)
        if (row->sources & 1u << s && chosen(choices, gm_label_source_name((gm_label_source)s))) return true;
    return false;
}

static bool has_author(const gm_hole_row *row, const char *author) {
    for (size_t i = 0; i < row->n_authors; i++)
        if (strcmp(row->authors[i], author) == 0) return true;
    return false;
}

bool gm_hole_fits(const gm_hole_row *row, const gm_hole_filter *f) {
    const gm_stored_hole *hole = row->hole;
    const char *category = hole->has_label ? gm_label_category(hole->label.confidence) : "none";
    return chosen(f->category, category) && (!wanted(f->family) || strcmp(hole->family, f->family) == 0) &&
           chosen(f->verdict, gm_verdict_name(hole->verdict)) && chosen(f->state, gm_hole_state_name(row->state)) &&
           (!wanted(f->finding) || has_finding(row, f->finding)) &&
           (!wanted(f->source) || has_source(row, f->source)) && (!wanted(f->author) || has_author(row, f->author)) &&
           (!wanted(f->search) || found(hole, f->search));
}

/* --- orders --- */

typedef struct {
    gm_hole_order order;
    int sign;
} ordering;

static double number_of(const gm_hole_row *row, gm_hole_order order) {
    const gm_stored_hole *hole = row->hole;
    switch (order) {
    case GM_HOLES_BY_CONFIDENCE: return hole->has_label ? hole->label.confidence : NAN;
    case GM_HOLES_BY_SCORE: return hole->score;
    case GM_HOLES_BY_TOOL_AGE: return hole->facts.tool_age >= 0 ? (double)hole->facts.tool_age : NAN;
    default: return NAN;
    }
}

static const char *text_of(const gm_hole_row *row, gm_hole_order order) {
    return order == GM_HOLES_BY_DATE ? row->hole->facts.date : row->reviewed_at;
}

/* What lacks the value comes last in both directions; rows lie in the order of files in the list. */
static int compare_rows(const void *a, const void *b, void *ctx) {
    const ordering *o = ctx;
    const gm_hole_row *x = *(const gm_hole_row *const *)a, *y = *(const gm_hole_row *const *)b;
    int by_file = (x > y) - (x < y);
    if (o->order == GM_HOLES_BY_FILE) return o->sign * by_file;
    if (o->order == GM_HOLES_BY_DATE || o->order == GM_HOLES_BY_REVIEWED_AT) {
        const char *s = text_of(x, o->order), *t = text_of(y, o->order);
        if (!s[0] != !t[0]) return s[0] ? -1 : 1;
        int order = strcmp(s, t);
        return order ? o->sign * order : by_file;
    }
    double v = number_of(x, o->order), w = number_of(y, o->order);
    if (isnan(v) != isnan(w)) return isnan(v) ? 1 : -1;
    if (isnan(v) || v == w) return by_file;
    return v < w ? -o->sign : o->sign;
}

gm_status gm_holes_select(const gm_hole_list *list, const gm_hole_filter *filter, gm_hole_order order, bool descending,
                          const gm_hole_row ***out, size_t *count, gm_error *err) {
    const gm_hole_row **rows = gm_alloc_array(list->count + 1, sizeof *rows);
    if (!rows) return gm_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < list->count; i++)
        if (gm_hole_fits(&list->items[i], filter)) rows[n++] = &list->items[i];
    ordering o = {order, descending ? -1 : 1};
    if (n) qsort_r(rows, n, sizeof *rows, compare_rows, &o);
    *out = rows;
    *count = n;
    return GM_OK;
}

/* --- facets --- */

static int compare_names(const void *a, const void *b) {
    return strcmp(((const gm_hole_facet *)a)->name, ((const gm_hole_facet *)b)->name);
}

typedef struct {
    gm_hole_facet *items;
    size_t count, capacity;
} facet_list;

static gm_status count_name(facet_list *list, const char *name, gm_error *err) {
    if (list->count == list->capacity) {
        size_t capacity = GM_MAX(2 * list->capacity, (size_t)64);
        gm_hole_facet *grown = gm_realloc_array(list->items, capacity, sizeof *grown);
        if (!grown) return gm_nomem(err);
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->count++] = (gm_hole_facet){name, 1};
    return GM_OK;
}

/* Equal names become one with their number. */
static void join_names(facet_list *list, gm_hole_facet **out, size_t *count) {
    size_t n = 0;
    if (list->count) qsort(list->items, list->count, sizeof *list->items, compare_names);
    for (size_t i = 0; i < list->count; i++) {
        if (n && strcmp(list->items[n - 1].name, list->items[i].name) == 0)
            list->items[n - 1].n++;
        else
            list->items[n++] = list->items[i];
    }
    *out = list->items;
    *count = n;
}

gm_status gm_holes_facets(const gm_hole_list *list, gm_hole_facets *out, gm_error *err) {
    facet_list families = {0}, programs = {0}, findings = {0}, authors = {0};
    size_t by_state[GM_N_STATES] = {0};
    gm_status status = GM_OK;
    for (size_t i = 0; i < list->count && status == GM_OK; i++) {
        const gm_hole_row *row = &list->items[i];
        by_state[row->state]++;
        status = count_name(&families, row->hole->family, err);
        if (status == GM_OK) status = count_name(&programs, row->hole->facts.program_id, err);
        for (size_t k = 0; k < row->n_checks && status == GM_OK; k++)
            status = count_name(&findings, row->checks[k], err);
        for (size_t k = 0; k < row->n_authors && status == GM_OK; k++)
            status = count_name(&authors, row->authors[k], err);
    }
    *out = (gm_hole_facets){0};
    memcpy(out->by_state, by_state, sizeof by_state);
    join_names(&families, &out->families, &out->n_families);
    join_names(&programs, &out->programs, &out->n_programs);
    join_names(&findings, &out->findings, &out->n_findings);
    join_names(&authors, &out->authors, &out->n_authors);
    if (status != GM_OK) gm_hole_facets_finish(out);
    return status;
}

void gm_hole_facets_finish(gm_hole_facets *facets) {
    gm_free(facets->families);
    gm_free(facets->programs);
    gm_free(facets->findings);
    gm_free(facets->authors);
    *facets = (gm_hole_facets){0};
}
