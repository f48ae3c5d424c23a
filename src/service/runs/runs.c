#include "runs_internal.h"

#include "base/json.h"
#include "presets.h"
#include "run_index.h"
#include "service/paths.h"
#include "service/processes/changes.h"
#include "training/training.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *record_path(const char *dir) {
    return gm_path_join(dir, "process.json");
}

gm_status gm_runs_dir(gm_runs *runs, const char *run, char **out, gm_error *err) {
    if (service_name_check(run, "the run", NULL) == GM_OK) {
        gm_auto_free char *dir = gm_path_join(runs->models_dir, run);
        if (!dir) return gm_nomem(err);
        if (run_dir_is_run(dir)) {
            *out = gm_steal(&dir);
            return GM_OK;
        }
    }
    return gm_fail(err, GM_E_NOTFOUND, "there is no run \"%.80s\"", run);
}

/* ---- the logs of all runs ---- */

/* Under the lock. The log stays with runs. */
static gm_status log_of(gm_runs *runs, const char *run, run_log **out, gm_error *err) {
    gm_auto_free char *dir = NULL;
    GM_TRY(gm_runs_dir(runs, run, &dir, err));
    for (size_t i = 0; i < runs->n_logs; i++)
        if (strcmp(runs->logs[i]->name, run) == 0) {
            *out = runs->logs[i];
            return run_log_update(*out, err);
        }
    run_log **grown = gm_realloc_array(runs->logs, runs->n_logs + 1, sizeof *grown);
    if (!grown) return gm_nomem(err);
    runs->logs = grown;
    GM_TRY(run_log_new(dir, run, &runs->logs[runs->n_logs], err));
    *out = runs->logs[runs->n_logs++];
    return run_log_update(*out, err);
}

/* Under the lock: what a run is now. */
static gm_status describe(gm_runs *runs, const char *run, bool groups, json_t **out, gm_error *err) {
    run_log *log;
    service_child_record record;
    GM_TRY(log_of(runs, run, &log, err));
    gm_auto_free char *path = record_path(log->dir);
    if (!path) return gm_nomem(err);
    bool known = service_child_read(path, &record, NULL) == GM_OK;
    *out = run_log_json(log, known ? &record : NULL, groups);
    return *out ? GM_OK : gm_nomem(err);
}

/* Calls visit for the name of each run; stops at the first failure. */
static gm_status each_run(gm_runs *runs, gm_status (*visit)(gm_runs *runs, const char *run, void *ctx, gm_error *err),
                          void *ctx, gm_error *err) {
    DIR *dir = opendir(runs->models_dir);
    if (!dir) return gm_fail(err, GM_E_IO, "%s: cannot be listed: %s", runs->models_dir, strerror(errno));
    gm_status status = GM_OK;
    for (struct dirent *entry; status == GM_OK && (entry = readdir(dir));) {
        gm_auto_free char *path = NULL;
        if (gm_runs_dir(runs, entry->d_name, &path, NULL) == GM_OK) status = visit(runs, entry->d_name, ctx, err);
    }
    closedir(dir);
    return status;
}

static gm_status adopt(gm_runs *runs, const char *run, void *ctx, gm_error *err) {
    (void)ctx;
    gm_auto_free char *dir = gm_path_join(runs->models_dir, run), *path = dir ? record_path(dir) : NULL;
    if (!path) return gm_nomem(err);
    service_child_adopt(runs->children, path);
    return GM_OK;
}

gm_status gm_runs_open(const gm_runs_options *options, gm_runs **out, gm_error *err) {
    gm_auto(gm_runs) runs = gm_calloc(1, sizeof *runs);
    if (!runs) return gm_nomem(err);
    pthread_mutex_init(&runs->lock, NULL);
    GM_TRY(gm_make_dirs(options->models_dir, err));
    runs->models_dir = gm_strdup(options->models_dir);
    runs->data_dir = gm_strdup(options->data_dir);
    runs->program = gm_strdup(options->program);
    if (!runs->models_dir || !runs->data_dir || (options->program && !runs->program)) return gm_nomem(err);
    GM_TRY(service_children_new(options->grace_s, NULL, NULL, &runs->children, err));
    GM_TRY(each_run(runs, adopt, NULL, err));
    *out = gm_steal(&runs);
    return GM_OK;
}

