#include "uploads.h"

#include "service/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *gm_uploads_dir(const char *data_dir) {
    return gm_path_join(data_dir, "uploads");
}

static gm_status fail_errno(gm_error *err, const char *what, const char *path, int code) {
    return gm_fail(err, GM_E_IO, "%s: cannot %s: %s", path, what, strerror(code));
}

static gm_status write_durably(int fd, const char *bytes, size_t size, const char *path, gm_error *err) {
    return gm_write_all(fd, bytes, size) && fsync(fd) == 0 ? GM_OK : fail_errno(err, "write", path, errno);
}

/* Half a file never stands among the records: it is written in DATA/.incoming, then renamed. */
static gm_status write_beside(const char *folder, char *name, size_t name_size, const char *bytes, size_t size,
                              int *folder_fd, gm_error *err) {
    static atomic_uint counter;
    snprintf(name, name_size, "%ld-%u", (long)getpid(), atomic_fetch_add(&counter, 1));
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) return fail_errno(err, "open", folder, errno);
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    gm_status status =
        fd < 0 ? fail_errno(err, "write in", folder, errno) : write_durably(fd, bytes, size, folder, err);
    if (fd >= 0) close(fd);
    if (status != GM_OK) {
        unlinkat(dir, name, 0);
        close(dir);
        return status;
    }
    *folder_fd = dir;
    return GM_OK;
}

static gm_status move_in(int from, const char *name, const char *root, const char *path, gm_error *err) {
    int parent = -1;
    const char *base = NULL;
    GM_TRY(service_open_parent(root, path, true, &parent, &base, err));
    gm_status status = GM_OK;
    if (renameat(from, name, parent, base) != 0)
        status = errno == EISDIR ? gm_fail(err, GM_E_CONFLICT, "%s is a folder", path)
                                 : fail_errno(err, "write", path, errno);
    else if (fsync(parent) != 0)
        status = fail_errno(err, "write", path, errno);
    close(parent);
    return status;
}

gm_status gm_upload_put(const char *data_dir, const char *path, const void *bytes, size_t size, gm_error *err) {
    GM_TRY(service_path_check(path, "the path of the record", err));
    gm_auto_free char *root = gm_uploads_dir(data_dir), *incoming = gm_path_join(data_dir, ".incoming");
    if (!root || !incoming) return gm_nomem(err);
    GM_TRY(gm_make_dirs(root, err));
    GM_TRY(gm_make_dirs(incoming, err));
    char name[64];
    int from = -1;
    GM_TRY(write_beside(incoming, name, sizeof name, bytes, size, &from, err));
    gm_status status = move_in(from, name, root, path, err);
    if (status != GM_OK) unlinkat(from, name, 0);
    close(from);
    return status;
}
