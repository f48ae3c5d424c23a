/* replay: a finished run's weights rebuilt from what is stored (data set, configuration, seed), and compared bit for bit.
 *
 * Errors     GM_E_NOTFOUND: no such run; GM_E_CONFLICT: it is not finished, a hole has changed or is gone (named), or it
 *            was trained in parts on several instruction sets; GM_E_UNAVAILABLE: on one that this machine does not have.
 * Ownership  JSON is the caller's. */
#ifndef GIMLET_SERVICE_REPLAY_H
#define GIMLET_SERVICE_REPLAY_H

#include "base/base.h"

#include <jansson.h>

typedef struct {
    const char *models_dir;
    const char *run;      /* as in gm_run_folder, or a registered model: NAME:3, NAME@champion, NAME */
    const char *data_dir; /* NULL = as the run says */
    int threads;          /* 0 = all; the result does not depend on it */
    const gm_observer *observer;
} gm_replay_request;
/* {"run", "same", "folds", "dataset", "cpu", "build", "build_here", "seconds", "differences": [{"file", "what"}],
 *  "remarks": [text]}: same = every fold's model.safetensors, and every prediction out of fold. */
gm_status gm_replay(const gm_replay_request *request, json_t **out, gm_error *err) GM_MUST_CHECK;

#endif
