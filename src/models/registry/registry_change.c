/* Description and tags, changed after registration: the old and the new text stand in the history. */
#include "registry_internal.h"

#include <string.h>

enum { MAX_DESCRIPTION = 8000, MAX_TAG = 5000 };

/* detail: taken. */
static gm_status add_line(gm_registry *r, const gm_registry_change *c, const char *action, json_t *detail,
                          gm_error *err) {
    if (!detail) return gm_nomem(err);
    const registry_event event = {
        .who = c->by, .action = action, .model = c->model, .version = c->version, .detail = detail};
    gm_status status = registry_history_add(r, &event, err);
    json_decref(detail);
    return status;
}

static gm_status set_description(gm_registry *r, const gm_registry_change *c, gm_error *err) {
    gm_auto_rows rows = {0};
    number_text version = registry_number(c->version);
    const char *const values[] = {c->model, version.text};
    GM_TRY(gm_database_query(r->database,
                             c->version ? "SELECT description FROM versions WHERE model = $1 AND version = $2"
                                        : "SELECT description FROM models WHERE name = $1",
                             values, c->version ? 2 : 1, &rows, err));
    const char *old = gm_rows_text(&rows, 0, 0);
    if (strcmp(old, c->description) == 0) return GM_OK;
    const char *const changed[] = {c->model, c->description, version.text};
    GM_TRY(gm_database_query(r->database,
                             c->version ? "UPDATE versions SET description = $2 WHERE model = $1 AND version = $3"
                                        : "UPDATE models SET description = $2 WHERE name = $1",
                             changed, c->version ? 3 : 2, NULL, err));
    return add_line(r, c, "described", json_pack("{s:s, s:s}", "old", old, "new", c->description), err);
}

/* new: NULL takes it away. */
static gm_status set_tag(gm_registry *r, const gm_registry_change *c, const char *name, const char *new,
                         gm_error *err) {
    gm_auto_rows rows = {0};
    number_text version = registry_number(c->version);
    GM_TRY(gm_database_query(r->database, "SELECT value FROM tags WHERE model = $1 AND version = $2 AND name = $3",
                             VALUES(c->model, version.text, name), &rows, err));
    const char *old = rows.n_rows ? gm_rows_text(&rows, 0, 0) : NULL;
    if (old && new ? strcmp(old, new) == 0 : old == new) return GM_OK;
    if (old)
        GM_TRY(gm_database_query(r->database, "DELETE FROM tags WHERE model = $1 AND version = $2 AND name = $3",
                                 VALUES(c->model, version.text, name), NULL, err));
    if (new)
        GM_TRY(gm_database_query(r->database, "INSERT INTO tags(model, version, name, value) VALUES($1,$2,$3,$4)",
                                 VALUES(c->model, version.text, name, new), NULL, err));
    return add_line(r, c, "tagged", json_pack("{s:s, s:s?, s:s?}", "tag", name, "old", old, "new", new), err);
}

static gm_status change_all(gm_registry *r, const gm_registry_change *c, gm_error *err) {
    const char *name;
    json_t *value;
    GM_TRY(c->version ? registry_need_version(r, c->model, c->version, err) : registry_need_model(r, c->model, err));
    if (c->description) GM_TRY(set_description(r, c, err));
    json_object_foreach ((json_t *)c->tags, name, value) GM_TRY(set_tag(r, c, name, json_string_value(value), err));
    return GM_OK;
}

static gm_status check_texts(const gm_registry_change *c, gm_error *err) {
    const char *name;
    json_t *value;
    if (c->description && strlen(c->description) > MAX_DESCRIPTION)
        return gm_fail(err, GM_E_ARG, "the description is longer than %d bytes", MAX_DESCRIPTION);
    json_t *text = c->description ? json_string(c->description) : json_null();
    if (!text) return gm_fail(err, GM_E_ARG, "the description is not UTF-8");
    json_decref(text);
    json_object_foreach ((json_t *)c->tags, name, value) {
        if (json_is_null(value)) continue; /* an odd one of long ago can be taken away, too */
        GM_TRY(gm_registry_name_check(name, "tag", err));
        if (!json_is_string(value) || json_string_length(value) > MAX_TAG)
            return gm_fail(err, GM_E_ARG, "the tag %s must be a text of at most %d bytes", name, MAX_TAG);
    }
    return GM_OK;
}

gm_status gm_registry_describe(gm_registry *registry, const gm_registry_change *change, gm_error *err) {
    GM_TRY(check_texts(change, err));
    GM_TRY(gm_database_begin(registry->database, true, err));
    return gm_database_end(registry->database, change_all(registry, change, err), err);
}
