/* train: a configuration and a data directory become a run: folds, metrics, a proven ONNX file, a report. */
#include "dataset.h"
#include "export.h"
#include "reports.h"
#include "service/runs/run_store.h"
#include "service/service.h"
#include "service/tracking/mlflow.h"
#include "snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gm_status read_config(const gm_train_request *request, gm_training_config *config, gm_error *err) {
    if (request->config_path) {
        gm_auto_free char *yaml = NULL;
        size_t size;
        GM_TRY(gm_read_file(request->config_path, (size_t)1 << 20, &yaml, &size, err));
        GM_TRY(gm_training_config_read(config, yaml, size, request->config_path, err));
    }
    for (size_t i = 0; i < request->n_sets; i++) GM_TRY(gm_training_config_set(config, request->sets[i], err));
    if (request->strategy) {
        gm_auto_text assignment = GM_TEXT_INIT;
        gm_text_printf(&assignment, "model_strategy=%s", request->strategy);
        if (!gm_text_ok(&assignment)) return gm_nomem(err);
        GM_TRY(gm_training_config_set(config, gm_text_c(&assignment), err));
    }
    return gm_training_config_check(config, err);
}

/* The data that a run is resumed on must be those it began with: the run knows where they lay and their name. */
static gm_status data_of_run(const gm_train_request *request, gm_run_info *info, const char **data_dir, gm_error *err) {
    GM_TRY(gm_run_read(request->resume_dir, info, err));
    *data_dir = request->data_dir ? request->data_dir : info->data_dir;
    if (!*data_dir)
        return gm_fail(err, GM_E_ARG, "%s does not say on which data it was trained: give --data-dir",
                       request->resume_dir);
    return GM_OK;
}

static gm_status finish_run(const gm_train_request *request, const service_dataset *dataset, gm_train_summary *out,
                            gm_error *err) {
    out->onnx = gm_path_join(out->run.run_dir, "model.onnx");
    out->report = gm_path_join(out->run.run_dir, "report.html");
    if (!out->onnx || !out->report) return gm_nomem(err);
    if (request->resume_dir && gm_file_exists(out->onnx) && gm_file_exists(out->report)) return GM_OK;
    gm_report(request->observer, "exporting", 0, 1, NULL);
    GM_TRY(service_export_onnx(out->run.run_dir, out->onnx, dataset, 20, out->onnx_message, sizeof out->onnx_message,
                               err));
    gm_report(request->observer, "exporting", 1, 1, NULL);
    if (*out->onnx_message) gm_run_log(out->run.run_dir, GM_LOG_INFO, "%s", out->onnx_message);
    GM_TRY(gm_run_artifacts_write(out->run.run_dir, err));
    GM_TRY(report_run(out->run.run_dir, &out->run, out->report, err));
    gm_run_log(out->run.run_dir, GM_LOG_INFO, "report.html is written: the run is complete");
    return GM_OK;
}

/* training.log says why a trained run has no ONNX file or report. */
static gm_status finish_logged(const gm_train_request *request, const service_dataset *dataset, gm_train_summary *out,
                               gm_error *err) {
    gm_error why = {0};
    gm_status status = finish_run(request, dataset, out, &why);
    if (status == GM_OK) return GM_OK;
    char text[GM_LOG_LINE];
    gm_run_log(out->run.run_dir, GM_LOG_ERROR, "trained, but not complete: %s; train --resume tries it again",
               gm_error_text(&why, text, sizeof text));
    if (err && !err->code) *err = why;
    return status;
}

/* ---- an MLflow server is told meanwhile ---- */

static const double rest_s = 60; /* for the files at the end; what is left then is for gimlet runs push */

/* The address is checked before anything is trained; a server that is away is no error. live: NULL = not asked for. */
static gm_status start_tracking(const gm_training_config *config, const char *run_dir, gm_mlflow_live **live,
                                gm_error *err) {
    const char *url = config->mlflow_uri && *config->mlflow_uri ? config->mlflow_uri : getenv("MLFLOW_TRACKING_URI");
    *live = NULL;
    if (!config->tracking) return GM_OK;
    if (!url || !*url)
        return gm_fail_at(err, GM_E_ARG, 0, 0, "set mlflow.uri, or MLFLOW_TRACKING_URI in the environment",
                          "tracking: mlflow needs the address of a server");
    GM_TRY(gm_mlflow_check_url(url, err));
    return gm_mlflow_live_start(run_dir, url, config->mlflow_experiment, live, err);
}

