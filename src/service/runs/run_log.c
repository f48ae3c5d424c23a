#include "run_log.h"

#include "base/json.h"
#include "service/json_values.h"
#include "training/training.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FOLDS = 1000, MAX_MESSAGES = 50, MAX_LINE = 1 << 20 };

static bool file_in(const char *dir, const char *name) {
    gm_auto_free char *path = gm_path_join(dir, name);
    return path && gm_file_exists(path);
}

bool run_dir_is_run(const char *dir) {
    return file_in(dir, "run.json") || file_in(dir, "request.json");
}

char *run_log_path(const char *dir) {
    return gm_path_join(dir, "log.txt");
}

gm_status run_log_new(const char *dir, const char *name, run_log **out, gm_error *err) {
    gm_auto(run_log) log = gm_calloc(1, sizeof *log);
    if (!log) return gm_nomem(err);
    log->dir = gm_strdup(dir);
    log->name = gm_strdup(name);
    log->messages = json_array();
    if (!log->dir || !log->name || !log->messages) return gm_nomem(err);
    *out = gm_steal(&log);
    return GM_OK;
}

void run_log_free(run_log *log) {
    if (!log) return;
    gm_free(log->dir);
    gm_free(log->name);
    gm_free(log->folds);
    json_decref(log->messages);
    json_decref(log->metrics);
    json_decref(log->params);
    json_decref(log->about);
    json_decref(log->asked);
    gm_free(log);
}

/* ---- small files ---- */

double run_log_seconds(const char *utc) {
    struct tm tm = {0};
    const char *rest = utc ? strptime(utc, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (!rest) return 0;
    double fraction = 0, digit = 0.1;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, digit /= 10) fraction += digit * (*rest - '0');
    return (double)timegm(&tm) + fraction;
}

/* A file that is written once: looked for until it is there. */
static void read_once(const run_log *log, const char *name, json_t **root) {
    gm_auto_free char *path = *root ? NULL : gm_path_join(log->dir, name);
    if (path) *root = gm_json_look(path);
}

static void read_start(run_log *log) {
    read_once(log, "run.json", &log->about);
    read_once(log, "request.json", &log->asked);
    const char *began = json_string_value(json_object_get(log->about, "started"));
    const char *at = began ? began : json_string_value(json_object_get(log->asked, "at"));
    if (at) snprintf(log->started_at, sizeof log->started_at, "%s", at);
}

static json_t *params_json(const gm_training_config *config) {
    size_t n;
    const gm_param_spec *specs = gm_training_config_specs(&n);
    json_t *params = json_object();
    for (size_t i = 0; i < n; i++) {
        gm_auto_text text = GM_TEXT_INIT;
        if (gm_params_get(&specs[i], config, &text, NULL) == GM_OK)
            json_object_set_new(params, specs[i].key, service_value_json(&specs[i], gm_text_c(&text)));
    }
    return params;
}

static void read_config(run_log *log) {
    gm_training_config config;
    if (log->has_config || gm_run_config(log->dir, &config, NULL) != GM_OK) return;
    snprintf(log->experiment, sizeof log->experiment, "%s", config.experiment_name ? config.experiment_name : "");
    snprintf(log->strategy, sizeof log->strategy, "%s", config.strategy ? config.strategy : "");
    log->epochs = config.training.epochs;
    log->params = params_json(&config);
    log->has_config = true;
    gm_training_config_finish(&config);
}

static void read_metrics(run_log *log) {
    gm_auto_free char *path = gm_path_join(log->dir, "metrics.json");
    struct stat info;
    if (!path || stat(path, &info) != 0) return;
    if (log->metrics && memcmp(&info.st_mtim, &log->metrics_time, sizeof info.st_mtim) == 0) return;
    json_t *root = gm_json_look(path);
    if (json_is_object(json_object_get(root, "out_of_fold"))) {
        json_decref(log->metrics);
        log->metrics = json_incref(root);
        log->metrics_time = info.st_mtim;
    }
    json_decref(root);
}

/* ---- events ---- */

static void forget_events(run_log *log) {
    gm_free(gm_steal(&log->folds));
    log->n_folds = log->holes = log->epochs_since = 0;
    log->offset = 0;
    log->begun_s = 0;
    log->ending[0] = log->ending_message[0] = '\0';
    json_array_clear(log->messages);
}

