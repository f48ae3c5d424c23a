/* Artefacts in object storage: s3://bucket/prefix?endpoint=URL&region=NAME&profile=NAME&style=path|host&part_mb=N
 *
 * The object "a/b" is the object prefix/a/b of the bucket; its SHA-256 stands in its metadata (x-amz-meta-sha256). */
#include "s3_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PART_MB = 8, LEAST_PART_MB = 5, MOST_PART_MB = 5000 };

/* ---- the URL ---- */

typedef struct {
    char *endpoint, *region, *profile, *style, *part_mb;
} url_options;

static void finish_options(url_options *o) {
    gm_free(o->endpoint);
    gm_free(o->region);
    gm_free(o->profile);
    gm_free(o->style);
    gm_free(o->part_mb);
}

static char *decoded(const char *s, size_t length) {
    gm_text text = GM_TEXT_INIT;
    gm_text_append(&text, "");
    for (size_t i = 0; i < length; i++) {
        char hex[3] = {0}, c = s[i];
        if (c == '%' && i + 2 < length && memcpy(hex, s + i + 1, 2) && strspn(hex, "0123456789abcdefABCDEF") == 2) {
            c = (char)strtol(hex, NULL, 16);
            i += 2;
        }
        gm_text_append_n(&text, &c, 1);
    }
    return gm_text_take(&text);
}

static gm_status read_options(const char *query, url_options *o, gm_error *err) {
    struct {
        const char *name;
        char **value;
    } known[] = {{"endpoint", &o->endpoint},
                 {"region", &o->region},
                 {"profile", &o->profile},
                 {"style", &o->style},
                 {"part_mb", &o->part_mb}};
    while (*query) {
        size_t length = strcspn(query, "&"), name = strcspn(query, "=&");
        size_t i = 0;
        while (i < GM_COUNT(known) && (strlen(known[i].name) != name || memcmp(known[i].name, query, name) != 0)) i++;
        if (i == GM_COUNT(known) || name == length)
            return gm_fail(
                err, GM_E_ARG,
                "a place in object storage takes ?endpoint=, region=, profile=, style=, part_mb=; not \"%.*s\"",
                (int)name, query);
        gm_free(*known[i].value);
        *known[i].value = decoded(query + name + 1, length - name - 1);
        if (!*known[i].value) return gm_nomem(err);
        query += length + (query[length] == '&');
    }
    return GM_OK;
}

/* "endpoint/bucket", or "bucket.endpoint" for AWS, where path style is on its way out. */
static gm_status make_base(s3 *store, const url_options *o, gm_error *err) {
    if (o->style && strcmp(o->style, "path") && strcmp(o->style, "host"))
        return gm_fail(err, GM_E_ARG, "style=%s is not known: path or host", o->style);
    const char *endpoint = o->endpoint ? o->endpoint : store->account.endpoint;
    gm_auto_text base = GM_TEXT_INIT;
    bool by_host = o->style ? strcmp(o->style, "host") == 0 : !endpoint && !strchr(store->bucket, '.');
    if (endpoint && !gm_starts_with(endpoint, "http://") && !gm_starts_with(endpoint, "https://"))
        return gm_fail(err, GM_E_ARG, "endpoint=%.80s is no address: https://HOST or http://HOST:PORT are", endpoint);
    if (endpoint && strchr(strstr(endpoint, "://") + 3, '@'))
        return gm_fail(err, GM_E_ARG,
                       "the endpoint must hold no user or password: keys come from AWS_ACCESS_KEY_ID or ~/.aws");
    gm_auto_text standard = GM_TEXT_INIT;
    gm_text_printf(&standard, "https://s3.%s.amazonaws.com", store->account.region);
    if (!endpoint) endpoint = gm_text_c(&standard);
    const char *host = strstr(endpoint, "://");
    if (!host) return gm_nomem(err);
    host += 3;
    size_t length = strlen(host);
    while (length > 0 && host[length - 1] == '/') length--;
    gm_text_append_n(&base, endpoint, (size_t)(host - endpoint));
    if (by_host) gm_text_printf(&base, "%s.", store->bucket);
    gm_text_append_n(&base, host, length);
    if (!by_host) gm_text_printf(&base, "/%s", store->bucket);
    store->base = gm_text_take(&base);
    return store->base ? GM_OK : gm_nomem(err);
}

static gm_status check_bucket(const char *bucket, gm_error *err) {
    size_t length = strlen(bucket);
    if (strchr(bucket, '@') || strchr(bucket, ':'))
        return gm_fail(err, GM_E_ARG, "an s3:// URL must hold no keys: they come from AWS_ACCESS_KEY_ID or ~/.aws");
    if (length < 3 || length > 63 || strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != length)
        return gm_fail(err, GM_E_ARG, "\"%.80s\" cannot be a bucket: 3 to 63 small letters, digits, '.', '-'", bucket);
    return GM_OK;
}

