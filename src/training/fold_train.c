/* One fold: epochs of steps, validation, checkpoints, best weights. By one thread from begin to end, unless it is given
 * a pool (the single strategy), whose size does not change the result either. */
#include "loop_internal.h"

#include <stdio.h>
#include <string.h>

#define WORST_MM 2.0 /* a missed, invented or wild point counts so much in val_mm */

typedef struct {
    gm_training_job *job;
    int fold;
    gm_threads *threads;
    gm_fold_state state;
    gm_workspace *step_room, *run_room;
    gm_batch batch;
    float *grads, *outputs;
    uint32_t *train;
    size_t n_train, n_val;
    size_t *val;
    double saved_at;
} trainer;

enum { STREAM_SHUFFLE = 11, STREAM_WINDOW = 12, STREAM_INIT = 13 };

static void trainer_finish(trainer *t) {
    gm_fold_state_finish(&t->state);
    gm_workspace_free(t->step_room);
    gm_workspace_free(t->run_room);
    gm_batch_finish(&t->batch);
    gm_free(t->grads);
    gm_free(t->outputs);
    gm_free(t->train);
    gm_free(t->val);
}

static gm_status choose_holes(trainer *t, gm_error *err) {
    gm_training_job *job = t->job;
    t->train = gm_alloc_array(job->n_holes + 1, sizeof *t->train);
    t->val = gm_alloc_array(job->n_holes + 1, sizeof *t->val);
    if (!t->train || !t->val) return gm_nomem(err);
    for (size_t i = 0; i < job->n_holes; i++) {
        if (job->folds.fold[i] == t->fold)
            t->val[t->n_val++] = i;
        else if (job->folds.fold[i] >= 0)
            t->train[t->n_train++] = (uint32_t)i;
    }
    if (t->n_train) return GM_OK;
    return gm_fail(err, GM_E_ARG, "fold %d has no hole to train on (%zu to validate)", t->fold + 1, t->n_val);
}

static gm_status trainer_make(trainer *t, gm_error *err) {
    gm_training_job *job = t->job;
    const gm_network *net = &job->network;
    int size = job->config->training.batch_size, workers = gm_threads_count(t->threads);
    GM_TRY(choose_holes(t, err));
    GM_TRY(gm_fold_state_new(job, &t->state, err));
    GM_TRY(gm_workspace_new(net->step, workers, &t->step_room, err));
    GM_TRY(gm_workspace_new(net->run, workers, &t->run_room, err));
    GM_TRY(gm_batch_new(net, GM_MAX(size, GM_MAX_WINDOWS), &t->batch, err));
    t->grads = gm_alloc_aligned(net->n_params * sizeof(float));
    t->outputs = gm_alloc_aligned((size_t)GM_MAX_WINDOWS * (size_t)net->length * (size_t)net->outputs * sizeof(float));
    return t->grads && t->outputs ? GM_OK : gm_nomem(err);
}

/* Running statistics (batch norm) come back where gradients would. */
static void take_statistics(trainer *t) {
    const gm_graph *graph = t->job->network.graph;
    for (int i = 0; i < gm_parameter_count(graph); i++) {
        gm_parameter_info p = gm_parameter_at(graph, i);
        if (p.kind == GM_STATE) memcpy(t->state.params + p.offset, t->grads + p.offset, p.size * sizeof(float));
    }
}

static gm_status not_a_number(const trainer *t, long epoch, long step, gm_error *err) {
    char rate[32];
    return gm_fail_at(err, GM_E_NUMERIC, 0, 0, "lower training_config.learning_rate, or set max_grad_norm to 1",
                      "fold %d, epoch %ld, step %ld: the loss is not a number (learning rate %s)", t->fold + 1,
                      epoch + 1, step, gm_format_double(t->job->config->training.learning_rate, rate));
}

