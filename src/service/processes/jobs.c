#include "jobs_internal.h"

#include "base/json.h"
#include "changes.h"
#include "service/paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- one job's folder ---- */

typedef struct {
    char *dir, *job, *record, *log, *result;
} job_paths;

static void job_paths_finish(job_paths *p) {
    gm_free(p->dir);
    gm_free(p->job);
    gm_free(p->record);
    gm_free(p->log);
    gm_free(p->result);
}
#define auto_job_paths __attribute__((cleanup(job_paths_finish))) job_paths

static gm_status paths_of(const gm_jobs *jobs, const char *id, job_paths *out, gm_error *err) {
    if (service_name_check(id, "the job", NULL) != GM_OK)
        return gm_fail(err, GM_E_NOTFOUND, "there is no job \"%.80s\"", id);
    if (!(out->dir = gm_path_join(jobs->dir, id))) return gm_nomem(err);
    out->job = gm_path_join(out->dir, "job.json");
    out->record = gm_path_join(out->dir, "process.json");
    out->log = gm_path_join(out->dir, "log.txt");
    out->result = gm_path_join(out->dir, "result.json");
    return out->job && out->record && out->log && out->result ? GM_OK : gm_nomem(err);
}

static gm_status read_job(const gm_jobs *jobs, const char *id, job_paths *paths, json_t **out, gm_error *err) {
    GM_TRY(paths_of(jobs, id, paths, err));
    json_t *job = gm_json_look(paths->job);
    if (json_is_object(job)) return *out = job, GM_OK;
    json_decref(job);
    return gm_fail(err, GM_E_NOTFOUND, "there is no job \"%.80s\"", id);
}

/* ---- JOB as people see it ---- */

/* Paths of this machine mean nothing to a client: below the run or the data directory they are told from there on. */
static void shorten_paths(const gm_jobs *jobs, const char *model, json_t *result) {
    gm_auto_text run = GM_TEXT_INIT, data = GM_TEXT_INIT;
    gm_text_printf(&run, "%s/%s/", jobs->models_dir, model ? model : "");
    gm_text_printf(&data, "%s/", jobs->data_dir);
    const char *key;
    json_t *value;
    json_object_foreach (result, key, value) {
        const char *text = json_string_value(value);
        if (!text) continue;
        size_t cut = model && gm_starts_with(text, gm_text_c(&run)) ? run.length
                     : gm_starts_with(text, gm_text_c(&data))       ? data.length
                                                                    : 0;
        gm_auto_free char *rest = cut ? gm_strdup(text + cut) : NULL;
        if (rest) json_string_set(value, rest);
    }
}

static const char *member(const json_t *job, const char *key) {
    return json_string_value(json_object_get(job, key));
}

typedef struct {
    const char *state;
    json_t *result; /* NULL = none */
    gm_text text, error;
    char ended_at[GM_TIME_TEXT];
} job_view;

static void view_failed(job_view *v, const job_paths *paths, const service_child_record *record) {
    gm_auto_text last = GM_TEXT_INIT;
    service_log_tail(paths->log, record->log_from, 1, &last);
    const char *line = gm_text_c(&last), *colon = gm_starts_with(line, "gimlet ") ? strstr(line, ": ") : NULL;
    v->state = "failed";
    if (record->exit_status > 0 && last.length) return gm_text_append(&v->error, colon ? colon + 2 : line);
    service_child_end_text(record, &v->error);
    if (!v->error.length)
        gm_text_append(&v->error, "the process ended without a word: it was killed, or the machine was switched off");
    if (last.length) gm_text_printf(&v->error, ". Last line of its log: %s", line);
}

static void view_ended(job_view *v, const gm_jobs *jobs, const json_t *job, const job_paths *paths,
                       const service_child_record *record) {
    const job_kind *kind = job_kind_find(member(job, "kind"), NULL);
    v->result = gm_json_look(paths->result);
    if (v->result && kind) {
        bool good = true;
        kind->tell(v->result, &v->text, &good);
        shorten_paths(jobs, member(json_object_get(job, "options"), "model"), v->result);
        v->state = good ? "done" : "failed";
        if (!good) gm_text_append(&v->error, gm_text_c(&v->text));
    } else if (record->stop_asked_at[0])
        v->state = "stopped";
    else
        view_failed(v, paths, record);
}

