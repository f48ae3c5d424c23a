/* The history of labels: one row per gesture, never changed. The table `labels` holds what is current. */
#include "storage_internal.h"

#include <stdio.h>
#include <string.h>

#define VERSION_SELECT                                                                                                 \
    "SELECT id, version, hole, at, gesture, present, state, before, top, batch, audit, " LABEL_COLUMNS                 \
    " FROM label_versions "
enum { FIRST_LABEL_COLUMN = 11 };

static void read_version(sqlite3_stmt *s, gm_label_version *out) {
    *out = (gm_label_version){.id = sqlite3_column_int64(s, 0),
                              .version = sqlite3_column_int64(s, 1),
                              .present = sqlite3_column_int(s, 5) != 0,
                              .state = sqlite3_column_int64(s, 6),
                              .before = sqlite3_column_int64(s, 7),
                              .top = sqlite3_column_int64(s, 8),
                              .batch = sqlite3_column_int64(s, 9),
                              .audit = sqlite3_column_int64(s, 10)};
    STORE_COPY(out->sha256, s, 2);
    STORE_COPY(out->at, s, 3);
    STORE_COPY(out->gesture, s, 4);
    store_read_label(s, FIRST_LABEL_COLUMN, &out->label);
}

gm_status gm_store_hole_version(gm_store *store, const char *sha256, int64_t *version, gm_error *err) {
    auto_statement s = NULL;
    bool found;
    GM_TRY(store_prepare(store, "SELECT coalesce(max(version), 0) FROM label_versions WHERE hole = ?1", &s, err));
    store_bind_text(s, 1, sha256);
    GM_TRY(store_step_row(store, s, &found, err));
    *version = sqlite3_column_int64(s, 0);
    return GM_OK;
}

void store_describe_version(const gm_label_version *v, gm_text *out) {
    char number[32];
    gm_text_printf(out, "version %lld by ", (long long)v->version);
    gm_text_json_string(out, v->label.author);
    gm_text_printf(out, " as %s: ", gm_label_source_name(v->label.source));
    if (!v->present) gm_text_append(out, "no label");
    for (int p = 0; v->present && p < GM_N_POINTS; p++) {
        const double mm = v->label.points[p].mm;
        gm_text_printf(out, "%s%s %s", p ? ", " : "", gm_point_name((gm_point)p),
                       isnan(mm) ? "absent" : gm_format_double(mm, number));
    }
    if (v->present && v->label.rejected) {
        gm_text_append(out, ", rejected ");
        gm_text_json_string(out, v->label.reason);
    }
    gm_text_append(out, ", gesture ");
    gm_text_json_string(out, v->gesture);
    if (v->batch) gm_text_printf(out, ", batch %lld", (long long)v->batch);
}

static gm_status remove_label(gm_store *store, const gm_label_version *v, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, "DELETE FROM labels WHERE sha256 = ?1 AND source = ?2 AND author = ?3", &s, err));
    store_bind_text(s, 1, v->sha256);
    sqlite3_bind_int(s, 2, v->label.source);
    store_bind_text(s, 3, v->label.author);
    return store_step_done(store, s, err);
}

static gm_status insert_version(gm_store *store, const gm_label_version *v, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store,
                         "INSERT INTO label_versions(id, version, hole, at, gesture, present, state, before, top,"
                         " batch, audit, " LABEL_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?," LABEL_PLACES ")",
                         &s, err));
    sqlite3_bind_int64(s, 1, v->id);
    sqlite3_bind_int64(s, 2, v->version);
    store_bind_text(s, 3, v->sha256);
    store_bind_text(s, 4, v->at);
    store_bind_text(s, 5, v->gesture);
    sqlite3_bind_int(s, 6, v->present);
    sqlite3_bind_int64(s, 7, v->state);
    sqlite3_bind_int64(s, 8, v->before);
    sqlite3_bind_int64(s, 9, v->top);
    sqlite3_bind_int64(s, 10, v->batch);
    sqlite3_bind_int64(s, 11, v->audit);
    store_bind_label(s, FIRST_LABEL_COLUMN + 1, &v->label);
    return store_step_done(store, s, err);
}

gm_status gm_store_add_version(gm_store *store, gm_label_version *version, const char *user, const char *action,
                               gm_error *err) {
    GM_ASSERT(store->in_transaction);
    gm_label_version v = *version;
    GM_TRY(store_read_int(store, "SELECT coalesce(max(id), 0) + 1 FROM label_versions", &v.id, err));
    GM_TRY(gm_store_hole_version(store, v.sha256, &v.version, err));
    v.version++;
    gm_time_utc(v.at);
    if (v.present && v.state == 0) v.state = v.top = v.id;
    gm_auto_text detail = GM_TEXT_INIT;
    store_describe_version(&v, &detail);
    if (!gm_text_ok(&detail)) return gm_nomem(err);
    GM_TRY(gm_store_audit(store, user, action, v.sha256, gm_text_c(&detail), &v.audit, err));
    GM_TRY(insert_version(store, &v, err));
    GM_TRY(v.present ? gm_store_put_label(store, v.sha256, &v.label, err) : remove_label(store, &v, err));
    *version = v;
    return GM_OK;
}

