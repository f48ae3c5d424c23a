/* Holes that the machine drills by programs of any kind, with the oddities of real currents laid over them. The points
 * are known exactly: the recorded depth at which the tip crosses a surface. Built on the simulator's machine, so the
 * stop conditions, delays, counts and retreats are its own; nothing here knows the labelling rules. */
#ifndef GIMLET_TESTS_STRESS_HOLES_H
#define GIMLET_TESTS_STRESS_HOLES_H

#include "data/simulation/machine.h"
#include "test.h"

#include <math.h>
#include <string.h>

/* What lies over the clean currents. Depths are of the tip, in mm from the surface that the comment names. */
typedef struct {
    bool no_thrust;
    double rub_a, rub_mm;                  /* torque without thrust over so many mm before the entry       */
    double zero_step_a, zero_mm;           /* torque's zero steps up so many mm before the entry, for good */
    double idle_step_mm;                   /* thrust's idle level rises by 0.035 A so many mm before entry */
    double dip_mm, dip_share;              /* thrust sags before the second layer by this share            */
    double wave_a;                         /* thrust of a worn tool waves in the first layer               */
    double contact_dip_a;                  /* torque sags by so much where the second layer is touched     */
    double hump_a, hump_mm, hump_width_mm; /* hump of torque so many mm after the exit            */
    double later_share;                    /* first layer's torque after the first step change; 0 = as it was */
    double lost_mm[3], lost_row_mm;        /* rows missing from so many mm before each point, over this length */
    double creep_a, creep_mm;              /* torque creeps up by so much over so many mm before the second layer */
    double late_drift_a;                   /* and by so much over 8 mm after the second layer's touch     */
    double drift_a_mm;                     /* torque's zero drifts with depth                              */
} stress_oddities;

typedef struct {
    const char *name;
    family_step steps[MAX_FAMILY_STEPS];
    double m2_ratio, hard_stop_mm, max_stroke_mm, countersink_mm, countersink_a;
    double entry_mm, entry_sd_mm, layers_mm[MAX_LAYERS], point_mm;
    layer_load loads[MAX_LAYERS]; /* all zero: a gap between sheets */
    int n_layers, first, second;  /* the layers whose touches are entry and transition; second 0 = no transition */
    double jam_mm;                /* the tool jams so deep in the last layer; 0 = never */
    stress_oddities odd;
    double limit_mm[GM_N_POINTS]; /* mean absolute error that is allowed; 0 = as everywhere  */
    int missing;                  /* in all variants together: what the rules cannot see yet  */
    const char *flag;             /* checks that may complain, one of them must; NULL = none  */
} stress_case;

typedef struct {
    double points_mm[GM_N_POINTS]; /* NAN = absent */
    drilled_part part;
} stress_truth;

static inline void stress_part(const stress_case *c, gm_random *r, drilled_part *out) {
    *out = (drilled_part){.n_layers = c->n_layers, .jam_mm = NAN};
    out->surface_mm[0] = c->entry_mm + c->entry_sd_mm * (2 * gm_random_uniform(r) - 1);
    out->point_mm = c->point_mm * (1 + 0.04 * gm_random_normal(r));
    for (int k = 0; k < c->n_layers; k++) {
        out->surface_mm[k + 1] = out->surface_mm[k] + c->layers_mm[k];
        out->loads[k] = c->loads[k];
        out->loads[k].torque_a *= 1 + 0.06 * gm_random_normal(r);
        out->loads[k].thrust_a *= 1 + 0.06 * gm_random_normal(r);
    }
    if (c->jam_mm > 0) out->jam_mm = out->surface_mm[c->n_layers - 1] + c->jam_mm;
}

static inline bool stress_lost(const stress_case *c, const stress_truth *truth, double depth_mm) {
    for (int p = 0; p < GM_N_POINTS; p++) {
        const double from = truth->points_mm[p] - c->odd.lost_mm[p];
        if (c->odd.lost_row_mm > 0 && depth_mm > from && depth_mm < from + c->odd.lost_row_mm) return true;
    }
    return false;
}

static inline double stress_bump(double x, double width) {
    return exp(-(x / width) * (x / width));
}

/* The oddities of one row whose tip is at z; step counts the executed ones. */
static inline void stress_add(const stress_case *c, const stress_truth *truth, double z, int step, double *torque,
                              double *thrust) {
    const stress_oddities *o = &c->odd;
    const double *surface = truth->part.surface_mm, entry = surface[c->first];
    const double second = c->second ? surface[c->second] : INFINITY, exit = surface[c->n_layers];
    if (o->rub_mm > 0 && z > entry - o->rub_mm && z < entry + 0.3) *torque += o->rub_a;
    if (o->zero_mm > 0 && z > entry - o->zero_mm) *torque += o->zero_step_a;
    if (o->idle_step_mm > 0 && z > entry - o->idle_step_mm && z < entry + 0.1) *thrust += 0.035;
    if (o->dip_mm > 0 && z > second - o->dip_mm && z < second)
        *thrust -= o->dip_share * truth->part.loads[c->first].thrust_a;
    if (o->wave_a > 0 && z > entry + 1.5 && z < second - 0.1) *thrust += o->wave_a * 0.5 * (1 + sin(6.28 * z / 1.3));
    if (o->contact_dip_a > 0 && z > second) *torque -= o->contact_dip_a * stress_bump(z - second - 0.1, 0.1);
    if (o->creep_mm > 0 && z > second - o->creep_mm)
        *torque += o->creep_a * fmin(1, (z - second + o->creep_mm) / o->creep_mm);
    if (o->hump_a > 0)
        *torque += o->hump_a * stress_bump(z - exit - o->hump_mm, o->hump_width_mm > 0 ? o->hump_width_mm : 0.5);
    if (o->later_share > 0 && step > 0) {
        drilled_part rest = truth->part;
        for (int k = 0; k < rest.n_layers; k++)
            if (k != c->first) rest.loads[k] = (layer_load){0};
        *torque -= (1 - o->later_share) * part_loads(&rest, z).torque_a;
    }
    *torque += o->drift_a_mm * z;
    if (o->late_drift_a != 0 && z > second) *torque += o->late_drift_a * fmin(1, (z - second) / 8);
    if (o->no_thrust) *thrust = 0;
}

