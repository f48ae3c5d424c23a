#include "models/checkpoint/safetensors.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *bytes = gm_alloc(size);
    if (!bytes) return 0;
    memcpy(bytes, data, size);
    safetensors_file file;
    gm_error err = {0};
    if (safetensors_parse(bytes, size, &file, &err) == GM_OK) {
        size_t sum = 0;
        for (size_t i = 0; i < file.count; i++) /* every promised byte must be there */
            for (size_t k = 0; k < file.tensors[i].size * (file.tensors[i].type == SAFETENSORS_F32 ? 4 : 8); k++)
                sum += (unsigned char)file.tensors[i].data[k];
        GM_ASSERT(sum < SIZE_MAX);
        safetensors_finish(&file);
    } else
        GM_ASSERT(err.message[0] != '\0');
    return 0;
}
