/* The rules on holes made here from a few lines of physics: thrust follows the chisel edge, torque the lips, over the
 * length of the drill's point; steps draw back and meet the part again; both currents are counted in quanta. */
#include "data/labeling/labeling.h"
#include "test.h"

#include <math.h>

typedef struct {
    double from_mm, to_mm, torque_a, thrust_a;
} layer;

typedef struct {
    int number;
    double to_mm, feed_mm_s;
    int32_t code;
} stroke;

typedef struct {
    layer layers[3];
    int n_layers;
    stroke strokes[4];
    int n_strokes;
    double depth_shift_mm, scale, noise; /* noise 1 = as machines have it */
    double ripple_a;
    double countersink_mm; /* torque rises again from here; 0 = never */
    bool no_thrust, rubbing;
} plan;

static const double point_mm = 1.4, retreat_mm = 0.25;

static double ramp(double x, double length) {
    return x <= 0 ? 0 : x >= length ? 1 : x / length;
}

/* A layer's share at tip depth d: up over `rise` after the touch, down over `fall` around the breakthrough. */
static double share(const layer *l, double d, double delay_in, double rise, double delay_out, double fall) {
    return ramp(d - l->from_mm - delay_in, rise) - ramp(d - l->to_mm - delay_out, fall);
}

static void currents(const plan *p, double d, double *torque, double *thrust) {
    *torque = *thrust = 0;
    for (int i = 0; i < p->n_layers; i++) {
        const layer *l = &p->layers[i];
        *torque += l->torque_a * share(l, d, i ? 0.15 : 0.05, point_mm, 0.2, point_mm);
        *thrust += l->thrust_a * share(l, d, 0, 0.8, -0.15, point_mm);
    }
    if (p->countersink_mm > 0) *torque += 5 * ramp(d - p->countersink_mm, 1.2);
    if (p->rubbing) *torque += 1.2 * ramp(d - 15, 6);
}

typedef struct {
    gm_record *record;
    const plan *plan;
    gm_random random;
    double drilled_mm; /* the hole is this deep already */
} machine;

static void write_row(machine *m, double depth, const stroke *s, int32_t code) {
    const plan *p = m->plan;
    gm_record *r = m->record;
    double torque = 0, thrust = 0;
    currents(p, depth, &torque, &thrust);
    /* behind the bottom of the hole the tool is in air and meets it again over a tenth of a millimetre */
    const double contact = m->drilled_mm > 0 ? ramp(depth - m->drilled_mm, 0.1) : 1;
    if (p->ripple_a > 0 && torque > 3) torque += p->ripple_a * sin(0.506 * (double)r->n);
    torque = torque * contact + 0.03 * p->noise * gm_random_normal(&m->random);
    thrust = p->no_thrust ? 0 : thrust * contact + 0.005 * p->noise * gm_random_normal(&m->random) - 0.02;
    const size_t i = r->n++;
    r->depth_mm[i] = (float)(round((depth + p->depth_shift_mm) / 0.0038) * 0.0038);
    r->torque_a[i] = (float)(p->scale * round(torque / 0.0488) * 0.0488);
    r->thrust_a[i] = p->no_thrust ? 0 : (float)(p->scale * round(thrust / 0.0117) * 0.0117);
    r->torque_empty_a[i] = 5;
    r->thrust_empty_a[i] = 0.3F;
    r->step[i] = s->number;
    r->stop_code[i] = code;
}

static gm_record *drill(const plan *p) {
    enum { MAX_ROWS = 20000 };
    machine m = {.record = gm_record_new(), .plan = p};
    gm_random_init(&m.random, 11, 3);
    gm_record *r = m.record;
    float **columns[] = {&r->depth_mm, &r->torque_a, &r->thrust_a, &r->torque_empty_a, &r->thrust_empty_a};
    for (size_t c = 0; c < GM_COUNT(columns); c++) *columns[c] = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(float));
    r->step = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(int32_t));
    r->stop_code = gm_arena_alloc(r->arena, MAX_ROWS * sizeof(int32_t));
    r->meta.sample_rate_hz = 100;
    double depth = 0.6;
    for (int k = 0; k < p->n_strokes; k++) {
        const stroke *s = &p->strokes[k];
        for (; depth < s->to_mm && r->n < MAX_ROWS - 4; depth += s->feed_mm_s * 0.009765) write_row(&m, depth, s, 0);
        write_row(&m, depth, s, s->code);
        write_row(&m, depth, s, s->code);
        m.drilled_mm = depth;
        depth -= retreat_mm;
    }
    gm_error err = {0};
    assert_ok(gm_record_finish(r, &err), err);
    return r;
}

