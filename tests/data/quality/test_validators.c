/* What holds for every validator of the list. */
#include "data/quality/report_internal.h"
#include "holes.h"

#include <ctype.h>

static void every_validator_describes_itself_and_its_thresholds(void **state) {
    (void)state;
    size_t n;
    const gm_validator *const *validators = gm_validators(&n);
    assert_true(n >= 5);
    for (size_t v = 0; v < n; v++) {
        for (const char *c = validators[v]->name; *c; c++) assert_true(islower((unsigned char)*c) || *c == '_');
        assert_true(strlen(validators[v]->doc) > 20);
        assert_non_null(validators[v]->check);
        for (size_t w = 0; w < v; w++) assert_string_not_equal(validators[v]->name, validators[w]->name);
        for (size_t p = 0; p < validators[v]->n_params; p++) {
            const gm_param_spec *spec = &validators[v]->params[p];
            assert_true(strlen(spec->doc) > 10);
            assert_true(spec->offset < validators[v]->params_size);
            assert_true(spec->max > spec->min);
        }
    }
}

static void thresholds_are_set_by_name(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto(gm_quality) quality = NULL;
    assert_ok(gm_quality_new(&quality, &err), err);
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    gm_quality_input input = {.file = "", .sha256 = "", .record = r};
    gm_auto_findings findings = GM_FINDINGS_INIT;
    assert_ok(gm_quality_set(quality, "signal_quality.clipped_a", "20", &err), err);
    assert_ok(gm_quality_check(quality, &input, &findings, NULL, &err), err);
    assert_non_null(find(&findings, "signal_quality.clipped"));
    assert_int_equal(gm_quality_set(quality, "signal_quality.cliped_a", "20", &err), GM_E_ARG);
    assert_non_null(strstr(err.hint, "clipped_a"));
    gm_error other = {0};
    assert_int_equal(gm_quality_set(quality, "signals.clipped_a", "20", &other), GM_E_ARG);
    assert_int_equal(gm_quality_set(quality, "clipped_a", "20", &(gm_error){0}), GM_E_ARG);
    assert_int_equal(gm_quality_set(quality, "signal_quality.clipped_a", "-3", &(gm_error){0}), GM_E_ARG);
}

/* Damage of many kinds; whatever is found must be a known finding of its validator, told in one line. */
static void damage(gm_record *r, size_t kind) {
    for (size_t i = 0; i < r->n; i++) switch (kind) {
        case 0: r->depth_mm[i] = NAN; break;
        case 1: r->depth_mm[i] = i % 7 ? r->depth_mm[i] : INFINITY; break;
        case 2: r->depth_mm[i] = -1e30f * (float)i; break;
        case 3: r->depth_mm[i] = 5; break;
        case 4: r->torque_a[i] = NAN; break;
        case 5: r->torque_a[i] = i % 2 ? 1e38f : -1e38f; break;
        case 6: r->thrust_a[i] = INFINITY; break;
        case 7: r->depth_mm[i] = 1000 - r->depth_mm[i] * 40; break;
        case 8: r->step[i] = (int32_t)i; break;
        case 9: r->stop_code[i] = -1; break;
        case 10: r->step[i] = INT32_MIN; break;
        case 11: r->meta.sample_rate_hz = -1; break;
        case 12: r->meta.motor_m2_ratio = 1e-9; break;
        case 13: r->program[0].feed_mm_s = INFINITY; break;
        default: r->torque_a[i] = r->thrust_a[i] = 0;
        }
}

static void no_damage_breaks_a_validator(void **state) {
    (void)state;
    size_t n;
    const gm_validator *const *validators = gm_validators(&n);
    static const size_t lengths[] = {1, 2, 5, 21, 70, 1800};
    for (size_t kind = 0; kind < 15; kind++)
        for (size_t k = 0; k < GM_COUNT(lengths); k++) {
            gm_error err = {0};
            gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
            r->n = GM_MIN(lengths[k], r->n);
            damage(r, kind);
            assert_ok(gm_record_finish(r, &err), err);
            gm_auto_findings findings = GM_FINDINGS_INIT;
            gm_hole_summary summary;
            check_record(r, "x_y_ST_1_2.xls", &findings, &summary);
            for (size_t i = 0; i < findings.count; i++) {
                const gm_finding *f = &findings.items[i];
                assert_true(gm_check_doc(f->check)[0]);
                assert_null(strchr(f->message, '\n'));
                bool owned = false;
                for (size_t v = 0; v < n; v++) owned |= gm_starts_with(f->check, validators[v]->name);
                assert_true(owned);
            }
        }
}

static void every_finding_has_a_hint_or_is_plain_information(void **state) {
    (void)state;
    for (size_t kind = 0; kind < 15; kind++) {
        gm_error err = {0};
        gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
        damage(r, kind);
        assert_ok(gm_record_finish(r, &err), err);
        gm_auto_findings findings = GM_FINDINGS_INIT;
        check_record(r, "", &findings, NULL);
        for (size_t i = 0; i < findings.count; i++)
            assert_true(findings.items[i].severity == GM_INFO || strlen(findings.items[i].hint) > 10);
    }
}

