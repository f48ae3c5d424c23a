#include "run_notes.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 64 << 20, MAX_KEY = 250, MAX_VALUE = 5000, MAX_NOTE = 20000 };

static void take_line(const json_t *line, json_t *tags, json_t *notes) {
    const char *tag = json_string_value(json_object_get(line, "tag"));
    const char *note = json_string_value(json_object_get(line, "note"));
    json_t *value = json_object_get(line, "value");
    if (tag && json_is_string(value))
        json_object_set(tags, tag, value);
    else if (tag)
        json_object_del(tags, tag);
    else if (note)
        json_array_append_new(notes, json_pack("{s:O?, s:O?, s:s}", "at", json_object_get(line, "at"), "user",
                                               json_object_get(line, "user"), "text", note));
}

gm_status run_notes_read(const char *dir, json_t **tags, json_t **notes, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "notes.jsonl"), *bytes = NULL;
    size_t size = 0;
    if (!path) return gm_nomem(err);
    if (gm_file_exists(path)) GM_TRY(gm_read_file(path, MAX_BYTES, &bytes, &size, err));
    json_t *found_tags = json_object(), *found_notes = json_array();
    char *rest = bytes;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        json_t *one = json_loads(line, 0, NULL);
        take_line(one, found_tags, found_notes);
        json_decref(one);
    }
    *tags = found_tags;
    *notes = found_notes;
    return found_tags && found_notes ? GM_OK : gm_nomem(err);
}

/* Under the lock: the file as it was and one line more, as a new file in its place. */
static gm_status append_line(const char *path, const char *line, gm_error *err) {
    gm_auto_free char *bytes = NULL;
    gm_auto_text all = GM_TEXT_INIT;
    size_t size = 0;
    if (gm_file_exists(path)) GM_TRY(gm_read_file(path, MAX_BYTES, &bytes, &size, err));
    if (size) gm_text_append_n(&all, bytes, size);
    if (size && bytes[size - 1] != '\n') gm_text_append(&all, "\n");
    gm_text_append(&all, line);
    gm_text_append(&all, "\n");
    return gm_text_ok(&all) ? gm_write_file(path, all.data, all.length, err) : gm_nomem(err);
}

/* Takes the line. */
static gm_status add(const char *dir, json_t *line, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, "notes.jsonl"), *lock_path = gm_path_join(dir, ".notes.lock");
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    gm_lock lock;
    json_decref(line);
    gm_status status = path && lock_path && text ? gm_lock_file(lock_path, 30, &lock, err) : gm_nomem(err);
    if (status == GM_OK) {
        status = append_line(path, text, err);
        gm_unlock_file(&lock);
    }
    free(text);
    return status;
}

static gm_status check_key(const char *key, gm_error *err) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/";
    size_t length = strlen(key);
    if (length == 0 || length > MAX_KEY || strspn(key, allowed) != length)
        return gm_fail(err, GM_E_ARG,
                       "\"%.80s\" cannot be the name of a tag: letters, digits, \"_\", \".\", \"-\", \"/\", at most "
                       "%d of them",
                       key, MAX_KEY);
    return GM_OK;
}

gm_status run_notes_tag(const char *dir, const char *user, const char *key, const char *value, gm_error *err) {
    char now[GM_TIME_TEXT];
    GM_TRY(check_key(key, err));
    if (value && strlen(value) > MAX_VALUE)
        return gm_fail(err, GM_E_ARG, "the value of tag %.80s is longer than %d bytes", key, MAX_VALUE);
    gm_time_utc(now);
    json_t *line = json_pack("{s:s, s:s, s:s, s:s?}", "at", now, "user", user, "tag", key, "value", value);
    return line ? add(dir, line, err) : gm_fail(err, GM_E_ARG, "the value of tag %.80s is not UTF-8", key);
}

gm_status run_notes_note(const char *dir, const char *user, const char *text, gm_error *err) {
    char now[GM_TIME_TEXT];
    if (!text[strspn(text, " \t\r\n")]) return gm_fail(err, GM_E_ARG, "the note is empty");
    if (strlen(text) > MAX_NOTE) return gm_fail(err, GM_E_ARG, "the note is longer than %d bytes", MAX_NOTE);
    gm_time_utc(now);
    json_t *line = json_pack("{s:s, s:s, s:s}", "at", now, "user", user, "note", text);
    return line ? add(dir, line, err) : gm_fail(err, GM_E_ARG, "the note is not UTF-8");
}
