/* A record in, its points out. */
#include "service/models/predict.h"
#include "../api_internal.h"

static gm_status open_predict(const api_options *options, gm_project *project, void **state, gm_error *err) {
    (void)project;
    gm_predictors *predictors;
    GM_TRY(gm_predictors_new(options->models_dir, &predictors, err));
    *state = predictors;
    return GM_OK;
}

static void close_predict(void *state) {
    gm_predictors_free(state);
}

typedef struct {
    char *model, *file;
} predict_query;

static const gm_param_spec predict_params[] = {
    {.key = "model",
     .type = GM_PARAM_STRING,
     .offset = offsetof(predict_query, model),
     .fallback = "",
     .doc = "a finished run, or a registered model: NAME:3, NAME@champion"},
    {.key = "file",
     .type = GM_PARAM_STRING,
     .offset = offsetof(predict_query, file),
     .fallback = "record",
     .doc = "the name that stands in the answer"},
};

static gm_status post_predict(const api_request *request, api_answer *answer, gm_error *err) {
    const predict_query *q = request->query;
    json_t *prediction;
    if (!q->model || !*q->model) return gm_fail(err, GM_E_ARG, "model: which run?");
    GM_TRY(gm_predictors_predict(request->state, q->model, q->file ? q->file : "record", request->body,
                                 request->body_size, &prediction, err));
    return api_send_json(answer, 0, prediction, err);
}

static const api_route routes[] = {
    {.method = "POST",
     .path = "/api/predict",
     .role = GM_ROLE_VIEWER,
     .summary = "at which depths did the drill enter, meet the next material, come out?",
     .doc = "A machine file as body. The answer is what gimlet predict --format json prints for it. Nothing is kept.",
     .handler = post_predict,
     .query = predict_params,
     .n_query = GM_COUNT(predict_params),
     .query_size = sizeof(predict_query),
     .body_type = "application/octet-stream",
     .answer = "{file: string, points: {entry: PREDICTED_POINT|null, transition: PREDICTED_POINT|null,"
               " exit: PREDICTED_POINT|null}, layers_mm: [number], grip_code: integer|null, warnings: [string]}"},
};

const api_group api_predict = {.name = "predict",
                               .doc = "A record in, its points out.",
                               .routes = routes,
                               .n_routes = GM_COUNT(routes),
                               .open = open_predict,
                               .close = close_predict};
