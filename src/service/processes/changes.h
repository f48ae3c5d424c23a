/* What is done to runs and jobs, in the log of changes; inside service/ only. Runs and jobs lie in folders, not in the
 * database, so a line is written right after the deed, in a transaction of its own. */
#ifndef GIMLET_SERVICE_CHANGES_H
#define GIMLET_SERVICE_CHANGES_H

#include "base/base.h"

/* action: "run.start", "job.stop", ...; subject: the run or job; user NULL = unknown. An error says that the deed was
 * done and could not be noted. */
gm_status service_note_change(const char *data_dir, const char *user, const char *action, const char *subject,
                              const char *detail, gm_error *err) GM_MUST_CHECK;
/* Puts a folder into FOLDER/.trash/ beside it, under its own name (with a number behind it where that is taken): what
 * was deleted by mistake is moved back by hand. kept: its path below the parent, gm_free. */
gm_status service_to_trash(const char *parent, const char *name, char **kept, gm_error *err) GM_MUST_CHECK;

#endif
