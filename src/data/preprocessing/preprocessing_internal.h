/* What the feature sets share; not for other folders. */
#ifndef GIMLET_DATA_PREPROCESSING_INTERNAL_H
#define GIMLET_DATA_PREPROCESSING_INTERNAL_H

#include "preprocessing.h"

/* The drill front: the samples at which the drill was deeper than ever before, by depth. What happens behind the front
 * (pecks, the way back after a step change) touches no new material and is left out. */
typedef struct {
    size_t count;
    double *depth_mm; /* strictly rising */
    size_t *row;      /* row of the record that brought the front here */
    size_t *rows;     /* number of rows, from `row`, that lie at this depth */
} gm_front;

gm_status gm_front_make(const gm_record *record, gm_front *out, gm_error *err) GM_MUST_CHECK;
void gm_front_finish(gm_front *front);
/* Mean of the piecewise linear curve through (depth, value) over each bin [b * bin, (b+1) * bin). Beyond the ends of
 * the front the first or last value goes on. out is [bins] with stride. */
void gm_front_bins(const gm_front *front, const double *values, double bin_mm, size_t bins, size_t stride, float *out);

gm_status gm_series_alloc(gm_series *series, size_t rows, int channels, gm_error *err) GM_MUST_CHECK;

#endif
