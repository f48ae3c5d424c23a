#include "project_internal.h"

#include <string.h>
#include <sys/stat.h>

gm_status gm_project_open(const char *data_dir, gm_project **out, gm_error *err) {
    gm_auto(gm_project) project = gm_calloc(1, sizeof *project);
    if (!project) return gm_nomem(err);
    pthread_mutex_init(&project->lock, NULL);
    project->dir = gm_strdup(data_dir);
    project->database = gm_path_join(data_dir, "gimlet.db");
    project->report = gm_path_join(data_dir, "quality/report.json");
    if (!project->dir || !project->database || !project->report) return gm_nomem(err);
    gm_store *store;
    GM_TRY(project_store(project, &store, err));
    *out = gm_steal(&project);
    return GM_OK;
}

void gm_project_free(gm_project *project) {
    if (!project) return;
    gm_hole_list_release(project->list ? &project->list->list : NULL);
    for (size_t i = 0; i < PROJECT_RECORDS; i++) {
        if (!project->records[i]) continue;
        gm_record_free(project->records[i]->record);
        gm_free(project->records[i]);
    }
    gm_store_free(project->store);
    pthread_mutex_destroy(&project->lock);
    gm_free(project->dir);
    gm_free(project->database);
    gm_free(project->report);
    gm_free(project);
}

const char *gm_project_data_dir(const gm_project *project) {
    return project->dir;
}

bool gm_project_has_data(const gm_project *project) {
    return gm_file_exists(project->database);
}

gm_status project_store(gm_project *project, gm_store **out, gm_error *err) {
    if (!project->store && gm_file_exists(project->database))
        GM_TRY(gm_store_open(project->dir, false, 0, &project->store, err));
    *out = project->store;
    return GM_OK;
}

int64_t project_report_time(const gm_project *project) {
    struct stat st;
    return stat(project->report, &st) == 0 ? (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec : 0;
}

/* Under the lock: project->list is what the database says now. */
static gm_status refresh(gm_project *project, gm_error *err) {
    gm_store *store;
    int64_t commits = gm_store_commits();
    double now_s = gm_seconds();
    if (project->list && commits == project->commits && now_s - project->looked_s < GM_PROJECT_STALE_S) return GM_OK;
    GM_TRY(project_store(project, &store, err));
    int64_t changes = -1, mtime_ns = project_report_time(project);
    if (store) GM_TRY(gm_store_changes(store, &changes, err));
    if (project->list && changes == project->changes && mtime_ns == project->report_mtime_ns) {
        project->commits = commits;
        project->looked_s = now_s;
        return GM_OK;
    }
    project_list *list;
    GM_TRY(project_read_list(project, &list, err));
    gm_hole_list_release(project->list ? &project->list->list : NULL);
    project->list = list;
    project->changes = changes;
    project->commits = commits;
    project->looked_s = now_s;
    project->report_mtime_ns = mtime_ns;
    return GM_OK;
}

gm_status gm_project_holes(gm_project *project, const gm_hole_list **out, gm_error *err) {
    pthread_mutex_lock(&project->lock);
    gm_status status = refresh(project, err);
    if (status == GM_OK) {
        __atomic_add_fetch(&project->list->readers, 1, __ATOMIC_RELAXED);
        *out = &project->list->list;
    }
    pthread_mutex_unlock(&project->lock);
    return status;
}

void gm_hole_list_release(const gm_hole_list *list) {
    project_list *l = (project_list *)list;
    if (!l || __atomic_sub_fetch(&l->readers, 1, __ATOMIC_ACQ_REL) > 0) return;
    gm_stored_holes_finish(&l->stored);
    project_release_findings(l->findings);
    gm_free(l->rows);
    gm_free(l->by_id);
    gm_arena_free(l->arena);
    gm_free(l);
}

gm_status gm_project_labels(gm_project *project, const char *id, gm_stored_labels *out, gm_error *err) {
    pthread_mutex_lock(&project->lock);
    gm_store *store;
    gm_status status = project_store(project, &store, err);
    if (status == GM_OK && !store) status = gm_fail(err, GM_E_NOTFOUND, "%s holds no records yet", project->dir);
    if (status == GM_OK) status = gm_store_labels(store, id, out, err);
    pthread_mutex_unlock(&project->lock);
    return status;
}

gm_status gm_project_findings(gm_project *project, const char *id, json_t **out, gm_error *err) {
    gm_auto_holes list = NULL;
    GM_TRY(gm_project_holes(project, &list, err));
    const project_hole_findings *found = project_find_findings(((const project_list *)list)->findings, id);
    *out = found ? json_deep_copy(found->findings) : json_array(); /* lists are shared between threads */
    return *out ? GM_OK : gm_nomem(err);
}

/* Under the lock: the kept record of this hole, or NULL; the slot where a new one goes. */
static project_record *look_up(gm_project *project, const char *id, project_record ***slot) {
    *slot = NULL;
    for (size_t i = 0; i < PROJECT_RECORDS; i++) {
        project_record *r = project->records[i];
        if (r && strcmp(r->id, id) == 0) return r;
        bool free_slot = !r || r->readers == 0;
        if (free_slot && (!*slot || !r || (**slot && r->used < (**slot)->used))) *slot = &project->records[i];
    }
    return NULL;
}

static project_record *take(gm_project *project, project_record *r) {
    r->readers++;
    r->used = ++project->clock;
    return r;
}

/* Keeps a record that was just read, unless another thread was faster. Under the lock. */
static gm_status keep(gm_project *project, const char *id, gm_record **record, const gm_record **out, gm_error *err) {
    project_record **slot, *r = look_up(project, id, &slot);
    if (!r) {
        if (!slot)
            return gm_fail_at(err, GM_E_UNAVAILABLE, 0, 0, "try again in a moment", "too many holes are open at once");
        r = gm_calloc(1, sizeof *r);
        if (!r) return gm_nomem(err);
        if (*slot) gm_record_free((*slot)->record);
        gm_free(*slot);
        *slot = r;
        memcpy(r->id, id, sizeof r->id);
        r->record = gm_steal(record);
    }
    *out = take(project, r)->record;
    return GM_OK;
}

gm_status gm_project_record(gm_project *project, const char *id, const gm_record **out, gm_error *err) {
    gm_auto_holes list = NULL;
    GM_TRY(gm_project_holes(project, &list, err));
    if (!gm_hole_list_find(list, id)) return gm_fail(err, GM_E_NOTFOUND, "there is no hole %.64s", id);
    pthread_mutex_lock(&project->lock);
    project_record **slot, *r = look_up(project, id, &slot);
    if (r) *out = take(project, r)->record;
    const gm_store *store = project->store;
    pthread_mutex_unlock(&project->lock);
    if (r) return GM_OK;
    gm_auto(gm_record) record = NULL;
    GM_TRY(gm_store_load_hole(store, id, &record, err)); /* reads a file only: no lock is needed */
    pthread_mutex_lock(&project->lock);
    gm_status status = keep(project, id, &record, out, err);
    pthread_mutex_unlock(&project->lock);
    return status;
}

void gm_project_give_back(gm_project *project, const gm_record *record) {
    if (!record) return;
    pthread_mutex_lock(&project->lock);
    for (size_t i = 0; i < PROJECT_RECORDS; i++)
        if (project->records[i] && project->records[i]->record == record) project->records[i]->readers--;
    pthread_mutex_unlock(&project->lock);
}
