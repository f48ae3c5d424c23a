#include "hole_query_internal.h"

static const char *const sorts[] = {"file", "confidence", "score", "date", "tool_age", "reviewed_at", NULL};
static const char *const orders[] = {"asc", "desc", NULL};

#define TEXT(member, text)                                                                                             \
    { .key = #member, .type = GM_PARAM_STRING, .offset = offsetof(api_hole_query, member), .doc = text }
const gm_param_spec api_hole_query_params[API_HOLE_PARAMS] = {
    TEXT(search, "words that file, tool, program or date contain"),
    TEXT(category, "of the preferred label: high, medium, low, none; several with commas"),
    TEXT(family, "folder of the file, exactly"),
    TEXT(verdict, "ok, warning, failed, error; several with commas"),
    TEXT(finding, "a check (signal_quality.no_contact) or a validator (signal_quality); several with commas"),
    TEXT(source, "has a label of this source: rule, model, expert, truth; several with commas"),
    TEXT(author, "has a label of this person"),
    TEXT(state, "auto, reviewed, rejected; several with commas"),
    {.key = "offset",
     .type = GM_PARAM_INT,
     .offset = offsetof(api_hole_query, offset),
     .fallback = "0",
     .min = 0,
     .max = 1e9,
     .doc = "how many to pass over"},
    {.key = "limit",
     .type = GM_PARAM_INT,
     .offset = offsetof(api_hole_query, limit),
     .fallback = "100",
     .min = 0,
     .max = 2000,
     .doc = "how many to send at most"},
    {.key = "sort",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(api_hole_query, sort),
     .fallback = "file",
     .choices = sorts,
     .doc = "what to order by"},
    {.key = "order",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(api_hole_query, order),
     .fallback = "asc",
     .choices = orders,
     .doc = "upwards or downwards; what lacks the value comes last"},
};

gm_hole_filter api_hole_filter_of(const api_hole_query *q) {
    return (gm_hole_filter){q->search, q->category, q->family, q->verdict, q->finding, q->source, q->author, q->state};
}
