/* Signed requests, and what a refusal means in words. */
#include "s3_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS = 6, MORE_HEADERS = 8 };

/* ---- answers ---- */

static void append_entity(gm_text *text, const char *entity, size_t length) {
    static const struct {
        const char *name, *text;
    } known[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
    for (size_t i = 0; i < GM_COUNT(known); i++)
        if (strlen(known[i].name) == length && memcmp(known[i].name, entity, length) == 0)
            gm_text_append(text, known[i].text);
    if (length > 1 && entity[0] == '#') { /* only characters of ASCII come so: others stand as UTF-8 */
        bool hex = entity[1] == 'x';
        char c = (char)strtol(entity + (hex ? 2 : 1), NULL, hex ? 16 : 10);
        gm_text_append_n(text, &c, 1);
    }
}

bool s3_xml_next(const char **at, const char *tag, const char **from, const char **to) {
    char open[64], close[64];
    snprintf(open, sizeof open, "<%s>", tag);
    snprintf(close, sizeof close, "</%s>", tag);
    const char *begin = strstr(*at, open), *end = begin ? strstr(begin, close) : NULL;
    if (!end) return false;
    *from = begin + strlen(open);
    *to = end;
    *at = end + strlen(close);
    return true;
}

char *s3_xml_text(const char *from, const char *to, const char *tag, const char **end) {
    const char *at = from, *inside, *stop;
    if (!s3_xml_next(&at, tag, &inside, &stop) || stop > to) return NULL;
    gm_text text = GM_TEXT_INIT;
    gm_text_append(&text, "");
    while (inside < stop) {
        const char *semicolon = *inside == '&' ? memchr(inside, ';', (size_t)(stop - inside)) : NULL;
        if (semicolon) {
            append_entity(&text, inside + 1, (size_t)(semicolon - inside - 1));
            inside = semicolon + 1;
        } else
            gm_text_append_n(&text, inside++, 1);
    }
    if (end) *end = at;
    return gm_text_take(&text);
}

/* What S3 calls its refusals, and what a person can do about them. */
static const struct {
    const char *code;
    gm_status status;
    const char *words, *hint;
} refusals[] = {
    {"InvalidAccessKeyId", GM_E_ARG, "the access key is not known there", "check AWS_ACCESS_KEY_ID or the profile"},
    {"SignatureDoesNotMatch", GM_E_ARG, "the secret key does not belong to the access key",
     "check AWS_SECRET_ACCESS_KEY or the profile"},
    {"ExpiredToken", GM_E_ARG, "the session token has run out", "sign in again and set AWS_SESSION_TOKEN"},
    {"InvalidToken", GM_E_ARG, "the session token is not accepted", "sign in again and set AWS_SESSION_TOKEN"},
    {"AccessDenied", GM_E_ARG, "these keys may not do this there", "ask who keeps the bucket for the right to it"},
    {"RequestTimeTooSkewed", GM_E_ARG, "the clock of this machine is wrong", "set the clock: chronyc, timedatectl"},
    {"NoSuchBucket", GM_E_NOTFOUND, "there is no such bucket", "make the bucket first, or correct its name"},
    {"NoSuchKey", GM_E_NOTFOUND, "there is no such object", NULL},
    {"NoSuchUpload", GM_E_CONFLICT, "the upload in parts is not there any more", NULL},
    {"InvalidPart", GM_E_CONFLICT, "another upload has replaced a part", NULL},
    {"PermanentRedirect", GM_E_ARG, "the bucket lies in another region", "give ?region= in the URL"},
    {"AuthorizationHeaderMalformed", GM_E_ARG, "the bucket lies in another region", "give ?region= in the URL"},
    {"BadDigest", GM_E_IO, "the bytes arrived damaged", "run the command again"},
    {"XAmzContentSHA256Mismatch", GM_E_IO, "the bytes arrived damaged", "run the command again"},
    {"EntityTooLarge", GM_E_ARG, "the object is too large for this server", NULL},
    {"SlowDown", GM_E_UNAVAILABLE, "the server asks to slow down", "run the command again later"},
};

static gm_status refused(const s3 *store, const s3_request *request, const gm_http_answer *answer, gm_error *err) {
    const char *body = gm_text_c(&answer->body), *end = body + answer->body.length;
    gm_auto_free char *code = s3_xml_text(body, end, "Code", NULL), *message = s3_xml_text(body, end, "Message", NULL);
    char place[300];
    snprintf(place, sizeof place, "s3://%s%s%s%s", store->bucket, request->key ? "/" : "",
             request->key ? store->prefix : "", request->key ? request->key : "");
    for (size_t i = 0; code && i < GM_COUNT(refusals); i++)
        if (strcmp(refusals[i].code, code) == 0)
            return gm_fail_at(err, refusals[i].status, 0, 0, refusals[i].hint, "%s: %s", place, refusals[i].words);
    if (answer->status == 404) return gm_fail(err, GM_E_NOTFOUND, "%s: there is no such object", place);
    if (answer->status == 401 || answer->status == 403)
        return gm_fail(err, GM_E_ARG, "%s: these keys may not do this there (%ld)", place, answer->status);
    if (answer->status == 301 || answer->status == 307)
        return gm_fail_at(err, GM_E_ARG, 0, 0, "give ?region= or ?endpoint= in the URL", "%s: it lies elsewhere",
                          place);
    return gm_fail(err, answer->status >= 500 ? GM_E_UNAVAILABLE : GM_E_IO, "%s: the server answers %ld %.40s: %.160s",
                   place, answer->status, code ? code : "", message ? message : "");
}

/* ---- requests ---- */

gm_status s3_send(s3 *store, const s3_request *request, gm_http_answer *out, gm_error *err) {
    char sha[GM_SHA256_HEX];
    if (request->sha256)
        memcpy(sha, request->sha256, sizeof sha);
    else
        gm_sha256(request->body ? request->body : "", request->body_size, sha);
    gm_auto_text url = GM_TEXT_INIT, sha_header = GM_TEXT_INIT, token_header = GM_TEXT_INIT;
    gm_text_append(&url, store->base);
    gm_text_append(&url, "/");
    if (request->key) {
        gm_text_percent(&url, store->prefix, "/");
        gm_text_percent(&url, request->key, "/");
    }
    if (*request->query) gm_text_printf(&url, "?%s", request->query);
    gm_text_printf(&sha_header, "x-amz-content-sha256: %s", sha);
    if (store->account.token) gm_text_printf(&token_header, "x-amz-security-token: %s", store->account.token);
    const char *headers[MORE_HEADERS + 2] = {gm_text_c(&sha_header), gm_text_c(&token_header)};
    size_t n = store->account.token ? 2 : 1;
    GM_ASSERT(request->n_headers <= MORE_HEADERS);
    for (size_t i = 0; i < request->n_headers; i++) headers[n++] = request->headers[i];
    if (!gm_text_ok(&url) || !gm_text_ok(&sha_header) || !gm_text_ok(&token_header)) return gm_nomem(err);
    const char *authority = getenv("AWS_CA_BUNDLE");
    gm_http_request http = {.method = request->method,
                            .url = url.data,
                            .headers = headers,
                            .n_headers = n,
                            .body = request->body,
                            .body_size = request->body_size,
                            .body_file = request->file,
                            .body_offset = request->offset,
                            .body_length = request->length,
                            .aws_region = store->account.region,
                            .aws_key = store->account.key,
                            .aws_secret = store->account.secret,
                            .ca_file = authority,
                            .attempts = ATTEMPTS,
                            .sink = request->sink,
                            .observer = store->observer,
                            .stage = request->stage};
    GM_TRY(gm_http_send(store->http, &http, out, err));
    return out->status >= 200 && out->status < 300 ? GM_OK : refused(store, request, out, err);
}
