/* Which process was that? The system gives the number of a dead process to a new one; together with the time at which
 * it was started (in clock ticks since boot) and the boot it names one process for ever.
 *
 * Errors     GM_E_NOTFOUND: there is no such process (any more).
 * Threads    no shared state. */
#ifndef GIMLET_BASE_PROCESS_H
#define GIMLET_BASE_PROCESS_H

#include "error.h"

#include <stdbool.h>

typedef struct {
    long pid;
    long long start_ticks;
    char boot[40]; /* of the running system; another one after a restart, and on another machine */
} gm_process;

gm_status gm_process_of(long pid, gm_process *out, gm_error *err) GM_MUST_CHECK;
gm_status gm_process_self(gm_process *out, gm_error *err) GM_MUST_CHECK;
bool gm_process_same(const gm_process *a, const gm_process *b);
/* Does it still run? One that has ended but was not waited for does not. */
bool gm_process_alive(const gm_process *process);
/* Send a signal to this very process, never to another one that got its number. */
gm_status gm_process_signal(const gm_process *process, int signal_number, gm_error *err) GM_MUST_CHECK;

#endif
