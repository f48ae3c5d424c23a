/* Putting a file into object storage: in one request, or in parts where it is big.
 *
 * Every request carries the SHA-256 and the MD5 of its bytes, so that the server refuses what arrives damaged. An upload
 * in parts that fails is aborted; one that was killed is found again by the next put of the same key, which sends only
 * the parts that are missing. The object appears with the last request, whole. */
#include "s3_internal.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PARTS = 10000 };
static const double forgotten_s = 86400; /* an upload that began so long ago is nobody's any more */

typedef struct {
    char sha[GM_SHA256_HEX], md5_hex[33], md5_base64[32];
    char tag[100]; /* ETag of the uploaded part; "" = not uploaded */
} part;

typedef struct {
    s3 *store;
    const char *key, *path;
    int64_t size, part_bytes;
    char sha[GM_SHA256_HEX]; /* of all */
    part *parts;
    int n_parts;
    char *id; /* of the upload in parts */
} upload;

/* ---- hashes: of the whole and of each part, in one reading ---- */

static void finish_part(EVP_MD_CTX *md5, gm_hash *sha, part *p) {
    unsigned char digest[16];
    GM_ASSERT(EVP_DigestFinal_ex(md5, digest, NULL) == 1);
    for (int i = 0; i < 16; i++) snprintf(p->md5_hex + 2 * i, 3, "%02x", digest[i]);
    EVP_EncodeBlock((unsigned char *)p->md5_base64, digest, 16);
    gm_hash_hex(sha, p->sha);
}

static gm_status hash_part(const upload *u, FILE *file, gm_hash *whole, char *buffer, size_t block, int index,
                           gm_error *err) {
    gm_auto(gm_hash) sha = gm_hash_new();
    EVP_MD_CTX *md5 = EVP_MD_CTX_new();
    gm_status status = sha && md5 && EVP_DigestInit_ex(md5, EVP_md5(), NULL) == 1 ? GM_OK : gm_nomem(err);
    int64_t left = GM_MIN(u->part_bytes, u->size - (int64_t)index * u->part_bytes);
    while (status == GM_OK && left > 0) {
        size_t n = fread(buffer, 1, (size_t)GM_MIN(left, (int64_t)block), file);
        if (n == 0) status = gm_fail(err, GM_E_IO, "%s: it became shorter while it was read", u->path);
        gm_hash_add(whole, buffer, n);
        gm_hash_add(sha, buffer, n);
        GM_ASSERT(EVP_DigestUpdate(md5, buffer, n) == 1);
        left -= (int64_t)n;
    }
    if (status == GM_OK) finish_part(md5, sha, &u->parts[index]);
    EVP_MD_CTX_free(md5);
    return status;
}

static void close_stream(FILE **file) {
    if (*file) fclose(*file);
}

static gm_status hash_file(upload *u, gm_error *err) {
    enum { BLOCK = 1 << 18 };
    __attribute__((cleanup(close_stream))) FILE *file = fopen(u->path, "re");
    struct stat info;
    if (!file || fstat(fileno(file), &info) != 0)
        return gm_fail(err, GM_E_NOTFOUND, "cannot open %s to store it", u->path);
    if (!S_ISREG(info.st_mode)) return gm_fail(err, GM_E_IO, "cannot store %s: it is not a regular file", u->path);
    u->size = info.st_size;
    u->part_bytes = u->store->part_bytes;
    if (u->size > u->part_bytes * (MOST_PARTS - 1)) u->part_bytes = u->size / (MOST_PARTS - 1) + 1;
    u->n_parts = (int)GM_MAX((u->size + u->part_bytes - 1) / u->part_bytes, 1);
    u->parts = gm_calloc((size_t)u->n_parts, sizeof *u->parts);
    gm_auto_free char *buffer = gm_alloc(BLOCK);
    gm_auto(gm_hash) whole = gm_hash_new();
    if (!u->parts || !buffer || !whole) return gm_nomem(err);
    for (int i = 0; i < u->n_parts; i++) GM_TRY(hash_part(u, file, whole, buffer, BLOCK, i, err));
    gm_hash_hex(whole, u->sha);
    return GM_OK;
}

/* ---- requests ---- */

