#include "training/config.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* YAML of a training run: what is accepted prints, and the print reads back to the same print. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gm_auto_training_config a = {0}, b = {0};
    gm_error err = {0};
    GM_ASSERT(gm_training_config_defaults(&a, &err) == GM_OK && gm_training_config_defaults(&b, &err) == GM_OK);
    gm_status status = gm_training_config_read(&a, (const char *)data, size, "fuzz", &err);
    GM_ASSERT(status == GM_OK || err.message[0] != '\0');
    if (status != GM_OK) return 0;
    err = (gm_error){0};
    GM_ASSERT(gm_training_config_check(&a, &err) == GM_OK || err.message[0] != '\0');
    gm_auto_text first = GM_TEXT_INIT, second = GM_TEXT_INIT;
    gm_training_config_to_yaml(&a, false, &first);
    GM_ASSERT(gm_training_config_read(&b, gm_text_c(&first), first.length, "again", &err) == GM_OK);
    gm_training_config_to_yaml(&b, false, &second);
    GM_ASSERT(strcmp(gm_text_c(&first), gm_text_c(&second)) == 0);
    return 0;
}
