#include "changes.h"

#include "data/storage/storage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static gm_status note(const char *data_dir, const char *user, const char *action, const char *subject,
                      const char *detail, gm_error *err) {
    gm_auto(gm_store) store = NULL;
    GM_TRY(gm_store_open_edit(data_dir, true, &store, err));
    GM_TRY(gm_store_begin(store, err));
    return gm_store_end(store, gm_store_audit(store, user, action, subject, detail, NULL, err), err);
}

gm_status service_note_change(const char *data_dir, const char *user, const char *action, const char *subject,
                              const char *detail, gm_error *err) {
    gm_error why = {0};
    gm_status status = note(data_dir, user && *user ? user : "unknown", action, subject, detail ? detail : "", &why);
    if (status == GM_OK) return GM_OK;
    if (err) *err = why;
    return gm_error_prefix(err, status, "%s of %s was done, but does not stand in the log of changes", action, subject);
}

gm_status service_to_trash(const char *parent, const char *name, char **kept, gm_error *err) {
    gm_auto_free char *trash = gm_path_join(parent, ".trash"), *from = gm_path_join(parent, name);
    if (!trash || !from) return gm_nomem(err);
    GM_TRY(gm_make_dirs(trash, err));
    for (int i = 1; i < 1000; i++) {
        gm_auto_text to = GM_TEXT_INIT, place = GM_TEXT_INIT;
        gm_text_printf(&place, i > 1 ? ".trash/%s-%d" : ".trash/%s", name, i);
        gm_text_printf(&to, "%s/%s", parent, gm_text_c(&place));
        if (!gm_text_ok(&to) || !gm_text_ok(&place)) return gm_nomem(err);
        if (gm_is_directory(gm_text_c(&to))) continue;
        if (rename(from, gm_text_c(&to)) != 0)
            return gm_fail(err, GM_E_IO, "%s: cannot be moved to the trash: %s", from, strerror(errno));
        GM_TRY(gm_sync_dir(trash, err));
        GM_TRY(gm_sync_dir(parent, err));
        *kept = gm_text_take(&place);
        return *kept ? GM_OK : gm_nomem(err);
    }
    return gm_fail(err, GM_E_CONFLICT, "%s/.trash holds too many folders of this name: empty it", parent);
}
