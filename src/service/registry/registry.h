/* Models with names: from a run to a version, compared, promoted through the gate, rolled back, verified, and as a
 * signed file to another machine; described, and deleted. What the command line and the server answer; lists are in
 * models/registry.
 *
 * MODEL      NAME:3, NAME@champion, or NAME (its champion, else its newest version).
 * JSON       docs/api.md; results are the caller's.
 * Errors     GM_E_NOTFOUND: no such run or model; GM_E_CONFLICT: not finished, registered already, somebody was faster;
 *            GM_E_FORMAT: a damaged file, a passport that was changed or whose signer is not trusted.
 * Threads    as the registry that is given. */
#ifndef GIMLET_SERVICE_REGISTRY_H
#define GIMLET_SERVICE_REGISTRY_H

#include "models/registry/registry.h"

typedef struct {
    const char *name;        /* of the model                                     */
    const char *run;         /* folder of a run below models_dir, or a path to one */
    const char *description; /* NULL = none                                      */
    const json_t *tags;      /* {name: text}; NULL = none                        */
    const char *by;
} gm_register_request;
/* out: the version, as gm_registry_version gives it. */
gm_status gm_model_register(gm_registry *registry, const gm_register_request *request, json_t **out,
                            gm_error *err) GM_MUST_CHECK;

/* {"a", "b": {"model", "version", "run", "holes", "size_bytes", "latency_ms", "folds"}, "common_holes", "same_dataset",
 *  "metrics": [ROW], "groups": [ROW with "kind", "name"], "figures": [{"name", "unit", "a", "b"}],
 *  "settings": [{"key", "a", "b"}]}; ROW = {"point", "n", "a", "b", "difference", "low", "high", "p", "verdict"}: mean
 * absolute errors in mm on the holes that both have not seen, difference = b - a. */
gm_status gm_model_compare(gm_registry *registry, const char *a, const char *b, json_t **out,
                           gm_error *err) GM_MUST_CHECK;
/* The same as a page. */
gm_status gm_model_compare_page(const json_t *comparison, gm_text *out, gm_error *err) GM_MUST_CHECK;

typedef struct {
    const char *model;     /* MODEL */
    const char *alias;     /* "champion" */
    const char *gate;      /* a YAML file; "none"; NULL = for the champion MODELS/gate.yaml, else the built-in gate; for
                              other aliases none */
    const char *gate_yaml; /* the gate itself, in place of a file; NULL = as above */
    const char *reason;    /* NULL = none given */
    const char *by;
    bool several_people; /* users are set up */
    bool only_check;     /* look, change nothing */
    const gm_observer *observer;
} gm_promote_request;
/* {"model", "version", "alias", "promoted", "previous", "gate": {"passed", "findings"} | null}; promoted false: the gate
 * refused (which the history notes), or only_check. */
gm_status gm_model_promote(gm_registry *registry, const gm_promote_request *request, json_t **out,
                           gm_error *err) GM_MUST_CHECK;
/* {"model", "alias", "from", "to", "ms"} */
gm_status gm_model_rollback(gm_registry *registry, const char *model, const char *alias, const char *by,
                            const char *reason, json_t **out, gm_error *err) GM_MUST_CHECK;

/* model: NAME is the model itself, else a version. description NULL stays; tags: {name: text, or null to take it away};
 * NULL: all stay. The model or the version as it is then. */
gm_status gm_model_describe(gm_registry *registry, const char *model, const char *description, const json_t *tags,
                            const char *by, json_t **out, gm_error *err) GM_MUST_CHECK;

/* model: NAME:VERSION, and nothing else; a reason must be given. GM_E_CONFLICT while an alias means it. {"model",
 * "version", "freed_files", "freed_bytes", "waiting_files", "problem"}: waiting ones go with the next deletion or
 * verification; problem "": none. */
gm_status gm_model_delete(gm_registry *registry, const char *model, const char *by, const char *reason, json_t **out,
                          gm_error *err) GM_MUST_CHECK;

/* {"model", "version", "good", "checks": [{"name", "verdict": "passed" | "skipped" | "failed", "message"}]}. Removes what
 * deletions were kept from removing, too. */
gm_status gm_model_verify(gm_registry *registry, const char *model, const gm_observer *observer, json_t **out,
                          gm_error *err) GM_MUST_CHECK;

/* The folder of a model: a path stays as it is, NAME:3 and NAME@champion are fetched from the registry. gm_free. */
gm_status gm_model_folder(const char *models_dir, const char *model_dir, char **out, gm_error *err) GM_MUST_CHECK;

/* ---- passports ---- */

/* One signed file at path. {"model", "version", "output", "size_bytes", "sha256", "fingerprint"} */
gm_status gm_model_export_passport(gm_registry *registry, const char *model, const char *by, const char *path,
                                   json_t **out, gm_error *err) GM_MUST_CHECK;
typedef struct {
    const char *path;
    const char *title; /* what errors call it; NULL = by its file's name */
    const char *name;  /* of the model here; NULL = as in the passport */
    const char *trust; /* fingerprint (at least its first 16 digits) of the signer to trust from now on; NULL = none */
    const char *by;
} gm_import_request;
/* A registry that trusts nobody yet takes the first signer as trusted ("trusted": "first"). {"model", "version",
 * "fingerprint", "trusted": "own" | "known" | "given" | "first", "from": {"model", "version"}} */
gm_status gm_model_import_passport(gm_registry *registry, const gm_import_request *request, json_t **out,
                                   gm_error *err) GM_MUST_CHECK;

#endif
