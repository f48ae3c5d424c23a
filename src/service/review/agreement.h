/* Agreement: how far people, rules and models lie apart, in mm; disputes; and the error of people on known holes.
 *
 * Definitions  difference = a - b over the holes where both have the point and neither rejected the hole; median and
 *              P95 of its size; within = share with a size up to the tolerance; bias = its mean.
 * Names        people by name, "rule", "model", "truth", and "model RUN" for the newest run's out-of-fold predictions.
 * Disputes     holes on which two people differ by more than the tolerance, or on whether a point is there, and whose
 *              truth is not known.
 * Ownership    labels are borrowed from the list that was given. */
#ifndef GIMLET_SERVICE_AGREEMENT_H
#define GIMLET_SERVICE_AGREEMENT_H

#include "service/project/project.h"

typedef struct {
    size_t n;
    double median_mm, p95_mm, within, bias_mm; /* NAN when n = 0 */
} gm_point_agreement;

typedef struct {
    char a[280], b[280];
    gm_point_agreement points[GM_N_POINTS];
} gm_agreement_pair;
typedef struct {
    char author[64];
    size_t n_known;                         /* known holes that they labelled, blind to the truth or not */
    gm_point_agreement points[GM_N_POINTS]; /* their label - truth */
} gm_annotator_error;
typedef struct {
    const gm_hole_row *row;
    double spread_mm; /* where they differ most; INFINITY: about whether there is something */
    gm_point point;
    const gm_stored_label *labels; /* of the hole: n_labels in a row */
    size_t n_labels;
} gm_dispute;
typedef struct {
    gm_agreement_pair *pairs;
    size_t n_pairs;
    gm_dispute *disputes; /* the widest first */
    size_t n_disputes;
    gm_annotator_error *annotators;
    size_t n_annotators;
} gm_agreement;

/* labels: of all holes, by hole. models_dir may be NULL. */
gm_status gm_agreement_make(const gm_hole_list *list, const gm_stored_labels *labels, const char *models_dir,
                            double tolerance_mm, gm_agreement *out, gm_error *err) GM_MUST_CHECK;
void gm_agreement_finish(gm_agreement *agreement);

#endif
