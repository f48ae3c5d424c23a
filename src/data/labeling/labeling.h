/* Labeling: at which depth the drill tip entered the part, met the next material, came out; and how sure that is.
 *
 * For        prepare (automatic labels), labels export|import, evaluation (the rule as a baseline).
 * Depends on base, data (records, labels).
 * Method     docs/labels.md. Step codes and the program say where to look, torque and thrust say where the point lies;
 *            every threshold comes from the noise, the counts and the levels of the record itself.
 * Errors     GM_E_NOMEM; readers of CSV: GM_E_FORMAT with line, column and a hint. A record in which nothing can be
 *            found is no error: its points are absent (NAN) and the evidence says why.
 * Ownership  labels are plain values; a gm_label_table owns its rows.
 * Threads    no global state: different records in different threads. */
#ifndef GIMLET_DATA_LABELING_LABELING_H
#define GIMLET_DATA_LABELING_LABELING_H

#include "data/data.h"

/* Grows whenever the rules give other numbers; written as the author of rule labels ("rules v2"). */
#define GM_LABEL_RULES_VERSION 2

/* Find the three points of one record. out is overwritten: source rule, confidences from the record alone (the third
 * factor knows its own kind only after gm_label_set). made_at stays empty: the same record gives the same label. About
 * 0.2 ms. */
gm_status gm_label_record(const gm_record *record, gm_label *out, gm_error *err) GM_MUST_CHECK;

/* Holes of one set, for the comparison among holes drilled by the same program. */
typedef struct {
    char program_id[17]; /* gm_record_program_id                          */
    gm_label *label;     /* borrowed; made by gm_label_record, refined here */
} gm_label_set_item;

/* Refine confidence and evidence (never the depths): a hole whose layers lie like those of its nearest neighbours of
 * the same program gains, a lone one loses. Programs with fewer than four holes stay as they are. Running it again
 * over a grown set gives the same result as running it once. GM_E_NOMEM only. */
gm_status gm_label_set(gm_label_set_item *items, size_t count, gm_error *err) GM_MUST_CHECK;

/* Which of several labels of one hole counts: truth before expert before model before rule; the later of two of one
 * source. One that says "rejected" counts like any other: the hole is then unfit. Index, or count when there is none.
 */
size_t gm_label_preferred(const gm_label *labels, size_t count);

/* One row of labels.csv. */
typedef struct {
    char *file; /* as written: a path relative to the set, or a bare name */
    gm_label label;
} gm_label_row;

typedef struct {
    gm_label_row *items;
    size_t count, capacity;
} gm_label_table;

void gm_label_table_finish(gm_label_table *table);
/* Appends a copy. */
gm_status gm_label_table_add(gm_label_table *table, const char *file, const gm_label *label,
                             gm_error *err) GM_MUST_CHECK;
/* First row whose file is this path, else the one row with the same base name; NULL when none or several. */
const gm_label_row *gm_label_table_find(const gm_label_table *table, const char *file);

/* labels.csv: the columns of docs/labels.md, depths with 3 decimals, absent points empty. Latches in out. */
void gm_labels_write_header(gm_text *out);
void gm_labels_write_row(gm_text *out, const char *file, const gm_label *label);

/* Read labels.csv, or what an expert's spreadsheet saved: comma, semicolon or tab; decimal point or comma; quotes; a
 * byte-order mark; columns in any order, known by name (file|filename, entry_mm|entry_depth_mm, ...), unknown ones
 * skipped. An empty cell, "-", "absent", "nan" or "n/a" is an absent point. Rows without a source get default_source,
 * points without a confidence get 1. At most 1,000,000 rows. */
gm_status gm_labels_read(const char *bytes, size_t size, gm_label_source default_source, gm_label_table *out,
                         gm_error *err) GM_MUST_CHECK;

/* Agreement of a with the reference b over the files both have. Entry 3 is the hole depth. */
enum { GM_AGREEMENT_HOLE_DEPTH = GM_N_POINTS, GM_N_AGREEMENTS };
typedef struct {
    size_t n;            /* holes where both have the point           */
    size_t only_a;       /* a has it, b says absent: invented by a    */
    size_t only_b;       /* b has it, a does not: missed by a         */
    double mae_mm;       /* mean |a - b|; NAN when n = 0              */
    double bias_mm;      /* mean a - b                                */
    double p95_mm;       /* 95 % of |a - b| are at most this          */
    double worst_mm;     /* a - b where it is largest                 */
    const char *worst;   /* its file; borrowed from table a           */
    double within_fifth; /* fraction with |a - b| <= 0.2 mm           */
} gm_label_agreement;

gm_status gm_labels_agreement(const gm_label_table *a, const gm_label_table *b, gm_label_agreement out[GM_N_AGREEMENTS],
                              gm_error *err) GM_MUST_CHECK;

/* Places in a record at which something happens: what a marker may snap to. */
typedef enum {
    GM_CANDIDATE_TORQUE_ONSET, /* torque leaves a level                                  */
    GM_CANDIDATE_THRUST_KNEE,  /* thrust bends                                           */
    GM_CANDIDATE_STEP_EDGE,    /* a step of the program ends                             */
    GM_CANDIDATE_MODEL_PEAK,   /* a model says so                                        */
    GM_CANDIDATE_LABEL,        /* a label of the rules or of somebody else               */
    GM_N_CANDIDATE_KINDS
} gm_candidate_kind;
const char *gm_candidate_kind_name(gm_candidate_kind kind); /* "torque_onset" ... */
typedef struct {
    gm_candidate_kind kind;
    gm_point point; /* for which it speaks; GM_N_POINTS = any */
    double mm;
    size_t row;      /* of the record, the nearest in depth     */
    double strength; /* 0..1                                    */
    char text[160];  /* "torque leaves the air level"           */
} gm_candidate;
typedef struct {
    gm_candidate *items;
    size_t count, capacity;
} gm_candidates;
/* What the signals and steps of a record show, in order of depth; reuses what the rules find on their way, also where
 * they then say "absent". */
gm_status gm_candidates_of(const gm_record *record, gm_candidates *out, gm_error *err) GM_MUST_CHECK;
/* One more, kept in order of depth; row is filled in. */
gm_status gm_candidates_add(gm_candidates *candidates, const gm_record *record, const gm_candidate *candidate,
                            gm_error *err) GM_MUST_CHECK;
/* The nearest one for a point within this distance; NULL when there is none. */
const gm_candidate *gm_candidates_near(const gm_candidates *candidates, gm_point point, double mm, double within_mm);
void gm_candidates_finish(gm_candidates *candidates);

#endif
