/* Simulation: holes of known truth, written as the files that a machine would have written.
 *
 * For        gimlet simulate, tests, demonstrations: wherever real records may not go.
 * Depends on base, data (record).
 * Method     docs/simulation.md. A cone-shaped drill point passes through layers: torque grows with the square of the
 *            engaged radius, thrust with the radius and with what the chisel edge bears; the machine adds its delay,
 *            noise, counts, dead band, retreats and stop conditions. Nothing is taken from the labelling rules.
 * Truth      the depth, as the record shows it, at which the tip touches a surface: geometry plus the machine's delay.
 * Errors     GM_E_ARG for an unknown family (names the nearest), GM_E_IO.
 * Threads    gm_simulate uses a pool of its own; the same seed gives the same bytes for any number of threads. */
#ifndef GIMLET_DATA_SIMULATION_H
#define GIMLET_DATA_SIMULATION_H

#include "data/data.h"

typedef struct {
    const char *name; /* "cfrp_ti_two_step": also the folder of its files */
    const char *doc;  /* one line: stack, program, machine                */
} gm_family_info;
/* All families; static storage. */
size_t gm_simulation_families(const gm_family_info **out);

typedef struct {
    const char *output_dir;
    int holes; /* in all, shared out over the families  */
    uint64_t seed;
    const char *const *families; /* names; NULL = all                     */
    size_t n_families;
    double anomaly_rate; /* fraction of holes with something irregular    */
    int threads;         /* 0 = one per processor                         */
    const gm_observer *observer;
} gm_simulation_options;

typedef struct {
    size_t holes, anomalies;
    char *truth_csv; /* path */
} gm_simulation_summary;
void gm_simulation_summary_finish(gm_simulation_summary *summary);

/* Writes DIR/<family>/<machine file name>.xls and DIR/truth.csv (file, the three points, kind, family, layer
 * thicknesses, tool age; absent points are empty). */
gm_status gm_simulate(const gm_simulation_options *options, gm_simulation_summary *out, gm_error *err) GM_MUST_CHECK;

/* What is irregular about a hole. */
typedef enum {
    GM_HOLE_NORMAL,
    GM_HOLE_AIR,         /* nothing under the drill                                 */
    GM_HOLE_REDRILL,     /* the first layer was drilled before                      */
    GM_HOLE_NOT_THROUGH, /* the cycle ends inside the part                          */
    GM_HOLE_SHIFTED,     /* the machine was not seated: all points lie deeper       */
    GM_HOLE_OVERLOAD,    /* a worn tool: the torque limit of the machine ends it    */
    GM_HOLE_CLOCK,       /* the clock was never set                                 */
    GM_HOLE_MISSING_ROWS,
    GM_HOLE_DUPLICATE, /* the bytes of the hole before, under another name        */
    GM_N_HOLE_KINDS
} gm_hole_kind;
const char *gm_hole_kind_name(gm_hole_kind kind);

typedef struct {
    gm_hole_kind kind;
    double points_mm[GM_N_POINTS]; /* NAN = absent */
    double layers_mm[2];           /* true thickness; NAN = no such layer */
    int tool_age;
} gm_hole_truth;

/* One hole of a family: the record in memory and its truth. index counts the holes of the family. */
gm_status gm_simulate_hole(size_t family, uint64_t seed, int index, gm_hole_kind kind, gm_record **out,
                           gm_hole_truth *truth, gm_error *err) GM_MUST_CHECK;

/* A record as the text file of its version (meta.file_version 4, 7, 8, 9, 11). Appends; latches in out. */
void gm_setitec_write(const gm_record *record, gm_text *out);

#endif
