/* The files of a version: as a folder, and compared with their hashes. Passports and whose signatures count. */
#include "registry_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    gm_rows rows; /* path, sha256 */
    char digest[GM_SHA256_HEX];
} version_files;

static gm_status read_files(gm_registry *r, const char *model, long version, version_files *out, gm_error *err) {
    gm_auto_rows rows = {0};
    number_text number = registry_number(version);
    GM_TRY(registry_need_version(r, model, version, err));
    GM_TRY(gm_database_query(r->database, "SELECT digest FROM versions WHERE model = $1 AND version = $2",
                             VALUES(model, number.text), &rows, err));
    snprintf(out->digest, sizeof out->digest, "%s", gm_rows_text(&rows, 0, 0));
    return gm_database_query(r->database,
                             "SELECT path, sha256 FROM files WHERE model = $1 AND version = $2 ORDER BY path",
                             VALUES(model, number.text), &out->rows, err);
}

/* ---- as a folder ---- */

static gm_status fetch(gm_registry *r, const char *sha256, const char *path, gm_error *err) {
    char key[GM_SHA256_HEX + 3];
    gm_auto_free char *folder = gm_strndup(path, (size_t)(gm_path_base(path) - path));
    if (!folder) return gm_nomem(err);
    registry_key_of(sha256, key);
    GM_TRY(gm_make_dirs(folder, err));
    GM_TRY(gm_storage_get(r->storage, key, path, sha256, err));
    if (chmod(path, 0444) != 0) return gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    return GM_OK;
}

static gm_status fetch_all(gm_registry *r, const version_files *files, const char *dir, gm_error *err) {
    for (size_t i = 0; i < files->rows.n_rows; i++) {
        const char *name = gm_rows_text(&files->rows, i, 0);
        gm_auto_free char *path = gm_path_join(dir, name);
        if (!path) return gm_nomem(err);
        gm_status status = fetch(r, gm_rows_text(&files->rows, i, 1), path, err);
        if (status != GM_OK) return gm_error_prefix(err, status, "%s", name);
    }
    return gm_sync_dir(dir, err);
}

/* Under the lock: what a killed process has left is taken away, what another one has made stays. */
static gm_status make_locked(gm_registry *r, const version_files *files, const char *parent, const char *dir,
                             gm_error *err) {
    gm_auto_free char *made = gm_path_join(parent, ".new");
    if (!made) return gm_nomem(err);
    if (gm_is_directory(dir)) return GM_OK;
    GM_TRY(gm_remove_tree(made, err));
    GM_TRY(gm_make_dirs(made, err));
    GM_TRY(fetch_all(r, files, made, err));
    return rename(made, dir) == 0 ? GM_OK : gm_fail(err, GM_E_IO, "%s: cannot be made: %s", dir, strerror(errno));
}

static gm_status make_checkout(gm_registry *r, const version_files *files, const char *parent, const char *dir,
                               gm_error *err) {
    gm_auto_free char *lock_path = gm_path_join(parent, ".lock");
    gm_lock lock;
    if (!lock_path) return gm_nomem(err);
    GM_TRY(gm_make_dirs(parent, err));
    GM_TRY(gm_lock_file(lock_path, -1, &lock, err));
    gm_status status = make_locked(r, files, parent, dir, err);
    gm_unlock_file(&lock);
    return status;
}

/* Every file of the version, as it was registered, and no other. */
static bool is_intact(const version_files *files, const char *dir) {
    gm_file_list list = {0};
    if (gm_list_files(dir, &list, NULL) != GM_OK) return false;
    bool intact = list.count == files->rows.n_rows;
    gm_file_list_finish(&list);
    for (size_t i = 0; intact && i < files->rows.n_rows; i++) {
        char sha256[GM_SHA256_HEX];
        gm_auto_free char *path = gm_path_join(dir, gm_rows_text(&files->rows, i, 0));
        intact = path && gm_sha256_file(path, sha256, NULL) == GM_OK &&
                 strcmp(sha256, gm_rows_text(&files->rows, i, 1)) == 0;
    }
    return intact;
}

char *registry_checkout_path(const gm_registry *registry, const char *model, long version, const char *digest) {
    gm_text path = GM_TEXT_INIT;
    gm_text_printf(&path, "%s/registry/checkouts/%s-%ld-%.12s", registry->models_dir, model, version, digest);
    return gm_text_take(&path);
}

static gm_status check_out(gm_registry *registry, const char *model, long version, bool checked, char **dir,
                           gm_error *err) {
    version_files files = {0};
    gm_status status = read_files(registry, model, version, &files, err);
    gm_auto_free char *parent = gm_path_join(registry->models_dir, "registry/checkouts");
    gm_auto_free char *path = registry_checkout_path(registry, model, version, files.digest);
    if (status == GM_OK && (!parent || !path)) status = gm_nomem(err);
    if (status == GM_OK && checked && gm_is_directory(path) && !is_intact(&files, path))
        status = gm_remove_tree(path, err);
    if (status == GM_OK && !gm_is_directory(path)) status = make_checkout(registry, &files, parent, path, err);
    gm_rows_finish(&files.rows);
    if (status == GM_OK) *dir = gm_steal(&path);
    return status;
}

