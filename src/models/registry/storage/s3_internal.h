/* Object storage that speaks the S3 protocol: the parts that s3.c is made of. */
#ifndef GIMLET_MODELS_REGISTRY_S3_INTERNAL_H
#define GIMLET_MODELS_REGISTRY_S3_INTERNAL_H

#include "base/http.h"
#include "storage_internal.h"

typedef struct {
    char *key, *secret, *token; /* token NULL = none */
    char *region, *endpoint;    /* NULL = not said anywhere */
} s3_account;

/* From AWS_* of the environment, else from a profile of ~/.aws/credentials and ~/.aws/config (or the files that
 * AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name). profile NULL = AWS_PROFILE, else "default". A missing key is no
 * error here. */
gm_status s3_account_find(const char *profile, s3_account *out, gm_error *err) GM_MUST_CHECK;
void s3_account_finish(s3_account *account); /* wipes the secret */

typedef struct {
    gm_http *http;
    s3_account account;
    char *bucket, *prefix; /* prefix "" or "a/b/" */
    char *base;            /* URL of the bucket, without a slash at its end */
    int64_t part_bytes;    /* bigger files go in parts of this */
    const gm_observer *observer;
} s3;

/* One signed request. */
typedef struct {
    const char *method;
    const char *key;   /* of the object, without prefix; NULL = the bucket */
    const char *query; /* sorted, encoded, "" = none */
    const char *const *headers;
    size_t n_headers; /* at most 8: lower case, "name: value" */
    const void *body;
    size_t body_size;
    const char *file;
    int64_t offset, length;
    const char *sha256; /* of the body; NULL = of body, computed */
    const gm_http_sink *sink;
    const char *stage;
} s3_request;

/* Sends it, again after what passes. An answer other than 2xx is an error in words. out is the caller's to finish. */
gm_status s3_send(s3 *store, const s3_request *request, gm_http_answer *out, gm_error *err) GM_MUST_CHECK;

gm_status s3_put(s3 *store, const char *key, const char *path, char sha256[GM_SHA256_HEX], gm_error *err) GM_MUST_CHECK;

/* The text of the first <tag> in [from, to), its entities resolved; NULL when there is none. *end: behind it. Enough for
 * the answers of S3, which have neither comments nor attributes that matter. gm_free. */
char *s3_xml_text(const char *from, const char *to, const char *tag, const char **end);
/* The inside of the next <tag>...</tag> from *at on; false when there is none. Moves *at behind it. */
bool s3_xml_next(const char **at, const char *tag, const char **from, const char **to);

#endif
