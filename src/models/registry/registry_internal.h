#ifndef GIMLET_MODELS_REGISTRY_INTERNAL_H
#define GIMLET_MODELS_REGISTRY_INTERNAL_H

#include "models/registry/metadata/metadata.h"
#include "models/registry/storage/storage.h"
#include "registry.h"

struct gm_registry {
    char *models_dir;
    gm_database *database;
    gm_storage *storage;
};

/* gm_database_query(db, "... $1 ... $2", VALUES(a, b), &rows, err) */
#define VALUES(...)                                                                                                    \
    (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)

typedef struct {
    char text[24];
} number_text;
number_text registry_number(long value);

/* GM_E_NOTFOUND unless there is such a model, or such a version that was not deleted; inside or outside of a
 * transaction. */
gm_status registry_need_model(gm_registry *registry, const char *model, gm_error *err);
gm_status registry_need_version(gm_registry *registry, const char *model, long version, gm_error *err);
gm_status registry_tags_json(gm_registry *registry, const char *model, long version, json_t **out, gm_error *err);
/* A line of the history, inside a writing transaction. detail: JSON or NULL. */
typedef struct {
    const char *who, *action, *model, *alias, *reason;
    long version;
    const json_t *detail;
} registry_event;
gm_status registry_history_add(gm_registry *registry, const registry_event *event, gm_error *err);
gm_status registry_history_json(gm_registry *registry, const char *model, json_t **out, gm_error *err);
gm_status registry_passport_insert(gm_registry *registry, const char *model, const char *version,
                                   const gm_registry_passport *passport, gm_error *err);
/* "ab/abcd..." */
void registry_key_of(const char *sha256, char out[GM_SHA256_HEX + 3]);
/* Where the folder of a version is or would be; gm_free. NULL: out of memory. */
char *registry_checkout_path(const gm_registry *registry, const char *model, long version, const char *digest);

#endif
