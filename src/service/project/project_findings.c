/* What the checks found, hole by hole: from the quality report, which also has what the comparison with other holes
 * gave, and from the database for what the report does not have. Reading it takes longer than all else of a list, and
 * it changes only when records are prepared: lists share it. */
#include "project_internal.h"
#include "quality_reports.h"

#include <stdlib.h>
#include <string.h>

static bool listed(const char *const *names, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

/* One name more in a list that grows in the arena by doubling. */
gm_status project_add_name(gm_arena *arena, const char *const **names, size_t *n, const char *name, gm_error *err) {
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

static int severity_of(const json_t *finding) {
    const char *name = json_string_value(json_object_get(finding, "severity"));
    for (int s = GM_ERROR; name && s > GM_INFO; s--)
        if (strcmp(name, gm_severity_name((gm_severity)s)) == 0) return s;
    return GM_INFO;
}

static gm_status note_checks(project_findings *all, project_hole_findings *hole, gm_error *err) {
    for (int severity = GM_ERROR; severity >= GM_INFO; severity--)
        for (size_t i = 0; i < json_array_size(hole->findings); i++) {
            const json_t *finding = json_array_get(hole->findings, i);
            const char *check = json_string_value(json_object_get(finding, "check"));
            if (check && severity_of(finding) == severity)
                GM_TRY(project_add_name(all->arena, &hole->checks, &hole->n_checks, check, err));
        }
    return GM_OK;
}

static int by_id(const void *a, const void *b) {
    return strcmp(((const project_hole_findings *)a)->id, ((const project_hole_findings *)b)->id);
}

const project_hole_findings *project_find_findings(const project_findings *all, const char *id) {
    project_hole_findings key;
    if (!all || all->count == 0) return NULL;
    snprintf(key.id, sizeof key.id, "%s", id);
    return bsearch(&key, all->items, all->count, sizeof *all->items, by_id);
}

/* Steals findings. */
static gm_status add(project_findings *all, const char *id, json_t *findings, gm_error *err) {
    if (!json_is_array(findings)) return json_decref(findings), GM_OK;
    if (all->count == all->capacity) {
        size_t capacity = GM_MAX(2 * all->capacity, (size_t)256);
        project_hole_findings *grown = gm_realloc_array(all->items, capacity, sizeof *grown);
        if (!grown) return json_decref(findings), gm_nomem(err);
        all->items = grown;
        all->capacity = capacity;
    }
    project_hole_findings *hole = &all->items[all->count++];
    *hole = (project_hole_findings){.findings = findings};
    snprintf(hole->id, sizeof hole->id, "%s", id);
    return note_checks(all, hole, err);
}

/* By id, each once: the first file of a hole speaks for it. */
static void put_in_order(project_findings *all) {
    if (all->count) qsort(all->items, all->count, sizeof *all->items, by_id);
    size_t n = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (n && strcmp(all->items[n - 1].id, all->items[i].id) == 0)
            json_decref(all->items[i].findings);
        else
            all->items[n++] = all->items[i];
    }
    all->count = n;
}

static gm_status take_report(void *ctx, const json_t *report, gm_error *err) {
    size_t i;
    json_t *file;
    json_array_foreach (json_object_get(report, "files"), i, file) {
        const char *id = json_string_value(json_object_get(file, "sha256"));
        json_t *findings = json_object_get(file, "findings");
        if (id && findings) GM_TRY(add(ctx, id, json_incref(findings), err));
    }
    return GM_OK;
}

/* A damaged report is none: the database knows the findings on each file. */
static gm_status read_reports(const gm_project *project, project_findings *all, gm_error *err) {
    gm_error damaged = {0};
    gm_status status = quality_each_report(project->dir, take_report, all, &damaged);
    put_in_order(all);
    if (status != GM_E_NOMEM) return GM_OK;
    if (err) *err = damaged;
    return status;
}

/* Holes that the report does not know come from the database. */
static gm_status take_stored(void *ctx, const char *sha256, const char *json, gm_error *err) {
    project_findings *all = ctx;
    project_findings in_report = {.items = all->items, .count = all->n_reported};
    if (project_find_findings(&in_report, sha256)) return GM_OK;
    return add(all, sha256, json_loads(json, 0, NULL), err);
}

static bool knows_all(const project_findings *all, const project_list *list) {
    for (size_t i = 0; i < list->list.count; i++)
        if (!project_find_findings(all, list->rows[i].hole->sha256)) return false;
    return true;
}

static gm_status read_all(gm_project *project, project_findings *all, gm_error *err) {
    if (!all->arena) return gm_nomem(err);
    GM_TRY(read_reports(project, all, err));
    all->n_reported = all->count;
    GM_TRY(gm_store_each_findings(project->store, take_stored, all, err));
    put_in_order(all);
    return GM_OK;
}

gm_status project_read_findings(gm_project *project, const project_list *list, project_findings **out, gm_error *err) {
    project_findings *old = project->list ? project->list->findings : NULL;
    int64_t mtime_ns = project_report_time(project);
    if (old && old->mtime_ns == mtime_ns && knows_all(old, list)) {
        __atomic_add_fetch(&old->lists, 1, __ATOMIC_RELAXED);
        return *out = old, GM_OK;
    }
    project_findings *all = gm_calloc(1, sizeof *all);
    if (!all) return gm_nomem(err);
    *all = (project_findings){.lists = 1, .mtime_ns = mtime_ns, .arena = gm_arena_new()};
    gm_status status = read_all(project, all, err);
    if (status == GM_OK)
        *out = all;
    else
        project_release_findings(all);
    return status;
}

void project_release_findings(project_findings *all) {
    if (!all || __atomic_sub_fetch(&all->lists, 1, __ATOMIC_ACQ_REL) > 0) return;
    for (size_t i = 0; i < all->count; i++) json_decref(all->items[i].findings);
    gm_free(all->items);
    gm_arena_free(all->arena);
    gm_free(all);
}
