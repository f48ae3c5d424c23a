/* gimlet.json: what a fold's directory says beside Hugging Face's two files. */
#include "base/json.h"
#include "loop_internal.h"

#include <stdlib.h>
#include <string.h>

enum { FORMAT_VERSION = 1 };

static json_t *channels_json(const gm_pipeline *p) {
    json_t *list = json_array();
    for (int c = 0; c < p->set->n_channels; c++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:f}", "name", p->set->channels[c].name, "unit",
                                              p->set->channels[c].unit, "mean", p->normaliser.mean[c], "scale",
                                              p->normaliser.scale[c]));
    return list;
}

static json_t *calibration_json(const gm_calibration *c) {
    if (!c->known) return json_null();
    json_t *out = json_pack("{s:s, s:f}", "method", "split-conformal, out of fold", "interval", c->interval);
    for (int i = 0; i < GM_N_EVAL; i++)
        json_object_set_new(out, gm_eval_name(i),
                            json_pack("{s:f, s:I}", "factor", c->factor[i], "holes", (json_int_t)c->holes[i]));
    return out;
}

static json_t *document(const gm_pipeline *p, const gm_provenance *from) {
    const gm_feature_options *f = &p->features;
    json_t *features = json_pack("{s:s, s:i, s:f, s:b, s:b, s:o}", "name", p->set->name, "version", p->set->version,
                                 "bin_mm", f->bin_mm, "normalize_position", f->normalize_position,
                                 "combine_torque_signals", f->combine_torque, "channels", channels_json(p));
    json_t *provenance =
        json_pack("{s:s, s:s, s:s?, s:i, s:i, s:i, s:I}", "gimlet", GM_VERSION, "strategy",
                  from->strategy ? from->strategy : "", "dataset", from->snapshot, "fold", from->fold, "folds",
                  from->n_folds, "seed", from->seed, "best_epoch", (json_int_t)from->best_epoch);
    return json_pack("{s:s, s:i, s:o, s:{s:b}, s:s, s:{s:s, s:i}, s:[s,s,s], s:o, s:o}", "format", "gimlet-model",
                     "version", FORMAT_VERSION, "features", features, "windows", "many", p->many_windows, "outputs",
                     p->peaks ? "peaks" : "log_odds", "read_out", "name", gm_read_out_of(p->set).name, "version",
                     p->read_out_version, "labels", gm_point_name(GM_ENTRY), gm_point_name(GM_TRANSITION),
                     gm_point_name(GM_EXIT), "calibration", calibration_json(&p->calibration), "provenance",
                     provenance);
}

gm_status gm_pipeline_save(const char *dir, const gm_pipeline *pipeline, const gm_provenance *provenance,
                           gm_error *err) {
    return gm_json_write_in(dir, "gimlet.json", document(pipeline, provenance), err);
}

/* ---- reading ---- */

static gm_status bad(gm_error *err, const char *what) {
    return gm_fail_at(err, GM_E_FORMAT, 0, 0, "train the model again, or use the gimlet that made it",
                      "gimlet.json: %s", what);
}

static gm_status read_channels(json_t *list, gm_pipeline *p, gm_error *err) {
    if (json_array_size(list) != (size_t)p->set->n_channels) return bad(err, "another number of channels");
    p->normaliser.channels = p->set->n_channels;
    for (int c = 0; c < p->set->n_channels; c++) {
        json_t *channel = json_array_get(list, (size_t)c);
        const char *name = json_string_value(json_object_get(channel, "name"));
        p->normaliser.mean[c] = json_number_value(json_object_get(channel, "mean"));
        p->normaliser.scale[c] = json_number_value(json_object_get(channel, "scale"));
        if (!name || strcmp(name, p->set->channels[c].name) != 0) return bad(err, "a channel has another name");
        if (!isfinite(p->normaliser.mean[c]) || !(fabs(p->normaliser.scale[c]) > 1e-12))
            return bad(err, "the scale of a channel is 0");
    }
    return GM_OK;
}

static void read_calibration(json_t *from, gm_calibration *out) {
    *out = (gm_calibration){.known = json_is_object(from)};
    if (!out->known) return;
    out->interval = json_number_value(json_object_get(from, "interval"));
    for (int i = 0; i < GM_N_EVAL; i++) {
        json_t *point = json_object_get(from, gm_eval_name(i));
        out->factor[i] = json_number_value(json_object_get(point, "factor"));
        out->holes[i] = (size_t)json_integer_value(json_object_get(point, "holes"));
    }
}

