#include "accounts_internal.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

static void hash_of(const char *session, char out[GM_SHA256_HEX]) {
    gm_sha256(session, strlen(session), out);
}

gm_status gm_session_open(gm_store *store, const char *token, int64_t seconds, int64_t most, char out[GM_SESSION_TEXT],
                          gm_error *err) {
    uint8_t random[(GM_SESSION_TEXT - 1) / 2];
    char id[ACCOUNT_TOKEN_ID], hash[GM_SHA256_HEX];
    const char *secret;
    if (!account_split_token(token, id, &secret)) return gm_fail(err, GM_E_ARG, "this is not a token");
    if (RAND_bytes(random, sizeof random) != 1) return gm_fail(err, GM_E_IO, "the system gives no random numbers");
    account_hex(random, sizeof random, out);
    OPENSSL_cleanse(random, sizeof random);
    hash_of(out, hash);
    const int64_t now = time(NULL);
    GM_TRY(gm_store_begin(store, err));
    return gm_store_end(store, gm_store_put_session(store, hash, id, now, now + seconds, most, err), err);
}

gm_status gm_session_user(gm_store *store, const char *session, gm_user *out, gm_error *err) {
    bool found;
    char hash[GM_SHA256_HEX];
    gm_stored_user stored;
    hash_of(session, hash);
    GM_TRY(gm_store_session_user(store, hash, time(NULL), &found, &stored, err));
    return found ? account_user(&stored, out, err) : gm_fail(err, GM_E_NOTFOUND, "the session is over");
}

gm_status gm_session_close(gm_store *store, const char *session, gm_error *err) {
    char hash[GM_SHA256_HEX];
    hash_of(session, hash);
    GM_TRY(gm_store_begin(store, err));
    return gm_store_end(store, gm_store_remove_session(store, hash, err), err);
}
