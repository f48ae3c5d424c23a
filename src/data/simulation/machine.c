#include "machine.h"

#include <math.h>

enum { DETECTOR_IDLE, DETECTOR_ABOVE, DETECTOR_ARMED, DETECTOR_BELOW, DETECTOR_DONE };

/* A step as it runs. */
typedef struct {
    const family_step *program;
    int number;
    double start_mm, previous_end_mm, depth_mm, advance_mm;
    double above_mm, below_mm, gap_mm; /* torque-drop detector: travel above and below Torque Min, confirmed gaps */
    int detector;
    double torque_empty_a, thrust_empty_a, torque_max_a, thrust_max_a;
    size_t rows;
} running;

static double interpolate(const double *x, const double *y, size_t n, double at) {
    if (at <= x[0]) return y[0];
    for (size_t i = 1; i < n; i++)
        if (at <= x[i]) return y[i - 1] + (y[i] - y[i - 1]) * (at - x[i - 1]) / (x[i] - x[i - 1]);
    return y[n - 1];
}

/* Where the first row of a cycle lies, and how far a step begins above the end of the one before; by feed. */
static double first_depth(double feed_mm_s) {
    static const double feed[] = {0.75, 1.0, 2.0, 3.0, 3.6, 4.35, 13},
                        depth[] = {0.542, 0.559, 0.595, 0.665, 0.79, 0.924, 2.85};
    return interpolate(feed, depth, GM_COUNT(feed), feed_mm_s);
}
static double retreat(double feed_mm_s) {
    static const double feed[] = {0.16, 0.375, 0.75, 1.0, 2.0, 3.0, 3.9, 4.35},
                        back[] = {0.289, 0.266, 0.24, 0.25, 0.2, 0.145, 0.1, 0.107};
    return interpolate(feed, back, GM_COUNT(feed), feed_mm_s);
}
/* The hard stop shows as thrust only when the feed is slow enough. */
static double stop_thrust(double feed_mm_s) {
    static const double feed[] = {0.725, 0.967, 1.45, 1.93, 2.4, 3.4}, jump[] = {2.19, 1.53, 0.97, 0.57, 0.14, 0};
    return interpolate(feed, jump, GM_COUNT(feed), feed_mm_s);
}

static double power_w(const family_spec *f, double speed_rpm, double current_a) {
    bool small = f->motor_type[0] == 'L';
    double a = small ? 0.00526 : 0.0081, b = small ? 0.0914 : 0.054, c = small ? -2 : 26;
    return fmax(0, round(a * speed_rpm * current_a + b * current_a * current_a + c));
}

/* Currents with the machine's own noise; true currents go in. */
static void measure(machine *m, const running *s, const loads *cut, double *torque_a, double *thrust_a) {
    gm_random *r = m->random;
    m->smooth_torque = 0.85 * m->smooth_torque + 0.527 * gm_random_normal(r);
    m->smooth_thrust = 0.85 * m->smooth_thrust + 0.527 * gm_random_normal(r);
    m->walk += -0.002 * m->walk + 0.002 * gm_random_normal(r); /* level wanders by a few per cent */
    m->torque_zero_a += 0.0006 * gm_random_normal(r) - 0.0005 * m->torque_zero_a;
    double level = 1 + m->walk * m->level_walk;
    double ripple = cut->ripple_a * sin(2 * M_PI * 0.0805 * (double)s->rows);
    double torque = level * cut->torque_a + cut->torque_noise_a * m->smooth_torque + ripple + m->torque_zero_a;
    double thrust = level * cut->thrust_a + cut->thrust_noise_a * m->smooth_thrust + 0.055 * ripple;
    *torque_a = torque + 0.022 * gm_random_normal(r);
    /* below the dead band the feed motor's friction hides the load; above, it follows in stairs */
    double shown = thrust > m->dead_band_a ? thrust : 0;
    if (fabs(shown - m->shown_thrust_a) > m->stair_a) m->shown_thrust_a = shown;
    *thrust_a = m->idle_thrust_a + m->shown_thrust_a + 0.004 * gm_random_normal(r);
}