static gm_status read_features(json_t *features, gm_pipeline *p, gm_error *err) {
    const char *name = json_string_value(json_object_get(features, "name"));
    p->set = name ? gm_feature_set_find(name) : NULL;
    if (!p->set) return bad(err, "its feature set is not known here");
    if (json_integer_value(json_object_get(features, "version")) != p->set->version)
        return bad(err, "its feature set has another version here");
    p->features =
        (gm_feature_options){.bin_mm = json_number_value(json_object_get(features, "bin_mm")),
                             .normalize_position = json_is_true(json_object_get(features, "normalize_position")),
                             .combine_torque = json_is_true(json_object_get(features, "combine_torque_signals")),
                             .tool_age = NAN,
                             .predrilled = NAN};
    if (!(p->features.bin_mm >= 0.001 && p->features.bin_mm <= 10)) return bad(err, "bin_mm is out of range");
    return read_channels(json_object_get(features, "channels"), p, err);
}

static gm_status read_document(json_t *root, gm_pipeline *p, gm_provenance *from, gm_error *err) {
    const char *format = json_string_value(json_object_get(root, "format"));
    if (!format || strcmp(format, "gimlet-model") != 0) return bad(err, "no gimlet-model");
    if (json_integer_value(json_object_get(root, "version")) != FORMAT_VERSION) return bad(err, "another version");
    GM_TRY(read_features(json_object_get(root, "features"), p, err));
    json_int_t version = json_integer_value(json_object_get(json_object_get(root, "read_out"), "version"));
    const char *outputs = json_string_value(json_object_get(root, "outputs"));
    if (!outputs) return bad(err, "it does not say what its outputs are");
    if (version < 1 || version > gm_read_out_of(p->set).version) return bad(err, "another version of the read-out");
    p->read_out_version = (int)version;
    p->peaks = strcmp(outputs, "peaks") == 0;
    p->many_windows = json_is_true(json_object_get(json_object_get(root, "windows"), "many"));
    read_calibration(json_object_get(root, "calibration"), &p->calibration);
    if (!from) return GM_OK;
    json_t *provenance = json_object_get(root, "provenance");
    *from = (gm_provenance){.strategy = gm_strdup(json_string_value(json_object_get(provenance, "strategy"))),
                            .snapshot = gm_strdup(json_string_value(json_object_get(provenance, "dataset"))),
                            .fold = (int)json_integer_value(json_object_get(provenance, "fold")),
                            .n_folds = (int)json_integer_value(json_object_get(provenance, "folds")),
                            .seed = (int)json_integer_value(json_object_get(provenance, "seed")),
                            .best_epoch = (long)json_integer_value(json_object_get(provenance, "best_epoch"))};
    return GM_OK;
}

gm_status gm_pipeline_parse(const char *text, size_t size, gm_pipeline *pipeline, gm_provenance *provenance,
                            gm_error *err) {
    json_error_t where;
    json_t *root = json_loadb(text, size, 0, &where);
    if (!root)
        return gm_error_prefix(err, gm_fail_at(err, GM_E_FORMAT, where.line, where.column, NULL, "%s", where.text),
                               "gimlet.json");
    gm_pipeline made = {0};
    gm_status status = read_document(root, &made, provenance, err);
    json_decref(root);
    if (status == GM_OK) *pipeline = made;
    return status;
}

gm_status gm_pipeline_load(const char *dir, gm_pipeline *pipeline, gm_provenance *provenance, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "gimlet.json");
    gm_auto_free char *text = NULL;
    size_t size;
    if (!path) return gm_nomem(err);
    GM_TRY(gm_read_file(path, 1 << 20, &text, &size, err));
    gm_status status = gm_pipeline_parse(text, size, pipeline, provenance, err);
    return status == GM_OK ? GM_OK : gm_error_prefix(err, status, "%s", dir);
}

void gm_provenance_finish(gm_provenance *provenance) {
    gm_free(provenance->strategy);
    gm_free(provenance->snapshot);
    *provenance = (gm_provenance){0};
}
