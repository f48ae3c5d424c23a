#ifndef GIMLET_MODELS_REGISTRY_METADATA_INTERNAL_H
#define GIMLET_MODELS_REGISTRY_METADATA_INTERNAL_H

#include "metadata.h"

/* What a database engine has to do. */
typedef struct {
    const char *name;
    gm_status (*open)(const char *url, void **state, gm_error *err);
    void (*close)(void *state);
    gm_status (*execute)(void *state, const char *sql, gm_error *err);
    gm_status (*query)(void *state, const char *sql, const char *const *values, size_t n_values, gm_rows *out,
                       gm_error *err);
    const char *begin_read, *begin_write; /* statements */
} metadata_driver;

extern const metadata_driver metadata_sqlite, metadata_postgres;

/* Cells are filled in by the driver: room for one more row; false when out of memory. */
bool metadata_rows_start(gm_rows *rows, size_t n_columns);
bool metadata_rows_add(gm_rows *rows, size_t *capacity);

#endif