static void push_row(machine *m, const running *s, double torque_a, double thrust_a, int32_t code) {
    if (m->n == MAX_ROWS) return;
    size_t i = m->n++;
    const family_spec *f = m->family;
    m->depth_mm[i] = (float)quantise(s->depth_mm, m->grid_mm);
    m->torque_a[i] = (float)quantise(torque_a, 200.0 / 4096);
    m->thrust_a[i] = (float)(trunc(quantise(thrust_a, 48.0 / 4096) * 1000) / 1000);
    m->torque_empty_a[i] = (float)s->torque_empty_a;
    m->thrust_empty_a[i] = (float)s->thrust_empty_a;
    m->step[i] = s->number;
    m->stop_code[i] = code;
    m->speed_rpm[i] = (float)-quantise(s->program->speed_rpm + 4 * gm_random_normal(m->random), 1.056);
    m->feed_mm_s[i] = (float)(s->program->feed_mm_s * (1 + 0.01 * gm_random_normal(m->random)));
    m->power_w[i] = (float)power_w(f, s->program->speed_rpm, fmax(0, torque_a + s->torque_empty_a));
    m->gap_mm[i] = (float)s->gap_mm;
    m->torque_detector[i] = (float)s->detector;
}

/* Torque Min: armed after half a millimetre above it, then counts the travel below it. True when Gap is exhausted. */
static bool torque_dropped(running *s, double torque_a, double travel_mm) {
    const family_step *p = s->program;
    if (p->torque_min_a <= 0) return false;
    if (torque_a >= p->torque_min_a) {
        if (s->detector == DETECTOR_BELOW) s->gap_mm += s->below_mm;
        s->above_mm += travel_mm;
        s->below_mm = 0;
        s->detector = s->above_mm >= 0.5 || s->detector >= DETECTOR_ARMED ? DETECTOR_ARMED : DETECTOR_ABOVE;
    } else if (s->detector >= DETECTOR_ARMED) {
        s->detector = DETECTOR_BELOW;
        s->below_mm += travel_mm;
        if (s->below_mm >= p->gap_mm) return s->detector = DETECTOR_DONE, true;
    } else
        s->above_mm = 0;
    return false;
}

static int32_t stop_of(const machine *m, running *s, double torque_a, double thrust_a) {
    const family_spec *f = m->family;
    const family_step *p = s->program;
    if (torque_a + s->torque_empty_a >= 69.9) return GM_STOP_M1_SHORT | GM_STOP_TORQUE_LIMIT;
    if (f->hard_stop_mm > 0 && s->depth_mm >= f->hard_stop_mm) return GM_STOP_HARD_STOP;
    if (f->max_stroke_mm > 0 && s->depth_mm >= f->max_stroke_mm) return GM_STOP_MAX_STROKE;
    /* the comparator runs faster than the record: it fires on what the next row would show */
    if (p->torque_max_a > 0 && torque_a > 0.97 * p->torque_max_a - 0.02) return GM_STOP_TORQUE_RISE;
    if (p->thrust_max_a > 0 && thrust_a > p->thrust_max_a) return GM_STOP_THRUST_RISE;
    if (torque_dropped(s, torque_a, s->advance_mm)) return GM_STOP_TORQUE_DROP;
    if (p->stroke_mm > 0 && s->depth_mm - s->previous_end_mm >= p->stroke_mm) return GM_STOP_STROKE;
    return 0;
}

/* The last row is repeated, first without, then with the code. */
static void write_code(machine *m, const running *s, double torque_a, double thrust_a, int32_t code) {
    int repeats = code == GM_STOP_TORQUE_DROP || code == GM_STOP_MAX_STROKE ? 5 : 2;
    double jump = code == GM_STOP_HARD_STOP ? stop_thrust(s->program->feed_mm_s) : 0;
    push_row(m, s, torque_a, thrust_a + 0.6 * jump, 0);
    for (int i = 0; i < repeats; i++) push_row(m, s, torque_a, thrust_a + jump, code);
}

