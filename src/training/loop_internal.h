/* A run in progress: what the strategies, the loop, the read-out and the predictor share. */
#ifndef GIMLET_TRAINING_LOOP_INTERNAL_H
#define GIMLET_TRAINING_LOOP_INTERNAL_H

#include "base/log.h"
#include "components_internal.h"
#include "experiments/experiments.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- the network: one graph, a plan to train and a plan to run ---- */

typedef struct {
    gm_patchtsmixer_config config;
    const gm_training_loss *loss; /* NULL: only to run */
    gm_graph *graph;
    gm_plan *step, *run; /* step NULL without loss */
    int length, channels, outputs;
    size_t n_params, n_trainable;
    int prediction_output, loss_output; /* index among the outputs; loss -1 */
} gm_network;

gm_status gm_network_make(const gm_patchtsmixer_config *config, const gm_training_loss *loss, gm_network *out,
                          gm_error *err) GM_MUST_CHECK;
void gm_network_finish(gm_network *network);

/* ---- what a model directory knows beside the network (gimlet.json) ---- */

typedef struct {
    bool known;
    double interval;          /* nominal coverage */
    double factor[GM_N_EVAL]; /* half width = factor * uncertainty; the last one is the hole depth */
    size_t holes[GM_N_EVAL];  /* holes that it was calibrated on */
} gm_calibration;

typedef struct {
    const gm_feature_set *set;
    gm_feature_options features;
    gm_normaliser normaliser;
    bool many_windows;
    bool peaks;           /* kind of output: see gm_training_loss */
    int read_out_version; /* a model keeps the one that it was calibrated with */
    gm_calibration calibration;
} gm_pipeline;

typedef struct {
    char *strategy, *snapshot;
    int fold, n_folds, seed; /* fold from 1 */
    long best_epoch;
} gm_provenance;

gm_status gm_fold_save(const char *dir, const gm_network *network, const float *params, const gm_pipeline *pipeline,
                       const gm_provenance *provenance, gm_error *err) GM_MUST_CHECK;
gm_status gm_pipeline_save(const char *dir, const gm_pipeline *pipeline, const gm_provenance *provenance,
                           gm_error *err) GM_MUST_CHECK;
gm_status gm_pipeline_parse(const char *text, size_t size, gm_pipeline *pipeline, gm_provenance *provenance,
                            gm_error *err) GM_MUST_CHECK;
gm_status gm_pipeline_load(const char *dir, gm_pipeline *pipeline, gm_provenance *provenance,
                           gm_error *err) GM_MUST_CHECK;
void gm_provenance_finish(gm_provenance *provenance);

/* ---- read-out: from heat maps to points ---- */

/* A hole as the read-out needs it. The rules of the inference system stand in for the points that its models lack. */
typedef struct {
    gm_series series;
    double entry_rule_mm, transition_rule_mm; /* NAN where the feature set gives all points */
} gm_hole_view;
gm_status gm_hole_view_make(const gm_feature_set *set, const gm_feature_options *features, const gm_record *record,
                            gm_hole_view *out, gm_error *err) GM_MUST_CHECK;

typedef struct {
    double mm[GM_N_POINTS];          /* NAN = absent                                        */
    double uncertainty[GM_N_POINTS]; /* mm, deviation of the heat map (or of the windows)   */
    double probability[GM_N_POINTS]; /* that the point is here; if absent, that it is anywhere */
} gm_points;

/* The read-out that goes with a feature set, and its newest version; models of earlier versions are read out as ever. */
typedef struct {
    const char *name;
    int version;
} gm_read_out_kind;
gm_read_out_kind gm_read_out_of(const gm_feature_set *set);
/* outputs [windows, length, width] of one model, or the mean of several, for one hole. */
gm_status gm_read_out(const gm_pipeline *pipeline, const gm_hole_view *hole, const gm_window *windows, int n_windows,
                      int length, const float *outputs, int width, gm_points *out, gm_error *err) GM_MUST_CHECK;
gm_status gm_read_out_ordered(const gm_pipeline *pipeline, const gm_series *series, const gm_window *windows,
                              int n_windows, int length, const float *outputs, gm_points *out,
                              gm_error *err) GM_MUST_CHECK;
void gm_read_out_inference(const gm_pipeline *pipeline, const gm_hole_view *hole, const gm_window *windows,
                           int n_windows, int length, const float *outputs, int width, gm_points *out);
/* One fold's (-1: all folds') points for a hole whose features are made already. */
gm_status gm_predictor_run_view(gm_predictor *predictor, int fold, const gm_hole_view *hole, gm_points *out,
                                gm_error *err) GM_MUST_CHECK;
void gm_prediction_fill(const gm_points *points, const gm_calibration *calibration, gm_prediction *out);

/* ---- prepared holes and the job ---- */

typedef struct {
    size_t index; /* in gm_training_data */
    uint64_t id;  /* names its random numbers: from the hash of its bytes */
    gm_hole_view view;
    gm_fold_key key;
    gm_label label; /* points that are left out are NAN and have weight 0 */
    float weight[GM_N_POINTS];
} gm_prepared_hole;

