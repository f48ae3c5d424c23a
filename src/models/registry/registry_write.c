/* What changes the registry: each function is one transaction, with its line of the history in it. */
#include "registry_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- register ---- */

typedef struct {
    const char *path, *source;
    char sha256[GM_SHA256_HEX];
    long size;
} kept_file;

static int by_path(const void *a, const void *b) {
    return strcmp(((const kept_file *)a)->path, ((const kept_file *)b)->path);
}

void registry_key_of(const char *sha256, char out[GM_SHA256_HEX + 3]) {
    snprintf(out, GM_SHA256_HEX + 3, "%.2s/%s", sha256, sha256);
}

/* Into the storage, unless its content is there. */
static gm_status keep_content(gm_registry *r, kept_file *file, gm_error *err) {
    char key[GM_SHA256_HEX + 3], stored[GM_SHA256_HEX];
    gm_stored found;
    registry_key_of(file->sha256, key);
    gm_status status = gm_storage_look(r->storage, key, &found, NULL);
    if (status != GM_OK) {
        GM_TRY(gm_storage_put(r->storage, key, file->source, stored, err));
        if (strcmp(stored, file->sha256) != 0)
            return gm_fail(err, GM_E_CONFLICT, "%s changed while it was read; register it again", file->source);
        GM_TRY(gm_storage_look(r->storage, key, &found, err));
    }
    file->size = (long)found.size_bytes;
    return GM_OK;
}

static gm_status keep_file(gm_registry *r, const gm_registry_file *file, kept_file *out, gm_error *err) {
    out->path = file->path;
    out->source = file->source;
    GM_TRY(gm_sha256_file(file->source, out->sha256, err));
    return keep_content(r, out, err);
}

/* Inside the transaction, in which nobody removes content: what was there may have been freed since it was looked for,
 * and what still waits to be removed is needed again (registry_delete.c). */
static gm_status keep_freed(gm_registry *r, kept_file *file, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(
        gm_database_query(r->database, "SELECT sha256 FROM freed WHERE sha256 = $1", VALUES(file->sha256), &rows, err));
    if (!rows.n_rows) return GM_OK;
    GM_TRY(keep_content(r, file, err));
    return gm_database_query(r->database, "DELETE FROM freed WHERE sha256 = $1", VALUES(file->sha256), NULL, err);
}

static gm_status digest_of(const kept_file *files, size_t n, char out[GM_SHA256_HEX], gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    for (size_t i = 0; i < n; i++) gm_text_printf(&text, "%s  %s\n", files[i].sha256, files[i].path);
    if (!gm_text_ok(&text)) return gm_nomem(err);
    gm_sha256(gm_text_c(&text), text.length, out);
    return GM_OK;
}

static gm_status insert_files(gm_registry *r, const char *model, const char *version, kept_file *files, size_t n,
                              gm_error *err) {
    for (size_t i = 0; i < n; i++) {
        GM_TRY(keep_freed(r, &files[i], err));
        number_text size = registry_number(files[i].size);
        GM_TRY(gm_database_query(r->database,
                                 "INSERT INTO files(model, version, path, sha256, size) VALUES($1,$2,$3,$4,$5)",
                                 VALUES(model, version, files[i].path, files[i].sha256, size.text), NULL, err));
    }
    return GM_OK;
}

static gm_status insert_tags(gm_registry *r, const char *model, const char *version, const json_t *tags,
                             gm_error *err) {
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)tags, name, value)
        GM_TRY(gm_database_query(r->database, "INSERT INTO tags(model, version, name, value) VALUES($1,$2,$3,$4)",
                                 VALUES(model, version, name, json_string_value(value)), NULL, err));
    return GM_OK;
}

static gm_status refuse_the_same(gm_registry *r, const char *model, const char *digest, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(r->database,
                             "SELECT version FROM versions WHERE model = $1 AND digest = $2 AND deleted_at = ''",
                             VALUES(model, digest), &rows, err));
    if (!rows.n_rows) return GM_OK;
    return gm_fail(err, GM_E_CONFLICT, "these very files are registered already, as %s:%ld", model,
                   gm_rows_long(&rows, 0, 0));
}

