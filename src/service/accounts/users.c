#include "users.h"

#include <string.h>

static const char *const role_names[GM_N_ROLES] = {"none", "viewer", "annotator", "engineer", "admin"};

const char *gm_role_name(gm_role role) {
    return (unsigned)role < GM_N_ROLES ? role_names[role] : "none";
}

gm_status gm_role_parse(const char *name, gm_role *out, gm_error *err) {
    for (int i = GM_ROLE_VIEWER; i < GM_N_ROLES; i++)
        if (strcmp(name, role_names[i]) == 0) return *out = (gm_role)i, GM_OK;
    return gm_fail(err, GM_E_ARG, "a role is viewer, annotator, engineer or admin, not \"%.40s\"", name);
}

bool gm_user_name_is_valid(const char *name) {
    size_t length = strlen(name);
    if (length == 0 || length >= GM_USER_NAME || name[0] == ' ' || name[length - 1] == ' ') return false;
    for (const unsigned char *p = (const unsigned char *)name; *p;) {
        size_t more = *p < 0x80                 ? 0
                      : *p >= 0xc2 && *p < 0xe0 ? 1
                      : *p >= 0xe0 && *p < 0xf0 ? 2
                      : *p >= 0xf0 && *p < 0xf5 ? 3
                                                : 9;
        if (more == 9 || *p < 0x20 || *p == 0x7f) return false;
        for (p++; more; more--, p++)
            if ((*p & 0xc0) != 0x80) return false;
    }
    return true;
}
