/* Collecting a report: rows go straight to report.json, counts and the worst holes stay for the page. */
#include "report_internal.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static void finish_row(gm_kept_row *row) {
    gm_free(row->file);
    gm_free(row->sha256);
    gm_free(row->findings);
    *row = (gm_kept_row){0};
}

static gm_status keep_row(const gm_quality_row *row, gm_kept_row *out, gm_error *err) {
    gm_kept_row kept = {.file = gm_strdup(row->file),
                        .sha256 = gm_strdup(row->sha256),
                        .findings = gm_strdup(row->findings),
                        .verdict = row->verdict,
                        .score = row->score,
                        .has_label = row->label != NULL};
    if (row->label) kept.label = *row->label;
    if (!kept.file || !kept.sha256 || !kept.findings) {
        finish_row(&kept);
        return gm_nomem(err);
    }
    finish_row(out);
    *out = kept;
    return GM_OK;
}

void gm_quality_report_free(gm_quality_report *r) {
    if (!r) return;
    if (r->json) {
        fclose(r->json);
        unlink(r->part_path);
    }
    for (size_t i = 0; i < r->n_families; i++) gm_free(r->families[i].name);
    for (size_t i = 0; i < r->n_checks; i++) {
        gm_free(r->checks[i].check);
        gm_free(r->checks[i].hint);
        for (size_t k = 0; k < r->checks[i].n_worst; k++) finish_row(&r->checks[i].worst[k]);
    }
    for (size_t i = 0; i < r->n_listed; i++) finish_row(&r->listed[i]);
    gm_free(r->dir);
    gm_free(r->json_path);
    gm_free(r->part_path);
    gm_free(r);
}

static gm_status write_failed(const gm_quality_report *r, gm_error *err) {
    return gm_fail(err, GM_E_IO, "%s: cannot be written: %s", r->part_path, strerror(errno));
}

gm_status gm_quality_report_new(const char *dir, gm_quality_report **out, gm_error *err) {
    GM_TRY(gm_make_dirs(dir, err));
    gm_auto(gm_quality_report) r = gm_calloc(1, sizeof *r);
    if (!r) return gm_nomem(err);
    r->dir = gm_strdup(dir);
    r->json_path = gm_path_join(dir, "report.json");
    r->part_path = gm_path_join(dir, "report.json.part");
    if (!r->dir || !r->json_path || !r->part_path) return gm_nomem(err);
    r->json = fopen(r->part_path, "wb");
    if (!r->json) return write_failed(r, err);
    char now[GM_TIME_TEXT];
    gm_time_utc(now);
    if (fprintf(r->json, "{\"format\":\"gimlet quality report 1\",\"made_at\":\"%s\",\"gimlet\":\"%s\",\n\"files\":[",
                now, GM_VERSION) < 0)
        return write_failed(r, err);
    *out = gm_steal(&r);
    return GM_OK;
}

static gm_status write_row(gm_quality_report *r, const gm_quality_row *row, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_append(&text, r->n_files ? ",\n{\"file\":" : "\n{\"file\":");
    gm_text_json_string(&text, row->file);
    gm_text_append(&text, ",\"sha256\":");
    gm_text_json_string(&text, row->sha256);
    gm_text_printf(&text, ",\"verdict\":\"%s\",\"score\":", gm_verdict_name(row->verdict));
    if (isfinite(row->score))
        gm_text_number(&text, row->score, 3);
    else
        gm_text_append(&text, "null");
    gm_text_append(&text, ",\"findings\":");
    gm_text_append(&text, row->findings);
    gm_text_append(&text, "}");
    if (!gm_text_ok(&text)) return gm_nomem(err);
    if (fwrite(text.data, 1, text.length, r->json) != text.length) return write_failed(r, err);
    return GM_OK;
}

static void count_row(gm_report_family *family, const gm_quality_row *row) {
    family->verdicts[row->verdict]++;
    if (!isfinite(row->score)) return;
    family->score_sum += row->score;
    family->scored++;
}

