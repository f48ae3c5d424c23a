#include "safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_HEADER_BYTES = 64 << 20, MAX_TENSORS = 100000 };

static const struct {
    const char *name;
    size_t bytes;
} types[] = {[SAFETENSORS_F32] = {"F32", 4}, [SAFETENSORS_I64] = {"I64", 8}};

static gm_status read_shape(const json_t *shape, safetensor *out, gm_error *err) {
    size_t rank = json_array_size(shape);
    if (!json_is_array(shape) || rank > SAFETENSORS_MAX_RANK)
        return gm_fail(err, GM_E_FORMAT, "tensor \"%s\" has no shape of at most %d axes", out->name,
                       SAFETENSORS_MAX_RANK);
    out->rank = (int)rank;
    out->size = 1;
    for (size_t i = 0; i < rank; i++) {
        json_int_t dim = json_integer_value(json_array_get(shape, i));
        if (!json_is_integer(json_array_get(shape, i)) || dim < 0 || dim > INT32_MAX)
            return gm_fail(err, GM_E_FORMAT, "tensor \"%s\": axis %zu is no length", out->name, i);
        out->dims[i] = dim;
        if (__builtin_mul_overflow(out->size, (size_t)dim, &out->size))
            return gm_fail(err, GM_E_FORMAT, "tensor \"%s\" is too large", out->name);
    }
    return GM_OK;
}

static gm_status read_tensor(const char *name, const json_t *entry, const char *data, size_t data_size, safetensor *out,
                             gm_error *err) {
    *out = (safetensor){.name = gm_strdup(name)};
    if (!out->name) return gm_nomem(err);
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    size_t t = 0;
    while (t < GM_COUNT(types) && (!type || strcmp(types[t].name, type) != 0)) t++;
    if (t == GM_COUNT(types))
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "save the model in float32",
                          "tensor \"%.100s\" has type %.20s; F32 is expected", name, type ? type : "(none)");
    out->type = (safetensors_type)t;
    GM_TRY(read_shape(json_object_get(entry, "shape"), out, err));
    const json_t *offsets = json_object_get(entry, "data_offsets");
    json_int_t begin = json_integer_value(json_array_get(offsets, 0)),
               end = json_integer_value(json_array_get(offsets, 1));
    size_t bytes;
    if (json_array_size(offsets) != 2 || begin < 0 || end < begin || (uint64_t)end > data_size ||
        __builtin_mul_overflow(out->size, types[t].bytes, &bytes) || (size_t)(end - begin) != bytes)
        return gm_fail(err, GM_E_FORMAT, "tensor \"%.100s\": its data (%lld to %lld) do not fit its shape or the file",
                       name, (long long)begin, (long long)end);
    out->data = data + begin;
    return GM_OK;
}

static int by_place(const void *a, const void *b) {
    const safetensor *x = a, *y = b;
    if (x->data != y->data) return x->data < y->data ? -1 : 1;
    return (x->size > y->size) - (x->size < y->size);
}

static gm_status check_tiling(const safetensors_file *file, const char *data, size_t data_size, gm_error *err) {
    const char *at = data;
    for (size_t i = 0; i < file->count; i++) {
        const safetensor *t = &file->tensors[i];
        if (t->data != at)
            return gm_fail_at(err, GM_E_FORMAT, 0, 0, "the file is damaged: copy it again",
                              "the data of tensor \"%.100s\" %s the one before", t->name,
                              t->data < at ? "overlap" : "leave a hole behind");
        at += t->size * types[t->type].bytes;
    }
    if (at != data + data_size)
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "the file is damaged: copy it again",
                          "%zu bytes at the end belong to no tensor", (size_t)(data + data_size - at));
    return GM_OK;
}

static gm_status read_tensors(const json_t *header, const char *data, size_t data_size, safetensors_file *file,
                              gm_error *err) {
    size_t n = json_object_size(header);
    if (n > MAX_TENSORS) return gm_fail(err, GM_E_FORMAT, "%zu tensors: at most %d are expected", n, MAX_TENSORS);
    file->tensors = gm_calloc(n + 1, sizeof *file->tensors);
    if (!file->tensors) return gm_nomem(err);
    const char *name;
    json_t *entry;
    json_object_foreach ((json_t *)header, name, entry) {
        if (strcmp(name, "__metadata__") == 0) continue;
        GM_TRY(read_tensor(name, entry, data, data_size, &file->tensors[file->count++], err));
    }
    if (file->count) qsort(file->tensors, file->count, sizeof *file->tensors, by_place);
    return check_tiling(file, data, data_size, err);
}

gm_status safetensors_parse(char *bytes, size_t size, safetensors_file *out, gm_error *err) {
    *out = (safetensors_file){.bytes = bytes};
    uint64_t length = 0;
    if (size >= 8) memcpy(&length, bytes, 8);
    gm_status status = GM_OK;
    json_error_t where;
    json_t *header = NULL;
    if (size < 8 || length > size - 8 || length > MAX_HEADER_BYTES)
        status = gm_fail_at(err, GM_E_FORMAT, 0, 0, "the file is cut off, or no safetensors file",
                            "a header of %llu bytes does not fit into %zu bytes", (unsigned long long)length, size);
    else if (!(header = json_loadb(bytes + 8, length, JSON_REJECT_DUPLICATES, &where)) || !json_is_object(header))
        status = gm_fail(err, GM_E_FORMAT, "the header is not a JSON object: %s", header ? "another type" : where.text);
    else
        status = read_tensors(header, bytes + 8 + length, size - 8 - length, out, err);
    json_decref(header);
    if (status != GM_OK) safetensors_finish(out);
    return status;
}

void safetensors_finish(safetensors_file *file) {
    for (size_t i = 0; i < file->count; i++) gm_free(file->tensors[i].name);
    gm_free(file->tensors);
    gm_free(file->bytes);
    *file = (safetensors_file){0};
}

const safetensor *safetensors_find(const safetensors_file *file, const char *name) {
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
    return NULL;
}

gm_status safetensors_write(const safetensor *tensors, size_t count, const char *path, gm_error *err) {
    gm_auto_text header = GM_TEXT_INIT;
    gm_auto_text file = GM_TEXT_INIT;
    size_t at = 0;
    gm_text_append(&header, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (size_t i = 0; i < count; i++) {
        size_t bytes = tensors[i].size * types[tensors[i].type].bytes;
        gm_text_append(&header, ",");
        gm_text_json_string(&header, tensors[i].name);
        gm_text_printf(&header, ":{\"dtype\":\"%s\",\"shape\":[", types[tensors[i].type].name);
        for (int d = 0; d < tensors[i].rank; d++)
            gm_text_printf(&header, "%s%lld", d ? "," : "", (long long)tensors[i].dims[d]);
        gm_text_printf(&header, "],\"data_offsets\":[%zu,%zu]}", at, at + bytes);
        at += bytes;
    }
    gm_text_append(&header, "}");
    gm_text_append_n(&header, "       ", (8 - header.length % 8) % 8);
    uint64_t length = header.length;
    gm_text_append_n(&file, (const char *)&length, sizeof length);
    gm_text_append_n(&file, gm_text_c(&header), header.length);
    for (size_t i = 0; i < count; i++)
        gm_text_append_n(&file, tensors[i].data, tensors[i].size * types[tensors[i].type].bytes);
    if (!gm_text_ok(&header) || !gm_text_ok(&file)) return gm_nomem(err);
    return gm_write_file(path, file.data, file.length, err);
}
