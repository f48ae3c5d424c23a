/* Passports as POSIX tar files, by libarchive. */
#include "package_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void gm_package_finish(gm_package *package) {
    gm_free(package->manifest);
    gm_free(package->page);
    *package = (gm_package){0};
}

/* ---- the manifest ---- */

static bool path_is_safe(const char *path) {
    size_t length = strlen(path);
    if (!length || length > PACKAGE_MAX_PATH || path[0] == '/' || path[length - 1] == '/') return false;
    for (const char *part = path; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
        if (*part == '.' || *part == '/' || !*part) return false;
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127 || *c == '\\') return false;
    return true;
}

static bool entry_is_good(const json_t *entry) {
    const char *sha256 = json_string_value(json_object_get(entry, "sha256"));
    const json_t *size = json_object_get(entry, "size_bytes");
    if (!sha256 || strlen(sha256) != GM_SHA256_HEX - 1 || strspn(sha256, "0123456789abcdef") != GM_SHA256_HEX - 1)
        return false;
    return json_is_integer(size) && json_integer_value(size) >= 0 && json_integer_value(size) <= PACKAGE_MAX_FILE;
}

static gm_status check_files(const json_t *files, gm_error *err) {
    const char *before = "";
    size_t i;
    json_t *file;
    if (!json_is_array(files) || json_array_size(files) > PACKAGE_MAX_FILES)
        return gm_fail(err, GM_E_FORMAT, "manifest.json has no list of files");
    json_array_foreach ((json_t *)files, i, file) {
        const char *path = json_string_value(json_object_get(file, "path"));
        if (!path || !path_is_safe(path) || !entry_is_good(file))
            return gm_fail(err, GM_E_FORMAT, "file %zu of manifest.json cannot be", i + 1);
        if (strcmp(before, path) >= 0)
            return gm_fail(err, GM_E_FORMAT, "the files of manifest.json are not in order: %s", path);
        before = path;
    }
    return GM_OK;
}

static gm_status check_manifest(const json_t *root, gm_error *err) {
    const char *format = json_string_value(json_object_get(root, "format"));
    json_int_t version = json_integer_value(json_object_get(root, "version"));
    if (!format || strcmp(format, PACKAGE_FORMAT) != 0) return gm_fail(err, GM_E_FORMAT, "this is no passport");
    if (version != PACKAGE_VERSION)
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "use the newer version of gimlet",
                          "a passport of version %lld; this program knows version %d", (long long)version,
                          PACKAGE_VERSION);
    if (!entry_is_good(json_object_get(root, "page")))
        return gm_fail(err, GM_E_FORMAT, "manifest.json does not name its page");
    return check_files(json_object_get(root, "files"), err);
}

gm_status gm_package_manifest(const char *manifest, json_t **out, gm_error *err) {
    json_error_t where;
    json_t *root = json_loads(manifest, JSON_REJECT_DUPLICATES, &where);
    if (!root) return gm_fail(err, GM_E_FORMAT, "manifest.json is not JSON: %.200s", where.text);
    gm_status status = check_manifest(root, err);
    if (status != GM_OK) return json_decref(root), status;
    *out = root;
    return GM_OK;
}

/* ---- writing ---- */

static gm_status archive_fail(struct archive *a, gm_error *err) {
    const char *text = archive_error_string(a);
    return gm_fail(err, archive_errno(a) == ENOMEM ? GM_E_NOMEM : GM_E_IO, "%.300s", text ? text : "tar failed");
}

static gm_status put_header(struct archive *a, const char *name, int64_t size, gm_error *err) {
    struct archive_entry *entry = archive_entry_new();
    if (!entry) return gm_nomem(err);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 0, 0);
    int code = archive_write_header(a, entry);
    archive_entry_free(entry);
    return code == ARCHIVE_OK ? GM_OK : archive_fail(a, err);
}

static gm_status put_bytes(struct archive *a, const char *name, const char *bytes, gm_error *err) {
    size_t size = strlen(bytes);
    GM_TRY(put_header(a, name, (int64_t)size, err));
    return archive_write_data(a, bytes, size) == (la_ssize_t)size ? GM_OK : archive_fail(a, err);
}

