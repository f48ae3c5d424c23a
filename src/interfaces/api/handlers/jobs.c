/* Records that are uploaded, and the long work on them. */
#include "service/processes/jobs.h"
#include "../api_internal.h"
#include "service/project/uploads.h"

#include <string.h>

static gm_status open_jobs(const api_options *options, gm_project *project, void **state, gm_error *err) {
    (void)project;
    gm_jobs *jobs;
    gm_jobs_options wanted = {.data_dir = options->data_dir, .models_dir = options->models_dir};
    GM_TRY(gm_jobs_open(&wanted, &jobs, err));
    *state = jobs;
    return GM_OK;
}

static void close_jobs(void *state) {
    gm_jobs_free(state);
}

static gm_status put_record(const api_request *request, api_answer *answer, gm_error *err) {
    const char *path = api_path(request, "path");
    char sha256[GM_SHA256_HEX];
    GM_TRY(gm_upload_put(request->data_dir, path, request->body, request->body_size, err));
    gm_sha256(request->body, request->body_size, sha256);
    return api_send_json(
        answer, 0,
        json_pack("{s:s, s:I, s:s}", "path", path, "size_bytes", (json_int_t)request->body_size, "id", sha256), err);
}

static gm_status get_jobs(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *list;
    GM_TRY(gm_jobs_list(request->state, &list, err));
    return api_send_json(answer, 0, list, err);
}

static gm_status get_kinds(const api_request *request, api_answer *answer, gm_error *err) {
    (void)request;
    return api_send_json(answer, 0, json_pack("{s:o}", "kinds", gm_jobs_kinds()), err);
}

/* An admin may name folders of the server's machine: without users that is whoever sits at it. */
static gm_status post_job(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *job;
    gm_job_request wanted = {.kind = json_string_value(json_object_get(request->json, "kind")),
                             .options = json_object_get(request->json, "options"),
                             .author = request->user.name,
                             .any_folder = request->user.role >= GM_ROLE_ADMIN};
    GM_TRY(gm_jobs_start(request->state, &wanted, &job, err));
    return api_send_json(answer, 0, job, err);
}

static gm_status get_job(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *job;
    GM_TRY(gm_jobs_get(request->state, api_path(request, "name"), &job, err));
    return api_send_json(answer, 0, job, err);
}

static gm_status stop_job(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *job;
    GM_TRY(gm_jobs_stop(request->state, api_path(request, "name"), request->user.name, &job, err));
    return api_send_json(answer, 0, job, err);
}

static gm_status delete_job(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *gone;
    GM_TRY(gm_jobs_delete(request->state, api_path(request, "name"), request->user.name, &gone, err));
    return api_send_json(answer, 0, gone, err);
}

static const api_route routes[] = {
    {.method = "PUT",
     .path = "/api/records/{path}",
     .role = GM_ROLE_ENGINEER,
     .summary = "keep one record file, to be prepared",
     .doc =
         "Below DATA/uploads/, whole or not at all, in place of an older one of that path. A job of the kind prepare "
         "takes in what is new.",
     .handler = put_record,
     .body_type = "application/octet-stream",
     .answer = "{path: string, size_bytes: integer 0.., id: sha256}"},
    {.method = "GET",
     .path = "/api/jobs",
     .role = GM_ROLE_VIEWER,
     .summary = "all jobs, newest first",
     .handler = get_jobs,
     .answer = "{items: [JOB]}",
     .slow = true},
    {.method = "POST",
     .path = "/api/jobs",
     .role = GM_ROLE_ENGINEER,
     .summary = "prepare, evaluate, export, simulate, push or replay",
     .doc =
         "In a process of its own, which outlives the server; one at a time, the others wait in line. The options of "
         "each kind: GET /api/job-kinds.",
     .handler = post_job,
     .body = "{kind: string 1..40, options?: {*: any}|null}",
     .answer = "JOB",
     .status = 202},
    {.method = "GET",
     .path = "/api/jobs/{name}",
     .role = GM_ROLE_VIEWER,
     .summary = "one job: how far it is, or what came out",
     .handler = get_job,
     .answer = "JOB",
     .slow = true},
    {.method = "DELETE",
     .path = "/api/jobs/{name}",
     .role = GM_ROLE_ENGINEER,
     .summary = "put a job into the trash",
     .doc = "A folder of the data directory (jobs/.trash). Not while it runs or waits.",
     .handler = delete_job,
     .answer = "{id: string, kept: string}"},
    {.method = "POST",
     .path = "/api/jobs/{name}/stop",
     .role = GM_ROLE_ENGINEER,
     .summary = "stop a job, or take it out of the line",
     .handler = stop_job,
     .answer = "JOB"},
    {.method = "GET",
     .path = "/api/job-kinds",
     .role = GM_ROLE_VIEWER,
     .summary = "the kinds of jobs and their options",
     .handler = get_kinds,
     .answer = "{kinds: [{kind: string, doc: string, options: [PARAMETER]}]}"},
};

const api_group api_jobs = {.name = "jobs",
                            .doc = "Records that are uploaded, and the long work on them.",
                            .routes = routes,
                            .n_routes = GM_COUNT(routes),
                            .open = open_jobs,
                            .close = close_jobs};