static void view_of(job_view *v, const gm_jobs *jobs, const json_t *job, const job_paths *paths,
                    const service_child_record *record) {
    snprintf(v->ended_at, sizeof v->ended_at, "%.24s", record ? record->ended_at : "");
    if (member(job, "error")) {
        v->state = "failed";
        gm_text_append(&v->error, member(job, "error"));
    } else if (!record)
        v->state = member(job, "stopped_at") ? "stopped" : "waiting";
    else if (gm_process_alive(&record->process))
        v->state = "running";
    else
        view_ended(v, jobs, job, paths, record);
}

static json_t *job_json(const gm_jobs *jobs, const char *id, const json_t *job, const job_paths *paths) {
    service_child_record record;
    bool begun = service_child_read(paths->record, &record, NULL) == GM_OK;
    job_view v = {.state = "failed"};
    view_of(&v, jobs, job, paths, begun ? &record : NULL);
    json_t *progress = begun ? service_log_progress(paths->log, record.log_from) : NULL;
    const char *stage = member(progress, "stage"), *told = member(progress, "text");
    json_t *out = json_pack(
        "{s:s, s:s?, s:s, s:s, s:I, s:I, s:s, s:o, s:o, s:O?, s:s?, s:s?, s:s?}", "id", id, "kind", member(job, "kind"),
        "state", v.state, "stage", stage ? stage : "", "done", json_integer_value(json_object_get(progress, "done")),
        "total", json_integer_value(json_object_get(progress, "total")), "text",
        v.text.length ? gm_text_c(&v.text) : (told ? told : ""), "result", v.result ? v.result : json_null(), "error",
        v.error.length ? json_string(gm_text_c(&v.error)) : json_null(), "options", json_object_get(job, "options"),
        "author", member(job, "author"), "created_at", member(job, "at"), "ended_at",
        v.ended_at[0] ? v.ended_at : NULL);
    json_decref(progress);
    gm_text_finish(&v.text);
    gm_text_finish(&v.error);
    return out;
}

static gm_status describe(gm_jobs *jobs, const char *id, json_t **out, gm_error *err) {
    auto_job_paths paths = {0};
    json_t *job;
    GM_TRY(read_job(jobs, id, &paths, &job, err));
    *out = job_json(jobs, id, job, &paths);
    json_decref(job);
    return *out ? GM_OK : gm_nomem(err);
}

/* ---- the line ---- */

static gm_status launch(gm_jobs *jobs, const char *id, gm_error *err) {
    auto_job_paths paths = {0};
    json_t *job;
    GM_TRY(read_job(jobs, id, &paths, &job, err));
    const job_kind *kind = job_kind_find(member(job, "kind"), err);
    job_command command = {.any_folder = json_is_true(json_object_get(job, "any_folder"))};
    gm_status status =
        kind ? job_kind_command(jobs, kind, id, json_object_get(job, "options"), &command, err) : GM_E_ARG;
    service_child_request request = {.program = jobs->program,
                                     .argv = command.words,
                                     .record_path = paths.record,
                                     .out_path = paths.result,
                                     .log_path = paths.log};
    if (status == GM_OK) status = service_child_start(jobs->children, &request, err);
    gm_arena_free(command.arena);
    json_decref(job);
    return status;
}

/* Another server on the same data may have the same line: each job is begun by one of them. */
static gm_status launch_once(gm_jobs *jobs, const char *id, gm_error *err) {
    auto_job_paths paths = {0};
    GM_TRY(paths_of(jobs, id, &paths, err));
    gm_auto_free char *lock_path = gm_path_join(jobs->dir, ".lock");
    gm_lock lock;
    if (!lock_path) return gm_nomem(err);
    GM_TRY(gm_lock_file(lock_path, 5, &lock, err));
    gm_status status = GM_OK;
    if (gm_file_exists(paths.record))
        service_child_adopt(jobs->children, paths.record);
    else
        status = launch(jobs, id, err);
    gm_unlock_file(&lock);
    return status;
}

