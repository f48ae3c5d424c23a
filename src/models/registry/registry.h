/* The registry: named models with numbered versions, aliases that say which version counts, and the history of who did
 * what and why.
 *
 *     MODELS/registry.db          the facts (SQLite), unless they are on a PostgreSQL server (metadata.h)
 *     MODELS/registry/files/      the files of all versions by content, unless they are in an object storage (storage.h)
 *     MODELS/registry/checkouts/  versions as folders, made when needed and again when lost
 *     MODELS/registry.yaml        where the first two are, if not here:   database: postgresql://...   storage: s3://...
 *
 * For        service/registry.
 * Depends on base, metadata.h, storage.h. Knows nothing of training: what a version is made of is given as files and
 *            facts (JSON).
 * Durability files are stored before the transaction that names them; a version, an alias and its line of the history
 *            are one transaction. Kill the process anywhere: what was answered is there, and all of it. A file that was
 *            stored for nothing is found again by its content. A deletion is one transaction, too; content goes after
 *            it, while no other writer is inside. A storage therefore belongs to one registry.
 * Writers    any number, on any number of machines where database and storage are shared: they take turns.
 * Errors     GM_E_NOTFOUND: no such model, version, alias; GM_E_CONFLICT: it is registered already, somebody else was
 *            faster, nothing to roll back to; GM_E_ARG: a name that cannot be; GM_E_FORMAT: a file is damaged.
 * Ownership  JSON and texts returned through ** are the caller's.
 * Threads    a registry belongs to one thread at a time; any number may be open. */
#ifndef GIMLET_MODELS_REGISTRY_H
#define GIMLET_MODELS_REGISTRY_H

#include "base/base.h"

#include <jansson.h>

typedef struct gm_registry gm_registry;
typedef struct {
    const char *models_dir;
    const char *database; /* URL or path; NULL = GIMLET_REGISTRY_URL, else the settings, else MODELS/registry.db   */
    const char *storage;  /* URL or path; NULL = GIMLET_STORAGE_URL, else the settings, else MODELS/registry/files */
    bool create;          /* make the folder where absent                                                          */
} gm_registry_options;
gm_status gm_registry_open(const gm_registry_options *options, gm_registry **out, gm_error *err) GM_MUST_CHECK;
void gm_registry_free(gm_registry *registry); /* accepts NULL */
GM_AUTO(gm_registry)
const char *gm_registry_models_dir(const gm_registry *registry);
const char *gm_registry_database(const gm_registry *registry); /* where the facts are, without password */

/* Letters, digits, '.', '_', '-', at most 100, a letter or digit first; not digits alone. Aliases: at most 40. */
gm_status gm_registry_name_check(const char *name, const char *what, gm_error *err) GM_MUST_CHECK;

/* ---- which version is meant ---- */

typedef struct {
    char model[101];
    long version;
    char alias[41]; /* as which it was asked for; "" = by number, or by name alone */
} gm_model_ref;
/* Does this look like NAME:VERSION or NAME@ALIAS? Paths and plain names do not. */
bool gm_registry_is_ref(const char *text);
/* NAME:3, NAME@champion; NAME alone is its champion, else its newest version. */
gm_status gm_registry_resolve(gm_registry *registry, const char *text, gm_model_ref *out, gm_error *err) GM_MUST_CHECK;

/* ---- reading ---- */

/* {"items": [{"name", "description", "tags", "created_at", "created_by", "latest", "n_versions", "aliases": {alias:
 * version}, "metrics"}]}: metrics are those of the champion, else of the newest version; latest 0: none is left. */
gm_status gm_registry_list(gm_registry *registry, json_t **out, gm_error *err) GM_MUST_CHECK;
/* The same of one model, with "versions" (newest first, without files and facts) and "history" (newest first). */
gm_status gm_registry_model(gm_registry *registry, const char *model, json_t **out, gm_error *err) GM_MUST_CHECK;
/* {"model", "version", "created_at", "created_by", "description", "run", "dataset", "origin", "digest", "aliases",
 *  "tags", "metrics", "size_bytes", "facts": {...}, "files": [{"path", "sha256", "size_bytes"}], "signed_by"} */
gm_status gm_registry_version(gm_registry *registry, const char *model, long version, json_t **out,
                              gm_error *err) GM_MUST_CHECK;
/* The version that an alias means; *version = 0: it means none. */
gm_status gm_registry_alias(gm_registry *registry, const char *model, const char *alias, long *version,
                            gm_error *err) GM_MUST_CHECK;

/* ---- writing ---- */

/* What makes a version provable elsewhere (deployment/package). */
typedef struct {
    char *manifest, *page;               /* the exact bytes that were signed; the page for people */
    char signature[129], public_key[65]; /* hex                                                  */
} gm_registry_passport;
void gm_registry_passport_finish(gm_registry_passport *passport);