static gm_status copy_file(struct archive *a, int fd, const char *path, int64_t size, gm_error *err) {
    gm_auto_free char *block = gm_alloc(1 << 16);
    if (!block) return gm_nomem(err);
    for (int64_t left = size; left > 0;) {
        ssize_t n = read(fd, block, (size_t)GM_MIN(left, (int64_t)1 << 16));
        if (n <= 0) return gm_fail(err, GM_E_IO, "%s cannot be read", path);
        if (archive_write_data(a, block, (size_t)n) != n) return archive_fail(a, err);
        left -= n;
    }
    return GM_OK;
}

static gm_status put_file(struct archive *a, const char *dir, const json_t *file, gm_error *err) {
    const char *name = json_string_value(json_object_get(file, "path"));
    int64_t size = json_integer_value(json_object_get(file, "size_bytes"));
    char sha256[GM_SHA256_HEX], inside[PACKAGE_MAX_PATH + 8];
    gm_auto_free char *path = gm_path_join(dir, name);
    if (!path) return gm_nomem(err);
    GM_TRY(gm_sha256_file(path, sha256, err));
    if (strcmp(sha256, json_string_value(json_object_get(file, "sha256"))) != 0)
        return gm_fail(err, GM_E_FORMAT, "%s is not what the manifest says", name);
    snprintf(inside, sizeof inside, "files/%s", name);
    GM_TRY(put_header(a, inside, size, err));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    gm_status status = copy_file(a, fd, path, size, err);
    close(fd);
    return status;
}

static gm_status put_all(struct archive *a, const gm_package *package, const char *dir, const json_t *manifest,
                         gm_error *err) {
    size_t i;
    json_t *file;
    GM_TRY(put_bytes(a, "manifest.json", package->manifest, err));
    GM_TRY(put_bytes(a, "manifest.sig", package->signature, err));
    GM_TRY(put_bytes(a, "signer.pub", package->public_key, err));
    GM_TRY(put_bytes(a, "passport.html", package->page, err));
    json_array_foreach (json_object_get(manifest, "files"), i, file) GM_TRY(put_file(a, dir, file, err));
    return archive_write_close(a) == ARCHIVE_OK ? GM_OK : archive_fail(a, err);
}

static gm_status write_to(const gm_package *package, const char *dir, int fd, gm_error *err) {
    json_t *manifest;
    GM_TRY(gm_package_manifest(package->manifest, &manifest, err));
    struct archive *a = archive_write_new();
    gm_status status = a ? GM_OK : gm_nomem(err);
    if (a && (archive_write_set_format_ustar(a) != ARCHIVE_OK || archive_write_open_fd(a, fd) != ARCHIVE_OK))
        status = archive_fail(a, err);
    if (status == GM_OK) status = put_all(a, package, dir, manifest, err);
    if (a) archive_write_free(a);
    json_decref(manifest);
    return status;
}

gm_status gm_package_write(const gm_package *package, const char *files_dir, const char *path, gm_error *err) {
    gm_auto_text fresh = GM_TEXT_INIT;
    gm_text_printf(&fresh, "%s.new-XXXXXX", path);
    if (!gm_text_ok(&fresh)) return gm_nomem(err);
    int fd = mkostemp(fresh.data, O_CLOEXEC);
    if (fd < 0) return gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    gm_status status = write_to(package, files_dir, fd, err);
    if (status == GM_OK && (fchmod(fd, 0644) != 0 || fsync(fd) != 0 || rename(fresh.data, path) != 0))
        status = gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    close(fd);
    if (status != GM_OK) unlink(fresh.data);
    gm_auto_free char *folder = gm_strndup(path, (size_t)(gm_path_base(path) - path));
    if (status == GM_OK) status = folder ? gm_sync_dir(*folder ? folder : ".", err) : gm_nomem(err);
    return status;
}

/* ---- reading ---- */

typedef struct {
    struct archive *a;
    struct archive_entry *entry;
} reader;

static gm_status not_tar(reader *r, gm_error *err) {
    const char *text = archive_error_string(r->a);
    return gm_fail(err, archive_errno(r->a) == ENOMEM ? GM_E_NOMEM : GM_E_FORMAT, "this is no whole passport: %.200s",
                   text ? text : "it cannot be read");
}

static gm_status reader_open(reader *r, const char *path, const void *bytes, size_t size, gm_error *err) {
    r->a = archive_read_new();
    if (!r->a) return gm_nomem(err);
    if (archive_read_support_format_tar(r->a) != ARCHIVE_OK) return not_tar(r, err);
    int code = path ? archive_read_open_filename(r->a, path, 1 << 16) : archive_read_open_memory(r->a, bytes, size);
    if (code == ARCHIVE_OK) return GM_OK;
    if (path && !gm_file_exists(path)) return gm_fail(err, GM_E_NOTFOUND, "there is no file %s", path);
    return not_tar(r, err);
}