static void the_summary_says_what_the_signals_show(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    gm_auto_findings findings = GM_FINDINGS_INIT;
    gm_hole_summary s;
    check_record(r, "", &findings, &s);
    assert_float_equal(s.entry_mm, 6.5, 0.25); /* where torque passes 0.4 of 5 A on its ramp of 1.4 mm */
    assert_float_equal(s.exit_mm, 20.5 + 0.7, 0.25);
    assert_float_equal(s.torque_max_a, 40, 1);
    assert_float_equal(s.end_mm, 25, 0.02);
    assert_false(s.no_contact || s.not_through || s.overload || s.late_contact);
    assert_int_equal(s.global_counter, 100);
    assert_string_equal(s.head, "17070141"); /* "Light" is no tag */
    assert_int_equal(strlen(s.trace_sha256), 64);
}

/* Ids stand between quotes in the sources; each has its line in checks.list.h. */
static void every_check_in_the_sources_is_explained(void **state) {
    (void)state;
    static const char *const folders[] = {"src/data/ingestion", "src/data/quality", "src/service"};
    static const char *const owners[] = {"file_format", "signal_quality", "step_codes", "temporal", "metadata", "set"};
    const char *root = getenv("GM_SOURCE_ROOT");
    if (!root) skip();
    size_t n = 0;
    for (size_t f = 0; f < GM_COUNT(folders); f++) {
        gm_error err = {0};
        gm_auto_free char *folder = gm_path_join(root, folders[f]);
        gm_file_list files;
        assert_ok(gm_list_files(folder, &files, &err), err);
        for (size_t i = 0; i < files.count; i++) {
            gm_auto_free char *text = NULL;
            size_t size;
            if (!gm_ends_with(files.items[i].path, ".c")) continue;
            assert_ok(gm_read_file(files.items[i].path, 1 << 20, &text, &size, &err), err);
            for (size_t o = 0; o < GM_COUNT(owners); o++) {
                char start[32], id[64];
                snprintf(start, sizeof start, "\"%s.", owners[o]);
                for (const char *p = text; (p = strstr(p, start)); p++) {
                    size_t length = strcspn(p + 1, "\"");
                    if (length >= sizeof id || memchr(p, ' ', length)) continue;
                    snprintf(id, sizeof id, "%.*s", (int)length, p + 1);
                    if (!gm_check_doc(id)[0]) fail_msg("%s: %s is not in checks.list.h", files.items[i].relative, id);
                    n++;
                }
            }
        }
        gm_file_list_finish(&files);
    }
    assert_true(n > 60);
}

static void the_score_falls_with_each_complaint(void **state) {
    (void)state;
    gm_auto_findings findings = GM_FINDINGS_INIT;
    assert_float_equal(gm_quality_score(&findings), 1, 0);
    gm_findings_add(&findings, "metadata.fields", GM_INFO, NULL, "x");
    assert_float_equal(gm_quality_score(&findings), 1, 0);
    gm_findings_add(&findings, "metadata.clock", GM_WARNING, NULL, "x");
    assert_float_equal(gm_quality_score(&findings), 0.8, 1e-12);
    gm_findings_add(&findings, "set.redrilled", GM_FAILURE, NULL, "x");
    assert_float_equal(gm_quality_score(&findings), 0.24, 1e-12);
    gm_findings_add(&findings, "file_format.unreadable", GM_ERROR, NULL, "x");
    assert_float_equal(gm_quality_score(&findings), 0, 0);
}

static void running_out_of_memory_is_reported(void **state) {
    (void)state;
    gm_auto(gm_record) r = make_record(&ORDINARY_HOLE);
    r->meta.file_version = 3;
    r->torque_a[900] += 6;
    gm_status status = GM_E_NOMEM;
    for (long n = 0; status != GM_OK; n++) {
        assert_true(n < 1000);
        gm_error err = {0};
        gm_quality *quality = NULL;
        gm_auto_findings findings = GM_FINDINGS_INIT;
        gm_quality_input input = {.file = "", .sha256 = "", .record = r};
        gm_memory_fail_after(n);
        status = gm_quality_new(&quality, &err);
        if (status == GM_OK) status = gm_quality_check(quality, &input, &findings, NULL, &err);
        gm_memory_fail_after(-1);
        gm_quality_free(quality);
        assert_true(status == GM_OK || status == GM_E_NOMEM);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_validator_describes_itself_and_its_thresholds),
        cmocka_unit_test(thresholds_are_set_by_name),
        cmocka_unit_test(no_damage_breaks_a_validator),
        cmocka_unit_test(every_finding_has_a_hint_or_is_plain_information),
        cmocka_unit_test(the_summary_says_what_the_signals_show),
        cmocka_unit_test(every_check_in_the_sources_is_explained),
        cmocka_unit_test(the_score_falls_with_each_complaint),
        cmocka_unit_test(running_out_of_memory_is_reported),
    };
    return cmocka_run_group_tests_name("validators", tests, NULL, NULL);
}
