/* Training: what can be chosen, runs and their events, models and their files. */
#include "editing_internal.h"
#include "service/runs/presets.h"
#include "service/runs/runs.h"

#include <string.h>

static gm_status open_training(const api_options *options, gm_project *project, void **state, gm_error *err) {
    (void)project;
    gm_runs *runs;
    gm_runs_options wanted = {.models_dir = options->models_dir, .data_dir = options->data_dir};
    GM_TRY(gm_runs_open(&wanted, &runs, err));
    *state = runs;
    return GM_OK;
}

static void close_training(void *state) {
    gm_runs_free(state);
}

static gm_status get_strategies(const api_request *request, api_answer *answer, gm_error *err) {
    (void)request;
    return api_send_json(answer, 0, gm_training_choices(), err);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

typedef struct {
    char *filter, *sort, *columns;
    int limit, offset;
} runs_query;

static const gm_param_spec runs_params[] = {
    {.key = "filter",
     .type = GM_PARAM_STRING,
     .offset = offsetof(runs_query, filter),
     .doc = "which runs: metrics.exit_mae_mm < 0.1 and params.strategy = 'patchtsmixer_24cv'; GET /api/run-keys"},
    {.key = "sort",
     .type = GM_PARAM_STRING,
     .offset = offsetof(runs_query, sort),
     .fallback = "-started_at",
     .doc = "a key; with \"-\" in front largest first; what lacks the value comes last"},
    {.key = "columns",
     .type = GM_PARAM_STRING,
     .offset = offsetof(runs_query, columns),
     .doc = "keys whose values are sent, with commas between; metrics.* = all that begin so"},
    {.key = "limit",
     .type = GM_PARAM_INT,
     .offset = offsetof(runs_query, limit),
     .fallback = "500",
     .min = 0,
     .max = 10000,
     .doc = "how many to send at most"},
    {.key = "offset",
     .type = GM_PARAM_INT,
     .offset = offsetof(runs_query, offset),
     .fallback = "0",
     .min = 0,
     .max = 1e9,
     .doc = "how many to pass over"},
};

static gm_status get_runs(const api_request *request, api_answer *answer, gm_error *err) {
    const runs_query *q = request->query;
    gm_runs_query wanted = {q->filter, q->sort, q->columns, q->limit, q->offset};
    json_t *list;
    GM_TRY(gm_runs_list(request->state, &wanted, &list, err));
    return api_send_json(answer, 0, list, err);
}

static gm_status post_run(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *run;
    gm_run_request wanted = {.preset = json_string_value(json_object_get(request->json, "preset")),
                             .values = json_object_get(request->json, "values"),
                             .author = request->user.name};
    GM_TRY(gm_runs_start(request->state, &wanted, &run, err));
    return api_send_json(answer, 0, run, err);
}

static gm_status get_run(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *run;
    GM_TRY(gm_runs_get(request->state, api_path(request, "run"), &run, err));
    return api_send_json(answer, 0, run, err);
}

static gm_status stop_run(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *run;
    GM_TRY(gm_runs_stop(request->state, api_path(request, "run"), request->user.name, &run, err));
    return api_send_json(answer, 0, run, err);
}

static gm_status resume_run(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *run;
    GM_TRY(gm_runs_resume(request->state, api_path(request, "run"), request->user.name, &run, err));
    return api_send_json(answer, 0, run, err);
}

static gm_status delete_run(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *gone;
    GM_TRY(gm_runs_delete(request->state, api_path(request, "run"), request->user.name, &gone, err));
    return api_send_json(answer, 0, gone, err);
}

/* What a run has learned from may be a truth that this user is not to see: then neither the label nor the error. */
static gm_status hide_truths(const api_request *request, json_t *table, gm_error *err) {
    gm_auto_holes list = NULL;
    json_t *item, *error;
    size_t i;
    const char *name;
    if (request->user.role >= GM_ROLE_ENGINEER) return GM_OK;
    GM_TRY(gm_project_holes(request->project, &list, err));
    json_array_foreach (json_object_get(table, "items"), i, item) {
        const char *id = json_string_value(json_object_get(item, "id"));
        const gm_hole_row *row = id ? gm_hole_list_find(list, id) : NULL;
        bool hidden = false;
        if (row) GM_TRY(api_truth_is_hidden(request, row, &hidden, err));
        if (!hidden) continue;
        for (int p = 0; p < GM_N_POINTS; p++)
            json_object_set_new(json_object_get(json_object_get(item, "label"), gm_point_name((gm_point)p)), "mm",
                                json_null());
        void *next;
        json_object_foreach_safe(json_object_get(item, "error_mm"), next, name, error)
            json_object_set_new(json_object_get(item, "error_mm"), name, json_null());
    }
    return GM_OK;
}

static gm_status get_run_holes(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *table;
    GM_TRY(gm_runs_holes(request->state, api_path(request, "run"), &table, err));
    gm_status status = hide_truths(request, table, err);
    if (status != GM_OK) return json_decref(table), status;
    return api_send_json(answer, 0, table, err);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static void send_line(gm_text *out, const char *line, long number) {
    char id[24];
    snprintf(id, sizeof id, "%ld", number);
    json_t *event = json_loads(line, 0, NULL);
    api_event(out, id, json_string_value(json_object_get(event, "event")), line);
    json_decref(event);
}

/* What is new since the last look, in portions. */
static bool next_events(void *state, gm_text *out) {
    enum { PORTION = 256 << 10 };
    gm_run_events *events = state;
    size_t before = out->length;
    while (out->length - before < PORTION) {
        gm_auto_text line = GM_TEXT_INIT;
        long number;
        if (gm_run_events_next(events, &line, &number, NULL) != GM_OK) return false;
        if (!number) return !gm_run_events_over(events);
        send_line(out, gm_text_c(&line), number);
    }
    return true;
}

static void free_events(void *state) {
    gm_run_events_free(state);
}

static gm_status get_run_events(const api_request *request, api_answer *answer, gm_error *err) {
    gm_run_events *events;
    long after = 0;
    if (!gm_parse_long(api_last_event(request), &after) || after < 0) after = 0;
    GM_TRY(gm_run_events_open(request->state, api_path(request, "run"), after, &events, err));
    return api_send_events(answer, &(api_events){next_events, free_events, events}, err);
}

/* ---- models and files -------------------------------------------------------------------------------------------- */

static const char *type_of(const char *path) {
    static const struct {
        const char *suffix, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},  {".json", "application/json"},
        {".jsonl", "application/x-ndjson"},     {".csv", "text/csv; charset=utf-8"},
        {".yaml", "text/plain; charset=utf-8"}, {".txt", "text/plain; charset=utf-8"},
        {".log", "text/plain; charset=utf-8"},
    };
    for (size_t i = 0; i < GM_COUNT(types); i++)
        if (gm_ends_with(path, types[i].suffix)) return types[i].type;
    return "application/octet-stream";
}

/* Pages and texts are shown, models are saved. */
static gm_status get_run_file(const api_request *request, api_answer *answer, gm_error *err) {
    const char *path = api_path(request, "path"), *type = type_of(path);
    gm_auto_free char *full = NULL;
    if (request->user.role < GM_ROLE_ENGINEER && gm_run_file_has_labels(path))
        return api_refuse(answer, API_FORBIDDEN, err,
                          "GET /api/runs/{run}/holes shows the holes of the run without them",
                          "%.200s holds labels, and among them may be truths that measure the error of those who label:"
                          " this needs the role %s, and %s is %s",
                          path, gm_role_name(GM_ROLE_ENGINEER), request->user.name, gm_role_name(request->user.role));
    GM_TRY(gm_run_file(request->state, api_path(request, "run"), path, &full, err));
    bool shown = gm_starts_with(type, "text/") || gm_starts_with(type, "application/json");
    return api_send_file(answer, type, full, shown ? NULL : gm_path_base(path), err);
}

static gm_status get_models(const api_request *request, api_answer *answer, gm_error *err) {
    json_t *list;
    GM_TRY(gm_models_list(request->state, &list, err));
    return api_send_json(answer, 0, list, err);
}

static const api_route routes[] = {
    {.method = "GET",
     .path = "/api/strategies",
     .role = GM_ROLE_VIEWER,
     .summary = "what a training can be made of",
     .doc = "Strategies, presets (the files of configs/), and every key of a configuration with its range and meaning.",
     .handler = get_strategies,
     .answer = "{strategies: [{name: string, doc: string}], presets: [{name: string, doc: string, values: {*: any}}],"
               " parameters: [PARAMETER]}"},
    {.method = "GET",
     .path = "/api/runs",
     .role = GM_ROLE_VIEWER,
     .summary = "runs by filter, newest first where nothing else is asked",
     .doc = "Those of the command line too. Metrics come without their groups; GET /api/runs/{run} has them.",
     .handler = get_runs,
     .query = runs_params,
     .n_query = GM_COUNT(runs_params),
     .query_size = sizeof(runs_query),
     .answer = "{total: integer 0.., items: [RUN]}",
     .slow = true},
    {.method = "POST",
     .path = "/api/runs",
     .role = GM_ROLE_ENGINEER,
     .summary = "start a training",
     .doc = "In a process of its own, which outlives the server. All values are checked first; an error names the key.",
     .handler = post_run,
     .body = "{preset?: string 0..200|null, values?: {*: any}|null}",
     .answer = "RUN",
     .status = 202},
    {.method = "GET",
     .path = "/api/runs/{run}",
     .role = GM_ROLE_VIEWER,
     .summary = "one run: how far it is, or how it ended",
     .handler = get_run,
     .answer = "RUN",
     .slow = true},
    {.method = "DELETE",
     .path = "/api/runs/{run}",
     .role = GM_ROLE_ENGINEER,
     .summary = "put a run into the trash",
     .doc = "A folder of the models directory (.trash), from which it is moved back by hand. Not while it runs.",
     .handler = delete_run,
     .answer = "{run: string, kept: string}"},
    {.method = "POST",
     .path = "/api/runs/{run}/stop",
     .role = GM_ROLE_ENGINEER,
     .summary = "ask a run to stop",
     .doc = "It keeps what is trained; resume goes on to the same result.",
     .handler = stop_run,
     .answer = "RUN"},
    {.method = "POST",
     .path = "/api/runs/{run}/resume",
     .role = GM_ROLE_ENGINEER,
     .summary = "go on with a run that was stopped or has failed",
     .handler = resume_run,
     .answer = "RUN"},
    {.method = "GET",
     .path = "/api/runs/{run}/events",
     .role = GM_ROLE_VIEWER,
     .summary = "the events of a run as they come",
     .doc = "Every line of events.jsonl, its number as id; ends with the run.",
     .handler = get_run_events,
     .answer_type = "text/event-stream",
     .stream = true},
    {.method = "GET",
     .path = "/api/runs/{run}/holes",
     .role = GM_ROLE_VIEWER,
     .summary = "every hole as the fold that has not seen it predicts it",
     .handler = get_run_holes,
     .answer = "{items: [RUN_HOLE]}",
     .slow = true},
    {.method = "GET",
     .path = "/api/runs/{run}/files/{path}",
     .role = GM_ROLE_VIEWER,
     .summary = "a file of the run",
     .doc = "report.html, model.onnx, metrics.json, training.log, fold_01/model.safetensors, evaluations/ID.html, ... "
            "Those that hold"
            " labels of single holes (has_labels: out_of_fold.csv, evaluations) need the role engineer.",
     .handler = get_run_file,
     .answer_type = "application/octet-stream",
     .slow = true},
    {.method = "GET",
     .path = "/api/models",
     .role = GM_ROLE_VIEWER,
     .summary = "finished runs and their files, newest first",
     .handler = get_models,
     .answer = "{items: [MODEL]}",
     .slow = true},
};

const api_group api_training = {.name = "training",
                                .doc = "Runs, the models that come out of them, and how to follow them.",
                                .routes = routes,
                                .n_routes = GM_COUNT(routes),
                                .open = open_training,
                                .close = close_training};
