/* A data directory that stays open: what the server reads from, by many threads.
 *
 * For        interfaces/api, and whatever reads the same holes again and again.
 * Depends on data/storage.
 * Holes      the list of holes is read once and kept until the database changes: what this process commits is in the
 *            next list, what another one does a few hundredths of a second later (GM_PROJECT_STALE_S). A list is
 *            immutable and counted, so that a reader keeps its own while others get a newer one.
 * Errors     a data directory without a database has no holes; that is not an error here (the first page says how to
 *            begin).
 * Threads    any. */
#ifndef GIMLET_SERVICE_PROJECT_H
#define GIMLET_SERVICE_PROJECT_H

#include "data/data.h"
#include "data/storage/storage.h"

#include <jansson.h>

#define GM_PROJECT_STALE_S 0.025

typedef struct gm_project gm_project;
gm_status gm_project_open(const char *data_dir, gm_project **out, gm_error *err) GM_MUST_CHECK;
void gm_project_free(gm_project *project); /* accepts NULL; no list may be in use any more */
GM_AUTO(gm_project)
const char *gm_project_data_dir(const gm_project *project);
bool gm_project_has_data(const gm_project *project); /* is there a database? */

/* --- the holes --- */
typedef enum { GM_STATE_AUTO, GM_STATE_REVIEWED, GM_STATE_REJECTED, GM_N_STATES } gm_hole_state;
const char *gm_hole_state_name(gm_hole_state state); /* "auto" "reviewed" "rejected" */

typedef struct {
    const gm_stored_hole *hole;
    gm_hole_state state;
    char reviewed_at[GM_TIME_TEXT]; /* of the newest label of a person; "" = none          */
    const char *const *checks;      /* what was found, each check once, worst first         */
    size_t n_checks;
    const char *const *authors; /* people who labelled it, each once                        */
    size_t n_authors;
    int64_t version;  /* of its labels; 0 = nobody has edited them                          */
    unsigned sources; /* bit 1 << gm_label_source for each source that has a label          */
} gm_hole_row;

typedef struct {
    const gm_hole_row *items; /* in natural order of the files */
    size_t count;
} gm_hole_list;

/* The list as it is now; give it back with gm_hole_list_release. */
gm_status gm_project_holes(gm_project *project, const gm_hole_list **out, gm_error *err) GM_MUST_CHECK;
void gm_hole_list_release(const gm_hole_list *list); /* accepts NULL */
static inline void gm_hole_list_auto_(const gm_hole_list **list) {
    gm_hole_list_release(*list);
}
#define gm_auto_holes __attribute__((cleanup(gm_hole_list_auto_))) const gm_hole_list *
/* The row of a hole; NULL when there is none. O(log n). */
const gm_hole_row *gm_hole_list_find(const gm_hole_list *list, const char *id);

/* --- a part of them --- */
typedef enum {
    GM_HOLES_BY_FILE,
    GM_HOLES_BY_CONFIDENCE,
    GM_HOLES_BY_SCORE,
    GM_HOLES_BY_DATE,
    GM_HOLES_BY_TOOL_AGE,
    GM_HOLES_BY_REVIEWED_AT,
    GM_N_HOLE_ORDERS
} gm_hole_order;

/* What a hole must be; NULL or "" = whatever. Several choices are separated by commas: any of them fits. */
typedef struct {
    const char *search;   /* all words, in file, tool, program or date, any case    */
    const char *category; /* of the preferred label: high, medium, low, none        */
    const char *family;   /* exactly                                                */
    const char *verdict;  /* ok, warning, failed, error                             */
    const char *finding;  /* a check, or the validator before its point             */
    const char *source;   /* rule, model, expert, truth: has a label of it          */
    const char *author;   /* exactly                                                */
    const char *state;    /* auto, reviewed, rejected                               */
} gm_hole_filter;
bool gm_hole_fits(const gm_hole_row *row, const gm_hole_filter *filter);

/* The rows that fit, in order (ties by file; what lacks the value comes last); the array is the caller's (gm_free),
 * the rows are the list's. */
gm_status gm_holes_select(const gm_hole_list *list, const gm_hole_filter *filter, gm_hole_order order, bool descending,
                          const gm_hole_row ***out, size_t *count, gm_error *err) GM_MUST_CHECK;

/* What there is to choose from, and how far the review is, over the whole list. Texts are the list's. */
typedef struct {
    const char *name;
    size_t n;
} gm_hole_facet;
typedef struct {
    gm_hole_facet *families, *programs, *findings, *authors;
    size_t n_families, n_programs, n_findings, n_authors;
    size_t by_state[GM_N_STATES];
} gm_hole_facets;
gm_status gm_holes_facets(const gm_hole_list *list, gm_hole_facets *out, gm_error *err) GM_MUST_CHECK;
void gm_hole_facets_finish(gm_hole_facets *facets);

/* --- one of them --- */
/* Its record; the newest ones stay in memory, so that a page that asks for it in parts reads it once. The caller gives
 * it back with gm_project_give_back. GM_E_NOTFOUND for a hole that does not exist. */
gm_status gm_project_record(gm_project *project, const char *id, const gm_record **out, gm_error *err) GM_MUST_CHECK;
void gm_project_give_back(gm_project *project, const gm_record *record); /* accepts NULL */
/* All labels of a hole; the caller's (gm_stored_labels_finish). */
gm_status gm_project_labels(gm_project *project, const char *id, gm_stored_labels *out, gm_error *err) GM_MUST_CHECK;
/* Findings of a hole, as in the quality report: the caller's (json_decref); never NULL on success. */
gm_status gm_project_findings(gm_project *project, const char *id, json_t **out, gm_error *err) GM_MUST_CHECK;

#endif
