/* evaluate: every labelled hole predicted by models that have not seen it, the errors in millimetres, and beside them
 * what the rules and the inference system's algorithms make of the same records. */
#include "base/json.h"
#include "dataset.h"
#include "reports.h"
#include "service/service.h"

#include <string.h>

typedef struct {
    const gm_evaluate_request *request;
    service_dataset dataset;
    gm_predictor *predictor;
    gm_evaluation_item *items, *rules, *inference;
    size_t count, n_failed;
    gm_fold_key *keys; /* the group names that items point to */
} evaluation;

static void evaluation_finish(evaluation *e) {
    gm_free(e->items);
    gm_free(e->rules);
    gm_free(e->inference);
    gm_free(e->keys);
    gm_predictor_free(e->predictor);
    service_dataset_finish(&e->dataset);
}

/* The same hole as another method sees it. */
static void add_baselines(evaluation *e, const gm_record *record, size_t index) {
    e->rules[index] = e->inference[index] = e->items[index];
    e->rules[index].prediction = e->inference[index].prediction = (gm_prediction){0};
    for (int p = 0; p < GM_N_POINTS; p++) {
        e->rules[index].prediction.low_mm[p] = e->rules[index].prediction.high_mm[p] = NAN;
        e->inference[index].prediction.low_mm[p] = e->inference[index].prediction.high_mm[p] = NAN;
    }
    e->rules[index].prediction.hole_depth_low_mm = e->rules[index].prediction.hole_depth_high_mm = NAN;
    e->inference[index].prediction.hole_depth_low_mm = e->inference[index].prediction.hole_depth_high_mm = NAN;
    gm_baseline_inference_system(record, &e->inference[index].prediction.label);
    e->rules[index].prediction.label = GM_LABEL_EMPTY;
    if (gm_label_record(record, &e->rules[index].prediction.label, NULL) != GM_OK)
        e->rules[index].prediction.label = GM_LABEL_EMPTY;
}

static gm_status predict_one(evaluation *e, size_t hole, gm_error *err) {
    const gm_training_hole *source = &e->dataset.holes[hole];
    gm_auto(gm_record) record = NULL;
    GM_TRY(e->dataset.data.load(e->dataset.data.ctx, hole, &record, err));
    gm_fold_key *key = &e->keys[e->count];
    gm_fold_key_of(record, source->file, source->family, key);
    gm_evaluation_item *item = &e->items[e->count];
    *item = (gm_evaluation_item){.file = source->file,
                                 .family = key->family,
                                 .program = key->program,
                                 .tool_age = key->tool_age,
                                 .reference = source->label};
    int fold = gm_predictor_fold_of(e->predictor, record);
    item->fold = fold + 1;
    if (fold >= 0)
        GM_TRY(gm_predictor_run_fold(e->predictor, fold, record, &item->prediction, err));
    else
        GM_TRY(gm_predictor_run(e->predictor, record, &item->prediction, err));
    add_baselines(e, record, e->count);
    e->count++;
    return GM_OK;
}

static gm_status predict_all(evaluation *e, gm_error *err) {
    size_t n = e->dataset.data.count;
    if (n == 0)
        return gm_fail_at(err, GM_E_ARG, 0, 0, "import labels (gimlet labels import) or prepare with --auto-label",
                          "no hole of %s has a label to compare with", e->request->test_data);
    e->items = gm_calloc(n, sizeof *e->items);
    e->rules = gm_calloc(n, sizeof *e->rules);
    e->inference = gm_calloc(n, sizeof *e->inference);
    e->keys = gm_calloc(n, sizeof *e->keys);
    if (!e->items || !e->rules || !e->inference || !e->keys) return gm_nomem(err);
    for (size_t i = 0; i < n; i++) {
        gm_error failure = {0};
        gm_status status = predict_one(e, i, &failure);
        if (status == GM_E_NOMEM) return gm_nomem(err);
        if (status != GM_OK) {
            gm_log(GM_LOG_WARNING, "%s: %s", e->dataset.holes[i].file, failure.message);
            e->n_failed++;
        }
        if (!gm_report(e->request->observer, "predicting", (long)i + 1, (long)n, NULL))
            return gm_fail(err, GM_E_CANCELLED, "stopped after %zu of %zu holes", i + 1, n);
    }
    return e->count ? GM_OK : gm_fail(err, GM_E_FORMAT, "none of the %zu holes could be predicted", n);
}

typedef bool item_test(const gm_evaluation_item *item);
static bool is_out_of_fold(const gm_evaluation_item *item) {
    return item->fold > 0;
}
static bool is_held_out(const gm_evaluation_item *item) {
    return item->fold == 0;
}
/* The rules are no comparison where they made the reference themselves. */
static bool is_not_by_rule(const gm_evaluation_item *item) {
    return item->reference.source != GM_SOURCE_RULE;
}

