#include "batches.h"

#include "review_internal.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- preview --- */

static double confidence_of(const gm_hole_row *row) {
    return row->hole->label.confidence;
}

static int by_confidence(const void *a, const void *b) {
    const gm_hole_row *x = *(const gm_hole_row *const *)a, *y = *(const gm_hole_row *const *)b;
    if (confidence_of(x) != confidence_of(y)) return confidence_of(x) < confidence_of(y) ? -1 : 1;
    return gm_compare_natural(x->hole->file, y->hole->file);
}

/* What may be approved unseen: a label of rules or a model, and nobody has said anything. */
static bool is_open(const gm_hole_row *row) {
    return row->state == GM_STATE_AUTO && row->hole->has_label && row->hole->label.source <= GM_SOURCE_MODEL;
}

static gm_status make_token(char out[GM_BATCH_TOKEN], uint64_t *seed, gm_error *err) {
    unsigned char bytes[(GM_BATCH_TOKEN - 1) / 2];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return gm_fail(err, GM_E_IO, "the system gives no random numbers");
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    memcpy(seed, bytes, sizeof *seed);
    return GM_OK;
}

/* The first n of rows are the worst; of the others some are drawn. */
static void choose_to_see(const gm_hole_row **rows, size_t count, uint64_t seed, gm_batch_to_see *out) {
    gm_random random;
    gm_random_init(&random, seed, 0);
    out->count = count;
    out->n_worst = GM_MIN(count, (size_t)GM_BATCH_TO_SEE);
    memcpy(out->worst, rows, out->n_worst * sizeof *rows);
    out->n_random = GM_MIN(count - out->n_worst, (size_t)GM_BATCH_TO_SEE);
    for (size_t i = 0; i < out->n_random; i++) {
        const size_t at = out->n_worst + i, other = at + gm_random_below(&random, (uint32_t)(count - at));
        const gm_hole_row *drawn = rows[other];
        rows[other] = rows[at];
        rows[at] = drawn;
        out->random[i] = drawn;
    }
}

static void put_id(gm_text *out, const gm_hole_row *row) {
    gm_text_printf(out, "%s\"%s\"", out->length > 1 ? "," : "", row->hole->sha256);
}

static gm_status keep_preview(gm_store *store, const gm_hole_row **rows, const gm_batch_to_see *preview,
                              const char *query, const char *user, gm_error *err) {
    gm_auto_text holes = GM_TEXT_INIT, to_see = GM_TEXT_INIT;
    gm_text_append(&holes, "{");
    for (size_t i = 0; i < preview->count; i++)
        gm_text_printf(&holes, "%s\"%s\":%lld", i ? "," : "", rows[i]->hole->sha256, (long long)rows[i]->version);
    gm_text_append(&holes, "}");
    gm_text_append(&to_see, "[");
    for (size_t i = 0; i < preview->n_worst; i++) put_id(&to_see, preview->worst[i]);
    for (size_t i = 0; i < preview->n_random; i++) put_id(&to_see, preview->random[i]);
    gm_text_append(&to_see, "]");
    if (!gm_text_ok(&holes) || !gm_text_ok(&to_see)) return gm_nomem(err);
    GM_TRY(gm_store_begin(store, err));
    gm_status status =
        gm_store_put_preview(store, preview->token, user, query, gm_text_c(&holes), gm_text_c(&to_see), err);
    return gm_store_end(store, status, err);
}

gm_status gm_batch_preview_make(gm_store *store, const gm_hole_list *list, const gm_hole_filter *filter,
                                const char *query, const char *user, gm_batch_to_see *out, gm_error *err) {
    gm_auto_free const gm_hole_row **rows = gm_alloc_array(list->count + 1, sizeof *rows);
    gm_batch_to_see preview = {0};
    size_t count = 0;
    uint64_t seed = 0;
    if (!rows) return gm_nomem(err);
    for (size_t i = 0; i < list->count; i++)
        if (is_open(&list->items[i]) && gm_hole_fits(&list->items[i], filter)) rows[count++] = &list->items[i];
    if (!count)
        return gm_fail_at(err, GM_E_ARG, 0, 0,
                          "only labels of rules and models that nobody has touched can be approved", "no hole fits");
    qsort((void *)rows, count, sizeof *rows, by_confidence);
    GM_TRY(make_token(preview.token, &seed, err));
    choose_to_see(rows, count, seed, &preview);
    GM_TRY(keep_preview(store, rows, &preview, query, user, err));
    *out = preview;
    return GM_OK;
}

