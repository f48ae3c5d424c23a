/* Reading across all holes, for lists. */
#include "storage_internal.h"

gm_status gm_store_changes(gm_store *store, int64_t *out, gm_error *err) {
    return store_read_int(store, "PRAGMA data_version", out, err);
}

gm_status gm_store_each_version(gm_store *store,
                                gm_status (*take)(void *ctx, const char *sha256, int64_t version, gm_error *err),
                                void *ctx, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "SELECT hole, max(version) FROM label_versions GROUP BY hole", &s, err));
    for (bool more = true;;) {
        GM_TRY(store_step_row(store, s, &more, err));
        if (!more) return GM_OK;
        GM_TRY(take(ctx, store_text(s, 0), sqlite3_column_int64(s, 1), err));
    }
}

gm_status gm_store_each_findings(gm_store *store,
                                 gm_status (*take)(void *ctx, const char *sha256, const char *json, gm_error *err),
                                 void *ctx, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "SELECT sha256, findings FROM files WHERE is_hole ORDER BY sha256, file", &s, err));
    for (bool more = true;;) {
        GM_TRY(store_step_row(store, s, &more, err));
        if (!more) return GM_OK;
        GM_TRY(take(ctx, store_text(s, 0), store_text(s, 1), err));
    }
}
