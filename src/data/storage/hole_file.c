/* A hole on disk: a safetensors file (u64 header length, JSON header, raw little-endian data), so that any tool of the
 * ecosystem opens it. Signals are F32 or I32 of length n; the program and the step results F64 tables; the header's
 * keys and values a JSON text in __metadata__. */
#include "storage_internal.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { MAX_HEADER_BYTES = 4 << 20 };

static const struct signal {
    const char *name, *dtype;
    size_t offset;
} signals[] = {
#define SIGNAL(member, dtype)                                                                                          \
    { #member, dtype, offsetof(gm_record, member) }
    SIGNAL(depth_mm, "F32"),       SIGNAL(torque_a, "F32"), SIGNAL(thrust_a, "F32"),  SIGNAL(torque_empty_a, "F32"),
    SIGNAL(thrust_empty_a, "F32"), SIGNAL(step, "I32"),     SIGNAL(stop_code, "I32"), SIGNAL(speed_rpm, "F32"),
    SIGNAL(feed_mm_s, "F32"),      SIGNAL(power_w, "F32"),  SIGNAL(gap_mm, "F32"),    SIGNAL(torque_detector, "F32"),
#undef SIGNAL
};
enum { N_ALWAYS = 7 }; /* the first seven exist in every record */

/* Tables as doubles, column by name, so that a struct may grow without breaking old files. */
typedef struct {
    const char *name;
    size_t offset;
    enum { IS_DOUBLE, IS_INT, IS_INT32, IS_BOOL } kind;
} member;
#define MEMBER(type, name, kind)                                                                                       \
    { #name, offsetof(type, name), kind }
static const member program_members[] = {
    MEMBER(gm_program_step, step, IS_INT),
    MEMBER(gm_program_step, enabled, IS_BOOL),
    MEMBER(gm_program_step, stroke_mm, IS_DOUBLE),
    MEMBER(gm_program_step, speed_rpm, IS_DOUBLE),
    MEMBER(gm_program_step, feed_mm_s, IS_DOUBLE),
    MEMBER(gm_program_step, feed_mm_rev, IS_DOUBLE),
    MEMBER(gm_program_step, thrust_max_a, IS_DOUBLE),
    MEMBER(gm_program_step, torque_max_a, IS_DOUBLE),
    MEMBER(gm_program_step, thrust_min_a, IS_DOUBLE),
    MEMBER(gm_program_step, torque_min_a, IS_DOUBLE),
    MEMBER(gm_program_step, thrust_safety_a, IS_DOUBLE),
    MEMBER(gm_program_step, torque_safety_a, IS_DOUBLE),
    MEMBER(gm_program_step, gap_mm, IS_DOUBLE),
    MEMBER(gm_program_step, peck, IS_DOUBLE),
    MEMBER(gm_program_step, delay_ms, IS_DOUBLE),
    MEMBER(gm_program_step, stroke_limit_a, IS_DOUBLE),
    MEMBER(gm_program_step, thrust_limit_a, IS_DOUBLE),
    MEMBER(gm_program_step, torque_limit_a, IS_DOUBLE),
    MEMBER(gm_program_step, lub_air, IS_DOUBLE),
    MEMBER(gm_program_step, lub_flow, IS_DOUBLE),
    MEMBER(gm_program_step, vacuum, IS_DOUBLE),
    MEMBER(gm_program_step, material, IS_DOUBLE),
};
static const member result_members[] = {
    MEMBER(gm_step_result, step, IS_INT),
    MEMBER(gm_step_result, stop_code, IS_INT32),
    MEMBER(gm_step_result, duration_s, IS_DOUBLE),
    MEMBER(gm_step_result, distance_m1_mm, IS_DOUBLE),
    MEMBER(gm_step_result, distance_m2_mm, IS_DOUBLE),
    MEMBER(gm_step_result, m1_max_a, IS_DOUBLE),
    MEMBER(gm_step_result, m2_max_a, IS_DOUBLE),
    MEMBER(gm_step_result, m1_no_load_a, IS_DOUBLE),
    MEMBER(gm_step_result, m2_no_load_a, IS_DOUBLE),
    MEMBER(gm_step_result, gap_max_mm, IS_DOUBLE),
};

static void get_row(const void *row, const member *members, size_t count, double *out) {
    for (size_t i = 0; i < count; i++) {
        const char *at = (const char *)row + members[i].offset;
        switch (members[i].kind) {
        case IS_DOUBLE: out[i] = *(const double *)at; break;
        case IS_INT: out[i] = *(const int *)at; break;
        case IS_INT32: out[i] = *(const int32_t *)at; break;
        case IS_BOOL: out[i] = *(const bool *)at; break;
        }
    }
}

static void set_row(void *row, const member *m, double value) {
    char *at = (char *)row + m->offset;
    switch (m->kind) {
    case IS_DOUBLE: *(double *)at = value; break;
    case IS_INT: *(int *)at = (int)value; break;
    case IS_INT32: *(int32_t *)at = (int32_t)value; break;
    case IS_BOOL: *(bool *)at = value != 0; break;
    }
}

/* --- writing --- */

static void put_tensor(gm_text *header, const char *name, const char *dtype, size_t rows, size_t columns, size_t *at) {
    size_t size = rows * GM_MAX(columns, (size_t)1) * (dtype[1] == '6' ? 8 : 4);
    gm_text_printf(header, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%zu", name, dtype, rows);
    if (columns) gm_text_printf(header, ",%zu", columns);
    gm_text_printf(header, "],\"data_offsets\":[%zu,%zu]}", *at, *at + size);
    *at += size;
}

static void put_names(gm_text *out, const member *members, size_t count) {
    for (size_t i = 0; i < count; i++) gm_text_printf(out, "%s%s", i ? " " : "", members[i].name);
}

static void put_metadata(gm_text *header, const gm_record *record) {
    gm_auto_text fields = GM_TEXT_INIT;
    for (size_t i = 0; i < record->n_fields; i++) {
        gm_text_append(&fields, i ? ",[" : "[");
        gm_text_json_string(&fields, record->fields[i].section);
        gm_text_append(&fields, ",");
        gm_text_json_string(&fields, record->fields[i].key);
        gm_text_append(&fields, ",");
        gm_text_json_string(&fields, record->fields[i].value);
        gm_text_append(&fields, "]");
    }
    gm_auto_text list = GM_TEXT_INIT;
    gm_text_printf(&list, "[%s]", gm_text_c(&fields));
    gm_text_append(header, "{\"__metadata__\":{\"format\":\"pt\",\"record_format\":");
    gm_text_json_string(header, record->format);
    gm_text_append(header, ",\"program_columns\":\"");
    put_names(header, program_members, GM_COUNT(program_members));
    gm_text_append(header, "\",\"step_result_columns\":\"");
    put_names(header, result_members, GM_COUNT(result_members));
    gm_text_append(header, "\",\"fields\":");
    gm_text_json_string(header, gm_text_c(&list));
    gm_text_append(header, "}");
    header->failed |= !gm_text_ok(&fields) || !gm_text_ok(&list);
}

static void put_rows(gm_text *out, const void *rows, size_t n, size_t row_size, const member *members, size_t count) {
    double cells[32];
    for (size_t i = 0; i < n; i++) {
        get_row((const char *)rows + i * row_size, members, count, cells);
        gm_text_append_n(out, (const char *)cells, count * sizeof *cells);
    }
}

static void encode(const gm_record *record, gm_text *out) {
    gm_auto_text header = GM_TEXT_INIT;
    size_t at = 0;
    put_metadata(&header, record);
    put_tensor(&header, "program", "F64", record->n_program, GM_COUNT(program_members), &at);
    put_tensor(&header, "step_results", "F64", record->n_step_results, GM_COUNT(result_members), &at);
    for (size_t i = 0; i < GM_COUNT(signals); i++)
        if (*(void *const *)((const char *)record + signals[i].offset))
            put_tensor(&header, signals[i].name, signals[i].dtype, record->n, 0, &at);
    gm_text_append(&header, "}");
    gm_text_append_n(&header, "       ", (8 - header.length % 8) % 8);
    uint64_t length = header.length;
    gm_text_append_n(out, (const char *)&length, sizeof length);
    gm_text_append_n(out, gm_text_c(&header), header.length);
    put_rows(out, record->program, record->n_program, sizeof *record->program, program_members,
             GM_COUNT(program_members));
    put_rows(out, record->step_results, record->n_step_results, sizeof *record->step_results, result_members,
             GM_COUNT(result_members));
    for (size_t i = 0; i < GM_COUNT(signals); i++) {
        const char *data = *(char *const *)((const char *)record + signals[i].offset);
        if (data) gm_text_append_n(out, data, record->n * 4);
    }
    out->failed |= !gm_text_ok(&header);
}

static char *hole_path(const gm_store *store, const char *sha256, bool folder_only) {
    gm_auto_text path = GM_TEXT_INIT;
    gm_text_printf(&path, "%s/%.2s", store->holes_dir, sha256);
    if (!folder_only) gm_text_printf(&path, "/%s.safetensors", sha256);
    return gm_text_take(&path);
}

gm_status gm_store_write_hole(const gm_store *store, const char *sha256, const gm_record *record, gm_error *err) {
    gm_auto_free char *path = hole_path(store, sha256, false), *folder = hole_path(store, sha256, true);
    if (!path || !folder) return gm_nomem(err);
    if (gm_file_exists(path)) return GM_OK;
    gm_auto_text bytes = GM_TEXT_INIT;
    encode(record, &bytes);
    if (!gm_text_ok(&bytes)) return gm_nomem(err);
    GM_TRY(gm_make_dirs(folder, err));
    return gm_write_file_fast(path, bytes.data, bytes.length, err);
}

/* --- reading --- */

typedef struct {
    const char *data; /* behind the header */
    size_t size;
    json_t *header;
} hole_file;

/* The bytes of a tensor of this type; NULL when it is not there; its rows and columns. */
static const char *tensor(const hole_file *file, const char *name, const char *dtype, size_t *rows, size_t *columns) {
    const json_t *entry = json_object_get(file->header, name);
    const char *found = json_string_value(json_object_get(entry, "dtype"));
    const json_t *shape = json_object_get(entry, "shape"), *offsets = json_object_get(entry, "data_offsets");
    if (!found || strcmp(found, dtype) != 0 || json_array_size(offsets) != 2) return NULL;
    json_int_t r = json_integer_value(json_array_get(shape, 0));
    json_int_t c = json_array_size(shape) > 1 ? json_integer_value(json_array_get(shape, 1)) : 1;
    json_int_t begin = json_integer_value(json_array_get(offsets, 0));
    json_int_t end = json_integer_value(json_array_get(offsets, 1));
    json_int_t cell = dtype[1] == '6' ? 8 : 4;
    if (begin < 0 || end < begin || (size_t)end > file->size || r < 0 || c < 0 || r > 100000000 || c > 64 ||
        r * c * cell != end - begin)
        return NULL;
    *rows = (size_t)r;
    *columns = (size_t)c;
    return file->data + begin;
}

static gm_status read_fields(gm_record *record, const json_t *metadata, gm_error *err) {
    const char *text = json_string_value(json_object_get(metadata, "fields"));
    json_t *list = text ? json_loads(text, 0, NULL) : NULL;
    size_t n = json_array_size(list);
    record->fields = gm_arena_alloc(record->arena, (n + 1) * sizeof *record->fields);
    bool ok = record->fields != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        const char *texts[3];
        for (size_t k = 0; k < 3; k++) {
            const char *value = json_string_value(json_array_get(json_array_get(list, i), k));
            texts[k] = gm_arena_strdup(record->arena, value ? value : "");
            ok &= texts[k] != NULL;
        }
        record->fields[i] = (gm_field){texts[0], texts[1], texts[2]};
    }
    json_decref(list);
    record->n_fields = ok ? n : 0;
    const char *format = json_string_value(json_object_get(metadata, "record_format"));
    record->format = gm_arena_strdup(record->arena, format ? format : "");
    return ok && record->format ? GM_OK : gm_nomem(err);
}

/* A table of doubles into structs: columns are matched by the names that the file lists. */
static gm_status read_table(gm_record *record, const hole_file *file, const char *name, const char *names_key,
                            const member *members, size_t count, size_t row_size, void **out, size_t *n,
                            gm_error *err) {
    size_t rows = 0, columns = 0;
    const char *data = tensor(file, name, "F64", &rows, &columns);
    const char *names = json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), names_key));
    *out = gm_arena_alloc(record->arena, (rows + 1) * row_size);
    if (!*out) return gm_nomem(err);
    *n = data ? rows : 0;
    for (size_t c = 0; data && names && c < columns; c++) {
        size_t length = strcspn(names, " ");
        for (size_t m = 0; m < count; m++) {
            if (strlen(members[m].name) != length || strncmp(members[m].name, names, length) != 0) continue;
            for (size_t r = 0; r < rows; r++) {
                double value;
                memcpy(&value, data + (r * columns + c) * sizeof value, sizeof value);
                set_row((char *)*out + r * row_size, &members[m], value);
            }
        }
        names += length + (names[length] == ' ');
    }
    return GM_OK;
}