/* --- approval --- */

static gm_status check_seen(const json_t *to_see, const char *const *seen, size_t n_seen, gm_error *err) {
    size_t i, missing = 0;
    const json_t *id;
    json_array_foreach (to_see, i, id) {
        bool was_seen = false;
        for (size_t k = 0; k < n_seen; k++) was_seen |= strcmp(seen[k], json_string_value(id)) == 0;
        missing += !was_seen;
    }
    if (!missing) return GM_OK;
    return gm_fail_at(err, GM_E_ARG, 0, 0, "open each of the worst and of the random ones",
                      "%zu of the %zu holes to look at were not looked at", missing, json_array_size(to_see));
}

/* The label that the hole has now becomes one of the approver's; *done = false where there is nothing to approve any
 * more. */
static gm_status approve_one(gm_store *store, const char *hole, int64_t version, int64_t batch, const char *user,
                             bool *done, gm_error *err) {
    int64_t now;
    bool found = false;
    gm_label_version v = {.present = true, .batch = batch};
    *done = false;
    GM_TRY(gm_store_hole_version(store, hole, &now, err));
    if (now != version) return GM_OK;
    GM_TRY(gm_store_label(store, hole, GM_SOURCE_MODEL, &found, &v.label, err));
    if (!found) GM_TRY(gm_store_label(store, hole, GM_SOURCE_RULE, &found, &v.label, err));
    if (!found) return GM_OK;
    snprintf(v.sha256, sizeof v.sha256, "%s", hole);
    snprintf(v.gesture, sizeof v.gesture, "approved in batch %lld", (long long)batch);
    snprintf(v.label.author, sizeof v.label.author, "%s", user);
    v.label.source = GM_SOURCE_EXPERT;
    gm_time_utc(v.label.made_at);
    GM_TRY(review_state(store, hole, &v.label, &v.before, err));
    *done = true;
    return gm_store_add_version(store, &v, user, "label.approve", err);
}

static gm_status approve(gm_store *store, const char *token, const gm_batch_preview *preview, const json_t *holes,
                         const char *user, int64_t *batch, size_t *count, gm_error *err) {
    size_t n = 0;
    const char *hole;
    json_t *version;
    GM_TRY(gm_store_drop_preview(store, token, err)); /* once only */
    GM_TRY(gm_store_add_batch(store, user, preview->query, json_object_size(holes), batch, err));
    json_object_foreach ((json_t *)holes, hole, version) {
        bool done;
        GM_TRY(approve_one(store, hole, json_integer_value(version), *batch, user, &done, err));
        n += done;
    }
    *count = n;
    gm_auto_text subject = GM_TEXT_INIT, detail = GM_TEXT_INIT;
    gm_text_printf(&subject, "batch %lld", (long long)*batch);
    gm_text_printf(&detail, "%zu holes, query %s", n, preview->query);
    if (!gm_text_ok(&subject) || !gm_text_ok(&detail)) return gm_nomem(err);
    return gm_store_audit(store, user, "batch.approve", gm_text_c(&subject), gm_text_c(&detail), NULL, err);
}

static gm_status check_preview(const gm_batch_preview *preview, const char *const *seen, size_t n_seen,
                               const char *user, gm_error *err) {
    if (strcmp(preview->author, user) != 0)
        return gm_fail(err, GM_E_CONFLICT, "this preview was made for %s", preview->author);
    json_t *to_see = json_loads(preview->to_see, 0, NULL);
    gm_status status = to_see ? check_seen(to_see, seen, n_seen, err) : gm_nomem(err);
    json_decref(to_see);
    return status;
}

