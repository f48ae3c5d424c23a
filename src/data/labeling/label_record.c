/* One record's labels: trace, three rules, judgement. */
#include "labeling_internal.h"

#include <stdio.h>

/* Points that contradict their order are worth nothing: the first one stands. */
static void keep_order(gm_found *found) {
    if (found->transition.mm <= found->entry.mm) {
        found->transition.mm = NAN;
        found->transition.absent = "the second rise lies before the entry";
    }
    const double last = isfinite(found->transition.mm) ? found->transition.mm : found->entry.mm;
    if (found->exit.mm <= last) {
        found->exit.mm = NAN;
        found->exit.absent = "the last fall lies before the last touch";
    }
}

void gm_find_all(const gm_trace *trace, gm_found *out) {
    gm_found found = {.transition = {.mm = NAN, .torque_onset_mm = NAN, .thrust_slope = NAN},
                      .exit = {.mm = NAN, .thrust_knee_mm = NAN, .torque_knee_mm = NAN}};
    gm_find_entry(trace, &found.entry);
    if (isfinite(found.entry.mm)) {
        gm_find_cut(trace, &found.entry, &found.cut);
        gm_find_transition(trace, &found.entry, &found.cut, &found.transition);
        gm_find_exit(trace, &found.entry, &found.transition, &found.cut, &found.exit);
    }
    *out = found;
}

gm_status gm_label_record(const gm_record *record, gm_label *out, gm_error *err) {
    gm_trace trace;
    gm_found found;
    GM_TRY(gm_trace_make(record, &trace, err));
    gm_find_all(&trace, &found);
    keep_order(&found);
    gm_label label = GM_LABEL_EMPTY;
    label.source = GM_SOURCE_RULE;
    snprintf(label.author, sizeof label.author, "rules v%d", GM_LABEL_RULES_VERSION);
    gm_judge(&trace, &found, &label);
    gm_trace_finish(&trace);
    *out = label;
    return GM_OK;
}
