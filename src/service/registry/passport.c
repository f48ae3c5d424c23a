/* Versions to and from signed files. The passport of a version is made once, kept beside it, and the same for ever:
 * what was imported goes out again as it came. */
#include "registry_internal.h"

#include "deployment/package/package.h"
#include "passport_page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *key_dir_of(const gm_registry *registry) {
    return gm_path_join(gm_registry_models_dir(registry), "keys");
}

static int by_path(const void *a, const void *b) {
    const json_t *const *x = a, *const *y = b;
    return strcmp(json_string_value(json_object_get(*x, "path")), json_string_value(json_object_get(*y, "path")));
}

/* In byte order, whatever the database sorts by. */
static gm_status sorted_files(const json_t *files, json_t **out, gm_error *err) {
    size_t n = json_array_size(files);
    gm_auto_free const json_t **order = gm_alloc_array(n + 1, sizeof *order);
    json_t *list = json_array();
    if (!order || !list) return json_decref(list), gm_nomem(err);
    for (size_t i = 0; i < n; i++) order[i] = json_array_get(files, i);
    qsort(order, n, sizeof *order, by_path);
    for (size_t i = 0; i < n; i++) json_array_append(list, (json_t *)order[i]);
    *out = list;
    return GM_OK;
}

/* ---- export ---- */

static json_t *manifest_of(const json_t *version, json_t *files, const char *page) {
    char sha256[GM_SHA256_HEX], now[GM_TIME_TEXT];
    gm_time_utc(now);
    gm_sha256(page, strlen(page), sha256);
    return json_pack("{s:s, s:i, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:s, s:s, s:{s:s, s:I}, s:o}",
                     "format", "gimlet-passport", "version", 1, "model", json_object_get(version, "model"),
                     "model_version", json_object_get(version, "version"), "registered_at",
                     json_object_get(version, "created_at"), "registered_by", json_object_get(version, "created_by"),
                     "description", json_object_get(version, "description"), "run", json_object_get(version, "run"),
                     "dataset", json_object_get(version, "dataset"), "digest", json_object_get(version, "digest"),
                     "tags", json_object_get(version, "tags"), "facts", json_object_get(version, "facts"), "made_with",
                     GM_VERSION, "made_at", now, "page", "sha256", sha256, "size_bytes", (json_int_t)strlen(page),
                     "files", files);
}

static gm_status make_passport(gm_registry *registry, const gm_model_ref *ref, const char *dir, gm_error *err) {
    gm_auto_free char *keys = key_dir_of(registry);
    gm_auto_text page = GM_TEXT_INIT;
    gm_registry_passport passport = {0};
    json_t *version, *files = NULL, *manifest = NULL;
    if (!keys) return gm_nomem(err);
    GM_TRY(gm_registry_version(registry, ref->model, ref->version, &version, err));
    gm_status status = passport_page(version, dir, &page, err);
    if (status == GM_OK) status = sorted_files(json_object_get(version, "files"), &files, err);
    if (status == GM_OK && !(manifest = manifest_of(version, files, gm_text_c(&page)))) status = gm_nomem(err);
    if (status == GM_OK) {
        passport.manifest = json_dumps(manifest, JSON_SORT_KEYS | JSON_INDENT(1));
        passport.page = gm_text_take(&page);
        if (!passport.manifest || !passport.page) status = gm_nomem(err);
    }
    if (status == GM_OK)
        status = gm_package_sign(keys, passport.manifest, passport.signature, passport.public_key, err);
    if (status == GM_OK) status = gm_registry_passport_put(registry, ref->model, ref->version, &passport, err);
    json_decref(version);
    json_decref(manifest);
    gm_registry_passport_finish(&passport);
    return status;
}

static gm_status write_passport(gm_registry *registry, const gm_model_ref *ref, const char *path,
                                char fingerprint[GM_SHA256_HEX], gm_error *err) {
    gm_auto_free char *dir = NULL;
    gm_registry_passport kept = {0};
    GM_TRY(gm_registry_checkout_checked(registry, ref->model, ref->version, &dir, err));
    GM_TRY(gm_registry_passport_get(registry, ref->model, ref->version, &kept, err));
    if (!kept.manifest) {
        GM_TRY(make_passport(registry, ref, dir, err));
        GM_TRY(gm_registry_passport_get(registry, ref->model, ref->version, &kept, err));
    }
    gm_package package = {.manifest = kept.manifest, .page = kept.page};
    memcpy(package.signature, kept.signature, sizeof package.signature);
    memcpy(package.public_key, kept.public_key, sizeof package.public_key);
    gm_status status = gm_package_verify(package.manifest, package.signature, package.public_key, fingerprint, err);
    if (status == GM_OK) status = gm_package_write(&package, dir, path, err);
    gm_registry_passport_finish(&kept);
    return status;
}

