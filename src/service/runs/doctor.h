/* doctor: is everything in a models folder as it was left?
 *
 * Errors     GM_E_NOTFOUND: there is no such folder. What is wrong with single runs is in the list.
 * Ownership  JSON is the caller's. */
#ifndef GIMLET_SERVICE_DOCTOR_H
#define GIMLET_SERVICE_DOCTOR_H

#include "base/base.h"

#include <jansson.h>

/* {"runs", "files", "rebuilt": bool, "problems": [{"run", "path", "problem"}]}: every file of every run against the hash
 * that was noted when the run ended. rebuild: makes the index anew first. */
gm_status gm_doctor(const char *models_dir, bool rebuild, const gm_observer *observer, json_t **out,
                    gm_error *err) GM_MUST_CHECK;

#endif
