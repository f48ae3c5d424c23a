/* What lists and pages show: models, versions, aliases, as JSON. */
#include "registry_internal.h"

#include <string.h>

/* The object, in which a mistake of memory anywhere is found: NULL values make json_pack fail. */
static gm_status done(json_t *json, json_t **out, gm_error *err) {
    if (!json) return gm_nomem(err);
    *out = json;
    return GM_OK;
}

static json_t *object_of_text(const char *text) {
    json_t *object = json_loads(text, 0, NULL);
    return json_is_object(object) ? object : (json_decref(object), json_object());
}

/* {alias: version} of a model. */
static gm_status aliases_of(gm_registry *r, const char *model, json_t **out, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(r->database, "SELECT alias, version FROM aliases WHERE model = $1 ORDER BY alias, depth",
                             VALUES(model), &rows, err));
    json_t *aliases = json_object();
    for (size_t i = 0; i < rows.n_rows; i++) /* the top of each pile comes last and stays */
        json_object_set_new(aliases, gm_rows_text(&rows, i, 0), json_integer(gm_rows_long(&rows, i, 1)));
    return done(aliases, out, err);
}

static json_t *aliases_with(const json_t *aliases, long version) {
    json_t *list = json_array(), *value;
    const char *alias;
    json_object_foreach ((json_t *)aliases, alias, value)
        if (json_integer_value(value) == version) json_array_append_new(list, json_string(alias));
    return list;
}

#define VERSION_COLUMNS                                                                                                \
    "v.version, v.created_at, v.created_by, v.description, v.run, v.dataset, v.digest, v.origin, v.facts,"             \
    " (SELECT sum(f.size) FROM files f WHERE f.model = v.model AND f.version = v.version),"                            \
    " (SELECT p.public_key FROM passports p WHERE p.model = v.model AND p.version = v.version)"
enum { V_VERSION, V_AT, V_BY, V_DESCRIPTION, V_RUN, V_DATASET, V_DIGEST, V_ORIGIN, V_FACTS, V_SIZE, V_KEY };

gm_status registry_tags_json(gm_registry *r, const char *model, long version, json_t **out, gm_error *err) {
    gm_auto_rows rows = {0};
    number_text number = registry_number(version);
    GM_TRY(gm_database_query(r->database,
                             "SELECT name, value FROM tags WHERE model = $1 AND version = $2 ORDER BY name",
                             VALUES(model, number.text), &rows, err));
    json_t *tags = json_object();
    for (size_t i = 0; i < rows.n_rows; i++)
        json_object_set_new(tags, gm_rows_text(&rows, i, 0), json_string(gm_rows_text(&rows, i, 1)));
    return done(tags, out, err);
}

/* One row of VERSION_COLUMNS; whole: with the facts. */
static gm_status version_json(gm_registry *r, const char *model, const gm_rows *rows, size_t row, const json_t *aliases,
                              bool whole, json_t **out, gm_error *err) {
    long version = gm_rows_long(rows, row, V_VERSION);
    json_t *tags = NULL, *facts = object_of_text(gm_rows_text(rows, row, V_FACTS));
    gm_status status = registry_tags_json(r, model, version, &tags, err);
    if (status != GM_OK) return json_decref(facts), status;
    json_t *metrics = json_object_get(facts, "metrics"), *passport = NULL;
    if (*gm_rows_text(rows, row, V_KEY)) passport = json_string(gm_rows_text(rows, row, V_KEY));
    json_t *json = json_pack(
        "{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:o}", "model", model, "version",
        (json_int_t)version, "created_at", gm_rows_text(rows, row, V_AT), "created_by", gm_rows_text(rows, row, V_BY),
        "description", gm_rows_text(rows, row, V_DESCRIPTION), "run", gm_rows_text(rows, row, V_RUN), "dataset",
        gm_rows_text(rows, row, V_DATASET), "digest", gm_rows_text(rows, row, V_DIGEST), "origin",
        gm_rows_text(rows, row, V_ORIGIN), "aliases", aliases_with(aliases, version), "tags", tags, "metrics",
        metrics ? json_incref(metrics) : json_object(), "size_bytes", (json_int_t)gm_rows_long(rows, row, V_SIZE),
        "public_key", passport ? passport : json_null());
    if (whole && json) json_object_set(json, "facts", facts);
    json_decref(facts);
    return done(json, out, err);
}

/* Newest first. */
static gm_status versions_of(gm_registry *r, const char *model, const json_t *aliases, json_t **out, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(r->database,
                             "SELECT " VERSION_COLUMNS
                             " FROM versions v WHERE v.model = $1 AND v.deleted_at = '' ORDER BY v.version DESC",
                             VALUES(model), &rows, err));
    json_t *list = json_array();
    for (size_t i = 0; i < rows.n_rows; i++) {
        json_t *one;
        gm_status status = version_json(r, model, &rows, i, aliases, false, &one, err);
        if (status != GM_OK) return json_decref(list), status;
        json_array_append_new(list, one);
    }
    return done(list, out, err);
}

