#include "storage_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_KEY = 900 };

#define GM_STORAGE(symbol) &gm_storage_##symbol,
static const gm_storage_backend *const backends[] = {
#include "storages.list.h"
};
#undef GM_STORAGE

struct gm_storage {
    const gm_storage_backend *backend;
    void *state;
    char *url;
    const gm_observer *observer;
};

const gm_storage_backend *const *gm_storage_backends(size_t *count) {
    *count = GM_COUNT(backends);
    return backends;
}

/* "s3" of "s3://bucket"; a path has none, and lies in the first backend, the folder. */
static gm_status backend_of(const char *url, const gm_storage_backend **out, gm_error *err) {
    const char *end = strstr(url, "://");
    *out = backends[0];
    if (!end) return GM_OK;
    gm_auto_text known = GM_TEXT_INIT;
    for (size_t i = 0; i < GM_COUNT(backends); i++) {
        const char *scheme = backends[i]->scheme;
        *out = backends[i];
        if (strlen(scheme) == (size_t)(end - url) && strncmp(url, scheme, strlen(scheme)) == 0) return GM_OK;
        gm_text_printf(&known, "%s%s://", i ? ", " : "", scheme);
    }
    return gm_fail(err, GM_E_ARG, "\"%.*s://\" is no place for artefacts: known are a folder, %s", (int)(end - url),
                   url, gm_text_c(&known));
}

gm_status gm_storage_open(const char *url, gm_storage **out, gm_error *err) {
    if (!url || !*url) return gm_fail(err, GM_E_ARG, "the place for artefacts has no name: give a folder or a URL");
    gm_auto(gm_storage) storage = gm_calloc(1, sizeof *storage);
    if (!storage || !(storage->url = gm_strdup(url))) return gm_nomem(err);
    GM_TRY(backend_of(url, &storage->backend, err));
    GM_TRY(storage->backend->open(url, &storage->state, err));
    *out = gm_steal(&storage);
    return GM_OK;
}

void gm_storage_free(gm_storage *storage) {
    if (!storage) return;
    if (storage->state) storage->backend->close(storage->state);
    gm_free(storage->url);
    gm_free(storage);
}

void gm_storage_observe(gm_storage *storage, const gm_observer *observer) {
    storage->observer = observer;
}

const char *gm_storage_url(const gm_storage *storage) {
    return storage->url;
}

/* ---- keys ---- */

static gm_status check_text(const char *key, gm_error *err) {
    if (strlen(key) > MAX_KEY)
        return gm_fail(err, GM_E_ARG, "\"%.40s...\" is too long for the name of an artefact (%d bytes at most)", key,
                       MAX_KEY);
    for (const char *c = key; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127 || *c == '\\')
            return gm_fail(err, GM_E_ARG, "the name of an artefact holds a character that it may not hold: %.80s", key);
    return GM_OK;
}

static gm_status check_key(const char *key, gm_error *err) {
    GM_TRY(check_text(key, err));
    bool begins = true; /* a part */
    for (const char *c = key;; c++) {
        if (begins && (*c == '/' || *c == '.' || !*c))
            return gm_fail(err, GM_E_ARG,
                           "\"%.80s\" cannot be the name of an artefact: parts joined by '/', none empty or with a '.' "
                           "in front",
                           key);
        if (!*c) return GM_OK;
        begins = *c == '/';
    }
}

bool gm_is_sha256(const char *text) {
    return strspn(text, "0123456789abcdef") == GM_SHA256_HEX - 1 && strlen(text) == GM_SHA256_HEX - 1;
}

/* ---- the operations ---- */

gm_status gm_storage_put(gm_storage *storage, const char *key, const char *path, char sha256[GM_SHA256_HEX],
                         gm_error *err) {
    char hex[GM_SHA256_HEX];
    GM_TRY(check_key(key, err));
    GM_TRY(storage->backend->put(storage->state, key, path, storage->observer, hex, err));
    if (sha256) memcpy(sha256, hex, sizeof hex);
    return GM_OK;
}

gm_status gm_storage_get(gm_storage *storage, const char *key, const char *path, const char *expected, gm_error *err) {
    GM_TRY(check_key(key, err));
    if (expected && !gm_is_sha256(expected))
        return gm_fail(err, GM_E_ARG, "\"%.80s\" is no SHA-256: 64 hexadecimal digits are one", expected);
    return storage->backend->get(storage->state, key, path, expected, storage->observer, err);
}

gm_status gm_storage_look(gm_storage *storage, const char *key, gm_stored *out, gm_error *err) {
    gm_stored found = {0};
    GM_TRY(check_key(key, err));
    GM_TRY(storage->backend->look(storage->state, key, &found, err));
    *out = found;
    return GM_OK;
}

gm_status gm_storage_remove(gm_storage *storage, const char *key, gm_error *err) {
    GM_TRY(check_key(key, err));
    return storage->backend->remove(storage->state, key, err);
}

gm_status gm_storage_list(gm_storage *storage, const char *prefix, gm_stored_list *out, gm_error *err) {
    GM_TRY(check_text(prefix, err));
    gm_stored_list list = {0};
    gm_status status = storage->backend->list(storage->state, prefix, &list, err);
    if (status != GM_OK) return gm_stored_list_finish(&list), status;
    gm_stored_list_sort(&list);
    *out = list;
    return GM_OK;
}

/* ---- lists ---- */

gm_status gm_stored_list_add(gm_stored_list *list, const char *key, int64_t size_bytes, gm_error *err) {
    if (list->count % 64 == 0) {
        gm_stored *grown = gm_realloc_array(list->items, list->count + 64, sizeof *grown);
        if (!grown) return gm_nomem(err);
        list->items = grown;
    }
    gm_stored item = {.key = gm_strdup(key), .size_bytes = size_bytes};
    if (!item.key) return gm_nomem(err);
    list->items[list->count++] = item;
    return GM_OK;
}

static int by_key(const void *a, const void *b) {
    return strcmp(((const gm_stored *)a)->key, ((const gm_stored *)b)->key);
}

void gm_stored_list_sort(gm_stored_list *list) {
    if (list->count > 1) qsort(list->items, list->count, sizeof *list->items, by_key);
}

void gm_stored_list_finish(gm_stored_list *list) {
    for (size_t i = 0; i < list->count; i++) gm_free(list->items[i].key);
    gm_free(list->items);
    *list = (gm_stored_list){0};
}