static gm_status read_prefix(s3 *store, const char *text, size_t length, gm_error *err) {
    while (length > 0 && *text == '/') text++, length--;
    while (length > 0 && text[length - 1] == '/') length--;
    gm_auto_free char *plain = decoded(text, length);
    if (!plain) return gm_nomem(err);
    store->prefix = length ? gm_path_join(plain, "") : gm_strdup("");
    return store->prefix ? GM_OK : gm_nomem(err);
}

static void s3_close(void *state) {
    s3 *store = state;
    if (!store) return;
    gm_http_free(store->http);
    s3_account_finish(&store->account);
    gm_free(store->bucket);
    gm_free(store->prefix);
    gm_free(store->base);
    gm_free(store);
}

static gm_status open_url(s3 *store, const char *url, gm_error *err) {
    const char *place = url + strlen("s3://");
    size_t bucket = strcspn(place, "/?"), path = strcspn(place, "?");
    __attribute__((cleanup(finish_options))) url_options o = {0};
    if (!(store->bucket = gm_strndup(place, bucket))) return gm_nomem(err);
    GM_TRY(check_bucket(store->bucket, err));
    GM_TRY(read_prefix(store, place + bucket, path - bucket, err));
    GM_TRY(read_options(place[path] ? place + path + 1 : "", &o, err));
    GM_TRY(s3_account_find(o.profile, &store->account, err));
    if (o.region) {
        gm_free(store->account.region);
        store->account.region = gm_steal(&o.region);
    }
    if (!store->account.region && !(store->account.region = gm_strdup("us-east-1"))) return gm_nomem(err);
    if (!store->account.key || !store->account.secret)
        return gm_fail_at(err, GM_E_ARG, 0, 0,
                          "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write ~/.aws/credentials",
                          "s3://%s: there are no keys for object storage", store->bucket);
    long part_mb = PART_MB;
    if (o.part_mb && (!gm_parse_long(o.part_mb, &part_mb) || part_mb < LEAST_PART_MB || part_mb > MOST_PART_MB))
        return gm_fail(err, GM_E_ARG, "part_mb=%s: %d to %d are possible", o.part_mb, LEAST_PART_MB, MOST_PART_MB);
    store->part_bytes = (int64_t)part_mb << 20;
    GM_TRY(make_base(store, &o, err));
    return gm_http_new(&store->http, err);
}

static gm_status s3_open(const char *url, void **state, gm_error *err) {
    s3 *store = gm_calloc(1, sizeof *store);
    if (!store) return gm_nomem(err);
    gm_status status = open_url(store, url, err);
    if (status != GM_OK) return s3_close(store), status;
    *state = store;
    return GM_OK;
}

/* ---- get: beside the target, checked, then renamed ---- */

typedef struct {
    const char *path;
    char *temporary;
    int fd;
    gm_hash *hash;
} fetch;

