#ifndef GIMLET_SERVICE_PROJECT_INTERNAL_H
#define GIMLET_SERVICE_PROJECT_INTERNAL_H

#include "project.h"

#include <pthread.h>

enum { PROJECT_RECORDS = 24 }; /* records kept in memory: a page and its neighbours for a few people */

typedef struct {
    char id[GM_SHA256_HEX];
    json_t *findings; /* array */
    const char *const *checks;
    size_t n_checks;
} project_hole_findings;

typedef struct {
    int lists;                    /* that use it; atomic */
    int64_t mtime_ns;             /* of the report that it was read from */
    project_hole_findings *items; /* by id */
    size_t count, capacity;
    size_t n_reported; /* while it is read: the first of items, which the report gave */
    gm_arena *arena;
} project_findings;

typedef struct {
    gm_hole_list list; /* first: readers hold a pointer to it */
    int readers;       /* atomic */
    gm_stored_holes stored;
    gm_hole_row *rows;
    size_t *by_id; /* indexes into rows, ordered by id */
    gm_arena *arena;
    project_findings *findings; /* shared between lists */
} project_list;

typedef struct {
    gm_record *record;
    char id[GM_SHA256_HEX];
    int readers;
    uint64_t used; /* clock of the last use; the oldest is dropped */
} project_record;

struct gm_project {
    char *dir, *database, *report;
    pthread_mutex_t lock;    /* guards all below; nobody waits for a writer under it */
    gm_store *store;         /* open for reading; NULL = no database yet */
    int64_t changes;         /* of the database when list was read */
    int64_t report_mtime_ns; /* of the quality report then */
    int64_t commits;         /* of this process then     */
    double looked_s;         /* when it was found to be up to date */
    project_list *list;
    project_record *records[PROJECT_RECORDS];
    uint64_t clock;
};

/* Opens the database when it has appeared; *out NULL when there is none. Under the lock. */
gm_status project_store(gm_project *project, gm_store **out, gm_error *err);
int64_t project_report_time(const gm_project *project); /* 0 = there is none */
/* One name more in a list of distinct names that grows in the arena. */
gm_status project_add_name(gm_arena *arena, const char *const **names, size_t *n, const char *name, gm_error *err);
/* Those of the current list where they still hold, else read again. Release each once. */
gm_status project_read_findings(gm_project *project, const project_list *list, project_findings **out, gm_error *err);
void project_release_findings(project_findings *all); /* accepts NULL */
const project_hole_findings *project_find_findings(const project_findings *all, const char *id);
gm_status project_read_list(gm_project *project, project_list **out, gm_error *err);

#endif