/* Part index (-1: the whole object in one request) with the headers that a put needs. */
static gm_status send_bytes(upload *u, int index, const char *query, gm_error *err) {
    const part *p = &u->parts[GM_MAX(index, 0)];
    char md5[64], noted[100];
    snprintf(md5, sizeof md5, "content-md5: %s", p->md5_base64);
    snprintf(noted, sizeof noted, "x-amz-meta-sha256: %s", u->sha);
    const char *headers[] = {md5, noted};
    int64_t offset = index < 0 ? 0 : (int64_t)index * u->part_bytes;
    s3_request request = {.method = "PUT",
                          .key = u->key,
                          .query = query,
                          .headers = headers,
                          .n_headers = index < 0 ? 2 : 1,
                          .file = u->path,
                          .offset = offset,
                          .length = GM_MIN(u->part_bytes, u->size - offset),
                          .sha256 = p->sha,
                          .stage = "storing"};
    gm_auto_http_answer answer = {0};
    GM_TRY(s3_send(u->store, &request, &answer, err));
    if (index >= 0 && !gm_http_header(&answer, "etag", u->parts[index].tag, sizeof u->parts[index].tag))
        return gm_fail(err, GM_E_FORMAT, "%s: the server names no ETag for a part", u->store->base);
    return GM_OK;
}

static gm_status send_part(upload *u, int index, gm_error *err) {
    gm_auto_text query = GM_TEXT_INIT;
    gm_text_printf(&query, "partNumber=%d&uploadId=", index + 1);
    gm_text_percent(&query, u->id, "");
    if (!gm_text_ok(&query)) return gm_nomem(err);
    return send_bytes(u, index, query.data, err);
}

static gm_status begin(upload *u, gm_error *err) {
    char noted[100];
    snprintf(noted, sizeof noted, "x-amz-meta-sha256: %s", u->sha);
    const char *headers[] = {noted};
    s3_request request = {.method = "POST", .key = u->key, .query = "uploads=", .headers = headers, .n_headers = 1};
    gm_auto_http_answer answer = {0};
    GM_TRY(s3_send(u->store, &request, &answer, err));
    const char *body = gm_text_c(&answer.body);
    u->id = s3_xml_text(body, body + answer.body.length, "UploadId", NULL);
    return u->id ? GM_OK : gm_fail(err, GM_E_FORMAT, "%s: the server begins no upload in parts", u->store->base);
}

static gm_status complete(upload *u, gm_error *err) {
    gm_auto_text body = GM_TEXT_INIT, query = GM_TEXT_INIT;
    gm_text_append(&body, "<CompleteMultipartUpload>");
    for (int i = 0; i < u->n_parts; i++) {
        gm_text_printf(&body, "<Part><PartNumber>%d</PartNumber><ETag>", i + 1);
        gm_text_html(&body, u->parts[i].tag);
        gm_text_append(&body, "</ETag></Part>");
    }
    gm_text_append(&body, "</CompleteMultipartUpload>");
    gm_text_append(&query, "uploadId=");
    gm_text_percent(&query, u->id, "");
    if (!gm_text_ok(&body) || !gm_text_ok(&query)) return gm_nomem(err);
    s3_request request = {
        .method = "POST", .key = u->key, .query = query.data, .body = body.data, .body_size = body.length};
    gm_auto_http_answer answer = {0};
    GM_TRY(s3_send(u->store, &request, &answer, err));
    /* this one request may fail behind a 200 */
    const char *text = gm_text_c(&answer.body);
    if (!strstr(text, "<Error>")) return GM_OK;
    gm_auto_free char *message = s3_xml_text(text, text + answer.body.length, "Message", NULL);
    return gm_fail(err, GM_E_UNAVAILABLE, "%s: the parts could not be joined: %.160s", u->store->base,
                   message ? message : "");
}

static void forget(upload *u, const char *id) {
    gm_auto_text query = GM_TEXT_INIT;
    gm_auto_http_answer answer = {0};
    gm_text_append(&query, "uploadId=");
    gm_text_percent(&query, id, "");
    s3_request request = {.method = "DELETE", .key = u->key, .query = gm_text_c(&query)};
    /* what stays there costs space, no more */
    if (gm_text_ok(&query) && s3_send(u->store, &request, &answer, NULL) != GM_OK) return;
}

/* ---- going on with an upload that was killed ---- */

/* Marks the parts that are there. False when one of them has other bytes: then the upload is of another content. */
static bool take_parts(upload *u, const char *id) {
    gm_auto_text query = GM_TEXT_INIT;
    gm_auto_http_answer answer = {0};
    gm_text_append(&query, "uploadId=");
    gm_text_percent(&query, id, "");
    s3_request request = {.method = "GET", .key = u->key, .query = gm_text_c(&query)};
    if (!gm_text_ok(&query) || s3_send(u->store, &request, &answer, NULL) != GM_OK) return false;
    const char *at = gm_text_c(&answer.body), *from, *to;
    int found = 0;
    while (s3_xml_next(&at, "Part", &from, &to)) {
        gm_auto_free char *number = s3_xml_text(from, to, "PartNumber", NULL),
                          *tag = s3_xml_text(from, to, "ETag", NULL);
        long n = number ? strtol(number, NULL, 10) : 0;
        if (n < 1 || n > u->n_parts || !tag || !strstr(tag, u->parts[n - 1].md5_hex)) return false;
        snprintf(u->parts[n - 1].tag, sizeof u->parts[n - 1].tag, "%s", tag);
        found++;
    }
    return found > 0;
}

