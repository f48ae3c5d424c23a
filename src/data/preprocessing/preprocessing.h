/* Preprocessing: from a record to what a model sees (features, windows, augmentation), and from labels to targets.
 *
 * For        training/ (loop, read-out, prediction).
 * Depends on base, data (record, label).
 * Method     docs/training.md has the table of channels with their units.
 * Errors     GM_E_FORMAT for a record that a feature set cannot use (too short, does not move), GM_E_NOMEM.
 * Ownership  a series owns its arrays; a normaliser is a plain value.
 * Threads    no shared state.
 *
 * To add a feature set: one file with a const gm_feature_set, one line in feature_sets.list.h. */
#ifndef GIMLET_DATA_PREPROCESSING_H
#define GIMLET_DATA_PREPROCESSING_H

#include "data/data.h"

enum { GM_MAX_CHANNELS = 32, GM_MAX_WINDOWS = 64 };

/* ---- features --------------------------------------------------------------------------------------------------- */

typedef enum { GM_LOAD_NONE, GM_LOAD_TORQUE, GM_LOAD_THRUST } gm_load;
typedef struct {
    const char *name;
    const char *unit;
    const char *doc;
    gm_load load; /* which load it grows with: augmentation scales both loads */
} gm_channel;

/* One hole as the model sees it: rows x channels, before normalisation. */
typedef struct {
    size_t rows;
    int channels;
    float *values;   /* [rows, channels]                                                     */
    float *depth_mm; /* [rows] depth at each row, never falling                              */
} gm_series;

void gm_series_finish(gm_series *series);
/* Row (with fraction) at which the tip stands at this depth: the first crossing; beyond the ends the last step goes on.
 */
double gm_series_row_at(const gm_series *series, double depth_mm);
double gm_series_depth_at(const gm_series *series, double row);

typedef struct {
    double bin_mm;           /* row spacing of sets over depth                                             */
    bool normalize_position; /* false: the depth channel is left at zero                                   */
    bool combine_torque;     /* true: currents with the no-load current added; false: the no-load current  */
    double tool_age;         /* holes drilled before; NAN = from the record's counter                      */
    double predrilled;       /* 1, 0; NAN = unknown (taken as 1, as the inference system does)              */
} gm_feature_options;

typedef struct {
    const char *name; /* "gimlet-17" */
    int version;      /* grows whenever values change */
    const char *doc;
    const gm_channel *channels;
    int n_channels;
    bool over_depth; /* rows are equally spaced in depth; false: rows are equally spaced in time */
    bool compressed; /* loads are stored as asinh(A / unit) */
    int n_heatmaps;  /* channels of the target: 3 = one per point; 1 = exit only, repeated over the torque channels */
    gm_status (*compute)(const gm_record *record, const gm_feature_options *options, gm_series *out, gm_error *err);
    /* Fixed scaling of a channel: value * scale + offset. scale 0 = mean and deviation of the training rows. */
    const struct gm_fixed_scale { double scale, offset; } * fixed; /* [n_channels] or NULL */
    double padding; /* normalised value of the torque channels outside the record */
} gm_feature_set;

const gm_feature_set *const *gm_feature_sets(size_t *count);
const gm_feature_set *gm_feature_set_find(const char *name); /* NULL = no such */

/* ---- normalisation ---------------------------------------------------------------------------------------------- */

typedef struct {
    int channels;
    double mean[GM_MAX_CHANNELS];
    double scale[GM_MAX_CHANNELS]; /* divided by; never 0 */
} gm_normaliser;

/* Mean and population deviation over all rows of these series, added up in order (the same for any thread count). */
void gm_normaliser_fit(const gm_feature_set *set, const gm_series *const *series, size_t count, gm_normaliser *out);

/* ---- windows and augmentation ----------------------------------------------------------------------------------- */

/* Window row r shows series row first + r * step (linear interpolation), bent by a sine of this many rows. */
typedef struct {
    double first;
    double step;
    double bend;
} gm_window;

/* Windows that together cover the series; returns their number. many false: one window from the top of the hole. */
int gm_windows_plan(const gm_feature_set *set, const gm_series *series, int length, bool many,
                    gm_window out[GM_MAX_WINDOWS]);
double gm_window_series_row(const gm_window *window, int length, double row);    /* where window row `row` looks */
double gm_window_row_of(const gm_window *window, int length, double series_row); /* the inverse */

typedef struct {
    double noise;      /* deviation of added noise, in units of the channel's own deviation   */
    double warp;       /* largest relative stretch of the depth axis                          */
    double shift_rows; /* largest shift of the window                                        */
    double level;      /* deviation of the logarithm of a factor on all loads                    */
} gm_augmentation;

/* A window shifted, stretched and bent at random. Same random state, same window. */
gm_window gm_window_augment(const gm_window *window, const gm_augmentation *augmentation, gm_random *random);
/* Normalised values of a window into out [length, channels]; rows outside the series are padding. random NULL = no
 * noise. */
void gm_window_fill(const gm_feature_set *set, const gm_series *series, const gm_normaliser *normaliser,
                    const gm_window *window, int length, const gm_augmentation *augmentation, gm_random *random,
                    float *out);

/* ---- targets ---------------------------------------------------------------------------------------------------- */

typedef enum { GM_TARGET_DENSITY, GM_TARGET_PEAK } gm_target_kind; /* sums to 1 | highest value 1 */
/* Gaussian bump of each point over the rows of a window into out [length, 3]; a point outside the window or absent
 * gives zeros. present[p]: the point lies inside. sigma in mm. */
void gm_targets_fill(const gm_series *series, const gm_window *window, int length, const gm_label *label,
                     double sigma_mm, gm_target_kind kind, float *out, bool present[GM_N_POINTS]);

#endif
