/* What every SQLite database here that several processes write to needs. */
#ifndef GIMLET_BASE_SQLITE_H
#define GIMLET_BASE_SQLITE_H

/* For sqlite3_busy_handler; ctx is not used. SQLite's own waiting grows to 100 ms a time, in which a busy writer ends one
 * transaction and begins the next: this one knocks every few milliseconds instead, for a minute. 0 = it was long enough. */
int gm_sqlite_wait(void *ctx, int n_tried);

#endif
