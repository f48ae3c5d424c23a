#include "review_internal.h"

#include <stdio.h>
#include <string.h>

/* A marker this near to evidence sits on it. */
static const double on_evidence_mm = 0.02, near_evidence_mm = 0.5;
/* Points may lie a little outside of what was recorded: a measured truth, a tip that touched between two rows. */
static const double margin_mm = 1;

/* --- checks --- */

static gm_status check_order(const double mm[GM_N_POINTS], gm_error *err) {
    int before = -1;
    for (int p = 0; p < GM_N_POINTS; p++) {
        if (isnan(mm[p])) continue;
        if (before >= 0 && mm[p] < mm[before]) {
            gm_auto_text text = GM_TEXT_INIT;
            gm_text_printf(&text, "%s at ", gm_point_name((gm_point)p));
            gm_text_number(&text, mm[p], 3);
            gm_text_printf(&text, " mm lies above %s at ", gm_point_name((gm_point)before));
            gm_text_number(&text, mm[before], 3);
            return gm_fail(err, GM_E_ARG, "%s mm: the drill meets them in the order entry, transition, exit",
                           gm_text_c(&text));
        }
        before = p;
    }
    return GM_OK;
}

static gm_status check_range(const gm_record *record, const double mm[GM_N_POINTS], gm_error *err) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < record->n; i++) {
        low = fmin(low, record->depth_mm[i]);
        high = fmax(high, record->depth_mm[i]);
    }
    for (int p = 0; p < GM_N_POINTS; p++) {
        if (isnan(mm[p]) || (mm[p] >= low - margin_mm && mm[p] <= high + margin_mm)) continue;
        gm_auto_text text = GM_TEXT_INIT;
        gm_text_printf(&text, "%s at ", gm_point_name((gm_point)p));
        gm_text_number(&text, mm[p], 2);
        gm_text_append(&text, " mm lies outside of the record, which goes from ");
        gm_text_number(&text, low, 2);
        gm_text_append(&text, " to ");
        gm_text_number(&text, high, 2);
        return gm_fail(err, GM_E_ARG, "%s mm", gm_text_c(&text));
    }
    return GM_OK;
}

static gm_status check_texts(const gm_label_edit *edit, gm_error *err) {
    const size_t room = sizeof((gm_label *)0)->reason - 1;
    if (edit->reason && strlen(edit->reason) > room)
        return gm_fail(err, GM_E_ARG, "the reason is longer than %zu bytes: put the rest into a comment", room);
    if (edit->rejected && (!edit->reason || !edit->reason[0]))
        return gm_fail_at(err, GM_E_ARG, 0, 0, "for example: air hole, aborted, wrong program",
                          "a rejected hole needs a reason");
    return GM_OK;
}

static gm_status check_version(gm_store *store, const char *hole, int64_t expected, gm_error *err) {
    int64_t version;
    GM_TRY(gm_store_hole_version(store, hole, &version, err));
    if (expected < 0 || version == expected) return GM_OK;
    return gm_fail_at(err, GM_E_CONFLICT, 0, 0, "look at the newer one, then decide again",
                      "somebody else has changed this hole: it has version %lld, not %lld", (long long)version,
                      (long long)expected);
}

static gm_status check_hole(gm_store *store, const char *hole, gm_error *err) {
    bool found, has_summary;
    gm_hole_facts facts;
    GM_TRY(gm_store_recall_hole(store, hole, &found, &facts, NULL, 0, -1, &has_summary, err));
    return found ? GM_OK : gm_fail(err, GM_E_NOTFOUND, "there is no hole %.64s", hole);
}

/* --- one person's label --- */

/* "torque leaves the air level in step 2", or how far from it. */
static void describe_place(const gm_candidates *evidence, gm_point point, gm_label_point *out) {
    const gm_candidate *at = gm_candidates_near(evidence, point, out->mm, near_evidence_mm);
    if (isnan(out->mm)) {
        snprintf(out->evidence, sizeof out->evidence, "marked absent");
    } else if (!at) {
        snprintf(out->evidence, sizeof out->evidence, "set by hand");
    } else if (fabs(at->mm - out->mm) <= on_evidence_mm) {
        snprintf(out->evidence, sizeof out->evidence, "set where %s", at->text);
    } else {
        gm_auto_text distance = GM_TEXT_INIT;
        gm_text_number(&distance, fabs(at->mm - out->mm), 2);
        snprintf(out->evidence, sizeof out->evidence, "set by hand, %s mm %s where %s", gm_text_c(&distance),
                 out->mm < at->mm ? "before" : "after", at->text);
    }
}

