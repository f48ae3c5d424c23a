/* The words of --filter and --sort, as conditions of the index. Inside service/ only.
 *
 *     metrics.exit_mae_mm < 0.1 and params.strategy = 'patchtsmixer_24cv'
 *     state = 'finished' and not (tags.kept = 'yes' or notes contains 'tool 7')
 *
 * Comparisons = != < <= > >= like contains in, joined by and, or, not, parentheses. A run without the value fulfils no
 * comparison; "KEY = null" asks for exactly those. docs/runs.md has the whole of it.
 * Errors     GM_E_ARG with the column (from 1), what was expected, and the nearest known key. */
#ifndef GIMLET_SERVICE_RUN_FILTER_H
#define GIMLET_SERVICE_RUN_FILTER_H

#include "base/base.h"

#include <jansson.h>

typedef struct {
    const char *name;
    int64_t id; /* in the index; 0 = no run has this key */
} run_key;
typedef struct {
    run_key *items; /* by name */
    size_t count;
    gm_arena *arena;
} run_keys;
void run_keys_finish(run_keys *keys);

/* A key in full ("metrics.exit_mae_mm"), or by its end where only one has it ("params.epochs"). column: where it stands,
 * for the message; 0 = nowhere. A tag need not be known. */
gm_status run_keys_find(const run_keys *keys, const char *name, long column, run_key *out, gm_error *err) GM_MUST_CHECK;

typedef struct {
    gm_text where;  /* a condition on r.id; "1" where there is no filter */
    json_t *values; /* what stands for its question marks, in order: texts and numbers */
} run_filter;
/* text NULL or blank: all runs. */
gm_status run_filter_compile(const char *text, const run_keys *keys, run_filter *out, gm_error *err) GM_MUST_CHECK;
void run_filter_finish(run_filter *filter);

#endif
