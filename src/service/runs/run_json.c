/* A run in the words and numbers that people see. */
#include "run_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool has_file(const run_log *log, const char *name) {
    gm_auto_free char *path = gm_path_join(log->dir, name);
    return path && gm_file_exists(path);
}

/* Does the newest ending belong to the process of the record, not to one before it? */
static bool ending_is(const run_log *log, const service_child_record *record, const char *name) {
    return strcmp(log->ending, name) == 0 && (!record || strcmp(log->ending_at, record->started_at) >= 0);
}

run_state run_log_state(const run_log *log, const service_child_record *record) {
    if (record && gm_process_alive(&record->process)) return RUN_RUNNING;
    if (log->metrics && has_file(log, "report.html")) return RUN_FINISHED;
    if (ending_is(log, record, "stopped") || (record && record->stop_asked_at[0])) return RUN_STOPPED;
    if (!record && !ending_is(log, record, "failed")) return RUN_STOPPED; /* older than process.json: nobody knows */
    return RUN_FAILED;
}

static long epochs_done(const run_log *log) {
    long done = 0;
    for (long i = 0; i < log->n_folds; i++) done += log->folds[i].epoch;
    return done;
}

static bool fold_is_saved(const run_log *log, long index) {
    char name[64];
    snprintf(name, sizeof name, "fold_%02ld/model.safetensors", index + 1);
    return has_file(log, name);
}

/* Folds that ended early (patience) count as done. */
static long epochs_left(const run_log *log) {
    long left = 0;
    for (long i = 0; i < log->n_folds; i++)
        if (!fold_is_saved(log, i)) left += GM_MAX(0, log->epochs - log->folds[i].epoch);
    return left;
}

static json_t *eta(const run_log *log, const service_child_record *record, run_state state) {
    long left = epochs_left(log);
    if (state != RUN_RUNNING || record->stop_asked_at[0] || log->begun_s <= 0 || log->epochs_since == 0 || left == 0)
        return json_null();
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    double elapsed_s = (double)now.tv_sec + (double)now.tv_nsec * 1e-9 - log->begun_s;
    return elapsed_s > 0 ? json_real(round(elapsed_s / (double)log->epochs_since * (double)left * 10) / 10)
                         : json_null();
}

static void running_words(const run_log *log, const service_child_record *record, gm_text *out) {
    if (record->stop_asked_at[0])
        gm_text_append(out, "stopping: the folds end their step and are kept");
    else if (log->begun_s <= 0)
        gm_text_append(out, "reading the holes and cutting them into folds");
    else if (log->metrics)
        gm_text_append(out, "trained; writing the ONNX file and the report");
    else if (epochs_left(log) == 0)
        gm_text_append(out, "trained; every hole is predicted by the fold that has not seen it");
    else
        gm_text_printf(out, "training: %ld of %ld epochs", epochs_done(log), log->n_folds * log->epochs);
}

/* "gimlet train: no holes (run prepare first)" -> "no holes (run prepare first)" */
static const char *without_program(const char *line) {
    const char *colon = gm_starts_with(line, "gimlet ") ? strstr(line, ": ") : NULL;
    return colon ? colon + 2 : line;
}

static void failed_words(const run_log *log, const service_child_record *record, gm_text *out) {
    gm_auto_free char *path = run_log_path(log->dir);
    gm_auto_text last = GM_TEXT_INIT;
    if (ending_is(log, record, "failed")) return gm_text_append(out, log->ending_message);
    if (path && record) service_log_tail(path, record->log_from, 1, &last);
    if (record && record->exit_status > 0 && last.length) return gm_text_append(out, without_program(gm_text_c(&last)));
    if (record) service_child_end_text(record, out);
    if (!out->length)
        gm_text_append(out, record ? "the process ended without a word: it was killed, or the machine was switched off"
                                   : "the training was never started");
    if (has_file(log, "run.json"))
        gm_text_append(out, "; what was trained is kept, resume goes on from there");
    else
        gm_text_append(out, "; resume starts it again");
    if (last.length) gm_text_printf(out, ". Last line of its log: %s", gm_text_c(&last));
}

static void words(const run_log *log, const service_child_record *record, run_state state, gm_text *out) {
    switch (state) {
    case RUN_RUNNING: running_words(log, record, out); break;
    case RUN_FINISHED: break;
    case RUN_FAILED: failed_words(log, record, out); break;
    case RUN_STOPPED:
        if (log->metrics)
            gm_text_append(out, "trained, but the ONNX file and the report are missing: resume writes them");
        else if (log->begun_s > 0)
            gm_text_printf(out, "stopped after %ld of %ld epochs; resume goes on from there", epochs_done(log),
                           log->n_folds * log->epochs);
        else
            gm_text_append(out, "stopped before the first epoch; resume begins");
        break;
    }
}

static json_t *real_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *fold_json(const run_log *log, long index, run_state state) {
    const run_log_fold *f = &log->folds[index];
    const char *word = fold_is_saved(log, index) ? "finished"
                       : state != RUN_RUNNING    ? "stopped"
                       : f->epoch > 0            ? "training"
                                                 : "waiting";
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:s}", "fold", (json_int_t)index + 1, "epoch",
                     (json_int_t)f->epoch, "epochs", (json_int_t)log->epochs, "train_loss", real_or_null(f->train_loss),
                     "val_loss", real_or_null(f->val_loss), "val_mm", real_or_null(f->val_mm), "best_mm",
                     real_or_null(f->best_mm), "state", word);
}

/* {"folds", "folds_trained", "out_of_fold": {holes, points, grip_code, groups?}, "held_out": {...} | null} */
static json_t *metrics_json(const run_log *log, bool groups) {
    if (!log->metrics) return json_null();
    if (groups) return json_deep_copy(log->metrics);
    json_t *brief = json_copy(log->metrics);
    static const char *const parts[] = {"out_of_fold", "held_out"};
    for (size_t i = 0; i < GM_COUNT(parts); i++) {
        json_t *part = json_copy(json_object_get(brief, parts[i]));
        json_object_del(part, "groups");
        if (part) json_object_set_new(brief, parts[i], part);
    }
    json_t *own = json_deep_copy(brief); /* nothing is shared with the log: another thread may change that */
    json_decref(brief);
    return own;
}

json_t *run_log_json(const run_log *log, const service_child_record *record, bool groups) {
    static const char *const names[] = {"running", "stopped", "finished", "failed"};
    run_state state = run_log_state(log, record);
    gm_auto_text message = GM_TEXT_INIT, tail = GM_TEXT_INIT;
    words(log, record, state, &message);
    gm_auto_free char *path = run_log_path(log->dir);
    if (path && record && state == RUN_FAILED) service_log_tail(path, record->log_from, 12, &tail);
    json_t *folds = json_array();
    for (long i = 0; i < log->n_folds; i++) json_array_append_new(folds, fold_json(log, i, state));
    return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:I, s:I, s:o, s:o, s:s, s:o, s:o, s:s, s:o}", "run", log->name,
                     "experiment", log->experiment, "state", names[state], "started_at",
                     log->started_at[0] ? log->started_at : NULL, "strategy", log->strategy, "n_folds",
                     (json_int_t)log->n_folds, "epochs", (json_int_t)log->epochs, "holes",
                     log->holes ? json_integer(log->holes) : json_null(), "metrics", metrics_json(log, groups),
                     "message", gm_text_c(&message), "eta_s", eta(log, record, state), "messages",
                     json_deep_copy(log->messages), "log", gm_text_c(&tail), "folds", folds);
}
