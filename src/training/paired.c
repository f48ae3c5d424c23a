#include "paired.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 2000, MOST_EXACT = 50 };

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int by_magnitude(const void *a, const void *b) {
    double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t n, double q) {
    double at = q * (double)(n - 1);
    size_t i = (size_t)at, j = GM_MIN(i + 1, n - 1);
    return sorted[i] + (at - (double)i) * (sorted[j] - sorted[i]);
}

static void bootstrap(const double *differences, size_t n, uint64_t seed, double *means, gm_paired *out) {
    gm_random random;
    for (size_t r = 0; r < RESAMPLES; r++) {
        double sum = 0;
        gm_random_init(&random, seed, gm_stream(1, (uint64_t)r));
        for (size_t i = 0; i < n; i++) sum += differences[gm_random_below(&random, (uint32_t)n)];
        means[r] = sum / (double)n;
    }
    qsort(means, RESAMPLES, sizeof *means, ascending);
    out->low = percentile(means, RESAMPLES, 0.025);
    out->high = percentile(means, RESAMPLES, 0.975);
}

/* Of all 2^n ways to give signs to the ranks 1..n, the share whose positive ranks sum to at most w. */
static double share_up_to(int n, int w) {
    double ways[MOST_EXACT * (MOST_EXACT + 1) / 2 + 1] = {1};
    int most = 0;
    for (int rank = 1; rank <= n; rank++) {
        most += rank;
        for (int sum = most; sum >= rank; sum--) ways[sum] += ways[sum - rank];
    }
    double total = 0;
    for (int sum = 0; sum <= w; sum++) total += ways[sum];
    return ldexp(total, -n);
}

/* d: differences; they are put into order. */
static double signed_rank_p(double *d, size_t count) {
    size_t n = 0;
    double positive = 0, ties = 0;
    bool tied = false;
    for (size_t i = 0; i < count; i++)
        if (d[i] != 0) d[n++] = d[i];
    if (!n) return 1;
    qsort(d, n, sizeof *d, by_magnitude);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && fabs(d[end]) == fabs(d[i]); end++) {
        }
        double t = (double)(end - i), rank = ((double)(i + 1) + (double)end) / 2;
        for (size_t k = i; k < end; k++) positive += d[k] > 0 ? rank : 0;
        ties += t * t * t - t;
        tied = tied || end - i > 1;
    }
    double all = (double)n * (double)(n + 1) / 2, smaller = fmin(positive, all - positive);
    if (!tied && n == count && n <= MOST_EXACT) return fmin(1, 2 * share_up_to((int)n, (int)smaller));
    double variance = (double)n * (double)(n + 1) * (double)(2 * n + 1) / 24 - ties / 48;
    return variance > 0 ? erfc(fabs(positive - all / 2) / sqrt(2 * variance)) : 1;
}

gm_status gm_paired_compare(const double *a, const double *b, size_t n, uint64_t seed, gm_paired *out, gm_error *err) {
    gm_paired result = {.n = n, .mean_a = NAN, .mean_b = NAN, .difference = NAN, .low = NAN, .high = NAN, .p = 1};
    gm_auto_free double *differences = gm_alloc_array(n + 1, sizeof *differences);
    gm_auto_free double *means = gm_alloc_array(RESAMPLES, sizeof *means);
    if (!differences || !means) return gm_nomem(err);
    if (n) {
        double sum_a = 0, sum_b = 0;
        for (size_t i = 0; i < n; i++) {
            sum_a += a[i];
            sum_b += b[i];
            differences[i] = b[i] - a[i];
        }
        result.mean_a = sum_a / (double)n;
        result.mean_b = sum_b / (double)n;
        result.difference = (sum_b - sum_a) / (double)n;
        if (n > 1) bootstrap(differences, n, seed, means, &result);
        result.p = signed_rank_p(differences, n);
    }
    *out = result;
    return GM_OK;
}
