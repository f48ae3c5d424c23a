#include "sqlite.h"

#include <time.h>

int gm_sqlite_wait(void *ctx, int n_tried) {
    (void)ctx;
    enum { PAUSE_MS = 3, LONGEST_MS = 60000 };
    if (n_tried >= LONGEST_MS / PAUSE_MS) return 0;
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    return 1;
}
