/* Labels and quality flags on kinds of holes that no simulated family and few real records show: other programs, other
 * stacks, and what lies over real currents. The points are known exactly. GIMLET_STRESS_TABLE=1 prints the table of
 * docs/labels.md. */
#include "data/labeling/labeling.h"
#include "data/quality/quality.h"
#include "stress_cases.h"

#include <stdio.h>
#include <stdlib.h>

enum { VARIANTS = 12, QUALITY_VARIANTS = 4, BINS = 5 };

/* Half-widths within which a point is right, and what the mean of a kind may be off. */
static const double tolerance_mm[GM_N_POINTS] = {0.15, 0.15, 0.25};
static const double usual_limit_mm[GM_N_POINTS] = {0.08, 0.08, 0.10};

typedef struct {
    double absolute_mm[GM_N_POINTS], worst_mm[GM_N_POINTS];
    int n[GM_N_POINTS], missing, invented;
} tally;

static void count(const gm_label *label, const stress_truth *truth, tally *t) {
    for (int p = 0; p < GM_N_POINTS; p++) {
        const double found = label->points[p].mm, real = truth->points_mm[p];
        t->missing += isfinite(real) && !isfinite(found);
        t->invented += !isfinite(real) && isfinite(found);
        if (!isfinite(found) || !isfinite(real)) continue;
        t->n[p]++;
        t->absolute_mm[p] += fabs(found - real);
        if (fabs(found - real) > fabs(t->worst_mm[p])) t->worst_mm[p] = found - real;
    }
}

static void label_variant(const stress_case *c, uint64_t variant, stress_truth *truth, gm_label *label) {
    gm_auto(gm_record) record = stress_drill(c, variant, truth);
    gm_error err = {0};
    assert_ok(gm_label_record(record, label, &err), err);
}

static void print_row(const stress_case *c, const tally *t) {
    printf("| %s |", c->name);
    for (int p = 0; p < GM_N_POINTS; p++)
        if (t->n[p])
            printf(" %.3f (%+.2f) |", t->absolute_mm[p] / t->n[p], t->worst_mm[p]);
        else
            printf(" – |");
    printf(" %d | %d |\n", t->missing, t->invented);
}

static void points_of_every_kind_lie_where_the_drill_was(void **state) {
    (void)state;
    const bool table = getenv("GIMLET_STRESS_TABLE");
    double sum[GM_N_POINTS] = {0};
    int n[GM_N_POINTS] = {0}, failures = 0;
    for (size_t i = 0; i < GM_COUNT(stress_cases); i++) {
        const stress_case *c = &stress_cases[i];
        tally t = {0};
        for (uint64_t v = 0; v < VARIANTS; v++) {
            stress_truth truth;
            gm_label label;
            label_variant(c, v, &truth, &label);
            count(&label, &truth, &t);
        }
        if (table) print_row(c, &t);
        bool good = t.missing <= c->missing && t.invented == 0;
        for (int p = 0; p < GM_N_POINTS; p++) {
            const double limit = c->limit_mm[p] > 0 ? c->limit_mm[p] : usual_limit_mm[p];
            good = good && (t.n[p] == 0 || t.absolute_mm[p] / t.n[p] <= limit);
            sum[p] += t.absolute_mm[p];
            n[p] += t.n[p];
        }
        if (!good) print_row(c, &t);
        failures += !good;
    }
    printf("# MAE entry %.3f (%d) transition %.3f (%d) exit %.3f mm (%d)\n", sum[0] / n[0], n[0], sum[1] / n[1], n[1],
           sum[2] / n[2], n[2]);
    assert_int_equal(failures, 0);
}

/* How often points and absences of one band of confidence are right. */
typedef struct {
    int n, right;
} band;

static void add_to_bands(const gm_label *label, const stress_truth *truth, band *present, band *absent) {
    static const double from[BINS] = {0, 0.7, 0.8, 0.9, 0.95};
    for (int p = 0; p < GM_N_POINTS; p++) {
        const gm_label_point *point = &label->points[p];
        int b = BINS - 1;
        while (point->confidence < from[b]) b--;
        const bool found = isfinite(point->mm), real = isfinite(truth->points_mm[p]);
        band *in = found ? &present[b] : &absent[b];
        in->n++;
        in->right += found ? real && fabs(point->mm - truth->points_mm[p]) <= tolerance_mm[p] : !real;
    }
}

static void confidence_says_how_often_a_point_is_right(void **state) {
    (void)state;
    static const double least[BINS] = {0.3, 0.75, 0.85, 0.95, 0.97};
    band present[BINS] = {0}, absent[BINS] = {0};
    for (size_t i = 0; i < GM_COUNT(stress_cases); i++)
        for (uint64_t v = 0; v < VARIANTS; v++) {
            stress_truth truth;
            gm_label label;
            label_variant(&stress_cases[i], v, &truth, &label);
            add_to_bands(&label, &truth, present, absent);
        }
    for (int b = 0; b < BINS; b++) {
        printf("# band %d: %d of %d points right, %d of %d absences\n", b, present[b].right, present[b].n,
               absent[b].right, absent[b].n);
        assert_true(present[b].right >= least[b] * present[b].n);
        assert_true(absent[b].right >= 0.95 * absent[b].n);
    }
}

/* Complaints from warning upwards; header fields are not what these holes are about. */
static int complaints(const gm_findings *findings, const stress_case *c, bool *flagged) {
    int others = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const gm_finding *f = &findings->items[i];
        if (f->severity < GM_WARNING || strncmp(f->check, "metadata.", 9) == 0) continue;
        if (c->flag && strstr(c->flag, f->check))
            *flagged = true;
        else if (printf("# %s: %s: %s\n", c->name, f->check, f->message))
            others++;
    }
    return others;
}

static void odd_holes_are_flagged_and_ordinary_ones_are_not(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_quality) quality = NULL;
    assert_ok(gm_quality_new(&quality, &err), err);
    int wrong = 0;
    for (size_t i = 0; i < GM_COUNT(stress_cases); i++)
        for (uint64_t v = 0; v < QUALITY_VARIANTS; v++) {
            stress_truth truth;
            gm_auto(gm_record) record = stress_drill(&stress_cases[i], v, &truth);
            gm_auto_findings findings = GM_FINDINGS_INIT;
            const gm_quality_input input = {.file = "", .sha256 = "", .record = record};
            assert_ok(gm_quality_check(quality, &input, &findings, NULL, &err), err);
            bool flagged = !stress_cases[i].flag;
            wrong += complaints(&findings, &stress_cases[i], &flagged);
            if (!flagged) wrong += printf("# %s: no %s\n", stress_cases[i].name, stress_cases[i].flag) > 0;
        }
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_of_every_kind_lie_where_the_drill_was),
        cmocka_unit_test(confidence_says_how_often_a_point_is_right),
        cmocka_unit_test(odd_holes_are_flagged_and_ordinary_ones_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
