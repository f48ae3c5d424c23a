/* Snapshots: reading one, and finding out whether it is what its name says. */
#include "base/json.h"
#include "snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 1 << 30, N_WORDS = 2 + 2 * GM_N_POINTS };

void snapshot_finish(snapshot *kept) {
    gm_free(kept->items);
    gm_arena_free(kept->arena);
    *kept = (snapshot){0};
}

static gm_status changed(const char *path, gm_error *err) {
    return gm_fail_at(err, GM_E_FORMAT, 0, 0, "restore it from a copy of the data directory",
                      "%s is damaged: its bytes no longer have the hash that is its name", path);
}

/* ---- JSON ---- */

static double number_of(const json_t *value) {
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static gm_label_source source_of(const char *name) {
    for (int s = 0; s < GM_N_SOURCES; s++)
        if (strcmp(gm_label_source_name((gm_label_source)s), name) == 0) return (gm_label_source)s;
    return GM_SOURCE_RULE;
}

static gm_status read_hole(const json_t *from, gm_arena *arena, snapshot_hole *out, gm_error *err) {
    const json_t *label = json_object_get(from, "label");
    *out = (snapshot_hole){.file = gm_arena_strdup(arena, text_of(from, "file")),
                           .family = gm_arena_strdup(arena, text_of(from, "family")),
                           .version = json_integer_value(json_object_get(label, "version")),
                           .label = GM_LABEL_EMPTY};
    if (!out->file || !out->family) return gm_nomem(err);
    snprintf(out->id, sizeof out->id, "%s", text_of(from, "id"));
    snprintf(out->stored, sizeof out->stored, "%s", text_of(from, "stored"));
    out->label.source = source_of(text_of(label, "source"));
    snprintf(out->label.author, sizeof out->label.author, "%s", text_of(label, "author"));
    snprintf(out->label.made_at, sizeof out->label.made_at, "%s", text_of(label, "made_at"));
    out->label.confidence = number_of(json_object_get(label, "confidence"));
    for (int p = 0; p < GM_N_POINTS; p++) {
        const json_t *pair = json_object_get(label, gm_point_name((gm_point)p));
        out->label.points[p].mm = number_of(json_array_get(pair, 0));
        out->label.points[p].confidence = number_of(json_array_get(pair, 1));
    }
    return GM_OK;
}

static gm_status read_json(const char *bytes, size_t size, const char *path, snapshot *out, gm_error *err) {
    char hash[GM_SHA256_HEX];
    gm_sha256(bytes, size, hash);
    if (strcmp(hash, out->name) != 0) return changed(path, err);
    json_t *root = json_loadb(bytes, size, 0, NULL), *hole;
    const json_t *holes = json_object_get(root, "holes");
    size_t i;
    gm_status status = GM_OK;
    if (json_integer_value(json_object_get(root, "version")) != 1)
        status =
            gm_fail_at(err, GM_E_FORMAT, 0, 0, "use the gimlet that made it", "%s: a version not known here", path);
    out->items = gm_calloc(json_array_size(holes) + 1, sizeof *out->items);
    if (!out->items) status = gm_nomem(err);
    json_array_foreach (holes, i, hole)
        if (status == GM_OK) status = read_hole(hole, out->arena, &out->items[out->count++], err);
    json_decref(root);
    return status;
}

/* ---- the old form ---- */

/* A line, taken apart in place: id, source, then depth and confidence of each point. */
static bool read_line(char *line, snapshot_hole *out) {
    char *words[N_WORDS], *rest = NULL;
    double numbers[N_WORDS];
    for (int i = 0; i < N_WORDS; i++) {
        words[i] = strtok_r(i ? NULL : line, " ", &rest);
        if (!words[i] || (i > 0 && !gm_parse_double(words[i], &numbers[i]))) return false;
    }
    *out = (snapshot_hole){.file = "", .family = "", .label = GM_LABEL_EMPTY};
    snprintf(out->id, sizeof out->id, "%s", words[0]);
    out->label.source = (gm_label_source)GM_MIN(GM_MAX((int)numbers[1], 0), GM_N_SOURCES - 1);
    for (int p = 0; p < GM_N_POINTS; p++) {
        out->label.points[p].mm = numbers[2 + 2 * p];
        out->label.points[p].confidence = numbers[3 + 2 * p];
    }
    return true;
}

/* Its name was the hash of holes and depths. */
static gm_status check_old(const snapshot *kept, const char *path, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    char hash[GM_SHA256_HEX];
    for (size_t i = 0; i < kept->count; i++) service_dataset_name_line(kept->items[i].id, &kept->items[i].label, &text);
    if (!gm_text_ok(&text)) return gm_nomem(err);
    gm_sha256(gm_text_c(&text), text.length, hash);
    return strcmp(hash, kept->name) == 0 ? GM_OK : changed(path, err);
}

static gm_status read_old(char *bytes, size_t size, const char *path, snapshot *out, gm_error *err) {
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) lines += bytes[i] == '\n';
    out->items = gm_calloc(lines, sizeof *out->items);
    if (!out->items) return gm_nomem(err);
    for (char *line = bytes, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        if (end) *end++ = '\0';
        if (!read_line(line, &out->items[out->count++]))
            return gm_fail(err, GM_E_FORMAT, "%s, line %zu: damaged", path, out->count);
    }
    return check_old(out, path, err);
}

gm_status snapshot_read(const char *data_dir, const char *name, snapshot *out, gm_error *err) {
    gm_auto_free char *path = snapshot_path(data_dir, name, false), *old = snapshot_path(data_dir, name, true),
                      *bytes = NULL;
    size_t size;
    if (!path || !old) return gm_nomem(err);
    *out = (snapshot){.arena = gm_arena_new(), .old = !gm_file_exists(path)};
    if (!out->arena) return gm_nomem(err);
    snprintf(out->name, sizeof out->name, "%s", name);
    const char *from = out->old ? old : path;
    if (!gm_file_exists(from))
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "gimlet datasets list shows those that are kept",
                          "there is no data set %.16s in %.200s", name, data_dir);
    GM_TRY(gm_read_file(from, MAX_BYTES, &bytes, &size, err));
    return out->old ? read_old(bytes, size, from, out, err) : read_json(bytes, size, from, out, err);
}
