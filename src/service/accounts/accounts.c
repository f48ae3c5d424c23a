#include "accounts_internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { SECRET_HEX = 64, ID_HEX = ACCOUNT_TOKEN_ID - 1, CACHE_SIZE = 64 };
static const char prefix[] = "gimlet_";

/* --- tokens --- */

/* Cost 2^14, 8, 1: 16 MB and about 50 ms, OWASP's choice for scrypt. */
static gm_status hash_secret(const char *secret, const uint8_t salt[GM_USER_SALT], uint8_t out[GM_USER_HASH],
                             gm_error *err) {
    if (EVP_PBE_scrypt(secret, strlen(secret), salt, GM_USER_SALT, 1 << 14, 8, 1, (uint64_t)64 << 20, out,
                       GM_USER_HASH) == 1)
        return GM_OK;
    return gm_nomem(err);
}

void account_hex(const uint8_t *bytes, size_t size, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
}

static gm_status make_token(gm_stored_user *user, char token[GM_TOKEN_TEXT], gm_error *err) {
    uint8_t random[ID_HEX / 2 + SECRET_HEX / 2];
    char secret[SECRET_HEX + 1];
    if (RAND_bytes(random, sizeof random) != 1 || RAND_bytes(user->salt, GM_USER_SALT) != 1)
        return gm_fail(err, GM_E_IO, "the system gives no random numbers");
    account_hex(random, ID_HEX / 2, user->token_id);
    account_hex(random + ID_HEX / 2, SECRET_HEX / 2, secret);
    gm_status status = hash_secret(secret, user->salt, user->hash, err);
    if (status == GM_OK) snprintf(token, GM_TOKEN_TEXT, "%s%s_%s", prefix, user->token_id, secret);
    OPENSSL_cleanse(random, sizeof random);
    OPENSSL_cleanse(secret, sizeof secret);
    return status;
}

bool account_split_token(const char *token, char id[ID_HEX + 1], const char **secret) {
    const size_t head = sizeof prefix - 1;
    if (strnlen(token, GM_TOKEN_TEXT) != head + ID_HEX + 1 + SECRET_HEX || !gm_starts_with(token, prefix) ||
        token[head + ID_HEX] != '_')
        return false;
    memcpy(id, token + head, ID_HEX);
    id[ID_HEX] = '\0';
    *secret = token + head + ID_HEX + 1;
    return true;
}

/* --- the list --- */

gm_status account_user(const gm_stored_user *stored, gm_user *out, gm_error *err) {
    snprintf(out->name, sizeof out->name, "%s", stored->name);
    return gm_role_parse(stored->role, &out->role, err);
}

gm_status gm_accounts_list(gm_store *store, gm_accounts *out, gm_error *err) {
    gm_stored_users stored;
    GM_TRY(gm_store_users(store, &stored, err));
    gm_accounts all = {.items = gm_calloc(stored.count + 1, sizeof *all.items)};
    gm_status status = all.items ? GM_OK : gm_nomem(err);
    for (size_t i = 0; status == GM_OK && i < stored.count; i++) {
        gm_account *account = &all.items[all.count++];
        memcpy(account->created_at, stored.items[i].created_at, sizeof account->created_at);
        status = account_user(&stored.items[i], &account->user, err);
    }
    gm_stored_users_finish(&stored);
    if (status == GM_OK)
        *out = all;
    else
        gm_accounts_finish(&all);
    return status;
}

void gm_accounts_finish(gm_accounts *accounts) {
    gm_free(accounts->items);
    *accounts = (gm_accounts){0};
}

static gm_status add(gm_store *store, const char *by, const gm_stored_user *user, gm_error *err) {
    bool found;
    gm_stored_user known;
    GM_TRY(gm_store_user(store, user->name, NULL, &found, &known, err));
    if (found)
        return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "remove the user first, or give a new token",
                          "there is a user %s already, as %s", user->name, known.role);
    GM_TRY(gm_store_put_user(store, user, err));
    return gm_store_audit(store, by, "user.add", user->name, user->role, NULL, err);
}

gm_status gm_account_add(gm_store *store, const char *by, const char *name, gm_role role, char token[GM_TOKEN_TEXT],
                         gm_error *err) {
    if (!gm_user_name_is_valid(name))
        return gm_fail(err, GM_E_ARG,
                       "a user's name has 1 to 63 characters, none of them a control character, and no"
                       " blank at its ends");
    gm_stored_user user = {0};
    char made[GM_TOKEN_TEXT];
    snprintf(user.name, sizeof user.name, "%s", name);
    snprintf(user.role, sizeof user.role, "%s", gm_role_name(role));
    gm_time_utc(user.created_at);
    GM_TRY(make_token(&user, made, err));
    GM_TRY(gm_store_begin(store, err));
    GM_TRY(gm_store_end(store, add(store, by, &user, err), err));
    memcpy(token, made, sizeof made);
    return GM_OK;
}

