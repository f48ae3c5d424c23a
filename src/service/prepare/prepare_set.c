#include "prepare_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Did the comparison with other holes change what is kept? It never moves a point. */
static bool is_refined(const gm_label *before, const gm_label *after) {
    bool refined = before->confidence != after->confidence || before->factor_pattern != after->factor_pattern;
    for (int p = 0; p < GM_N_POINTS; p++)
        refined |= before->points[p].confidence != after->points[p].confidence ||
                   strcmp(before->points[p].evidence, after->points[p].evidence) != 0;
    return refined;
}

gm_status prepared_label_set(prepare_job *job, gm_error *err) {
    gm_auto_free gm_label_set_item *items = gm_calloc(job->count + 1, sizeof *items);
    gm_auto_free gm_label *before = gm_calloc(job->count + 1, sizeof *before);
    gm_auto_free size_t *index = gm_calloc(job->count + 1, sizeof *index);
    if (!items || !before || !index) return gm_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < job->count; i++) {
        prepared_file *file = &job->files[i];
        if (!file->label) continue;
        items[n].label = file->label;
        memcpy(items[n].program_id, file->facts.program_id, sizeof items[n].program_id);
        before[n] = *file->label;
        index[n++] = i;
    }
    GM_TRY(gm_label_set(items, n, err));
    for (size_t k = 0; k < n; k++)
        if (is_refined(&before[k], items[k].label))
            GM_TRY(gm_store_put_label(job->store, job->files[index[k]].sha256, items[k].label, err));
    return GM_OK;
}

gm_status prepared_check_set(prepare_job *job, gm_error *err) {
    gm_auto_free gm_set_hole *holes = gm_calloc(job->count + 1, sizeof *holes);
    gm_auto_free gm_findings *findings = gm_calloc(job->count + 1, sizeof *findings);
    gm_auto_free size_t *index = gm_calloc(job->count + 1, sizeof *index);
    if (!holes || !findings || !index) return gm_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < job->count; i++)
        if (job->files[i].summary && job->files[i].is_hole) {
            holes[n] = (gm_set_hole){job->files[i].entry->relative, *job->files[i].summary};
            index[n++] = i;
        }
    gm_status status = gm_quality_check_set(holes, n, findings, err);
    for (size_t k = 0; k < n; k++) {
        prepared_file *file = &job->files[index[k]];
        file->findings = findings[k]; /* owned by the file from here on */
        if (status != GM_OK) continue;
        file->verdict = GM_MAX(file->verdict, gm_findings_worst(&file->findings));
        file->score *= gm_quality_score(&file->findings);
        status = gm_store_put_set_result(job->store, job->root, file->entry->relative, file->verdict, file->score, err);
    }
    return status;
}

void prepared_count(const prepare_job *job, gm_prepare_summary *out) {
    for (size_t i = 0; i < job->count; i++) {
        const prepared_file *file = &job->files[i];
        if (file->skipped) {
            out->skipped++;
            continue;
        }
        out->files++;
        out->unchanged += file->unchanged;
        out->records += file->is_hole;
        out->verdicts[file->verdict] += file->is_hole || file->verdict == GM_ERROR;
        if (!file->label || !file->is_hole) continue;
        const char *category = gm_label_category(file->label->confidence);
        out->labels[category[0] == 'h' ? 0 : category[0] == 'm' ? 1 : 2]++;
        for (int p = 0; p < GM_N_POINTS; p++) out->points[p] += !isnan(file->label->points[p].mm);
    }
}

/* The findings of the file and of the set in one JSON array. */
static char *join_findings(const char *own, const gm_findings *set) {
    gm_auto_text more = GM_TEXT_INIT, all = GM_TEXT_INIT;
    gm_findings_to_json(set, &more);
    if (set->count == 0) return gm_strdup(own);
    const char *own_end = strrchr(own, ']');
    bool empty = own_end && strchr(own, '{') == NULL;
    if (!own_end || empty) return gm_text_take(&more);
    const char *list = strchr(gm_text_c(&more), '[');
    if (!gm_text_ok(&more) || !list) return NULL;
    gm_text_append_n(&all, own, (size_t)(own_end - own));
    gm_text_append(&all, ",");
    gm_text_append(&all, list + 1);
    return gm_text_take(&all);
}

static gm_status load_for_plot(void *ctx, const char *sha256, gm_record **out, gm_error *err) {
    return gm_store_load_hole(ctx, sha256, out, err);
}

