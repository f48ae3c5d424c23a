#include "json.h"

#include "files.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

gm_status gm_json_read(const char *path, json_t **out, gm_error *err) {
    if (!gm_file_exists(path)) return gm_fail(err, GM_E_NOTFOUND, "%s: no such file", path);
    json_error_t where;
    json_t *root = json_load_file(path, 0, &where);
    if (!root) return gm_fail_at(err, GM_E_FORMAT, where.line, where.column, NULL, "%s: %s", path, where.text);
    *out = root;
    return GM_OK;
}

gm_status gm_json_write(const char *path, json_t *root, gm_error *err) {
    char *text = root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(root);
    gm_status status = text ? gm_write_file(path, text, strlen(text), err) : gm_nomem(err);
    free(text);
    return status;
}

gm_status gm_json_write_in(const char *dir, const char *name, json_t *root, gm_error *err) {
    gm_auto_free char *path = gm_path_join(dir, name);
    if (path) return gm_json_write(path, root, err);
    json_decref(root);
    return gm_nomem(err);
}
