/* The index of a models folder: what is known of every run, to be searched fast. Inside service/ only.
 *
 *     MODELS/index.db    SQLite. It only repeats what the runs' folders say: it may be deleted at any time, and is made
 *                        anew when it is missing, damaged, or of another version of the program.
 *
 * A run is read again when its folder has changed since (something was made, renamed or removed in it: its mtime), and
 * always while it is running. A file that somebody edits in place is not noticed: run_index_rebuild.
 * Where the folder cannot be written to, the index is made in memory for this one use.
 * Errors     GM_E_NOTFOUND: there is no such folder; GM_E_ARG: a filter or key that makes no sense.
 * Threads    an index belongs to one thread; several threads and processes may each have one of the same folder. */
#ifndef GIMLET_SERVICE_RUN_INDEX_H
#define GIMLET_SERVICE_RUN_INDEX_H

#include "run_filter.h"

typedef struct run_index run_index;
/* Opens it and brings it up to date. */
gm_status run_index_open(const char *models_dir, const gm_observer *observer, run_index **out,
                         gm_error *err) GM_MUST_CHECK;
void run_index_free(run_index *index); /* accepts NULL */
GM_AUTO(run_index)
/* Forgets everything and reads all folders again. n_runs: how many it found. */
gm_status run_index_rebuild(const char *models_dir, const gm_observer *observer, size_t *n_runs,
                            gm_error *err) GM_MUST_CHECK;

/* All keys that a run has or may have, by name. */
gm_status run_index_keys(run_index *index, run_keys *out, gm_error *err) GM_MUST_CHECK;

typedef struct {
    const char *filter;  /* NULL = all */
    const char *sort;    /* a key; "-KEY" downwards; NULL = newest first */
    const char *columns; /* keys with commas between them; "metrics.*" = all that begin so; NULL = none */
    long limit, offset;  /* limit < 0: all */
} run_query;
/* {"total", "items": [{"run", "values": {key: value}}]}: total before limit and offset. */
gm_status run_index_find(run_index *index, const run_query *query, json_t **out, gm_error *err) GM_MUST_CHECK;

#endif