void gm_runs_free(gm_runs *runs) {
    if (!runs) return;
    service_children_free(runs->children);
    for (size_t i = 0; i < runs->n_logs; i++) run_log_free(runs->logs[i]);
    gm_free(runs->logs);
    gm_free(runs->models_dir);
    gm_free(runs->data_dir);
    gm_free(runs->program);
    pthread_mutex_destroy(&runs->lock);
    gm_free(runs);
}

gm_status gm_runs_get(gm_runs *runs, const char *run, json_t **out, gm_error *err) {
    service_children_look(runs->children);
    pthread_mutex_lock(&runs->lock);
    gm_status status = describe(runs, run, true, out, err);
    pthread_mutex_unlock(&runs->lock);
    return status;
}

const char *gm_runs_models_dir(const gm_runs *runs) {
    return runs->models_dir;
}

/* Under the lock: what the index has found, as it is now. A run that has gone since is left out. */
static gm_status describe_all(gm_runs *runs, const json_t *found, json_t *list, gm_error *err) {
    json_t *item;
    size_t i;
    json_array_foreach (found, i, item) {
        json_t *one;
        gm_status status = describe(runs, json_string_value(json_object_get(item, "run")), false, &one, err);
        if (status == GM_E_NOTFOUND) {
            if (err) *err = (gm_error){0};
            continue;
        }
        GM_TRY(status);
        json_object_set(one, "values", json_object_get(item, "values"));
        if (json_array_append_new(list, one) != 0) return gm_nomem(err);
    }
    return GM_OK;
}

gm_status gm_runs_list(gm_runs *runs, const gm_runs_query *query, json_t **out, gm_error *err) {
    static const gm_runs_query all = {.limit = -1};
    if (!query) query = &all;
    gm_auto(run_index) index = NULL;
    json_t *found;
    service_children_look(runs->children);
    GM_TRY(run_index_open(runs->models_dir, NULL, &index, err));
    run_query wanted = {query->filter, query->sort, query->columns, query->limit, query->offset};
    GM_TRY(run_index_find(index, &wanted, &found, err));
    json_t *list = json_array();
    pthread_mutex_lock(&runs->lock);
    gm_status status = list ? describe_all(runs, json_object_get(found, "items"), list, err) : gm_nomem(err);
    pthread_mutex_unlock(&runs->lock);
    if (status == GM_OK) {
        *out = json_pack("{s:O, s:O}", "total", json_object_get(found, "total"), "items", list);
        if (!*out) status = gm_nomem(err);
    }
    json_decref(list);
    json_decref(found);
    return status;
}

/* ---- start, stop, resume ---- */

static gm_status write_request(const char *dir, const gm_run_request *request, const gm_training_config *config,
                               gm_error *err) {
    gm_auto_text yaml = GM_TEXT_INIT;
    gm_auto_free char *path = gm_path_join(dir, "config.yaml");
    gm_training_config_to_yaml(config, true, &yaml);
    if (!path || !gm_text_ok(&yaml)) return gm_nomem(err);
    GM_TRY(gm_write_file(path, yaml.data, yaml.length, err));
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    json_t *values = request->values ? json_deep_copy(request->values) : json_object();
    return gm_json_write_in(dir, "request.json",
                            json_pack("{s:s, s:s?, s:o, s:s?}", "at", now, "preset", request->preset, "values", values,
                                      "author", request->author),
                            err);
}

/* The child: a new run in this folder, or on with the run that is in it. */
static gm_status launch(gm_runs *runs, const char *dir, gm_error *err) {
    gm_auto_free char *config = gm_path_join(dir, "config.yaml"), *record = record_path(dir), *log = run_log_path(dir);
    if (!config || !record || !log) return gm_nomem(err);
    __attribute__((cleanup(gm_run_info_finish))) gm_run_info info = {0};
    const char *argv[12] = {"gimlet", "train"};
    size_t n = 2;
    if (gm_run_read(dir, &info, NULL) == GM_OK) {
        argv[n++] = "--resume";
        argv[n++] = dir;
        if (!info.data_dir || !gm_is_directory(info.data_dir)) { /* it was moved: the same holes must lie here */
            argv[n++] = "--data-dir";
            argv[n++] = runs->data_dir;
        }
    } else {
        const char *const begin[] = {"--config",     config,           "--data-dir", runs->data_dir,
                                     "--output-dir", runs->models_dir, "--run-name", gm_path_base(dir)};
        for (size_t i = 0; i < GM_COUNT(begin); i++) argv[n++] = begin[i];
    }
    service_child_request request = {.program = runs->program, .argv = argv, .record_path = record, .log_path = log};
    return service_child_start(runs->children, &request, err);
}