static void note_crossings(machine *m, const running *s, double tip_mm) {
    for (int k = 0; k <= m->part->n_layers; k++)
        if (isnan(m->crossed_mm[k]) && tip_mm >= m->part->surface_mm[k])
            m->crossed_mm[k] = m->part->surface_mm[k] + MACHINE_DELAY_S * s->program->feed_mm_s;
}

static void add_countersink(const machine *m, double tip_mm, loads *sum) {
    double into = tip_mm - m->family->countersink_mm;
    if (m->family->countersink_mm <= 0 || into <= 0) return;
    sum->torque_a += m->family->countersink_a * fmin(1, into / 1.3);
    sum->thrust_a += 0.25 * m->family->countersink_a * fmin(1, into / 1.3) * 0.2;
}

/* After the retreat the tip is free until it is back where the step before ended. */
static bool bites_again(const running *s, double tip_mm) {
    return s->previous_end_mm == 0 || tip_mm >= s->previous_end_mm;
}

static void run_step(machine *m, running *s) {
    double torque = 0, thrust = 0;
    int32_t code = 0;
    while (code == 0 && m->n < MAX_ROWS - 16) {
        double tip_mm = s->depth_mm - MACHINE_DELAY_S * s->program->feed_mm_s;
        loads cut = part_loads(m->part, tip_mm);
        if (!bites_again(s, tip_mm)) cut = (loads){0}; /* in the bore that it has made itself */
        add_countersink(m, tip_mm, &cut);
        note_crossings(m, s, tip_mm);
        measure(m, s, &cut, &torque, &thrust);
        push_row(m, s, torque, thrust, 0);
        s->torque_max_a = fmax(s->torque_max_a, torque);
        s->thrust_max_a = fmax(s->thrust_max_a, thrust);
        s->rows++;
        code = stop_of(m, s, torque, thrust);
        if (code == 0) s->depth_mm += s->advance_mm;
    }
    if (code == GM_STOP_HARD_STOP) s->depth_mm = m->family->hard_stop_mm;
    write_code(m, s, torque, thrust, code);
    m->ended = code & (GM_STOP_TORQUE_LIMIT | GM_STOP_HARD_STOP | GM_STOP_MAX_STROKE);
    m->results[m->n_results++] =
        (gm_step_result){.step = s->number,
                         .stop_code = code,
                         .duration_s = (double)s->rows / 100 + 0.7 + 700 / s->program->speed_rpm,
                         .distance_m1_mm = 0,
                         .distance_m2_mm = s->depth_mm - s->previous_end_mm,
                         .m1_max_a = s->torque_max_a,
                         .m2_max_a = s->thrust_max_a,
                         .m1_no_load_a = s->torque_empty_a,
                         .m2_no_load_a = s->thrust_empty_a,
                         .gap_max_mm = s->gap_mm};
}

void machine_run(machine *m) {
    double end_mm = 0;
    for (int k = 0; k <= MAX_LAYERS; k++) m->crossed_mm[k] = NAN;
    for (int i = 0; i < m->family->n_steps && !m->ended; i++) {
        const family_step *p = &m->family->steps[i];
        if (!p->enabled) continue;
        running s = {.program = p, .number = i, .previous_end_mm = end_mm, .advance_mm = p->feed_mm_s * 0.9765 / 100};
        double spread = 0.02 * gm_random_normal(m->random);
        s.depth_mm =
            m->n == 0 ? first_depth(p->feed_mm_s) + spread : end_mm - fmax(0.03, retreat(p->feed_mm_s) + spread);
        s.torque_empty_a = quantise(p->torque_empty_a * (1 + 0.05 * gm_random_normal(m->random)), 200.0 / 4096);
        s.thrust_empty_a = quantise(p->thrust_empty_a * (1 + 0.03 * gm_random_normal(m->random)), 48.0 / 4096);
        m->torque_zero_a = 0.025 * gm_random_normal(m->random);
        m->shown_thrust_a = 0;
        run_step(m, &s);
        end_mm = s.depth_mm;
    }
}
