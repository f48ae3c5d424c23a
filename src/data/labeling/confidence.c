#include "labeling_internal.h"

#include <stdio.h>
void gm_judge(const gm_trace *trace, const gm_found *found, gm_label *label) {
    (void)trace;
    label->points[GM_ENTRY].mm = found->entry.mm;
    label->points[GM_TRANSITION].mm = found->transition.mm;
    label->points[GM_EXIT].mm = found->exit.mm;
    if (found->entry.absent) snprintf(label->points[0].evidence, 200, "%s", found->entry.absent);
    if (found->transition.absent) snprintf(label->points[1].evidence, 200, "%s", found->transition.absent);
    if (found->exit.absent) snprintf(label->points[2].evidence, 200, "%s", found->exit.absent);
}
