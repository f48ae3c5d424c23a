/* Artefacts in a folder: the object "a/b" is the plain file FOLDER/a/b, so that people find it and a copied folder is a
 * copied store.
 *
 *     FOLDER/.gimlet/sha256/a/b   the SHA-256 of FOLDER/a/b; two lines while it is being replaced: the new, the old
 *     FOLDER/.gimlet/incoming/    what is being written; what a kill leaves there is removed after a day
 *     FOLDER/.gimlet/lock         held while an object gets its name
 *
 * An object gets its hash before its name. A kill between the two leaves a hash file that knows both contents, so the
 * one that is there is still checked. */
#include "storage_internal.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    char *root, *notes, *incoming, *lock;
} local;

static void local_close(void *state) {
    local *l = state;
    if (!l) return;
    gm_free(l->root);
    gm_free(l->notes);
    gm_free(l->incoming);
    gm_free(l->lock);
    gm_free(l);
}

static gm_status local_open(const char *url, void **state, gm_error *err) {
    static const char scheme[] = "file://";
    const char *path = url;
    if (gm_starts_with(url, scheme)) {
        path = url + strlen(scheme);
        if (gm_starts_with(path, "localhost/")) path += strlen("localhost");
        if (*path != '/')
            return gm_fail(err, GM_E_ARG, "%s: a file URL names a folder from the root: file:///srv/models", url);
    }
    local *l = gm_calloc(1, sizeof *l);
    if (!l) return gm_nomem(err);
    l->root = gm_strdup(path);
    l->notes = gm_path_join(path, ".gimlet/sha256");
    l->incoming = gm_path_join(path, ".gimlet/incoming");
    l->lock = gm_path_join(path, ".gimlet/lock");
    if (!l->root || !l->notes || !l->incoming || !l->lock) return local_close(l), gm_nomem(err);
    *state = l;
    return GM_OK;
}

/* ---- the notes of hashes ---- */

typedef struct {
    char now[GM_SHA256_HEX], before[GM_SHA256_HEX]; /* "" = none */
} note;

static note read_note(const local *l, const char *key) {
    note n = {0};
    gm_auto_free char *path = gm_path_join(l->notes, key), *text = NULL;
    size_t size;
    if (!path || gm_read_file(path, 1000, &text, &size, NULL) != GM_OK) return n;
    if (size >= GM_SHA256_HEX - 1) memcpy(n.now, text, GM_SHA256_HEX - 1);
    if (size >= 2 * GM_SHA256_HEX - 1) memcpy(n.before, text + GM_SHA256_HEX, GM_SHA256_HEX - 1);
    if (!gm_is_sha256(n.now)) n.now[0] = '\0';
    if (!gm_is_sha256(n.before)) n.before[0] = '\0';
    return n;
}

static gm_status make_folder_of(const char *path, gm_error *err) {
    gm_auto_free char *folder = gm_strndup(path, (size_t)(strrchr(path, '/') - path));
    return folder ? gm_make_dirs(folder, err) : gm_nomem(err);
}

static gm_status write_note(const local *l, const char *key, const note *n, bool durable, gm_error *err) {
    gm_auto_free char *path = gm_path_join(l->notes, key);
    char text[2 * GM_SHA256_HEX + 1];
    int size = snprintf(text, sizeof text, "%s\n%s%s", n->now, n->before, n->before[0] ? "\n" : "");
    if (!path) return gm_nomem(err);
    GM_TRY(make_folder_of(path, err));
    return (durable ? gm_write_file : gm_write_file_fast)(path, text, (size_t)size, err);
}

/* ---- put ---- */

static void remove_what_was_left(const local *l) {
    gm_file_list list;
    if (gm_list_files(l->incoming, &list, NULL) != GM_OK) return;
    for (size_t i = 0; i < list.count; i++)
        if ((double)list.items[i].mtime_ns * 1e-9 < (double)time(NULL) - 86400) unlink(list.items[i].path);
    gm_file_list_finish(&list);
}

/* The name, and the folders that were made for it. */
static gm_status sync_folders(const local *l, const char *target, gm_error *err) {
    gm_auto_free char *folder = gm_strdup(target);
    if (!folder) return gm_nomem(err);
    for (char *slash; (slash = strrchr(folder, '/')) && (size_t)(slash - folder) >= strlen(l->root);) {
        *slash = '\0';
        GM_TRY(gm_sync_dir(*folder ? folder : "/", err));
    }
    return GM_OK;
}

/* Under the lock: the hash, then the name. */
static gm_status take_in(const local *l, const char *key, const char *incoming, const char *target, const char *hex,
                         gm_error *err) {
    note n = {0}, old = read_note(l, key);
    GM_TRY(make_folder_of(target, err));
    memcpy(n.now, hex, sizeof n.now);
    bool replaces = gm_file_exists(target);
    if (replaces) {
        /* After a kill the old note may know two contents: keep that of the file that is there. */
        if (old.before[0]) GM_TRY(gm_sha256_file(target, old.now, err));
        if (strcmp(old.now, hex) != 0) memcpy(n.before, old.now, sizeof n.before);
    }
    GM_TRY(write_note(l, key, &n, true, err));
    if (rename(incoming, target) != 0) return gm_fail(err, GM_E_IO, "cannot write %s: %s", target, strerror(errno));
    GM_TRY(sync_folders(l, target, err));
    n.before[0] = '\0';
    return replaces ? write_note(l, key, &n, false, err) : GM_OK;
}

