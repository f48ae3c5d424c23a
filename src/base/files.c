#include "files.h"

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef int descriptor;
static void close_descriptor(const descriptor *fd) {
    if (*fd >= 0) close(*fd);
}
#define auto_descriptor __attribute__((cleanup(close_descriptor))) descriptor

/* What the operating system said, with advice where there is some. */
static gm_status fail_errno(gm_error *err, const char *verb, const char *path, int code) {
    const char *hint = code == ENOSPC
                           ? "free some space on this disk and run the command again; what was finished is kept"
                       : code == EACCES ? "check who may read and write there"
                       : code == EROFS  ? "this disk is read-only; choose another folder"
                       : code == EMFILE ? "too many files are open; raise the limit (ulimit -n)"
                                        : NULL;
    gm_status status = code == ENOENT ? GM_E_NOTFOUND : code == ENOMEM ? GM_E_NOMEM : GM_E_IO;
    return gm_fail_at(err, status, 0, 0, hint, "cannot %s %s: %s", verb, path, strerror(code));
}

gm_status gm_read_file(const char *path, size_t max_size, char **out, size_t *out_size, gm_error *err) {
    auto_descriptor fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail_errno(err, "open", path, errno);
    struct stat info;
    if (fstat(fd, &info) != 0) return fail_errno(err, "look at", path, errno);
    if (S_ISDIR(info.st_mode)) return gm_fail(err, GM_E_IO, "cannot read %s: it is a folder, not a file", path);
    if (!S_ISREG(info.st_mode)) return gm_fail(err, GM_E_IO, "cannot read %s: it is not a regular file", path);
    if ((uint64_t)info.st_size > max_size)
        return gm_fail(err, GM_E_FORMAT, "%s has %lld bytes; at most %zu are read", path, (long long)info.st_size,
                       max_size);
    size_t capacity = (size_t)info.st_size + 1, length = 0;
    gm_auto_free char *data = gm_alloc(capacity);
    if (!data) return gm_nomem(err);
    while (length + 1 < capacity) {
        ssize_t n = read(fd, data + length, capacity - 1 - length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(err, "read", path, errno);
        if (n == 0) break;
        length += (size_t)n;
    }
    data[length] = '\0';
    *out = gm_steal(&data);
    *out_size = length;
    return GM_OK;
}

bool gm_write_all(int fd, const void *data, size_t size) {
    const char *bytes = data;
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

static gm_status write_atomically(const char *path, const void *data, size_t size, bool durable, gm_error *err) {
    gm_auto_text temporary = GM_TEXT_INIT;
    gm_text_printf(&temporary, "%s.XXXXXX", path);
    if (!gm_text_ok(&temporary)) return gm_nomem(err);
    auto_descriptor fd = mkostemp(temporary.data, O_CLOEXEC);
    if (fd < 0) return fail_errno(err, "write", path, errno);
    gm_status status = gm_write_all(fd, data, size) ? GM_OK : fail_errno(err, "write", path, errno);
    if (status == GM_OK && fchmod(fd, 0644) != 0) status = fail_errno(err, "write", path, errno);
    if (status == GM_OK && durable && fsync(fd) != 0) status = fail_errno(err, "write", path, errno);
    if (status == GM_OK && rename(temporary.data, path) != 0) status = fail_errno(err, "replace", path, errno);
    if (status != GM_OK) {
        unlink(temporary.data);
        return status;
    }
    if (!durable) return GM_OK;
    const char *slash = strrchr(path, '/');
    gm_auto_free char *folder = slash ? gm_strndup(path, GM_MAX((size_t)(slash - path), (size_t)1)) : gm_strdup(".");
    return folder ? gm_sync_dir(folder, err) : gm_nomem(err);
}

gm_status gm_write_file(const char *path, const void *data, size_t size, gm_error *err) {
    return write_atomically(path, data, size, true, err);
}

gm_status gm_write_file_fast(const char *path, const void *data, size_t size, gm_error *err) {
    return write_atomically(path, data, size, false, err);
}

gm_status gm_sync_dir(const char *path, gm_error *err) {
    auto_descriptor fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno(err, "open", path, errno);
    if (fsync(fd) != 0 && errno != EINVAL) return fail_errno(err, "sync", path, errno);
    return GM_OK;
}

gm_status gm_make_dirs(const char *path, gm_error *err) {
    gm_auto_free char *part = gm_strdup(path);
    if (!part) return gm_nomem(err);
    for (char *p = part + (part[0] == '/');; p++) {
        if (*p != '/' && *p) continue;
        char end = *p;
        *p = '\0';
        if (part[0] && mkdir(part, 0777) != 0 && errno != EEXIST) return fail_errno(err, "make folder", part, errno);
        *p = end;
        if (!end) break;
    }
    if (!gm_is_directory(path))
        return gm_fail(err, GM_E_IO, "cannot make folder %s: a file of that name is there", path);
    return GM_OK;
}

static gm_status remove_at(int parent, const char *name, const char *path, gm_error *err) {
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) return GM_OK;
    if (errno != EISDIR && errno != EPERM) return fail_errno(err, "remove", path, errno);
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return fail_errno(err, "remove", path, errno);
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return gm_nomem(err);
    }
    gm_status status = GM_OK;
    for (struct dirent *entry; status == GM_OK && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            status = remove_at(dirfd(dir), entry->d_name, path, err);
    }
    closedir(dir);
    if (status == GM_OK && unlinkat(parent, name, AT_REMOVEDIR) != 0) status = fail_errno(err, "remove", path, errno);
    return status;
}