static gm_status metrics_where(const gm_evaluation_item *items, size_t count, item_test *test, gm_metrics *out,
                               gm_error *err) {
    gm_auto_free gm_evaluation_item *some = gm_alloc_array(count, sizeof *some);
    if (!some) return gm_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (test(&items[i])) some[n++] = items[i];
    return gm_metrics_compute(some, n, out, err);
}

static void put_metrics(json_t *object, const char *key, const gm_metrics *metrics) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_metrics_json(metrics, &text);
    json_object_set_new(object, key, json_loads(gm_text_c(&text), 0, NULL));
}

static json_t *holes_json(const evaluation *e) {
    json_t *list = json_array();
    for (size_t i = 0; i < e->count; i++) {
        const gm_evaluation_item *item = &e->items[i];
        json_t *hole = json_pack("{s:s, s:i}", "file", item->file, "fold", item->fold);
        for (int p = 0; p < GM_N_POINTS; p++) {
            double predicted = item->prediction.label.points[p].mm, reference = item->reference.points[p].mm;
            json_t *point = json_object();
            if (!isnan(reference)) json_object_set_new(point, "reference_mm", json_real(reference));
            if (!isnan(predicted)) {
                json_object_set_new(point, "mm", json_real(predicted));
                json_object_set_new(point, "low_mm", json_real(item->prediction.low_mm[p]));
                json_object_set_new(point, "high_mm", json_real(item->prediction.high_mm[p]));
            }
            json_object_set_new(point, "confidence", json_real(item->prediction.label.points[p].confidence));
            json_object_set_new(hole, gm_point_name((gm_point)p), point);
        }
        json_array_append_new(list, hole);
    }
    return list;
}

static gm_status write_json(const evaluation *e, const gm_evaluate_summary *summary, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    GM_TRY(gm_evaluation_json(e->items, e->count, &text, err));
    json_t *root = json_loads(gm_text_c(&text), 0, NULL);
    if (!root) return gm_fail(err, GM_E_INTERNAL, "the evaluation is not JSON");
    json_object_set_new(root, "model_dir", json_string(e->request->model_dir));
    json_object_set_new(root, "test_data", json_string(e->request->test_data));
    json_object_set_new(root, "snapshot", json_string(e->dataset.snapshot));
    json_object_set_new(root, "not_predicted", json_integer((json_int_t)e->n_failed));
    json_object_set_new(root, "reference_by_rule", json_integer((json_int_t)summary->n_by_rule));
    put_metrics(root, "out_of_fold", &summary->out_of_fold);
    put_metrics(root, "held_out", &summary->held_out);
    json_t *baselines = json_object();
    put_metrics(baselines, "rules", &summary->rules);
    put_metrics(baselines, "inference_system", &summary->inference_system);
    json_object_set_new(root, "baselines", baselines);
    json_object_set_new(root, "results", holes_json(e));
    return gm_json_write_brief(e->request->output_report, root, err);
}

/* results.json -> results.html */
static char *page_beside(const char *json_path) {
    size_t n = strlen(json_path);
    if (gm_ends_with(json_path, ".json")) n -= 5;
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_append_n(&text, json_path, n);
    gm_text_append(&text, ".html");
    return gm_text_take(&text);
}

/* What cannot be written is said before the work. */
static gm_status make_folder_of(const char *path, gm_error *err) {
    gm_auto_free char *folder = gm_strndup(path, (size_t)(gm_path_base(path) - path));
    if (!folder) return gm_nomem(err);
    return folder[0] ? gm_make_dirs(folder, err) : GM_OK;
}

gm_status gm_evaluate(const gm_evaluate_request *request, gm_evaluate_summary *out, gm_error *err) {
    *out = (gm_evaluate_summary){0};
    __attribute__((cleanup(evaluation_finish))) evaluation e = {.request = request};
    GM_TRY(make_folder_of(request->output_report, err));
    GM_TRY(service_dataset_open(request->test_data, DATASET_TO_JUDGE, &e.dataset, err));
    GM_TRY(gm_predictor_open(request->model_dir, request->threads, &e.predictor, err));
    GM_TRY(predict_all(&e, err));
    out->n_failed = e.n_failed;
    GM_TRY(gm_metrics_compute(e.items, e.count, &out->all, err));
    GM_TRY(gm_metrics_compute(e.inference, e.count, &out->inference_system, err));
    GM_TRY(metrics_where(e.rules, e.count, is_not_by_rule, &out->rules, err));
    GM_TRY(metrics_where(e.items, e.count, is_out_of_fold, &out->out_of_fold, err));
    GM_TRY(metrics_where(e.items, e.count, is_held_out, &out->held_out, err));
    out->n_by_rule = e.count - out->rules.holes;
    GM_TRY(write_json(&e, out, err));
    out->report_html = page_beside(request->output_report);
    if (!out->report_html) return gm_nomem(err);
    report_holes holes = {e.items, e.count, &e.dataset};
    return report_evaluation(request, out, &holes, out->report_html, err);
}

void gm_evaluate_summary_finish(gm_evaluate_summary *summary) {
    gm_free(summary->report_html);
    summary->report_html = NULL;
}