static gm_status local_put(void *state, const char *key, const char *path, const gm_observer *observer,
                           char sha256[GM_SHA256_HEX], gm_error *err) {
    const local *l = state;
    static atomic_int number;
    char name[64];
    snprintf(name, sizeof name, "%ld-%d", (long)getpid(), atomic_fetch_add(&number, 1));
    gm_auto_free char *incoming = gm_path_join(l->incoming, name), *target = gm_path_join(l->root, key);
    if (!incoming || !target) return gm_nomem(err);
    if (!gm_report(observer, "storing", 0, 0, key)) return gm_fail(err, GM_E_CANCELLED, "stopped before %s", key);
    GM_TRY(gm_make_dirs(l->incoming, err));
    remove_what_was_left(l);
    GM_TRY(gm_copy_file(path, incoming, NULL, sha256, err));
    gm_lock lock;
    gm_status status = gm_lock_file(l->lock, 60, &lock, err);
    if (status == GM_OK) {
        status = take_in(l, key, incoming, target, sha256, err);
        gm_unlock_file(&lock);
    }
    if (status != GM_OK) unlink(incoming);
    return status;
}

/* ---- the others ---- */

static gm_status find(const local *l, const char *key, char **path, struct stat *info, gm_error *err) {
    gm_auto_free char *target = gm_path_join(l->root, key);
    if (!target) return gm_nomem(err);
    if (stat(target, info) != 0 || !S_ISREG(info->st_mode))
        return gm_fail(err, GM_E_NOTFOUND, "there is no %s in %s", key, l->root);
    *path = gm_steal(&target);
    return GM_OK;
}

/* What the content must be: as noted. Of two, the one that the file has. */
static gm_status noted(const local *l, const char *key, const char *path, char out[GM_SHA256_HEX], gm_error *err) {
    note n = read_note(l, key);
    memcpy(out, n.now, sizeof n.now);
    if (!n.before[0]) return GM_OK;
    char hex[GM_SHA256_HEX];
    GM_TRY(gm_sha256_file(path, hex, err));
    if (strcmp(hex, n.before) == 0) memcpy(out, hex, sizeof hex);
    return GM_OK;
}

static gm_status local_get(void *state, const char *key, const char *path, const char *expected,
                           const gm_observer *observer, gm_error *err) {
    const local *l = state;
    gm_auto_free char *source = NULL;
    struct stat info;
    char known[GM_SHA256_HEX];
    if (!gm_report(observer, "fetching", 0, 0, key)) return gm_fail(err, GM_E_CANCELLED, "stopped before %s", key);
    GM_TRY(find(l, key, &source, &info, err));
    GM_TRY(noted(l, key, source, known, err));
    return gm_copy_file(source, path, expected ? expected : known[0] ? known : NULL, NULL, err);
}

static gm_status local_look(void *state, const char *key, gm_stored *out, gm_error *err) {
    const local *l = state;
    gm_auto_free char *path = NULL;
    struct stat info;
    GM_TRY(find(l, key, &path, &info, err));
    out->size_bytes = info.st_size;
    return noted(l, key, path, out->sha256, err);
}

/* Under the lock. */
static gm_status take_out(const local *l, char *path, const char *beside, gm_error *err) {
    if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
        return gm_fail(err, GM_E_IO, "cannot remove %s: %s", path, strerror(errno));
    unlink(beside);
    /* folders that have become empty go too */
    for (char *slash; (slash = strrchr(path, '/')) && (size_t)(slash - path) > strlen(l->root);) {
        *slash = '\0';
        if (rmdir(path) != 0) break;
    }
    return GM_OK;
}

static gm_status local_list(void *state, const char *prefix, gm_stored_list *out, gm_error *err) {
    const local *l = state;
    if (!gm_is_directory(l->root)) return GM_OK;
    gm_file_list files;
    GM_TRY(gm_list_files(l->root, &files, err));
    gm_status status = GM_OK;
    for (size_t i = 0; status == GM_OK && i < files.count; i++) {
        const gm_file_entry *file = &files.items[i];
        bool hidden = file->relative[0] == '.' || strstr(file->relative, "/.");
        if (!hidden && !file->error && gm_starts_with(file->relative, prefix))
            status = gm_stored_list_add(out, file->relative, file->size_bytes, err);
    }
    gm_file_list_finish(&files);
    return status;
}

static gm_status local_remove(void *state, const char *key, gm_error *err) {
    const local *l = state;
    gm_auto_free char *path = gm_path_join(l->root, key), *beside = gm_path_join(l->notes, key);
    if (!path || !beside) return gm_nomem(err);
    if (!gm_file_exists(path)) return GM_OK;
    GM_TRY(gm_make_dirs(l->incoming, err));
    gm_lock lock;
    GM_TRY(gm_lock_file(l->lock, 60, &lock, err));
    gm_status status = take_out(l, path, beside, err);
    gm_unlock_file(&lock);
    return status;
}

const gm_storage_backend gm_storage_local = {
    .scheme = "file",
    .doc = "a folder of this machine or of a network drive",
    .open = local_open,
    .close = local_close,
    .put = local_put,
    .get = local_get,
    .look = local_look,
    .remove = local_remove,
    .list = local_list,
};
