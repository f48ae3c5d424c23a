/* gm_train: a run's directory, its lock, its strategy from begin to end. */
#include "base/json.h"
#include "base/process.h"
#include "base/program.h"
#include "loop_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void gm_train_result_finish(gm_train_result *result) {
    gm_free(result->run_dir);
    gm_text_finish(&result->messages);
    *result = (gm_train_result){0};
}

gm_provenance gm_job_provenance(const gm_training_job *job, int fold, long best_epoch) {
    return (gm_provenance){.strategy = job->config->strategy,
                           .snapshot = (char *)job->data->snapshot,
                           .fold = fold + 1,
                           .n_folds = job->folds.n_folds,
                           .seed = job->config->training.seed,
                           .best_epoch = best_epoch};
}

/* ---- the directory ---- */

/* -2, -3 ... stands behind the name where that is taken. */
gm_status gm_run_dir_make(const char *output_dir, const char *experiment, char **out, gm_error *err) {
    char now[GM_TIME_TEXT], stamp[GM_TIME_TEXT];
    gm_time_utc(now);
    size_t n = 0;
    for (const char *c = now; *c && *c != '.'; c++)
        if (*c != '-' && *c != ':') stamp[n++] = *c;
    stamp[n] = 0;
    GM_TRY(gm_make_dirs(output_dir, err));
    for (int i = 1; i < 1000; i++) {
        gm_auto_text name = GM_TEXT_INIT;
        for (const char *c = experiment; *c; c++) gm_text_append_n(&name, strchr("/\\ \t\n", *c) ? "_" : c, 1);
        gm_text_printf(&name, "_%sZ", stamp);
        if (i > 1) gm_text_printf(&name, "-%d", i);
        gm_auto_free char *path = gm_text_ok(&name) ? gm_path_join(output_dir, name.data) : NULL;
        if (!path) return gm_nomem(err);
        if (mkdir(path, 0777) == 0) {
            *out = gm_steal(&path);
            return GM_OK;
        }
        if (errno != EEXIST) return gm_fail(err, GM_E_IO, "%s: cannot make the directory: %s", path, strerror(errno));
    }
    return gm_fail(err, GM_E_CONFLICT, "%s: too many runs of this second", output_dir);
}

/* The directory of this name, made where absent: a server makes it beforehand. It must not hold a run. */
static gm_status take_run_dir(const char *output_dir, const char *name, char **out, gm_error *err) {
    if (!*name || *name == '.' || strchr(name, '/'))
        return gm_fail(err, GM_E_ARG, "\"%s\" cannot be the name of a run: no '/', no '.' in front", name);
    gm_auto_free char *path = gm_path_join(output_dir, name);
    gm_auto_free char *inside = path ? gm_path_join(path, "run.json") : NULL;
    if (!inside) return gm_nomem(err);
    GM_TRY(gm_make_dirs(path, err));
    if (gm_file_exists(inside))
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "go on with it by --resume, or give another name",
                          "%s holds a run already", path);
    *out = gm_steal(&path);
    return GM_OK;
}

static gm_status describe_run(const gm_train_options *options, const gm_training_data *data, const char *dir,
                              gm_error *err) {
    gm_auto_text yaml = GM_TEXT_INIT;
    gm_auto_free char *path = gm_path_join(dir, "config.yaml");
    gm_training_config_to_yaml(options->config, true, &yaml);
    if (!path || !gm_text_ok(&yaml)) return gm_nomem(err);
    GM_TRY(gm_write_file(path, yaml.data, yaml.length, err));
    char now[GM_TIME_TEXT], build[GM_BUILD_TEXT], user[GM_NAME_TEXT], host[GM_NAME_TEXT];
    gm_time_utc(now);
    gm_program_build(build);
    gm_user_name(user);
    gm_host_name(host);
    gm_auto_text command = GM_TEXT_INIT;
    gm_program_command(&command);
    gm_auto_free char *data_dir = options->data_dir ? realpath(options->data_dir, NULL) : NULL;
    return gm_json_write_in(dir, "run.json",
                            json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:i, s:s, s:s, s:s, s:s}", "gimlet", GM_VERSION,
                                      "build", build, "started", now, "strategy", options->config->strategy, "data_dir",
                                      data_dir ? data_dir : options->data_dir, "dataset", data->snapshot, "seed",
                                      options->config->training.seed, "cpu", gm_cpu_name(), "user", user, "host", host,
                                      "command", gm_text_c(&command)),
                            err);
}