static gm_status count_family(gm_quality_report *r, const gm_quality_row *row, gm_error *err) {
    count_row(&r->all, row);
    const char *name = row->family ? row->family : "";
    for (size_t i = r->n_families; i-- > 0;) /* rows come sorted: usually the last one */
        if (strcmp(r->families[i].name, name) == 0 || i == GM_REPORT_FAMILIES - 1) {
            count_row(&r->families[i], row);
            return GM_OK;
        }
    gm_report_family *family = &r->families[r->n_families];
    family->name = gm_strdup(r->n_families == GM_REPORT_FAMILIES - 1 ? "(all further folders)" : name);
    if (!family->name) return gm_nomem(err);
    r->n_families++;
    count_row(family, row);
    return GM_OK;
}

static gm_report_check *find_check(gm_quality_report *r, const char *name) {
    for (size_t i = 0; i < r->n_checks; i++)
        if (strcmp(r->checks[i].check, name) == 0) return &r->checks[i];
    if (r->n_checks == GM_REPORT_CHECKS) return NULL;
    gm_report_check *check = &r->checks[r->n_checks];
    check->check = gm_strdup(name);
    if (!check->check) return NULL;
    r->n_checks++;
    return check;
}

/* The hint of its gravest finding. */
static void take_hint(gm_report_check *check, gm_severity severity, const char *hint) {
    if (!hint) return;
    for (gm_severity s = severity; check->hint && s <= GM_ERROR; s++)
        if (check->severities[s]) return;
    char *copy = gm_strdup(hint);
    if (!copy) return;
    gm_free(check->hint);
    check->hint = copy;
}

static gm_severity severity_of(const char *name) {
    for (gm_severity s = GM_INFO; s < GM_ERROR; s++)
        if (strcmp(gm_severity_name(s), name) == 0) return s;
    return GM_ERROR;
}

/* Among the worst of its check? Lower score is worse. */
static gm_status keep_worst(gm_report_check *check, const gm_quality_row *row, gm_error *err) {
    if (check->n_worst < GM_REPORT_PER_CHECK) return keep_row(row, &check->worst[check->n_worst++], err);
    size_t best = 0;
    for (size_t i = 1; i < check->n_worst; i++)
        if (check->worst[i].score > check->worst[best].score) best = i;
    return row->score < check->worst[best].score ? keep_row(row, &check->worst[best], err) : GM_OK;
}

static gm_status count_findings(gm_quality_report *r, const gm_quality_row *row, json_t *findings, gm_error *err) {
    size_t index;
    json_t *item;
    gm_report_check *leading = NULL, *seen[64];
    gm_severity leading_severity = GM_INFO;
    size_t n_seen = 0;
    json_array_foreach (findings, index, item) {
        const char *name = json_string_value(json_object_get(item, "check"));
        const char *severity = json_string_value(json_object_get(item, "severity"));
        const char *hint = json_string_value(json_object_get(item, "hint"));
        if (!name || !severity) continue;
        gm_report_check *check = find_check(r, name);
        if (!check) continue; /* more kinds than the table holds: report.json has them */
        gm_severity s = severity_of(severity);
        take_hint(check, s, hint);
        check->severities[s]++;
        bool known = false;
        for (size_t i = 0; i < n_seen; i++) known |= seen[i] == check;
        if (!known) check->files++;
        if (!known && n_seen < GM_COUNT(seen)) seen[n_seen++] = check;
        if (s > leading_severity) leading = check, leading_severity = s;
    }
    /* a hole is shown once, under its gravest finding; what is no record has nothing to show */
    if (leading && isfinite(row->score) && row->verdict < GM_ERROR) return keep_worst(leading, row, err);
    return GM_OK;
}

