/* What the backends share. */
#ifndef GIMLET_MODELS_REGISTRY_STORAGE_INTERNAL_H
#define GIMLET_MODELS_REGISTRY_STORAGE_INTERNAL_H

#include "storage.h"

#define GM_STORAGE(symbol) extern const gm_storage_backend gm_storage_##symbol;
#include "storages.list.h"
#undef GM_STORAGE

/* Appends an item; takes nothing. */
gm_status gm_stored_list_add(gm_stored_list *list, const char *key, int64_t size_bytes, gm_error *err) GM_MUST_CHECK;
void gm_stored_list_sort(gm_stored_list *list);
bool gm_is_sha256(const char *text); /* 64 lower-case hex digits and no more */

#endif
