#ifndef GIMLET_DEPLOYMENT_GATE_INTERNAL_H
#define GIMLET_DEPLOYMENT_GATE_INTERNAL_H

#include "gate.h"

#define GM_GATE_RULE(symbol) extern const gm_gate_rule gate_rule_##symbol;
#include "rules.list.h"
#undef GM_GATE_RULE

void gate_say(gm_gate_findings *out, const gm_gate_rule *rule, gm_gate_verdict verdict, const char *format, ...)
    GM_PRINTF(4, 5);

/* A limit in the options of a rule, as a number with 0 = no limit. */
#define GATE_LIMIT(struct_, field, name, standard, unit_, text)                                                        \
    {                                                                                                                  \
        .key = name, .type = GM_PARAM_FLOAT, .offset = offsetof(struct_, field), .fallback = standard, .min = 0,       \
        .max = 1e9, .unit = unit_, .doc = text                                                                         \
    }

#endif