static gm_status set_folds(run_log *log, long n, gm_error *err) {
    if (n < 1 || n > MAX_FOLDS || n <= log->n_folds) return GM_OK;
    run_log_fold *grown = gm_realloc_array(log->folds, (size_t)n, sizeof *grown);
    if (!grown) return gm_nomem(err);
    for (long i = log->n_folds; i < n; i++) grown[i] = (run_log_fold){0, NAN, NAN, NAN, NAN};
    log->folds = grown;
    log->n_folds = n;
    return GM_OK;
}

static double number(const json_t *event, const char *key) {
    const json_t *value = json_object_get(event, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static gm_status take_epoch(run_log *log, const json_t *event, gm_error *err) {
    long fold = (long)json_integer_value(json_object_get(event, "fold"));
    if (fold < 1 || fold > MAX_FOLDS) return GM_OK;
    GM_TRY(set_folds(log, fold, err));
    run_log_fold *f = &log->folds[fold - 1];
    f->epoch = (long)json_integer_value(json_object_get(event, "epoch"));
    f->train_loss = number(event, "train_loss");
    f->val_loss = number(event, "val_loss");
    f->val_mm = number(event, "val_mm");
    if (f->epoch == 1) f->best_mm = NAN; /* it began again from the beginning */
    f->best_mm = fmin(f->best_mm, f->val_mm);
    log->epochs_since++;
    return GM_OK;
}

static gm_status take_event(run_log *log, const json_t *event, gm_error *err) {
    const char *name = json_string_value(json_object_get(event, "event"));
    const char *at = json_string_value(json_object_get(event, "time"));
    const char *message = json_string_value(json_object_get(event, "message"));
    if (!name) return GM_OK;
    if (strcmp(name, "epoch") == 0) return take_epoch(log, event, err);
    if (strcmp(name, "message") == 0) {
        if (message && json_array_size(log->messages) < MAX_MESSAGES)
            json_array_append_new(log->messages, json_string(message));
        return GM_OK;
    }
    log->ending[0] = '\0';
    if (strcmp(name, "begin") == 0) {
        log->begun_s = run_log_seconds(at);
        log->epochs_since = 0;
        const char *cpu = json_string_value(json_object_get(event, "cpu"));
        snprintf(log->cpu, sizeof log->cpu, "%.31s", cpu ? cpu : "");
        log->holes = (long)json_integer_value(json_object_get(event, "holes"));
        return set_folds(log, (long)json_integer_value(json_object_get(event, "folds")), err);
    }
    snprintf(log->ending, sizeof log->ending, "%.15s", name);
    snprintf(log->ending_at, sizeof log->ending_at, "%.24s", at ? at : "");
    snprintf(log->ending_message, sizeof log->ending_message, "%s", message ? message : "");
    return GM_OK;
}

/* Whole lines only; a line that is no JSON (torn by a kill) is passed over. Returns the bytes used. */
static gm_status take_lines(run_log *log, char *bytes, size_t size, size_t *used, gm_error *err) {
    *used = 0;
    for (char *end; (end = memchr(bytes + *used, '\n', size - *used)); *used = (size_t)(end - bytes) + 1) {
        json_t *event = json_loadb(bytes + *used, (size_t)(end - bytes) - *used, 0, NULL);
        gm_status status = event ? take_event(log, event, err) : GM_OK;
        json_decref(event);
        GM_TRY(status);
    }
    return GM_OK;
}

static gm_status read_events(run_log *log, int fd, gm_error *err) {
    gm_auto_free char *bytes = gm_alloc(MAX_LINE);
    if (!bytes) return gm_nomem(err);
    for (;;) {
        ssize_t n = pread(fd, bytes, MAX_LINE, (off_t)log->offset);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return GM_OK;
        size_t used;
        GM_TRY(take_lines(log, bytes, (size_t)n, &used, err));
        if (used == 0 && n == MAX_LINE) used = (size_t)n; /* no line of ours is so long */
        if (used == 0) return GM_OK;
        log->offset += (long long)used;
    }
}

static gm_status update_events(run_log *log, gm_error *err) {
    gm_auto_free char *path = gm_path_join(log->dir, "events.jsonl");
    if (!path) return gm_nomem(err);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return GM_OK;
    struct stat info;
    gm_status status = GM_OK;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        if (info.st_ino != log->inode || info.st_size < log->offset) forget_events(log);
        log->inode = info.st_ino;
        status = read_events(log, fd, err);
    }
    close(fd);
    return status;
}

gm_status run_log_update(run_log *log, gm_error *err) {
    read_start(log);
    read_config(log);
    read_metrics(log);
    return update_events(log, err);
}