/* Trains in run_dir, or where gm_train finds a place, and finishes the run. */
static gm_status train_tracked(const gm_train_request *request, const gm_train_options *options,
                               const gm_training_config *config, const char *run_dir, const service_dataset *dataset,
                               gm_train_summary *out, gm_error *err) {
    gm_mlflow_live *live;
    GM_TRY(start_tracking(config, run_dir, &live, err));
    gm_status status = gm_train(options, &dataset->data, &out->run, err);
    if (status == GM_OK && dataset->n_unfit && !request->resume_dir)
        gm_text_printf(&out->run.messages, "%zu holes left out: the quality checks found them unfit for training\n",
                       dataset->n_unfit);
    if (status == GM_OK) status = finish_logged(request, dataset, out, err);
    gm_mlflow_live_finish(live, status == GM_OK, rest_s, request->observer, &out->run.messages);
    return status;
}

/* The run's folder, made beforehand: who follows the run must know it. NULL where nobody does. */
static gm_status place_of_run(const gm_train_request *request, const gm_training_config *config, char **out,
                              gm_error *err) {
    if (!config->tracking) return GM_OK;
    if (request->run_name) {
        *out = gm_path_join(request->output_dir, request->run_name);
        return *out ? GM_OK : gm_nomem(err);
    }
    const char *experiment = config->experiment_name && *config->experiment_name ? config->experiment_name : "run";
    return gm_run_dir_make(request->output_dir, experiment, out, err);
}

static gm_status train_new(const gm_train_request *request, gm_train_summary *out, gm_error *err) {
    gm_auto_training_config config = {0};
    GM_TRY(gm_training_config_defaults(&config, err));
    GM_TRY(read_config(request, &config, err));
    auto_dataset dataset = {0};
    GM_TRY(service_dataset_open(request->data_dir, DATASET_TO_LEARN, &dataset, err));
    gm_train_options options = {.config = &config,
                                .output_dir = request->output_dir,
                                .data_dir = request->data_dir,
                                .run_name = request->run_name,
                                .threads = request->threads ? request->threads : config.num_workers,
                                .observer = request->observer};
    GM_TRY(snapshot_take(&dataset, true, err));
    gm_auto_free char *run_dir = NULL;
    GM_TRY(place_of_run(request, &config, &run_dir, err));
    if (run_dir) options.run_name = gm_path_base(run_dir);
    return train_tracked(request, &options, &config, run_dir, &dataset, out, err);
}

static gm_status train_resumed(const gm_train_request *request, gm_train_summary *out, gm_error *err) {
    __attribute__((cleanup(gm_run_info_finish))) gm_run_info info = {0};
    const char *data_dir;
    GM_TRY(data_of_run(request, &info, &data_dir, err));
    auto_dataset dataset = {0};
    GM_TRY(service_dataset_open(data_dir, DATASET_TO_LEARN, &dataset, err));
    GM_TRY(snapshot_recall_named(&dataset, data_dir, info.snapshot, err));
    gm_train_options options = {.resume_dir = request->resume_dir,
                                .data_dir = data_dir,
                                .threads = request->threads,
                                .observer = request->observer};
    gm_auto_training_config config = {0};
    GM_TRY(gm_run_config(request->resume_dir, &config, err));
    return train_tracked(request, &options, &config, request->resume_dir, &dataset, out, err);
}

gm_status gm_train_service(const gm_train_request *request, gm_train_summary *out, gm_error *err) {
    *out = (gm_train_summary){0};
    return request->resume_dir ? train_resumed(request, out, err) : train_new(request, out, err);
}

void gm_train_summary_finish(gm_train_summary *summary) {
    gm_train_result_finish(&summary->run);
    gm_free(summary->onnx);
    gm_free(summary->report);
    *summary = (gm_train_summary){0};
}
