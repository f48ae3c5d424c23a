/* The rules of the gate, each with evidence that passes and evidence that does not. */
#include "test.h"

#include "deployment/gate/gate.h"

#include <math.h>
#include <stdio.h>

/* Of a model that passes everything. */
static gm_gate_evidence good(void) {
    static const gm_gate_group groups[1] = {
        {"family", "002_V2", {.holes = 50, .points = {[GM_EXIT] = {.n = 50, .mae_mm = 0.09}}}}};
    gm_gate_evidence e = {.groups = groups,
                          .n_groups = 1,
                          .holes_planned = 100,
                          .folds = 5,
                          .folds_trained = 5,
                          .folds_found = 5,
                          .grouping = "tool_life",
                          .damaged = "",
                          .size_bytes = 12000000,
                          .proven = true,
                          .proof_holes = 20,
                          .proof_relative = 3e-7,
                          .unproven = "",
                          .repeated = 12,
                          .latency_ms = 12,
                          .registrant = "B. Kurz",
                          .promoter = "A. Meyer",
                          .several_people = true};
    e.metrics = (gm_metrics){.holes = 100, .grip_n = 100, .grip_exact = 0.97};
    for (int p = 0; p < GM_N_EVAL; p++) {
        e.metrics.points[p] = (gm_point_metrics){
            .n = 100, .mae_mm = 0.08, .n_interval = 100, .interval_coverage = 0.91, .interval_width_mm = 0.3};
        e.told_mae_mm[p] = 0.08;
    }
    return e;
}

static gm_gate_policy *standard(void) {
    gm_error err = {0};
    gm_gate_policy *gate;
    assert_ok(gm_gate_policy_new(&gate, &err), err);
    return gate;
}

static void a_good_model_passes(void **state) {
    (void)state;
    gm_auto(gm_gate_policy) gate = standard();
    gm_gate_evidence e = good();
    gm_gate_findings f;
    if (!gm_gate_check(gate, &e, &f))
        for (size_t i = 0; i < f.count; i++)
            if (f.items[i].verdict == GM_GATE_FAILED) fail_msg("%s: %s", f.items[i].rule, f.items[i].message);
    size_t n_rules;
    gm_gate_rules(&n_rules);
    assert_true(f.count >= n_rules);
}

/* ---- one change each, which exactly one rule must find ---- */

static void few_folds(gm_gate_evidence *e) {
    e->folds_trained = 3;
}
static void lost_fold(gm_gate_evidence *e) {
    e->folds_found = 4;
}
static void leaked(gm_gate_evidence *e) {
    e->leaked_traces = 2;
}
static void leaked_life(gm_gate_evidence *e) {
    e->leaked_lives = 31;
}
static void told_better(gm_gate_evidence *e) {
    e->told_mae_mm[GM_EXIT] = 0.03;
}
static void not_repeated(gm_gate_evidence *e) {
    e->repeated_mm = 0.42;
}
static void holes_left_out(gm_gate_evidence *e) {
    e->holes_planned = 130;
}
static void not_accurate(gm_gate_evidence *e) {
    e->metrics.points[GM_EXIT].mae_mm = e->told_mae_mm[GM_EXIT] = 0.1512;
}
static void points_missed(gm_gate_evidence *e) {
    e->metrics.points[GM_TRANSITION].missed = 9;
}
static void wrong_grip(gm_gate_evidence *e) {
    e->metrics.grip_exact = 0.71;
}
static void bad_group(gm_gate_evidence *e) {
    static const gm_gate_group groups[1] = {
        {"tool_age", "50-99 holes", {.holes = 50, .points = {[GM_EXIT] = {.n = 50, .mae_mm = 0.9}}}}};
    e->groups = groups;
}
static void no_coverage(gm_gate_evidence *e) {
    e->metrics.points[GM_ENTRY].interval_coverage = 0.4;
}
static void no_intervals(gm_gate_evidence *e) {
    e->metrics.points[GM_ENTRY].n_interval = 0;
}
static void wide_intervals(gm_gate_evidence *e) {
    e->metrics.points[GM_EXIT].interval_width_mm = 13;
}
static void worse_than_champion(gm_gate_evidence *e) {
    e->champion = 3;
    e->common = 100;
    e->against[GM_EXIT] = (gm_paired){100, 0.07, 0.09, 0.02, 0.011, 0.03, 1e-5};
}
static void nothing_in_common(gm_gate_evidence *e) {
    e->champion = 3;
    e->common = 4;
}
static void not_proven(gm_gate_evidence *e) {
    e->proven = false;
    e->unproven = "there is no model.onnx";
}
static void disagrees(gm_gate_evidence *e) {
    e->proof_relative = 0.02;
}
static void slow(gm_gate_evidence *e) {
    e->latency_ms = 900;
}
static void fat(gm_gate_evidence *e) {
    e->size_bytes = 900000000;
}
static void alone(gm_gate_evidence *e) {
    e->promoter = "B. Kurz";
}
static void damaged(gm_gate_evidence *e) {
    e->damaged = "fold 2 has weights that are no numbers";
}