static gm_status renew(gm_store *store, const char *by, const char *name, char token[GM_TOKEN_TEXT], gm_error *err) {
    bool found;
    gm_stored_user user;
    GM_TRY(gm_store_user(store, name, NULL, &found, &user, err));
    if (!found) return gm_fail(err, GM_E_NOTFOUND, "there is no user %.63s", name);
    GM_TRY(make_token(&user, token, err));
    GM_TRY(gm_store_put_user(store, &user, err));
    return gm_store_audit(store, by, "user.token", user.name, "a new token", NULL, err);
}

gm_status gm_account_renew(gm_store *store, const char *by, const char *name, char token[GM_TOKEN_TEXT],
                           gm_error *err) {
    GM_TRY(gm_store_begin(store, err));
    return gm_store_end(store, renew(store, by, name, token, err), err);
}

/* Without an admin nobody could let others in; without any user at all the server is open on this machine again. */
static gm_status check_last_admin(gm_store *store, const char *name, gm_error *err) {
    gm_accounts accounts;
    GM_TRY(gm_accounts_list(store, &accounts, err));
    size_t others = 0, other_admins = 0;
    bool is_admin = false;
    for (size_t i = 0; i < accounts.count; i++) {
        const gm_user *user = &accounts.items[i].user;
        const bool same = strcmp(user->name, name) == 0, admin = user->role == GM_ROLE_ADMIN;
        is_admin |= same && admin;
        others += !same;
        other_admins += !same && admin;
    }
    gm_accounts_finish(&accounts);
    if (!is_admin || others == 0 || other_admins > 0) return GM_OK;
    return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "make another admin first", "%.63s is the last admin", name);
}

static gm_status remove_user(gm_store *store, const char *by, const char *name, gm_error *err) {
    GM_TRY(check_last_admin(store, name, err));
    GM_TRY(gm_store_remove_user(store, name, err));
    return gm_store_audit(store, by, "user.remove", name, "", NULL, err);
}

gm_status gm_account_remove(gm_store *store, const char *by, const char *name, gm_error *err) {
    GM_TRY(gm_store_begin(store, err));
    return gm_store_end(store, remove_user(store, by, name, err), err);
}

/* --- checking a token --- */

/* A token that was right: its digest, and the stored hash that it was held against. */
typedef struct {
    uint8_t digest[32], hash[GM_USER_HASH];
    bool used;
} remembered;

struct gm_token_cache {
    pthread_mutex_t mutex;
    remembered entries[CACHE_SIZE];
    size_t next;
};

gm_status gm_token_cache_new(gm_token_cache **out, gm_error *err) {
    gm_token_cache *cache = gm_calloc(1, sizeof *cache);
    if (!cache) return gm_nomem(err);
    pthread_mutex_init(&cache->mutex, NULL);
    *out = cache;
    return GM_OK;
}

void gm_token_cache_free(gm_token_cache *cache) {
    if (!cache) return;
    pthread_mutex_destroy(&cache->mutex);
    OPENSSL_cleanse(cache, sizeof *cache);
    gm_free(cache);
}

static bool is_remembered(gm_token_cache *cache, const uint8_t digest[32], const uint8_t hash[GM_USER_HASH]) {
    bool known = false;
    pthread_mutex_lock(&cache->mutex);
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        const remembered *e = &cache->entries[i];
        known |= e->used && CRYPTO_memcmp(e->digest, digest, sizeof e->digest) == 0 &&
                 CRYPTO_memcmp(e->hash, hash, sizeof e->hash) == 0;
    }
    pthread_mutex_unlock(&cache->mutex);
    return known;
}

static void remember(gm_token_cache *cache, const uint8_t digest[32], const uint8_t hash[GM_USER_HASH]) {
    pthread_mutex_lock(&cache->mutex);
    remembered *e = &cache->entries[cache->next++ % CACHE_SIZE];
    memcpy(e->digest, digest, sizeof e->digest);
    memcpy(e->hash, hash, sizeof e->hash);
    e->used = true;
    pthread_mutex_unlock(&cache->mutex);
}

static gm_status unknown_token(gm_error *err) {
    return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "gimlet users token NAME makes a new one",
                      "the token is not one that a user holds");
}

gm_status gm_account_of_token(gm_store *store, gm_token_cache *cache, const char *name, const char *token, gm_user *out,
                              gm_error *err) {
    char id[ID_HEX + 1];
    const char *secret;
    bool found;
    gm_stored_user stored;
    if (!account_split_token(token, id, &secret)) return unknown_token(err);
    GM_TRY(gm_store_user(store, NULL, id, &found, &stored, err));
    if (!found || (name && strcmp(stored.name, name) != 0)) return unknown_token(err);
    uint8_t digest[32], hash[GM_USER_HASH];
    if (EVP_Digest(token, strlen(token), digest, NULL, EVP_sha256(), NULL) != 1) return gm_nomem(err);
    if (!is_remembered(cache, digest, stored.hash)) {
        GM_TRY(hash_secret(secret, stored.salt, hash, err));
        if (CRYPTO_memcmp(hash, stored.hash, sizeof hash) != 0) return unknown_token(err);
        remember(cache, digest, stored.hash);
    }
    return account_user(&stored, out, err);
}
