/* Two files of weights, tensor by tensor. */
#include "base/base.h"
#include "models/models.h"
#include "safetensors.h"

#include <string.h>

enum { MAX_BYTES = 0x7fffffff };

static gm_status read_weights(const char *path, safetensors_file *out, gm_error *err) {
    char *bytes;
    size_t size;
    GM_TRY(gm_read_file(path, MAX_BYTES, &bytes, &size, err));
    gm_status status = safetensors_parse(bytes, size, out, err);
    return status == GM_OK ? GM_OK : gm_error_prefix(err, status, "%s", path);
}

static void describe(const safetensor *a, const safetensor *b, gm_text *what) {
    size_t width = a->type == SAFETENSORS_F32 ? 4 : 8, n = 0, first = 0;
    for (size_t i = 0; i < a->size; i++)
        if (memcmp(a->data + i * width, b->data + i * width, width) != 0 && n++ == 0) first = i;
    gm_text_printf(what, "%s: %zu of %zu values differ", a->name, n, a->size);
    if (a->type != SAFETENSORS_F32) return;
    float x, y;
    char was[32], is[32];
    memcpy(&x, a->data + first * width, sizeof x);
    memcpy(&y, b->data + first * width, sizeof y);
    gm_text_printf(what, ", the first is number %zu: %s and %s", first, gm_format_double((double)x, was),
                   gm_format_double((double)y, is));
}

/* The first tensor, in the order of the first file, that is not the same in both. */
static void find_difference(const safetensors_file *a, const safetensors_file *b, gm_text *what) {
    for (size_t i = 0; i < a->count; i++) {
        const safetensor *x = &a->tensors[i], *y = safetensors_find(b, x->name);
        size_t width = x->type == SAFETENSORS_F32 ? 4 : 8;
        if (!y) return gm_text_printf(what, "%s: only in the first", x->name);
        if (y->type != x->type || y->size != x->size) return gm_text_printf(what, "%s: another shape", x->name);
        if (memcmp(x->data, y->data, x->size * width) != 0) return describe(x, y, what);
    }
    gm_text_append(what, "the weights are equal, the headers are not");
}

gm_status gm_weights_difference(const char *path_a, const char *path_b, bool *same, gm_text *what, gm_error *err) {
    char hash_a[GM_SHA256_HEX], hash_b[GM_SHA256_HEX];
    GM_TRY(gm_sha256_file(path_a, hash_a, err));
    GM_TRY(gm_sha256_file(path_b, hash_b, err));
    *same = strcmp(hash_a, hash_b) == 0;
    if (*same) return GM_OK;
    safetensors_file a = {0}, b = {0};
    gm_status status = read_weights(path_a, &a, err);
    if (status == GM_OK) status = read_weights(path_b, &b, err);
    if (status == GM_OK) find_difference(&a, &b, what);
    safetensors_finish(&a);
    safetensors_finish(&b);
    return status;
}
