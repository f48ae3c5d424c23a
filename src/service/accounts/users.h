/* Who may do what: names and roles; the people who hold them, and their tokens, are in accounts.h. Without any user
 * the program is its owner's alone: the server then answers on the loopback interface only, and everybody there is
 * admin. */
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