static void note_failure(gm_jobs *jobs, const char *id, const gm_error *failure) {
    auto_job_paths paths = {0};
    json_t *job;
    if (read_job(jobs, id, &paths, &job, NULL) != GM_OK) return;
    json_object_set_new(job, "error", json_string(failure->message));
    gm_error err = {0};
    if (gm_json_write(paths.job, job, &err) != GM_OK) gm_log(GM_LOG_WARNING, "%s", err.message);
}

/* Under the lock. */
static void leave_line(gm_jobs *jobs, size_t index) {
    gm_free(jobs->waiting[index]);
    jobs->n_waiting--;
    memmove(jobs->waiting + index, jobs->waiting + index + 1, (jobs->n_waiting - index) * sizeof *jobs->waiting);
}

/* Under the lock: begin what there is room for. */
static void advance(gm_jobs *jobs) {
    while (jobs->n_waiting && service_children_count(jobs->children) < jobs->at_once) {
        gm_error err = {0};
        if (launch_once(jobs, jobs->waiting[0], &err) != GM_OK) note_failure(jobs, jobs->waiting[0], &err);
        leave_line(jobs, 0);
    }
}

static void on_ended(void *ctx) {
    gm_jobs *jobs = ctx;
    pthread_mutex_lock(&jobs->lock);
    advance(jobs);
    pthread_mutex_unlock(&jobs->lock);
}

static gm_status enter_line(gm_jobs *jobs, const char *id, gm_error *err) {
    char **grown = gm_realloc_array(jobs->waiting, jobs->n_waiting + 1, sizeof *grown);
    char *copy = gm_strdup(id);
    if (grown) jobs->waiting = grown;
    if (!grown || !copy) return gm_free(copy), gm_nomem(err);
    jobs->waiting[jobs->n_waiting++] = copy;
    return GM_OK;
}

/* ---- all jobs ---- */

static int natural(const void *a, const void *b) {
    return gm_compare_natural(*(char *const *)a, *(char *const *)b);
}

typedef struct {
    char **ids;
    size_t count;
} id_list;

static void id_list_finish(id_list *list) {
    for (size_t i = 0; i < list->count; i++) gm_free(list->ids[i]);
    gm_free(list->ids);
}
#define auto_id_list __attribute__((cleanup(id_list_finish))) id_list

/* Oldest first: the ids begin with the time. */
static gm_status list_ids(const gm_jobs *jobs, id_list *out, gm_error *err) {
    DIR *dir = opendir(jobs->dir);
    if (!dir) return gm_fail(err, GM_E_IO, "%s: cannot be listed: %s", jobs->dir, strerror(errno));
    gm_status status = GM_OK;
    for (struct dirent *entry; status == GM_OK && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        char **grown = gm_realloc_array(out->ids, out->count + 1, sizeof *grown);
        if (grown) out->ids = grown;
        if (!grown || !(out->ids[out->count] = gm_strdup(entry->d_name)))
            status = gm_nomem(err);
        else
            out->count++;
    }
    closedir(dir);
    if (out->count) qsort(out->ids, out->count, sizeof *out->ids, natural);
    return status;
}

/* What waits goes into the line again, what runs is watched again. */
static gm_status recover(gm_jobs *jobs, gm_error *err) {
    auto_id_list list = {0};
    GM_TRY(list_ids(jobs, &list, err));
    for (size_t i = 0; i < list.count; i++) {
        auto_job_paths paths = {0};
        json_t *job;
        if (read_job(jobs, list.ids[i], &paths, &job, NULL) != GM_OK) continue;
        if (gm_file_exists(paths.record))
            service_child_adopt(jobs->children, paths.record);
        else if (!member(job, "stopped_at") && !member(job, "error"))
            GM_TRY(enter_line(jobs, list.ids[i], err));
        json_decref(job);
    }
    return GM_OK;
}

