#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Well-formed UTF-8 without control characters, '/' and '\'. */
static bool is_plain_text(const char *name, size_t length) {
    for (size_t i = 0; i < length;) {
        unsigned char c = (unsigned char)name[i];
        size_t more = c < 0x80                ? 0
                      : c >= 0xc2 && c < 0xe0 ? 1
                      : c >= 0xe0 && c < 0xf0 ? 2
                      : c >= 0xf0 && c < 0xf5 ? 3
                                              : 9;
        if (more == 9 || i + more >= length + (more == 0) || c < 0x20 || c == 0x7f || c == '/' || c == '\\')
            return false;
        for (size_t k = 1; k <= more; k++)
            if (((unsigned char)name[i + k] & 0xc0) != 0x80) return false;
        i += more + 1;
    }
    return true;
}

static gm_status check(const char *name, size_t length, const char *what, gm_error *err) {
    if (length == 0) return gm_fail(err, GM_E_ARG, "%s has an empty name in it", what);
    if (length > SERVICE_MAX_NAME)
        return gm_fail(err, GM_E_ARG, "%s: a name may have %d bytes", what, SERVICE_MAX_NAME);
    if (name[0] == '.') return gm_fail(err, GM_E_ARG, "%s: a name may not begin with '.'", what);
    if (name[0] == ' ' || name[length - 1] == ' ')
        return gm_fail(err, GM_E_ARG, "%s: a name may not begin or end with a blank", what);
    if (!is_plain_text(name, length))
        return gm_fail(err, GM_E_ARG, "%s: a name may hold no slash, no control character, nothing but UTF-8", what);
    return GM_OK;
}

gm_status service_name_check(const char *name, const char *what, gm_error *err) {
    return check(name, strlen(name), what, err);
}

gm_status service_path_check(const char *path, const char *what, gm_error *err) {
    for (int depth = 1;; depth++) {
        size_t length = strcspn(path, "/");
        if (depth > SERVICE_MAX_DEPTH)
            return gm_fail(err, GM_E_ARG, "%s has more than %d levels", what, SERVICE_MAX_DEPTH);
        GM_TRY(check(path, length, what, err));
        if (!path[length]) return GM_OK;
        path += length + 1;
    }
}

static gm_status fail_open(gm_error *err, const char *path, int code) {
    bool absent = code == ENOENT || code == ENOTDIR || code == ELOOP;
    if (absent) return gm_fail(err, GM_E_NOTFOUND, "there is no %s", path);
    return gm_fail(err, GM_E_IO, "%s: %s", path, strerror(code));
}

/* Goes down one level; closes the level above. */
static int descend(int fd, const char *name, bool make) {
    if (make && mkdirat(fd, name, 0777) != 0 && errno != EEXIST) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int code = errno;
    close(fd);
    errno = code;
    return next;
}

gm_status service_open_parent(const char *root, const char *path, bool make, int *fd, const char **base,
                              gm_error *err) {
    GM_TRY(service_path_check(path, "the path", err));
    int at = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0) return fail_open(err, gm_path_base(root), errno);
    const char *rest = path;
    for (const char *slash = strchr(rest, '/'); slash; rest = slash + 1, slash = strchr(rest, '/')) {
        char name[SERVICE_MAX_NAME + 1];
        snprintf(name, sizeof name, "%.*s", (int)(slash - rest), rest);
        if ((at = descend(at, name, make)) < 0)
            return make && errno == ENOTDIR ? gm_fail(err, GM_E_CONFLICT, "%s is a file, not a folder", name)
                                            : fail_open(err, path, errno);
    }
    *fd = at;
    *base = rest;
    return GM_OK;
}

gm_status service_open_file(const char *root, const char *path, int *fd, off_t *size, gm_error *err) {
    const char *base = NULL;
    int parent = -1;
    GM_TRY(service_open_parent(root, path, false, &parent, &base, err));
    int file = openat(parent, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int code = errno;
    close(parent);
    if (file < 0) return fail_open(err, path, code);
    struct stat info;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(file);
        return fail_open(err, path, ENOENT);
    }
    *fd = file;
    *size = info.st_size;
    return GM_OK;
}