static gm_status check_room(gm_runs *runs, gm_error *err) {
    if (service_children_count(runs->children) < GM_RUNS_AT_ONCE) return GM_OK;
    return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "wait until one has finished, or stop one",
                      "%d trainings run already, as many as may at once", GM_RUNS_AT_ONCE);
}

static gm_status check_data(const gm_runs *runs, gm_error *err) {
    gm_auto_free char *database = gm_path_join(runs->data_dir, "gimlet.db");
    if (!database) return gm_nomem(err);
    if (gm_file_exists(database)) return GM_OK;
    return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "upload records and prepare them first",
                      "there are no prepared holes to train on");
}

/* A line in the log of changes on what was done to the run in *out; takes *out back when that fails. */
static gm_status noted(const gm_runs *runs, const char *action, const char *by, const char *detail, json_t **out,
                       gm_error *err) {
    const char *run = json_string_value(json_object_get(*out, "run"));
    gm_status status = service_note_change(runs->data_dir, by, action, run, detail, err);
    if (status != GM_OK) json_decref(*out);
    return status;
}

/* Under the lock. */
static gm_status start(gm_runs *runs, const gm_run_request *request, json_t **out, gm_error *err) {
    gm_auto_training_config config = {0};
    GM_TRY(gm_preset_config(request->preset, request->values, &config, err));
    GM_TRY(check_data(runs, err));
    GM_TRY(check_room(runs, err));
    const char *experiment = config.experiment_name && *config.experiment_name ? config.experiment_name : "run";
    GM_TRY(service_name_check(experiment, "experiment_name", err));
    gm_auto_free char *dir = NULL;
    GM_TRY(gm_run_dir_make(runs->models_dir, experiment, &dir, err));
    GM_TRY(write_request(dir, request, &config, err));
    GM_TRY(launch(runs, dir, err));
    return describe(runs, gm_path_base(dir), true, out, err);
}

gm_status gm_runs_start(gm_runs *runs, const gm_run_request *request, json_t **out, gm_error *err) {
    service_children_look(runs->children);
    pthread_mutex_lock(&runs->lock);
    gm_status status = start(runs, request, out, err);
    pthread_mutex_unlock(&runs->lock);
    return status == GM_OK ? noted(runs, "run.start", request->author, request->preset, out, err) : status;
}

gm_status gm_runs_stop(gm_runs *runs, const char *run, const char *by, json_t **out, gm_error *err) {
    gm_auto_free char *dir = NULL;
    GM_TRY(gm_runs_dir(runs, run, &dir, err));
    gm_auto_free char *record = record_path(dir);
    if (!record) return gm_nomem(err);
    gm_status status = service_child_stop(runs->children, record, err);
    if (status != GM_OK) return gm_error_prefix(err, status, "%s", run);
    GM_TRY(gm_runs_get(runs, run, out, err));
    return noted(runs, "run.stop", by, NULL, out, err);
}

/* Under the lock. */
static gm_status resume(gm_runs *runs, const char *run, json_t **out, gm_error *err) {
    run_log *log;
    service_child_record record;
    GM_TRY(log_of(runs, run, &log, err));
    gm_auto_free char *path = record_path(log->dir);
    if (!path) return gm_nomem(err);
    bool known = service_child_read(path, &record, NULL) == GM_OK;
    switch (run_log_state(log, known ? &record : NULL)) {
    case RUN_RUNNING: return gm_fail(err, GM_E_CONFLICT, "%s is running already", run);
    case RUN_FINISHED: return gm_fail(err, GM_E_CONFLICT, "%s is finished", run);
    default: break;
    }
    GM_TRY(check_data(runs, err));
    GM_TRY(check_room(runs, err));
    GM_TRY(launch(runs, log->dir, err));
    return describe(runs, run, true, out, err);
}

gm_status gm_runs_resume(gm_runs *runs, const char *run, const char *by, json_t **out, gm_error *err) {
    service_children_look(runs->children);
    pthread_mutex_lock(&runs->lock);
    gm_status status = resume(runs, run, out, err);
    pthread_mutex_unlock(&runs->lock);
    return status == GM_OK ? noted(runs, "run.resume", by, NULL, out, err) : status;
}

