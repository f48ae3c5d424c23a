#include "editing_internal.h"

#include <string.h>

gm_status api_editing_open(const api_options *options, gm_project *project, void **state, gm_error *err) {
    (void)options;
    gm_auto_free api_editing *editing = gm_calloc(1, sizeof *editing);
    if (!editing) return gm_nomem(err);
    GM_TRY(gm_store_pool_new(gm_project_data_dir(project), &editing->pool, err));
    *state = gm_steal(&editing);
    return GM_OK;
}

gm_status api_editing_open_ghosts(const api_options *options, gm_project *project, void **state, gm_error *err) {
    void *made;
    GM_TRY(api_editing_open(options, project, &made, err));
    gm_status status =
        gm_fold_ghosts_new(gm_project_data_dir(project), options->models_dir, &((api_editing *)made)->ghosts, err);
    if (status == GM_OK)
        *state = made;
    else
        api_editing_close(made);
    return status;
}

void api_editing_close(void *state) {
    api_editing *editing = state;
    gm_fold_ghosts_free(editing->ghosts);
    gm_store_pool_free(editing->pool);
    gm_free(editing);
}

bool api_may_see_label(const api_request *request, const gm_stored_labels *all, const gm_label *label) {
    if (label->source != GM_SOURCE_TRUTH || request->user.role >= GM_ROLE_ENGINEER) return true;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].label.source == GM_SOURCE_EXPERT &&
            strcmp(all->items[i].label.author, request->user.name) == 0)
            return true;
    return false;
}

json_t *api_json_labels(const api_request *request, const gm_stored_labels *labels) {
    json_t *list = json_array();
    for (size_t i = labels->count; i > 0; i--)
        if (api_may_see_label(request, labels, &labels->items[i - 1].label))
            json_array_append_new(list, api_json_label(&labels->items[i - 1].label));
    return list;
}

json_t *api_json_comments(const gm_comments *comments) {
    json_t *list = json_array();
    for (size_t i = 0; i < comments->count; i++) {
        const gm_comment *c = &comments->items[i];
        json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s}", "id", (json_int_t)c->id, "author", c->author,
                                              "at", c->at, "text", c->text));
    }
    return list;
}
