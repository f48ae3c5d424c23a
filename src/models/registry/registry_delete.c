/* Versions that nobody needs. First a transaction: the version is marked, the content that only it had is noted as
 * freed. Then, in turn with all other writers, that content goes from the storage. Killed between or within the two,
 * the note stays, and the next one that cleans up goes on; whoever registers the same content meanwhile takes the note
 * away and looks that the content is there (keep_freed in registry_write.c).
 *
 *     freed.removed   0: no version has it, it is to be removed; 1: it was removed, which a registration that had seen
 *                     it before must know */
#include "registry_internal.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *model, *by, *reason;
    number_text version;
    long number;
} removal;

/* ---- the transaction ---- */

static gm_status refuse_while_meant(gm_registry *r, const removal *d, gm_error *err) {
    gm_auto_rows rows = {0};
    gm_auto_text names = GM_TEXT_INIT;
    GM_TRY(gm_database_query(r->database,
                             "SELECT a.alias FROM aliases a WHERE a.model = $1 AND a.version = $2 AND a.depth ="
                             " (SELECT max(b.depth) FROM aliases b WHERE b.model = a.model AND b.alias = a.alias)"
                             " ORDER BY a.alias",
                             VALUES(d->model, d->version.text), &rows, err));
    if (!rows.n_rows) return GM_OK;
    for (size_t i = 0; i < rows.n_rows; i++)
        gm_text_printf(&names, "%s%s", i ? " and the " : "the ", gm_rows_text(&rows, i, 0));
    return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "promote another version, or roll back, and delete it then",
                      "%s:%ld is %.200s and cannot be deleted", d->model, d->number, gm_text_c(&names));
}

/* What the history keeps of it. NULL: out of memory. */
static json_t *what_it_was(gm_registry *r, const removal *d, const gm_registry_deletion *out) {
    gm_auto_rows rows = {0};
    json_t *tags;
    if (gm_database_query(r->database,
                          "SELECT description, run, dataset, digest FROM versions WHERE model = $1 AND version = $2",
                          VALUES(d->model, d->version.text), &rows, NULL) != GM_OK ||
        registry_tags_json(r, d->model, d->number, &tags, NULL) != GM_OK)
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I}", "description", gm_rows_text(&rows, 0, 0), "run",
                     gm_rows_text(&rows, 0, 1), "dataset", gm_rows_text(&rows, 0, 2), "digest",
                     gm_rows_text(&rows, 0, 3), "tags", tags, "freed_files", (json_int_t)out->freed_files,
                     "freed_bytes", (json_int_t)out->freed_bytes);
}

/* Content that no other version has; the same content under two paths counts once. */
#define ONLY_HERE                                                                                                      \
    " FROM files f WHERE f.model = $1 AND f.version = $2 AND NOT EXISTS (SELECT 1 FROM files o"                        \
    " WHERE o.sha256 = f.sha256 AND (o.model <> f.model OR o.version <> f.version))"

static gm_status free_content(gm_registry *r, const removal *d, gm_registry_deletion *out, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(r->database, "SELECT DISTINCT f.sha256, f.size" ONLY_HERE,
                             VALUES(d->model, d->version.text), &rows, err));
    for (size_t i = 0; i < rows.n_rows; i++) out->freed_bytes += gm_rows_long(&rows, i, 1);
    out->freed_files = rows.n_rows;
    return gm_database_query(r->database,
                             "INSERT INTO freed(sha256, removed) SELECT DISTINCT f.sha256, 0" ONLY_HERE
                             " ON CONFLICT(sha256) DO UPDATE SET removed = 0",
                             VALUES(d->model, d->version.text), NULL, err);
}

static gm_status forget_rows(gm_registry *r, const removal *d, gm_error *err) {
    static const char *const statements[] = {
        "DELETE FROM files WHERE model = $1 AND version = $2", "DELETE FROM tags WHERE model = $1 AND version = $2",
        "DELETE FROM passports WHERE model = $1 AND version = $2",
        "DELETE FROM aliases WHERE model = $1 AND version = $2", /* those that a rollback would have come to */
    };
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    for (size_t i = 0; i < GM_COUNT(statements); i++)
        GM_TRY(gm_database_query(r->database, statements[i], VALUES(d->model, d->version.text), NULL, err));
    return gm_database_query(r->database, "UPDATE versions SET deleted_at = $3 WHERE model = $1 AND version = $2",
                             VALUES(d->model, d->version.text, now), NULL, err);
}

