/* The use cases of Gimlet: what the command line and the REST server can ask for, without argv or HTTP.
 *
 * For        interfaces/.
 * Depends on everything below.
 * Errors     what could not be done at all is a status; what was wrong with single inputs is counted and listed.
 * Ownership  summaries own their texts: release with the matching finish.
 * Threads    one call at a time per data directory for writing; storage keeps others out. */
#ifndef GIMLET_SERVICE_H
#define GIMLET_SERVICE_H

#include "data/data.h"
#include "data/labeling/labeling.h"
#include "data/storage/storage.h"
#include "models/onnx/onnx.h"
#include "training/training.h"

#include <jansson.h>

/* ---- prepare: read, check, label, keep a folder of records ------------------------------------------------------- */

typedef struct {
    const char *input_dir, *output_dir;
    bool validate;   /* run the validators; without it only reading errors are found */
    bool auto_label; /* find the points by rule */
    int threads;     /* 0 = one per processor */
    const gm_observer *observer;
} gm_prepare_options;

typedef struct {
    size_t files;     /* looked at */
    size_t skipped;   /* not records: counted, not judged */
    size_t unchanged; /* known from the last time: not read again */
    size_t records;
    size_t verdicts[4]; /* by gm_severity: ok (GM_INFO), warning, failed, error */
    size_t forgotten;   /* in the data directory, no longer in the folder */
    size_t labels[3];   /* high, medium, low */
    size_t points[GM_N_POINTS];
    char *refused;                                /* lines "file: message", at most 20; NULL when none */
    char *report_json, *report_html, *labels_csv; /* paths; NULL = not written */
    double seconds;
} gm_prepare_summary;
void gm_prepare_summary_finish(gm_prepare_summary *summary);
gm_status gm_prepare(const gm_prepare_options *options, gm_prepare_summary *out, gm_error *err) GM_MUST_CHECK;

/* ---- labels: out to a file, in from experts ---------------------------------------------------------------------- */

/* A table (labels.csv), or the tasks of Label Studio (docs/review.md). */
typedef enum { GM_LABELS_CSV, GM_LABELS_LABEL_STUDIO } gm_labels_format;

/* CSV: the preferred label of every hole, one row per file. Label Studio: every hole with all its labels, those of
 * people as annotations, the others as predictions. */
/* hide_from: the truth of a hole is left out unless this person has labelled it; NULL = nothing is hidden. */
gm_status gm_labels_write(gm_store *store, gm_labels_format format, const char *hide_from, gm_text *out, size_t *n_rows,
                          gm_error *err) GM_MUST_CHECK;
/* The same into a file. */
gm_status gm_labels_export(const char *data_dir, gm_labels_format format, const char *path, size_t *n_rows,
                           gm_error *err) GM_MUST_CHECK;

typedef struct {
    gm_label_source source; /* expert or truth; an annotation that says "ground truth" is truth anyway */
    const char *author;     /* NULL or "" = as the file says                                            */
    const char *user;       /* who imports, for the audit log; NULL or "" = the author                  */
    const char *name;       /* of the file, for messages and the history; NULL = the path               */
    const char *root;       /* input folder whose files are meant where names are equal; NULL = the table's folder */
} gm_import_options;

typedef struct {
    size_t rows, imported;
    size_t unknown; /* rows whose file is not in the data directory */
    char *unknown_files;
    gm_label_agreement agreement[GM_N_AGREEMENTS]; /* rules against the imported labels */
    bool has_agreement;
    char worst[4][256];
} gm_import_summary;
void gm_import_summary_finish(gm_import_summary *summary);
/* Takes all labels of a file or none; each becomes a version of its hole's history. The format is seen from the bytes:
 * tasks of Label Studio begin with a bracket. */
gm_status gm_labels_import_bytes(gm_store *store, const char *bytes, size_t size, const gm_import_options *options,
                                 gm_import_summary *out, gm_error *err) GM_MUST_CHECK;
gm_status gm_labels_import(const char *data_dir, const char *path, const gm_import_options *options,
                           gm_import_summary *out, gm_error *err) GM_MUST_CHECK;

/* ---- train --------------------------------------------------------------------------------------------------------
 */

typedef struct {
    const char *config_path; /* YAML; NULL = the defaults */
    const char *data_dir, *output_dir;
    const char *strategy; /* NULL = as configured */
    const char *const *sets;
    size_t n_sets;          /* "key.sub=value", over the file */
    const char *run_name;   /* of the run's directory below output_dir; NULL = experiment and time */
    const char *resume_dir; /* a run to go on with: all above but data_dir is then unused */
    int threads;
    const gm_observer *observer;
} gm_train_request;

typedef struct {
    gm_train_result run;
    char *onnx, *report;    /* paths */
    char onnx_message[300]; /* how the proof went, or why there is no file; "" = nothing to say */
} gm_train_summary;
void gm_train_summary_finish(gm_train_summary *summary);
/* Trains, then writes RUN/model.onnx (proven where ONNX Runtime is there) and RUN/report.html. */
gm_status gm_train_service(const gm_train_request *request, gm_train_summary *out, gm_error *err) GM_MUST_CHECK;

/* ---- evaluate -----------------------------------------------------------------------------------------------------
 */

typedef struct {
    const char *model_dir;
    const char *test_data;     /* a data directory, or a folder of records with truth.csv or labels.csv */
    const char *output_report; /* JSON; an HTML page is written beside it */
    int threads;
    const gm_observer *observer;
} gm_evaluate_request;

typedef struct {
    gm_metrics all, out_of_fold, held_out, inference_system;
    gm_metrics rules; /* on the holes whose reference is not the rules' own */
    size_t n_failed;  /* holes that could not be predicted */
    size_t n_by_rule; /* holes whose reference is the label of the rules */
    char *report_html;
} gm_evaluate_summary;
void gm_evaluate_summary_finish(gm_evaluate_summary *summary);
gm_status gm_evaluate(const gm_evaluate_request *request, gm_evaluate_summary *out, gm_error *err) GM_MUST_CHECK;

/* ---- export -------------------------------------------------------------------------------------------------------
 */

/* What another runtime made of the same holes. */
typedef struct {
    size_t n_holes;
    gm_onnx_difference outputs; /* worst over all holes                                  */
    double worst_mm;            /* largest difference of a point that both find          */
    size_t n_differ;            /* points that only one of both finds                    */
    bool passed;                /* within 1e-4 of the largest output, and within 0.01 mm */
} service_proof;

typedef struct {
    const char *model_dir; /* a run, a fold, or any PatchTSMixer directory of Hugging Face */
    bool hugging_face;     /* else ONNX */
    const char *output;    /* a file for ONNX, a folder for Hugging Face; NULL = inside model_dir */
    const char *prove;     /* data directory whose holes prove the file; NULL = that of the run, else random input */
    const gm_observer *observer;
} gm_export_request;

typedef struct {
    char *path;
    size_t n_models;
    bool proven; /* a proof was run */
    service_proof proof;
    char message[300]; /* why nothing was proven */
} gm_export_summary;
void gm_export_summary_finish(gm_export_summary *summary);
gm_status gm_export(const gm_export_request *request, gm_export_summary *out, gm_error *err) GM_MUST_CHECK;

#endif