static void each_rule_says_what_fails_in_numbers(void **state) {
    (void)state;
    static const struct {
        void (*spoil)(gm_gate_evidence *);
        const char *rule, *says;
    } cases[] = {
        {few_folds, "folds", "3 of 5 folds were trained"},
        {lost_fold, "folds", "5 folds were trained, 4 are there"},
        {leaked, "leak", "2 holes stand on both sides"},
        {leaked_life, "leak", "31 holes have their tool life"},
        {told_better, "record", "say exit MAE 0.030 mm, its predictions give 0.080"},
        {not_repeated, "record", "differ by up to 0.420 mm"},
        {holes_left_out, "record", "100 of 130 holes have a prediction"},
        {not_accurate, "accuracy", "exit MAE 0.151 mm, at most 0.150"},
        {points_missed, "accuracy", "transition not found in 9 of 109 holes (8.3 %), at most 2.0 %"},
        {wrong_grip, "accuracy", "grip code right in 71.0 %"},
        {bad_group, "groups", "tool age 50-99 holes, exit MAE 0.900 mm (50 holes), at most 0.400"},
        {no_coverage, "coverage", "entry lies in its interval in 40.0 %"},
        {no_intervals, "coverage", "entry has no intervals"},
        {wide_intervals, "coverage", "exit intervals are 13.00 mm wide, at most 2.00"},
        {worse_than_champion, "champion", "exit +0.020 mm against version 3 on 100 holes"},
        {nothing_in_common, "champion", "4 holes in common"},
        {not_proven, "export_proof", "there is no model.onnx"},
        {disagrees, "export_proof", "differ by 2.0e-02 of the output"},
        {slow, "latency", "900.0 ms, at most 500.0"},
        {fat, "size", "900.00 MB, at most 500.00"},
        {alone, "second_person", "B. Kurz registered it and cannot promote it too"},
        {damaged, "files", "fold 2 has weights"},
    };
    gm_auto(gm_gate_policy) gate = standard();
    for (size_t i = 0; i < GM_COUNT(cases); i++) {
        gm_gate_evidence e = good();
        gm_gate_findings f;
        cases[i].spoil(&e);
        assert_false(gm_gate_check(gate, &e, &f));
        const char *found = NULL;
        for (size_t k = 0; k < f.count; k++) {
            if (f.items[k].verdict != GM_GATE_FAILED) continue;
            if (strcmp(f.items[k].rule, cases[i].rule) != 0)
                fail_msg("case %zu: %s fails too: %s", i, f.items[k].rule, f.items[k].message);
            found = f.items[k].message;
        }
        if (!found || !strstr(found, cases[i].says)) fail_msg("case %zu: \"%s\"", i, found ? found : "nothing");
    }
}

