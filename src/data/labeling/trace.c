/* A record's steps on an even depth grid: rows per millimetre differ by a factor of 80 between steps, rows are missing
 * inside steps and repeated at their ends, so nothing is ever differentiated over the row number. */
#include "labeling_internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CELLS     20000u  /* 200 mm per step; a longer step gets wider cells */
#define MAX_DEPTH_MM  500.0F  /* no machine reaches further */
#define MAX_CURRENT_A 1000.0F /* drives limit themselves to 70 A */

/* Rows of a segment without the repeated ones at its end: coded rows and those equal to them. */
static size_t rows_before_stop(const gm_record *record, const gm_segment *segment) {
    size_t end = segment->first + segment->count;
    while (end - 1 > segment->first && record->stop_code[end - 1] != 0) end--;
    while (end - 2 > segment->first && end >= segment->first + 2 &&
           record->depth_mm[end - 1] == record->depth_mm[end - 2] &&
           record->torque_a[end - 1] == record->torque_a[end - 2])
        end--;
    return end - segment->first;
}

static bool within(float value, float limit) {
    return value > -limit && value < limit; /* false for NAN */
}

static bool usable_row(const gm_record *record, size_t i) {
    return within(record->depth_mm[i], MAX_DEPTH_MM) && within(record->torque_a[i], MAX_CURRENT_A) &&
           within(record->thrust_a[i], MAX_CURRENT_A);
}

/* Depth range of the usable rows; false when there are fewer than three or they do not move. */
static bool span_of(const gm_record *record, size_t first, size_t count, double *from, double *to) {
    double low = INFINITY, high = -INFINITY;
    size_t n = 0;
    for (size_t i = first; i < first + count; i++) {
        if (!usable_row(record, i)) continue;
        if (n == 0) low = record->depth_mm[i];
        high = fmax(high, record->depth_mm[i]);
        n++;
    }
    *from = low;
    *to = high;
    return n >= 3 && high - low > GM_TRACE_CELL_MM;
}

static void fill_gaps(float *values, const uint32_t *counts, size_t n) {
    size_t last = 0; /* cell 0 always has a row */
    for (size_t i = 1; i < n; i++) {
        if (counts[i] == 0) continue;
        for (size_t k = last + 1; k < i; k++)
            values[k] = values[last] + (values[i] - values[last]) * (float)(k - last) / (float)(i - last);
        last = i;
    }
    for (size_t k = last + 1; k < n; k++) values[k] = values[last];
}

static void bin_rows(const gm_record *record, size_t first, size_t count, gm_trace_step *step, uint32_t *counts) {
    memset(counts, 0, step->n * sizeof *counts);
    double deepest = step->first_mm;
    for (size_t i = first; i < first + count; i++) {
        if (!usable_row(record, i)) continue;
        deepest = fmax(deepest, record->depth_mm[i]);
        const size_t cell = gm_trace_cell(step, deepest);
        step->torque[cell] += record->torque_a[i];
        step->thrust[cell] += record->thrust_a[i];
        counts[cell]++;
    }
    for (size_t k = 0; k < step->n; k++) {
        if (counts[k] < 2) continue;
        step->torque[k] /= (float)counts[k];
        step->thrust[k] /= (float)counts[k];
    }
    fill_gaps(step->torque, counts, step->n);
    fill_gaps(step->thrust, counts, step->n);
}

/* Running mean over `width` cells (odd), shorter at the ends. */
static void smooth(const float *in, size_t n, size_t width, float *out) {
    const size_t half = width / 2;
    double sum = 0;
    size_t low = 0, high = 0; /* sum covers [low, high) */
    for (size_t i = 0; i < n; i++) {
        const size_t to = GM_MIN(i + half + 1, n), from = i > half ? i - half : 0;
        while (high < to) sum += in[high++];
        while (low < from) sum -= in[low++];
        out[i] = (float)(sum / (double)(high - low));
    }
}

static void smooth_step(gm_trace_step *step) {
    /* Micropecking and slow feeds show the spindle's turns over a few hundredths of a millimetre. */
    const bool slow = step->feed_mm_s < 0.3;
    const size_t torque_width = (size_t)((slow ? 0.12 : 0.06) / step->cell_mm) | 1;
    const size_t thrust_width = (size_t)((slow ? 0.12 : 0.06) / step->cell_mm) | 1;
    smooth(step->torque, step->n, torque_width, step->torque_smooth);
    smooth(step->thrust, step->n, thrust_width, step->thrust_smooth);
}

