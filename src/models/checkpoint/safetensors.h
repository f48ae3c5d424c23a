/* safetensors files: u64 little-endian header length, JSON header, raw data. Inside models/ only.
 *
 * Errors     GM_E_FORMAT for anything that does not fit exactly: offsets must tile the data without hole or overlap.
 * Ownership  a file owns its bytes; tensors point into them. */
#ifndef GIMLET_MODELS_CHECKPOINT_SAFETENSORS_H
#define GIMLET_MODELS_CHECKPOINT_SAFETENSORS_H

#include "base/base.h"

enum { SAFETENSORS_MAX_RANK = 8 };
typedef enum { SAFETENSORS_F32, SAFETENSORS_I64 } safetensors_type;

typedef struct {
    char *name;
    safetensors_type type;
    int rank;
    int64_t dims[SAFETENSORS_MAX_RANK];
    const char *data;
    size_t size; /* entries */
} safetensor;

typedef struct {
    char *bytes; /* owned by a file that was read; NULL for one that is put together to be written */
    safetensor *tensors;
    size_t count;
} safetensors_file;

/* Takes over bytes (gm_free), also when it fails. */
gm_status safetensors_parse(char *bytes, size_t size, safetensors_file *out, gm_error *err) GM_MUST_CHECK;
void safetensors_finish(safetensors_file *file);
const safetensor *safetensors_find(const safetensors_file *file, const char *name); /* NULL = not there */
/* Names and data of tensors are borrowed. {"__metadata__":{"format":"pt"}} is what transformers 4.37 asks for. */
gm_status safetensors_write(const safetensor *tensors, size_t count, const char *path, gm_error *err) GM_MUST_CHECK;

#endif