gm_status gm_model_export_passport(gm_registry *registry, const char *model, const char *by, const char *path,
                                   json_t **out, gm_error *err) {
    gm_model_ref ref;
    char fingerprint[GM_SHA256_HEX], sha256[GM_SHA256_HEX];
    struct stat info;
    GM_TRY(gm_registry_resolve(registry, model, &ref, err));
    GM_TRY(write_passport(registry, &ref, path, fingerprint, err));
    GM_TRY(gm_sha256_file(path, sha256, err));
    if (stat(path, &info) != 0) return gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    const gm_promotion noted = {.model = ref.model, .version = ref.version, .by = by, .expected = -1};
    GM_TRY(gm_registry_note(registry, &noted, "exported", err));
    *out = json_pack("{s:s, s:I, s:s, s:I, s:s, s:s}", "model", ref.model, "version", (json_int_t)ref.version, "output",
                     path, "size_bytes", (json_int_t)info.st_size, "sha256", sha256, "fingerprint", fingerprint);
    return *out ? GM_OK : gm_nomem(err);
}

/* ---- import ---- */

enum { SHORTEST_TRUST = 16 };

/* Does the signer count here? *how: why. */
static gm_status judge_signer(gm_registry *registry, const gm_import_request *request, const char *fingerprint,
                              const char **how, gm_error *err) {
    gm_auto_free char *keys = key_dir_of(registry), *key = keys ? gm_path_join(keys, "signing.pem") : NULL;
    char own[GM_PACKAGE_KEY_HEX], own_print[GM_SHA256_HEX] = "";
    bool known, anybody;
    if (!key) return gm_nomem(err);
    if (gm_file_exists(key)) {
        GM_TRY(gm_package_own_key(keys, own, err));
        GM_TRY(gm_package_fingerprint(own, own_print, err));
    }
    GM_TRY(gm_registry_trusts(registry, fingerprint, &known, err));
    GM_TRY(gm_registry_trusts(registry, NULL, &anybody, err));
    *how = known ? "known" : strcmp(own_print, fingerprint) == 0 ? "own" : NULL;
    if (request->trust) {
        bool fits = strlen(request->trust) >= SHORTEST_TRUST && gm_starts_with(fingerprint, request->trust);
        if (!fits)
            return gm_fail(err, GM_E_FORMAT, "it is signed by %s, not by the %s that --trust names", fingerprint,
                           request->trust);
        if (!*how) *how = "given";
    }
    if (!*how && !anybody) *how = "first";
    if (*how) return GM_OK;
    return gm_fail_at(err, GM_E_FORMAT, 0, 0,
                      "ask the sender for the fingerprint (gimlet models export prints it) and give it with --trust",
                      "signed by %s, whom nobody here trusts", fingerprint);
}