/* Inside the transaction. */
static gm_status insert_version(gm_registry *r, const gm_registration *n, kept_file *files, const char *digest,
                                long *version, gm_error *err) {
    gm_auto_rows newest = {0};
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    const char *model = n->model, *description = n->description ? n->description : "";
    GM_TRY(refuse_the_same(r, model, digest, err));
    GM_TRY(gm_database_query(r->database, "SELECT max(version) FROM versions WHERE model = $1", VALUES(model), &newest,
                             err));
    long next = gm_rows_long(&newest, 0, 0) + 1;
    number_text number = registry_number(next);
    if (next == 1)
        GM_TRY(gm_database_query(r->database,
                                 "INSERT INTO models(name, description, created_at, created_by) VALUES($1,$2,$3,$4)",
                                 VALUES(model, description, now, n->by), NULL, err));
    gm_auto_free char *facts = json_dumps(n->facts, JSON_COMPACT);
    if (!facts) return gm_nomem(err);
    GM_TRY(gm_database_query(
        r->database,
        "INSERT INTO versions(model, version, created_at, created_by, description, run, dataset, digest, facts, origin)"
        " VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
        VALUES(model, number.text, now, n->by, description, n->run ? n->run : "", n->dataset ? n->dataset : "", digest,
               facts, n->origin),
        NULL, err));
    GM_TRY(insert_files(r, model, number.text, files, n->n_files, err));
    GM_TRY(insert_tags(r, model, number.text, n->tags, err));
    if (n->passport) GM_TRY(registry_passport_insert(r, model, number.text, n->passport, err));
    const registry_event event = {
        .who = n->by, .action = n->origin, .model = model, .version = next, .reason = description};
    GM_TRY(registry_history_add(r, &event, err));
    *version = next;
    return GM_OK;
}

gm_status gm_registry_register(gm_registry *registry, const gm_registration *registration, long *version,
                               gm_error *err) {
    GM_TRY(gm_registry_name_check(registration->model, "model", err));
    gm_auto_free kept_file *files = gm_alloc_array(registration->n_files + 1, sizeof *files);
    if (!files) return gm_nomem(err);
    for (size_t i = 0; i < registration->n_files; i++)
        GM_TRY(keep_file(registry, &registration->files[i], &files[i], err));
    qsort(files, registration->n_files, sizeof *files, by_path);
    char digest[GM_SHA256_HEX];
    long number = 0;
    GM_TRY(digest_of(files, registration->n_files, digest, err));
    GM_TRY(gm_database_begin(registry->database, true, err));
    GM_TRY(
        gm_database_end(registry->database, insert_version(registry, registration, files, digest, &number, err), err));
    *version = number;
    return GM_OK;
}

/* ---- aliases ---- */

typedef struct {
    long depth, version; /* 0 = the alias means nothing */
} alias_top;

static gm_status top_of(gm_registry *r, const char *model, const char *alias, alias_top *out, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(
        r->database, "SELECT depth, version FROM aliases WHERE model = $1 AND alias = $2 ORDER BY depth DESC LIMIT 1",
        VALUES(model, alias), &rows, err));
    *out = (alias_top){0};
    if (rows.n_rows) *out = (alias_top){gm_rows_long(&rows, 0, 0), gm_rows_long(&rows, 0, 1)};
    return GM_OK;
}

static json_t *with_previous(const json_t *gate, long previous) {
    json_t *detail = json_pack("{s:I}", "previous", (json_int_t)previous);
    if (gate) json_object_set(detail, "gate", (json_t *)gate);
    return detail;
}

/* previous: the version that the alias had. */
static gm_status add_to_history(gm_registry *r, const gm_promotion *p, const char *action, long previous,
                                gm_error *err) {
    json_t *detail = with_previous(p->gate, previous);
    const registry_event event = {.who = p->by,
                                  .action = action,
                                  .model = p->model,
                                  .version = p->version,
                                  .alias = p->alias,
                                  .reason = p->reason,
                                  .detail = detail};
    gm_status status = detail ? registry_history_add(r, &event, err) : gm_nomem(err);
    json_decref(detail);
    return status;
}

