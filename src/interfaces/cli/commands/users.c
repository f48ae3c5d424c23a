/* users add | list | remove | token: four small commands over one table of flags. */
#include "../cli.h"
#include "service/accounts/accounts.h"

typedef struct {
    char *data_dir;
    int role;
} options;

static const char *const roles[] = {"viewer", "annotator", "engineer", "admin", NULL};
static const gm_param_spec params[] = {
    {.key = "data-dir",
     .type = GM_PARAM_STRING,
     .offset = offsetof(options, data_dir),
     .doc = "data directory whose server they may use"},
    {.key = "role",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(options, role),
     .fallback = "annotator",
     .choices = roles,
     .doc =
         "viewer reads; annotator also labels; engineer also starts runs and approves batches; admin also adds users"},
};
enum { WITHOUT_ROLE = 1, ALL = 2 };

/* The store, and the one name that the command takes (NULL = none). */
static gm_status begin(const cli_context *context, const options *o, bool takes_name, const char **name,
                       gm_store **store, gm_error *err) {
    if (!o->data_dir) return gm_fail(err, GM_E_ARG, "--data-dir is needed");
    if (takes_name && context->positionals.count != 1) return gm_fail(err, GM_E_ARG, "the name of one user is needed");
    *name = takes_name ? context->positionals.items[0] : NULL;
    return gm_store_open_edit(o->data_dir, true, store, err);
}

static int show_token(const cli_context *context, const char *name, const char *role, const char *token) {
    if (context->json)
        cli_print_json(json_pack("{s:s, s:s*, s:s}", "name", name, "role", role, "token", token));
    else
        printf("%s\n", token);
    cli_say(context, "This is the token of %s. It is not shown again: keep it where passwords are kept.", name);
    return CLI_DONE;
}

static int run_add(const cli_context *context, void *values) {
    const options *o = values;
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    const char *name = NULL;
    char token[GM_TOKEN_TEXT];
    gm_status status = begin(context, o, true, &name, &store, &err);
    if (status == GM_OK)
        status = gm_account_add(store, cli_caller(), name, (gm_role)(GM_ROLE_VIEWER + o->role), token, &err);
    return status == GM_OK ? show_token(context, name, roles[o->role], token) : cli_fail("users add", status, &err);
}

static int run_token(const cli_context *context, void *values) {
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    const char *name = NULL;
    char token[GM_TOKEN_TEXT];
    gm_status status = begin(context, values, true, &name, &store, &err);
    if (status == GM_OK) status = gm_account_renew(store, cli_caller(), name, token, &err);
    return status == GM_OK ? show_token(context, name, NULL, token) : cli_fail("users token", status, &err);
}

static int run_remove(const cli_context *context, void *values) {
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    const char *name = NULL;
    gm_status status = begin(context, values, true, &name, &store, &err);
    if (status == GM_OK) status = gm_account_remove(store, cli_caller(), name, &err);
    if (status != GM_OK) return cli_fail("users remove", status, &err);
    if (context->json)
        cli_print_json(json_pack("{s:s}", "removed", name));
    else
        cli_say(context, "%s can no longer use the server; what they labelled stays", name);
    return CLI_DONE;
}

static int run_list(const cli_context *context, void *values) {
    gm_error err = {0};
    gm_auto(gm_store) store = NULL;
    const char *name = NULL;
    gm_accounts accounts = {0};
    gm_status status = begin(context, values, false, &name, &store, &err);
    if (status == GM_OK) status = gm_accounts_list(store, &accounts, &err);
    if (status != GM_OK) return cli_fail("users list", status, &err);
    json_t *items = json_array();
    for (size_t i = 0; i < accounts.count; i++) {
        const gm_account *a = &accounts.items[i];
        if (context->json)
            json_array_append_new(items, json_pack("{s:s, s:s, s:s}", "name", a->user.name, "role",
                                                   gm_role_name(a->user.role), "created_at", a->created_at));
        else
            printf("%-10s %s  %s\n", gm_role_name(a->user.role), a->created_at, a->user.name);
    }
    if (context->json)
        cli_print_json(json_pack("{s:O}", "items", items));
    else if (accounts.count == 0)
        cli_say(context, "no users: the server answers on this machine only, and lets everybody there do everything");
    json_decref(items);
    gm_accounts_finish(&accounts);
    return CLI_DONE;
}

const cli_command cli_users_add = {
    .name = "users add",
    .summary = "let somebody use the server, and show their token",
    .about =
        "Makes a user with a role and prints the token to sign in with, once. As soon as there is a user, the server\n"
        "asks everybody for a token.",
    .positionals = "NAME",
    .example = "  gimlet users add --data-dir data --role engineer \"A. Meyer\"",
    .params = params,
    .n_params = ALL,
    .options_size = sizeof(options),
    .run = run_add,
};
const cli_command cli_users_list = {
    .name = "users list",
    .summary = "who may use the server, and as what",
    .about = "Lists the users of a data directory with their roles.",
    .example = "  gimlet users list --data-dir data",
    .params = params,
    .n_params = WITHOUT_ROLE,
    .options_size = sizeof(options),
    .run = run_list,
};
const cli_command cli_users_remove = {
    .name = "users remove",
    .summary = "take a user's access away",
    .about = "The user's token is void at once. Their labels, comments and lines of the audit log stay.",
    .positionals = "NAME",
    .example = "  gimlet users remove --data-dir data \"A. Meyer\"",
    .params = params,
    .n_params = WITHOUT_ROLE,
    .options_size = sizeof(options),
    .run = run_remove,
};
const cli_command cli_users_token = {
    .name = "users token",
    .summary = "give a user a new token",
    .about = "Prints a new token, once; the old one is void at once.",
    .positionals = "NAME",
    .example = "  gimlet users token --data-dir data \"A. Meyer\"",
    .params = params,
    .n_params = WITHOUT_ROLE,
    .options_size = sizeof(options),
    .run = run_token,
};