static void limits_come_from_yaml(void **state) {
    (void)state;
    gm_auto(gm_gate_policy) gate = standard();
    gm_error err = {0};
    gm_gate_evidence e = good();
    gm_gate_findings f;
    const char *yaml = "accuracy:\n  exit_mae_mm: 0.05\ncoverage:\n  use: no\n";
    no_coverage(&e);
    assert_ok(gm_gate_policy_read(gate, yaml, strlen(yaml), "own.yaml", &err), err);
    assert_false(gm_gate_check(gate, &e, &f));
    for (size_t i = 0; i < f.count; i++) {
        if (f.items[i].verdict == GM_GATE_FAILED)
            assert_string_equal(f.items[i].message, "exit MAE 0.080 mm, at most 0.050");
        if (strcmp(f.items[i].rule, "coverage") == 0) assert_string_equal(f.items[i].message, "switched off");
    }
}

static void what_is_wrong_in_a_gate_is_named(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *says, *hint;
    } wrong[] = {
        {"accuracy:\n  exit_mae: 0.1\n",
         "own.yaml, line 2, column 13: no rule of the gate has the key 'accuracy.exit_mae'", "accuracy.exit_mae_mm"},
        {"acuracy:\n  exit_mae_mm: 0.1\n", "'acuracy.exit_mae_mm'", "accuracy.exit_mae_mm"},
        {"accuracy:\n  exit_mae_mm: good\n", "exit_mae_mm", ""},
        {"accuracy:\n  exit_mae_mm: -1\n", "exit_mae_mm", ""},
        {"coverage:\n  use: perhaps\n", "coverage.use is yes or no", ""},
        {"second_person:\n  when: sometimes\n", "when", ""},
        {"hello", "stands alone", "configs/gate.yaml"},
    };
    for (size_t i = 0; i < GM_COUNT(wrong); i++) {
        gm_auto(gm_gate_policy) gate = standard();
        gm_error err = {0};
        assert_int_equal(gm_gate_policy_read(gate, wrong[i].yaml, strlen(wrong[i].yaml), "own.yaml", &err), GM_E_ARG);
        if (!strstr(err.message, wrong[i].says) || !strstr(err.hint, wrong[i].hint) || !err.line)
            fail_msg("case %zu, line %ld: %s (%s)", i, err.line, err.message, err.hint);
    }
}

/* configs/gate.yaml is the standard gate, with what each key means. GIMLET_WRITE makes it. */
static void the_file_of_the_repository_is_the_standard_gate(void **state) {
    (void)state;
    gm_auto(gm_gate_policy) gate = standard();
    gm_auto_text text = GM_TEXT_INIT;
    gm_auto_free char *path = gm_path_join(getenv("GM_SOURCE_ROOT"), "configs/gate.yaml"), *bytes = NULL;
    gm_error err = {0};
    size_t size;
    gm_text_append(&text,
                   "# What a model has to show before it becomes the champion: gimlet models promote --gate FILE.\n"
                   "# These are the standard limits; a file needs only what differs. docs/registry.md explains.\n\n");
    gm_gate_policy_to_yaml(gate, &text);
    if (getenv("GIMLET_WRITE")) assert_ok(gm_write_file(path, text.data, text.length, &err), err);
    assert_ok(gm_read_file(path, 1 << 20, &bytes, &size, &err), err);
    assert_string_equal(bytes, gm_text_c(&text));
    assert_ok(gm_gate_policy_read(gate, bytes, size, path, &err), err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_model_passes),
        cmocka_unit_test(each_rule_says_what_fails_in_numbers),
        cmocka_unit_test(limits_come_from_yaml),
        cmocka_unit_test(what_is_wrong_in_a_gate_is_named),
        cmocka_unit_test(the_file_of_the_repository_is_the_standard_gate),
    };
    return cmocka_run_group_tests_name("deployment/gate", tests, NULL, NULL);
}