gm_status gm_batch_approve(gm_store *store, const char *token, const char *const *seen, size_t n_seen, const char *user,
                           int64_t *batch, size_t *count, gm_error *err) {
    gm_batch_preview preview;
    GM_TRY(gm_store_preview(store, token, &preview, err));
    gm_status status = check_preview(&preview, seen, n_seen, user, err);
    json_t *holes = json_loads(preview.holes, 0, NULL);
    if (status == GM_OK && !holes) status = gm_nomem(err);
    if (status == GM_OK) status = gm_store_begin(store, err);
    if (status == GM_OK)
        status = gm_store_end(store, approve(store, token, &preview, holes, user, batch, count, err), err);
    json_decref(holes);
    gm_batch_preview_finish(&preview);
    return status;
}

/* --- undo --- */

static gm_status undo_one(gm_store *store, const gm_label_version *approved, const char *user, bool *undone,
                          gm_error *err) {
    bool found;
    gm_label_version last, target;
    GM_TRY(
        gm_store_latest_version(store, approved->sha256, GM_SOURCE_EXPERT, approved->label.author, &found, &last, err));
    *undone = found && last.state == approved->id;
    if (!*undone) return GM_OK; /* edited since */
    gm_label_version v = {
        .label = last.label, .state = approved->before, .top = last.top, .present = approved->before != 0};
    if (v.present) {
        GM_TRY(gm_store_version_by_id(store, v.state, &target, err));
        v.label = target.label;
    }
    memcpy(v.sha256, approved->sha256, sizeof v.sha256);
    snprintf(v.gesture, sizeof v.gesture, "batch %lld undone", (long long)approved->batch);
    return gm_store_add_version(store, &v, user, "label.undo", err);
}

static gm_status undo(gm_store *store, int64_t batch, const gm_label_versions *versions, const char *user,
                      size_t *n_undone, size_t *n_kept, gm_error *err) {
    *n_undone = *n_kept = 0;
    for (size_t i = 0; i < versions->count; i++) {
        bool undone;
        GM_TRY(undo_one(store, &versions->items[i], user, &undone, err));
        *n_undone += undone;
        *n_kept += !undone;
    }
    GM_TRY(gm_store_batch_undone(store, batch, user, *n_kept, err));
    gm_auto_text subject = GM_TEXT_INIT, detail = GM_TEXT_INIT;
    gm_text_printf(&subject, "batch %lld", (long long)batch);
    gm_text_printf(&detail, "%zu undone, %zu edited since and kept", *n_undone, *n_kept);
    if (!gm_text_ok(&subject) || !gm_text_ok(&detail)) return gm_nomem(err);
    return gm_store_audit(store, user, "batch.undo", gm_text_c(&subject), gm_text_c(&detail), NULL, err);
}

/* Is it there, and not undone yet? */
static gm_status check_batch(gm_store *store, int64_t batch, gm_error *err) {
    gm_batches batches;
    GM_TRY(gm_store_batches(store, &batches, err));
    gm_status status = gm_fail(err, GM_E_NOTFOUND, "there is no batch %lld", (long long)batch);
    for (size_t i = 0; i < batches.count; i++) {
        const gm_batch *b = &batches.items[i];
        if (b->id != batch) continue;
        if (err) *err = (gm_error){0};
        status = b->undone_at[0] ? gm_fail(err, GM_E_CONFLICT, "batch %lld was undone by %s already", (long long)batch,
                                           b->undone_by)
                                 : GM_OK;
    }
    gm_batches_finish(&batches);
    return status;
}

gm_status gm_batch_undo(gm_store *store, int64_t batch, const char *user, size_t *n_undone, size_t *n_kept,
                        gm_error *err) {
    gm_label_versions versions = {0};
    GM_TRY(gm_store_begin(store, err));
    gm_status status = check_batch(store, batch, err);
    if (status == GM_OK) status = gm_store_batch_versions(store, batch, &versions, err);
    if (status == GM_OK) status = undo(store, batch, &versions, user, n_undone, n_kept, err);
    gm_label_versions_finish(&versions);
    return gm_store_end(store, status, err);
}