gm_status gm_run_read(const char *run_dir, gm_run_info *out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(run_dir, "run.json");
    gm_auto_free char *metrics = gm_path_join(run_dir, "metrics.json");
    if (!path || !metrics) return gm_nomem(err);
    if (!gm_file_exists(path))
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "name the directory of a run: MODELS/RUN", "%s: no run.json in it",
                          run_dir);
    json_t *root;
    GM_TRY(gm_json_read(path, &root, err));
    *out = (gm_run_info){.data_dir = gm_strdup(json_string_value(json_object_get(root, "data_dir"))),
                         .snapshot = gm_strdup(json_string_value(json_object_get(root, "dataset"))),
                         .finished = gm_file_exists(metrics)};
    json_decref(root);
    return GM_OK;
}

void gm_run_info_finish(gm_run_info *info) {
    gm_free(info->data_dir);
    gm_free(info->snapshot);
    *info = (gm_run_info){0};
}

gm_status gm_run_config(const char *run_dir, gm_training_config *out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(run_dir, "config.yaml");
    gm_auto_free char *text = NULL;
    size_t size;
    if (!path) return gm_nomem(err);
    GM_TRY(gm_read_file(path, 1 << 20, &text, &size, err));
    gm_training_config config;
    GM_TRY(gm_training_config_defaults(&config, err));
    gm_status status = gm_training_config_read(&config, text, size, path, err);
    if (status == GM_OK) status = gm_training_config_check(&config, err);
    if (status != GM_OK)
        gm_training_config_finish(&config);
    else
        *out = config;
    return status;
}

/* Who trains this run: others see whether it goes on, and can ask it to stop. Left as it is where whoever started this
 * process has noted it already. */
static gm_status note_process(const char *dir, gm_error *err) {
    gm_process self;
    gm_auto_free char *path = gm_path_join(dir, "process.json");
    if (!path) return gm_nomem(err);
    GM_TRY(gm_process_self(&self, err));
    json_t *noted = gm_json_look(path);
    bool known = json_integer_value(json_object_get(noted, "pid")) == self.pid &&
                 json_integer_value(json_object_get(noted, "start_ticks")) == self.start_ticks;
    json_decref(noted);
    if (known) return GM_OK;
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    return gm_json_write_in(dir, "process.json",
                            json_pack("{s:I, s:I, s:s, s:s}", "pid", (json_int_t)self.pid, "start_ticks",
                                      (json_int_t)self.start_ticks, "boot", self.boot, "started_at", now),
                            err);
}

/* ---- the job ---- */

static void job_finish(gm_training_job *job) {
    gm_experiments_free(job->experiments);
    for (size_t i = 0; i < job->n_holes; i++) gm_series_finish(&job->holes[i].view.series);
    gm_free(job->holes);
    gm_folds_finish(&job->folds);
    gm_network_finish(&job->network);
    gm_threads_free(job->threads);
    if (job->events >= 0) close(job->events);
    if (job->log >= 0) close(job->log);
    pthread_mutex_destroy(&job->lock);
}

static gm_status open_to_append(const gm_training_job *job, const char *name, int *out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(job->run_dir, name);
    if (!path) return gm_nomem(err);
    *out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    return *out >= 0 ? GM_OK : gm_fail(err, GM_E_IO, "%s: cannot open: %s", path, strerror(errno));
}

static gm_status open_events(gm_training_job *job, gm_error *err) {
    if (!job->config->track_metrics) return GM_OK;
    GM_TRY(open_to_append(job, "events.jsonl", &job->events, err));
    return open_to_append(job, "training.log", &job->log, err);
}

