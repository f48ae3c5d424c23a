/* Our side of tests/interop/test_storage.py: one operation on a place for artefacts.
 *
 * usage: storage_driver URL put KEY FILE | get KEY FILE | look KEY | remove KEY | list PREFIX
 * prints JSON; status 1 with the error as JSON {"status", "message", "hint"} */
#include "models/registry/storage/storage.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static json_t *described(const gm_stored *item) {
    return json_pack("{s:s?, s:I, s:s}", "key", item->key, "size", (json_int_t)item->size_bytes, "sha256",
                     item->sha256);
}

static gm_status list(gm_storage *storage, const char *prefix, json_t **out, gm_error *err) {
    gm_stored_list found;
    GM_TRY(gm_storage_list(storage, prefix, &found, err));
    *out = json_array();
    for (size_t i = 0; i < found.count; i++) json_array_append_new(*out, described(&found.items[i]));
    gm_stored_list_finish(&found);
    return GM_OK;
}

static gm_status run(int argc, char **argv, json_t **out, gm_error *err) {
    gm_auto(gm_storage) storage = NULL;
    const char *verb = argc > 3 ? argv[2] : "", *key = argc > 3 ? argv[3] : "", *file = argc > 4 ? argv[4] : NULL;
    gm_stored found = {0};
    GM_TRY(gm_storage_open(argc > 1 ? argv[1] : "", &storage, err));
    if (strcmp(verb, "list") == 0) return list(storage, key, out, err);
    if (strcmp(verb, "put") == 0 && file)
        GM_TRY(gm_storage_put(storage, key, file, found.sha256, err));
    else if (strcmp(verb, "get") == 0 && file)
        GM_TRY(gm_storage_get(storage, key, file, NULL, err));
    else if (strcmp(verb, "look") == 0)
        GM_TRY(gm_storage_look(storage, key, &found, err));
    else if (strcmp(verb, "remove") == 0)
        GM_TRY(gm_storage_remove(storage, key, err));
    else
        return gm_fail(err, GM_E_ARG, "usage: storage_driver URL put|get|look|remove|list KEY [FILE]");
    *out = described(&found);
    return GM_OK;
}

int main(int argc, char **argv) {
    gm_error err = {0};
    json_t *answer = NULL;
    gm_status status = run(argc, argv, &answer, &err);
    if (status != GM_OK)
        answer =
            json_pack("{s:s, s:s, s:s}", "status", gm_status_name(status), "message", err.message, "hint", err.hint);
    json_dumpf(answer, stdout, JSON_COMPACT);
    json_decref(answer);
    return status == GM_OK ? 0 : 1;
}