static gm_status one_step(trainer *t, long epoch, const uint32_t *holes, int count, long per_epoch, double *loss,
                          gm_error *err) {
    gm_training_job *job = t->job;
    const gm_training_config *c = job->config;
    for (int i = 0; i < count; i++) {
        const gm_prepared_hole *hole = &job->holes[holes[i]];
        gm_random random;
        gm_random_init(&random, (uint64_t)c->training.seed,
                       gm_stream(4, (uint64_t)STREAM_WINDOW, (uint64_t)t->fold, (uint64_t)epoch, hole->id));
        gm_window windows[GM_MAX_WINDOWS];
        int n = gm_windows_plan(job->set, &hole->view.series, job->network.length, c->data.sequence_windowing, windows);
        gm_batch_put(&t->batch, i, job, &job->pipeline, hole, &windows[gm_random_below(&random, (uint32_t)n)], &random);
    }
    const float *inputs[] = {t->batch.past, t->batch.target, t->batch.weight};
    gm_key key = {(uint64_t)c->training.seed, (uint64_t)t->fold, (uint64_t)t->state.step, t->batch.ids};
    GM_TRY(gm_plan_step(job->network.step, t->step_room, t->threads, t->state.params, inputs, count, NULL, key,
                        t->grads, loss, NULL, err));
    double norm = sqrt(gm_square_sum(t->grads, job->network.n_trainable));
    if (!isfinite(*loss) || !isfinite(norm)) return not_a_number(t, epoch, t->state.step + 1, err);
    double limit = c->training.max_grad_norm, scale = limit > 0 ? GM_MIN(1, limit / (norm + 1e-6)) : 1;
    double rate = gm_learning_rate_at(c, t->state.step, per_epoch);
    gm_optimizer_find(c->training.optimizer)
        ->step(c, rate, scale, ++t->state.step, t->state.params, t->state.state, t->grads, job->network.n_trainable);
    take_statistics(t);
    t->state.history[epoch].learning_rate = rate;
    return GM_OK;
}

static gm_status train_epoch(trainer *t, long epoch, gm_error *err) {
    gm_training_job *job = t->job;
    size_t size = (size_t)job->config->training.batch_size;
    long per_epoch = (long)((t->n_train + size - 1) / size);
    gm_auto_free uint32_t *order = gm_alloc_array(t->n_train, sizeof *order);
    if (!order) return gm_nomem(err);
    memcpy(order, t->train, t->n_train * sizeof *order);
    gm_random random;
    gm_random_init(&random, (uint64_t)job->config->training.seed,
                   gm_stream(3, (uint64_t)STREAM_SHUFFLE, (uint64_t)t->fold, (uint64_t)epoch));
    gm_random_shuffle(&random, order, t->n_train);
    double sum = 0;
    for (size_t at = 0; at < t->n_train; at += size) {
        if (atomic_load(&job->stop)) return gm_fail(err, GM_E_CANCELLED, "stopped in epoch %ld", epoch + 1);
        int count = (int)GM_MIN(size, t->n_train - at);
        double loss;
        GM_TRY(one_step(t, epoch, order + at, count, per_epoch, &loss, err));
        sum += loss * count;
    }
    t->state.history[epoch].train_loss = sum / (double)t->n_train;
    return GM_OK;
}

static void add_errors(const gm_prepared_hole *hole, const gm_points *points, double *sum, size_t *n) {
    for (int p = 0; p < GM_N_POINTS; p++) {
        double want = hole->label.points[p].mm, have = points->mm[p];
        if (hole->weight[p] <= 0 || (!isfinite(want) && !isfinite(have))) continue;
        *sum += isfinite(want) && isfinite(have) ? GM_MIN(fabs(want - have), WORST_MM) : WORST_MM;
        ++*n;
    }
}

/* Of the 40 windows of the inference presets a few will do between epochs. */
static int some_of(gm_window *windows, int n) {
    enum { MANY = 12, STEP = 10 };
    if (n <= MANY) return n;
    int kept = 0;
    for (int w = 0; w < n; w += STEP) windows[kept++] = windows[w];
    return kept;
}

