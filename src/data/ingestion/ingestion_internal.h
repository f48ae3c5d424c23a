/* What the formats share: filling a record from keys and tables, and the machine's own names for things. */
#ifndef GIMLET_DATA_INGESTION_INTERNAL_H
#define GIMLET_DATA_INGESTION_INTERNAL_H

#include "ingestion.h"

#define GM_FORMAT(symbol) extern const gm_format symbol;
#include "formats.list.h"
#undef GM_FORMAT

/* Bytes in a file, not terminated. */
typedef struct {
    const char *at;
    size_t length;
} slice;

slice slice_trim(slice s);                  /* blanks, NULs and literal \u0000 at both ends */
char *slice_utf8(gm_arena *arena, slice s); /* Latin-1 or UTF-8 in, UTF-8 out; NULL when out of memory */
bool slice_number(slice s, double *out);    /* "-0,551", " 21.923", "Inf"; never by locale */
bool slice_is(slice s, const char *text);   /* the same bytes */

/* Fields pile up here; record_fields_bind moves them into the record and fills its meta by the binding table. */
typedef struct {
    gm_record *record;
    gm_field *fields;
    size_t n_fields, capacity;
} record_fields;

gm_status record_fields_add(record_fields *fields, const char *section, const char *key, const char *value,
                            gm_error *err) GM_MUST_CHECK;
void record_fields_bind(record_fields *fields);

/* A numeric table by column name: cells row by row. Unknown columns are skipped, absent ones stay 0 or NAN. */
typedef struct {
    const char *const *columns;
    size_t n_columns, n_rows;
    const double *cells;
} record_table;
gm_status record_bind_program(gm_record *record, const record_table *table, gm_error *err) GM_MUST_CHECK;
gm_status record_bind_step_results(gm_record *record, const record_table *table, gm_error *err) GM_MUST_CHECK;

/* The columns of the Datas table. */
typedef struct {
    const char *name;
    size_t offset; /* of the float* or int32_t* in gm_record; SIZE_MAX = known but not kept */
    bool integer;
    bool required; /* without it there is no record */
    bool negated;  /* Position counts downwards */
} signal_column;
const signal_column *signal_column_named(const char *name); /* NULL = unknown */
const signal_column *signal_columns(size_t *count);
/* All required columns are there, or an error that names the nearest of the names that were found. */
gm_status signal_columns_check(const char *const *names, size_t count, long line, gm_error *err) GM_MUST_CHECK;
/* Arrays for n rows: those in wanted, and the seven that always exist. */
gm_status record_alloc_signals(gm_record *record, size_t n, const signal_column *const *wanted, size_t n_wanted,
                               gm_error *err) GM_MUST_CHECK;

#endif
