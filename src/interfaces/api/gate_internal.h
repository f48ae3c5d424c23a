/* The gate: who a token or a cookie belongs to, and how often somebody may try.
 *
 * Secrets    tokens stay inside; cookies carry 256 random bits, survive a restart of the server, and end after
 *            API_SESSION_S or when the user's token is changed (service/accounts).
 * Threads    any. */
#ifndef GIMLET_INTERFACES_API_GATE_INTERNAL_H
#define GIMLET_INTERFACES_API_GATE_INTERNAL_H

#include "service/accounts/accounts.h"
#include "service/project/project.h"

#include <sys/socket.h>

typedef struct api_gate api_gate;
gm_status api_gate_new(const gm_project *project, api_gate **out, gm_error *err) GM_MUST_CHECK;
void api_gate_free(api_gate *gate); /* accepts NULL */
/* Are there users at all? Asked of the database when it has changed. */
gm_status api_gate_has_users(api_gate *gate, bool *out, gm_error *err) GM_MUST_CHECK;
/* Whose token this is: GM_E_NOTFOUND when nobody's. name NULL = anybody's. */
gm_status api_gate_token(api_gate *gate, const char *name, const char *token, gm_user *out,
                         gm_error *err) GM_MUST_CHECK;

#define API_COOKIE GM_SESSION_TEXT
/* A new session for this token, which was found right. */
gm_status api_gate_open_session(api_gate *gate, const char *token, char cookie[API_COOKIE],
                                gm_error *err) GM_MUST_CHECK;
/* The session's user; GM_E_NOTFOUND when there is none, or it is over. */
gm_status api_gate_session(api_gate *gate, const char *cookie, gm_user *out, gm_error *err) GM_MUST_CHECK;
gm_status api_gate_end_session(api_gate *gate, const char *cookie, gm_error *err) GM_MUST_CHECK;

/* --- rate.c: so many a second from one address, with some at once --- */
typedef struct api_rate api_rate;
gm_status api_rate_new(double per_second, double at_once, api_rate **out, gm_error *err) GM_MUST_CHECK;
void api_rate_free(api_rate *rate); /* accepts NULL */
/* Takes one; false when this address has had its share. */
bool api_rate_take(api_rate *rate, const struct sockaddr *address);
/* Is there one left? Takes nothing. */
bool api_rate_has(api_rate *rate, const struct sockaddr *address);

#endif
