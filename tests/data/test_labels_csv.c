/* labels.csv: written, read back, read from spreadsheets, compared. */
#include "data/labeling/labeling.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

#define TEXT(to, from) snprintf((to), sizeof(to), "%s", (from))

static gm_label_table read_table(const char *text) {
    gm_error err = {0};
    gm_label_table table = {0};
    assert_ok(gm_labels_read(text, strlen(text), GM_SOURCE_EXPERT, &table, &err), err);
    return table;
}

static void refuse(const char *text, long line, long column, const char *part) {
    gm_error err = {0};
    gm_label_table table = {0};
    assert_int_equal(gm_labels_read(text, strlen(text), GM_SOURCE_EXPERT, &table, &err), GM_E_FORMAT);
    if (!strstr(err.message, part)) fail_msg("'%s' does not say '%s'", err.message, part);
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
    assert_null(table.items);
}

static gm_label make_label(double entry, double transition, double exit, gm_label_source source) {
    gm_label label = GM_LABEL_EMPTY;
    const double depths[] = {entry, transition, exit};
    for (int p = 0; p < GM_N_POINTS; p++) label.points[p] = (gm_label_point){.mm = depths[p], .confidence = 0.875};
    label.source = source;
    label.confidence = 0.75;
    return label;
}

static void what_is_written_is_read_back(void **state) {
    (void)state;
    gm_label label = make_label(6.5, NAN, 20.406, GM_SOURCE_RULE);
    label.factor_clarity = 0.5;
    label.rejected = true;
    TEXT(label.reason, "torn off, \"twice\"; see the photo of the panel that was taken before the second attempt");
    TEXT(label.points[GM_EXIT].evidence, "\"knee\", or so;\nsecond line");
    TEXT(label.author, "M\303\274ller, H.");
    TEXT(label.made_at, "2026-11-23T08:15:30.123Z");
    gm_auto_text text = GM_TEXT_INIT;
    gm_labels_write_header(&text);
    gm_labels_write_row(&text, "a folder/V1, first.xls", &label);
    assert_true(gm_text_ok(&text));
    assert_true(gm_starts_with(gm_text_c(&text), "file,entry_mm,transition_mm,exit_mm,entry_confidence,"
                                                 "transition_confidence,exit_confidence,confidence,category,source,"));
    gm_label_table table = read_table(gm_text_c(&text));
    assert_int_equal(table.count, 1);
    assert_string_equal(table.items[0].file, "a folder/V1, first.xls");
    const gm_label *back = &table.items[0].label;
    assert_float_equal(back->points[GM_ENTRY].mm, 6.5, 0);
    assert_true(isnan(back->points[GM_TRANSITION].mm));
    assert_float_equal(back->points[GM_EXIT].mm, 20.406, 1e-12);
    assert_float_equal(back->points[GM_ENTRY].confidence, 0.875, 0);
    assert_float_equal(back->confidence, 0.75, 0);
    assert_float_equal(back->factor_clarity, 0.5, 0);
    assert_true(isnan(back->factor_signal));
    assert_int_equal(back->source, GM_SOURCE_RULE);
    assert_true(back->rejected);
    assert_string_equal(back->reason, label.reason);
    assert_string_equal(back->points[GM_EXIT].evidence, label.points[GM_EXIT].evidence);
    assert_string_equal(back->author, label.author);
    assert_string_equal(back->made_at, label.made_at);
    gm_label_table_finish(&table);
}

static void spreadsheets_of_any_country_are_read(void **state) {
    (void)state;
    gm_label_table table =
        read_table("\357\273\277Filename;Entry_Depth_mm;material_type;exit_depth_mm;transition_depth_mm\r\n"
                   "V1_006.xls;6,57;CFRP;20,48;16,42\r\n"
                   ";;;;\r\n"
                   "\r\n"
                   "V1_007.xls; 6.5 ;\"a;b\";absent;-\r\n"
                   "V1_008.xls");
    assert_int_equal(table.count, 3);
    assert_float_equal(table.items[0].label.points[GM_ENTRY].mm, 6.57, 1e-12);
    assert_float_equal(table.items[0].label.points[GM_TRANSITION].mm, 16.42, 1e-12);
    assert_float_equal(table.items[0].label.points[GM_EXIT].mm, 20.48, 1e-12);
    assert_int_equal(table.items[0].label.source, GM_SOURCE_EXPERT);
    assert_float_equal(table.items[0].label.points[GM_ENTRY].confidence, 1, 0);
    assert_float_equal(table.items[1].label.points[GM_ENTRY].mm, 6.5, 0);
    assert_true(isnan(table.items[1].label.points[GM_EXIT].mm));
    assert_true(isnan(table.items[1].label.points[GM_TRANSITION].mm));
    assert_true(isnan(table.items[2].label.points[GM_ENTRY].mm));
    gm_label_table_finish(&table);

    table = read_table("file\tentry_mm\nV2.xls\t\"4,76\"\n");
    assert_float_equal(table.items[0].label.points[GM_ENTRY].mm, 4.76, 1e-12);
    gm_label_table_finish(&table);
    table = read_table("file,entry_mm,source\nV2.xls,4.76,model\n");
    assert_int_equal(table.items[0].label.source, GM_SOURCE_MODEL);
    gm_label_table_finish(&table);
}