gm_status gm_registry_checkout(gm_registry *registry, const char *model, long version, char **dir, gm_error *err) {
    return check_out(registry, model, version, false, dir, err);
}

gm_status gm_registry_checkout_checked(gm_registry *registry, const char *model, long version, char **dir,
                                       gm_error *err) {
    return check_out(registry, model, version, true, dir, err);
}

/* ---- compared ---- */

gm_status gm_registry_check_files(gm_registry *registry, const char *model, long version, json_t **damaged,
                                  gm_error *err) {
    version_files files = {0};
    char path[] = "/tmp/gimlet-verify-XXXXXX";
    gm_status status = read_files(registry, model, version, &files, err);
    int fd = status == GM_OK ? mkstemp(path) : -1;
    if (status == GM_OK && fd < 0) status = gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    json_t *list = json_array();
    for (size_t i = 0; status == GM_OK && i < files.rows.n_rows; i++) {
        char key[GM_SHA256_HEX + 3];
        gm_error problem = {0};
        const char *sha256 = gm_rows_text(&files.rows, i, 1);
        registry_key_of(sha256, key);
        gm_status got = gm_storage_get(registry->storage, key, path, sha256, &problem);
        if (got == GM_E_FORMAT || got == GM_E_NOTFOUND)
            json_array_append_new(list, json_pack("{s:s, s:s}", "path", gm_rows_text(&files.rows, i, 0), "problem",
                                                  got == GM_E_NOTFOUND ? "is gone" : problem.message));
        else if (got != GM_OK) {
            if (err) *err = problem;
            status = got;
        }
    }
    if (fd >= 0) close(fd), unlink(path);
    gm_rows_finish(&files.rows);
    if (status != GM_OK) return json_decref(list), status;
    *damaged = list;
    return list ? GM_OK : gm_nomem(err);
}

/* ---- passports ---- */

void gm_registry_passport_finish(gm_registry_passport *passport) {
    gm_free(passport->manifest);
    gm_free(passport->page);
    *passport = (gm_registry_passport){0};
}

gm_status gm_registry_passport_get(gm_registry *registry, const char *model, long version, gm_registry_passport *out,
                                   gm_error *err) {
    gm_auto_rows rows = {0};
    number_text number = registry_number(version);
    *out = (gm_registry_passport){0};
    GM_TRY(registry_need_version(registry, model, version, err));
    GM_TRY(gm_database_query(registry->database,
                             "SELECT manifest, page, signature, public_key FROM passports"
                             " WHERE model = $1 AND version = $2",
                             VALUES(model, number.text), &rows, err));
    if (!rows.n_rows) return GM_OK;
    out->manifest = gm_strdup(gm_rows_text(&rows, 0, 0));
    out->page = gm_strdup(gm_rows_text(&rows, 0, 1));
    snprintf(out->signature, sizeof out->signature, "%s", gm_rows_text(&rows, 0, 2));
    snprintf(out->public_key, sizeof out->public_key, "%s", gm_rows_text(&rows, 0, 3));
    if (out->manifest && out->page) return GM_OK;
    gm_registry_passport_finish(out);
    return gm_nomem(err);
}

gm_status registry_passport_insert(gm_registry *registry, const char *model, const char *version,
                                   const gm_registry_passport *passport, gm_error *err) {
    return gm_database_query(
        registry->database,
        "INSERT INTO passports(model, version, manifest, signature, public_key, page) VALUES($1,$2,$3,$4,$5,$6)"
        " ON CONFLICT(model, version) DO NOTHING",
        VALUES(model, version, passport->manifest, passport->signature, passport->public_key, passport->page), NULL,
        err);
}

gm_status gm_registry_passport_put(gm_registry *registry, const char *model, long version,
                                   const gm_registry_passport *passport, gm_error *err) {
    number_text number = registry_number(version);
    GM_TRY(gm_database_begin(registry->database, true, err));
    return gm_database_end(registry->database, registry_passport_insert(registry, model, number.text, passport, err),
                           err);
}

gm_status gm_registry_trusts(gm_registry *registry, const char *fingerprint, bool *out, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(registry->database,
                             "SELECT fingerprint FROM signers WHERE fingerprint = $1 OR $1 = '' LIMIT 1",
                             VALUES(fingerprint ? fingerprint : ""), &rows, err));
    *out = rows.n_rows > 0;
    return GM_OK;
}

gm_status gm_registry_trust(gm_registry *registry, const char *fingerprint, const char *public_key, const char *by,
                            gm_error *err) {
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    GM_TRY(gm_database_begin(registry->database, true, err));
    gm_status status =
        gm_database_query(registry->database,
                          "INSERT INTO signers(fingerprint, public_key, trusted_at, trusted_by) VALUES($1,$2,$3,$4)"
                          " ON CONFLICT(fingerprint) DO NOTHING",
                          VALUES(fingerprint, public_key, now, by), NULL, err);
    return gm_database_end(registry->database, status, err);
}
