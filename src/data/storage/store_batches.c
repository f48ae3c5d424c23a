/* Comments, and labels that were approved together. */
#include "storage_internal.h"

#include <stdio.h>

gm_status gm_store_add_comment(gm_store *store, const char *sha256, const char *author, const char *text, int64_t *id,
                               char at[GM_TIME_TEXT], gm_error *err) {
    auto_statement s = NULL;
    gm_time_utc(at);
    GM_TRY(store_prepare(store, "INSERT INTO comments(hole, author, at, text) VALUES(?,?,?,?)", &s, err));
    store_bind_text(s, 1, sha256);
    store_bind_text(s, 2, author);
    store_bind_text(s, 3, at);
    store_bind_text(s, 4, text);
    GM_TRY(store_step_done(store, s, err));
    *id = sqlite3_last_insert_rowid(store->db);
    return GM_OK;
}

gm_status gm_store_comments(gm_store *store, const char *sha256, gm_comments *out, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "SELECT id, author, at, text FROM comments WHERE hole = ?1 ORDER BY id", &s, err));
    store_bind_text(s, 1, sha256);
    gm_comments all = {0};
    size_t capacity = 0;
    bool more = true;
    gm_status status = GM_OK;
    while (status == GM_OK && (status = store_step_row(store, s, &more, err)) == GM_OK && more) {
        char *text = gm_strdup(store_text(s, 3));
        if (!text || !store_grow((void **)&all.items, all.count, &capacity, sizeof *all.items)) {
            gm_free(text);
            status = gm_nomem(err);
            break;
        }
        gm_comment *comment = &all.items[all.count++];
        *comment = (gm_comment){.id = sqlite3_column_int64(s, 0), .text = text};
        STORE_COPY(comment->author, s, 1);
        STORE_COPY(comment->at, s, 2);
    }
    if (status == GM_OK)
        *out = all;
    else
        gm_comments_finish(&all);
    return status;
}

void gm_comments_finish(gm_comments *comments) {
    for (size_t i = 0; i < comments->count; i++) gm_free(comments->items[i].text);
    gm_free(comments->items);
    *comments = (gm_comments){0};
}

gm_status gm_store_add_batch(gm_store *store, const char *author, const char *query, size_t n_holes, int64_t *id,
                             gm_error *err) {
    auto_statement s = NULL;
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    GM_TRY(store_prepare(store, "INSERT INTO batches(author, at, query, n_holes) VALUES(?,?,?,?)", &s, err));
    store_bind_text(s, 1, author);
    store_bind_text(s, 2, now);
    store_bind_text(s, 3, query);
    sqlite3_bind_int64(s, 4, (int64_t)n_holes);
    GM_TRY(store_step_done(store, s, err));
    *id = sqlite3_last_insert_rowid(store->db);
    return GM_OK;
}

gm_status gm_store_batch_undone(gm_store *store, int64_t id, const char *by, size_t n_kept, gm_error *err) {
    auto_statement s = NULL;
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    GM_TRY(store_prepare(
        store, "UPDATE batches SET undone_at = ?2, undone_by = ?3, n_kept = ?4 WHERE id = ?1 AND undone_at IS NULL", &s,
        err));
    sqlite3_bind_int64(s, 1, id);
    store_bind_text(s, 2, now);
    store_bind_text(s, 3, by);
    sqlite3_bind_int64(s, 4, (int64_t)n_kept);
    return store_step_done(store, s, err);
}

gm_status gm_store_batches(gm_store *store, gm_batches *out, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store,
                         "SELECT id, n_holes, n_kept, author, at, undone_at, undone_by, query FROM batches"
                         " ORDER BY id DESC",
                         &s, err));
    gm_batches all = {0};
    size_t capacity = 0;
    bool more = true;
    gm_status status = GM_OK;
    while (status == GM_OK && (status = store_step_row(store, s, &more, err)) == GM_OK && more) {
        char *query = gm_strdup(store_text(s, 7));
        if (!query || !store_grow((void **)&all.items, all.count, &capacity, sizeof *all.items)) {
            gm_free(query);
            status = gm_nomem(err);
            break;
        }
        gm_batch *batch = &all.items[all.count++];
        *batch = (gm_batch){.id = sqlite3_column_int64(s, 0),
                            .n_holes = sqlite3_column_int64(s, 1),
                            .n_kept = sqlite3_column_int64(s, 2),
                            .query = query};
        STORE_COPY(batch->author, s, 3);
        STORE_COPY(batch->at, s, 4);
        STORE_COPY(batch->undone_at, s, 5);
        STORE_COPY(batch->undone_by, s, 6);
    }
    if (status == GM_OK)
        *out = all;
    else
        gm_batches_finish(&all);
    return status;
}

void gm_batches_finish(gm_batches *batches) {
    for (size_t i = 0; i < batches->count; i++) gm_free(batches->items[i].query);
    gm_free(batches->items);
    *batches = (gm_batches){0};
}

gm_status gm_store_put_preview(gm_store *store, const char *token, const char *author, const char *query,
                               const char *holes, const char *to_see, gm_error *err) {
    auto_statement s = NULL;
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    GM_TRY(store_execute(store, "DELETE FROM batch_previews WHERE at < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day')",
                         err));
    GM_TRY(store_prepare(
        store, "INSERT INTO batch_previews(token, author, at, query, holes, to_see) VALUES(?,?,?,?,?,?)", &s, err));
    const char *const texts[] = {token, author, now, query, holes, to_see};
    for (int i = 0; i < (int)GM_COUNT(texts); i++) store_bind_text(s, 1 + i, texts[i]);
    return store_step_done(store, s, err);
}

gm_status gm_store_preview(gm_store *store, const char *token, gm_batch_preview *out, gm_error *err) {
    auto_statement s = NULL;
    bool found;
    GM_TRY(store_prepare(store, "SELECT author, query, holes, to_see FROM batch_previews WHERE token = ?1", &s, err));
    store_bind_text(s, 1, token);
    GM_TRY(store_step_row(store, s, &found, err));
    if (!found)
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "ask for the preview again",
                          "there is no preview with this token: it was used, or is older than a day");
    gm_batch_preview preview = {.query = gm_strdup(store_text(s, 1)),
                                .holes = gm_strdup(store_text(s, 2)),
                                .to_see = gm_strdup(store_text(s, 3))};
    STORE_COPY(preview.author, s, 0);
    if (!preview.query || !preview.holes || !preview.to_see) {
        gm_batch_preview_finish(&preview);
        return gm_nomem(err);
    }
    *out = preview;
    return GM_OK;
}

gm_status gm_store_drop_preview(gm_store *store, const char *token, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "DELETE FROM batch_previews WHERE token = ?1", &s, err));
    store_bind_text(s, 1, token);
    return store_step_done(store, s, err);
}

void gm_batch_preview_finish(gm_batch_preview *preview) {
    gm_free(preview->query);
    gm_free(preview->holes);
    gm_free(preview->to_see);
    *preview = (gm_batch_preview){0};
}