static void drop_tags(upload *u) {
    for (int i = 0; i < u->n_parts; i++) u->parts[i].tag[0] = '\0';
}

static bool is_forgotten(const char *begun) {
    struct tm tm = {0};
    return begun && strptime(begun, "%Y-%m-%dT%H:%M:%S", &tm) && difftime(time(NULL), timegm(&tm)) > forgotten_s;
}

/* An upload of the same key and content that somebody began and did not end. Those of a day ago that are of no use are
 * aborted: they would be paid for. Servers that cannot list uploads have none. */
static void find_begun(upload *u) {
    gm_auto_text query = GM_TEXT_INIT, name = GM_TEXT_INIT;
    gm_auto_http_answer answer = {0};
    gm_text_printf(&name, "%s%s", u->store->prefix, u->key);
    gm_text_append(&query, "prefix=");
    gm_text_percent(&query, gm_text_c(&name), "");
    gm_text_append(&query, "&uploads=");
    s3_request request = {.method = "GET", .query = gm_text_c(&query)};
    if (!gm_text_ok(&query) || !gm_text_ok(&name) || s3_send(u->store, &request, &answer, NULL) != GM_OK) return;
    const char *at = gm_text_c(&answer.body), *from, *to;
    while (!u->id && s3_xml_next(&at, "Upload", &from, &to)) {
        gm_auto_free char *key = s3_xml_text(from, to, "Key", NULL), *id = s3_xml_text(from, to, "UploadId", NULL),
                          *begun = s3_xml_text(from, to, "Initiated", NULL);
        if (!key || !id || strcmp(key, name.data) != 0) continue;
        if (take_parts(u, id)) {
            u->id = gm_steal(&id);
            return;
        }
        drop_tags(u);
        if (is_forgotten(begun)) forget(u, id);
    }
}

/* ---- all of it ---- */

static gm_status upload_parts(upload *u, gm_error *err) {
    if (!u->id) GM_TRY(begin(u, err));
    gm_status status = GM_OK;
    for (int i = 0; status == GM_OK && i < u->n_parts; i++)
        if (!u->parts[i].tag[0]) status = send_part(u, i, err);
    if (status == GM_OK) status = complete(u, err);
    return status;
}

/* Is what lies there now what was sent? Also the answer where the last request was done, but its answer was lost. */
static bool is_there(const upload *u) {
    gm_stored found = {0};
    return gm_storage_s3.look(u->store, u->key, &found, NULL) == GM_OK && found.size_bytes == u->size &&
           strcmp(found.sha256, u->sha) == 0;
}

static gm_status put_in_parts(upload *u, gm_error *err) {
    find_begun(u);
    for (int round = 0;; round++) {
        gm_error why = {0};
        bool resumed = u->id != NULL;
        gm_status status = upload_parts(u, &why);
        bool ends = status == GM_OK || (status == GM_E_CONFLICT && u->id);
        if (ends && is_there(u)) return GM_OK;
        if (status != GM_OK && u->id && status != GM_E_CANCELLED) forget(u, u->id);
        /* somebody else ended, aborted or began the upload that we went on with: once more, with one of our own */
        if (round == 0 && (status == GM_E_CONFLICT || (status == GM_OK && resumed))) {
            gm_free(u->id);
            u->id = NULL;
            drop_tags(u);
            continue;
        }
        if (status == GM_OK) return GM_OK; /* another machine has put the same key since */
        if (err && err->code == GM_OK) *err = why;
        return status;
    }
}

gm_status s3_put(s3 *store, const char *key, const char *path, char sha256[GM_SHA256_HEX], gm_error *err) {
    upload u = {.store = store, .key = key, .path = path};
    gm_status status = hash_file(&u, err);
    if (status == GM_OK) status = u.n_parts == 1 ? send_bytes(&u, -1, "", err) : put_in_parts(&u, err);
    if (status == GM_OK) memcpy(sha256, u.sha, sizeof u.sha);
    gm_free(u.parts);
    gm_free(u.id);
    return status;
}