static gm_status job_make(gm_training_job *job, gm_error *err) {
    const gm_training_config *c = job->config;
    gm_patchtsmixer_config model;
    GM_TRY(gm_threads_new(job->n_threads ? job->n_threads : c->num_workers, &job->threads, err));
    job->n_threads = gm_threads_count(job->threads);
    job->set = gm_feature_set_find(c->data.features);
    job->features = (gm_feature_options){.bin_mm = c->data.bin_mm,
                                         .normalize_position = c->data.normalize_position,
                                         .combine_torque = c->data.combine_torque_signals,
                                         .tool_age = NAN,
                                         .predrilled = NAN};
    GM_TRY(gm_training_model_config(c, &model, err));
    return gm_network_make(&model, gm_training_loss_find(c->training.loss), &job->network, err);
}

/* Hash of all that a fold's weights depend on. */
static gm_status identify(gm_training_job *job, gm_error *err) {
    static const char *const no_matter[] = {"num_workers", "device",     "experiment_name",  "track_metrics",
                                            "tracking",    "mlflow.uri", "mlflow.experiment"};
    gm_auto_text text = GM_TEXT_INIT;
    size_t n;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    for (size_t i = 0; i < n; i++) {
        bool skip = false;
        for (size_t k = 0; k < GM_COUNT(no_matter); k++) skip |= strcmp(specs[i].key, no_matter[k]) == 0;
        if (skip) continue;
        gm_text_printf(&text, "%s=", specs[i].key);
        GM_TRY(gm_params_get(&specs[i], job->config, &text, err));
        gm_text_append(&text, "\n");
    }
    gm_text_printf(&text, "features %d\n", job->set->version);
    for (size_t i = 0; i < job->n_holes; i++) {
        const gm_prepared_hole *hole = &job->holes[i];
        gm_text_printf(&text, "%016llx %s %d", (unsigned long long)hole->id, hole->key.file, job->folds.fold[i]);
        for (int p = 0; p < GM_N_POINTS; p++) {
            char mm[32], weight[32];
            gm_text_printf(&text, " %s %s", gm_format_double(hole->label.points[p].mm, mm),
                           gm_format_double((double)hole->weight[p], weight));
        }
        gm_text_append(&text, "\n");
    }
    if (!gm_text_ok(&text)) return gm_nomem(err);
    gm_sha256(text.data, text.length, job->identity);
    return GM_OK;
}

static void remove_checkpoints(const gm_training_job *job) {
    for (int f = 0; f < job->n_run; f++) {
        gm_auto_free char *dir = gm_fold_dir(job->run_dir, f);
        gm_auto_free char *path = dir ? gm_path_join(dir, "checkpoint.bin") : NULL;
        if (path) unlink(path);
    }
}

static gm_status run_strategy(gm_training_job *job, gm_error *err) {
    double began = gm_seconds();
    const gm_strategy *strategy = gm_strategy_find(job->config->strategy);
    GM_TRY(strategy->prepare_data(job, err));
    GM_TRY(identify(job, err));
    gm_job_log_prepared(job);
    char build[GM_BUILD_TEXT];
    gm_program_build(build);
    gm_auto_text members = GM_TEXT_INIT;
    gm_text_printf(
        &members,
        "\"holes\": %zu, \"folds\": %d, \"groups\": %zu, \"parameters\": %zu, \"threads\": %d, \"cpu\": \"%s\", "
        "\"build\": \"%s\"",
        job->n_holes, job->n_run, job->folds.n_groups, job->network.n_params, job->n_threads, gm_cpu_name(), build);
    gm_job_event(job, "begin", gm_text_c(&members));
    gm_experiment experiment = {job->run_dir, job->config, job->n_run};
    if (job->config->track_metrics) GM_TRY(gm_experiments_open(&experiment, &job->experiments, err));
    GM_TRY(strategy->train_model(job, err));
    GM_TRY(strategy->validate_model(job, err));
    gm_job_event(job, "end", "");
    gm_job_log_end(job, gm_seconds() - began);
    gm_experiments_end(job->experiments, &job->out_of_fold);
    remove_checkpoints(job);
    return GM_OK;
}