gm_status gm_store_latest_version(gm_store *store, const char *sha256, gm_label_source source, const char *author,
                                  bool *found, gm_label_version *out, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store,
                         VERSION_SELECT "WHERE hole = ?1 AND source = ?2 AND author = ?3 ORDER BY version DESC LIMIT 1",
                         &s, err));
    store_bind_text(s, 1, sha256);
    sqlite3_bind_int(s, 2, source);
    store_bind_text(s, 3, author);
    GM_TRY(store_step_row(store, s, found, err));
    if (*found) read_version(s, out);
    return GM_OK;
}

gm_status gm_store_version_by_id(gm_store *store, int64_t id, gm_label_version *out, gm_error *err) {
    auto_statement s = NULL;
    bool found;
    GM_TRY(store_prepare(store, VERSION_SELECT "WHERE id = ?1", &s, err));
    sqlite3_bind_int64(s, 1, id);
    GM_TRY(store_step_row(store, s, &found, err));
    if (!found) return gm_fail(err, GM_E_NOTFOUND, "the history has no entry number %lld", (long long)id);
    read_version(s, out);
    return GM_OK;
}

static gm_status read_versions(gm_store *store, sqlite3_stmt *s, gm_label_versions *out, gm_error *err) {
    gm_label_versions all = {0};
    size_t capacity = 0;
    bool more = true;
    gm_status status = GM_OK;
    while (status == GM_OK && (status = store_step_row(store, s, &more, err)) == GM_OK && more) {
        if (store_grow((void **)&all.items, all.count, &capacity, sizeof *all.items))
            read_version(s, &all.items[all.count++]);
        else
            status = gm_nomem(err);
    }
    if (status == GM_OK)
        *out = all;
    else
        gm_label_versions_finish(&all);
    return status;
}

gm_status gm_store_history(gm_store *store, const char *sha256, gm_label_versions *out, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, VERSION_SELECT "WHERE hole = ?1 ORDER BY version", &s, err));
    store_bind_text(s, 1, sha256);
    return read_versions(store, s, out, err);
}

gm_status gm_store_batch_versions(gm_store *store, int64_t batch, gm_label_versions *out, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(store, VERSION_SELECT "WHERE batch = ?1 ORDER BY id", &s, err));
    sqlite3_bind_int64(s, 1, batch);
    return read_versions(store, s, out, err);
}

void gm_label_versions_finish(gm_label_versions *versions) {
    gm_free(versions->items);
    *versions = (gm_label_versions){0};
}

/* Every row of the history against the line that the audit log has of it. */
gm_status store_verify_versions(gm_store *store, gm_audit_verdict *out, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(store_prepare(
        store,
        "SELECT v.id, v.version, v.hole, v.at, v.gesture, v.present, v.state, v.before, v.top, v.batch, v.audit,"
        " v.source, v.author, v.made_at, v.rejected, v.confidence, v.factor_clarity, v.factor_signal,"
        " v.factor_pattern, v.entry_mm, v.entry_confidence, v.entry_evidence, v.transition_mm,"
        " v.transition_confidence, v.transition_evidence, v.exit_mm, v.exit_confidence, v.exit_evidence, v.reason,"
        " a.subject, a.detail FROM label_versions v LEFT JOIN audit a ON a.seq = v.audit ORDER BY v.id",
        &s, err));
    bool more = true;
    for (;;) {
        gm_label_version v;
        GM_TRY(store_step_row(store, s, &more, err));
        if (!more) return GM_OK;
        read_version(s, &v);
        out->n_versions++;
        gm_auto_text text = GM_TEXT_INIT;
        store_describe_version(&v, &text);
        if (!gm_text_ok(&text)) return gm_nomem(err);
        const char *subject = store_text(s, FIRST_LABEL_COLUMN + N_LABEL_COLUMNS);
        const char *detail = store_text(s, FIRST_LABEL_COLUMN + N_LABEL_COLUMNS + 1);
        if (strcmp(subject, v.sha256) == 0 && strcmp(detail, gm_text_c(&text)) == 0) continue;
        out->first_bad = v.audit;
        snprintf(out->problem, sizeof out->problem,
                 "the history of hole %.12s, version %lld, was changed: line %lld of the log notes \"%.120s\"",
                 v.sha256, (long long)v.version, (long long)v.audit, detail);
        return GM_OK;
    }
}

/* A line of the log whose version is gone. */
gm_status store_find_lost_version(gm_store *store, gm_audit_verdict *out, gm_error *err) {
    auto_statement s = NULL;
    bool found;
    GM_TRY(
        store_prepare(store,
                      "SELECT seq, subject, detail FROM audit WHERE action GLOB 'label.*' AND detail GLOB 'version *'"
                      " AND seq NOT IN (SELECT audit FROM label_versions) ORDER BY seq LIMIT 1",
                      &s, err));
    GM_TRY(store_step_row(store, s, &found, err));
    if (!found) return GM_OK;
    out->first_bad = sqlite3_column_int64(s, 0);
    snprintf(out->problem, sizeof out->problem,
             "the history of hole %.12s lacks a version that line %lld of the log notes: \"%.120s\"", store_text(s, 1),
             (long long)out->first_bad, store_text(s, 2));
    return GM_OK;
}
