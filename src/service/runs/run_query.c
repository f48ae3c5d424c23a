/* Questions to the index: keys, filter, sorting, columns. */
#include "run_facts.h"
#include "run_index_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys ---- */

static int by_name(const void *a, const void *b) {
    const run_key *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->id < y->id) - (x->id > y->id);
}

static gm_status add_key(run_keys *keys, const char *name, int64_t id, gm_error *err) {
    if ((keys->count & (keys->count - 1)) == 0) { /* full at every power of two */
        run_key *grown = gm_realloc_array(keys->items, GM_MAX(2 * keys->count, (size_t)1), sizeof *grown);
        if (!grown) return gm_nomem(err);
        keys->items = grown;
    }
    name = gm_arena_strdup(keys->arena, name);
    if (!name) return gm_nomem(err);
    keys->items[keys->count++] = (run_key){name, id};
    return GM_OK;
}

static gm_status read_keys(run_index *index, run_keys *keys, gm_error *err) {
    auto_statement s = NULL;
    int code;
    GM_TRY(run_index_prepare(index, "SELECT name, id FROM keys", &s, err));
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        GM_TRY(add_key(keys, (const char *)sqlite3_column_text(s, 0), sqlite3_column_int64(s, 1), err));
    return code == SQLITE_DONE ? GM_OK : run_index_fail(index, err);
}

static gm_status add_known(run_keys *keys, gm_error *err) {
    json_t *known = run_facts_known(), *value;
    const char *name;
    gm_status status = known ? GM_OK : gm_nomem(err);
    json_object_foreach (known, name, value)
        if (status == GM_OK) status = add_key(keys, name, 0, err);
    json_decref(known);
    return status;
}

/* Sorted; of two with one name the one that the index has. */
static void tidy(run_keys *keys) {
    size_t n = 0;
    qsort(keys->items, keys->count, sizeof *keys->items, by_name);
    for (size_t i = 0; i < keys->count; i++)
        if (n == 0 || strcmp(keys->items[n - 1].name, keys->items[i].name) != 0) keys->items[n++] = keys->items[i];
    keys->count = n;
}

gm_status run_index_keys(run_index *index, run_keys *out, gm_error *err) {
    *out = (run_keys){.arena = gm_arena_new()};
    if (!out->arena) return gm_nomem(err);
    gm_status status = read_keys(index, out, err);
    if (status == GM_OK) status = add_known(out, err);
    if (status == GM_OK)
        tidy(out);
    else
        run_keys_finish(out);
    return status;
}

/* ---- columns ---- */

typedef struct {
    run_key *items;
    size_t count;
} column_list;

static gm_status add_column(const run_keys *keys, char *name, column_list *out, gm_error *err) {
    size_t length = strlen(name);
    bool all = length && name[length - 1] == '*';
    if (!all) {
        run_key found;
        GM_TRY(run_keys_find(keys, name, 0, &found, err));
        out->items[out->count++] = found;
        return GM_OK;
    }
    name[length - 1] = '\0';
    for (size_t i = 0; i < keys->count; i++)
        if (keys->items[i].id && gm_starts_with(keys->items[i].name, name)) out->items[out->count++] = keys->items[i];
    return GM_OK;
}

static gm_status read_columns(const run_keys *keys, char *list, column_list *out, gm_error *err) {
    size_t commas = 1;
    for (const char *c = list; *c; c++) commas += *c == ',';
    out->items = gm_alloc_array((commas + 1) * (keys->count + 1), sizeof *out->items);
    if (!out->items) return gm_nomem(err);
    char *rest = NULL;
    for (char *name = strtok_r(list, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest))
        GM_TRY(add_column(keys, name, out, err));
    return GM_OK;
}

/* ---- the question ---- */

typedef struct {
    run_keys keys;
    run_filter filter;
    column_list columns;
    char *column_names;
    run_key sort;
    bool downwards;
} question;

static void question_finish(question *q) {
    run_keys_finish(&q->keys);
    run_filter_finish(&q->filter);
    gm_free(q->columns.items);
    gm_free(q->column_names);
}