static gm_status run_job(const gm_train_options *options, const gm_training_config *config,
                         const gm_training_data *data, const char *dir, gm_train_result *out, gm_error *err) {
    gm_training_job job = {.config = config,
                           .data = data,
                           .observer = options->observer,
                           .run_dir = dir,
                           .n_threads = options->threads,
                           .checkpoint_s = options->checkpoint_s ? options->checkpoint_s : 2,
                           .messages = &out->messages,
                           .events = -1,
                           .log = -1};
    pthread_mutex_init(&job.lock, NULL);
    gm_status status = open_events(&job, err);
    gm_job_log_begin(&job, options->resume_dir != NULL);
    if (status == GM_OK) status = job_make(&job, err);
    if (status == GM_OK) status = run_strategy(&job, err);
    out->n_folds = job.n_run;
    out->n_holes = job.n_holes;
    out->n_left_out = job.n_left_out;
    out->out_of_fold = job.out_of_fold;
    if (status != GM_OK && err) {
        gm_auto_text members = GM_TEXT_INIT;
        gm_text_append(&members, "\"message\": ");
        gm_text_json_string(&members, err->message);
        gm_job_event(&job, status == GM_E_CANCELLED ? "stopped" : "failed", gm_text_c(&members));
        gm_job_log_failure(&job, status, err);
    }
    job_finish(&job);
    return status;
}

static gm_status locked_run(const gm_train_options *options, const gm_training_config *config,
                            const gm_training_data *data, gm_train_result *out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(out->run_dir, ".lock");
    gm_lock lock;
    if (!path) return gm_nomem(err);
    /* a process that was just killed may need a moment to let go */
    gm_status status = gm_lock_file(path, 5, &lock, err);
    if (status != GM_OK) return gm_error_prefix(err, status, "another process trains this run");
    status = note_process(out->run_dir, err);
    if (status == GM_OK) status = run_job(options, config, data, out->run_dir, out, err);
    gm_unlock_file(&lock);
    return status;
}

/* What a finished run has said about itself. */
static gm_status read_result(const char *run_dir, gm_train_result *out, gm_error *err) {
    gm_auto_free char *path = gm_path_join(run_dir, "metrics.json");
    if (!path) return gm_nomem(err);
    json_t *root;
    GM_TRY(gm_json_read(path, &root, err));
    gm_metrics_parse(json_object_get(root, "out_of_fold"), &out->out_of_fold);
    out->n_folds = (int)json_integer_value(json_object_get(root, "folds_trained"));
    out->n_holes = (size_t)json_integer_value(json_object_get(json_object_get(root, "on_both_sides"), "holes"));
    json_decref(root);
    return GM_OK;
}

static gm_status resume(const gm_train_options *options, const gm_training_data *data, gm_train_result *out,
                        gm_error *err) {
    gm_run_info info;
    GM_TRY(gm_run_read(options->resume_dir, &info, err));
    bool finished = info.finished;
    gm_run_info_finish(&info);
    out->run_dir = gm_strdup(options->resume_dir);
    if (!out->run_dir) return gm_nomem(err);
    if (finished) {
        gm_text_append(&out->messages, "this run is finished already\n");
        return read_result(options->resume_dir, out, err);
    }
    gm_auto_training_config config = {0};
    GM_TRY(gm_run_config(options->resume_dir, &config, err));
    return locked_run(options, &config, data, out, err);
}

static gm_status begin(const gm_train_options *options, const gm_training_data *data, gm_train_result *out,
                       gm_error *err) {
    if (!data->count) return gm_fail_at(err, GM_E_ARG, 0, 0, "run prepare first", "the data set has no holes at all");
    GM_TRY(gm_training_config_check(options->config, err));
    const char *experiment = options->config->experiment_name ? options->config->experiment_name : "run";
    GM_TRY(options->run_name ? take_run_dir(options->output_dir, options->run_name, &out->run_dir, err)
                             : gm_run_dir_make(options->output_dir, experiment, &out->run_dir, err));
    GM_TRY(note_process(out->run_dir, err)); /* before the folder is a run: nobody sees one without its process */
    GM_TRY(describe_run(options, data, out->run_dir, err));
    return locked_run(options, options->config, data, out, err);
}

gm_status gm_train(const gm_train_options *options, const gm_training_data *data, gm_train_result *out, gm_error *err) {
    *out = (gm_train_result){0};
    return options->resume_dir ? resume(options, data, out, err) : begin(options, data, out, err);
}
