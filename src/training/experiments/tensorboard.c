/* TensorBoard: RUN/tensorboard/fold_01/ ... have the learning curves of the folds, RUN/tensorboard/ the settings (hparams)
 * and the accuracy out of fold. `tensorboard --logdir MODELS` shows all runs. */
#include "event_file_internal.h"
#include "experiments.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct {
    const gm_experiment *experiment;
    event_file all;    /* of the run */
    event_file *folds; /* [n_folds] */
    int n_open;
} board;

/* message Summary.Value {string tag = 1; float simple_value = 2; TensorProto tensor = 8; SummaryMetadata metadata = 9;} */
static void put_scalar(gm_text *summary, const char *tag, double value) {
    gm_auto_text one = GM_TEXT_INIT;
    if (!isfinite(value)) return;
    proto_bytes(&one, 1, tag, strlen(tag));
    proto_float(&one, 2, (float)value);
    proto_message(summary, 1, &one);
}

/* ---- hparams ---- */

/* message google.protobuf.Value {double number_value = 2; string string_value = 3; bool bool_value = 4;} */
static void put_value(const gm_param_spec *spec, const char *text, gm_text *out) {
    double number;
    bool truth;
    if (spec->type == GM_PARAM_BOOL && gm_parse_bool(text, &truth))
        proto_varint(out, 4, truth);
    else if ((spec->type == GM_PARAM_INT || spec->type == GM_PARAM_FLOAT) && gm_parse_double(text, &number))
        proto_double(out, 2, number);
    else
        proto_bytes(out, 3, text, strlen(text));
}

/* message SessionStartInfo {map<string, Value> hparams = 1; string group_name = 4; double start_time_secs = 5;} */
static void put_settings(const gm_experiment *experiment, gm_text *out) {
    size_t n;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    for (size_t i = 0; i < n; i++) {
        gm_auto_text text = GM_TEXT_INIT, value = GM_TEXT_INIT, entry = GM_TEXT_INIT;
        if (gm_params_get(&specs[i], experiment->config, &text, NULL) != GM_OK) continue;
        put_value(&specs[i], gm_text_c(&text), &value);
        proto_bytes(&entry, 1, specs[i].key, strlen(specs[i].key));
        proto_message(&entry, 2, &value);
        proto_message(out, 1, &entry);
    }
    const char *name = gm_path_base(experiment->run_dir);
    proto_bytes(out, 4, name, strlen(name));
    proto_double(out, 5, (double)time(NULL));
}

/* message HParamsPluginData {int32 version = 1; SessionStartInfo session_start_info = 3; SessionEndInfo
 * session_end_info = 4;} in metadata.plugin_data of a value without data. */
static void add_session(event_file *file, const char *tag, int field, const gm_text *session) {
    static const char plugin[] = "hparams";
    static const char no_data[] = {0x08, 0x01, 0x12, 0x02, 0x12, 0x00}; /* TensorProto: floats, of shape [0] */
    gm_auto_text content = GM_TEXT_INIT, data = GM_TEXT_INIT, metadata = GM_TEXT_INIT, value = GM_TEXT_INIT,
                 summary = GM_TEXT_INIT;
    proto_varint(&content, 1, 0);
    proto_message(&content, field, session);
    proto_bytes(&data, 1, plugin, sizeof plugin - 1);
    proto_message(&data, 2, &content);
    proto_message(&metadata, 1, &data);
    proto_bytes(&value, 1, tag, strlen(tag));
    proto_bytes(&value, 8, no_data, sizeof no_data);
    proto_message(&value, 9, &metadata);
    proto_message(&summary, 1, &value);
    (void)event_file_add(file, 0, &summary); /* what the disk does not take is lost: experiments.h */
}

/* ---- the sink ---- */

static void close_board(void *state) {
    board *b = state;
    for (int f = 0; f < b->n_open; f++) event_file_close(&b->folds[f]);
    event_file_close(&b->all);
    gm_free(b->folds);
    gm_free(b);
}

static gm_status open_files(board *b, gm_error *err) {
    gm_auto_free char *dir = gm_path_join(b->experiment->run_dir, "tensorboard");
    if (!dir || !b->folds) return gm_nomem(err);
    GM_TRY(event_file_open(dir, &b->all, err));
    for (; b->n_open < b->experiment->n_folds; b->n_open++) {
        char name[32];
        snprintf(name, sizeof name, "fold_%02d", b->n_open + 1);
        gm_auto_free char *fold = gm_path_join(dir, name);
        if (!fold) return gm_nomem(err);
        GM_TRY(event_file_open(fold, &b->folds[b->n_open], err));
    }
    return GM_OK;
}

static gm_status open_board(const gm_experiment *experiment, void **state, gm_error *err) {
    board *b = gm_calloc(1, sizeof *b);
    if (!b) return gm_nomem(err);
    b->experiment = experiment;
    b->all.fd = -1;
    b->folds = gm_calloc((size_t)experiment->n_folds + 1, sizeof *b->folds);
    gm_status status = open_files(b, err);
    if (status != GM_OK) return close_board(b), status;
    if (b->all.is_new) {
        gm_auto_text session = GM_TEXT_INIT;
        put_settings(experiment, &session);
        add_session(&b->all, "_hparams_/session_start_info", 3, &session);
    }
    *state = b;
    return GM_OK;
}

/* A resumed fold may come through epochs again that were told before the kill: the same numbers, told once. */
static void add_epoch(void *state, const gm_experiment_epoch *e) {
    board *b = state;
    gm_auto_text summary = GM_TEXT_INIT;
    if (e->fold < 1 || e->fold > b->n_open || e->epoch <= b->folds[e->fold - 1].last_step) return;
    put_scalar(&summary, "loss/training", e->train_loss);
    put_scalar(&summary, "loss/validation", e->val_loss);
    put_scalar(&summary, "error_mm/validation", e->val_mm);
    put_scalar(&summary, "learning_rate", e->learning_rate);
    (void)event_file_add(&b->folds[e->fold - 1], e->epoch, &summary); /* lost where the disk is full: experiments.h */
}

/* message SessionEndInfo {Status status = 1; double end_time_secs = 2;}, 1 = success */
static void add_result(void *state, const gm_metrics *metrics) {
    board *b = state;
    gm_auto_text summary = GM_TEXT_INIT, session = GM_TEXT_INIT;
    for (int p = 0; p < GM_N_EVAL; p++) {
        char tag[64];
        const gm_point_metrics *m = &metrics->points[p];
        if (!m->n) continue;
        snprintf(tag, sizeof tag, "out_of_fold/%s_mae_mm", gm_eval_name(p));
        put_scalar(&summary, tag, m->mae_mm);
        snprintf(tag, sizeof tag, "out_of_fold/%s_p95_mm", gm_eval_name(p));
        put_scalar(&summary, tag, m->p95_mm);
    }
    if (metrics->grip_n) put_scalar(&summary, "out_of_fold/grip_code_exact", metrics->grip_exact);
    long step = b->experiment->config->training.epochs;
    if (b->all.last_step >= step) return; /* it ended before */
    (void)event_file_add(&b->all, step, &summary);
    proto_varint(&session, 1, 1);
    proto_double(&session, 2, (double)time(NULL));
    add_session(&b->all, "_hparams_/session_end_info", 4, &session);
}

const gm_event_sink gm_tensorboard_sink = {
    .name = "tensorboard",
    .doc = "event files for TensorBoard: learning curves, settings, accuracy",
    .open = open_board,
    .epoch = add_epoch,
    .end = add_result,
    .close = close_board,
};