static gm_status read_signals(gm_record *record, const hole_file *file, const char *path, gm_error *err) {
    for (size_t i = 0; i < GM_COUNT(signals); i++) {
        size_t rows = 0, columns;
        const char *data = tensor(file, signals[i].name, signals[i].dtype, &rows, &columns);
        if (!data && i >= N_ALWAYS) continue;
        if (!data || (i > 0 && rows != record->n))
            return gm_fail_at(err, GM_E_FORMAT, 0, 0, "delete it and run gimlet prepare again",
                              "%s: signal \"%s\" is missing or damaged", path, signals[i].name);
        record->n = rows;
        void *copy = gm_arena_alloc(record->arena, rows * 4 + 1);
        if (!copy) return gm_nomem(err);
        memcpy(copy, data, rows * 4);
        *(void **)((char *)record + signals[i].offset) = copy;
    }
    return GM_OK;
}

static gm_status decode(const hole_file *file, const char *path, gm_record **out, gm_error *err) {
    gm_auto(gm_record) record = gm_record_new();
    if (!record) return gm_nomem(err);
    GM_TRY(read_fields(record, json_object_get(file->header, "__metadata__"), err));
    gm_record_bind_meta(record);
    GM_TRY(read_table(record, file, "program", "program_columns", program_members, GM_COUNT(program_members),
                      sizeof *record->program, (void **)&record->program, &record->n_program, err));
    GM_TRY(read_table(record, file, "step_results", "step_result_columns", result_members, GM_COUNT(result_members),
                      sizeof *record->step_results, (void **)&record->step_results, &record->n_step_results, err));
    GM_TRY(read_signals(record, file, path, err));
    GM_TRY(gm_record_finish(record, err));
    *out = gm_steal(&record);
    return GM_OK;
}