static gm_status read_question(run_index *index, const run_query *query, question *q, gm_error *err) {
    const char *sort = query->sort && *query->sort ? query->sort : "-started_at";
    GM_TRY(run_index_keys(index, &q->keys, err));
    GM_TRY(run_filter_compile(query->filter, &q->keys, &q->filter, err));
    q->downwards = *sort == '-';
    GM_TRY(run_keys_find(&q->keys, sort + q->downwards, 0, &q->sort, err));
    q->column_names = gm_strdup(query->columns ? query->columns : "");
    if (!q->column_names) return gm_nomem(err);
    return read_columns(&q->keys, q->column_names, &q->columns, err);
}

/* Runs without the value that is sorted by come last, whichever way; equal ones by name. */
static gm_status ask(run_index *index, const question *q, sqlite3_stmt **out, gm_error *err) {
    gm_auto_text sql = GM_TEXT_INIT;
    const char *way = q->downwards ? "DESC" : "ASC";
    gm_text_printf(&sql,
                   "SELECT r.id, r.name FROM runs r LEFT JOIN facts s ON s.key = %lld AND s.run = r.id WHERE %s"
                   " ORDER BY s.number IS NULL AND s.text IS NULL, s.number %s, s.text %s, r.name %s",
                   (long long)q->sort.id, gm_text_c(&q->filter.where), way, way, way);
    if (!gm_text_ok(&sql)) return gm_nomem(err);
    GM_TRY(run_index_prepare(index, sql.data, out, err));
    size_t i;
    json_t *value;
    json_array_foreach (q->filter.values, i, value)
        if (json_is_string(value))
            sqlite3_bind_text(*out, (int)i + 1, json_string_value(value), -1, SQLITE_TRANSIENT);
        else
            sqlite3_bind_double(*out, (int)i + 1, json_number_value(value));
    return GM_OK;
}

static json_t *fact_json(sqlite3_stmt *s) {
    if (sqlite3_column_type(s, 0) != SQLITE_NULL) {
        double number = sqlite3_column_double(s, 0);
        bool whole = number == rint(number) && fabs(number) < 1e15;
        return whole ? json_integer((json_int_t)number) : json_real(number);
    }
    return json_string((const char *)sqlite3_column_text(s, 1));
}

static gm_status add_item(run_index *index, const question *q, sqlite3_stmt *values, int64_t id, const char *name,
                          json_t *items, gm_error *err) {
    json_t *found = json_object();
    for (size_t i = 0; i < q->columns.count; i++) {
        sqlite3_bind_int64(values, 1, q->columns.items[i].id);
        sqlite3_bind_int64(values, 2, id);
        int code = sqlite3_step(values);
        if (code == SQLITE_ROW) json_object_set_new(found, q->columns.items[i].name, fact_json(values));
        sqlite3_reset(values);
        if (code != SQLITE_ROW && code != SQLITE_DONE) return json_decref(found), run_index_fail(index, err);
    }
    json_t *item = json_pack("{s:s, s:o}", "run", name, "values", found);
    return json_array_append_new(items, item) == 0 ? GM_OK : gm_nomem(err);
}

static gm_status collect(run_index *index, const run_query *query, const question *q, json_t *items, long *total,
                         gm_error *err) {
    auto_statement runs = NULL;
    auto_statement values = NULL;
    int code;
    GM_TRY(ask(index, q, &runs, err));
    GM_TRY(run_index_prepare(index, "SELECT number, text FROM facts WHERE key = ? AND run = ?", &values, err));
    while ((code = sqlite3_step(runs)) == SQLITE_ROW) {
        long at = (*total)++;
        if (at < query->offset || (query->limit >= 0 && at - query->offset >= query->limit)) continue;
        GM_TRY(add_item(index, q, values, sqlite3_column_int64(runs, 0), (const char *)sqlite3_column_text(runs, 1),
                        items, err));
    }
    return code == SQLITE_DONE ? GM_OK : run_index_fail(index, err);
}

gm_status run_index_find(run_index *index, const run_query *query, json_t **out, gm_error *err) {
    __attribute__((cleanup(question_finish))) question q = {0};
    GM_TRY(read_question(index, query, &q, err));
    json_t *items = json_array();
    long total = 0;
    GM_TRY(run_index_execute(index, "BEGIN", err)); /* one state of it for both questions */
    gm_status status = items ? collect(index, query, &q, items, &total, err) : gm_nomem(err);
    sqlite3_exec(index->db, "COMMIT", NULL, NULL, NULL);
    if (status != GM_OK) return json_decref(items), status;
    *out = json_pack("{s:I, s:o}", "total", (json_int_t)total, "items", items);
    return *out ? GM_OK : gm_nomem(err);
}