static inline void stress_columns(machine *m, gm_record *r) {
    float **floats[] = {&m->depth_mm,  &m->torque_a,  &m->thrust_a, &m->torque_empty_a, &m->thrust_empty_a,
                        &m->speed_rpm, &m->feed_mm_s, &m->power_w,  &m->gap_mm,         &m->torque_detector};
    for (size_t i = 0; i < GM_COUNT(floats); i++) *floats[i] = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(float));
    m->step = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(int32_t));
    m->stop_code = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(int32_t));
}

static inline void stress_program(const stress_case *c, gm_record *r) {
    r->program = gm_arena_alloc(r->arena, MAX_FAMILY_STEPS * sizeof *r->program);
    for (int i = 0; i < MAX_FAMILY_STEPS; i++) {
        const family_step *s = &c->steps[i];
        r->program[r->n_program++] = (gm_program_step){.step = i,
                                                       .enabled = s->enabled,
                                                       .stroke_mm = s->stroke_mm,
                                                       .speed_rpm = s->speed_rpm,
                                                       .feed_mm_s = s->feed_mm_s,
                                                       .torque_max_a = s->torque_max_a,
                                                       .thrust_max_a = s->thrust_max_a,
                                                       .torque_min_a = s->torque_min_a,
                                                       .gap_mm = s->gap_mm};
    }
}

/* Rows with the oddities, counted in quanta again. */
static inline void stress_rows(const stress_case *c, const stress_truth *truth, const machine *m, gm_record *r) {
    *r = (gm_record){.arena = r->arena,
                     .format = "simulated",
                     .meta = r->meta,
                     .program = r->program,
                     .n_program = r->n_program,
                     .depth_mm = m->depth_mm,
                     .torque_a = m->torque_a,
                     .thrust_a = m->thrust_a,
                     .torque_empty_a = m->torque_empty_a,
                     .thrust_empty_a = m->thrust_empty_a,
                     .step = m->step,
                     .stop_code = m->stop_code,
                     .gap_mm = m->gap_mm};
    int step = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (i > 0 && m->step[i] != m->step[i - 1]) step++;
        if (m->stop_code[i] == 0 && stress_lost(c, truth, (double)m->depth_mm[i])) continue;
        double torque = (double)m->torque_a[i], thrust = (double)m->thrust_a[i];
        const double z = (double)m->depth_mm[i] - MACHINE_DELAY_S * c->steps[m->step[i]].feed_mm_s;
        stress_add(c, truth, z, step, &torque, &thrust);
        const size_t k = r->n++;
        r->depth_mm[k] = m->depth_mm[i];
        r->torque_a[k] = (float)quantise(torque, 200.0 / 4096);
        r->thrust_a[k] = (float)(trunc(quantise(thrust, 48.0 / 4096) * 1000) / 1000);
        r->torque_empty_a[k] = m->torque_empty_a[i];
        r->thrust_empty_a[k] = m->thrust_empty_a[i];
        r->step[k] = m->step[i];
        r->stop_code[k] = m->stop_code[i];
        r->gap_mm[k] = m->gap_mm[i];
    }
}

/* The record of one hole. The variant chooses how thrust idles: low, at zero with a dead band, in stairs, or both. */
static inline gm_record *stress_drill(const stress_case *c, uint64_t variant, stress_truth *truth) {
    gm_record *record = gm_record_new();
    assert_non_null(record);
    gm_random random;
    gm_random_init(&random, 401, variant);
    stress_part(c, &random, &truth->part);
    family_spec f = {.motor_type = "L_EDU",
                     .m2_ratio = c->m2_ratio,
                     .n_steps = MAX_FAMILY_STEPS,
                     .hard_stop_mm = c->hard_stop_mm,
                     .max_stroke_mm = c->max_stroke_mm,
                     .countersink_mm = c->countersink_mm,
                     .countersink_a = c->countersink_a};
    memcpy(f.steps, c->steps, sizeof f.steps);
    machine m = {
        .family = &f, .part = &truth->part, .random = &random, .grid_mm = 1 / (12 * c->m2_ratio), .level_walk = 1};
    const bool at_zero = variant & 1, stairs = variant & 2;
    m.idle_thrust_a = at_zero ? 0 : -0.035;
    m.dead_band_a = at_zero ? 0.03 * gm_random_uniform(&random) : 0;
    m.stair_a = stairs ? 0.022 : 0.006;
    stress_columns(&m, record);
    machine_run(&m);
    truth->points_mm[GM_ENTRY] = m.crossed_mm[c->first];
    truth->points_mm[GM_TRANSITION] = c->second ? m.crossed_mm[c->second] : NAN;
    truth->points_mm[GM_EXIT] = m.crossed_mm[c->n_layers];
    if (c->n_layers == 0) truth->points_mm[GM_ENTRY] = truth->points_mm[GM_EXIT] = NAN;
    stress_program(c, record);
    record->meta.sample_rate_hz = 100;
    record->meta.motor_m2_ratio = c->m2_ratio;
    record->meta.max_stroke_mm = c->max_stroke_mm;
    stress_rows(c, truth, &m, record);
    gm_error err = {0};
    assert_ok(gm_record_finish(record, &err), err);
    return record;
}

#endif