static gm_status promote(gm_registry *r, const gm_promotion *p, gm_error *err) {
    alias_top top;
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    GM_TRY(registry_need_version(r, p->model, p->version, err));
    GM_TRY(top_of(r, p->model, p->alias, &top, err));
    if (top.version == p->version)
        return gm_fail(err, GM_E_CONFLICT, "%s:%ld is the %s already", p->model, p->version, p->alias);
    if (p->expected >= 0 && top.version != p->expected)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "look at it, and promote again if it still makes sense",
                          "somebody else made %s:%ld the %s meanwhile", p->model, top.version, p->alias);
    number_text depth = registry_number(top.depth + 1), version = registry_number(p->version);
    GM_TRY(gm_database_query(
        r->database, "INSERT INTO aliases(model, alias, depth, version, since, set_by) VALUES($1,$2,$3,$4,$5,$6)",
        VALUES(p->model, p->alias, depth.text, version.text, now, p->by), NULL, err));
    return add_to_history(r, p, "promoted", top.version, err);
}

gm_status gm_registry_promote(gm_registry *registry, const gm_promotion *promotion, gm_error *err) {
    GM_TRY(gm_registry_name_check(promotion->alias, "alias", err));
    GM_TRY(gm_database_begin(registry->database, true, err));
    return gm_database_end(registry->database, promote(registry, promotion, err), err);
}

static gm_status note(gm_registry *r, const gm_promotion *p, const char *action, gm_error *err) {
    GM_TRY(registry_need_version(r, p->model, p->version, err));
    return add_to_history(r, p, action, p->expected, err);
}

gm_status gm_registry_note(gm_registry *registry, const gm_promotion *promotion, const char *action, gm_error *err) {
    GM_TRY(gm_database_begin(registry->database, true, err));
    return gm_database_end(registry->database, note(registry, promotion, action, err), err);
}

typedef struct {
    const char *model, *alias, *by, *reason;
    long from, to;
} step_back;

/* To the version before: of a pile 1 2 1 from which 2 was deleted, both entries of 1 are one step. */
static gm_status roll_back(gm_registry *r, step_back *s, gm_error *err) {
    alias_top top, below;
    GM_TRY(registry_need_model(r, s->model, err));
    GM_TRY(top_of(r, s->model, s->alias, &top, err));
    if (!top.depth) return gm_fail(err, GM_E_NOTFOUND, "%s has no %s", s->model, s->alias);
    for (below = top; below.depth && below.version == top.version;) {
        number_text depth = registry_number(below.depth);
        GM_TRY(gm_database_query(r->database, "DELETE FROM aliases WHERE model = $1 AND alias = $2 AND depth = $3",
                                 VALUES(s->model, s->alias, depth.text), NULL, err));
        GM_TRY(top_of(r, s->model, s->alias, &below, err));
    }
    if (!below.depth)
        return gm_fail(err, GM_E_CONFLICT, "%s:%ld is the first %s of %s: there is none to go back to", s->model,
                       top.version, s->alias, s->model);
    s->from = top.version;
    s->to = below.version;
    json_t *detail = with_previous(NULL, top.version);
    const registry_event event = {.who = s->by,
                                  .action = "rolled back",
                                  .model = s->model,
                                  .version = below.version,
                                  .alias = s->alias,
                                  .reason = s->reason,
                                  .detail = detail};
    gm_status status = detail ? registry_history_add(r, &event, err) : gm_nomem(err);
    json_decref(detail);
    return status;
}

gm_status gm_registry_rollback(gm_registry *registry, const char *model, const char *alias, const char *by,
                               const char *reason, long *from, long *to, gm_error *err) {
    step_back step = {.model = model, .alias = alias, .by = by, .reason = reason};
    GM_TRY(gm_registry_name_check(alias, "alias", err));
    GM_TRY(gm_database_begin(registry->database, true, err));
    GM_TRY(gm_database_end(registry->database, roll_back(registry, &step, err), err));
    *from = step.from;
    *to = step.to;
    return GM_OK;
}
