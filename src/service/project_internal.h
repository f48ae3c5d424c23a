#ifndef GIMLET_SERVICE_PROJECT_INTERNAL_H
#define GIMLET_SERVICE_PROJECT_INTERNAL_H

#include "project.h"

#include <pthread.h>

enum { PROJECT_RECORDS = 24 }; /* records kept in memory: a page and its neighbours for a few people */

typedef struct {
    gm_hole_list list; /* first: readers hold a pointer to it */
    int readers;       /* under lists_lock in project_holes.c */
    gm_stored_holes stored;
    gm_hole_row *rows;
    size_t *by_id; /* indexes into rows, ordered by id */
    gm_arena *arena;
    json_t *findings; /* id -> array */
} project_list;

typedef struct {
    gm_record *record;
    char id[GM_SHA256_HEX];
    int readers;
    uint64_t used; /* clock of the last use; the oldest is dropped */
} project_record;

struct gm_project {
    char *dir, *database, *report;
    pthread_mutex_t lock; /* guards all below; nobody waits for a writer under it */
    gm_store *store;      /* open for reading; NULL = no database yet */
    int64_t changes;      /* of the database when list was read */
    int64_t report_mtime_ns;
    project_list *list;
    project_record *records[PROJECT_RECORDS];
    uint64_t clock;
};

/* Opens the database when it has appeared; *out NULL when there is none. Under the lock. */
gm_status project_store(gm_project *project, gm_store **out, gm_error *err);
gm_status project_read_list(gm_project *project, project_list **out, gm_error *err);

#endif