/* A name for the files of a manifest, as the registry takes them. */
static gm_status listed_files(const json_t *manifest, const char *dir, version_files *out, gm_error *err) {
    size_t i, n = json_array_size(json_object_get(manifest, "files"));
    json_t *file;
    *out = (version_files){.arena = gm_arena_new(), .items = gm_calloc(n + 1, sizeof *out->items)};
    if (!out->arena || !out->items) return gm_nomem(err);
    json_array_foreach (json_object_get(manifest, "files"), i, file) {
        const char *path = json_string_value(json_object_get(file, "path"));
        out->items[i] =
            (gm_registry_file){gm_arena_strdup(out->arena, path), gm_arena_printf(out->arena, "%s/%s", dir, path)};
        if (!out->items[i].path || !out->items[i].source) return gm_nomem(err);
    }
    out->count = n;
    return GM_OK;
}

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static gm_status register_import(gm_registry *registry, const gm_import_request *request, const gm_package *package,
                                 const json_t *manifest, const char *dir, gm_model_ref *ref, gm_error *err) {
    auto_version_files files = {0};
    gm_registry_passport passport = {.manifest = package->manifest, .page = package->page};
    memcpy(passport.signature, package->signature, sizeof passport.signature);
    memcpy(passport.public_key, package->public_key, sizeof passport.public_key);
    const char *name = request->name ? request->name : text_at(manifest, "model");
    GM_TRY(gm_registry_name_check(name, "model", err));
    GM_TRY(listed_files(manifest, dir, &files, err));
    const json_t *facts = json_object_get(manifest, "facts");
    if (!json_is_object(facts)) return gm_fail(err, GM_E_FORMAT, "manifest.json has no facts");
    const gm_registration registration = {.model = name,
                                          .by = request->by,
                                          .description = text_at(manifest, "description"),
                                          .run = text_at(manifest, "run"),
                                          .dataset = text_at(manifest, "dataset"),
                                          .origin = "imported",
                                          .facts = facts,
                                          .tags = json_object_get(manifest, "tags"),
                                          .files = files.items,
                                          .n_files = files.count,
                                          .passport = &passport};
    snprintf(ref->model, sizeof ref->model, "%s", name);
    return gm_registry_register(registry, &registration, &ref->version, err);
}

/* The content below dir, compared, and then taken in. */
static gm_status import_into(gm_registry *registry, const gm_import_request *request, const gm_package *package,
                             const char *trusted, const char *dir, gm_model_ref *ref, json_t **from, gm_error *err) {
    json_t *manifest;
    GM_TRY(gm_package_extract(request->path, package, dir, err));
    if (trusted) GM_TRY(gm_registry_trust(registry, trusted, package->public_key, request->by, err));
    GM_TRY(gm_package_manifest(package->manifest, &manifest, err));
    gm_status status = register_import(registry, request, package, manifest, dir, ref, err);
    *from = json_pack("{s:s, s:I}", "model", text_at(manifest, "model"), "version",
                      json_integer_value(json_object_get(manifest, "model_version")));
    json_decref(manifest);
    return status;
}

/* One at a time: the folder of one that was killed is taken away by the next. */
static gm_status import_alone(gm_registry *registry, const gm_import_request *request, const gm_package *package,
                              const char *trusted, gm_model_ref *ref, json_t **from, gm_error *err) {
    gm_auto_free char *parent = gm_path_join(gm_registry_models_dir(registry), "registry");
    gm_auto_free char *dir = parent ? gm_path_join(parent, ".import") : NULL;
    gm_auto_free char *lock_path = parent ? gm_path_join(parent, ".lock") : NULL;
    gm_lock lock;
    if (!dir || !lock_path) return gm_nomem(err);
    GM_TRY(gm_make_dirs(parent, err));
    GM_TRY(gm_lock_file(lock_path, -1, &lock, err));
    gm_status status = gm_remove_tree(dir, err);
    if (status == GM_OK) status = gm_make_dirs(dir, err);
    if (status == GM_OK) status = import_into(registry, request, package, trusted, dir, ref, from, err);
    gm_status cleared = gm_remove_tree(dir, status == GM_OK ? err : NULL);
    gm_unlock_file(&lock);
    return status == GM_OK ? cleared : status;
}

gm_status gm_model_import_passport(gm_registry *registry, const gm_import_request *request, json_t **out,
                                   gm_error *err) {
    gm_auto_package package = {0};
    char fingerprint[GM_SHA256_HEX];
    const char *how = "";
    gm_model_ref ref = {0};
    json_t *from = NULL;
    const char *title = request->title ? request->title : gm_path_base(request->path);
    gm_status status = gm_package_open(request->path, &package, fingerprint, err);
    if (status != GM_OK) return gm_error_prefix(err, status, "%s", title);
    GM_TRY(judge_signer(registry, request, fingerprint, &how, err));
    bool new_here = strcmp(how, "given") == 0 || strcmp(how, "first") == 0;
    status = import_alone(registry, request, &package, new_here ? fingerprint : NULL, &ref, &from, err);
    if (status == GM_E_FORMAT) status = gm_error_prefix(err, status, "%s", title);
    if (status != GM_OK) return json_decref(from), status;
    *out = json_pack("{s:s, s:I, s:s, s:s, s:o}", "model", ref.model, "version", (json_int_t)ref.version, "fingerprint",
                     fingerprint, "trusted", how, "from", from);
    return *out ? GM_OK : gm_nomem(err);
}
