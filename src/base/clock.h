/* Time: wall clock in UTC, and a steady clock for durations. */
#ifndef GIMLET_BASE_CLOCK_H
#define GIMLET_BASE_CLOCK_H

#define GM_TIME_TEXT 25 /* "2026-11-23T08:15:30.123Z" and a NUL */
void gm_time_utc(char out[GM_TIME_TEXT]);
double gm_seconds(void); /* steady; only differences mean something */

#endif