static void faults_are_named_with_line_and_column(void **state) {
    (void)state;
    refuse("", 1, 0, "empty");
    refuse("PK\003\004rest", 1, 0, "spreadsheet");
    refuse("entry_mm,exit_mm\n1,2\n", 1, 0, "no column 'file'");
    refuse("file,entri\nV1.xls,2\n", 1, 0, "no column 'entry_mm'");
    refuse("file,entry_mm,entry\nV1.xls,2,2\n", 1, 3, "says the same as column 2");
    refuse("file,entry_mm\nV1.xls,deep\n", 2, 2, "'deep' is no depth in mm");
    refuse("file,entry_mm\nV1.xls,-16.4\n", 2, 2, "not within");
    refuse("file,entry_mm\n\nV1.xls,5\nV2.xls,1e9\n", 4, 2, "not within");
    refuse("file,entry_mm,exit_mm\nV1.xls,5,4\n", 2, 0, "exit at 4 mm lies before entry at 5 mm");
    refuse("file,entry_mm\n,5\n", 2, 0, "without a file name");
    refuse("file,entry_mm\n\"V1.xls,5\n", 2, 1, "does not end");
    refuse("file,entry_mm\n\"V1\".xls,5\n", 2, 1, "follows a quoted cell");
    refuse("file,entry_mm,source\nV1.xls,5,guess\n", 2, 3, "none of rule, model, expert, truth");
    refuse("file,entry_mm,confidence\nV1.xls,5,90\n", 2, 3, "confidence 90 is not within 0 and 1");
    gm_error err = {0};
    gm_label_table table = {0};
    assert_int_equal(gm_labels_read("file,entry_mm\nV1\0.xls,5", 24, GM_SOURCE_EXPERT, &table, &err), GM_E_FORMAT);
    err = (gm_error){0};
    const char *misspelt = "file,entri_mm\nV1.xls,2\n";
    assert_int_equal(gm_labels_read(misspelt, strlen(misspelt), GM_SOURCE_EXPERT, &table, &err), GM_E_FORMAT);
    assert_non_null(strstr(err.hint, "'entri_mm'"));
}

static void too_many_columns_are_refused_and_missing_memory_is_reported(void **state) {
    (void)state;
    gm_auto_text wide = GM_TEXT_INIT;
    gm_text_append(&wide, "file,entry_mm");
    for (int i = 0; i < 300; i++) gm_text_append(&wide, ",x");
    refuse(gm_text_c(&wide), 1, 256, "more than 256 columns");
    const char *text = "file,entry_mm,entry_evidence,author\na.xls,5,yes,me\nb.xls,6,,\n";
    for (long n = 0; n < 64; n++) {
        gm_error err = {0};
        gm_label_table table = {0};
        gm_memory_fail_after(n);
        const gm_status status = gm_labels_read(text, strlen(text), GM_SOURCE_EXPERT, &table, &err);
        gm_memory_fail_after(-1);
        if (status == GM_OK) {
            assert_true(n > 4);
            gm_label_table_finish(&table);
            return;
        }
        assert_int_equal(status, GM_E_NOMEM);
    }
    fail_msg("never enough memory");
}

static void a_file_is_found_by_path_or_by_its_only_name(void **state) {
    (void)state;
    gm_label_table table = read_table("file,entry_mm\na/V1.xls,1\nb/V1.xls,2\nb/V2.xls,3\nC:\\data\\V3.xls,4\n");
    assert_float_equal(gm_label_table_find(&table, "b/V1.xls")->label.points[0].mm, 2, 0);
    assert_null(gm_label_table_find(&table, "V1.xls"));
    assert_float_equal(gm_label_table_find(&table, "other/V2.xls")->label.points[0].mm, 3, 0);
    assert_float_equal(gm_label_table_find(&table, "V3.xls")->label.points[0].mm, 4, 0);
    assert_null(gm_label_table_find(&table, "V4.xls"));
    gm_label_table_finish(&table);
}

