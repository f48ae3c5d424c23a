#include "label_studio.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* --- out --- */

/* Names of files may be in any encoding: what is no UTF-8 becomes U+FFFD, as in all our JSON. */
static json_t *text_of(const char *s) {
    json_t *text = json_string(s);
    if (text) return text;
    gm_auto_text quoted = GM_TEXT_INIT;
    gm_text_json_string(&quoted, s);
    return gm_text_ok(&quoted) ? json_loads(gm_text_c(&quoted), JSON_DECODE_ANY, NULL) : NULL;
}

static json_t *point_result(const gm_label *label, int p, const char *id) {
    const gm_label_point *point = &label->points[p];
    json_t *result = json_pack("{s:o, s:s, s:s, s:s, s:{s:f, s:f, s:b, s:[s]}}", "id",
                               json_sprintf("%.16s-%s", id, gm_point_name((gm_point)p)), "from_name", "point",
                               "to_name", "signals", "type", "timeserieslabels", "value", "start", point->mm, "end",
                               point->mm, "instant", 1, "timeserieslabels", gm_point_name((gm_point)p));
    if (point->evidence[0]) json_object_set_new(result, "meta", json_pack("{s:[s]}", "text", point->evidence));
    return result;
}

static json_t *results_of(const gm_label *label, const char *id) {
    json_t *results = json_array();
    for (int p = 0; p < GM_N_POINTS; p++)
        if (isfinite(label->points[p].mm)) json_array_append_new(results, point_result(label, p, id));
    if (label->reason[0])
        json_array_append_new(results, json_pack("{s:s, s:s, s:s, s:{s:[s]}}", "from_name", "reason", "to_name",
                                                 "signals", "type", "textarea", "value", "text", label->reason));
    return results;
}

/* Label Studio knows its users by number only, and refuses others: the author is a field of our own. */
static json_t *annotation_of(const gm_label *label, const char *id) {
    return json_pack("{s:o, s:b, s:b, s:s, s:s}", "result", results_of(label, id), "was_cancelled", label->rejected,
                     "ground_truth", label->source == GM_SOURCE_TRUTH, "author", label->author, "created_at",
                     label->made_at);
}

static json_t *prediction_of(const gm_label *label, const char *id) {
    const char *version = label->author[0] ? label->author : gm_label_source_name(label->source);
    return json_pack("{s:o, s:s, s:f}", "result", results_of(label, id), "model_version", version, "score",
                     label->confidence);
}

static json_t *task_of(const gm_stored_hole *hole, size_t number, const gm_stored_label *labels, size_t n) {
    json_t *annotations = json_array(), *predictions = json_array();
    for (size_t i = 0; i < n; i++) {
        const gm_label *label = &labels[i].label;
        if (label->source >= GM_SOURCE_EXPERT)
            json_array_append_new(annotations, annotation_of(label, hole->sha256));
        else
            json_array_append_new(predictions, prediction_of(label, hole->sha256));
    }
    return json_pack("{s:I, s:{s:o, s:s, s:o}, s:o, s:o}", "id", (json_int_t)number, "data", "file",
                     text_of(hole->file), "sha256", hole->sha256, "signals",
                     json_sprintf("/api/holes/%s/record", hole->sha256), "annotations", annotations, "predictions",
                     predictions);
}

static int append(const char *bytes, size_t size, void *out) {
    gm_text_append_n(out, bytes, size);
    return gm_text_ok(out) ? 0 : -1;
}

static int by_hole(const void *key, const void *item) {
    return strcmp(key, ((const gm_stored_label *)item)->sha256);
}

gm_status label_studio_write(const gm_stored_holes *holes, const gm_stored_labels *labels, gm_text *out,
                             gm_error *err) {
    gm_text_append(out, "[");
    for (size_t i = 0; i < holes->count; i++) {
        const gm_stored_hole *hole = &holes->items[i];
        const gm_stored_label *hit =
            labels->count ? bsearch(hole->sha256, labels->items, labels->count, sizeof *hit, by_hole) : NULL;
        const gm_stored_label *from = hit, *to = hit, *end = labels->items + labels->count;
        while (from && from > labels->items && strcmp(from[-1].sha256, hole->sha256) == 0) from--;
        while (to && to < end && strcmp(to->sha256, hole->sha256) == 0) to++;
        json_t *task = task_of(hole, i + 1, from, (size_t)(to - from));
        gm_text_append(out, i ? ",\n" : "\n");
        const int failed = task ? json_dump_callback(task, append, out, JSON_REAL_PRECISION(9)) : -1;
        json_decref(task);
        if (failed) return gm_nomem(err);
    }
    gm_text_append(out, "\n]\n");
    return gm_text_ok(out) ? GM_OK : gm_nomem(err);
}

/* --- in --- */

bool label_studio_is(const char *bytes, size_t size) {
    size_t i = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (i < size && strchr(" \t\r\n", bytes[i]) && bytes[i]) i++;
    return i < size && (bytes[i] == '[' || bytes[i] == '{');
}

/* "entry" in ["Entry"]; GM_N_POINTS for anything else. */
static gm_point point_of(const json_t *names) {
    const char *name = json_string_value(json_array_get(names, 0));
    for (int p = 0; name && p < GM_N_POINTS; p++)
        if (gm_equal_nocase(name, gm_point_name((gm_point)p))) return (gm_point)p;
    return GM_N_POINTS;
}