static gm_label label_of(const plan *p) {
    gm_auto(gm_record) record = drill(p);
    gm_label label;
    gm_error err = {0};
    assert_ok(gm_label_record(record, &label, &err), err);
    return label;
}

/* CFRP over metal, drilled in two strokes that change inside the first layer. */
static plan two_strokes(void) {
    return (plan){.layers = {{6.3, 16.2, 5, 0.25}, {16.2, 20.2, 38, 1.3}},
                  .n_layers = 2,
                  .strokes = {{2, 15.6, 3, GM_STOP_STROKE}, {3, 25, 0.75, GM_STOP_HARD_STOP}},
                  .n_strokes = 2,
                  .scale = 1,
                  .noise = 1};
}

/* Torque Max ends the first stroke inside the metal; micropecking; torque drop; a countersink at the end. */
static plan torque_limits(void) {
    return (plan){.layers = {{5, 10.2, 1, 0.06}, {10.2, 15.9, 9, 0.4}},
                  .n_layers = 2,
                  .strokes = {{1, 10.85, 1, GM_STOP_TORQUE_RISE},
                              {2, 19.4, 0.16, GM_STOP_TORQUE_DROP},
                              {3, 34, 1, GM_STOP_HARD_STOP}},
                  .n_strokes = 3,
                  .scale = 1,
                  .noise = 1,
                  .ripple_a = 1.5,
                  .countersink_mm = 32.5};
}

static void expect(const plan *p, double entry, double transition, double exit) {
    const gm_label label = label_of(p);
    const double truth[GM_N_POINTS] = {entry, transition, exit};
    static const double tolerance[GM_N_POINTS] = {0.12, 0.1, 0.2};
    for (int i = 0; i < GM_N_POINTS; i++) {
        const double found = label.points[i].mm - p->depth_shift_mm;
        if (isfinite(truth[i]) != isfinite(found) || fabs(found - truth[i]) > tolerance[i])
            fail_msg("%s: found at %.3f mm, drilled at %.3f mm (%s)", gm_point_name((gm_point)i), found, truth[i],
                     label.points[i].evidence);
        assert_true(label.points[i].evidence[0] != '\0');
        assert_in_range((int)(label.points[i].confidence * 1000), 1, 1000);
    }
    assert_int_equal(label.source, GM_SOURCE_RULE);
}

static void a_stack_drilled_in_two_strokes_gets_its_points(void **state) {
    (void)state;
    plan p = two_strokes();
    expect(&p, 6.3, 16.2, 20.2);
    p.strokes[0].to_mm = 14; /* the step change is no layer wherever it lies */
    expect(&p, 6.3, 16.2, 20.2);
    p.strokes[1] = (stroke){3, 20.9, 0.75, GM_STOP_STROKE}; /* nor is one within the breakthrough an exit */
    p.strokes[2] = (stroke){4, 25, 0.75, GM_STOP_HARD_STOP};
    p.n_strokes = 3;
    expect(&p, 6.3, 16.2, 20.2);
    p.strokes[0] = (stroke){4, 26, 4.35, GM_STOP_STROKE}; /* one stroke for all */
    p.n_strokes = 1;
    expect(&p, 6.3, 16.2, 20.2);
}

static void a_torque_limit_ends_a_step_inside_the_second_layer(void **state) {
    (void)state;
    plan p = torque_limits();
    expect(&p, 5, 10.2, 15.9);
    assert_non_null(strstr(label_of(&p).points[GM_TRANSITION].evidence, "step 1 ends"));
    assert_non_null(strstr(label_of(&p).points[GM_EXIT].evidence, "torque drop"));
}

