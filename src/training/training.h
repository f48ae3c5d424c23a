/* Training: configuration, folds, strategies, the loop, read-out, evaluation, prediction.
 *
 * For        service/ (train, evaluate, predict, export).
 * Depends on base, engine, data (records, labels, preprocessing), models.
 * Errors     GM_E_ARG: a configuration or data set that cannot be trained on (says why and what to do); GM_E_NUMERIC:
 *            loss is not a number; GM_E_CANCELLED: asked to stop, resume with gm_train_options.resume_dir.
 * Ownership  results are the caller's.
 * Threads    one gm_train per process is enough: it runs folds side by side on its own pool. A predictor belongs to one
 *            thread at a time.
 *
 * Determinism: each fold is trained by one thread on random numbers named by seed, fold, epoch and hole. The same data
 * and configuration give the same bytes with any number of threads, also when killed and resumed. */
#ifndef GIMLET_TRAINING_TRAINING_H
#define GIMLET_TRAINING_TRAINING_H

#include "config.h"
#include "evaluation.h"
#include "models/models.h"

/* ---- data ------------------------------------------------------------------------------------------------------- */

/* A hole to learn from. Strings are borrowed during the call. */
typedef struct {
    const char *file;   /* as in labels.csv: name for messages and reports */
    const char *id;     /* SHA-256 of the record's bytes                   */
    const char *family; /* for strata and report groups; NULL = the folder of file, else the head's name */
    gm_label label;     /* the preferred one; holes with no point at all or rejected are left out */
} gm_training_hole;

typedef struct {
    const gm_training_hole *holes;
    size_t count;
    /* Load the record of hole i; any thread, several at once. */
    gm_status (*load)(void *ctx, size_t index, gm_record **out, gm_error *err);
    void *ctx;
    const char *snapshot; /* name or hash of the data set, for provenance; may be NULL */
} gm_training_data;

/* ---- folds ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *file;
    char trace[GM_SHA256_HEX]; /* equal for duplicates             */
    char stratum[96];          /* family and program               */
    char tool[160];            /* equal within a tool life         */
    char session[160];         /* equal within a day on one head   */
    char family[64], program[17], tool_age[24];
    double tool_age_holes;
    long global_counter, local_counter;
} gm_fold_key;

/* Fills everything that one record tells; gm_fold_keys_tools then finds the tool lives over all of them (a counter
 * that falls is a new tool). */
void gm_fold_key_of(const gm_record *record, const char *file, const char *family, gm_fold_key *out);
gm_status gm_fold_keys_tools(gm_fold_key *keys, size_t count, gm_error *err) GM_MUST_CHECK;

typedef struct {
    int n_folds;
    int *fold; /* [count] 0..n_folds-1: the fold in which the hole is validated */
    size_t n_groups;
    size_t *group;     /* [count] */
    char message[300]; /* why there are fewer folds than asked for; "" = as asked */
} gm_folds;
gm_status gm_folds_make(const gm_fold_key *keys, size_t count, int n_folds, bool stratified, gm_grouping grouping,
                        uint64_t seed, gm_folds *out, gm_error *err) GM_MUST_CHECK;
void gm_folds_finish(gm_folds *folds);

/* What a grouping leaves open: holes that share something with a hole which the model that judges them has learned
 * from. Their out-of-fold errors may be too good for new tools or days. */
typedef struct {
    size_t holes;                     /* in folds at all */
    size_t trace, tool_life, session; /* of them: with an equal trace, tool life, day on one head in another fold */
} gm_fold_overlap;
/* fold < 0: held out, not counted. */
gm_status gm_folds_overlap(const gm_fold_key *keys, const int *fold, size_t count, gm_fold_overlap *out,
                           gm_error *err) GM_MUST_CHECK;

/* ---- training --------------------------------------------------------------------------------------------------- */

typedef struct {
    const gm_training_config *config; /* NULL when resuming */
    const char *output_dir;           /* MODELS: a new directory is made in it; unused when resuming */
    const char *resume_dir;           /* a run to go on with; NULL = new */
    const char *data_dir;             /* written into run.json so that a resume finds it; may be NULL */
    const char *run_name;             /* the new directory's name, which may be there without a run; NULL = by time */
    int threads;                      /* 0 = all processors */
    double checkpoint_s; /* least time between two checkpoints of a fold; 0 = 2 s, negative = after every epoch */
    const gm_observer *observer; /* progress in epochs over all folds; false = stop */
} gm_train_options;

