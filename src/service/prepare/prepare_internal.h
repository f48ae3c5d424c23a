/* The two halves of prepare: prepare.c takes files in, prepare_set.c looks at the set that they make. */
#ifndef GIMLET_SERVICE_PREPARE_INTERNAL_H
#define GIMLET_SERVICE_PREPARE_INTERNAL_H

#include "data/ingestion/ingestion.h"
#include "data/quality/quality.h"
#include "data/storage/storage.h"
#include "service/service.h"

/* All that stays in memory of one file. */
typedef struct {
    const gm_file_entry *entry;
    bool skipped;   /* no record, and nobody expects one */
    bool unchanged; /* taken from the database           */
    bool is_hole, has_label, has_summary;
    gm_severity verdict; /* of the file alone, then with what the set adds */
    double score;
    char sha256[GM_SHA256_HEX];
    char *findings_json;  /* of the file alone */
    gm_findings findings; /* while the file is read, then those of the set */
    gm_hole_facts facts;
    gm_hole_summary *summary; /* for the set checks */
    gm_label *label;          /* by rule */
    gm_status failed;         /* the hole could not be kept: the disk is full, ... */
    gm_error *err;
} prepared_file;

typedef struct {
    const gm_prepare_options *options;
    char *root; /* the input folder, absolute */
    gm_file_list list;
    prepared_file *files;
    size_t count;
    gm_store *store;
    gm_quality *quality;
} prepare_job;

/* prepare_set.c */
/* Refine the labels among holes of the same program, and keep them. */
gm_status prepared_label_set(prepare_job *job, gm_error *err) GM_MUST_CHECK;
/* Findings that only the whole set shows; verdicts and scores that count. */
gm_status prepared_check_set(prepare_job *job, gm_error *err) GM_MUST_CHECK;
void prepared_count(const prepare_job *job, gm_prepare_summary *out);
/* quality/report.json and .html, labels.csv; in memory: the lines on what was refused. */
gm_status prepared_reports(prepare_job *job, gm_prepare_summary *out, gm_error *err) GM_MUST_CHECK;

#endif
