#include "storage_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy_text(char *out, size_t size, const char *text) {
    snprintf(out, size, "%s", text);
}

/* What drilled the hole. Machines without a tool number count holes per head: a counter that starts again is a new
 * tool, but that shows only in the order of holes (see quality); the head is what one record tells. */
void gm_hole_facts_of(const gm_record *record, gm_hole_facts *out) {
    const gm_record_meta *m = &record->meta;
    const char *head = m->head_tag[0] && strcmp(m->head_tag, "Light") != 0 ? m->head_tag : m->motor_serial;
    *out = (gm_hole_facts){.tool_age = m->head_local_counter_1, .n_rows = (long)record->n};
    gm_record_trace_hash(record, out->trace_sha256);
    gm_record_program_id(record, out->program_id);
    snprintf(out->tool, sizeof out->tool, "%s/%s%s%s", head, m->head_name, m->head_customer_info[0] ? "/" : "",
             m->head_customer_info);
    snprintf(out->panel, sizeof out->panel, "%s/%s/%.10s", m->box_serial, m->head_name, m->date);
    copy_text(out->date, sizeof out->date, m->date);
}

gm_status gm_store_put_hole(gm_store *store, const char *sha256, const gm_hole_facts *facts, gm_hole_blob summary,
                            gm_error *err) {
    sqlite3_stmt *s;
    GM_TRY(store_statement(store, STATEMENT_PUT_HOLE,
                           "INSERT OR REPLACE INTO holes(sha256, trace_sha256, program_id, tool, panel, date, tool_age,"
                           " n_rows, summary, summary_version) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
                           true, &s, err));
    store_bind_text(s, 1, sha256);
    store_bind_text(s, 2, facts->trace_sha256);
    store_bind_text(s, 3, facts->program_id);
    store_bind_text(s, 4, facts->tool);
    store_bind_text(s, 5, facts->panel);
    store_bind_text(s, 6, facts->date);
    sqlite3_bind_int64(s, 7, facts->tool_age);
    sqlite3_bind_int64(s, 8, facts->n_rows);
    if (summary.bytes) sqlite3_bind_blob(s, 9, summary.bytes, (int)summary.size, SQLITE_TRANSIENT);
    sqlite3_bind_int(s, 10, summary.version);
    return store_step_done(store, s, err);
}

/* Columns trace_sha256, program_id, tool, panel, date, tool_age, n_rows from first on. */
static void read_facts(sqlite3_stmt *s, int first, gm_hole_facts *out) {
    *out = (gm_hole_facts){.tool_age = (long)sqlite3_column_int64(s, first + 5),
                           .n_rows = (long)sqlite3_column_int64(s, first + 6)};
    copy_text(out->trace_sha256, sizeof out->trace_sha256, store_text(s, first));
    copy_text(out->program_id, sizeof out->program_id, store_text(s, first + 1));
    copy_text(out->tool, sizeof out->tool, store_text(s, first + 2));
    copy_text(out->panel, sizeof out->panel, store_text(s, first + 3));
    copy_text(out->date, sizeof out->date, store_text(s, first + 4));
}

gm_status gm_store_recall_hole(gm_store *store, const char *sha256, bool *found, gm_hole_facts *facts,
                               void *summary_out, size_t summary_size, int summary_version, bool *has_summary,
                               gm_error *err) {
    sqlite3_stmt *s;
    GM_TRY(store_statement(store, STATEMENT_RECALL_HOLE,
                           "SELECT trace_sha256, program_id, tool, panel, date, tool_age, n_rows, summary,"
                           " summary_version FROM holes WHERE sha256 = ?1",
                           false, &s, err));
    store_bind_text(s, 1, sha256);
    int code = sqlite3_step(s);
    if (code != SQLITE_ROW && code != SQLITE_DONE) return store_fail(store, err);
    *found = code == SQLITE_ROW;
    *has_summary = false;
    if (*found) read_facts(s, 0, facts);
    const void *bytes = *found ? sqlite3_column_blob(s, 7) : NULL;
    if (bytes && (size_t)sqlite3_column_bytes(s, 7) == summary_size && sqlite3_column_int(s, 8) == summary_version) {
        memcpy(summary_out, bytes, summary_size);
        *has_summary = true;
    }
    sqlite3_reset(s);
    return GM_OK;
}

