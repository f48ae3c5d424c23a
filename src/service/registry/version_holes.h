/* What a version has to say about holes that it has not seen: out_of_fold.csv with the groups and folds of folds.json.
 * Inside service/ only. */
#ifndef GIMLET_SERVICE_VERSION_HOLES_H
#define GIMLET_SERVICE_VERSION_HOLES_H

#include "training/evaluation.h"

typedef struct {
    gm_evaluation_item *items; /* by trace */
    const char **traces;       /* of items; the file where the trace is not known */
    size_t count;
    size_t planned;      /* holes of folds.json                            */
    size_t equal_traces; /* of these: with an equal trace in another fold  */
    size_t equal_lives;  /* with their tool life in another fold           */
    gm_arena *arena;
} version_holes;
/* dir: a run, or a version that was checked out. */
gm_status version_holes_read(const char *dir, version_holes *out, gm_error *err) GM_MUST_CHECK;
void version_holes_finish(version_holes *holes);
#define auto_version_holes __attribute__((cleanup(version_holes_finish))) version_holes

/* |predicted - label| of a point (GM_EVAL_HOLE_DEPTH too); NAN where one of both is absent. */
double version_hole_error(const gm_evaluation_item *item, int point);
/* Pairs of the same hole in both: indices into a and b. The caller frees with gm_free. */
typedef struct {
    size_t a, b;
} hole_pair;
gm_status version_holes_match(const version_holes *a, const version_holes *b, hole_pair **out, size_t *count,
                              gm_error *err) GM_MUST_CHECK;

#endif