/* The label that an edit stands for. Checks what can be checked without the history. */
static gm_status make_label(gm_store *store, const gm_label_edit *edit, gm_label_source source, gm_label *out,
                            gm_error *err) {
    gm_auto(gm_record) record = NULL;
    GM_TRY(check_hole(store, edit->hole, err));
    GM_TRY(check_texts(edit, err));
    GM_TRY(check_order(edit->mm, err));
    GM_TRY(gm_store_load_hole(store, edit->hole, &record, err));
    GM_TRY(check_range(record, edit->mm, err));
    gm_candidates evidence;
    GM_TRY(gm_candidates_of(record, &evidence, err));
    gm_label label = GM_LABEL_EMPTY;
    label.source = source;
    label.rejected = edit->rejected;
    label.confidence = 1;
    gm_time_utc(label.made_at);
    snprintf(label.author, sizeof label.author, "%s", edit->author);
    snprintf(label.reason, sizeof label.reason, "%s", edit->reason ? edit->reason : "");
    for (int p = 0; p < GM_N_POINTS; p++) {
        label.points[p].mm = edit->mm[p];
        label.points[p].confidence = 1;
        describe_place(&evidence, (gm_point)p, &label.points[p]);
    }
    gm_candidates_finish(&evidence);
    *out = label;
    return GM_OK;
}

static void fill_result(const gm_label_version *v, gm_review_result *out) {
    *out = (gm_review_result){.version = v->version,
                              .has_label = v->present,
                              .label = v->label,
                              .can_undo = v->state != 0,
                              .can_redo = v->state != v->top};
}

gm_status review_state(gm_store *store, const char *hole, const gm_label *label, int64_t *state, gm_error *err) {
    bool found;
    gm_label_version last;
    GM_TRY(gm_store_latest_version(store, hole, label->source, label->author, &found, &last, err));
    *state = found ? last.state : 0;
    return GM_OK;
}

static gm_status put_gesture(gm_store *store, const gm_label_edit *edit, const gm_label *label, const char *action,
                             gm_label_version *v, gm_error *err) {
    GM_TRY(check_version(store, edit->hole, edit->expected_version, err));
    *v = (gm_label_version){.present = true, .label = *label};
    snprintf(v->sha256, sizeof v->sha256, "%s", edit->hole);
    snprintf(v->gesture, sizeof v->gesture, "%s", edit->gesture && edit->gesture[0] ? edit->gesture : "edited");
    GM_TRY(review_state(store, edit->hole, label, &v->before, err));
    return gm_store_add_version(store, v, edit->author, action, err);
}

static gm_status save(gm_store *store, const gm_label_edit *edit, gm_label_source source, const char *action,
                      gm_review_result *out, gm_error *err) {
    gm_label label;
    gm_label_version v;
    GM_TRY(make_label(store, edit, source, &label, err));
    GM_TRY(gm_store_begin(store, err));
    GM_TRY(gm_store_end(store, put_gesture(store, edit, &label, action, &v, err), err));
    fill_result(&v, out);
    return GM_OK;
}

gm_status gm_review_save(gm_store *store, const gm_label_edit *edit, gm_review_result *out, gm_error *err) {
    return save(store, edit, GM_SOURCE_EXPERT, edit->rejected ? "label.reject" : "label.save", out, err);
}

gm_status gm_review_adjudicate(gm_store *store, const gm_label_edit *edit, gm_review_result *out, gm_error *err) {
    return save(store, edit, GM_SOURCE_TRUTH, "label.adjudicate", out, err);
}

/* --- undo and redo --- */

/* A person's labels of a hole live in two chains: as an expert and as the one who adjudicates. The one touched last
 * and still able to go this way is meant. */
