#include "record_csv.h"

/* As the machine wrote it: six decimals are more than its converters have. */
static void put_number(gm_text *out, float value) {
    gm_text_append(out, ",");
    if (isfinite(value)) gm_text_number(out, (double)value, 6);
}

void gm_record_csv(const gm_record *record, gm_text *out) {
    gm_text_append(out, "row,depth_mm,torque_a,thrust_a,step,stop_code,torque_empty_a,thrust_empty_a");
    if (record->power_w) gm_text_append(out, ",power_w");
    if (record->gap_mm) gm_text_append(out, ",gap_mm");
    gm_text_append(out, "\n");
    for (size_t i = 0; i < record->n; i++) {
        gm_text_printf(out, "%zu", i);
        put_number(out, record->depth_mm[i]);
        put_number(out, record->torque_a[i]);
        put_number(out, record->thrust_a[i]);
        gm_text_printf(out, ",%d,%d", (int)record->step[i], (int)record->stop_code[i]);
        put_number(out, record->torque_empty_a[i]);
        put_number(out, record->thrust_empty_a[i]);
        if (record->power_w) put_number(out, record->power_w[i]);
        if (record->gap_mm) put_number(out, record->gap_mm[i]);
        gm_text_append(out, "\n");
    }
}
