/* Run folders as a finished training leaves them, without training. Also for bench/many_runs.c. */
#ifndef GIMLET_TESTS_SYNTHETIC_RUNS_H
#define GIMLET_TESTS_SYNTHETIC_RUNS_H

#include "base/json.h"
#include "training/training.h"

#include <stdio.h>

typedef struct {
    const char *name, *strategy;
    int epochs, seed;
    double exit_mae_mm;  /* NAN: no hole has an exit */
    const char *started; /* "2026-11-24T02:15:00.000Z" */
    const char *dataset;
} synthetic_run;

static inline gm_status synthetic_text(const char *dir, const char *name, const gm_text *text, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, name);
    if (!path || !gm_text_ok(text)) return gm_nomem(err);
    return gm_write_file_fast(path, gm_text_c(text), text->length, err);
}

static inline gm_status synthetic_metrics(const char *dir, const synthetic_run *run, gm_error *err) {
    gm_metrics metrics = {.holes = 100, .grip_n = 100, .grip_exact = 0.9};
    gm_auto_text text = GM_TEXT_INIT;
    for (int p = 0; p < GM_N_EVAL; p++) metrics.points[p] = (gm_point_metrics){.n = 100, .mae_mm = 0.2, .rmse_mm = 0.3};
    metrics.points[GM_EXIT].n = isnan(run->exit_mae_mm) ? 0 : 100;
    metrics.points[GM_EXIT].mae_mm = isnan(run->exit_mae_mm) ? 0 : run->exit_mae_mm;
    gm_text_append(&text, "{\"folds\": 2, \"folds_trained\": 2, \"groups\": 10, \"out_of_fold\": ");
    gm_metrics_json(&metrics, &text);
    gm_text_append(&text, ", \"held_out\": null}\n");
    return synthetic_text(dir, "metrics.json", &text, err);
}

static inline gm_status synthetic_events(const char *dir, const synthetic_run *run, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_printf(&text, "{\"time\": \"%s\", \"event\": \"begin\", \"holes\": 100, \"folds\": 2}\n", run->started);
    for (int e = 1; e <= run->epochs; e++)
        for (int f = 1; f <= 2; f++)
            gm_text_printf(&text,
                           "{\"time\": \"%s\", \"event\": \"epoch\", \"fold\": %d, \"epoch\": %d, \"train_loss\": 1.5, "
                           "\"val_loss\": 1.25, \"val_mm\": 0.%d, \"learning_rate\": 0.001}\n",
                           run->started, f, e, 9 - GM_MIN(e, 8));
    gm_text_printf(&text, "{\"time\": \"%s\", \"event\": \"end\"}\n", run->started);
    return synthetic_text(dir, "events.jsonl", &text, err);
}

static inline gm_status synthetic_run_make(const char *models_dir, const synthetic_run *run, gm_error *err) {
    gm_auto_free char *dir = gm_path_join(models_dir, run->name);
    gm_auto_text yaml = GM_TEXT_INIT, page = GM_TEXT_INIT, about = GM_TEXT_INIT;
    gm_training_config config;
    if (!dir) return gm_nomem(err);
    GM_TRY(gm_make_dirs(dir, err));
    GM_TRY(gm_training_config_defaults(&config, err));
    gm_free(config.strategy);
    config.strategy = gm_strdup(run->strategy);
    config.training.epochs = run->epochs;
    config.training.seed = run->seed;
    gm_training_config_to_yaml(&config, false, &yaml);
    gm_training_config_finish(&config);
    gm_text_printf(&about,
                   "{\"gimlet\": \"0.1.0\", \"build\": \"0.1.0+aaaa\", \"started\": \"%s\", \"strategy\": \"%s\", "
                   "\"dataset\": \"%s\", \"seed\": %d, \"user\": \"meyer\", \"host\": \"bench\"}\n",
                   run->started, run->strategy, run->dataset ? run->dataset : "", run->seed);
    gm_text_append(&page, "<!doctype html>\n");
    GM_TRY(synthetic_text(dir, "config.yaml", &yaml, err));
    GM_TRY(synthetic_text(dir, "run.json", &about, err));
    GM_TRY(synthetic_events(dir, run, err));
    GM_TRY(synthetic_metrics(dir, run, err));
    return synthetic_text(dir, "report.html", &page, err);
}

#endif