static gm_status find_chain(gm_store *store, const char *hole, const char *author, bool back, bool *found,
                            gm_label_version *out, gm_error *err) {
    static const gm_label_source sources[] = {GM_SOURCE_EXPERT, GM_SOURCE_TRUTH};
    *found = false;
    for (size_t i = 0; i < GM_COUNT(sources); i++) {
        bool exists;
        gm_label_version last;
        GM_TRY(gm_store_latest_version(store, hole, sources[i], author, &exists, &last, err));
        if (!exists || !(back ? last.state != 0 : last.state != last.top)) continue;
        if (*found && last.id < out->id) continue;
        *found = true;
        *out = last;
    }
    return GM_OK;
}

/* The state one step nearer to the newest one. */
static gm_status state_after(gm_store *store, const gm_label_version *last, int64_t *state, gm_error *err) {
    gm_label_version v;
    for (*state = last->top;; *state = v.before) {
        GM_TRY(gm_store_version_by_id(store, *state, &v, err));
        if (v.before == last->state) return GM_OK;
    }
}

static gm_status go(gm_store *store, const char *hole, const char *author, int64_t expected, bool back,
                    gm_label_version *v, gm_error *err) {
    bool found;
    gm_label_version last, target;
    GM_TRY(check_version(store, hole, expected, err));
    GM_TRY(find_chain(store, hole, author, back, &found, &last, err));
    if (!found)
        return gm_fail(err, GM_E_ARG, "there is nothing of %s to %s in this hole", author, back ? "undo" : "redo");
    int64_t state;
    if (back) {
        GM_TRY(gm_store_version_by_id(store, last.state, &target, err));
        state = target.before;
    } else {
        GM_TRY(state_after(store, &last, &state, err));
    }
    *v = (gm_label_version){.label = last.label, .state = state, .top = last.top, .present = state != 0};
    memcpy(v->sha256, last.sha256, sizeof v->sha256);
    if (state != 0) {
        GM_TRY(gm_store_version_by_id(store, state, &target, err));
        v->label = target.label;
        gm_time_utc(v->label.made_at);
    }
    snprintf(v->gesture, sizeof v->gesture, "%s", back ? "undo" : "redo");
    return gm_store_add_version(store, v, author, back ? "label.undo" : "label.redo", err);
}

static gm_status step(gm_store *store, const char *hole, const char *author, int64_t expected, bool back,
                      gm_review_result *out, gm_error *err) {
    gm_label_version v;
    GM_TRY(gm_store_begin(store, err));
    GM_TRY(gm_store_end(store, go(store, hole, author, expected, back, &v, err), err));
    fill_result(&v, out);
    return gm_review_can(store, hole, author, &out->can_undo, &out->can_redo, err);
}

gm_status gm_review_undo(gm_store *store, const char *hole, const char *author, int64_t expected_version,
                         gm_review_result *out, gm_error *err) {
    return step(store, hole, author, expected_version, true, out, err);
}

gm_status gm_review_redo(gm_store *store, const char *hole, const char *author, int64_t expected_version,
                         gm_review_result *out, gm_error *err) {
    return step(store, hole, author, expected_version, false, out, err);
}

gm_status gm_review_can(gm_store *store, const char *hole, const char *author, bool *can_undo, bool *can_redo,
                        gm_error *err) {
    gm_label_version v;
    GM_TRY(find_chain(store, hole, author, true, can_undo, &v, err));
    return find_chain(store, hole, author, false, can_redo, &v, err);
}

/* --- words --- */

static gm_status add_comment(gm_store *store, const char *hole, const char *author, const char *text, int64_t *id,
                             char at[GM_TIME_TEXT], gm_error *err) {
    GM_TRY(gm_store_add_comment(store, hole, author, text, id, at, err));
    return gm_store_audit(store, author, "comment.add", hole, text, NULL, err);
}

gm_status gm_review_comment(gm_store *store, const char *hole, const char *author, const char *text, int64_t *id,
                            char at[GM_TIME_TEXT], gm_error *err) {
    if (!text[strspn(text, " \t\r\n")]) return gm_fail(err, GM_E_ARG, "the comment is empty");
    if (strlen(text) > GM_COMMENT_MAX)
        return gm_fail(err, GM_E_ARG, "the comment is longer than %d bytes", GM_COMMENT_MAX);
    GM_TRY(check_hole(store, hole, err));
    GM_TRY(gm_store_begin(store, err));
    return gm_store_end(store, add_comment(store, hole, author, text, id, at, err), err);
}