static gm_status validate(trainer *t, const float *params, gm_epoch *out, gm_error *err) {
    gm_training_job *job = t->job;
    const gm_network *net = &job->network;
    double loss_sum = 0, mm_sum = 0;
    size_t n_loss = 0, n_mm = 0;
    float losses[GM_MAX_WINDOWS];
    for (size_t v = 0; v < t->n_val; v++) {
        const gm_prepared_hole *hole = &job->holes[t->val[v]];
        gm_window windows[GM_MAX_WINDOWS];
        int n =
            gm_windows_plan(job->set, &hole->view.series, net->length, job->config->data.sequence_windowing, windows);
        n = some_of(windows, n);
        for (int w = 0; w < n; w++) gm_batch_put(&t->batch, w, job, &job->pipeline, hole, &windows[w], NULL);
        const float *inputs[] = {t->batch.past, t->batch.target, t->batch.weight};
        float *outputs[4] = {0};
        outputs[net->prediction_output] = t->outputs;
        outputs[net->loss_output] = losses;
        GM_TRY(gm_plan_run(net->run, t->run_room, t->threads, params, inputs, n, outputs, err));
        for (int w = 0; w < n; w++, n_loss++) loss_sum += losses[w];
        gm_points points;
        GM_TRY(
            gm_read_out(&job->pipeline, &hole->view, windows, n, net->length, t->outputs, net->outputs, &points, err));
        add_errors(hole, &points, &mm_sum, &n_mm);
    }
    out->val_loss = n_loss ? loss_sum / (double)n_loss : NAN;
    out->val_mm = n_mm ? mm_sum / (double)n_mm : NAN;
    return GM_OK;
}

static double metric_of(const trainer *t, const gm_epoch *epoch) {
    double value = t->job->config->training.metric == GM_METRIC_VAL_MM ? epoch->val_mm : epoch->val_loss;
    return isfinite(value) ? value : epoch->train_loss;
}

static void keep_best(trainer *t, long epoch) {
    double value = metric_of(t, &t->state.history[epoch]);
    if (value >= t->state.best - (epoch ? t->job->config->training.min_delta : 0)) return;
    t->state.best = value;
    t->state.best_epoch = epoch;
    memcpy(t->state.best_params, t->state.params, t->job->network.n_params * sizeof(float));
}

static void tell_sinks(const trainer *t, long epoch) {
    const gm_epoch *e = &t->state.history[epoch];
    gm_experiment_epoch told = {t->fold + 1, epoch + 1, e->train_loss, e->val_loss, e->val_mm, e->learning_rate};
    gm_experiments_epoch(t->job->experiments, &told);
}

static void tell(trainer *t, long epoch) {
    gm_training_job *job = t->job;
    const gm_epoch *e = &t->state.history[epoch];
    gm_auto_text members = GM_TEXT_INIT;
    char a[32], b[32], c[32], d[32];
    gm_text_printf(
        &members,
        "\"fold\": %d, \"epoch\": %ld, \"train_loss\": %s, \"val_loss\": %s, \"val_mm\": %s, \"learning_rate\": %s",
        t->fold + 1, epoch + 1, gm_format_double(e->train_loss, a),
        isfinite(e->val_loss) ? gm_format_double(e->val_loss, b) : "null",
        isfinite(e->val_mm) ? gm_format_double(e->val_mm, c) : "null", gm_format_double(e->learning_rate, d));
    gm_job_event(job, "epoch", gm_text_c(&members));
    tell_sinks(t, epoch);
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_printf(&text, "fold %d/%d epoch %ld/%d loss ", t->fold + 1, job->n_run, epoch + 1,
                   job->config->training.epochs);
    gm_text_number(&text, e->train_loss, 4);
    gm_text_append(&text, " val ");
    gm_text_number(&text, isfinite(e->val_mm) ? e->val_mm : 0, 3);
    gm_text_append(&text, " mm");
    long done = atomic_fetch_add(&job->epochs_done, 1) + 1;
    gm_job_report(job, "training", done, (long)job->n_run * job->config->training.epochs, gm_text_c(&text));
}

static gm_status save_now_and_then(trainer *t, bool now, gm_error *err) {
    if (!now && gm_seconds() - t->saved_at < t->job->checkpoint_s) return GM_OK;
    GM_TRY(gm_fold_state_save(t->job, t->fold, &t->state, err));
    t->saved_at = gm_seconds();
    return GM_OK;
}

