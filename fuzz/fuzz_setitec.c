#include "data/ingestion/ingestion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Setitec text, and whatever else the sniffers take it for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_auto(gm_record) record = NULL;
    gm_error err = {0};
    gm_status status = gm_read_record(&(gm_source){NULL, (const char *)data, size}, &record, &findings, &err);
    GM_ASSERT(status == GM_OK || err.message[0] != '\0');
    GM_ASSERT(status != GM_OK || !record || record->n > 0);
    return 0;
}
