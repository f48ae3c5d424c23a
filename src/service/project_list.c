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

static bool listed(const char *const *names, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

/* One name more in a list that grows in the arena by doubling. */
static gm_status add_name(gm_arena *arena, const char *const **names, size_t *n, const char *name, gm_error *err) {
    if (listed(*names, *n, name)) return GM_OK;
    if ((*n & (*n - 1)) == 0) {
        const char **grown = gm_arena_alloc(arena, 2 * GM_MAX(*n, (size_t)1) * sizeof *grown);
        if (!grown) return gm_nomem(err);
        if (*n) memcpy(grown, *names, *n * sizeof *grown);
        *names = grown;
    }
    char *copy = gm_arena_strdup(arena, name);
    if (!copy) return gm_nomem(err);
    ((const char **)*names)[(*n)++] = copy;
    return GM_OK;
}

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
        if (label->author[0]) GM_TRY(add_name(list->arena, &row->authors, &row->n_authors, label->author, err));
        if (!is_of_person(label)) continue;
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

/* --- findings --- */

static int severity_of(const json_t *finding) {
    const char *name = json_string_value(json_object_get(finding, "severity"));
    for (int s = GM_ERROR; name && s > GM_INFO; s--)
        if (strcmp(name, gm_severity_name((gm_severity)s)) == 0) return s;
    return GM_INFO;
}

static gm_status note_checks(project_list *list, gm_hole_row *row, const json_t *findings, gm_error *err) {
    for (int severity = GM_ERROR; severity >= GM_INFO; severity--) {
        size_t i;
        const json_t *finding;
        json_array_foreach (findings, i, finding) {
            const char *check = json_string_value(json_object_get(finding, "check"));
            if (check && severity_of(finding) == severity)
                GM_TRY(add_name(list->arena, &row->checks, &row->n_checks, check, err));
        }
    }
    return GM_OK;
}

/* The first file of a hole speaks for it; steals findings. */
static gm_status take_findings(project_list *list, const char *id, json_t *findings, gm_error *err) {
    gm_hole_row *row = find(list, id);
    if (!row || !json_is_array(findings) || json_object_get(list->findings, id)) {
        json_decref(findings);
        return GM_OK;
    }
    if (json_object_set_new(list->findings, id, findings) != 0) return gm_nomem(err);
    return note_checks(list, row, findings, err);
}

static gm_status take_stored_findings(void *ctx, const char *sha256, const char *json, gm_error *err) {
    return take_findings(ctx, sha256, json_loads(json, 0, NULL), err);
}

/* The quality report has the findings of the comparison with other holes as well: it goes first. What it does not
 * have (a report that is absent or from another preparation) is taken from the database. */
static gm_status read_report(const gm_project *project, project_list *list, gm_error *err) {
    json_t *report = gm_file_exists(project->report) ? json_load_file(project->report, 0, NULL) : NULL;
    gm_status status = GM_OK;
    size_t i;
    json_t *file;
    json_array_foreach (json_object_get(report, "files"), i, file) {
        const char *id = json_string_value(json_object_get(file, "sha256"));
        json_t *findings = json_object_get(file, "findings");
        if (status == GM_OK && id && findings) status = take_findings(list, id, json_incref(findings), err);
    }
    json_decref(report);
    return status;
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
    GM_TRY(read_report(project, list, err));
    return gm_store_each_findings(store, take_stored_findings, list, err);
}

gm_status project_read_list(gm_project *project, project_list **out, gm_error *err) {
    project_list *list = gm_calloc(1, sizeof *list);
    if (!list) return gm_nomem(err);
    list->readers = 1;
    list->arena = gm_arena_new();
    list->findings = json_object();
    gm_status status = list->arena && list->findings ? fill(project, list, err) : gm_nomem(err);
    if (status != GM_OK) {
        gm_hole_list_release(&list->list);
        return status;
    }
    *out = list;
    return GM_OK;
}