static void reader_finish(reader *r) {
    if (r->a) archive_read_free(r->a);
}
#define auto_reader __attribute__((cleanup(reader_finish))) reader

/* The next entry must be this plain file; size < 0: any up to most. */
static gm_status next_is(reader *r, const char *name, int64_t size, int64_t most, gm_error *err) {
    int code = archive_read_next_header(r->a, &r->entry);
    if (code == ARCHIVE_EOF) return gm_fail(err, GM_E_FORMAT, "%s is missing", name);
    if (code != ARCHIVE_OK) return not_tar(r, err);
    const char *found = archive_entry_pathname(r->entry);
    if (!found || strcmp(found, name) != 0)
        return gm_fail(err, GM_E_FORMAT, "%.200s stands where %s is expected", found ? found : "something", name);
    int64_t has = archive_entry_size(r->entry);
    if (archive_entry_filetype(r->entry) != AE_IFREG || archive_entry_hardlink(r->entry) || has < 0)
        return gm_fail(err, GM_E_FORMAT, "%s is no plain file", name);
    if (has > most || (size >= 0 && has != size))
        return gm_fail(err, GM_E_FORMAT, "%s was changed: it has %lld bytes", name, (long long)has);
    return GM_OK;
}

/* The bytes of the entry, with a NUL behind; none inside. gm_free. */
static gm_status read_text(reader *r, const char *name, char **out, gm_error *err) {
    size_t size = (size_t)archive_entry_size(r->entry);
    gm_auto_free char *bytes = gm_alloc(size + 1);
    if (!bytes) return gm_nomem(err);
    la_ssize_t got = archive_read_data(r->a, bytes, size);
    if (got < 0 || (size_t)got != size) return not_tar(r, err);
    bytes[size] = '\0';
    if (strlen(bytes) != size) return gm_fail(err, GM_E_FORMAT, "%s is no text", name);
    *out = gm_steal(&bytes);
    return GM_OK;
}

static gm_status read_fixed(reader *r, const char *name, char *out, size_t size, gm_error *err) {
    gm_auto_free char *text = NULL;
    GM_TRY(next_is(r, name, (int64_t)size - 1, (int64_t)size - 1, err));
    GM_TRY(read_text(r, name, &text, err));
    memcpy(out, text, size);
    return GM_OK;
}

static gm_status read_head(reader *r, gm_package *out, char fingerprint[GM_SHA256_HEX], json_t **manifest,
                           gm_error *err) {
    char sha256[GM_SHA256_HEX];
    GM_TRY(next_is(r, "manifest.json", -1, PACKAGE_MAX_TEXT, err));
    GM_TRY(read_text(r, "manifest.json", &out->manifest, err));
    GM_TRY(read_fixed(r, "manifest.sig", out->signature, sizeof out->signature, err));
    GM_TRY(read_fixed(r, "signer.pub", out->public_key, sizeof out->public_key, err));
    GM_TRY(gm_package_verify(out->manifest, out->signature, out->public_key, fingerprint, err));
    GM_TRY(gm_package_manifest(out->manifest, manifest, err));
    const json_t *page = json_object_get(*manifest, "page");
    gm_status status =
        next_is(r, "passport.html", json_integer_value(json_object_get(page, "size_bytes")), PACKAGE_MAX_TEXT, err);
    if (status == GM_OK) status = read_text(r, "passport.html", &out->page, err);
    if (status == GM_OK) {
        gm_sha256(out->page, strlen(out->page), sha256);
        if (strcmp(sha256, json_string_value(json_object_get(page, "sha256"))) != 0)
            status = gm_fail(err, GM_E_FORMAT, "passport.html was changed");
    }
    if (status != GM_OK) json_decref(*manifest);
    return status;
}

gm_status gm_package_open(const char *path, gm_package *out, char fingerprint[GM_SHA256_HEX], gm_error *err) {
    auto_reader r = {0};
    gm_auto_package package = {0};
    json_t *manifest;
    GM_TRY(reader_open(&r, path, NULL, 0, err));
    GM_TRY(read_head(&r, &package, fingerprint, &manifest, err));
    json_decref(manifest);
    *out = package;
    package = (gm_package){0};
    return GM_OK;
}