static int by_value(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The unit in which a channel is counted, from the rows before the first contact: the smallest step that it takes
 * (a tenth of the differences are not larger: rounding in the file varies it), but not less than 1.6 times its scatter.
 */
static double unit_of(const float *values, size_t n, double fallback) {
    enum { MAX_ROWS = 256 };
    float steps[MAX_ROWS];
    size_t count = 0;
    double scatter = 0;
    const size_t rows = GM_MIN(n, (size_t)MAX_ROWS);
    for (size_t i = 1; i < rows; i++) {
        const float step = fabsf(values[i] - values[i - 1]);
        if (!within(step, MAX_CURRENT_A)) continue;
        scatter += (double)step;
        if (step > 1e-6f) steps[count++] = step;
    }
    if (rows > 1) scatter /= 1.128 * (double)(rows - 1); /* mean |difference| of white noise = 1.128 sd */
    if (count < 3) return fallback;
    qsort(steps, count, sizeof *steps, by_value);
    return fmax(steps[count / 10], 1.6 * scatter);
}

/* A third of the first step is air in every program; a step that ends on contact is air nearly to its end. */
static void find_units(const gm_record *record, gm_trace *trace) {
    const double usual_torque_a = 200.0 / 4096, usual_thrust_a = 48.0 / 4096; /* the drives' converters */
    const size_t rows = record->n_segments ? GM_MAX(record->segments[0].count / 6, (size_t)32) : 0;
    const size_t lead = GM_MIN(rows, record->n);
    trace->torque_unit_a = unit_of(record->torque_a, lead, usual_torque_a);
    trace->thrust_unit_a = unit_of(record->thrust_a, lead, usual_thrust_a);
}

/* The deepest row, the repeated ones at the end included. */
static double end_of(const gm_record *record, const gm_segment *segment, double to) {
    const size_t last = segment->first + segment->count - 1;
    return usable_row(record, last) ? fmax(to, record->depth_mm[last]) : to;
}

static double end_thrust(const gm_record *record, const gm_segment *segment) {
    const size_t last = segment->first + segment->count - 1;
    return usable_row(record, last) ? (double)record->thrust_a[last] : 0;
}

static gm_status lay_out(const gm_record *record, gm_trace *trace, gm_error *err) {
    size_t cells = 0, widest = 0;
    for (size_t s = 0; s < record->n_segments; s++) {
        const gm_segment *segment = &record->segments[s];
        double from, to;
        const size_t rows = rows_before_stop(record, segment);
        if (!span_of(record, segment->first, rows, &from, &to)) continue;
        const double cell = fmax(GM_TRACE_CELL_MM, (to - from) / (MAX_CELLS - 1));
        gm_trace_step *step = &trace->steps[trace->count++];
        *step = (gm_trace_step){.n = (size_t)((to - from) / cell) + 1,
                                .first_mm = from,
                                .cell_mm = cell,
                                .end_mm = end_of(record, segment, to),
                                .end_thrust_a = end_thrust(record, segment),
                                .row_mm = (to - from) / (double)rows,
                                .number = segment->step,
                                .stop_code = segment->stop_code,
                                .program = segment->program};
        step->feed_mm_s = step->row_mm * (record->meta.sample_rate_hz > 0 ? record->meta.sample_rate_hz : 100);
        cells += step->n;
        widest = GM_MAX(widest, step->n);
    }
    trace->cells = gm_calloc(4 * cells + 1, sizeof *trace->cells);
    if (!trace->cells) return gm_nomem(err);
    float *next = trace->cells;
    for (size_t s = 0; s < trace->count; s++) {
        gm_trace_step *step = &trace->steps[s];
        float **const columns[4] = {&step->torque, &step->thrust, &step->torque_smooth, &step->thrust_smooth};
        for (size_t c = 0; c < 4; c++, next += step->n) *columns[c] = next;
    }
    return GM_OK;
}

static gm_status fill(const gm_record *record, gm_trace *trace, gm_error *err) {
    gm_auto_free uint32_t *counts = gm_alloc_array(MAX_CELLS + 1, sizeof *counts);
    if (!counts) return gm_nomem(err);
    size_t k = 0;
    for (size_t s = 0; s < record->n_segments && k < trace->count; s++) {
        const gm_segment *segment = &record->segments[s];
        double from, to;
        const size_t rows = rows_before_stop(record, segment);
        if (!span_of(record, segment->first, rows, &from, &to)) continue;
        bin_rows(record, segment->first, rows, &trace->steps[k], counts);
        smooth_step(&trace->steps[k++]);
    }
    return GM_OK;
}

gm_status gm_trace_make(const gm_record *record, gm_trace *out, gm_error *err) {
    gm_trace trace = {.steps = gm_calloc(record->n_segments + 1, sizeof *trace.steps)};
    if (!trace.steps) return gm_nomem(err);
    gm_status status = lay_out(record, &trace, err);
    if (status == GM_OK) status = fill(record, &trace, err);
    if (status != GM_OK) {
        gm_trace_finish(&trace);
        return status;
    }
    find_units(record, &trace);
    *out = trace;
    return GM_OK;
}

void gm_trace_finish(gm_trace *trace) {
    gm_free(trace->steps);
    gm_free(trace->cells);
    *trace = (gm_trace){0};
}
