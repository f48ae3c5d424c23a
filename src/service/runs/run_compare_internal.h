/* Comparing runs, for run_compare.c and run_compare_html.c. */
#ifndef GIMLET_SERVICE_RUN_COMPARE_INTERNAL_H
#define GIMLET_SERVICE_RUN_COMPARE_INTERNAL_H

#include "run_store.h"

typedef struct {
    char *dirs[GM_COMPARE_MOST];
    json_t *values[GM_COMPARE_MOST];
    size_t count;
} run_comparison;
gm_status run_comparison_open(const char *models_dir, const char *const *runs, size_t count, run_comparison *c,
                              gm_error *err) GM_MUST_CHECK;
gm_status run_comparison_json(const run_comparison *c, json_t **out, gm_error *err) GM_MUST_CHECK;
void run_comparison_finish(run_comparison *c);

/* Does this key differ in every pair of runs, and say nothing? (run_store.c) */
bool run_value_is_own(const char *key);
/* {"params": {..}, ...} of {"params.x": ..}; what has no such heading goes under "about". (run_store.c) */
json_t *run_values_by_heading(json_t *values);

#endif