/* Under the lock: what is remembered of its log. */
static void forget_log(gm_runs *runs, const char *run) {
    for (size_t i = 0; i < runs->n_logs; i++) {
        if (strcmp(runs->logs[i]->name, run) != 0) continue;
        run_log_free(runs->logs[i]);
        runs->logs[i] = runs->logs[--runs->n_logs];
        return;
    }
}

/* Under the lock. */
static gm_status delete_run(gm_runs *runs, const char *run, json_t **out, gm_error *err) {
    run_log *log;
    service_child_record record;
    GM_TRY(log_of(runs, run, &log, err));
    gm_auto_free char *path = record_path(log->dir), *kept = NULL;
    if (!path) return gm_nomem(err);
    bool known = service_child_read(path, &record, NULL) == GM_OK;
    if (run_log_state(log, known ? &record : NULL) == RUN_RUNNING)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "stop it first", "%s is running", run);
    GM_TRY(service_to_trash(runs->models_dir, run, &kept, err));
    forget_log(runs, run);
    *out = json_pack("{s:s, s:s}", "run", run, "kept", kept);
    return *out ? GM_OK : gm_nomem(err);
}

gm_status gm_runs_delete(gm_runs *runs, const char *run, const char *by, json_t **out, gm_error *err) {
    service_children_look(runs->children);
    pthread_mutex_lock(&runs->lock);
    gm_status status = delete_run(runs, run, out, err);
    pthread_mutex_unlock(&runs->lock);
    if (status != GM_OK) return status;
    return noted(runs, "run.delete", by, json_string_value(json_object_get(*out, "kept")), out, err);
}

/* ---- events ---- */

struct gm_run_events {
    gm_runs *runs;
    char *path, *record;
    FILE *file;
    char *line;
    size_t capacity;
    long number, after;
    double looked_s;  /* when it was last asked whether the run goes on */
    bool over, ended; /* the run has ended; and all of its lines were read after that */
};

gm_status gm_run_events_open(gm_runs *runs, const char *run, long after, gm_run_events **out, gm_error *err) {
    gm_auto_free char *dir = NULL;
    GM_TRY(gm_runs_dir(runs, run, &dir, err));
    gm_auto(gm_run_events) events = gm_calloc(1, sizeof *events);
    if (!events) return gm_nomem(err);
    events->runs = runs;
    events->after = after;
    events->path = gm_path_join(dir, "events.jsonl");
    events->record = record_path(dir);
    if (!events->path || !events->record) return gm_nomem(err);
    *out = gm_steal(&events);
    return GM_OK;
}

void gm_run_events_free(gm_run_events *events) {
    if (!events) return;
    if (events->file) fclose(events->file);
    free(events->line);
    gm_free(events->path);
    gm_free(events->record);
    gm_free(events);
}

static bool is_over(const gm_run_events *events) {
    service_child_record record;
    return service_child_read(events->record, &record, NULL) != GM_OK || !gm_process_alive(&record.process);
}

/* Half a line at the end is left for the next look. */
static bool read_line(gm_run_events *events, size_t *length) {
    long at = ftell(events->file);
    ssize_t n = getline(&events->line, &events->capacity, events->file);
    if (n > 0 && events->line[n - 1] == '\n') {
        events->line[n - 1] = '\0';
        *length = (size_t)n - 1;
        return true;
    }
    clearerr(events->file);
    if (at >= 0) fseek(events->file, at, SEEK_SET);
    return false;
}

static bool is_json(const char *text, size_t length) {
    json_t *value = json_loadb(text, length, 0, NULL);
    bool good = json_is_object(value);
    json_decref(value);
    return good;
}

gm_status gm_run_events_next(gm_run_events *events, gm_text *line, long *number, gm_error *err) {
    *number = 0;
    if (!events->file) events->file = fopen(events->path, "re");
    size_t length;
    while (events->file && read_line(events, &length)) {
        events->number++;
        if (events->number <= events->after || !is_json(events->line, length)) continue;
        gm_text_append_n(line, events->line, length);
        *number = events->number;
        return gm_text_ok(line) ? GM_OK : gm_nomem(err);
    }
    events->ended = events->over; /* lines written before the end of the run have been read by now */
    if (!events->over && gm_seconds() - events->looked_s > 0.5) {
        events->over = is_over(events);
        events->looked_s = gm_seconds();
    }
    return GM_OK;
}

bool gm_run_events_over(gm_run_events *events) {
    return events->ended;
}
