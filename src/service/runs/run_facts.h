/* What is known of a run as pairs of key and value: what lists are filtered and sorted by. Inside service/ only.
 *
 * Keys: those of run_general_keys, "params.KEY" for every key of the configuration, "metrics.NAME" for every number of
 * metrics.json (out of fold; "metrics.held_out_NAME" for holes held out), "tags.NAME", "system.NAME". docs/runs.md. */
#ifndef GIMLET_SERVICE_RUN_FACTS_H
#define GIMLET_SERVICE_RUN_FACTS_H

#include "run_log.h"

#define RUN_FACTS_VERSION 1 /* grows when keys or their meaning change: then every index is made anew */

typedef struct {
    const char *key, *doc;
} run_key_doc;
const run_key_doc *run_general_keys(size_t *count);

/* {key: number | text | true | false}; what is not known is absent. record NULL: no process was ever noted. The
 * caller's. */
gm_status run_facts(const run_log *log, const service_child_record *record, json_t **out, gm_error *err) GM_MUST_CHECK;
/* The numbers of metrics.json under their keys, into facts; points that no hole has are left out. */
void run_facts_metrics(const json_t *metrics, json_t *facts);
/* Every key that a finished run has, whatever its values: so that they are known before there is a run. */
json_t *run_facts_known(void);
const char *run_state_name(run_state state);

#endif
