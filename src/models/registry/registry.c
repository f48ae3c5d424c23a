#include "registry_internal.h"

#include "base/yaml.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

number_text registry_number(long value) {
    number_text number;
    snprintf(number.text, sizeof number.text, "%ld", value);
    return number;
}

/* ---- where things are ---- */

typedef struct {
    char *database, *storage;
} settings;

static const gm_param_spec setting_specs[] = {
    {.key = "database",
     .type = GM_PARAM_STRING,
     .offset = offsetof(settings, database),
     .doc = "URL or path of the facts"},
    {.key = "storage",
     .type = GM_PARAM_STRING,
     .offset = offsetof(settings, storage),
     .doc = "URL or path of the files"},
};

static gm_status take_setting(void *ctx, const char *key, const char *value, gm_error *err) {
    return gm_params_set(setting_specs, GM_COUNT(setting_specs), ctx, key, value, err);
}

static gm_status read_settings(const char *models_dir, settings *out, gm_error *err) {
    static const gm_yaml_kind kind = {
        .name = "registry.yaml", .hint = "registry.yaml holds the keys database and storage", .take = take_setting};
    gm_auto_free char *path = gm_path_join(models_dir, "registry.yaml"), *bytes = NULL;
    size_t size;
    if (!path) return gm_nomem(err);
    if (!gm_file_exists(path)) return GM_OK;
    GM_TRY(gm_read_file(path, 1 << 16, &bytes, &size, err));
    return gm_yaml_read(bytes, size, path, &kind, out, err);
}

/* What was asked for, the environment, the file, the standard place below the folder; a plain relative path of the file
 * is meant from the folder. gm_free. */
static char *choose(const char *asked, const char *variable, const char *from_file, const char *models_dir,
                    const char *standard) {
    const char *from_environment = getenv(variable);
    if (asked && *asked) return gm_strdup(asked);
    if (from_environment && *from_environment) return gm_strdup(from_environment);
    if (!from_file || !*from_file) return gm_path_join(models_dir, standard);
    bool relative = from_file[0] != '/' && !strstr(from_file, ":/");
    return relative ? gm_path_join(models_dir, from_file) : gm_strdup(from_file);
}

static gm_status open_parts(gm_registry *r, const gm_registry_options *options, const settings *s, gm_error *err) {
    gm_auto_free char *database =
        choose(options->database, "GIMLET_REGISTRY_URL", s->database, r->models_dir, "registry.db");
    gm_auto_free char *storage =
        choose(options->storage, "GIMLET_STORAGE_URL", s->storage, r->models_dir, "registry/files");
    if (!database || !storage) return gm_nomem(err);
    GM_TRY(gm_storage_open(storage, &r->storage, err));
    GM_TRY(gm_database_open(database, &r->database, err));
    return gm_database_migrate(r->database, err);
}

gm_status gm_registry_open(const gm_registry_options *options, gm_registry **out, gm_error *err) {
    gm_auto(gm_registry) registry = gm_calloc(1, sizeof *registry);
    if (!registry || !(registry->models_dir = gm_strdup(options->models_dir))) return gm_nomem(err);
    if (options->create) GM_TRY(gm_make_dirs(options->models_dir, err));
    if (!gm_is_directory(options->models_dir))
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "--models-dir names the folder of the runs and the registry",
                          "there is no folder %s", options->models_dir);
    settings s = {0};
    gm_status status = read_settings(options->models_dir, &s, err);
    if (status == GM_OK) status = open_parts(registry, options, &s, err);
    gm_params_finish(setting_specs, GM_COUNT(setting_specs), &s);
    if (status == GM_OK) *out = gm_steal(&registry);
    return status;
}

void gm_registry_free(gm_registry *registry) {
    if (!registry) return;
    gm_database_free(registry->database);
    gm_storage_free(registry->storage);
    gm_free(registry->models_dir);
    gm_free(registry);
}

const char *gm_registry_models_dir(const gm_registry *registry) {
    return registry->models_dir;
}

const char *gm_registry_database(const gm_registry *registry) {
    return gm_database_title(registry->database);
}

/* ---- names ---- */

static bool name_is_good(const char *name, size_t length, size_t most) {
    bool digits = true;
    if (!length || length > most || !isalnum((unsigned char)name[0])) return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c > 127 || (!isalnum(c) && !strchr("._-", c))) return false;
        digits = digits && isdigit(c);
    }
    return !digits;
}

gm_status gm_registry_name_check(const char *name, const char *what, gm_error *err) {
    size_t most = strcmp(what, "alias") == 0 ? 40 : 100;
    if (name_is_good(name, strlen(name), most)) return GM_OK;
    return gm_fail_at(err, GM_E_ARG, 0, 0,
                      "letters, digits, '.', '_' and '-', beginning with a letter or digit; no number",
                      "\"%.110s\" cannot be the name of a%s %s", name, strchr("aeiou", *what) ? "n" : "", what);
}

