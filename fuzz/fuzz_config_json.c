#include "models/checkpoint/config_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read can be written and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gm_patchtsmixer_config config;
    gm_auto_free char *extra = NULL, *again = NULL;
    gm_error err = {0};
    if (config_json_read((const char *)data, size, &config, &extra, &err) != GM_OK) return 0;
    gm_auto_text text = GM_TEXT_INIT;
    config_json_write(&config, extra, &text);
    gm_error second = {0};
    GM_ASSERT(!gm_text_ok(&text) || config_json_read(gm_text_c(&text), text.length, &config, &again, &second) == GM_OK);
    return 0;
}