static gm_status read_hole(sqlite3_stmt *s, gm_arena *arena, gm_stored_hole *hole, gm_error *err) {
    *hole = (gm_stored_hole){.verdict = (gm_severity)sqlite3_column_int(s, 9),
                             .score = store_double(s, 10),
                             .has_label = sqlite3_column_type(s, 11) != SQLITE_NULL};
    copy_text(hole->sha256, sizeof hole->sha256, store_text(s, 0));
    read_facts(s, 1, &hole->facts);
    hole->file = gm_arena_strdup(arena, store_text(s, 8));
    if (!hole->file) return gm_nomem(err);
    const char *slash = strrchr(hole->file, '/');
    hole->family = slash ? gm_arena_printf(arena, "%.*s", (int)(slash - hole->file), hole->file) : "";
    if (!hole->family) return gm_nomem(err);
    if (hole->has_label)
        store_read_label(s, 11, &hole->label);
    else
        hole->label = GM_LABEL_EMPTY;
    return GM_OK;
}

static int by_file(const void *a, const void *b) {
    return gm_compare_natural(((const gm_stored_hole *)a)->file, ((const gm_stored_hole *)b)->file);
}

/* The preferred label: the highest source, of it the latest. A rejection by a person counts like any other label of
 * theirs: the hole is then known to be unfit, and no rule's label comes back in its place. */
#define HOLES_SELECT                                                                                                   \
    "SELECT h.sha256, h.trace_sha256, h.program_id, h.tool, h.panel, h.date, h.tool_age, h.n_rows, f.file, f.verdict," \
    " f.score, " LABEL_COLUMNS " FROM holes h JOIN "
#define HOLES_LABEL                                                                                                    \
    " f ON f.sha256 = h.sha256 LEFT JOIN labels l ON l.sha256 = h.sha256 AND (l.source, l.author) = (SELECT source,"   \
    " author FROM labels b WHERE b.sha256 = h.sha256 ORDER BY source DESC, made_at DESC LIMIT 1)"
static const char each_hole[] = HOLES_SELECT "(SELECT sha256, min(file) AS file, max(verdict) AS verdict, min(score) AS"
                                             " score FROM files WHERE is_hole GROUP BY sha256)" HOLES_LABEL;
static const char each_file[] =
    HOLES_SELECT "(SELECT sha256, file, verdict, score FROM files WHERE is_hole)" HOLES_LABEL;

gm_status gm_store_holes(gm_store *store, bool every_copy, gm_stored_holes *out, gm_error *err) {
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(store->db, every_copy ? each_file : each_hole, -1, &s, NULL) != SQLITE_OK)
        return store_fail(store, err);
    *out = (gm_stored_holes){.arena = gm_arena_new()};
    gm_status status = out->arena ? GM_OK : gm_nomem(err);
    size_t capacity = 0;
    int code = SQLITE_DONE;
    while (status == GM_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
        if (out->count == capacity) {
            capacity = GM_MAX(2 * capacity, (size_t)64);
            gm_stored_hole *grown = gm_realloc_array(out->items, capacity, sizeof *grown);
            if (!grown) {
                status = gm_nomem(err);
                break;
            }
            out->items = grown;
        }
        status = read_hole(s, out->arena, &out->items[out->count++], err);
    }
    if (status == GM_OK && code != SQLITE_DONE) status = store_fail(store, err);
    sqlite3_finalize(s);
    if (status != GM_OK)
        gm_stored_holes_finish(out);
    else if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_file);
    return status;
}

void gm_stored_holes_finish(gm_stored_holes *holes) {
    gm_free(holes->items);
    gm_arena_free(holes->arena);
    *holes = (gm_stored_holes){0};
}
