#include "test.h"

#include "training/out_of_fold.h"

static char *folder;

static gm_evaluation_item made_item(const char *file, int fold) {
    gm_evaluation_item item = {.file = file, .fold = fold, .reference = GM_LABEL_EMPTY};
    item.prediction.label = GM_LABEL_EMPTY;
    for (int p = 0; p < GM_N_POINTS; p++) {
        item.prediction.label.points[p] = (gm_label_point){.mm = 4 + p, .confidence = 0.9 - 0.1 * p};
        item.reference.points[p].mm = 4.25 + p;
        item.prediction.low_mm[p] = 3.5 + p;
        item.prediction.high_mm[p] = 4.5 + p;
    }
    return item;
}

static char *write_table(const char *text) {
    gm_error err = {0};
    char *path = gm_path_join(folder, "out_of_fold.csv");
    assert_ok(gm_write_file(path, text, strlen(text), &err), err);
    return path;
}

static void what_is_written_is_read(void **state) {
    (void)state;
    gm_evaluation_item items[] = {made_item("b, \"twice\".xls", 2), made_item("a.xls", 0)};
    items[0].prediction.label.points[GM_EXIT].mm = NAN;
    items[0].prediction.low_mm[GM_EXIT] = items[0].prediction.high_mm[GM_EXIT] = NAN;
    gm_auto_text text = GM_TEXT_INIT;
    gm_out_of_fold_header(&text);
    for (size_t i = 0; i < GM_COUNT(items); i++) gm_out_of_fold_append(&items[i], &text);
    gm_auto_free char *path = write_table(gm_text_c(&text));
    gm_auto_out_of_fold table = {0};
    gm_error err = {0};
    assert_ok(gm_out_of_fold_read(path, &table, &err), err);
    assert_true(table.count == 2 && table.n_damaged == 0);
    assert_string_equal(table.rows[0].file, "a.xls"); /* in order */
    assert_int_equal(table.rows[0].fold, 0);
    const gm_out_of_fold_row *row = &table.rows[1];
    assert_string_equal(row->file, "b, \"twice\".xls");
    assert_int_equal(row->fold, 2);
    assert_true(row->mm[GM_TRANSITION] == 5 && row->label_mm[GM_ENTRY] == 4.25 && row->half_mm[GM_ENTRY] == 0.5);
    assert_true(isnan(row->mm[GM_EXIT]) && isnan(row->half_mm[GM_EXIT]) && row->label_mm[GM_EXIT] == 6.25);
    assert_true(fabs(row->confidence[GM_EXIT] - 0.7) < 1e-9); /* that it is absent */
}

/* Runs of earlier programs have no confidence; a line that was cut off is passed over, and counted. */
static void earlier_and_damaged_tables_are_read(void **state) {
    (void)state;
    gm_auto_free char *path = write_table("file,fold,entry_mm,...\n"
                                          "a.xls,1,6.1,16,20.4,6.2,,20.3,0.1,0.2,0.3\n"
                                          "b.xls,1,6.1,16\n"
                                          "c.xls,many,6.1,16,20.4,6.2,,20.3,0.1,0.2,0.3\n"
                                          "d.xls,2,6.1,16,20.4,6.2,16.1,20.3,0.1,0.2,0.3");
    gm_auto_out_of_fold table = {0};
    gm_error err = {0};
    assert_ok(gm_out_of_fold_read(path, &table, &err), err);
    assert_true(table.count == 2 && table.n_damaged == 2);
    assert_true(isnan(table.rows[0].label_mm[GM_TRANSITION]) && isnan(table.rows[0].confidence[GM_ENTRY]));
    const gm_out_of_fold_row *last = gm_out_of_fold_find(&table, "d.xls");
    assert_true(last && last->half_mm[GM_EXIT] == 0.3 && last->fold == 2);
    assert_null(gm_out_of_fold_find(&table, "b.xls"));
}

static void without_a_table_it_says_so(void **state) {
    (void)state;
    gm_auto_free char *path = gm_path_join(folder, "elsewhere.csv");
    gm_out_of_fold table;
    gm_error err = {0};
    assert_int_equal(gm_out_of_fold_read(path, &table, &err), GM_E_NOTFOUND);
    assert_null(table.rows);
    gm_auto_free char *empty = write_table("");
    assert_ok(gm_out_of_fold_read(empty, &table, &err), err);
    assert_true(table.count == 0);
    assert_null(gm_out_of_fold_find(&table, "a.xls"));
    gm_out_of_fold_finish(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(earlier_and_damaged_tables_are_read),
        cmocka_unit_test(without_a_table_it_says_so),
    };
    folder = test_folder_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_folder_remove(folder);
    return failed;
}