static bool patience_is_over(const trainer *t) {
    int patience = t->job->config->training.patience;
    return patience > 0 && t->state.epoch - 1 - t->state.best_epoch >= patience;
}

static gm_status run_epochs(trainer *t, gm_error *err) {
    gm_training_job *job = t->job;
    long epochs = job->config->training.epochs;
    while (t->state.epoch < epochs && !patience_is_over(t)) {
        long epoch = t->state.epoch;
        GM_TRY(train_epoch(t, epoch, err));
        GM_TRY(validate(t, t->state.params, &t->state.history[epoch], err));
        keep_best(t, epoch);
        gm_job_log_epoch(job, t->fold, epoch, &t->state.history[epoch]); /* first: a kill may repeat it, not lose it */
        t->state.epoch++;
        GM_TRY(save_now_and_then(t, false, err));
        tell(t, epoch);
    }
    if (t->state.epoch < epochs) atomic_fetch_add(&job->epochs_done, epochs - t->state.epoch);
    t->state.finished = true;
    return GM_OK;
}

static gm_status begin(trainer *t, const char *dir, gm_error *err) {
    gm_training_job *job = t->job;
    gm_status status = gm_fold_state_load(job, t->fold, &t->state, err);
    if (status == GM_OK) {
        atomic_fetch_add(&job->epochs_done, t->state.epoch);
        for (long e = 0; e < t->state.epoch; e++) tell_sinks(t, e); /* killed between an epoch's end and its telling */
        return GM_OK;
    }
    if (status != GM_E_NOTFOUND) return status;
    GM_TRY(gm_make_dirs(dir, err));
    uint64_t seed = gm_stream(3, (uint64_t)STREAM_INIT, (uint64_t)job->config->training.seed, (uint64_t)t->fold);
    return gm_patchtsmixer_initialise(job->network.graph, &job->network.config, seed, t->state.params, err);
}

static gm_status write_history(const trainer *t, const char *dir, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "history.csv");
    gm_auto_text text = GM_TEXT_INIT;
    if (!path) return gm_nomem(err);
    gm_text_append(&text, "epoch,train_loss,val_loss,val_mm,learning_rate\n");
    for (long e = 0; e < t->state.epoch; e++) {
        const gm_epoch *h = &t->state.history[e];
        char a[32], b[32], c[32], d[32];
        gm_text_printf(&text, "%ld,%s,%s,%s,%s\n", e + 1, gm_format_double(h->train_loss, a),
                       gm_format_double(h->val_loss, b), gm_format_double(h->val_mm, c),
                       gm_format_double(h->learning_rate, d));
    }
    if (!gm_text_ok(&text)) return gm_nomem(err);
    return gm_write_file_fast(path, text.data, text.length, err);
}

static gm_status train(trainer *t, gm_error *err) {
    gm_training_job *job = t->job;
    double began = gm_seconds();
    gm_auto_free char *dir = gm_fold_dir(job->run_dir, t->fold);
    if (!dir) return gm_nomem(err);
    GM_TRY(trainer_make(t, err));
    GM_TRY(begin(t, dir, err));
    gm_job_log_fold_begin(job, t->fold, t->n_train, t->n_val, &t->state);
    if (!t->state.finished) {
        GM_TRY(run_epochs(t, err));
        GM_TRY(save_now_and_then(t, true, err));
        gm_job_log_fold_end(job, t->fold, &t->state, gm_seconds() - began);
    }
    GM_TRY(write_history(t, dir, err));
    gm_provenance provenance = gm_job_provenance(job, t->fold, t->state.best_epoch + 1);
    return gm_fold_save(dir, &job->network, t->state.best_params, &job->pipeline, &provenance, err);
}

gm_status gm_fold_train(gm_training_job *job, int fold, gm_threads *threads, gm_error *err) {
    trainer t = {.job = job, .fold = fold, .threads = threads, .saved_at = gm_seconds()};
    gm_status status = train(&t, err);
    trainer_finish(&t);
    return status;
}