gm_status gm_jobs_open(const gm_jobs_options *options, gm_jobs **out, gm_error *err) {
    gm_auto(gm_jobs) jobs = gm_calloc(1, sizeof *jobs);
    if (!jobs) return gm_nomem(err);
    pthread_mutex_init(&jobs->lock, NULL);
    jobs->at_once = options->at_once > 0 ? (size_t)options->at_once : 1;
    jobs->data_dir = gm_strdup(options->data_dir);
    jobs->models_dir = gm_strdup(options->models_dir);
    jobs->program = gm_strdup(options->program);
    jobs->dir = gm_path_join(options->data_dir, "jobs");
    if (!jobs->data_dir || !jobs->models_dir || !jobs->dir || (options->program && !jobs->program))
        return gm_nomem(err);
    GM_TRY(gm_make_dirs(jobs->dir, err));
    GM_TRY(service_children_new(options->grace_s, on_ended, jobs, &jobs->children, err));
    pthread_mutex_lock(&jobs->lock);
    gm_status status = recover(jobs, err);
    if (status == GM_OK) advance(jobs);
    pthread_mutex_unlock(&jobs->lock);
    if (status == GM_OK) *out = gm_steal(&jobs);
    return status;
}

void gm_jobs_free(gm_jobs *jobs) {
    if (!jobs) return;
    service_children_free(jobs->children);
    for (size_t i = 0; i < jobs->n_waiting; i++) gm_free(jobs->waiting[i]);
    gm_free(jobs->waiting);
    gm_free(jobs->data_dir);
    gm_free(jobs->models_dir);
    gm_free(jobs->program);
    gm_free(jobs->dir);
    pthread_mutex_destroy(&jobs->lock);
    gm_free(jobs);
}

gm_status gm_jobs_get(gm_jobs *jobs, const char *id, json_t **out, gm_error *err) {
    service_children_look(jobs->children);
    return describe(jobs, id, out, err);
}

gm_status gm_jobs_list(gm_jobs *jobs, json_t **out, gm_error *err) {
    service_children_look(jobs->children);
    auto_id_list list = {0};
    GM_TRY(list_ids(jobs, &list, err));
    json_t *items = json_array();
    for (size_t i = list.count; i-- > 0 && json_array_size(items) < GM_JOBS_LISTED;) {
        json_t *one;
        if (describe(jobs, list.ids[i], &one, NULL) == GM_OK) json_array_append_new(items, one);
    }
    *out = json_pack("{s:o}", "items", items);
    return *out ? GM_OK : gm_nomem(err);
}

/* ---- start and stop ---- */

/* 20261124T021500123Z-prepare, with -2, -3 ... behind it where that is taken: in the order in which they came. The
 * folder is made. */
static gm_status make_id(const gm_jobs *jobs, const char *kind, char id[80], job_paths *paths, gm_error *err) {
    char now[GM_TIME_TEXT], stamp[GM_TIME_TEXT];
    gm_time_utc(now);
    size_t n = 0;
    for (const char *c = now; *c; c++)
        if (!strchr("-:.", *c)) stamp[n++] = *c;
    stamp[n] = '\0';
    for (int i = 1; i < 1000; i++) {
        snprintf(id, 80, i > 1 ? "%s-%s-%d" : "%s-%s", stamp, kind, i);
        job_paths found = {0};
        GM_TRY(paths_of(jobs, id, &found, err));
        if (mkdir(found.dir, 0777) == 0) return *paths = found, GM_OK;
        int code = errno;
        job_paths_finish(&found);
        if (code != EEXIST) return gm_fail(err, GM_E_IO, "%s: cannot make the folder: %s", jobs->dir, strerror(code));
    }
    return gm_fail(err, GM_E_CONFLICT, "too many jobs of this moment");
}

static gm_status write_request(const job_paths *paths, const gm_job_request *request, gm_error *err) {
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    json_t *options = json_is_object(request->options) ? json_deep_copy(request->options) : json_object();
    json_t *job = json_pack("{s:s, s:o, s:s, s:s?, s:b}", "kind", request->kind, "options", options, "at", now,
                            "author", request->author, "any_folder", request->any_folder);
    return gm_json_write(paths->job, job, err);
}

