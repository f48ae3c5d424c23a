/* A record as a table for spreadsheets and other tools. */
#ifndef GIMLET_SERVICE_RECORD_CSV_H
#define GIMLET_SERVICE_RECORD_CSV_H

#include "data/data.h"

/* One line per row of the record: row, depth_mm, torque_a, thrust_a, step, stop_code, torque_empty_a, thrust_empty_a,
 * then power_w and gap_mm where the record has them. Latches in out. */
void gm_record_csv(const gm_record *record, gm_text *out);

#endif
