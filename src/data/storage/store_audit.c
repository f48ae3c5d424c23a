/* The audit log. A line's hash is the SHA-256 of the JSON array [seq, at, user, action, subject, detail, hash of the
 * line before] without blanks; the first line's "hash before" is "". */
#include "storage_internal.h"

#include <stdio.h>
#include <string.h>

static gm_status hash_of(int64_t seq, const char *const texts[5], const char *before, char out[GM_SHA256_HEX],
                         gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_printf(&text, "[%lld", (long long)seq);
    for (int i = 0; i < 6; i++) {
        gm_text_append(&text, ",");
        gm_text_json_string(&text, i < 5 ? texts[i] : before);
    }
    gm_text_append(&text, "]");
    if (!gm_text_ok(&text)) return gm_nomem(err);
    gm_sha256(gm_text_c(&text), text.length, out);
    return GM_OK;
}

static gm_status read_head(gm_store *store, int64_t *seq, char hash[GM_SHA256_HEX], gm_error *err) {
    auto_statement s = NULL;
    bool found;
    GM_TRY(store_prepare(store, "SELECT seq, hash FROM audit_head", &s, err));
    GM_TRY(store_step_row(store, s, &found, err));
    *seq = sqlite3_column_int64(s, 0);
    snprintf(hash, GM_SHA256_HEX, "%s", store_text(s, 1));
    return GM_OK;
}

static gm_status write_head(gm_store *store, int64_t seq, const char *hash, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "UPDATE audit_head SET seq = ?1, hash = ?2", &s, err));
    sqlite3_bind_int64(s, 1, seq);
    store_bind_text(s, 2, hash);
    return store_step_done(store, s, err);
}

gm_status gm_store_audit(gm_store *store, const char *user, const char *action, const char *subject, const char *detail,
                         int64_t *seq_out, gm_error *err) {
    GM_ASSERT(store->in_transaction);
    int64_t seq;
    char before[GM_SHA256_HEX], hash[GM_SHA256_HEX], now[GM_TIME_TEXT];
    GM_TRY(read_head(store, &seq, before, err));
    seq++;
    gm_time_utc(now);
    const char *const texts[5] = {now, user, action, subject, detail};
    GM_TRY(hash_of(seq, texts, before, hash, err));
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "INSERT INTO audit(seq, at, user, action, subject, detail, hash) VALUES(?,?,?,?,?,?,?)",
                         &s, err));
    sqlite3_bind_int64(s, 1, seq);
    for (int i = 0; i < 5; i++) store_bind_text(s, 2 + i, texts[i]);
    store_bind_text(s, 7, hash);
    GM_TRY(store_step_done(store, s, err));
    GM_TRY(write_head(store, seq, hash, err));
    if (seq_out) *seq_out = seq;
    return GM_OK;
}

gm_status gm_store_audit_lines(gm_store *store, int64_t offset, int64_t limit, gm_audit_lines *out, int64_t *total,
                               gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_read_int(store, "SELECT count(*) FROM audit", total, err));
    GM_TRY(store_prepare(store,
                         "SELECT seq, at, user, action, subject, detail, hash FROM audit ORDER BY seq DESC"
                         " LIMIT ?1 OFFSET ?2",
                         &s, err));
    sqlite3_bind_int64(s, 1, limit);
    sqlite3_bind_int64(s, 2, offset);
    gm_audit_lines all = {.arena = gm_arena_new()};
    gm_status status = all.arena ? GM_OK : gm_nomem(err);
    size_t capacity = 0;
    bool more = true;
    while (status == GM_OK && (status = store_step_row(store, s, &more, err)) == GM_OK && more) {
        const char *texts[6];
        bool ok = store_grow((void **)&all.items, all.count, &capacity, sizeof *all.items);
        for (int i = 0; i < 6; i++) ok = (texts[i] = gm_arena_strdup(all.arena, store_text(s, 1 + i))) && ok;
        if (!ok) {
            status = gm_nomem(err);
            break;
        }
        all.items[all.count++] =
            (gm_audit_line){sqlite3_column_int64(s, 0), texts[0], texts[1], texts[2], texts[3], texts[4], texts[5]};
    }
    if (status == GM_OK)
        *out = all;
    else
        gm_audit_lines_finish(&all);
    return status;
}

void gm_audit_lines_finish(gm_audit_lines *lines) {
    gm_free(lines->items);
    gm_arena_free(lines->arena);
    *lines = (gm_audit_lines){0};
}

/* Line by line from the first: numbers without a gap, hashes that follow from each other. */
static gm_status verify_chain(gm_store *store, gm_audit_verdict *out, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(
        store_prepare(store, "SELECT seq, at, user, action, subject, detail, hash FROM audit ORDER BY seq", &s, err));
    for (bool more = true;;) {
        GM_TRY(store_step_row(store, s, &more, err));
        if (!more) return GM_OK;
        const int64_t seq = sqlite3_column_int64(s, 0), expected = out->n_lines + 1;
        if (seq != expected) {
            out->first_bad = expected;
            snprintf(out->problem, sizeof out->problem, "line %lld of the log is gone: after line %lld comes %lld",
                     (long long)expected, (long long)out->n_lines, (long long)seq);
            return GM_OK;
        }
        const char *const texts[5] = {store_text(s, 1), store_text(s, 2), store_text(s, 3), store_text(s, 4),
                                      store_text(s, 5)};
        char hash[GM_SHA256_HEX];
        GM_TRY(hash_of(seq, texts, out->head, hash, err));
        if (strcmp(hash, store_text(s, 6)) != 0) {
            out->first_bad = seq;
            snprintf(out->problem, sizeof out->problem,
                     "line %lld of the log was changed: it now reads \"%s %s %s %.12s %.160s\"", (long long)seq,
                     texts[0], texts[1], texts[2], texts[3], texts[4]);
            return GM_OK;
        }
        memcpy(out->head, hash, sizeof hash);
        out->n_lines++;
    }
}

gm_status gm_store_audit_verify(gm_store *store, gm_audit_verdict *out, gm_error *err) {
    gm_audit_verdict verdict = {0};
    int64_t seq;
    char head[GM_SHA256_HEX];
    /* one snapshot for all: a writer beside us would otherwise look like a gap */
    GM_TRY(store_execute(store, "BEGIN", err));
    gm_status status = verify_chain(store, &verdict, err);
    if (status == GM_OK) status = read_head(store, &seq, head, err);
    if (status == GM_OK && !verdict.first_bad && (seq != verdict.n_lines || strcmp(head, verdict.head) != 0)) {
        verdict.first_bad = verdict.n_lines + 1;
        snprintf(verdict.problem, sizeof verdict.problem, "the log ends with line %lld, but %lld were written",
                 (long long)verdict.n_lines, (long long)seq);
    }
    if (status == GM_OK && !verdict.first_bad) status = store_verify_versions(store, &verdict, err);
    if (status == GM_OK && !verdict.first_bad) status = store_find_lost_version(store, &verdict, err);
    sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    if (status == GM_OK) *out = verdict;
    return status;
}
