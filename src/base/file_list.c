/* Walking a folder tree. A folder is entered once, however many links lead to it: it is known by device and inode. */
#include "files.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST = 64 };

typedef struct {
    dev_t device;
    ino_t inode;
} folder_id;

typedef struct {
    gm_file_list files;
    size_t capacity;
    folder_id *seen;
    size_t n_seen, seen_capacity;
} walk;

static gm_status add_file(walk *w, char *path, const struct stat *info, int code, gm_error *err) {
    if (w->files.count == w->capacity) {
        size_t capacity = w->capacity ? w->capacity * 2 : 256;
        gm_file_entry *items = gm_realloc_array(w->files.items, capacity, sizeof *items);
        if (!items) return gm_nomem(err);
        w->files.items = items;
        w->capacity = capacity;
    }
    gm_file_entry *entry = &w->files.items[w->files.count++];
    *entry = (gm_file_entry){.path = path, .error = code};
    if (info) {
        entry->size_bytes = info->st_size;
        entry->mtime_ns = (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
        entry->inode = (int64_t)info->st_ino;
    }
    return GM_OK;
}

/* False when this folder was entered before. */
static gm_status enter(walk *w, const struct stat *info, bool *is_new, gm_error *err) {
    for (size_t i = 0; i < w->n_seen; i++) {
        if (w->seen[i].device == info->st_dev && w->seen[i].inode == info->st_ino) {
            *is_new = false;
            return GM_OK;
        }
    }
    if (w->n_seen == w->seen_capacity) {
        size_t capacity = w->seen_capacity ? w->seen_capacity * 2 : 32;
        folder_id *seen = gm_realloc_array(w->seen, capacity, sizeof *seen);
        if (!seen) return gm_nomem(err);
        w->seen = seen;
        w->seen_capacity = capacity;
    }
    w->seen[w->n_seen++] = (folder_id){info->st_dev, info->st_ino};
    *is_new = true;
    return GM_OK;
}

static gm_status walk_folder(walk *w, const char *folder, int depth, gm_error *err);

/* Takes over path. */
static gm_status visit(walk *w, char *path, int depth, gm_error *err) {
    gm_auto_free char *owned = path;
    struct stat info;
    int code = 0;
    bool is_new = true;
    if (stat(path, &info) != 0) code = errno;
    if (code == 0 && S_ISDIR(info.st_mode)) {
        GM_TRY(enter(w, &info, &is_new, err));
        if (is_new && depth < DEEPEST) return walk_folder(w, path, depth + 1, err);
        code = ELOOP;
    }
    if (code == 0 && !S_ISREG(info.st_mode)) return GM_OK; /* sockets, devices: nobody's records */
    GM_TRY(add_file(w, path, code ? NULL : &info, code, err));
    (void)gm_steal(&owned);
    return GM_OK;
}

static gm_status walk_folder(walk *w, const char *folder, int depth, gm_error *err) {
    DIR *dir = opendir(folder);
    if (!dir) {
        char *path = gm_strdup(folder);
        if (!path) return gm_nomem(err);
        gm_status status = add_file(w, path, NULL, errno, err);
        if (status != GM_OK) gm_free(path);
        return status;
    }
    gm_status status = GM_OK;
    for (struct dirent *entry; status == GM_OK && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char *path = gm_path_join(folder, entry->d_name);
        status = path ? visit(w, path, depth, err) : gm_nomem(err);
    }
    closedir(dir);
    return status;
}

static int by_path(const void *a, const void *b) {
    return gm_compare_natural(((const gm_file_entry *)a)->path, ((const gm_file_entry *)b)->path);
}

gm_status gm_list_files(const char *root, gm_file_list *out, gm_error *err) {
    struct stat info;
    if (stat(root, &info) != 0)
        return gm_fail_at(err, errno == ENOENT ? GM_E_NOTFOUND : GM_E_IO, 0, 0, "check the path",
                          "cannot open folder %s: %s", root, strerror(errno));
    if (!S_ISDIR(info.st_mode)) return gm_fail(err, GM_E_ARG, "%s is not a folder", root);
    walk w = {0};
    bool is_new;
    gm_status status = enter(&w, &info, &is_new, err);
    if (status == GM_OK) status = walk_folder(&w, root, 0, err);
    gm_free(w.seen);
    if (status != GM_OK) {
        gm_file_list_finish(&w.files);
        return status;
    }
    size_t root_length = strlen(root);
    for (size_t i = 0; i < w.files.count; i++) {
        const char *relative = w.files.items[i].path + root_length;
        w.files.items[i].relative = relative + strspn(relative, "/");
    }
    if (w.files.count) qsort(w.files.items, w.files.count, sizeof *w.files.items, by_path);
    *out = w.files;
    return GM_OK;
}

void gm_file_list_finish(gm_file_list *list) {
    for (size_t i = 0; i < list->count; i++) gm_free(list->items[i].path);
    gm_free(list->items);
    *list = (gm_file_list){0};
}