static gm_status delete_version(gm_registry *r, const removal *d, gm_registry_deletion *out, gm_error *err) {
    GM_TRY(registry_need_version(r, d->model, d->number, err));
    GM_TRY(refuse_while_meant(r, d, err));
    GM_TRY(free_content(r, d, out, err));
    json_t *detail = what_it_was(r, d, out);
    if (!detail) return gm_nomem(err);
    const registry_event event = {.who = d->by,
                                  .action = "deleted",
                                  .model = d->model,
                                  .version = d->number,
                                  .reason = d->reason,
                                  .detail = detail};
    gm_status status = registry_history_add(r, &event, err);
    json_decref(detail);
    return status == GM_OK ? forget_rows(r, d, err) : status;
}

/* ---- what it leaves ---- */

static gm_status remove_content(gm_registry *r, size_t *n_files, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(r->database, "SELECT sha256 FROM freed WHERE removed = 0 ORDER BY sha256", NULL, 0, &rows,
                             err));
    for (size_t i = 0; i < rows.n_rows; i++) {
        char key[GM_SHA256_HEX + 3];
        registry_key_of(gm_rows_text(&rows, i, 0), key);
        GM_TRY(gm_storage_remove(r->storage, key, err));
    }
    GM_TRY(gm_database_query(r->database, "UPDATE freed SET removed = 1 WHERE removed = 0", NULL, 0, NULL, err));
    *n_files = rows.n_rows;
    return GM_OK;
}

/* The folders and passports that this machine has made of deleted versions. */
static gm_status remove_copies(gm_registry *r, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(r->database, "SELECT model, version, digest FROM versions WHERE deleted_at <> ''", NULL, 0,
                             &rows, err));
    for (size_t i = 0; i < rows.n_rows; i++) {
        const char *model = gm_rows_text(&rows, i, 0);
        long version = gm_rows_long(&rows, i, 1);
        gm_auto_free char *folder = registry_checkout_path(r, model, version, gm_rows_text(&rows, i, 2));
        gm_auto_text passport = GM_TEXT_INIT;
        gm_text_printf(&passport, "%s/registry/passports/%s-%ld.passport", r->models_dir, model, version);
        if (!folder || !gm_text_ok(&passport)) return gm_nomem(err);
        GM_TRY(gm_remove_tree(folder, err));
        GM_TRY(gm_remove_tree(passport.data, err));
    }
    return GM_OK;
}

gm_status gm_registry_clean_up(gm_registry *registry, size_t *n_files, gm_error *err) {
    gm_auto_rows rows = {0};
    *n_files = 0;
    GM_TRY(remove_copies(registry, err));
    GM_TRY(gm_database_query(registry->database, "SELECT sha256 FROM freed WHERE removed = 0 LIMIT 1", NULL, 0, &rows,
                             err));
    if (!rows.n_rows) return GM_OK; /* found without waiting for a writer */
    GM_TRY(gm_database_begin(registry->database, true, err));
    return gm_database_end(registry->database, remove_content(registry, n_files, err), err);
}

static gm_status count_waiting(gm_registry *r, size_t *out, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(r->database, "SELECT count(*) FROM freed WHERE removed = 0", NULL, 0, &rows, err));
    *out = (size_t)gm_rows_long(&rows, 0, 0);
    return GM_OK;
}

gm_status gm_registry_delete(gm_registry *registry, const char *model, long version, const char *by, const char *reason,
                             gm_registry_deletion *out, gm_error *err) {
    const removal d = {
        .model = model, .by = by, .reason = reason, .version = registry_number(version), .number = version};
    size_t n_files;
    *out = (gm_registry_deletion){0};
    GM_TRY(gm_database_begin(registry->database, true, err));
    GM_TRY(gm_database_end(registry->database, delete_version(registry, &d, out, err), err));
    /* it is deleted, whatever happens to the storage */
    if (gm_registry_clean_up(registry, &n_files, &out->problem) == GM_OK) return GM_OK;
    return count_waiting(registry, &out->waiting_files, err);
}