/* Under the lock. */
static gm_status start(gm_jobs *jobs, const gm_job_request *request, char id[80], gm_error *err) {
    const job_kind *kind = job_kind_find(request->kind, err);
    if (!kind) return GM_E_ARG;
    if (jobs->n_waiting >= GM_JOBS_WAITING)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "wait until some are done, or stop some", "%d jobs wait already",
                          GM_JOBS_WAITING);
    job_command trial = {.any_folder = request->any_folder}; /* all that can be wrong with it is wrong now */
    gm_status status = job_kind_command(jobs, kind, "trial", request->options, &trial, err);
    gm_arena_free(trial.arena);
    GM_TRY(status);
    auto_job_paths paths = {0};
    GM_TRY(make_id(jobs, kind->name, id, &paths, err));
    GM_TRY(write_request(&paths, request, err));
    GM_TRY(enter_line(jobs, id, err));
    advance(jobs);
    return GM_OK;
}

gm_status gm_jobs_start(gm_jobs *jobs, const gm_job_request *request, json_t **out, gm_error *err) {
    char id[80];
    service_children_look(jobs->children);
    pthread_mutex_lock(&jobs->lock);
    gm_status status = start(jobs, request, id, err);
    pthread_mutex_unlock(&jobs->lock);
    GM_TRY(status);
    GM_TRY(service_note_change(jobs->data_dir, request->author, "job.start", id, NULL, err));
    return describe(jobs, id, out, err);
}

/* Under the lock: out of the line. */
static gm_status stop_waiting(gm_jobs *jobs, size_t index, gm_error *err) {
    auto_job_paths paths = {0};
    json_t *job;
    GM_TRY(read_job(jobs, jobs->waiting[index], &paths, &job, err));
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    json_object_set_new(job, "stopped_at", json_string(now));
    gm_status status = gm_json_write(paths.job, job, err);
    if (status == GM_OK) leave_line(jobs, index);
    return status;
}

/* Under the lock. */
static gm_status stop(gm_jobs *jobs, const char *id, gm_error *err) {
    auto_job_paths paths = {0};
    json_t *job;
    GM_TRY(read_job(jobs, id, &paths, &job, err));
    json_decref(job);
    for (size_t i = 0; i < jobs->n_waiting; i++)
        if (strcmp(jobs->waiting[i], id) == 0) return stop_waiting(jobs, i, err);
    return service_child_stop(jobs->children, paths.record, err);
}

gm_status gm_jobs_stop(gm_jobs *jobs, const char *id, const char *by, json_t **out, gm_error *err) {
    pthread_mutex_lock(&jobs->lock);
    gm_status status = stop(jobs, id, err);
    pthread_mutex_unlock(&jobs->lock);
    if (status != GM_OK) return err ? gm_error_prefix(err, status, "%s", id) : status;
    GM_TRY(service_note_change(jobs->data_dir, by, "job.stop", id, NULL, err));
    return describe(jobs, id, out, err);
}

/* ---- delete ---- */

/* Under the lock, under which nothing is begun: is it running, or in the line? */
static gm_status check_over(gm_jobs *jobs, const char *id, gm_error *err) {
    auto_job_paths paths = {0};
    json_t *job;
    service_child_record record;
    GM_TRY(read_job(jobs, id, &paths, &job, err));
    bool over = member(job, "error") || member(job, "stopped_at");
    if (service_child_read(paths.record, &record, NULL) == GM_OK) over = !gm_process_alive(&record.process);
    json_decref(job);
    if (over) return GM_OK;
    return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "stop it first", "%s is not over yet", id);
}

gm_status gm_jobs_delete(gm_jobs *jobs, const char *id, const char *by, json_t **out, gm_error *err) {
    gm_auto_free char *kept = NULL;
    service_children_look(jobs->children);
    pthread_mutex_lock(&jobs->lock);
    gm_status status = check_over(jobs, id, err);
    if (status == GM_OK) status = service_to_trash(jobs->dir, id, &kept, err);
    pthread_mutex_unlock(&jobs->lock);
    GM_TRY(status);
    GM_TRY(service_note_change(jobs->data_dir, by, "job.delete", id, kept, err));
    *out = json_pack("{s:s, s:s++}", "id", id, "kept", "jobs", "/", kept);
    return *out ? GM_OK : gm_nomem(err);
}
