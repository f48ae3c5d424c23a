/* What of a hole depends on who asks: labels, ghosts, candidates, comments, undo. */
#include "editing_internal.h"
#include "service/review/fold_predictions.h"
#include "service/review/review.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- holes with a truth that is hidden --- */

/* Who has labelled it otherwise. */
static void keep_other_authors(const api_request *request, const gm_stored_labels *labels, gm_hole_row *row) {
    const char **names = gm_arena_alloc(request->arena, (row->n_authors + 1) * sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names && i < row->n_authors; i++) {
        bool otherwise = false;
        for (size_t k = 0; k < labels->count; k++)
            otherwise |= labels->items[k].label.source != GM_SOURCE_TRUTH &&
                         strcmp(labels->items[k].label.author, row->authors[i]) == 0;
        if (otherwise) names[n++] = row->authors[i];
    }
    row->authors = names;
    row->n_authors = n;
}

/* Without the truth: the label that would count then. */
static void hide_truth(const api_request *request, const gm_stored_labels *labels, gm_hole_row *row,
                       gm_stored_hole *hole) {
    hole->has_label = false;
    for (size_t i = 0; i < labels->count; i++) { /* by source: the last that is not the truth counts */
        if (labels->items[i].label.source == GM_SOURCE_TRUTH) continue;
        hole->label = labels->items[i].label;
        hole->has_label = true;
    }
    row->hole = hole;
    row->sources &= ~(1u << GM_SOURCE_TRUTH);
    if (!(row->sources & 1u << GM_SOURCE_EXPERT)) row->state = GM_STATE_AUTO;
    keep_other_authors(request, labels, row);
}

gm_status api_truth_is_hidden(const api_request *request, const gm_hole_row *row, bool *out, gm_error *err) {
    gm_stored_labels labels;
    *out = false;
    if (!(row->sources & 1u << GM_SOURCE_TRUTH) || request->user.role >= GM_ROLE_ENGINEER) return GM_OK;
    GM_TRY(gm_project_labels(request->project, row->hole->sha256, &labels, err));
    for (size_t i = 0; i < labels.count; i++) *out |= !api_may_see_label(request, &labels, &labels.items[i].label);
    gm_stored_labels_finish(&labels);
    return GM_OK;
}

json_t *api_json_hole_for(const api_request *request, const gm_hole_row *row) {
    gm_stored_labels labels;
    bool hidden = false;
    if (!(row->sources & 1u << GM_SOURCE_TRUTH) || request->user.role >= GM_ROLE_ENGINEER) return api_json_hole(row);
    if (gm_project_labels(request->project, row->hole->sha256, &labels, NULL) != GM_OK) return NULL;
    for (size_t i = 0; i < labels.count; i++) hidden |= !api_may_see_label(request, &labels, &labels.items[i].label);
    gm_hole_row shown = *row;
    gm_stored_hole hole = *row->hole;
    if (hidden) hide_truth(request, &labels, &shown, &hole);
    gm_stored_labels_finish(&labels);
    return api_json_hole(&shown);
}

/* --- ghosts and candidates --- */

static json_t *ghost_json(const char *name, const gm_label *label) {
    return json_pack("{s:s, s:s, s:o}", "name", name, "source", gm_label_source_name(label->source), "points",
                     api_json_points(label));
}

/* The newest run's prediction by the fold that has not seen the hole, as a label; false when there is none. */
static bool model_label(const gm_fold_predictions *predictions, const char *file, gm_label *out, char name[300]) {
    const gm_out_of_fold_row *p = gm_out_of_fold_find(&predictions->table, file);
    if (!p) return false;
    *out = GM_LABEL_EMPTY;
    out->source = GM_SOURCE_MODEL;
    for (int i = 0; i < GM_N_POINTS; i++) {
        out->points[i].mm = p->mm[i];
        out->points[i].confidence = p->confidence[i];
        if (!isfinite(p->half_mm[i])) continue;
        gm_auto_text text = GM_TEXT_INIT;
        gm_text_append(&text, "likely within ");
        gm_text_number(&text, p->half_mm[i], 2);
        gm_text_append(&text, " mm");
        snprintf(out->points[i].evidence, sizeof out->points[i].evidence, "%s", gm_text_c(&text));
    }
    if (p->fold)
        snprintf(name, 300, "model %.200s (fold %d)", predictions->run, p->fold);
    else
        snprintf(name, 300, "model %.200s", predictions->run);
    return true;
}

typedef struct {
    const gm_record *record;
    gm_candidates candidates;
    json_t *ghosts;
} markers;