static void agreement_counts_what_both_and_what_one_has(void **state) {
    (void)state;
    gm_label_table a = read_table("file,entry_mm,transition_mm,exit_mm\n"
                                  "x/1.xls,5.0,10,15\nx/2.xls,5.2,,15.5\nx/3.xls,,,\nx/4.xls,5,6,7\nx/5.xls,1,2,3\n");
    gm_label_table b = read_table("file,entry_mm,transition_mm,exit_mm\n"
                                  "1.xls,5.1,10,15.3\n2.xls,5.0,10,15\n3.xls,5,,\ny/5.xls,1,2,3\nz/5.xls,1,2,3\n");
    gm_label_agreement out[GM_N_AGREEMENTS];
    gm_error err = {0};
    assert_ok(gm_labels_agreement(&a, &b, out, &err), err);
    assert_int_equal(out[GM_ENTRY].n, 2);
    assert_int_equal(out[GM_ENTRY].only_b, 1);
    assert_float_equal(out[GM_ENTRY].mae_mm, 0.15, 1e-12);
    assert_float_equal(out[GM_ENTRY].bias_mm, 0.05, 1e-12);
    assert_float_equal(out[GM_ENTRY].worst_mm, 0.2, 1e-12);
    assert_string_equal(out[GM_ENTRY].worst, "x/2.xls");
    assert_int_equal(out[GM_TRANSITION].n, 1);
    assert_int_equal(out[GM_TRANSITION].only_b, 1);
    assert_int_equal(out[GM_TRANSITION].only_a, 0);
    assert_float_equal(out[GM_EXIT].mae_mm, 0.4, 1e-12);
    assert_float_equal(out[GM_EXIT].within_fifth, 0, 0);
    assert_float_equal(out[GM_EXIT].p95_mm, 0.5, 1e-12);
    assert_int_equal(out[GM_AGREEMENT_HOLE_DEPTH].n, 2);
    assert_float_equal(out[GM_AGREEMENT_HOLE_DEPTH].bias_mm, (-0.2 + 0.3) / 2, 1e-12);
    gm_label_table_finish(&a);
    gm_label_table_finish(&b);
}

static void truth_comes_before_experts_before_models_before_rules(void **state) {
    (void)state;
    gm_label labels[5] = {make_label(1, 2, 3, GM_SOURCE_RULE), make_label(1, 2, 3, GM_SOURCE_EXPERT),
                          make_label(1, 2, 3, GM_SOURCE_EXPERT), make_label(1, 2, 3, GM_SOURCE_MODEL),
                          make_label(1, 2, 3, GM_SOURCE_TRUTH)};
    TEXT(labels[1].made_at, "2026-11-23T08:15:30.123Z");
    TEXT(labels[2].made_at, "2026-11-22T08:15:30.123Z");
    assert_int_equal(gm_label_preferred(labels, 4), 1);
    labels[1].rejected = true; /* nobody's older label comes back in its place */
    assert_int_equal(gm_label_preferred(labels, 4), 1);
    assert_int_equal(gm_label_preferred(labels, 5), 4);
    assert_int_equal(gm_label_preferred(labels, 1), 0);
    assert_int_equal(gm_label_preferred(labels, 0), 0);
}

static void a_hole_unlike_its_neighbours_loses_confidence(void **state) {
    (void)state;
    gm_label labels[9];
    gm_label_set_item items[9];
    for (int i = 0; i < 9; i++) {
        labels[i] = make_label(6 + 0.3 * i, 16 + 0.3 * i + 0.01 * (i % 3), 20 + 0.3 * i, GM_SOURCE_RULE);
        labels[i].factor_clarity = labels[i].factor_signal = labels[i].factor_pattern = 0.95;
        items[i] = (gm_label_set_item){.label = &labels[i]};
        TEXT(items[i].program_id, i == 8 ? "other" : "p");
    }
    labels[4].points[GM_TRANSITION].mm += 1;
    gm_error err = {0};
    assert_ok(gm_label_set(items, 9, &err), err);
    assert_true(labels[0].factor_pattern > 0.95);
    assert_true(labels[4].factor_pattern < 0.6);
    assert_true(labels[4].points[GM_TRANSITION].confidence < 0.8 * labels[0].points[GM_TRANSITION].confidence);
    assert_float_equal(labels[8].factor_pattern, 0.95, 0); /* the only one of its program */
    assert_non_null(strstr(labels[4].points[GM_ENTRY].evidence, "among its program's holes (8)"));
    gm_label once[9];
    memcpy(once, labels, sizeof once);
    assert_ok(gm_label_set(items, 9, &err), err);
    for (int i = 0; i < 9; i++) {
        assert_float_equal(labels[i].confidence, once[i].confidence, 1e-12);
        assert_string_equal(labels[i].points[GM_ENTRY].evidence, once[i].points[GM_ENTRY].evidence);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(spreadsheets_of_any_country_are_read),
        cmocka_unit_test(faults_are_named_with_line_and_column),
        cmocka_unit_test(too_many_columns_are_refused_and_missing_memory_is_reported),
        cmocka_unit_test(a_file_is_found_by_path_or_by_its_only_name),
        cmocka_unit_test(agreement_counts_what_both_and_what_one_has),
        cmocka_unit_test(truth_comes_before_experts_before_models_before_rules),
        cmocka_unit_test(a_hole_unlike_its_neighbours_loses_confidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
