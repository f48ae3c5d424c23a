/* Two models on the same holes: is one better, or was it luck?
 *
 * Method     the mean of the differences hole by hole, with a 95 % bootstrap interval (2,000 resamples of holes, the
 *            2.5 and 97.5 percentiles), and the two-sided Wilcoxon signed-rank test (Wilcoxon 1945): exact up to 50
 *            differences without zeros and ties, else the normal approximation with correction for ties; zeros are left
 *            out (what scipy.stats.wilcoxon does by default).
 * Determinism the same values and seed give the same interval. */
#ifndef GIMLET_TRAINING_PAIRED_H
#define GIMLET_TRAINING_PAIRED_H

#include "base/base.h"

typedef struct {
    size_t n;              /* pairs */
    double mean_a, mean_b; /* of the values that were given                            */
    double difference;     /* mean of b - a                                            */
    double low, high;      /* 95 % interval of the difference; NAN with fewer than 2 pairs */
    double p;              /* chance of ranks so uneven when neither is better; 1 with no differences */
} gm_paired;

/* a[i] and b[i] belong to the same hole: absolute errors in mm, say. n 0 gives NANs and p = 1. */
gm_status gm_paired_compare(const double *a, const double *b, size_t n, uint64_t seed, gm_paired *out,
                            gm_error *err) GM_MUST_CHECK;

#endif
