/* RUN/training.log: how a run went, in words, for whoever opens its folder. The figures are those of events.jsonl. */
#include "base/program.h"
#include "loop_internal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* As an event is written: one line, one write. */
static void write_line(int fd, gm_log_level level, const char *format, va_list args) {
    char line[GM_LOG_LINE];
    size_t length = gm_log_line(line, level, format, args);
    if (write(fd, line, length) < 0) return;
}

void gm_job_log(const gm_training_job *job, gm_log_level level, const char *format, ...) {
    if (job->log < 0) return;
    va_list args;
    va_start(args, format);
    write_line(job->log, level, format, args);
    va_end(args);
}

void gm_run_log(const char *run_dir, gm_log_level level, const char *format, ...) {
    gm_auto_free char *path = gm_path_join(run_dir, "training.log");
    int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (fd < 0) return;
    va_list args;
    va_start(args, format);
    write_line(fd, level, format, args);
    va_end(args);
    close(fd);
}

void gm_job_log_begin(const gm_training_job *job, bool resumed) {
    char build[GM_BUILD_TEXT], user[GM_NAME_TEXT], host[GM_NAME_TEXT];
    gm_program_build(build);
    gm_user_name(user);
    gm_host_name(host);
    gm_job_log(job, GM_LOG_INFO, "%s: %s, gimlet %s, by %s on %s, process %ld", resumed ? "resumed" : "begin",
               job->config->strategy, build, user, host, (long)getpid());
}

/* The settings that are asked for first; config.yaml has them all. */
static void main_settings(const gm_training_config *config, gm_text *out) {
    static const char *const keys[] = {"data_config.features",
                                       "model_config.sequence_length",
                                       "model_config.patch_length",
                                       "model_config.d_model",
                                       "model_config.num_layers",
                                       "training_config.cross_validation.grouping",
                                       "training_config.epochs",
                                       "training_config.batch_size",
                                       "training_config.learning_rate",
                                       "training_config.scheduler",
                                       "training_config.optimizer",
                                       "training_config.loss",
                                       "training_config.early_stopping.patience",
                                       "training_config.early_stopping.metric",
                                       "training_config.seed"};
    size_t n, put = 0;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    for (size_t k = 0; k < GM_COUNT(keys); k++)
        for (size_t i = 0; i < n; i++) {
            if (strcmp(specs[i].key, keys[k]) != 0) continue;
            gm_text_printf(out, "%s%s ", put++ ? ", " : "", strrchr(keys[k], '.') + 1);
            if (gm_params_get(&specs[i], config, out, NULL) != GM_OK) gm_text_append(out, "?");
        }
}

void gm_job_log_prepared(const gm_training_job *job) {
    if (job->log < 0) return;
    gm_auto_text settings = GM_TEXT_INIT;
    main_settings(job->config, &settings);
    gm_job_log(job, GM_LOG_INFO, "settings: %s (config.yaml has all)", gm_text_c(&settings));
    gm_job_log(job, GM_LOG_INFO, "data set %s: %zu holes in %zu groups; %d of %d folds are trained",
               job->data->snapshot ? job->data->snapshot : "without a name", job->n_holes, job->folds.n_groups,
               job->n_run, job->folds.n_folds);
    gm_job_log(job, GM_LOG_INFO, "%zu parameters, %d threads, instruction set %s", job->network.n_params,
               job->n_threads, gm_cpu_name());
}

void gm_job_log_fold_begin(const gm_training_job *job, int fold, size_t n_train, size_t n_val,
                           const gm_fold_state *state) {
    int number = fold + 1, of = job->n_run;
    if (state->finished)
        gm_job_log(job, GM_LOG_INFO, "fold %d/%d was finished before", number, of);
    else if (state->epoch)
        gm_job_log(job, GM_LOG_INFO, "fold %d/%d goes on after epoch %ld of %d", number, of, state->epoch,
                   job->config->training.epochs);
    else
        gm_job_log(job, GM_LOG_INFO, "fold %d/%d begins: learns from %zu holes, is judged by %zu", number, of, n_train,
                   n_val);
}

/* What is not known is "-". */
static void put(gm_text *out, const char *before, double value, int decimals, const char *unit) {
    gm_text_append(out, before);
    if (!isfinite(value)) {
        gm_text_append(out, "-");
        return;
    }
    gm_text_number(out, value, decimals);
    gm_text_append(out, unit);
}

void gm_job_log_epoch(const gm_training_job *job, int fold, long epoch, const gm_epoch *figures) {
    if (job->log < 0) return;
    gm_auto_text text = GM_TEXT_INIT;
    put(&text, "training loss ", figures->train_loss, 5, "");
    put(&text, ", validation loss ", figures->val_loss, 5, "");
    put(&text, ", validation error ", figures->val_mm, 4, " mm");
    put(&text, ", learning rate ", figures->learning_rate, 7, "");
    gm_job_log(job, GM_LOG_INFO, "fold %d/%d epoch %ld/%d: %s", fold + 1, job->n_run, epoch + 1,
               job->config->training.epochs, gm_text_c(&text));
}

void gm_job_log_fold_end(const gm_training_job *job, int fold, const gm_fold_state *state, double seconds) {
    if (job->log < 0) return;
    gm_auto_text text = GM_TEXT_INIT;
    put(&text, "validation error ", state->history[state->best_epoch].val_mm, 4, " mm");
    put(&text, ", after ", seconds, 1, " s");
    gm_job_log(job, GM_LOG_INFO, "fold %d/%d ends: best in epoch %ld of %ld, %s", fold + 1, job->n_run,
               state->best_epoch + 1, state->epoch, gm_text_c(&text));
}

void gm_job_log_end(const gm_training_job *job, double seconds) {
    if (job->log < 0) return;
    for (int p = 0; p < GM_N_EVAL; p++) {
        const gm_point_metrics *m = &job->out_of_fold.points[p];
        gm_auto_text text = GM_TEXT_INIT;
        if (!m->n) continue;
        put(&text, "mean error ", m->mae_mm, 4, " mm");
        put(&text, ", bias ", m->bias_mm, 4, " mm");
        put(&text, ", 95 % below ", m->p95_mm, 4, " mm");
        put(&text, ", largest ", m->max_mm, 4, " mm");
        gm_job_log(job, GM_LOG_INFO, "out of fold, %s: %s (%zu holes, %zu missed, %zu invented)", gm_eval_title(p),
                   gm_text_c(&text), m->n, m->missed, m->invented);
    }
    gm_auto_text text = GM_TEXT_INIT;
    put(&text, "", seconds, 1, " s");
    gm_job_log(job, GM_LOG_INFO, "end: finished after %s", gm_text_c(&text));
}

void gm_job_log_failure(const gm_training_job *job, gm_status status, const gm_error *err) {
    char text[GM_LOG_LINE];
    gm_error_text(err, text, sizeof text);
    if (status == GM_E_CANCELLED)
        gm_job_log(job, GM_LOG_INFO, "stopped: %s; train --resume goes on with it", text);
    else
        gm_job_log(job, GM_LOG_ERROR, "failed: %s", text);
}
