#include "deployment/package/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A passport from somewhere: what is not refused has a good signature; a manifest alone, signed or not, is judged too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gm_error err = {0};
    const gm_status status = gm_package_check_bytes(data, size, &err);
    GM_ASSERT(status == GM_OK || err.message[0] != '\0');
    gm_auto_free char *text = gm_strndup((const char *)data, size);
    json_t *manifest = NULL;
    if (text && gm_package_manifest(text, &manifest, NULL) == GM_OK) json_decref(manifest);
    return 0;
}
