#include "data/labeling/labeling.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Tables of labels: what is accepted can be written and read again to the same depths. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gm_label_table table = {0}, again = {0};
    gm_error err = {0};
    const gm_status status = gm_labels_read((const char *)data, size, GM_SOURCE_EXPERT, &table, &err);
    GM_ASSERT(status == GM_OK || err.message[0] != '\0');
    if (status != GM_OK) return 0;
    gm_auto_text text = GM_TEXT_INIT;
    gm_labels_write_header(&text);
    for (size_t i = 0; i < table.count; i++) {
        /* writing keeps micrometres: points closer than that may not be told apart any more */
        for (int p = 0; p + 1 < GM_N_POINTS; p++) table.items[i].label.points[p + 1].mm += 0.01 * (p + 1);
        gm_labels_write_row(&text, table.items[i].file, &table.items[i].label);
    }
    GM_ASSERT(gm_labels_read(gm_text_c(&text), text.length, GM_SOURCE_EXPERT, &again, &err) == GM_OK);
    GM_ASSERT(again.count == table.count);
    for (size_t i = 0; i < table.count; i++)
        for (int p = 0; p < GM_N_POINTS; p++) {
            const double a = table.items[i].label.points[p].mm, b = again.items[i].label.points[p].mm;
            GM_ASSERT(isfinite(a) == isfinite(b) && !(fabs(a - b) > 0.001));
        }
    gm_label_table_finish(&table);
    gm_label_table_finish(&again);
    return 0;
}
