#include "json.h"

#include "files.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

gm_status gm_json_read(const char *path, json_t **out, gm_error *err) {
    if (!gm_file_exists(path)) return gm_fail(err, GM_E_NOTFOUND, "%s: no such file", path);
    json_error_t where;
    json_t *root = json_load_file(path, 0, &where);
    if (!root && json_error_code(&where) == json_error_out_of_memory) return gm_nomem(err);
    if (!root && where.line < 0) return gm_fail(err, GM_E_IO, "%s", where.text); /* "unable to open PATH: ..." */
    if (!root)
        return gm_error_prefix(err, gm_fail_at(err, GM_E_FORMAT, where.line, where.column, NULL, "%s", where.text),
                               "%s", path);
    *out = root;
    return GM_OK;
}

gm_status gm_json_read_if_there(const char *path, json_t **out, gm_error *err) {
    if (gm_file_exists(path)) return gm_json_read(path, out, err);
    *out = NULL;
    return GM_OK;
}

json_t *gm_json_look(const char *path) {
    return path ? json_load_file(path, 0, NULL) : NULL;
}

static gm_status write_as(const char *path, json_t *root, size_t form, gm_error *err) {
    char *text = root ? json_dumps(root, form) : NULL;
    json_decref(root);
    gm_status status = text ? gm_write_file(path, text, strlen(text), err) : gm_nomem(err);
    free(text);
    return status;
}

gm_status gm_json_write(const char *path, json_t *root, gm_error *err) {
    return write_as(path, root, JSON_INDENT(2) | JSON_REAL_PRECISION(17), err);
}

gm_status gm_json_write_brief(const char *path, json_t *root, gm_error *err) {
    return write_as(path, root, JSON_INDENT(1) | JSON_REAL_PRECISION(9), err);
}

gm_status gm_json_write_in(const char *dir, const char *name, json_t *root, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, name);
    if (path) return gm_json_write(path, root, err);
    json_decref(root);
    return gm_nomem(err);
}