/* The metrics of the champion, else of the newest. */
static json_t *metrics_that_count(const json_t *versions, const json_t *aliases) {
    json_int_t champion = json_integer_value(json_object_get(aliases, "champion"));
    json_t *version, *chosen = json_array_get(versions, 0);
    size_t i;
    json_array_foreach ((json_t *)versions, i, version)
        if (champion && json_integer_value(json_object_get(version, "version")) == champion) chosen = version;
    json_t *metrics = json_object_get(chosen, "metrics");
    return metrics ? json_incref(metrics) : json_object();
}

/* row: name, description, created_at, created_by */
static gm_status model_json(gm_registry *r, const gm_rows *rows, size_t row, bool whole, json_t **out, gm_error *err) {
    const char *model = gm_rows_text(rows, row, 0);
    json_t *aliases = NULL, *versions = NULL, *history = NULL, *tags = NULL;
    gm_status status = aliases_of(r, model, &aliases, err);
    if (status == GM_OK) status = versions_of(r, model, aliases, &versions, err);
    if (status == GM_OK) status = registry_tags_json(r, model, 0, &tags, err);
    if (status == GM_OK && whole) status = registry_history_json(r, model, &history, err);
    if (status != GM_OK) return json_decref(aliases), json_decref(versions), json_decref(tags), status;
    json_t *newest = json_object_get(json_array_get(versions, 0), "version");
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o}", "name", model, "description",
                             gm_rows_text(rows, row, 1), "created_at", gm_rows_text(rows, row, 2), "created_by",
                             gm_rows_text(rows, row, 3), "latest", json_integer_value(newest), "n_versions",
                             (json_int_t)json_array_size(versions), "tags", tags, "metrics",
                             metrics_that_count(versions, aliases), "aliases", aliases);
    if (json && whole) {
        json_object_set(json, "versions", versions);
        json_object_set_new(json, "history", history);
    }
    json_decref(versions);
    return done(json, out, err);
}

static gm_status list_models(gm_registry *r, json_t **out, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(r->database, "SELECT name, description, created_at, created_by FROM models ORDER BY name",
                             NULL, 0, &rows, err));
    json_t *list = json_array();
    for (size_t i = 0; i < rows.n_rows; i++) {
        json_t *one;
        gm_status status = model_json(r, &rows, i, false, &one, err);
        if (status != GM_OK) return json_decref(list), status;
        json_array_append_new(list, one);
    }
    return done(json_pack("{s:o}", "items", list), out, err);
}

gm_status gm_registry_list(gm_registry *registry, json_t **out, gm_error *err) {
    GM_TRY(gm_database_begin(registry->database, false, err));
    return gm_database_end(registry->database, list_models(registry, out, err), err);
}

static gm_status read_model(gm_registry *r, const char *model, json_t **out, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(registry_need_model(r, model, err));
    GM_TRY(gm_database_query(r->database,
                             "SELECT name, description, created_at, created_by FROM models WHERE name = $1",
                             VALUES(model), &rows, err));
    return model_json(r, &rows, 0, true, out, err);
}

gm_status gm_registry_model(gm_registry *registry, const char *model, json_t **out, gm_error *err) {
    GM_TRY(gm_database_begin(registry->database, false, err));
    return gm_database_end(registry->database, read_model(registry, model, out, err), err);
}

static gm_status files_of(gm_registry *r, const char *model, long version, json_t **out, gm_error *err) {
    gm_auto_rows rows = {0};
    number_text number = registry_number(version);
    GM_TRY(gm_database_query(r->database,
                             "SELECT path, sha256, size FROM files WHERE model = $1 AND version = $2 ORDER BY path",
                             VALUES(model, number.text), &rows, err));
    json_t *list = json_array();
    for (size_t i = 0; i < rows.n_rows; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "path", gm_rows_text(&rows, i, 0), "sha256",
                                              gm_rows_text(&rows, i, 1), "size_bytes",
                                              (json_int_t)gm_rows_long(&rows, i, 2)));
    return done(list, out, err);
}

static gm_status read_version(gm_registry *r, const char *model, long version, json_t **out, gm_error *err) {
    gm_auto_rows rows = {0};
    number_text number = registry_number(version);
    json_t *aliases = NULL, *files = NULL, *json = NULL;
    GM_TRY(registry_need_version(r, model, version, err));
    GM_TRY(gm_database_query(r->database,
                             "SELECT " VERSION_COLUMNS " FROM versions v WHERE v.model = $1 AND v.version = $2",
                             VALUES(model, number.text), &rows, err));
    gm_status status = aliases_of(r, model, &aliases, err);
    if (status == GM_OK) status = files_of(r, model, version, &files, err);
    if (status == GM_OK) status = version_json(r, model, &rows, 0, aliases, true, &json, err);
    json_decref(aliases);
    if (status != GM_OK) return json_decref(files), status;
    json_object_set_new(json, "files", files);
    *out = json;
    return GM_OK;
}

gm_status gm_registry_version(gm_registry *registry, const char *model, long version, json_t **out, gm_error *err) {
    GM_TRY(gm_database_begin(registry->database, false, err));
    return gm_database_end(registry->database, read_version(registry, model, version, out, err), err);
}
