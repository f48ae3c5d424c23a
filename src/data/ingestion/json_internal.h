/* What the two JSON formats share. */
#ifndef GIMLET_DATA_INGESTION_JSON_INTERNAL_H
#define GIMLET_DATA_INGESTION_JSON_INTERNAL_H

#include "ingestion_internal.h"

#include <jansson.h>

static inline void gm_json_auto_(json_t **json) {
    json_decref(*json);
}
#define gm_auto_json __attribute__((cleanup(gm_json_auto_))) json_t

/* Does the text open an object and hold this word early on? */
bool json_sniff(const char *bytes, size_t size, const char *word);
/* Parse errors name line and column; text that ends too early is called cut off. */
gm_status json_parse(const char *bytes, size_t size, json_t **out, gm_error *err) GM_MUST_CHECK;
/* A string, number or truth value as text in the arena; "" for all else; NULL when out of memory. */
const char *json_as_text(gm_arena *arena, const json_t *value);

/* A list that holds numbers; what a machine does not measure comes as a list of nulls. */
bool json_has_values(const json_t *list);

/* One named list of numbers for a column of the signals. */
typedef struct {
    const signal_column *column;
    const json_t *values; /* an array */
} json_column;
/* Allocates and fills the record's signals; all lists must have the length of the first. */
gm_status json_fill_signals(gm_record *record, const json_column *columns, size_t count, gm_error *err) GM_MUST_CHECK;
/* Columns that are lists (or a scalar for one row) to a numeric table, row by row; *cells is the caller's. */
gm_status json_table(const char *const *names, const json_t *const *lists, size_t count, record_table *out,
                     double **cells, gm_error *err) GM_MUST_CHECK;

#endif