/* One drawn thing. Regions count from where they start; what is no point of ours is passed over. */
static gm_status read_result(const json_t *result, size_t task, gm_label *label, gm_error *err) {
    const json_t *value = json_object_get(result, "value");
    const json_t *text = json_array_get(json_object_get(value, "text"), 0);
    if (json_is_string(text)) snprintf(label->reason, sizeof label->reason, "%s", json_string_value(text));
    const gm_point p = point_of(json_object_get(value, "timeserieslabels"));
    if (p == GM_N_POINTS) return GM_OK;
    const json_t *start = json_object_get(value, "start");
    const double mm = json_is_number(start) ? json_number_value(start) : NAN;
    if (!isfinite(mm) || fabs(mm) > 1000)
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "the axis of the time series must be the depth in mm",
                          "task %zu: \"%s\" has no depth in mm", task, gm_point_name(p));
    if (isfinite(label->points[p].mm))
        return gm_fail(err, GM_E_FORMAT, "task %zu has \"%s\" twice in one annotation", task, gm_point_name(p));
    label->points[p].mm = mm;
    const char *evidence =
        json_string_value(json_array_get(json_object_get(json_object_get(result, "meta"), "text"), 0));
    if (evidence) snprintf(label->points[p].evidence, sizeof label->points[p].evidence, "%s", evidence);
    return GM_OK;
}

/* Our own field, else how Label Studio names who completed it. */
static void read_author(const json_t *annotation, gm_label *label) {
    const json_t *by = json_object_get(annotation, "completed_by");
    const char *name = json_string_value(json_object_get(annotation, "author"));
    if (!name && json_is_string(by)) name = json_string_value(by);
    if (!name && json_is_object(by)) name = json_string_value(json_object_get(by, "email"));
    if (name)
        snprintf(label->author, sizeof label->author, "%s", name);
    else if (json_is_integer(by))
        snprintf(label->author, sizeof label->author, "annotator %lld", (long long)json_integer_value(by));
}

static gm_status check_label_order(const gm_label *label, size_t task, gm_error *err) {
    double before = -INFINITY;
    for (int p = 0; p < GM_N_POINTS; p++) {
        if (isnan(label->points[p].mm)) continue;
        if (label->points[p].mm < before)
            return gm_fail(err, GM_E_FORMAT, "task %zu: the points are not in the order entry, transition, exit", task);
        before = label->points[p].mm;
    }
    return GM_OK;
}

static gm_status read_annotation(const json_t *annotation, const char *hole, size_t task, gm_label_source source,
                                 gm_label_table *out, gm_error *err) {
    const json_t *results = json_object_get(annotation, "result"), *result;
    size_t i;
    gm_label label = GM_LABEL_EMPTY;
    label.source = json_is_true(json_object_get(annotation, "ground_truth")) ? GM_SOURCE_TRUTH : source;
    label.rejected = json_is_true(json_object_get(annotation, "was_cancelled"));
    label.confidence = 1;
    for (int p = 0; p < GM_N_POINTS; p++) label.points[p].confidence = 1;
    const char *at = json_string_value(json_object_get(annotation, "created_at"));
    if (at) snprintf(label.made_at, sizeof label.made_at, "%s", at);
    read_author(annotation, &label);
    json_array_foreach (results, i, result) {
        GM_TRY(read_result(result, task, &label, err));
    }
    GM_TRY(check_label_order(&label, task, err));
    if (label.rejected && !label.reason[0]) snprintf(label.reason, sizeof label.reason, "skipped in Label Studio");
    return gm_label_table_add(out, hole, &label, err);
}

/* The hole that a task is about. */
static const char *hole_of(const json_t *task) {
    static const char *const names[] = {"sha256", "file", "csv", "signals", "ts"};
    const json_t *data = json_object_get(task, "data");
    for (size_t i = 0; i < GM_COUNT(names); i++) {
        const char *name = json_string_value(json_object_get(data, names[i]));
        if (name && name[0]) return name;
    }
    return json_string_value(json_object_get(task, "file_upload"));
}

static gm_status read_task(const json_t *task, size_t number, gm_label_source source, gm_label_table *out,
                           gm_error *err) {
    const char *hole = hole_of(task);
    if (!hole)
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "data.file or data.sha256 names the hole",
                          "task %zu does not say which record it is about", number);
    const json_t *annotations = json_object_get(task, "annotations"), *annotation;
    if (!annotations) annotations = json_object_get(task, "completions"); /* until Label Studio 1.0 */
    size_t i;
    json_array_foreach (annotations, i, annotation) {
        GM_TRY(read_annotation(annotation, hole, number, source, out, err));
    }
    return GM_OK;
}

gm_status label_studio_read(const char *bytes, size_t size, gm_label_source source, gm_label_table *out,
                            gm_error *err) {
    json_error_t wrong;
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) bytes += 3, size -= 3;
    json_t *root = json_loadb(bytes, size, 0, &wrong);
    if (!root) return gm_fail_at(err, GM_E_FORMAT, wrong.line, wrong.column, NULL, "not JSON: %.200s", wrong.text);
    const json_t *task;
    size_t i;
    gm_status status = GM_OK;
    if (json_is_object(root)) status = read_task(root, 1, source, out, err);
    json_array_foreach (root, i, task) {
        if (status == GM_OK) status = read_task(task, i + 1, source, out, err);
    }
    json_decref(root);
    return status;
}
