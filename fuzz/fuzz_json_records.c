#include "data/ingestion/ingestion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The JSON forms: input without their opening words gets them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char opening[] = "{\"ua-data\":0,";
    gm_auto_text text = GM_TEXT_INIT;
    if (size == 0 || data[0] != '{') gm_text_append(&text, opening);
    gm_text_append_n(&text, (const char *)data, size);
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_auto(gm_record) record = NULL;
    gm_error err = {0};
    gm_status status = gm_read_record(&(gm_source){NULL, text.data, text.length}, &record, &findings, &err);
    GM_ASSERT(status == GM_OK || err.message[0] != '\0');
    GM_ASSERT(status != GM_OK || !record || record->n > 0);
    return 0;
}