gm_status gm_store_load_hole(const gm_store *store, const char *sha256, gm_record **out, gm_error *err) {
    gm_auto_free char *path = hole_path(store, sha256, false), *bytes = NULL;
    if (!path) return gm_nomem(err);
    size_t size;
    GM_TRY(gm_read_file(path, (size_t)1 << 30, &bytes, &size, err));
    uint64_t length = 0;
    if (size >= 8) memcpy(&length, bytes, sizeof length);
    if (size < 8 || length > MAX_HEADER_BYTES || length > size - 8)
        return gm_fail_at(err, GM_E_FORMAT, 0, 0, "delete it and run gimlet prepare again", "%s is damaged", path);
    hole_file file = {bytes + 8 + length, size - 8 - length, json_loadb(bytes + 8, length, 0, NULL)};
    gm_status status = file.header ? decode(&file, path, out, err)
                                   : gm_fail_at(err, GM_E_FORMAT, 0, 0, "delete it and run gimlet prepare again",
                                                "%s is damaged: its header is not JSON", path);
    json_decref(file.header);
    return status;
}

gm_status gm_store_hash_hole(const gm_store *store, const char *sha256, char out_hex[GM_SHA256_HEX], gm_error *err) {
    gm_auto_free char *path = hole_path(store, sha256, false);
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path)) return gm_fail(err, GM_E_NOTFOUND, "%s: no such file", path);
    return gm_sha256_file(path, out_hex, err);
}
