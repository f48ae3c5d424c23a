/* What a version is, in one JSON object: signature, figures, calibration, and for which holes it was made. */
#include "registry_internal.h"

#include "base/json.h"
#include "service/runs/run_store.h"

#include <math.h>
#include <string.h>

static json_t *read_or_null(const char *dir, const char *name) {
    gm_auto_free char *path = gm_path_join(dir, name);
    json_t *root = NULL;
    return path && gm_json_read(path, &root, NULL) == GM_OK ? root : NULL;
}

/* Inputs and outputs, from the first fold. */
static json_t *signature_of(const json_t *config, const json_t *gimlet) {
    json_t *channels = json_array(), *channel;
    size_t i;
    json_array_foreach (json_object_get(json_object_get(gimlet, "features"), "channels"), i, channel)
        json_array_append_new(channels, json_pack("{s:O?, s:O?}", "name", json_object_get(channel, "name"), "unit",
                                                  json_object_get(channel, "unit")));
    json_t *inputs = json_pack("{s:s, s:s, s:[n, O?, O?], s:o}", "name", "past_values", "type", "float32", "shape",
                               json_object_get(config, "context_length"), json_object_get(config, "num_input_channels"),
                               "channels", channels);
    json_t *labels = json_object_get(gimlet, "labels");
    json_t *outputs =
        json_pack("{s:s, s:s, s:[n, O?, i], s:O?}", "name", "prediction_outputs", "type", "float32", "shape",
                  json_object_get(config, "prediction_length"), (int)json_array_size(labels), "labels", labels);
    return json_pack("{s:[o], s:[o]}", "inputs", inputs, "outputs", outputs);
}

/* The least and the largest depth of each point among the holes it was judged on, and the groups that these came from:
 * outside of them nothing was shown. */
static json_t *limits_of(const version_holes *holes) {
    json_t *points = json_object(), *families = json_object(), *programs = json_object();
    for (int p = 0; p < GM_N_POINTS; p++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < holes->count; i++) {
            double mm = holes->items[i].reference.points[p].mm;
            if (isnan(mm)) continue;
            low = fmin(low, mm);
            high = fmax(high, mm);
        }
        if (low <= high)
            json_object_set_new(points, gm_point_name((gm_point)p),
                                json_pack("{s:f, s:f}", "from_mm", low, "to_mm", high));
    }
    for (size_t i = 0; i < holes->count; i++) {
        const char *names[] = {holes->items[i].family, holes->items[i].program};
        json_t *counts[] = {families, programs};
        for (int k = 0; k < 2; k++) {
            if (!names[k] || !*names[k]) continue;
            json_int_t n = json_integer_value(json_object_get(counts[k], names[k]));
            json_object_set_new(counts[k], names[k], json_integer(n + 1));
        }
    }
    return json_pack("{s:I, s:o, s:o, s:o}", "holes", (json_int_t)holes->count, "points", points, "families", families,
                     "programs", programs);
}

/* {"exit_mae_mm": 0.09, ...}: the numbers of the run under their short names. */
static gm_status metrics_of(const char *run_dir, json_t **out, gm_error *err) {
    json_t *values, *value, *metrics = json_object();
    const char *key;
    GM_TRY(gm_run_values(run_dir, &values, err));
    json_object_foreach (values, key, value)
        if (gm_starts_with(key, "metrics.") && json_is_number(value)) json_object_set(metrics, key + 8, value);
    json_decref(values);
    *out = metrics;
    return metrics ? GM_OK : gm_nomem(err);
}

gm_status version_facts(const char *run_dir, json_t **out, gm_error *err) {
    auto_version_holes holes = {0};
    json_t *metrics = NULL;
    GM_TRY(version_holes_read(run_dir, &holes, err));
    GM_TRY(metrics_of(run_dir, &metrics, err));
    json_t *run = read_or_null(run_dir, "run.json"), *told = read_or_null(run_dir, "metrics.json");
    json_t *config = read_or_null(run_dir, "fold_01/config.json"),
           *gimlet = read_or_null(run_dir, "fold_01/gimlet.json");
    json_t *provenance = json_object_get(gimlet, "provenance");
    json_t *facts =
        json_pack("{s:o, s:o, s:o, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?}", "metrics", metrics, "signature",
                  signature_of(config, gimlet), "limits", limits_of(&holes), "calibration",
                  json_object_get(gimlet, "calibration"), "n_folds", json_object_get(told, "folds"), "grouping",
                  json_object_get(told, "grouping"), "strategy", json_object_get(run, "strategy"), "gimlet",
                  json_object_get(run, "gimlet"), "started", json_object_get(run, "started"), "data_dir",
                  json_object_get(run, "data_dir"), "seed", json_object_get(provenance, "seed"));
    json_decref(run);
    json_decref(told);
    json_decref(config);
    json_decref(gimlet);
    *out = facts;
    return facts ? GM_OK : gm_nomem(err);
}