gm_status gm_remove_tree(const char *path, gm_error *err) {
    return remove_at(AT_FDCWD, path, path, err);
}

bool gm_file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

bool gm_is_directory(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char *gm_path_join(const char *a, const char *b) {
    gm_text path = GM_TEXT_INIT;
    gm_text_append(&path, a);
    if (path.length > 0 && path.data[path.length - 1] != '/') gm_text_append(&path, "/");
    gm_text_append(&path, b);
    return gm_text_take(&path);
}

const char *gm_path_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- hashes ---- */

static void to_hex(const unsigned char digest[32], char out_hex[GM_SHA256_HEX]) {
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 32; i++) {
        out_hex[2 * i] = digits[digest[i] >> 4];
        out_hex[2 * i + 1] = digits[digest[i] & 15];
    }
    out_hex[64] = '\0';
}

void gm_sha256(const void *data, size_t size, char out_hex[GM_SHA256_HEX]) {
    unsigned char digest[32];
    unsigned int length = 0;
    /* OpenSSL fails here only without memory for its context or without its default provider: no data can cause it. */
    GM_ASSERT(EVP_Digest(data, size, digest, &length, EVP_sha256(), NULL) == 1 && length == 32);
    to_hex(digest, out_hex);
}

gm_status gm_sha256_file(const char *path, char out_hex[GM_SHA256_HEX], gm_error *err) {
    auto_descriptor fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(err, "open", path, errno);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        return gm_nomem(err);
    }
    gm_status status = GM_OK;
    static const size_t block = 1 << 16;
    gm_auto_free char *buffer = gm_alloc(block);
    if (!buffer) status = gm_nomem(err);
    while (status == GM_OK) {
        ssize_t n = read(fd, buffer, block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) status = fail_errno(err, "read", path, errno);
        if (n <= 0) break;
        EVP_DigestUpdate(context, buffer, (size_t)n);
    }
    unsigned char digest[32];
    if (status == GM_OK && EVP_DigestFinal_ex(context, digest, NULL) == 1) to_hex(digest, out_hex);
    EVP_MD_CTX_free(context);
    return status;
}

/* ---- locks ---- */

gm_status gm_lock_file(const char *path, double wait_s, gm_lock *out, gm_error *err) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return fail_errno(err, "open", path, errno);
    static const double step_s = 0.05;
    for (double waited_s = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited_s += step_s) {
        int code = errno;
        if (code != EWOULDBLOCK && code != EINTR) {
            close(fd);
            return fail_errno(err, "lock", path, code);
        }
        if (wait_s >= 0 && waited_s >= wait_s) {
            close(fd);
            return gm_fail_at(err, GM_E_CONFLICT, 0, 0,
                              "wait until the other command has ended, then run this one again",
                              "%s is locked by another gimlet command", path);
        }
        nanosleep(&(struct timespec){.tv_nsec = (long)(step_s * 1e9)}, NULL);
    }
    out->fd = fd;
    return GM_OK;
}

void gm_unlock_file(gm_lock *lock) {
    if (lock->fd >= 0) close(lock->fd);
    lock->fd = -1;
}
