/* Who asks: keys from the places where the tools of AWS keep them. */
#include "s3_internal.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 20 };

static void wipe(char *text) {
    if (text) OPENSSL_cleanse(text, strlen(text));
    gm_free(text);
}

void s3_account_finish(s3_account *account) {
    gm_free(account->key);
    wipe(account->secret);
    wipe(account->token);
    gm_free(account->region);
    gm_free(account->endpoint);
    *account = (s3_account){0};
}

static const char *from_environment(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* Blanks off both ends, in place. */
static char *trimmed(char *text) {
    text += strspn(text, " \t\r");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r", text[n - 1])) text[--n] = '\0';
    return text;
}

static bool is_section(char *line, const char *profile) {
    char *end = strchr(line, ']');
    if (end) *end = '\0';
    char *name = trimmed(line + 1);
    if (gm_starts_with(name, "profile ")) name = trimmed(name + strlen("profile "));
    return strcmp(name, profile) == 0;
}

static gm_status keep(char **field, const char *value, gm_error *err) {
    if (*field || !*value) return GM_OK;
    *field = gm_strdup(value);
    return *field ? GM_OK : gm_nomem(err);
}

static gm_status take_setting(s3_account *account, const char *name, const char *value, bool keys, gm_error *err) {
    struct {
        const char *name;
        char **field;
        bool is_key;
    } known[] = {{"aws_access_key_id", &account->key, true},
                 {"aws_secret_access_key", &account->secret, true},
                 {"aws_session_token", &account->token, true},
                 {"region", &account->region, false},
                 {"endpoint_url", &account->endpoint, false}};
    for (size_t i = 0; i < GM_COUNT(known); i++)
        if (strcmp(known[i].name, name) == 0 && (keys || !known[i].is_key)) GM_TRY(keep(known[i].field, value, err));
    return GM_OK;
}

/* What the profile's section says, where nothing was found before. A file that is not there says nothing. */
static gm_status read_profile(const char *path, const char *profile, bool keys, s3_account *account, gm_error *err) {
    char *text = NULL;
    size_t size;
    gm_status status = gm_read_file(path, LARGEST_FILE, &text, &size, NULL);
    if (status == GM_E_NOTFOUND) return GM_OK;
    if (status != GM_OK) return gm_fail(err, status, "%s, where keys for object storage may be, cannot be read", path);
    bool inside = false;
    char *rest = text;
    for (char *line; status == GM_OK && (line = strsep(&rest, "\n"));) {
        line = trimmed(line);
        char *equals = strchr(line, '=');
        if (*line == '[')
            inside = is_section(line, profile);
        else if (inside && equals && *line != '#' && *line != ';') {
            *equals = '\0';
            status = take_setting(account, trimmed(line), trimmed(equals + 1), keys, err);
        }
    }
    OPENSSL_cleanse(text, size);
    gm_free(text);
    return status;
}

static gm_status file_of(const char *variable, const char *name, char **out, gm_error *err) {
    const char *given = from_environment(variable), *home = from_environment("HOME");
    gm_auto_free char *folder = gm_path_join(home ? home : "/", ".aws");
    *out = given ? gm_strdup(given) : folder ? gm_path_join(folder, name) : NULL;
    return *out ? GM_OK : gm_nomem(err);
}

static gm_status read_environment(s3_account *account, bool keys, gm_error *err) {
    static const struct {
        const char *variable, *setting;
    } variables[] = {{"AWS_ACCESS_KEY_ID", "aws_access_key_id"}, {"AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"},
                     {"AWS_SESSION_TOKEN", "aws_session_token"}, {"AWS_REGION", "region"},
                     {"AWS_DEFAULT_REGION", "region"},           {"AWS_ENDPOINT_URL_S3", "endpoint_url"},
                     {"AWS_ENDPOINT_URL", "endpoint_url"}};
    for (size_t i = 0; i < GM_COUNT(variables); i++) {
        const char *value = from_environment(variables[i].variable);
        if (value) GM_TRY(take_setting(account, variables[i].setting, value, keys, err));
    }
    return GM_OK;
}

/* Keys come from one place: those of the environment are not mixed with those of a file. A profile that was asked for
 * by name goes before the environment. */
gm_status s3_account_find(const char *profile, s3_account *out, gm_error *err) {
    bool by_name = profile != NULL;
    if (!profile) profile = from_environment("AWS_PROFILE");
    if (!profile) profile = "default";
    gm_auto_free char *credentials = NULL, *config = NULL;
    GM_TRY(file_of("AWS_SHARED_CREDENTIALS_FILE", "credentials", &credentials, err));
    GM_TRY(file_of("AWS_CONFIG_FILE", "config", &config, err));
    s3_account account = {0};
    gm_status status = read_environment(&account, !by_name, err);
    if (status == GM_OK && !(account.key && account.secret)) {
        gm_free(account.key);
        wipe(account.secret);
        wipe(account.token);
        account.key = account.secret = account.token = NULL;
        status = read_profile(credentials, profile, true, &account, err);
        if (status == GM_OK) status = read_profile(config, profile, true, &account, err);
    } else if (status == GM_OK)
        status = read_profile(config, profile, false, &account, err);
    if (status != GM_OK)
        s3_account_finish(&account);
    else
        *out = account;
    return status;
}
