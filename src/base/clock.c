#include "clock.h"

#include <stdio.h>
#include <time.h>

void gm_time_utc(char out[GM_TIME_TEXT]) {
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(out, GM_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + n, GM_TIME_TEXT - n, ".%03dZ", (int)(now.tv_nsec / 1000000) % 1000);
}

double gm_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
