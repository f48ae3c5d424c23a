#include "test.h"

#include <locale.h>
#include <math.h>

static void appends_latch_the_first_failure(void **state) {
    (void)state;
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_append(&text, "a");
    gm_memory_fail_after(0);
    for (int i = 0; i < 100; i++) gm_text_append(&text, "bcdefgh");
    gm_memory_fail_after(-1);
    gm_text_append(&text, "later");
    assert_false(gm_text_ok(&text));
    assert_null(gm_text_take(&text));
}

static void numbers_ignore_the_locale(void **state) {
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) setlocale(LC_ALL, ""); /* where German is installed it must not matter */
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_number(&text, 1234.5678, 2);
    gm_text_append(&text, " ");
    gm_text_number(&text, -0.0001, 2);
    assert_string_equal(gm_text_c(&text), "1234.57 0.00");
    double value;
    assert_true(gm_parse_double(" 3.25 ", &value));
    assert_true(value == 3.25);
    assert_false(gm_parse_double("3,25", &value));
    assert_false(gm_parse_double("", &value));
    assert_false(gm_parse_double("1.5x", &value));
    assert_false(gm_parse_double("0x10", &value));
    setlocale(LC_ALL, "C");
}

static void doubles_are_written_as_short_as_they_read_back(void **state) {
    (void)state;
    char out[32];
    const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"}, {1e-5, "1e-05"}, {512, "512"},
                 {0, "0"},     {-2.5, "-2.5"},  {1.0 / 3, "0.3333333333333333"}};
    for (size_t i = 0; i < GM_COUNT(cases); i++)
        assert_string_equal(gm_format_double(cases[i].value, out), cases[i].text);
    assert_string_equal(gm_format_double(NAN, out), "nan");
    assert_string_equal(gm_format_double(-INFINITY, out), "-inf");
}

static void json_strings_escape_and_repair(void **state) {
    (void)state;
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_json_string(&text, "a\"\\\n\x01"
                               "é\xff");
    assert_string_equal(gm_text_c(&text), "\"a\\\"\\\\\\n\\u0001é\\ufffd\"");
}

static void csv_cells_are_quoted_only_where_needed(void **state) {
    (void)state;
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_csv(&text, "plain");
    gm_text_append(&text, ",");
    gm_text_csv(&text, "a,\"b\"");
    assert_string_equal(gm_text_c(&text), "plain,\"a,\"\"b\"\"\"");
}

static void html_is_escaped(void **state) {
    (void)state;
    gm_auto_text text = GM_TEXT_INIT;
    gm_text_html(&text, "<b>&'\"");
    assert_string_equal(gm_text_c(&text), "&lt;b&gt;&amp;&#39;&quot;");
}

static void the_nearest_name_is_suggested_or_none(void **state) {
    (void)state;
    const char *names[] = {"epochs", "batch_size", "learning_rate"};
    assert_string_equal(gm_nearest_name("epochz", names, 3), "epochs");
    assert_string_equal(gm_nearest_name("bacth_size", names, 3), "batch_size");
    assert_string_equal(gm_nearest_name("LEARNING_RAT", names, 3), "learning_rate");
    assert_null(gm_nearest_name("colour", names, 3));
    const char *keys[] = {"training_config.epochs", "device", "input-dir", "output-dir"};
    assert_string_equal(gm_nearest_name("epochs", keys, 4), "training_config.epochs");
    assert_string_equal(gm_nearest_name("training_config.device", keys, 4), "device");
    assert_string_equal(gm_nearest_name("input", keys, 4), "input-dir");
    const char *families[] = {"cfrp_ti", "cfrp_al"};
    assert_null(gm_nearest_name("cfrp", families, 2)); /* two begin with it */
}

static void names_sort_as_people_count(void **state) {
    (void)state;
    assert_true(gm_compare_natural("V2_9", "V2_10") < 0);
    assert_true(gm_compare_natural("V10", "V9") > 0);
    assert_true(gm_compare_natural("V01", "V1") != 0);
    assert_true(gm_compare_natural("V1", "V1a") < 0);
    assert_int_equal(gm_compare_natural("same", "same"), 0);
}

static void booleans_read_in_every_spelling(void **state) {
    (void)state;
    bool value;
    assert_true(gm_parse_bool("TRUE", &value) && value);
    assert_true(gm_parse_bool("off", &value) && !value);
    assert_false(gm_parse_bool("maybe", &value));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_latch_the_first_failure),
        cmocka_unit_test(numbers_ignore_the_locale),
        cmocka_unit_test(doubles_are_written_as_short_as_they_read_back),
        cmocka_unit_test(json_strings_escape_and_repair),
        cmocka_unit_test(csv_cells_are_quoted_only_where_needed),
        cmocka_unit_test(html_is_escaped),
        cmocka_unit_test(the_nearest_name_is_suggested_or_none),
        cmocka_unit_test(names_sort_as_people_count),
        cmocka_unit_test(booleans_read_in_every_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
