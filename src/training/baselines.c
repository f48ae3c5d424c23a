/* The inference system's own algorithms for entry and transition, as deployed: what a model must beat. Index
 * arithmetic that wraps in the original (near the start of a record) stops at the ends here. */
#include "evaluation.h"

#define CONTACT_A      0.1
#define CONTACT_MIN_MM 3.0

double gm_baseline_entry_mm(const gm_record *record) {
    const float *t = record->torque_a, *x = record->depth_mm;
    size_t n = record->n, i = 0;
    for (; i + 2 < n; i++)
        if (t[i] > CONTACT_A && t[i + 1] > CONTACT_A && t[i + 2] > CONTACT_A && x[i] > CONTACT_MIN_MM) break;
    if (i + 2 >= n) return NAN;
    for (size_t k = i; k-- > 3;)
        if (t[k] - t[k - 3] < 0.0001 && t[k + 3] - t[k] >= 0.05) return x[k];
    return x[i];
}

/* Savitzky-Golay smoothing, window 11, order 2 (Savitzky & Golay 1964); at the ends the window's parabola is read off
 * its centre, as scipy's mode "interp" does. */
static double smoothed(const double *y, size_t n, size_t i) {
    enum { HALF = 5, WINDOW = 2 * HALF + 1 };
    size_t centre = GM_MIN(GM_MAX(i, (size_t)HALF), n - 1 - HALF);
    double s0 = 0, s1 = 0, s2 = 0; /* sums of y, u y, u^2 y with u = -5..5 */
    for (int u = -HALF; u <= HALF; u++) {
        double v = y[(size_t)((long)centre + u)];
        s0 += v;
        s1 += u * v;
        s2 += u * u * v;
    }
    /* normal equations: sum u^2 = 110, sum u^4 = 1958 */
    double c = (WINDOW * s2 - 110 * s0) / (WINDOW * 1958.0 - 110.0 * 110.0), a = (s0 - 110 * c) / WINDOW, b = s1 / 110;
    double u = (double)((long)i - (long)centre);
    return a + b * u + c * u * u;
}

double gm_baseline_transition_mm(const gm_record *record) {
    enum { BEFORE = 300, MIN = 12 };
    size_t end = 0;
    while (end < record->n && record->step[end] != 2) end++;
    if (end == record->n || end < MIN) return NAN;
    size_t first = end > BEFORE ? end - BEFORE : 0, n = end - first;
    double y[BEFORE], s[BEFORE], g[BEFORE], mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++) y[i] = record->torque_a[first + i];
    for (size_t i = 0; i < n; i++) s[i] = smoothed(y, n, i);
    for (size_t i = 0; i < n; i++) {
        size_t a = i ? i - 1 : 0, b = GM_MIN(i + 1, n - 1);
        g[i] = (s[b] - s[a]) / (double)(b - a);
        mean += g[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) squares += (g[i] - mean) * (g[i] - mean);
    double limit = mean + 2 * sqrt(squares / (double)n);
    for (size_t i = 0; i < n; i++)
        if (g[i] > limit) return fabs(record->depth_mm[first + i]);
    return NAN;
}

void gm_baseline_inference_system(const gm_record *record, gm_label *out) {
    *out = GM_LABEL_EMPTY;
    out->source = GM_SOURCE_RULE;
    out->points[GM_ENTRY].mm = gm_baseline_entry_mm(record);
    out->points[GM_TRANSITION].mm = gm_baseline_transition_mm(record);
}
