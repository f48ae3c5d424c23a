/* The history: it only grows, and each line's hash is the SHA-256 of the JSON array [seq, at, who, action, model,
 * version, alias, reason, detail, hash of the line before] without blanks; before the first line it is "". */
#include "registry_internal.h"

#include <stdio.h>
#include <string.h>

enum { H_SEQ, H_AT, H_WHO, H_ACTION, H_MODEL, H_VERSION, H_ALIAS, H_REASON, H_DETAIL, H_HASH, N_COLUMNS };
#define COLUMNS "seq, at, who, action, model, version, alias, reason, detail, hash"

/* values: the columns before the hash. */
static gm_status hash_of(const char *const values[H_HASH], const char *before, char out[GM_SHA256_HEX], gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    for (int i = 0; i <= H_HASH; i++) {
        gm_text_append(&text, i ? "," : "[");
        gm_text_json_string(&text, i < H_HASH ? values[i] : before);
    }
    gm_text_append(&text, "]");
    if (!gm_text_ok(&text)) return gm_nomem(err);
    gm_sha256(gm_text_c(&text), text.length, out);
    return GM_OK;
}

gm_status registry_history_add(gm_registry *registry, const registry_event *event, gm_error *err) {
    gm_auto_rows last = {0};
    char now[GM_TIME_TEXT], hash[GM_SHA256_HEX];
    GM_TRY(gm_database_query(registry->database, "SELECT seq, hash FROM history ORDER BY seq DESC LIMIT 1", NULL, 0,
                             &last, err));
    number_text seq = registry_number(last.n_rows ? gm_rows_long(&last, 0, 0) + 1 : 1);
    number_text version = registry_number(event->version);
    gm_auto_free char *detail =
        event->detail ? json_dumps(event->detail, JSON_COMPACT | JSON_SORT_KEYS) : gm_strdup("");
    if (!detail) return gm_nomem(err);
    gm_time_utc(now);
    const char *const values[] = {
        seq.text,     now,          event->who ? event->who : "",     event->action,
        event->model, version.text, event->alias ? event->alias : "", event->reason ? event->reason : "",
        detail};
    GM_TRY(hash_of(values, last.n_rows ? gm_rows_text(&last, 0, 1) : "", hash, err));
    const char *const all[] = {values[0], values[1], values[2], values[3], values[4],
                               values[5], values[6], values[7], values[8], hash};
    return gm_database_query(registry->database,
                             "INSERT INTO history(" COLUMNS ") VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)", all,
                             GM_COUNT(all), NULL, err);
}

static json_t *line_json(const gm_rows *rows, size_t i) {
    json_t *detail = json_loads(gm_rows_text(rows, i, H_DETAIL), 0, NULL);
    return json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:s, s:o}", "seq", (json_int_t)gm_rows_long(rows, i, H_SEQ), "at",
                     gm_rows_text(rows, i, H_AT), "who", gm_rows_text(rows, i, H_WHO), "action",
                     gm_rows_text(rows, i, H_ACTION), "version", (json_int_t)gm_rows_long(rows, i, H_VERSION), "alias",
                     gm_rows_text(rows, i, H_ALIAS), "reason", gm_rows_text(rows, i, H_REASON), "detail",
                     detail ? detail : json_null());
}

gm_status registry_history_json(gm_registry *registry, const char *model, json_t **out, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(registry->database, "SELECT " COLUMNS " FROM history WHERE model = $1 ORDER BY seq DESC",
                             VALUES(model), &rows, err));
    json_t *list = json_array();
    for (size_t i = 0; i < rows.n_rows; i++) json_array_append_new(list, line_json(&rows, i));
    *out = list;
    return list ? GM_OK : gm_nomem(err);
}

static gm_status check_lines(const gm_rows *rows, char problem[300], gm_error *err) {
    char before[GM_SHA256_HEX] = "", hash[GM_SHA256_HEX];
    for (size_t i = 0; i < rows->n_rows; i++) {
        const char *values[H_HASH];
        for (int c = 0; c < H_HASH; c++) values[c] = gm_rows_text(rows, i, (size_t)c);
        if (gm_rows_long(rows, i, H_SEQ) != (long)i + 1) {
            snprintf(problem, 300, "line %zu of the history is gone", i + 1);
            return GM_OK;
        }
        GM_TRY(hash_of(values, before, hash, err));
        if (strcmp(hash, gm_rows_text(rows, i, H_HASH)) != 0) {
            snprintf(problem, 300,
                     "line %zu of the history was changed: it now reads \"%.30s %.50s %.30s %.60s:%.10s\"", i + 1,
                     values[H_AT], values[H_WHO], values[H_ACTION], values[H_MODEL], values[H_VERSION]);
            return GM_OK;
        }
        memcpy(before, hash, sizeof before);
    }
    return GM_OK;
}

gm_status gm_registry_check_history(gm_registry *registry, char problem[300], gm_error *err) {
    gm_auto_rows rows = {0};
    *problem = '\0';
    GM_TRY(gm_database_query(registry->database, "SELECT " COLUMNS " FROM history ORDER BY seq", NULL, 0, &rows, err));
    return check_lines(&rows, problem, err);
}
