#include "../gate_internal.h"

#include <string.h>

enum { NEVER, WITH_USERS, ALWAYS };
typedef struct {
    int when;
} options_t;

static const char *const choices[] = {"never", "with_users", "always", NULL};
static const gm_param_spec params[] = {
    {.key = "when",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(options_t, when),
     .fallback = "with_users",
     .choices = choices,
     .doc = "Who promotes must not be who registered: never, with_users (where the server has users), always"},
};

static void check(const gm_gate_evidence *e, const void *options, gm_gate_findings *out) {
    const options_t *o = options;
    bool asked = o->when == ALWAYS || (o->when == WITH_USERS && e->several_people);
    if (!asked)
        gate_say(out, &gate_rule_second_person, GM_GATE_SKIPPED, "not asked for here");
    else if (strcmp(e->registrant, e->promoter) == 0)
        gate_say(out, &gate_rule_second_person, GM_GATE_FAILED,
                 "%s registered it and cannot promote it too: a second person must look at it", e->promoter);
    else
        gate_say(out, &gate_rule_second_person, GM_GATE_PASSED, "registered by %s, promoted by %s", e->registrant,
                 e->promoter);
}

const gm_gate_rule gate_rule_second_person = {
    .name = "second_person",
    .doc = "Two people answer for a champion",
    .params = params,
    .n_params = GM_COUNT(params),
    .options_size = sizeof(options_t),
    .check = check,
};
