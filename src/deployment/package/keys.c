#include "package_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 32, SIGNATURE_BYTES = 64 };

static void to_hex(const unsigned char *bytes, size_t n, char *out) {
    for (size_t i = 0; i < n; i++) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static int digit_of(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_hex(const char *text, unsigned char *out, size_t n) {
    if (strlen(text) != 2 * n) return false;
    for (size_t i = 0; i < n; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

gm_status gm_package_fingerprint(const char *public_key, char fingerprint[GM_SHA256_HEX], gm_error *err) {
    unsigned char bytes[KEY_BYTES];
    if (!from_hex(public_key, bytes, sizeof bytes)) return gm_fail(err, GM_E_FORMAT, "this is no public key");
    gm_sha256(bytes, sizeof bytes, fingerprint);
    return GM_OK;
}

/* ---- the own key ---- */

static gm_status read_key(const char *path, EVP_PKEY **out, gm_error *err) {
    FILE *file = fopen(path, "re");
    if (!file) return gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    *out = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    if (*out && EVP_PKEY_base_id(*out) == EVP_PKEY_ED25519) return GM_OK;
    EVP_PKEY_free(*out);
    return gm_fail(err, GM_E_FORMAT, "%s holds no Ed25519 key", path);
}

static gm_status write_key(EVP_PKEY *key, const char *path, gm_error *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) {
        int code = errno;
        if (fd >= 0) close(fd);
        return gm_fail(err, GM_E_IO, "%s: %s", path, strerror(code));
    }
    bool ok = PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 && fflush(file) == 0 && fsync(fd) == 0;
    ok = fclose(file) == 0 && ok;
    return ok ? GM_OK : gm_fail(err, GM_E_IO, "%s cannot be written", path);
}

/* Under another name first: who comes second finds a whole key, never half of one. */
static gm_status make_key(const char *dir, const char *path, gm_error *err) {
    char name[64];
    snprintf(name, sizeof name, ".new-%ld.pem", (long)getpid());
    gm_auto_free char *fresh = gm_path_join(dir, name);
    if (!fresh) return gm_nomem(err);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!key) return gm_fail(err, GM_E_INTERNAL, "OpenSSL makes no Ed25519 key");
    unlink(fresh);
    gm_status status = write_key(key, fresh, err);
    EVP_PKEY_free(key);
    if (status == GM_OK && link(fresh, path) != 0 && errno != EEXIST)
        status = gm_fail(err, GM_E_IO, "%s: %s", path, strerror(errno));
    unlink(fresh);
    return status == GM_OK ? gm_sync_dir(dir, err) : status;
}

static gm_status public_of(EVP_PKEY *key, char public_key[GM_PACKAGE_KEY_HEX], gm_error *err) {
    unsigned char bytes[KEY_BYTES];
    size_t size = sizeof bytes;
    if (EVP_PKEY_get_raw_public_key(key, bytes, &size) != 1 || size != sizeof bytes)
        return gm_fail(err, GM_E_INTERNAL, "the key has no public half");
    to_hex(bytes, sizeof bytes, public_key);
    return GM_OK;
}

static gm_status own_key(const char *dir, EVP_PKEY **out, char public_key[GM_PACKAGE_KEY_HEX], gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "signing.pem"), *beside = gm_path_join(dir, "signing.pub");
    EVP_PKEY *key = NULL;
    if (!path || !beside) return gm_nomem(err);
    if (!gm_file_exists(path)) {
        GM_TRY(gm_make_dirs(dir, err));
        if (chmod(dir, 0700) != 0) return gm_fail(err, GM_E_IO, "%s: %s", dir, strerror(errno));
        GM_TRY(make_key(dir, path, err));
    }
    GM_TRY(read_key(path, &key, err));
    gm_status status = public_of(key, public_key, err);
    if (status == GM_OK && !gm_file_exists(beside)) status = gm_write_file(beside, public_key, strlen(public_key), err);
    if (status == GM_OK)
        *out = key;
    else
        EVP_PKEY_free(key);
    return status;
}

gm_status gm_package_own_key(const char *key_dir, char public_key[GM_PACKAGE_KEY_HEX], gm_error *err) {
    EVP_PKEY *key;
    GM_TRY(own_key(key_dir, &key, public_key, err));
    EVP_PKEY_free(key);
    return GM_OK;
}

/* ---- signatures ---- */

gm_status gm_package_sign(const char *key_dir, const char *manifest, char signature[GM_PACKAGE_SIGNATURE_HEX],
                          char public_key[GM_PACKAGE_KEY_HEX], gm_error *err) {
    EVP_PKEY *key;
    unsigned char bytes[SIGNATURE_BYTES];
    size_t size = sizeof bytes;
    GM_TRY(own_key(key_dir, &key, public_key, err));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestSign(context, bytes, &size, (const unsigned char *)manifest, strlen(manifest)) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    if (!ok) return gm_fail(err, GM_E_INTERNAL, "OpenSSL does not sign");
    to_hex(bytes, sizeof bytes, signature);
    return GM_OK;
}

gm_status gm_package_verify(const char *manifest, const char *signature, const char *public_key,
                            char fingerprint[GM_SHA256_HEX], gm_error *err) {
    unsigned char key_bytes[KEY_BYTES], bytes[SIGNATURE_BYTES];
    if (!from_hex(public_key, key_bytes, sizeof key_bytes)) return gm_fail(err, GM_E_FORMAT, "signer.pub is no key");
    if (!from_hex(signature, bytes, sizeof bytes)) return gm_fail(err, GM_E_FORMAT, "manifest.sig is no signature");
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key_bytes, sizeof key_bytes);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestVerify(context, bytes, sizeof bytes, (const unsigned char *)manifest, strlen(manifest)) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    if (!ok)
        return gm_fail(err, GM_E_FORMAT,
                       "the signature does not belong to manifest.json: one of both, or the key, was changed");
    gm_sha256(key_bytes, sizeof key_bytes, fingerprint);
    return GM_OK;
}