bool gm_registry_is_ref(const char *text) {
    size_t name = strcspn(text, ":@");
    long number;
    if (!text[name] || !name_is_good(text, name, 100)) return false;
    const char *rest = text + name + 1;
    if (text[name] == ':') return isdigit((unsigned char)*rest) && gm_parse_long(rest, &number);
    return name_is_good(rest, strlen(rest), 40);
}

gm_status registry_need_model(gm_registry *registry, const char *model, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(registry->database, "SELECT name FROM models WHERE name = $1", VALUES(model), &rows, err));
    if (rows.n_rows) return GM_OK;
    return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "gimlet models list shows them", "there is no model \"%s\" in %s",
                      model, gm_database_title(registry->database));
}

/* Of those that are there, or of all that there ever were; 0 = none. */
static gm_status newest_of(gm_registry *registry, const char *model, bool deleted_too, long *version, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(registry->database,
                             deleted_too ? "SELECT max(version) FROM versions WHERE model = $1"
                                         : "SELECT max(version) FROM versions WHERE model = $1 AND deleted_at = ''",
                             VALUES(model), &rows, err));
    *version = gm_rows_long(&rows, 0, 0);
    return GM_OK;
}

gm_status registry_need_version(gm_registry *registry, const char *model, long version, gm_error *err) {
    gm_auto_rows rows = {0};
    number_text number = registry_number(version);
    long newest;
    GM_TRY(registry_need_model(registry, model, err));
    GM_TRY(gm_database_query(registry->database, "SELECT deleted_at FROM versions WHERE model = $1 AND version = $2",
                             VALUES(model, number.text), &rows, err));
    if (rows.n_rows && *gm_rows_text(&rows, 0, 0))
        return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "gimlet models show NAME says by whom and why",
                          "%s:%ld was deleted on %.10s", model, version, gm_rows_text(&rows, 0, 0));
    if (rows.n_rows) return GM_OK;
    GM_TRY(newest_of(registry, model, true, &newest, err));
    return gm_fail(err, GM_E_NOTFOUND, "%s has versions 1 to %ld, no version %ld", model, newest, version);
}

gm_status gm_registry_alias(gm_registry *registry, const char *model, const char *alias, long *version, gm_error *err) {
    gm_auto_rows rows = {0};
    GM_TRY(gm_database_query(registry->database,
                             "SELECT version FROM aliases WHERE model = $1 AND alias = $2 ORDER BY depth DESC LIMIT 1",
                             VALUES(model, alias), &rows, err));
    *version = rows.n_rows ? gm_rows_long(&rows, 0, 0) : 0;
    return GM_OK;
}

static gm_status newest_version(gm_registry *registry, const char *model, long *version, gm_error *err) {
    GM_TRY(registry_need_model(registry, model, err));
    GM_TRY(newest_of(registry, model, false, version, err));
    return *version ? GM_OK : gm_fail(err, GM_E_NOTFOUND, "every version of %s was deleted", model);
}

gm_status gm_registry_resolve(gm_registry *registry, const char *text, gm_model_ref *out, gm_error *err) {
    gm_model_ref ref = {0};
    size_t length = strcspn(text, ":@");
    gm_auto_free char *name = gm_strndup(text, length);
    if (!name) return gm_nomem(err);
    GM_TRY(gm_registry_name_check(name, "model", err));
    snprintf(ref.model, sizeof ref.model, "%s", name);
    const char *rest = text[length] ? text + length + 1 : "";
    if (text[length] == ':') {
        if (!gm_parse_long(rest, &ref.version))
            return gm_fail_at(err, GM_E_ARG, 0, 0, "NAME:3 or NAME@champion", "\"%.60s\" is no version number", rest);
    } else if (text[length] == '@') {
        GM_TRY(gm_registry_name_check(rest, "alias", err));
        snprintf(ref.alias, sizeof ref.alias, "%s", rest);
        GM_TRY(registry_need_model(registry, name, err));
        GM_TRY(gm_registry_alias(registry, name, rest, &ref.version, err));
        if (!ref.version)
            return gm_fail_at(err, GM_E_NOTFOUND, 0, 0, "gimlet models promote gives one", "%s has no %s", name, rest);
    } else {
        GM_TRY(gm_registry_alias(registry, name, "champion", &ref.version, err));
        if (!ref.version) GM_TRY(newest_version(registry, name, &ref.version, err));
    }
    GM_TRY(registry_need_version(registry, name, ref.version, err));
    *out = ref;
    return GM_OK;
}
