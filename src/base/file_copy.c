/* Copies that are checked while they are made, and hashes of bytes that come piece by piece. */
#include "files.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct gm_hash {
    EVP_MD_CTX *context;
};

gm_hash *gm_hash_new(void) {
    gm_hash *hash = gm_calloc(1, sizeof *hash);
    if (!hash) return NULL;
    hash->context = EVP_MD_CTX_new();
    if (hash->context && EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) == 1) return hash;
    gm_hash_free(hash);
    return NULL;
}

/* OpenSSL fails at neither of these after a good start: no data can cause it. */
void gm_hash_add(gm_hash *hash, const void *data, size_t size) {
    GM_ASSERT(EVP_DigestUpdate(hash->context, data, size) == 1);
}

void gm_hash_hex(gm_hash *hash, char out_hex[GM_SHA256_HEX]) {
    unsigned char digest[32];
    GM_ASSERT(EVP_DigestFinal_ex(hash->context, digest, NULL) == 1);
    for (int i = 0; i < 32; i++) snprintf(out_hex + 2 * i, 3, "%02x", digest[i]);
}

void gm_hash_free(gm_hash *hash) {
    if (!hash) return;
    EVP_MD_CTX_free(hash->context);
    gm_free(hash);
}

/* ---- copies ---- */

typedef struct {
    int from, to;
    char *temporary; /* "" once it has its name */
} copying;

static void finish(copying *c) {
    if (c->from >= 0) close(c->from);
    if (c->to >= 0) close(c->to);
    if (c->temporary && c->temporary[0]) unlink(c->temporary);
    gm_free(c->temporary);
}

static gm_status fail_errno(gm_error *err, const char *verb, const char *path) {
    int code = errno;
    return gm_fail_at(err, code == ENOENT ? GM_E_NOTFOUND : GM_E_IO, 0, 0,
                      code == ENOSPC ? "free some space on this disk and run the command again" : NULL,
                      "cannot %s %s: %s", verb, path, strerror(code));
}

static gm_status copy_bytes(const copying *c, const char *from, const char *to, char out_hex[GM_SHA256_HEX],
                            gm_error *err) {
    static const size_t block = 1 << 18;
    gm_auto(gm_hash) hash = gm_hash_new();
    gm_auto_free char *buffer = gm_alloc(block);
    if (!hash || !buffer) return gm_nomem(err);
    for (;;) {
        ssize_t n = read(c->from, buffer, block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(err, "read", from);
        if (n == 0) break;
        gm_hash_add(hash, buffer, (size_t)n);
        if (!gm_write_all(c->to, buffer, (size_t)n)) return fail_errno(err, "write", to);
    }
    gm_hash_hex(hash, out_hex);
    return GM_OK;
}

gm_status gm_copy_file(const char *from, const char *to, const char *expected, char out_hex[GM_SHA256_HEX],
                       gm_error *err) {
    __attribute__((cleanup(finish))) copying c = {-1, -1, NULL};
    struct stat info;
    c.from = open(from, O_RDONLY | O_CLOEXEC);
    if (c.from < 0) return fail_errno(err, "open", from);
    if (fstat(c.from, &info) != 0 || !S_ISREG(info.st_mode))
        return gm_fail(err, GM_E_IO, "cannot read %s: it is not a regular file", from);
    gm_text name = GM_TEXT_INIT;
    gm_text_printf(&name, "%s.XXXXXX", to);
    gm_auto_free char *temporary = gm_text_take(&name);
    if (!temporary) return gm_nomem(err);
    c.to = mkostemp(temporary, O_CLOEXEC);
    if (c.to < 0) return fail_errno(err, "write", to);
    c.temporary = gm_steal(&temporary);
    char hex[GM_SHA256_HEX];
    GM_TRY(copy_bytes(&c, from, to, hex, err));
    if (expected && strcmp(expected, hex) != 0)
        return gm_fail(err, GM_E_FORMAT, "%s: the bytes are not those that were stored: SHA-256 %.12s..., not %.12s...",
                       from, hex, expected);
    if (fchmod(c.to, 0644) != 0 || fsync(c.to) != 0) return fail_errno(err, "write", to);
    if (rename(c.temporary, to) != 0) return fail_errno(err, "replace", to);
    c.temporary[0] = '\0';
    if (out_hex) memcpy(out_hex, hex, sizeof hex);
    const char *slash = strrchr(to, '/');
    gm_auto_free char *folder = slash ? gm_strndup(to, GM_MAX((size_t)(slash - to), (size_t)1)) : gm_strdup(".");
    return folder ? gm_sync_dir(folder, err) : gm_nomem(err);
}
