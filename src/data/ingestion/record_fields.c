/* The keys and values of a header, in the order of the file. */
#include "ingestion_internal.h"

#include <string.h>

gm_status record_fields_add(record_fields *fields, const char *section, const char *key, const char *value,
                            gm_error *err) {
    if (fields->n_fields == fields->capacity) {
        size_t capacity = GM_MAX(2 * fields->capacity, (size_t)128);
        gm_field *grown = gm_arena_alloc(fields->record->arena, capacity * sizeof *grown);
        if (!grown) return gm_nomem(err);
        if (fields->n_fields) memcpy(grown, fields->fields, fields->n_fields * sizeof *grown);
        fields->fields = grown;
        fields->capacity = capacity;
    }
    fields->fields[fields->n_fields++] = (gm_field){section, key, value};
    return GM_OK;
}

void record_fields_bind(record_fields *fields) {
    fields->record->fields = fields->fields;
    fields->record->n_fields = fields->n_fields;
    gm_record_bind_meta(fields->record);
}
