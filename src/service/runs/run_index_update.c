/* Bringing the index up to date: which folders have changed, and what they say now. */
#include "run_facts.h"
#include "run_index_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* What the index has, and what lies in the folder: both by name. */
typedef struct {
    char *name;
    int64_t id, changed_ns;
    bool live, seen;
} entry;
typedef struct {
    entry *items;
    size_t count, capacity;
    gm_arena *arena;
} entries;

static void entries_finish(entries *list) {
    gm_free(list->items);
    gm_arena_free(list->arena);
}
#define auto_entries __attribute__((cleanup(entries_finish))) entries

static gm_status push(entries *list, const char *name, entry value, gm_error *err) {
    if (!list->arena && !(list->arena = gm_arena_new())) return gm_nomem(err);
    if (list->count == list->capacity) {
        size_t capacity = GM_MAX(2 * list->capacity, (size_t)256);
        entry *grown = gm_realloc_array(list->items, capacity, sizeof *grown);
        if (!grown) return gm_nomem(err);
        list->items = grown;
        list->capacity = capacity;
    }
    value.name = gm_arena_strdup(list->arena, name);
    if (!value.name) return gm_nomem(err);
    list->items[list->count++] = value;
    return GM_OK;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static entry *find(const entries *list, const char *name) {
    entry wanted = {.name = (char *)name};
    return list->count ? bsearch(&wanted, list->items, list->count, sizeof wanted, by_name) : NULL;
}

static gm_status read_known(run_index *index, entries *out, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(run_index_prepare(index, "SELECT id, name, changed_ns, live FROM runs", &s, err));
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        GM_TRY(push(out, (const char *)sqlite3_column_text(s, 1),
                    (entry){.id = sqlite3_column_int64(s, 0),
                            .changed_ns = sqlite3_column_int64(s, 2),
                            .live = sqlite3_column_int(s, 3) != 0},
                    err));
    if (code != SQLITE_DONE) return run_index_fail(index, err);
    if (out->count) qsort(out->items, out->count, sizeof *out->items, by_name);
    return GM_OK;
}

/* ---- which have changed ---- */

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static gm_status look_at(const run_index *index, int folder, const char *name, const entries *known, entries *changed,
                         gm_error *err) {
    struct stat info;
    if (name[0] == '.' || fstatat(folder, name, &info, 0) != 0 || !S_ISDIR(info.st_mode)) return GM_OK;
    int64_t mtime_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
    entry *old = find(known, name);
    if (old && !old->live && old->changed_ns == mtime_ns) {
        old->seen = true;
        return GM_OK;
    }
    gm_auto_free char *dir = gm_path_join(index->models_dir, name);
    if (!dir) return gm_nomem(err);
    if (!run_dir_is_run(dir)) return GM_OK; /* and forgotten where it was one */
    if (old) old->seen = true;
    return push(changed, name, (entry){.id = old ? old->id : 0, .changed_ns = mtime_ns}, err);
}

static gm_status look(const run_index *index, const entries *known, entries *changed, gm_error *err) {
    DIR *dir = opendir(index->models_dir);
    if (!dir) return gm_fail(err, GM_E_IO, "%s: cannot be listed: %s", index->models_dir, strerror(errno));
    gm_status status = GM_OK;
    for (struct dirent *item; status == GM_OK && (item = readdir(dir));)
        if (item->d_type == DT_DIR || item->d_type == DT_LNK || item->d_type == DT_UNKNOWN)
            status = look_at(index, dirfd(dir), item->d_name, known, changed, err);
    closedir(dir);
    return status;
}

/* ---- writing ---- */

static gm_status step(run_index *index, sqlite3_stmt *s, gm_error *err) {
    int code = sqlite3_step(s);
    gm_status status = code == SQLITE_DONE || code == SQLITE_ROW ? GM_OK : run_index_fail(index, err);
    sqlite3_reset(s);
    return status;
}

static gm_status key_id(run_index *index, const char *name, int64_t *id, gm_error *err) {
    if (!index->find_key) GM_TRY(run_index_prepare(index, "SELECT id FROM keys WHERE name = ?", &index->find_key, err));
    if (!index->add_key)
        GM_TRY(run_index_prepare(index, "INSERT OR IGNORE INTO keys(name) VALUES(?)", &index->add_key, err));
    for (int attempt = 0; attempt < 2; attempt++) {
        sqlite3_bind_text(index->find_key, 1, name, -1, SQLITE_TRANSIENT);
        int code = sqlite3_step(index->find_key);
        *id = code == SQLITE_ROW ? sqlite3_column_int64(index->find_key, 0) : 0;
        sqlite3_reset(index->find_key);
        if (code == SQLITE_ROW) return GM_OK;
        sqlite3_bind_text(index->add_key, 1, name, -1, SQLITE_TRANSIENT);
        GM_TRY(step(index, index->add_key, err));
    }
    return run_index_fail(index, err);
}

static gm_status add_fact(run_index *index, int64_t run, const char *name, const json_t *value, gm_error *err) {
    int64_t key = 0;
    GM_TRY(key_id(index, name, &key, err));
    if (!index->add_fact)
        GM_TRY(run_index_prepare(index, "INSERT OR REPLACE INTO facts(key, run, number, text) VALUES(?, ?, ?, ?)",
                                 &index->add_fact, err));
    sqlite3_stmt *s = index->add_fact;
    sqlite3_bind_int64(s, 1, key);
    sqlite3_bind_int64(s, 2, run);
    sqlite3_bind_null(s, 3);
    sqlite3_bind_null(s, 4);
    if (json_is_number(value))
        sqlite3_bind_double(s, 3, json_number_value(value));
    else if (json_is_boolean(value))
        sqlite3_bind_text(s, 4, json_is_true(value) ? "true" : "false", -1, SQLITE_STATIC);
    else if (json_is_string(value))
        sqlite3_bind_text(s, 4, json_string_value(value), -1, SQLITE_TRANSIENT);
    else
        return GM_OK;
    return step(index, s, err);
}

static gm_status forget(run_index *index, int64_t run, gm_error *err) {
    gm_auto_text sql = GM_TEXT_INIT;
    gm_text_printf(&sql,
                   "DELETE FROM facts WHERE run = %lld AND key IN (SELECT id FROM keys);"
                   "DELETE FROM runs WHERE id = %lld;",
                   (long long)run, (long long)run);
    return gm_text_ok(&sql) ? run_index_execute(index, sql.data, err) : gm_nomem(err);
}

static gm_status put_run(run_index *index, const entry *run, bool live, int64_t *id, gm_error *err) {
    auto_statement s = NULL;
    GM_TRY(run_index_prepare(index, "INSERT INTO runs(id, name, changed_ns, live) VALUES(?, ?, ?, ?)", &s, err));
    if (run->id) sqlite3_bind_int64(s, 1, run->id);
    sqlite3_bind_text(s, 2, run->name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(s, 3, run->changed_ns);
    sqlite3_bind_int(s, 4, live);
    GM_TRY(step(index, s, err));
    *id = run->id ? run->id : sqlite3_last_insert_rowid(index->db);
    return GM_OK;
}

/* A run whose folder cannot be read any more (or not yet) is left out; the next look finds it again. */
static gm_status read_facts(const run_index *index, const char *name, json_t **facts, bool *live) {
    gm_auto_free char *dir = gm_path_join(index->models_dir, name);
    gm_auto_free char *record_path = dir ? gm_path_join(dir, "process.json") : NULL;
    gm_auto(run_log) log = NULL;
    service_child_record record;
    if (!record_path) return GM_E_NOMEM;
    GM_TRY(run_log_new(dir, name, &log, NULL));
    GM_TRY(run_log_update(log, NULL));
    bool known = service_child_read(record_path, &record, NULL) == GM_OK;
    *live = run_log_state(log, known ? &record : NULL) == RUN_RUNNING;
    return run_facts(log, known ? &record : NULL, facts, NULL);
}

static gm_status update_run(run_index *index, const entry *run, gm_error *err) {
    enum { TOO_FRESH_NS = 1000000000 }; /* something more may change within the same tick of the file system's clock */
    json_t *facts = NULL, *value;
    const char *key;
    bool live = false;
    gm_status status = read_facts(index, run->name, &facts, &live);
    if (status == GM_E_NOMEM) return gm_nomem(err);
    if (run->id) GM_TRY(forget(index, run->id, err));
    if (status != GM_OK) return GM_OK;
    int64_t id = 0;
    entry now = *run;
    if (now_ns() - now.changed_ns < TOO_FRESH_NS) now.changed_ns = 0;
    status = put_run(index, &now, live, &id, err);
    json_object_foreach (facts, key, value)
        if (status == GM_OK) status = add_fact(index, id, key, value, err);
    json_decref(facts);
    return status;
}

static gm_status write_changes(run_index *index, const entries *known, const entries *changed, gm_error *err) {
    enum { MANY = 100 }; /* fewer take no time that anybody would watch */
    for (size_t i = 0; i < known->count; i++)
        if (!known->items[i].seen) GM_TRY(forget(index, known->items[i].id, err));
    for (size_t i = 0; i < changed->count; i++) {
        GM_TRY(update_run(index, &changed->items[i], err));
        if (changed->count >= MANY &&
            !gm_report(index->observer, "reading runs", (long)i + 1, (long)changed->count, changed->items[i].name))
            return gm_fail(err, GM_E_CANCELLED, "stopped");
    }
    return GM_OK;
}

static bool anything_to_do(const entries *known, const entries *changed) {
    for (size_t i = 0; i < known->count; i++)
        if (!known->items[i].seen) return true;
    return changed->count > 0;
}

static gm_status compare_and_write(run_index *index, bool write, bool *needed, gm_error *err) {
    auto_entries known = {0};
    auto_entries changed = {0};
    GM_TRY(read_known(index, &known, err));
    GM_TRY(look(index, &known, &changed, err));
    *needed = anything_to_do(&known, &changed);
    return write && *needed ? write_changes(index, &known, &changed, err) : GM_OK;
}

/* Looks without holding up others; only where something has changed it takes the database and looks again. */
gm_status run_index_update(run_index *index, gm_error *err) {
    bool needed;
    GM_TRY(compare_and_write(index, false, &needed, err));
    if (!needed) return GM_OK;
    GM_TRY(run_index_execute(index, "BEGIN IMMEDIATE", err));
    gm_status status = compare_and_write(index, true, &needed, err);
    if (status == GM_OK) status = run_index_execute(index, "COMMIT", err);
    if (status != GM_OK) sqlite3_exec(index->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
