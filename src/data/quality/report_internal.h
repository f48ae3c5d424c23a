/* Inside data/quality: what a report has collected, between its rows (report.c) and its page (report_html.c). */
#ifndef GIMLET_DATA_QUALITY_REPORT_INTERNAL_H
#define GIMLET_DATA_QUALITY_REPORT_INTERNAL_H

#include "quality.h"

#include <stdio.h>

enum {
    GM_REPORT_FAMILIES = 500, /* tables are cut here; report.json is always whole    */
    GM_REPORT_CHECKS = 256,
    GM_REPORT_LISTED = 400,  /* files to look at                                       */
    GM_REPORT_PER_CHECK = 4, /* kept as worst of one check, so that one cause does not fill the page */
    GM_REPORT_PLOTS = 24
};

typedef struct {
    char *name;
    size_t verdicts[4];
    double score_sum;
    size_t scored;
} gm_report_family;

/* A row kept for the page. */
typedef struct {
    char *file, *sha256, *findings;
    gm_severity verdict;
    double score;
    gm_label label;
    bool has_label;
} gm_kept_row;

typedef struct {
    char *check, *hint;
    size_t severities[4]; /* findings */
    size_t files;
    gm_kept_row worst[GM_REPORT_PER_CHECK];
    size_t n_worst;
} gm_report_check;

struct gm_quality_report {
    char *dir, *json_path, *part_path;
    FILE *json;
    size_t n_files, n_skipped;
    gm_report_family all;
    gm_report_family families[GM_REPORT_FAMILIES];
    size_t n_families;
    gm_report_check checks[GM_REPORT_CHECKS];
    size_t n_checks;
    gm_kept_row listed[GM_REPORT_LISTED];
    size_t n_listed, n_unlisted;
};

/* The page as HTML. */
gm_status gm_quality_report_html(const gm_quality_report *report, gm_record_loader load, void *ctx, gm_text *page,
                                 gm_error *err);

#endif
