/* The signals of a record for drawing: columns by name, whole or thinned to what a screen can show.
 *
 * Units      as in gm_record: mm, A, W; step and stop are numbers of their own.
 * Threads    any; nothing is kept. */
#ifndef GIMLET_SERVICE_SIGNALS_H
#define GIMLET_SERVICE_SIGNALS_H

#include "data/data.h"

enum { GM_MAX_SIGNALS = 16 };

typedef struct {
    const char *columns; /* names with commas between: "depth,torque,thrust"; NULL = depth,torque,thrust,step,stop */
    size_t from, to;     /* rows from .. to - 1; to 0 = to the end                                                 */
    int width;           /* pixels: that many pairs of minimum and maximum; 0 = every row                          */
} gm_signals_request;

typedef struct {
    float *values; /* column by column, each n_rows values, or n_rows pairs minimum, maximum; the caller's (gm_free) */
    size_t n_columns, n_rows;
    bool pairs;
    char columns[160]; /* their names with commas between */
} gm_signals;

/* Fewer rows than pixels are sent as they are (pairs false). A row of a pair is an equal share of the window, so that
 * no peak is lost. GM_E_ARG for a column that does not exist or that this record does not have, and for a window that
 * begins behind its end. */
gm_status gm_signals_of(const gm_record *record, const gm_signals_request *request, gm_signals *out,
                        gm_error *err) GM_MUST_CHECK;

#endif
