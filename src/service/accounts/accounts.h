/* Accounts: the users that exist, and their tokens. gimlet users add|list|remove|token, and every request with a token.
 *
 * For        interfaces/ (cli and api); names and roles are in users.h.
 * Tokens     are made here from 256 random bits, shown once, and kept only as a salted scrypt hash. They are compared
 *            in constant time. The first part of a token ("gimlet_ID_SECRET") finds its user, so that one hash is
 *            computed per check, not one per user.
 * Errors     GM_E_ARG: a name that cannot be; GM_E_NOTFOUND: no such user, or a token that nobody holds;
 *            GM_E_CONFLICT: a user of that name exists, or the last admin would go.
 * Threads    an editing store per thread; a gm_token_cache may be shared. */
#ifndef GIMLET_SERVICE_ACCOUNTS_H
#define GIMLET_SERVICE_ACCOUNTS_H

#include "data/storage/storage.h"
#include "users.h"

typedef struct {
    gm_user user;
    char created_at[GM_TIME_TEXT];
} gm_account;
typedef struct {
    gm_account *items;
    size_t count;
} gm_accounts;
gm_status gm_accounts_list(gm_store *store, gm_accounts *out, gm_error *err) GM_MUST_CHECK; /* by name */
void gm_accounts_finish(gm_accounts *accounts);

#define GM_TOKEN_TEXT 96 /* "gimlet_<16 hex>_<64 hex>" and a NUL */
/* These write (a transaction of their own, noted in the audit log); `by` is who asked for it. */
gm_status gm_account_add(gm_store *store, const char *by, const char *name, gm_role role, char token[GM_TOKEN_TEXT],
                         gm_error *err) GM_MUST_CHECK;
/* A new token; the old one is void at once. */
gm_status gm_account_renew(gm_store *store, const char *by, const char *name, char token[GM_TOKEN_TEXT],
                           gm_error *err) GM_MUST_CHECK;
gm_status gm_account_remove(gm_store *store, const char *by, const char *name, gm_error *err) GM_MUST_CHECK;

/* Remembers which tokens were found right (their SHA-256 only), so that a request costs no scrypt (50 ms). Whether the
 * user still exists and still has this token is looked up each time. */
typedef struct gm_token_cache gm_token_cache;
gm_status gm_token_cache_new(gm_token_cache **out, gm_error *err) GM_MUST_CHECK;
void gm_token_cache_free(gm_token_cache *cache); /* accepts NULL */
GM_AUTO(gm_token_cache)
/* Whose token this is. name: it must be this user's; NULL = anybody's. */
gm_status gm_account_of_token(gm_store *store, gm_token_cache *cache, const char *name, const char *token, gm_user *out,
                              gm_error *err) GM_MUST_CHECK;

/* --- sessions: what a browser carries instead of the token ---
 * A session has 256 random bits, of which the database keeps only the SHA-256; so it survives a restart of the server,
 * and whoever reads the database cannot sign in with what stands there. It ends after its time, when it is closed, and
 * when its user is removed or gets another token. */
#define GM_SESSION_TEXT 65 /* 64 hex digits and a NUL */
/* For a token that was found right. most: so many sessions there are at most; beyond that the oldest ends. [writes] */
gm_status gm_session_open(gm_store *store, const char *token, int64_t seconds, int64_t most, char out[GM_SESSION_TEXT],
                          gm_error *err) GM_MUST_CHECK;
/* GM_E_NOTFOUND: there is no such session, or it is over. */
gm_status gm_session_user(gm_store *store, const char *session, gm_user *out, gm_error *err) GM_MUST_CHECK;
gm_status gm_session_close(gm_store *store, const char *session, gm_error *err) GM_MUST_CHECK; /* [writes] */

#endif