typedef struct {
    char *run_dir;
    int n_folds;
    size_t n_holes, n_left_out;
    gm_metrics out_of_fold;
    gm_text messages; /* lines that a person should see (fewer folds, holes left out, why) */
} gm_train_result;
void gm_train_result_finish(gm_train_result *result);

/* out is the caller's to finish, also after a failure: its run_dir can be resumed. Train by the configuration's
 * strategy. Leaves RUN/{config.yaml, run.json, events.jsonl, training.log, fold_01.., metrics.json}, and in
 * RUN/process.json which process trains (or trained) it. */
gm_status gm_train(const gm_train_options *options, const gm_training_data *data, gm_train_result *out,
                   gm_error *err) GM_MUST_CHECK;

/* One line more in training.log of a run that has one: what is done with the run after its training. */
void gm_run_log(const char *run_dir, gm_log_level level, const char *format, ...) GM_PRINTF(3, 4);

/* A new directory for a run, named by experiment and time: MODELS/<experiment>_<20261124T021500Z>. */
gm_status gm_run_dir_make(const char *output_dir, const char *experiment, char **out, gm_error *err) GM_MUST_CHECK;

/* What a run directory says about itself: for train --resume, which must be given the same data again. */
typedef struct {
    char *data_dir; /* NULL = not recorded */
    char *snapshot;
    bool finished;
} gm_run_info;
gm_status gm_run_read(const char *run_dir, gm_run_info *out, gm_error *err) GM_MUST_CHECK;
/* The configuration that a run was started with. */
gm_status gm_run_config(const char *run_dir, gm_training_config *out, gm_error *err) GM_MUST_CHECK;
void gm_run_info_finish(gm_run_info *info);

/* ---- strategies ------------------------------------------------------------------------------------------------- */

typedef struct gm_training_job gm_training_job; /* a run in progress: loop_internal.h */

/* To add one: a file in strategies/ and a line in strategies.list.h (docs/adding-a-strategy.md). */
typedef struct {
    const char *name, *doc;
    gm_status (*prepare_data)(gm_training_job *job, gm_error *err);   /* features, folds */
    gm_status (*train_model)(gm_training_job *job, gm_error *err);    /* to fold directories */
    gm_status (*validate_model)(gm_training_job *job, gm_error *err); /* to metrics.json */
} gm_strategy;
const gm_strategy *const *gm_strategies(size_t *count);
const gm_strategy *gm_strategy_find(const char *name);

/* ---- prediction ------------------------------------------------------------------------------------------------- */

typedef struct gm_predictor gm_predictor;
/* model_dir: a run (all its folds) or one fold. threads 0 = all processors. */
gm_status gm_predictor_open(const char *model_dir, int threads, gm_predictor **out, gm_error *err) GM_MUST_CHECK;
void gm_predictor_free(gm_predictor *predictor);
GM_AUTO(gm_predictor)
int gm_predictor_folds(const gm_predictor *predictor);
/* Points with interval. A record that the features cannot use is GM_E_FORMAT. */
gm_status gm_predictor_run(gm_predictor *predictor, const gm_record *record, gm_prediction *out,
                           gm_error *err) GM_MUST_CHECK;
/* The same by one fold's model only (0-based): for out-of-fold figures and for the proof of an export. */
gm_status gm_predictor_run_fold(gm_predictor *predictor, int fold, const gm_record *record, gm_prediction *out,
                                gm_error *err) GM_MUST_CHECK;
/* In which fold was this record (by trace hash) validated: 0-based; -1 = the run has not seen it. */
int gm_predictor_fold_of(const gm_predictor *predictor, const gm_record *record);

/* For the proof of an export. The model's own input for a record, windows x [length, channels] (caller frees *inputs
 * with gm_free); its outputs for such inputs (fold -1: the mean over all folds, as in an exported ensemble), windows x
 * [length, outputs]; and the points that follow from outputs of any runtime. */
gm_status gm_predictor_inputs(gm_predictor *predictor, const gm_record *record, float **inputs, int *n_windows,
                              gm_error *err) GM_MUST_CHECK;
gm_status gm_predictor_outputs(gm_predictor *predictor, int fold, const float *inputs, int n_windows, float *outputs,
                               gm_error *err) GM_MUST_CHECK;
gm_status gm_predictor_read_out(gm_predictor *predictor, const gm_record *record, const float *outputs, int n_windows,
                                gm_label *out, gm_error *err) GM_MUST_CHECK;
const gm_patchtsmixer_config *gm_predictor_model(const gm_predictor *predictor);
/* Borrowed: the folds' models, for export. */
const gm_model *const *gm_predictor_models(const gm_predictor *predictor);

#endif
