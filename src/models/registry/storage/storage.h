/* Where artefacts lie: one interface, chosen by a URL.
 *
 *     /srv/models, ./store, file:///srv/models      a folder (local.c)
 *     s3://bucket/prefix?endpoint=URL&region=NAME    object storage that speaks the S3 protocol (s3.c)
 *
 * For        the registry, packages, run pushes: whatever keeps files that another machine may fetch.
 * Depends on base.
 * Keys       "models/pump/3/model.onnx": parts joined by '/', no empty part, no part that begins with '.', no control
 *            characters, at most 900 bytes.
 * Whole      a put or a get does all or nothing: a reader sees the old or the new object, never half of one; what was
 *            answered GM_OK survives a kill and a power cut.
 * Checked    put notes the SHA-256 of the content with the object; get compares the bytes with it, and with what the
 *            caller expects: a flipped bit is GM_E_FORMAT, and the target file stays as it was.
 * Errors     GM_E_NOTFOUND: no such object (or bucket); GM_E_FORMAT: damaged; GM_E_IO: disk or network, in words;
 *            GM_E_ARG: a URL or key that cannot be, or credentials that are missing or refused; GM_E_CANCELLED. No
 *            message holds a secret.
 * Threads    a storage belongs to one thread at a time; several storages of one place, also of several machines, may be
 *            used at once: the last put of a key stays. */
#ifndef GIMLET_MODELS_REGISTRY_STORAGE_H
#define GIMLET_MODELS_REGISTRY_STORAGE_H

#include "base/base.h"

typedef struct gm_storage gm_storage;
/* Nothing is made, and nothing is asked over a network, before it is used. */
gm_status gm_storage_open(const char *url, gm_storage **out, gm_error *err) GM_MUST_CHECK;
void gm_storage_free(gm_storage *storage); /* accepts NULL */
GM_AUTO(gm_storage)
/* Progress in bytes of long transfers, and the way to stop them. The observer outlives the storage. */
void gm_storage_observe(gm_storage *storage, const gm_observer *observer);
const char *gm_storage_url(const gm_storage *storage); /* as opened; never holds credentials */

typedef struct {
    char *key; /* NULL from gm_storage_look */
    int64_t size_bytes;
    char sha256[GM_SHA256_HEX]; /* as noted at put; "" = not known (put by another program, or in a list) */
} gm_stored;

/* Store the file at path under key, over what is there. sha256: of its content; may be NULL. */
gm_status gm_storage_put(gm_storage *storage, const char *key, const char *path, char sha256[GM_SHA256_HEX],
                         gm_error *err) GM_MUST_CHECK;
/* Fetch into the file at path, whose folder is there. expected: the SHA-256 it must have; NULL = as noted at put. */
gm_status gm_storage_get(gm_storage *storage, const char *key, const char *path, const char *expected,
                         gm_error *err) GM_MUST_CHECK;
/* Is it there, how big, what was noted? */
gm_status gm_storage_look(gm_storage *storage, const char *key, gm_stored *out, gm_error *err) GM_MUST_CHECK;
/* Forget it; absent is fine. */
gm_status gm_storage_remove(gm_storage *storage, const char *key, gm_error *err) GM_MUST_CHECK;

typedef struct {
    gm_stored *items; /* by key, in byte order */
    size_t count;
} gm_stored_list;
/* All whose key begins with prefix ("" = all). A folder that is not there holds nothing. */
gm_status gm_storage_list(gm_storage *storage, const char *prefix, gm_stored_list *out, gm_error *err) GM_MUST_CHECK;
void gm_stored_list_finish(gm_stored_list *list);

/* A place for artefacts: a file x.c here and a line in storages.list.h. */
typedef struct {
    const char *scheme; /* "s3" */
    const char *doc;
    gm_status (*open)(const char *url, void **state, gm_error *err);
    void (*close)(void *state);
    gm_status (*put)(void *state, const char *key, const char *path, const gm_observer *observer,
                     char sha256[GM_SHA256_HEX], gm_error *err);
    gm_status (*get)(void *state, const char *key, const char *path, const char *expected, const gm_observer *observer,
                     gm_error *err);
    gm_status (*look)(void *state, const char *key, gm_stored *out, gm_error *err);
    gm_status (*remove)(void *state, const char *key, gm_error *err);
    gm_status (*list)(void *state, const char *prefix, gm_stored_list *out, gm_error *err);
} gm_storage_backend;
const gm_storage_backend *const *gm_storage_backends(size_t *count);

#endif
