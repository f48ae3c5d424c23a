/* Who may do what: names with tokens and roles. Without any user the program is its owner's alone: the server then
 * answers on the loopback interface only, and everybody there is admin.
 *
 * Secrets    a token is shown once, when its user is added, and kept as a salted scrypt hash. It carries the name of
 *            its user in front ("NAME.SECRET"), so that one hash is computed per check, not one per user.
 * Errors     GM_E_NOTFOUND for a name that does not exist, GM_E_CONFLICT for one that does, GM_E_ARG for a bad name.
 * Threads    any. Each call opens what it needs. */
#ifndef GIMLET_SERVICE_USERS_H
#define GIMLET_SERVICE_USERS_H

#include "base/base.h"

/* Each role may do what the one before may. */
typedef enum {
    GM_ROLE_NONE,      /* not known                                   */
    GM_ROLE_VIEWER,    /* reads                                       */
    GM_ROLE_ANNOTATOR, /* labels, comments                            */
    GM_ROLE_ENGINEER,  /* runs, jobs, batches, adjudication           */
    GM_ROLE_ADMIN,     /* users                                       */
    GM_N_ROLES
} gm_role;
const char *gm_role_name(gm_role role); /* "none" "viewer" "annotator" "engineer" "admin" */
gm_status gm_role_parse(const char *name, gm_role *out, gm_error *err) GM_MUST_CHECK;

#define GM_USER_NAME 64 /* 1-63 characters and a NUL */
typedef struct {
    char name[GM_USER_NAME];
    gm_role role;
} gm_user;

/* May this text sign labels? 1-63 characters of valid UTF-8, no control characters, no blanks at the ends. */
bool gm_user_name_is_valid(const char *name);

#endif
