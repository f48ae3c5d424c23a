/* From the database and the quality report to the list of holes. */
#include "project_internal.h"

#include <stdlib.h>
#include <string.h>

const char *gm_hole_state_name(gm_hole_state state) {
    static const char *const names[GM_N_STATES] = {"auto", "reviewed", "rejected"};
    return names[state];
}

static int compare_ids(const void *a, const void *b, void *rows) {
    const gm_hole_row *r = rows;
    return strcmp(r[*(const size_t *)a].hole->sha256, r[*(const size_t *)b].hole->sha256);
}

static gm_hole_row *find(const project_list *list, const char *id) {
    size_t low = 0, high = list->list.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        gm_hole_row *row = &list->rows[list->by_id[middle]];
        int order = strcmp(id, row->hole->sha256);
        if (order == 0) return row;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const gm_hole_row *gm_hole_list_find(const gm_hole_list *list, const char *id) {
    return find((const project_list *)list, id);
}

/* --- labels: sources, authors, state --- */

static bool is_of_person(const gm_label *label) {
    return label->source == GM_SOURCE_EXPERT || (label->source == GM_SOURCE_TRUTH && label->author[0]);
}

/* Labels come by hole and source: of those of people the highest source counts, of it the latest. */
static gm_status take_labels(project_list *list, const gm_stored_labels *labels, gm_error *err) {
    const gm_label *best = NULL;
    for (size_t i = 0; i < labels->count; i++) {
        const gm_label *label = &labels->items[i].label;
        if (i == 0 || strcmp(labels->items[i].sha256, labels->items[i - 1].sha256) != 0) best = NULL;
        gm_hole_row *row = find(list, labels->items[i].sha256);
        if (!row || (unsigned)label->source >= GM_N_SOURCES) continue; /* its file was forgotten */
        row->sources |= 1u << label->source;
        if (!is_of_person(label)) continue;
        if (label->author[0]) GM_TRY(project_add_name(list->arena, &row->authors, &row->n_authors, label->author, err));
        if (!best || label->source > best->source || strcmp(label->made_at, best->made_at) >= 0) best = label;
        row->state = best->rejected ? GM_STATE_REJECTED : GM_STATE_REVIEWED;
        if (strcmp(label->made_at, row->reviewed_at) > 0)
            snprintf(row->reviewed_at, sizeof row->reviewed_at, "%s", label->made_at);
    }
    return GM_OK;
}

static gm_status take_version(void *ctx, const char *sha256, int64_t version, gm_error *err) {
    (void)err;
    gm_hole_row *row = find(ctx, sha256);
    if (row) row->version = version;
    return GM_OK;
}

/* --- the list --- */

static gm_status make_rows(project_list *list, gm_error *err) {
    size_t n = list->stored.count;
    list->rows = gm_calloc(n + 1, sizeof *list->rows);
    list->by_id = gm_alloc_array(n + 1, sizeof *list->by_id);
    if (!list->rows || !list->by_id) return gm_nomem(err);
    for (size_t i = 0; i < n; i++) {
        list->rows[i].hole = &list->stored.items[i];
        list->by_id[i] = i;
    }
    list->list = (gm_hole_list){list->rows, n};
    if (n) qsort_r(list->by_id, n, sizeof *list->by_id, compare_ids, list->rows);
    return GM_OK;
}

static gm_status fill(gm_project *project, project_list *list, gm_error *err) {
    gm_store *store;
    GM_TRY(project_store(project, &store, err));
    if (store) GM_TRY(gm_store_holes(store, false, &list->stored, err));
    GM_TRY(make_rows(list, err));
    if (!store) return GM_OK;
    gm_stored_labels labels;
    GM_TRY(gm_store_labels(store, NULL, &labels, err));
    gm_status status = take_labels(list, &labels, err);
    gm_stored_labels_finish(&labels);
    GM_TRY(status);
    GM_TRY(gm_store_each_version(store, take_version, list, err));
    GM_TRY(project_read_findings(project, list, &list->findings, err));
    for (size_t i = 0; i < list->list.count; i++) {
        const project_hole_findings *found = project_find_findings(list->findings, list->rows[i].hole->sha256);
        if (!found) continue;
        list->rows[i].checks = found->checks;
        list->rows[i].n_checks = found->n_checks;
    }
    return GM_OK;
}

gm_status project_read_list(gm_project *project, project_list **out, gm_error *err) {
    project_list *list = gm_calloc(1, sizeof *list);
    if (!list) return gm_nomem(err);
    list->readers = 1;
    list->arena = gm_arena_new();
    gm_status status = list->arena ? fill(project, list, err) : gm_nomem(err);
    if (status != GM_OK) {
        gm_hole_list_release(&list->list);
        return status;
    }
    *out = list;
    return GM_OK;
}
