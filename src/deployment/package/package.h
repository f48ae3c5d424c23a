/* The passport of a model: one file with everything, signed (Ed25519), the same bytes wherever it is made.
 *
 *     manifest.json     what it is, and the SHA-256 of everything below; this is what is signed
 *     manifest.sig      the signature in hex
 *     signer.pub        the public key in hex
 *     passport.html     for people; opens without a network
 *     files/...         weights, ONNX, configuration, data set, ...
 *
 * For        service/registry.
 * Depends on base, libarchive (POSIX tar, not compressed: weights do not shrink), OpenSSL.
 * Format     entries in this order, files by path in byte order; owner 0, time 0, mode 0644: the same content gives the
 *            same bytes on every machine.
 * Safety     reading trusts nothing: names, sizes and order are checked before anything is written, and only below the
 *            folder that is given. A byte that differs anywhere, also in what tar puts around the files, is refused.
 * Errors     GM_E_FORMAT: no passport, or changed (says which file).
 * Threads    no shared state. */
#ifndef GIMLET_DEPLOYMENT_PACKAGE_H
#define GIMLET_DEPLOYMENT_PACKAGE_H

#include "base/base.h"

#include <jansson.h>

/* ---- keys ---- */

#define GM_PACKAGE_KEY_HEX       65  /* 32 bytes  */
#define GM_PACKAGE_SIGNATURE_HEX 129 /* 64 bytes  */

/* Signs with DIR/signing.pem, which is made (mode 0600) where absent; DIR/signing.pub holds its public key in hex. */
gm_status gm_package_sign(const char *key_dir, const char *manifest, char signature[GM_PACKAGE_SIGNATURE_HEX],
                          char public_key[GM_PACKAGE_KEY_HEX], gm_error *err) GM_MUST_CHECK;
/* The public key of DIR, which is made where absent. */
gm_status gm_package_own_key(const char *key_dir, char public_key[GM_PACKAGE_KEY_HEX], gm_error *err) GM_MUST_CHECK;
/* GM_E_FORMAT when it is not signed by this key. fingerprint: SHA-256 of the key's 32 bytes. */
gm_status gm_package_verify(const char *manifest, const char *signature, const char *public_key,
                            char fingerprint[GM_SHA256_HEX], gm_error *err) GM_MUST_CHECK;
gm_status gm_package_fingerprint(const char *public_key, char fingerprint[GM_SHA256_HEX], gm_error *err) GM_MUST_CHECK;

/* ---- the file ---- */

/* A passport that is ready to be written, or was opened: texts are the package's. */
typedef struct {
    char *manifest, *page;
    char signature[GM_PACKAGE_SIGNATURE_HEX], public_key[GM_PACKAGE_KEY_HEX];
} gm_package;
void gm_package_finish(gm_package *package);
#define gm_auto_package __attribute__((cleanup(gm_package_finish))) gm_package

/* Whole or not at all. files_dir holds the files under the paths that the manifest names; each is compared. */
gm_status gm_package_write(const gm_package *package, const char *files_dir, const char *path,
                           gm_error *err) GM_MUST_CHECK;
/* Manifest, signature and page; the signature is checked, files are not looked at. */
gm_status gm_package_open(const char *path, gm_package *out, char fingerprint[GM_SHA256_HEX],
                          gm_error *err) GM_MUST_CHECK;
/* Writes the files of an opened passport below dir, which is there and empty, and refuses any byte that is not as
 * gm_package_write writes it. */
gm_status gm_package_extract(const char *path, const gm_package *package, const char *dir, gm_error *err) GM_MUST_CHECK;

/* The files that a manifest names: {"files": [{"path", "sha256", "size_bytes"}], "page": {...}}; GM_E_FORMAT with what
 * is wrong with it. */
gm_status gm_package_manifest(const char *manifest, json_t **out, gm_error *err) GM_MUST_CHECK;

/* The whole importer on bytes in memory, for tests and the fuzzer: opened, checked, nothing written. */
gm_status gm_package_check_bytes(const void *bytes, size_t size, gm_error *err) GM_MUST_CHECK;

#endif