static gm_status add_row(gm_quality_report *report, const prepared_file *file, gm_error *err) {
    gm_auto_free char *findings = join_findings(file->findings_json, &file->findings);
    const char *relative = file->entry->relative, *slash = strrchr(relative, '/');
    gm_auto_free char *family = gm_strndup(relative, slash ? (size_t)(slash - relative) : 0);
    if (!findings || !family) return gm_nomem(err);
    gm_quality_row row = {.file = relative,
                          .sha256 = file->sha256,
                          .family = family,
                          .findings = findings,
                          .verdict = file->verdict,
                          .score = file->score,
                          .label = file->label};
    return gm_quality_report_add(report, &row, err);
}

/* Each input folder has a report of its own, so that preparing one does not take the others out of the picture. */
static char *report_folder(const prepare_job *job) {
    char hash[GM_SHA256_HEX];
    gm_auto_text path = GM_TEXT_INIT;
    gm_sha256(job->root, strlen(job->root), hash);
    gm_text_printf(&path, "%s/quality/folders/%.16s", job->options->output_dir, hash);
    return gm_text_take(&path);
}

/* The same file under another name, in one step: as a second name of it, else as a copy. */
static gm_status repeat_file(const char *from, const char *to, gm_error *err) {
    gm_auto_text part = GM_TEXT_INIT;
    gm_text_printf(&part, "%s.part", to);
    if (!gm_text_ok(&part)) return gm_nomem(err);
    unlink(gm_text_c(&part));
    if (link(from, gm_text_c(&part)) == 0 && rename(gm_text_c(&part), to) == 0) return GM_OK;
    gm_auto_free char *bytes = NULL;
    size_t size;
    GM_TRY(gm_read_file(from, (size_t)1 << 30, &bytes, &size, err));
    return gm_write_file_fast(to, bytes, size, err);
}

static gm_status fill_report(const prepare_job *job, const char *folder, size_t skipped, gm_error *err) {
    gm_auto(gm_quality_report) report = NULL;
    GM_TRY(gm_quality_report_new(folder, &report, err));
    gm_quality_report_skipped(report, skipped);
    for (size_t i = 0; i < job->count; i++)
        if (!job->files[i].skipped) GM_TRY(add_row(report, &job->files[i], err));
    return gm_quality_report_finish(report, load_for_plot, job->store, err);
}

static gm_status write_report(prepare_job *job, gm_prepare_summary *out, gm_error *err) {
    gm_auto_free char *latest = gm_path_join(job->options->output_dir, "quality"), *folder = report_folder(job);
    out->report_json = latest ? gm_path_join(latest, "report.json") : NULL;
    out->report_html = latest ? gm_path_join(latest, "report.html") : NULL;
    if (!out->report_json || !out->report_html || !folder) return gm_nomem(err);
    gm_auto_free char *json = gm_path_join(folder, "report.json"), *html = gm_path_join(folder, "report.html");
    if (!json || !html) return gm_nomem(err);
    GM_TRY(gm_make_dirs(folder, err));
    GM_TRY(fill_report(job, folder, out->skipped, err));
    GM_TRY(repeat_file(html, out->report_html, err));
    return repeat_file(json, out->report_json, err);
}

static gm_status list_refused(const prepare_job *job, gm_prepare_summary *out, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    size_t n = 0;
    for (size_t i = 0; i < job->count; i++) {
        const prepared_file *file = &job->files[i];
        if (file->skipped || file->verdict != GM_ERROR) continue;
        if (n++ >= 20) continue;
        json_t *findings = json_loads(file->findings_json, 0, NULL);
        const json_t *first = json_array_get(findings, 0);
        const char *message = json_string_value(json_object_get(first, "message"));
        const char *hint = json_string_value(json_object_get(first, "hint"));
        gm_text_printf(&text, "  %s: %s%s%s%s\n", file->entry->relative, message ? message : "", hint ? " (" : "",
                       hint ? hint : "", hint ? ")" : "");
        json_decref(findings);
    }
    if (n > 20) gm_text_printf(&text, "  ... and %zu more, all in the quality report\n", n - 20);
    if (!gm_text_ok(&text)) return gm_nomem(err);
    out->refused = n ? gm_text_take(&text) : NULL;
    return GM_OK;
}

gm_status prepared_reports(prepare_job *job, gm_prepare_summary *out, gm_error *err) {
    GM_TRY(list_refused(job, out, err));
    GM_TRY(write_report(job, out, err));
    if (!job->options->auto_label) return GM_OK;
    out->labels_csv = gm_path_join(job->options->output_dir, "labels.csv");
    if (!out->labels_csv) return gm_nomem(err);
    size_t n;
    return gm_labels_export(job->options->output_dir, GM_LABELS_CSV, out->labels_csv, &n, err);
}
