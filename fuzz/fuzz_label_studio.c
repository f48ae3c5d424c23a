#include "service/review/label_studio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Tasks of Label Studio: what is accepted has its points in order and within reach. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gm_label_table table = {0};
    gm_error err = {0};
    (void)label_studio_is((const char *)data, size);
    const gm_status status = label_studio_read((const char *)data, size, GM_SOURCE_EXPERT, &table, &err);
    GM_ASSERT(status == GM_OK || err.message[0] != '\0');
    for (size_t i = 0; status == GM_OK && i < table.count; i++) {
        const gm_label *label = &table.items[i].label;
        double before = -INFINITY;
        GM_ASSERT(table.items[i].file[0] != '\0');
        for (int p = 0; p < GM_N_POINTS; p++) {
            if (isnan(label->points[p].mm)) continue;
            GM_ASSERT(label->points[p].mm >= before && fabs(label->points[p].mm) <= 1000);
            before = label->points[p].mm;
        }
    }
    gm_label_table_finish(&table);
    return 0;
}