gm_status gm_quality_report_add(gm_quality_report *r, const gm_quality_row *row, gm_error *err) {
    GM_TRY(write_row(r, row, err));
    r->n_files++;
    GM_TRY(count_family(r, row, err));
    if (strcmp(row->findings, "[]") == 0) return GM_OK;
    json_error_t parse_error;
    json_t *findings = json_loads(row->findings, 0, &parse_error);
    if (!findings) return gm_fail(err, GM_E_FORMAT, "%s: findings are no JSON: %s", row->file, parse_error.text);
    gm_status status = count_findings(r, row, findings, err);
    json_decref(findings);
    GM_TRY(status);
    if (row->verdict == GM_INFO) return GM_OK;
    if (r->n_listed == GM_REPORT_LISTED) {
        r->n_unlisted++;
        return GM_OK;
    }
    return keep_row(row, &r->listed[r->n_listed++], err);
}

void gm_quality_report_skipped(gm_quality_report *report, size_t count) {
    report->n_skipped += count;
}

static void add_verdicts(gm_text *text, const size_t counts[4]) {
    for (gm_severity s = GM_INFO; s <= GM_ERROR; s++)
        gm_text_printf(text, "%s\"%s\":%zu", s ? "," : "", gm_verdict_name(s), counts[s]);
}

static void add_score(gm_text *text, const gm_report_family *family) {
    gm_text_append(text, ",\"mean_score\":");
    if (family->scored)
        gm_text_number(text, family->score_sum / (double)family->scored, 3);
    else
        gm_text_append(text, "null");
}

static void write_totals(const gm_quality_report *r, gm_text *text) {
    gm_text_printf(text, "\n],\n\"totals\":{\"files\":%zu,\"skipped\":%zu,", r->n_files, r->n_skipped);
    add_verdicts(text, r->all.verdicts);
    add_score(text, &r->all);
    gm_text_append(text, ",\n\"families\":{");
    for (size_t i = 0; i < r->n_families; i++) {
        gm_text_append(text, i ? ",\n" : "\n");
        gm_text_json_string(text, r->families[i].name);
        gm_text_append(text, ":{");
        add_verdicts(text, r->families[i].verdicts);
        add_score(text, &r->families[i]);
        gm_text_append(text, "}");
    }
    gm_text_append(text, "},\n\"checks\":{");
    for (size_t i = 0; i < r->n_checks; i++) {
        const gm_report_check *check = &r->checks[i];
        gm_text_append(text, i ? ",\n" : "\n");
        gm_text_json_string(text, check->check);
        gm_text_printf(text, ":{\"files\":%zu", check->files);
        for (gm_severity s = GM_INFO; s <= GM_ERROR; s++)
            gm_text_printf(text, ",\"%s\":%zu", gm_severity_name(s), check->severities[s]);
        gm_text_append(text, "}");
    }
    gm_text_append(text, "}}}\n");
}

static gm_status finish_json(gm_quality_report *r, gm_error *err) {
    gm_auto_text text = GM_TEXT_INIT;
    write_totals(r, &text);
    if (!gm_text_ok(&text)) return gm_nomem(err);
    bool written = fwrite(text.data, 1, text.length, r->json) == text.length && fflush(r->json) == 0;
    if (!written) return write_failed(r, err);
    FILE *json = r->json;
    r->json = NULL;
    if (fclose(json) != 0 || rename(r->part_path, r->json_path) != 0) {
        gm_status status = write_failed(r, err);
        unlink(r->part_path);
        return status;
    }
    return GM_OK;
}

gm_status gm_quality_report_finish(gm_quality_report *r, gm_record_loader load, void *ctx, gm_error *err) {
    GM_ASSERT(r->json); /* once */
    gm_auto_text page = GM_TEXT_INIT;
    GM_TRY(gm_quality_report_html(r, load, ctx, &page, err));
    if (!gm_text_ok(&page)) return gm_nomem(err);
    GM_TRY(finish_json(r, err));
    gm_auto_free char *path = gm_path_join(r->dir, "report.html");
    if (!path) return gm_nomem(err);
    return gm_write_file_fast(path, page.data, page.length, err);
}