/* One file into dir; dir NULL: only looked at. */
static gm_status take_file(reader *r, const json_t *file, const char *dir, gm_error *err) {
    const char *name = json_string_value(json_object_get(file, "path"));
    char inside[PACKAGE_MAX_PATH + 8], sha256[GM_SHA256_HEX];
    snprintf(inside, sizeof inside, "files/%s", name);
    int64_t size = json_integer_value(json_object_get(file, "size_bytes"));
    GM_TRY(next_is(r, inside, size, PACKAGE_MAX_FILE, err));
    if (!dir) return archive_read_data_skip(r->a) == ARCHIVE_OK ? GM_OK : not_tar(r, err);
    gm_auto_free char *path = gm_path_join(dir, name);
    gm_auto_free char *folder = path ? gm_strndup(path, (size_t)(gm_path_base(path) - path)) : NULL;
    if (!folder) return gm_nomem(err);
    GM_TRY(gm_make_dirs(folder, err));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    int code = archive_read_data_into_fd(r->a, fd);
    gm_status status = code == ARCHIVE_OK ? GM_OK : not_tar(r, err);
    if (close(fd) != 0 && status == GM_OK) status = gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    GM_TRY(status);
    GM_TRY(gm_sha256_file(path, sha256, err));
    if (strcmp(sha256, json_string_value(json_object_get(file, "sha256"))) != 0)
        return gm_fail(err, GM_E_FORMAT, "%s was changed", inside);
    return GM_OK;
}

static gm_status take_all(reader *r, const json_t *manifest, const char *dir, gm_error *err) {
    size_t i;
    json_t *file;
    json_array_foreach (json_object_get(manifest, "files"), i, file) GM_TRY(take_file(r, file, dir, err));
    int code = archive_read_next_header(r->a, &r->entry);
    if (code == ARCHIVE_EOF) return GM_OK;
    if (code != ARCHIVE_OK) return not_tar(r, err);
    const char *found = archive_entry_pathname(r->entry);
    return gm_fail(err, GM_E_FORMAT, "%.200s does not belong to it", found ? found : "something");
}

/* Byte by byte against what would be written: also what tar puts around the files. */
static gm_status same_bytes(const char *a, const char *b, gm_error *err) {
    FILE *x = fopen(a, "re"), *y = fopen(b, "re");
    gm_status status = x && y ? GM_OK : gm_fail(err, GM_E_IO, "%s: %s", a, strerror(errno));
    for (long long at = 0; status == GM_OK; at++) {
        int c = getc_unlocked(x), d = getc_unlocked(y);
        if (c != d) status = gm_fail(err, GM_E_FORMAT, "byte %lld of it was changed, outside of its files", at);
        if (c == EOF || d == EOF) break;
    }
    if (x) fclose(x);
    if (y) fclose(y);
    return status;
}

static gm_status compare_whole(const char *path, const gm_package *package, const char *dir, gm_error *err) {
    gm_auto_text again = GM_TEXT_INIT;
    gm_text_printf(&again, "%s/.again.tar", dir);
    if (!gm_text_ok(&again)) return gm_nomem(err);
    GM_TRY(gm_package_write(package, dir, again.data, err));
    gm_status status = same_bytes(path, again.data, err);
    unlink(again.data);
    return status;
}

gm_status gm_package_extract(const char *path, const gm_package *package, const char *dir, gm_error *err) {
    auto_reader r = {0};
    gm_auto_package found = {0};
    char fingerprint[GM_SHA256_HEX];
    json_t *manifest;
    GM_TRY(reader_open(&r, path, NULL, 0, err));
    GM_TRY(read_head(&r, &found, fingerprint, &manifest, err));
    gm_status status = GM_OK;
    if (strcmp(found.manifest, package->manifest) != 0)
        status = gm_fail(err, GM_E_CONFLICT, "%s was exchanged while it was read", path);
    if (status == GM_OK) status = take_all(&r, manifest, dir, err);
    json_decref(manifest);
    return status == GM_OK ? compare_whole(path, package, dir, err) : status;
}

gm_status gm_package_check_bytes(const void *bytes, size_t size, gm_error *err) {
    auto_reader r = {0};
    gm_auto_package package = {0};
    char fingerprint[GM_SHA256_HEX];
    json_t *manifest;
    GM_TRY(reader_open(&r, NULL, bytes, size, err));
    GM_TRY(read_head(&r, &package, fingerprint, &manifest, err));
    gm_status status = take_all(&r, manifest, NULL, err);
    json_decref(manifest);
    return status;
}