static gm_status begin_fetch(void *ctx, gm_error *err) {
    fetch *f = ctx;
    gm_hash_free(f->hash);
    f->hash = gm_hash_new();
    if (!f->hash) return gm_nomem(err);
    if (ftruncate(f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0)
        return gm_fail(err, GM_E_IO, "cannot write %s: %s", f->path, strerror(errno));
    return GM_OK;
}

static gm_status take_fetch(void *ctx, const void *data, size_t size, gm_error *err) {
    fetch *f = ctx;
    gm_hash_add(f->hash, data, size);
    for (const char *p = data; size > 0;) {
        ssize_t n = write(f->fd, p, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return gm_fail(err, GM_E_IO, "cannot write %s: %s", f->path, strerror(errno));
        p += n;
        size -= (size_t)n;
    }
    return GM_OK;
}

static void finish_fetch(fetch *f) {
    if (f->fd >= 0) close(f->fd);
    if (f->temporary) unlink(f->temporary);
    gm_free(f->temporary);
    gm_hash_free(f->hash);
}

static gm_status keep_fetch(fetch *f, gm_error *err) {
    if (fchmod(f->fd, 0644) != 0 || fsync(f->fd) != 0 || rename(f->temporary, f->path) != 0)
        return gm_fail(err, GM_E_IO, "cannot write %s: %s", f->path, strerror(errno));
    gm_free(f->temporary);
    f->temporary = NULL;
    const char *slash = strrchr(f->path, '/');
    gm_auto_free char *folder =
        slash ? gm_strndup(f->path, GM_MAX((size_t)(slash - f->path), (size_t)1)) : gm_strdup(".");
    return folder ? gm_sync_dir(folder, err) : gm_nomem(err);
}

static gm_status s3_get(void *state, const char *key, const char *path, const char *expected,
                        const gm_observer *observer, gm_error *err) {
    s3 *store = state;
    __attribute__((cleanup(finish_fetch))) fetch f = {.path = path, .fd = -1};
    gm_text name = GM_TEXT_INIT;
    gm_text_printf(&name, "%s.XXXXXX", path);
    gm_auto_free char *temporary = gm_text_take(&name);
    if (!temporary) return gm_nomem(err);
    f.fd = mkostemp(temporary, O_CLOEXEC);
    if (f.fd < 0) return gm_fail(err, GM_E_IO, "cannot write %s: %s", path, strerror(errno));
    f.temporary = gm_steal(&temporary);
    gm_http_sink sink = {begin_fetch, take_fetch, &f};
    s3_request request = {.method = "GET", .key = key, .query = "", .sink = &sink, .stage = "fetching"};
    gm_auto_http_answer answer = {0};
    store->observer = observer;
    GM_TRY(s3_send(store, &request, &answer, err));
    char hex[GM_SHA256_HEX], noted[100] = "";
    gm_hash_hex(f.hash, hex);
    gm_http_header(&answer, "x-amz-meta-sha256", noted, sizeof noted);
    if (!expected && gm_is_sha256(noted)) expected = noted;
    if (expected && strcmp(expected, hex) != 0)
        return gm_fail(err, GM_E_FORMAT,
                       "s3://%s/%s%s: the bytes are not those that were stored: SHA-256 %.12s..., not %.12s...",
                       store->bucket, store->prefix, key, hex, expected);
    return keep_fetch(&f, err);
}

/* ---- the others ---- */

static gm_status s3_put_file(void *state, const char *key, const char *path, const gm_observer *observer,
                             char sha256[GM_SHA256_HEX], gm_error *err) {
    s3 *store = state;
    store->observer = observer;
    return s3_put(store, key, path, sha256, err);
}

static gm_status s3_look(void *state, const char *key, gm_stored *out, gm_error *err) {
    s3_request request = {.method = "HEAD", .key = key, .query = ""};
    gm_auto_http_answer answer = {0};
    char size[32], noted[100] = "";
    long bytes;
    GM_TRY(s3_send(state, &request, &answer, err));
    if (!gm_http_header(&answer, "content-length", size, sizeof size) || !gm_parse_long(size, &bytes))
        return gm_fail(err, GM_E_FORMAT, "%s: the server does not say how big it is", key);
    out->size_bytes = bytes;
    gm_http_header(&answer, "x-amz-meta-sha256", noted, sizeof noted);
    if (gm_is_sha256(noted)) memcpy(out->sha256, noted, sizeof out->sha256);
    return GM_OK;
}

static gm_status s3_remove(void *state, const char *key, gm_error *err) {
    s3_request request = {.method = "DELETE", .key = key, .query = ""};
    gm_auto_http_answer answer = {0};
    gm_error why = {0};
    gm_status status = s3_send(state, &request, &answer, &why);
    if (status == GM_OK || (answer.status == 404 && !strstr(why.message, "bucket"))) return GM_OK;
    if (err && err->code == GM_OK) *err = why;
    return status;
}

/* One page of a list; *more: where the next begins, NULL = it was the last. */
static gm_status list_page(s3 *store, const char *prefix, char **more, gm_stored_list *out, gm_error *err) {
    gm_auto_text query = GM_TEXT_INIT;
    if (*more) {
        gm_text_append(&query, "continuation-token=");
        gm_text_percent(&query, *more, "");
        gm_text_append(&query, "&");
    }
    gm_text_append(&query, "encoding-type=url&list-type=2&prefix=");
    gm_text_percent(&query, store->prefix, "");
    gm_text_percent(&query, prefix, "");
    if (!gm_text_ok(&query)) return gm_nomem(err);
    s3_request request = {.method = "GET", .query = query.data};
    gm_auto_http_answer answer = {0};
    GM_TRY(s3_send(store, &request, &answer, err));
    const char *at = gm_text_c(&answer.body), *end = at + answer.body.length, *from, *to;
    gm_free(*more);
    *more = s3_xml_text(at, end, "NextContinuationToken", NULL);
    while (s3_xml_next(&at, "Contents", &from, &to)) {
        gm_auto_free char *encoded = s3_xml_text(from, to, "Key", NULL), *size = s3_xml_text(from, to, "Size", NULL);
        for (char *c = encoded; c && *c; c++)
            if (*c == '+') *c = ' ';
        gm_auto_free char *key = encoded ? decoded(encoded, strlen(encoded)) : NULL;
        long bytes;
        if (!key || !size || !gm_parse_long(size, &bytes))
            return gm_fail(err, GM_E_FORMAT, "%s: the server's list cannot be read", store->base);
        const char *plain = key + strlen(store->prefix);
        if (gm_starts_with(key, store->prefix) && *plain && !gm_ends_with(plain, "/"))
            GM_TRY(gm_stored_list_add(out, plain, bytes, err));
    }
    return GM_OK;
}

static gm_status s3_list(void *state, const char *prefix, gm_stored_list *out, gm_error *err) {
    gm_auto_free char *more = NULL;
    do GM_TRY(list_page(state, prefix, &more, out, err));
    while (more);
    return GM_OK;
}

const gm_storage_backend gm_storage_s3 = {
    .scheme = "s3",
    .doc = "object storage that speaks the S3 protocol",
    .open = s3_open,
    .close = s3_close,
    .put = s3_put_file,
    .get = s3_get,
    .look = s3_look,
    .remove = s3_remove,
    .list = s3_list,
};
