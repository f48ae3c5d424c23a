/* Runs one fuzz target over the files of its corpus: what a fuzzer once found stays found. */
#include "base/base.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv) {
    gm_file_list files;
    gm_error err = {0};
    if (argc != 2 || gm_list_files(argv[1], &files, &err) != GM_OK || files.count == 0) {
        printf("Bail out! no corpus in %s: %s\n", argc > 1 ? argv[1] : "?", err.message);
        return 1;
    }
    printf("1..%zu\n", files.count);
    for (size_t i = 0; i < files.count; i++) {
        char *bytes;
        size_t size;
        if (gm_read_file(files.items[i].path, (size_t)1 << 24, &bytes, &size, &err) != GM_OK) return 1;
        char *copy = gm_alloc(size); /* without the NUL behind it, so that a sanitizer sees every step beyond */
        for (size_t k = 0; k < size; k++) copy[k] = bytes[k];
        LLVMFuzzerTestOneInput((const uint8_t *)copy, size);
        gm_free(copy);
        gm_free(bytes);
        printf("ok %zu - %s\n", i + 1, files.items[i].relative);
    }
    gm_file_list_finish(&files);
    return 0;
}