static void an_approach_that_ends_on_contact_holds_the_entry(void **state) {
    (void)state;
    plan p = two_strokes();
    p.strokes[0] = (stroke){0, 6.5, 3, GM_STOP_TORQUE_RISE};
    p.strokes[1] = (stroke){1, 14, 3, GM_STOP_STROKE};
    p.strokes[2] = (stroke){2, 23.5, 0.75, GM_STOP_TORQUE_DROP};
    p.n_strokes = 3;
    expect(&p, 6.3, 16.2, 20.2);
    assert_non_null(strstr(label_of(&p).points[GM_ENTRY].evidence, "step 0 ended on this contact"));
}

static void points_move_with_the_depth_and_not_with_the_current(void **state) {
    (void)state;
    const plan plans[] = {two_strokes(), torque_limits()};
    for (size_t i = 0; i < GM_COUNT(plans); i++) {
        const gm_label plain = label_of(&plans[i]);
        plan p = plans[i];
        p.depth_shift_mm = 11.4;
        const gm_label shifted = label_of(&p);
        p = plans[i];
        p.scale = 0.5;
        const gm_label half = label_of(&p);
        for (int k = 0; k < GM_N_POINTS; k++) {
            assert_float_equal(shifted.points[k].mm - 11.4, plain.points[k].mm, 0.02);
            assert_float_equal(half.points[k].mm, plain.points[k].mm, 0.02);
        }
    }
}

static void one_layer_has_no_transition(void **state) {
    (void)state;
    plan p = two_strokes();
    p.n_layers = 1;
    expect(&p, 6.3, NAN, 16.2);
    assert_non_null(strstr(label_of(&p).points[GM_TRANSITION].evidence, "one layer"));
}

static void a_hole_that_is_not_through_has_no_exit(void **state) {
    (void)state;
    plan p = two_strokes();
    p.strokes[1] = (stroke){3, 19.5, 0.75, GM_STOP_TORQUE_LIMIT | GM_STOP_M1_SHORT};
    expect(&p, 6.3, 16.2, NAN);
    assert_non_null(strstr(label_of(&p).points[GM_EXIT].evidence, "not broken through"));
}

static void air_and_finished_holes_have_no_points(void **state) {
    (void)state;
    plan p = two_strokes();
    p.n_layers = 0;
    expect(&p, NAN, NAN, NAN);
    p.rubbing = true; /* torque without thrust */
    p.layers[0] = (layer){24.9, 30, 0, 3};
    p.n_layers = 1;
    expect(&p, NAN, NAN, NAN);
}

static void a_countersink_is_no_layer_and_no_exit(void **state) {
    (void)state;
    plan p = two_strokes();
    p.countersink_mm = 23.6; /* before the hard stop, in the cutting step itself */
    expect(&p, 6.3, 16.2, 20.2);
}

static void records_without_thrust_are_read_by_torque(void **state) {
    (void)state;
    plan p = two_strokes();
    p.no_thrust = true;
    const gm_label label = label_of(&p);
    assert_float_equal(label.points[GM_ENTRY].mm, 6.3, 0.15);
    assert_float_equal(label.points[GM_TRANSITION].mm, 16.2, 0.3);
    assert_float_equal(label.points[GM_EXIT].mm, 20.2, 0.35);
}

static void a_soft_layer_behind_the_metal_belongs_to_the_hole(void **state) {
    (void)state;
    plan p = torque_limits();
    p.layers[2] = (layer){15.9, 20.9, 1.6, 0.08};
    p.n_layers = 3;
    p.ripple_a = 0;
    p.strokes[1].to_mm = 24;
    expect(&p, 5, 10.2, 20.9);
}

