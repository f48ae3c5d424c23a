#include "registry_internal.h"

#include "base/json.h"
#include "service/runs/run_store.h"

#include <string.h>

static gm_status refuse_unfinished(const char *run_dir, gm_error *err) {
    gm_auto_free char *path = gm_path_join(run_dir, "metrics.json");
    if (!path) return gm_nomem(err);
    if (gm_file_exists(path)) return GM_OK;
    return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "wait until it is finished, or resume it", "%s is not finished",
                      gm_path_base(run_dir));
}

static gm_status check_tags(const json_t *tags, gm_error *err) {
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)tags, name, value) {
        GM_TRY(gm_registry_name_check(name, "tag", err));
        if (!json_is_string(value)) return gm_fail(err, GM_E_ARG, "the tag %s must be a text", name);
    }
    return GM_OK;
}

gm_status gm_model_register(gm_registry *registry, const gm_register_request *request, json_t **out, gm_error *err) {
    gm_auto_free char *dir = NULL;
    auto_version_files files = {0};
    json_t *facts;
    long version = 0;
    GM_TRY(gm_registry_name_check(request->name, "model", err));
    GM_TRY(check_tags(request->tags, err));
    GM_TRY(gm_run_folder(gm_registry_models_dir(registry), request->run, &dir, err));
    GM_TRY(refuse_unfinished(dir, err));
    GM_TRY(version_files_of(dir, &files, err));
    GM_TRY(version_facts(dir, &facts, err));
    gm_auto_free char *path = gm_path_join(dir, "run.json");
    json_t *run = NULL;
    gm_status status = path ? gm_json_read(path, &run, err) : gm_nomem(err);
    const gm_registration registration = {.model = request->name,
                                          .by = request->by,
                                          .description = request->description,
                                          .run = gm_path_base(dir),
                                          .dataset = json_string_value(json_object_get(run, "dataset")),
                                          .origin = "registered",
                                          .facts = facts,
                                          .tags = request->tags,
                                          .files = files.items,
                                          .n_files = files.count};
    if (status == GM_OK) status = gm_registry_register(registry, &registration, &version, err);
    json_decref(facts);
    json_decref(run);
    return status == GM_OK ? gm_registry_version(registry, request->name, version, out, err) : status;
}

/* ---- where commands take a model ---- */

gm_status gm_model_folder(const char *models_dir, const char *model_dir, char **out, gm_error *err) {
    if (gm_is_directory(model_dir) || !gm_registry_is_ref(model_dir)) {
        *out = gm_strdup(model_dir);
        return *out ? GM_OK : gm_nomem(err);
    }
    gm_auto(gm_registry) registry = NULL;
    const gm_registry_options options = {.models_dir = models_dir};
    gm_model_ref ref;
    GM_TRY(gm_registry_open(&options, &registry, err));
    GM_TRY(gm_registry_resolve(registry, model_dir, &ref, err));
    return gm_registry_checkout(registry, ref.model, ref.version, out, err);
}