typedef struct {
    const char *path;   /* in the version: "fold_01/config.json" */
    const char *source; /* the file to take it from              */
} gm_registry_file;
typedef struct {
    const char *model, *by;
    const char *description; /* NULL = none                                                */
    const char *run;         /* name of the run it came from                               */
    const char *dataset;     /* name of the data set snapshot; NULL = unknown              */
    const char *origin;      /* "registered" or "imported"                                 */
    const json_t *facts;     /* object; its "metrics" (flat numbers) also stand in lists   */
    const json_t *tags;      /* {name: text}; NULL = none                                  */
    const gm_registry_file *files;
    size_t n_files;
    const gm_registry_passport *passport; /* it came with; NULL = none yet */
} gm_registration;
/* The next version of the model, which is made where absent. The same files twice are GM_E_CONFLICT naming the version
 * that has them. */
gm_status gm_registry_register(gm_registry *registry, const gm_registration *registration, long *version,
                               gm_error *err) GM_MUST_CHECK;

typedef struct {
    const char *model, *alias, *by;
    long version;
    const char *reason; /* NULL = none given                                                              */
    const json_t *gate; /* what the gate found, for the history                                           */
    long expected;      /* the version that the alias had when the gate looked; -1 = whatever; else GM_E_CONFLICT */
} gm_promotion;
gm_status gm_registry_promote(gm_registry *registry, const gm_promotion *promotion, gm_error *err) GM_MUST_CHECK;
/* Back to what the alias meant before its last promotion, in one transaction. */
gm_status gm_registry_rollback(gm_registry *registry, const char *model, const char *alias, const char *by,
                               const char *reason, long *from, long *to, gm_error *err) GM_MUST_CHECK;
/* A line of the history alone: a promotion that the gate refused. */
gm_status gm_registry_note(gm_registry *registry, const gm_promotion *promotion, const char *action,
                           gm_error *err) GM_MUST_CHECK;

/* What people say about a model (version 0) or a version, changed later; nothing else of a version ever is. */
typedef struct {
    const char *model, *by;
    long version;            /* 0 = the model itself                           */
    const char *description; /* NULL = stays                                   */
    const json_t *tags;      /* {name: text, or null to take it away}; others stay; NULL = all stay */
} gm_registry_change;
/* All of it or nothing; each thing that became different is a line of the history with the old and the new text. */
gm_status gm_registry_describe(gm_registry *registry, const gm_registry_change *change, gm_error *err) GM_MUST_CHECK;

/* A version that nobody needs is taken away, its number never used again: the history keeps it, aliases do not go back
 * to it, files that no other version has are freed. GM_E_CONFLICT while an alias means it. */
typedef struct {
    size_t freed_files;
    int64_t freed_bytes;
    size_t waiting_files; /* could not be removed from the storage now: gm_registry_clean_up does it */
    gm_error problem;     /* why                                                                     */
} gm_registry_deletion;
gm_status gm_registry_delete(gm_registry *registry, const char *model, long version, const char *by, const char *reason,
                             gm_registry_deletion *out, gm_error *err) GM_MUST_CHECK;
/* Removes what deleted versions have left, where a deletion was killed or the storage did not answer. n_files: taken
 * from the storage. */
gm_status gm_registry_clean_up(gm_registry *registry, size_t *n_files, gm_error *err) GM_MUST_CHECK;

/* ---- files ---- */

/* The version as a folder, each file compared with its hash; made in one step, so that what is there is whole. Files in
 * it are read-only. */
gm_status gm_registry_checkout(gm_registry *registry, const char *model, long version, char **dir,
                               gm_error *err) GM_MUST_CHECK;
/* The same, and a folder from before is compared file by file too, and made anew where somebody changed it: for what is
 * decided on it. */
gm_status gm_registry_checkout_checked(gm_registry *registry, const char *model, long version, char **dir,
                                       gm_error *err) GM_MUST_CHECK;
/* Fetches every file anew and compares it with its hash; damaged: [{"path", "problem"}]. */
gm_status gm_registry_check_files(gm_registry *registry, const char *model, long version, json_t **damaged,
                                  gm_error *err) GM_MUST_CHECK;
/* Is the history a chain without a gap or a change? problem: what is wrong, "" = nothing. */
gm_status gm_registry_check_history(gm_registry *registry, char problem[300], gm_error *err) GM_MUST_CHECK;

/* ---- passports ---- */

/* manifest NULL: this version has none yet. */
gm_status gm_registry_passport_get(gm_registry *registry, const char *model, long version, gm_registry_passport *out,
                                   gm_error *err) GM_MUST_CHECK;
/* Kept once; where another process was faster, theirs stays and is what passport_get gives. */
gm_status gm_registry_passport_put(gm_registry *registry, const char *model, long version,
                                   const gm_registry_passport *passport, gm_error *err) GM_MUST_CHECK;
/* Whose signatures count here, by the fingerprint of their public key; NULL: does anybody's? */
gm_status gm_registry_trusts(gm_registry *registry, const char *fingerprint, bool *out, gm_error *err) GM_MUST_CHECK;
gm_status gm_registry_trust(gm_registry *registry, const char *fingerprint, const char *public_key, const char *by,
                            gm_error *err) GM_MUST_CHECK;

#endif