static gm_status add_marker(markers *to, const char *name, const gm_label *label, gm_error *err) {
    json_array_append_new(to->ghosts, ghost_json(name, label));
    for (int p = 0; p < GM_N_POINTS; p++) {
        if (!isfinite(label->points[p].mm)) continue;
        gm_candidate c = {.kind = label->source == GM_SOURCE_MODEL ? GM_CANDIDATE_MODEL_PEAK : GM_CANDIDATE_LABEL,
                          .point = (gm_point)p,
                          .mm = label->points[p].mm,
                          .strength = label->source == GM_SOURCE_TRUTH ? 1 : 0.7};
        snprintf(c.text, sizeof c.text, "%s of %.120s", gm_point_name((gm_point)p), name);
        GM_TRY(gm_candidates_add(&to->candidates, to->record, &c, err));
    }
    return GM_OK;
}

/* Every fold of the newest run, as soon as they are known. */
static gm_status add_folds(const api_request *request, const char *run, const char *hole, markers *to, gm_error *err) {
    const api_editing *editing = request->state;
    gm_auto_free gm_label *labels = NULL;
    size_t n = 0;
    if (!editing->ghosts || !run[0]) return GM_OK;
    GM_TRY(gm_fold_ghosts_get(editing->ghosts, run, hole, &labels, &n, err));
    for (size_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "fold %zu", i + 1);
        json_array_append_new(to->ghosts, ghost_json(name, &labels[i]));
    }
    return GM_OK;
}

static gm_status add_markers(const api_request *request, const gm_stored_labels *labels, const gm_stored_hole *hole,
                             markers *to, gm_error *err) {
    for (size_t i = labels->count; i > 0; i--) {
        const gm_label *label = &labels->items[i - 1].label;
        const bool of_person = label->source >= GM_SOURCE_EXPERT && label->author[0];
        if (!api_may_see_label(request, labels, label)) continue;
        if (label->source == GM_SOURCE_EXPERT && strcmp(label->author, request->user.name) == 0)
            json_array_append_new(to->ghosts, ghost_json(label->author, label)); /* nobody snaps to their own marker */
        else
            GM_TRY(add_marker(to, of_person ? label->author : gm_label_source_name(label->source), label, err));
    }
    gm_fold_predictions predictions;
    gm_label label;
    char name[300];
    GM_TRY(gm_fold_predictions_read(request->models_dir, &predictions, err));
    gm_status status = GM_OK;
    if (model_label(&predictions, hole->file, &label, name)) status = add_marker(to, name, &label, err);
    if (status == GM_OK) status = add_folds(request, predictions.run, hole->sha256, to, err);
    gm_fold_predictions_finish(&predictions);
    return status;
}

static json_t *candidates_json(const gm_candidates *candidates) {
    json_t *list = json_array();
    for (size_t i = 0; i < candidates->count; i++) {
        const gm_candidate *c = &candidates->items[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:I, s:s, s:f}", "point",
                                              c->point < GM_N_POINTS ? gm_point_name(c->point) : "any", "kind",
                                              gm_candidate_kind_name(c->kind), "mm", c->mm, "row", (json_int_t)c->row,
                                              "text", c->text, "strength", c->strength));
    }
    return list;
}

gm_status api_add_hole_parts(const api_request *request, gm_store *store, const gm_hole_row *row,
                             const gm_record *record, json_t *hole, gm_error *err) {
    const char *id = row->hole->sha256;
    gm_stored_labels labels = {0};
    gm_comments comments = {0};
    markers to = {.record = record, .ghosts = json_array()};
    bool can_undo, can_redo;
    gm_status status = gm_candidates_of(record, &to.candidates, err);
    if (status == GM_OK) status = gm_store_labels(store, id, &labels, err);
    if (status == GM_OK) status = gm_store_comments(store, id, &comments, err);
    if (status == GM_OK) status = add_markers(request, &labels, row->hole, &to, err);
    if (status == GM_OK) status = gm_review_can(store, id, request->user.name, &can_undo, &can_redo, err);
    if (status == GM_OK) {
        json_object_set_new(hole, "labels", api_json_labels(request, &labels));
        json_object_set(hole, "ghosts", to.ghosts);
        json_object_set_new(hole, "candidates", candidates_json(&to.candidates));
        json_object_set_new(hole, "comments", api_json_comments(&comments));
        json_object_set_new(hole, "can_undo", json_boolean(can_undo));
        json_object_set_new(hole, "can_redo", json_boolean(can_redo));
    }
    json_decref(to.ghosts);
    gm_candidates_finish(&to.candidates);
    gm_stored_labels_finish(&labels);
    gm_comments_finish(&comments);
    return status;
}