static void lost_rows_do_not_move_points(void **state) {
    (void)state;
    const plan p = two_strokes();
    gm_auto(gm_record) record = drill(&p);
    size_t n = 0;
    for (size_t i = 0; i < record->n; i++) {
        const bool lost = fmod((double)record->depth_mm[i], 1.0) < 0.1 && record->stop_code[i] == 0;
        if (lost) continue;
        record->depth_mm[n] = record->depth_mm[i];
        record->torque_a[n] = record->torque_a[i];
        record->thrust_a[n] = record->thrust_a[i];
        record->step[n] = record->step[i];
        record->stop_code[n++] = record->stop_code[i];
    }
    record->n = n;
    gm_error err = {0};
    gm_label label;
    assert_ok(gm_record_finish(record, &err), err);
    assert_ok(gm_label_record(record, &label, &err), err);
    assert_float_equal(label.points[GM_ENTRY].mm, 6.3, 0.12);
    assert_float_equal(label.points[GM_TRANSITION].mm, 16.2, 0.1);
    assert_float_equal(label.points[GM_EXIT].mm, 20.2, 0.2);
}

/* Whatever stands in the columns, the answer is a label: no crash, points in order or absent. */
static void nonsense_is_labelled_without_harm(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        plan p = two_strokes();
        p.strokes[1].feed_mm_s = 3;
        gm_auto(gm_record) record = drill(&p);
        gm_random random;
        gm_random_init(&random, seed, 1);
        if (seed % 4 == 0) record->n = 1 + gm_random_below(&random, 40);
        for (int k = 0; k < 200; k++) {
            const size_t i = gm_random_below(&random, (uint32_t)record->n);
            const float wild[] = {NAN, INFINITY, -1e30F, 1e30F, 0, (float)gm_random_normal(&random)};
            float *column[] = {record->depth_mm, record->torque_a, record->thrust_a};
            column[gm_random_below(&random, 3)][i] = wild[gm_random_below(&random, 6)];
            if (k % 50 == 0) record->step[i] = (int)gm_random_below(&random, 5);
            if (k % 50 == 1) record->stop_code[i] = (int32_t)gm_random_below(&random, 1 << 24);
        }
        gm_error err = {0};
        gm_label label;
        assert_ok(gm_record_finish(record, &err), err);
        assert_ok(gm_label_record(record, &label, &err), err);
        assert_true(label.confidence >= 0 && label.confidence <= 1);
        const gm_label_point *p3 = label.points;
        assert_false(p3[GM_TRANSITION].mm <= p3[GM_ENTRY].mm || p3[GM_EXIT].mm <= p3[GM_TRANSITION].mm);
        assert_false(p3[GM_EXIT].mm <= p3[GM_ENTRY].mm);
    }
}

static void missing_memory_is_reported(void **state) {
    (void)state;
    const plan p = two_strokes();
    gm_auto(gm_record) record = drill(&p);
    for (long n = 0;; n++) {
        gm_error err = {0};
        gm_label label;
        gm_memory_fail_after(n);
        const gm_status status = gm_label_record(record, &label, &err);
        gm_memory_fail_after(-1);
        if (status == GM_OK) {
            assert_in_range(n, 2, 10);
            return;
        }
        assert_int_equal(status, GM_E_NOMEM);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_drilled_in_two_strokes_gets_its_points),
        cmocka_unit_test(a_torque_limit_ends_a_step_inside_the_second_layer),
        cmocka_unit_test(an_approach_that_ends_on_contact_holds_the_entry),
        cmocka_unit_test(points_move_with_the_depth_and_not_with_the_current),
        cmocka_unit_test(one_layer_has_no_transition),
        cmocka_unit_test(a_hole_that_is_not_through_has_no_exit),
        cmocka_unit_test(air_and_finished_holes_have_no_points),
        cmocka_unit_test(a_countersink_is_no_layer_and_no_exit),
        cmocka_unit_test(records_without_thrust_are_read_by_torque),
        cmocka_unit_test(a_soft_layer_behind_the_metal_belongs_to_the_hole),
        cmocka_unit_test(lost_rows_do_not_move_points),
        cmocka_unit_test(nonsense_is_labelled_without_harm),
        cmocka_unit_test(missing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
