/* What people say about a model or a version, and versions that nobody needs any more. */
#include "registry_internal.h"

#include <string.h>

gm_status gm_model_describe(gm_registry *registry, const char *model, const char *description, const json_t *tags,
                            const char *by, json_t **out, gm_error *err) {
    gm_model_ref ref = {0};
    bool itself = !strpbrk(model, ":@");
    if (itself)
        GM_TRY(gm_registry_name_check(model, "model", err));
    else
        GM_TRY(gm_registry_resolve(registry, model, &ref, err));
    const char *name = itself ? model : ref.model;
    const gm_registry_change change = {
        .model = name, .by = by, .version = ref.version, .description = description, .tags = tags};
    GM_TRY(gm_registry_describe(registry, &change, err));
    return itself ? gm_registry_model(registry, name, out, err)
                  : gm_registry_version(registry, name, ref.version, out, err);
}

gm_status gm_model_delete(gm_registry *registry, const char *model, const char *by, const char *reason, json_t **out,
                          gm_error *err) {
    gm_model_ref ref;
    gm_registry_deletion done;
    if (!strchr(model, ':'))
        return gm_fail_at(err, GM_E_ARG, 0, 0, "an alias moves, and a name means its champion: say which number",
                          "one version is deleted at a time: NAME:VERSION, not \"%.160s\"", model);
    if (!reason || !reason[strspn(reason, " \t\r\n")])
        return gm_fail(err, GM_E_ARG, "a reason must be given: it stands in the history");
    GM_TRY(gm_registry_resolve(registry, model, &ref, err));
    GM_TRY(gm_registry_delete(registry, ref.model, ref.version, by, reason, &done, err));
    *out = json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}", "model", ref.model, "version", (json_int_t)ref.version,
                     "freed_files", (json_int_t)done.freed_files, "freed_bytes", (json_int_t)done.freed_bytes,
                     "waiting_files", (json_int_t)done.waiting_files, "problem", done.problem.message);
    return *out ? GM_OK : gm_nomem(err);
}
