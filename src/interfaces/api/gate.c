#include "gate_internal.h"

#include "limits.h"

#include <pthread.h>

struct api_gate {
    pthread_mutex_t lock;
    const gm_project *project;
    gm_store *store; /* NULL = no database yet */
    gm_token_cache *cache;
    int64_t changes; /* of the database when has_users was read */
    /* What follows is also read without the lock. */
    int64_t commits; /* of this process then; atomic */
    double looked_s; /* when has_users was found to hold; atomic */
    bool has_users;  /* atomic */
};

gm_status api_gate_new(const gm_project *project, api_gate **out, gm_error *err) {
    api_gate *gate = gm_calloc(1, sizeof *gate);
    if (!gate) return gm_nomem(err);
    pthread_mutex_init(&gate->lock, NULL);
    gate->project = project;
    gate->changes = -1;
    gm_status status = gm_token_cache_new(&gate->cache, err);
    if (status != GM_OK)
        api_gate_free(gate);
    else
        *out = gate;
    return status;
}

void api_gate_free(api_gate *gate) {
    if (!gate) return;
    gm_store_free(gate->store);
    gm_token_cache_free(gate->cache);
    pthread_mutex_destroy(&gate->lock);
    gm_free(gate);
}

/* Under the lock. */
static gm_status refresh(api_gate *gate, gm_error *err) {
    if (!gate->store && gm_project_has_data(gate->project))
        GM_TRY(gm_store_open(gm_project_data_dir(gate->project), false, 0, &gate->store, err));
    if (!gate->store) return GM_OK;
    int64_t changes, commits = gm_store_commits();
    double now_s = gm_seconds();
    GM_TRY(gm_store_changes(gate->store, &changes, err));
    if (changes != gate->changes) {
        gm_accounts accounts;
        GM_TRY(gm_accounts_list(gate->store, &accounts, err));
        __atomic_store_n(&gate->has_users, accounts.count > 0, __ATOMIC_RELEASE);
        gate->changes = changes;
        gm_accounts_finish(&accounts);
    }
    __atomic_store_n(&gate->commits, commits, __ATOMIC_RELEASE);
    __atomic_store(&gate->looked_s, &now_s, __ATOMIC_RELEASE);
    return GM_OK;
}

/* Looked at a moment ago, and nothing was written by this process since. */
static bool is_fresh(const api_gate *gate) {
    double looked_s;
    __atomic_load(&gate->looked_s, &looked_s, __ATOMIC_ACQUIRE);
    return __atomic_load_n(&gate->commits, __ATOMIC_ACQUIRE) == gm_store_commits() &&
           gm_seconds() - looked_s < GM_PROJECT_STALE_S;
}

gm_status api_gate_has_users(api_gate *gate, bool *out, gm_error *err) {
    if (is_fresh(gate)) return *out = __atomic_load_n(&gate->has_users, __ATOMIC_ACQUIRE), GM_OK;
    pthread_mutex_lock(&gate->lock);
    gm_status status = refresh(gate, err);
    *out = gate->has_users;
    pthread_mutex_unlock(&gate->lock);
    return status;
}

static gm_status owner_of(api_gate *gate, const char *name, const char *token, gm_user *out, gm_error *err) {
    GM_TRY(refresh(gate, err));
    if (!gate->has_users) return gm_fail(err, GM_E_NOTFOUND, "there are no users");
    return gm_account_of_token(gate->store, gate->cache, name, token, out, err);
}

gm_status api_gate_token(api_gate *gate, const char *name, const char *token, gm_user *out, gm_error *err) {
    pthread_mutex_lock(&gate->lock);
    gm_status status = owner_of(gate, name, token, out, err);
    pthread_mutex_unlock(&gate->lock);
    return status;
}

/* --- sessions --- */

/* Signing in and out is rare: each has a store of its own to write with. */
static gm_status open_for_writing(const api_gate *gate, gm_store **out, gm_error *err) {
    return gm_store_open_edit(gm_project_data_dir(gate->project), false, out, err);
}

gm_status api_gate_open_session(api_gate *gate, const char *token, char cookie[API_COOKIE], gm_error *err) {
    gm_auto(gm_store) store = NULL;
    GM_TRY(open_for_writing(gate, &store, err));
    return gm_session_open(store, token, API_SESSION_S, API_MAX_SESSIONS, cookie, err);
}

static gm_status user_of_session(api_gate *gate, const char *cookie, gm_user *out, gm_error *err) {
    GM_TRY(refresh(gate, err));
    if (!gate->has_users) return gm_fail(err, GM_E_NOTFOUND, "there are no users");
    return gm_session_user(gate->store, cookie, out, err);
}

gm_status api_gate_session(api_gate *gate, const char *cookie, gm_user *out, gm_error *err) {
    pthread_mutex_lock(&gate->lock);
    gm_status status = user_of_session(gate, cookie, out, err);
    pthread_mutex_unlock(&gate->lock);
    return status;
}

gm_status api_gate_end_session(api_gate *gate, const char *cookie, gm_error *err) {
    gm_auto(gm_store) store = NULL;
    GM_TRY(open_for_writing(gate, &store, err));
    return gm_session_close(store, cookie, err);
}
