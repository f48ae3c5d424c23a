/* What tokens and sessions share. */
#ifndef GIMLET_SERVICE_ACCOUNTS_INTERNAL_H
#define GIMLET_SERVICE_ACCOUNTS_INTERNAL_H

#include "accounts.h"

enum { ACCOUNT_TOKEN_ID = 17 }; /* with its NUL */
/* Splits "gimlet_<id>_<secret>"; false for anything else. secret points into token. */
bool account_split_token(const char *token, char id[ACCOUNT_TOKEN_ID], const char **secret);
gm_status account_user(const gm_stored_user *stored, gm_user *out, gm_error *err) GM_MUST_CHECK;
/* out: 2 * size digits and a NUL. */
void account_hex(const uint8_t *bytes, size_t size, char *out);

#endif