typedef struct {
    double train_loss, val_loss, val_mm, learning_rate;
} gm_epoch;

typedef struct {
    bool finished;
    long epoch, step, best_epoch;
    double best;                         /* of the metric; INFINITY at first */
    gm_epoch *history;                   /* [epochs of the configuration] */
    float *params, *state, *best_params; /* [n_params], [2, n_trainable], [n_params] */
} gm_fold_state;

struct gm_training_job {
    const gm_training_config *config;
    const gm_training_data *data;
    const gm_observer *observer;
    const char *run_dir;
    int n_threads;
    gm_threads *threads;
    gm_feature_options features;
    const gm_feature_set *set;
    gm_network network;
    gm_pipeline pipeline; /* one for all folds, so that the ensemble takes one input */
    gm_prepared_hole *holes;
    size_t n_holes;
    gm_folds folds; /* fold -1: held out from all */
    gm_fold_overlap overlap;
    int n_run;                    /* folds that are trained: the first of folds.n_folds */
    char identity[GM_SHA256_HEX]; /* of configuration and data: a checkpoint of another run is not taken */
    gm_text *messages;
    size_t n_left_out;
    gm_metrics out_of_fold;
    /* progress */
    pthread_mutex_t lock;
    atomic_bool stop;
    atomic_long epochs_done;
    double started, checkpoint_s;
    int events, log;             /* file descriptors; -1 = none */
    gm_experiments *experiments; /* NULL = none */
};

/* For people: into the result, events.jsonl and training.log. */
void gm_job_message(gm_training_job *job, const char *format, ...) GM_PRINTF(2, 3);
/* One line into events.jsonl: {"time": ..., "event": name, members}. */
void gm_job_event(gm_training_job *job, const char *event, const char *members);
/* One line into training.log, which people read; from any thread. */
void gm_job_log(const gm_training_job *job, gm_log_level level, const char *format, ...) GM_PRINTF(3, 4);
/* training_log.c: what it says of a whole run and of a fold (0-based); with the lines of gm_job_message, all of it. */
void gm_job_log_begin(const gm_training_job *job, bool resumed);
void gm_job_log_prepared(const gm_training_job *job);
void gm_job_log_fold_begin(const gm_training_job *job, int fold, size_t n_train, size_t n_val,
                           const gm_fold_state *state);
void gm_job_log_epoch(const gm_training_job *job, int fold, long epoch, const gm_epoch *figures);
void gm_job_log_fold_end(const gm_training_job *job, int fold, const gm_fold_state *state, double seconds);
void gm_job_log_end(const gm_training_job *job, double seconds);
void gm_job_log_failure(const gm_training_job *job, gm_status status, const gm_error *err);
/* Tell the observer; afterwards job->stop says whether to go on. */
void gm_job_report(gm_training_job *job, const char *stage, long done, long total, const char *text);

gm_provenance gm_job_provenance(const gm_training_job *job, int fold, long best_epoch); /* borrows its strings */

/* Steps that strategies are made of. */
gm_status gm_job_load_holes(gm_training_job *job, gm_error *err) GM_MUST_CHECK;  /* features, keys, labels */
gm_status gm_job_make_folds(gm_training_job *job, gm_error *err) GM_MUST_CHECK;  /* cross-validation */
gm_status gm_job_make_single(gm_training_job *job, gm_error *err) GM_MUST_CHECK; /* one training and validation split */
gm_status gm_job_train_folds(gm_training_job *job, gm_error *err) GM_MUST_CHECK;
gm_status gm_job_validate_folds(gm_training_job *job, gm_error *err) GM_MUST_CHECK;

/* One fold, from its checkpoint if there is one, to its model directory. workspace threads: NULL = this thread alone.
 */
gm_status gm_fold_train(gm_training_job *job, int fold, gm_threads *threads, gm_error *err) GM_MUST_CHECK;
gm_status gm_fold_state_new(const gm_training_job *job, gm_fold_state *out, gm_error *err) GM_MUST_CHECK;
void gm_fold_state_finish(gm_fold_state *state);
/* GM_E_NOTFOUND: none, or one of another run or torn: begin anew. */
gm_status gm_fold_state_load(const gm_training_job *job, int fold, gm_fold_state *state, gm_error *err) GM_MUST_CHECK;
gm_status gm_fold_state_save(const gm_training_job *job, int fold, const gm_fold_state *state,
                             gm_error *err) GM_MUST_CHECK;
char *gm_fold_dir(const char *run_dir, int fold); /* RUN/fold_01 for fold 0; gm_free */

/* ---- batches ---- */

typedef struct {
    int capacity;
    float *past, *target, *weight; /* [B, length, channels], [B, length, outputs], [B, outputs] */
    uint64_t *ids;
} gm_batch;
gm_status gm_batch_new(const gm_network *network, int capacity, gm_batch *out, gm_error *err) GM_MUST_CHECK;
void gm_batch_finish(gm_batch *batch);
/* Put one window of a hole into slot. random NULL: as it is. */
void gm_batch_put(gm_batch *batch, int slot, const gm_training_job *job, const gm_pipeline *pipeline,
                  const gm_prepared_hole *hole, const gm_window *window, gm_random *random);

#endif
