#include "data/report/report_internal.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

/* --- numbers --- */

static void numbers_are_grouped_for_people(void **state) {
    (void)state;
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {{0, 0, "0"},
                 {999, 0, "999"},
                 {1074, 0, "1,074"},
                 {2496189, 0, "2,496,189"},
                 {0.083, 3, "0.083"},
                 {12345.678, 1, "12,345.7"},
                 {NAN, 2, "\xe2\x80\x93"},
                 {-0.25, 2,
                  "\xe2\x88\x92"
                  "0.25"},
                 {-0.0001, 2, "0.00"},
                 {INFINITY, 1, "\xe2\x80\x93"}};
    for (size_t i = 0; i < GM_COUNT(cases); i++) {
        gm_auto_text text = GM_TEXT_INIT;
        gm_report_number(&text, cases[i].value, cases[i].decimals);
        assert_string_equal(gm_text_c(&text), cases[i].text);
    }
    gm_auto_text percent = GM_TEXT_INIT;
    gm_report_percent(&percent, 0.9876, 1);
    assert_string_equal(gm_text_c(&percent), "98.8 %");
}

/* --- axes --- */

static void ticks_are_round_and_inside(void **state) {
    (void)state;
    static const double ranges[][2] = {{0, 1},     {-0.3, 47.2}, {6.41, 6.43},   {-1e-9, 1e-9},
                                       {0, 65535}, {-270, -30},  {1e6, 1e6 + 1}, {0.5, 25.02}};
    for (size_t i = 0; i < GM_COUNT(ranges); i++)
        for (size_t wanted = 2; wanted < 12; wanted++)
            for (int loose = 0; loose < 2; loose++) {
                gm_axis axis;
                gm_axis_make(&axis, ranges[i][0], ranges[i][1], false, loose, wanted, 10, 500);
                assert_true(axis.n_ticks >= 1 && axis.n_ticks <= GM_MAX_TICKS);
                assert_true(axis.min <= ranges[i][0] + 1e-9 * fabs(ranges[i][0]) || !loose);
                double step = axis.n_ticks > 1 ? axis.ticks[1] - axis.ticks[0] : 1;
                double lead = step / pow(10, floor(log10(step) + 1e-9));
                assert_true(fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 || fabs(lead - 5) < 1e-6);
                for (size_t k = 0; k < axis.n_ticks; k++) {
                    double px = gm_axis_px(&axis, axis.ticks[k]);
                    assert_true(px > 9.9 && px < 500.1);
                }
            }
}

static void an_axis_can_be_made_of_nothing(void **state) {
    (void)state;
    static const double ranges[][2] = {{INFINITY, -INFINITY}, {NAN, NAN}, {5, 5}, {0, 0},
                                       {-INFINITY, INFINITY}, {3, 2}};
    for (size_t i = 0; i < GM_COUNT(ranges); i++)
        for (int log = 0; log < 2; log++) {
            gm_axis axis;
            gm_axis_make(&axis, ranges[i][0], ranges[i][1], log, true, 5, 0, 100);
            assert_true(isfinite(axis.min) && isfinite(axis.max) && axis.min < axis.max);
            assert_true(!log || axis.min > 0);
        }
}

static void a_log_axis_is_even_in_decades(void **state) {
    (void)state;
    gm_axis axis;
    gm_axis_make(&axis, 0.001, 10, true, false, 5, 0, 400);
    assert_float_equal(gm_axis_px(&axis, 0.01), 100, 1e-6);
    assert_float_equal(gm_axis_px(&axis, 1), 300, 1e-6);
    assert_true(gm_axis_px(&axis, -1) < 0);
}

static void noise_below_zero_does_not_cost_a_tick(void **state) {
    (void)state;
    gm_axis axis;
    gm_axis_make(&axis, -0.2, 51, false, true, 5, 0, 100);
    assert_float_equal(axis.min, -0.2, 0);
    assert_float_equal(axis.max, 60, 1e-9);
}

/* --- plots --- */

static size_t count(const char *text, const char *part) {
    size_t n = 0;
    for (; (text = strstr(text, part)); text += strlen(part)) n++;
    return n;
}

static void thinning_keeps_every_peak(void **state) {
    (void)state;
    enum { N = 100000 };
    double *x = gm_alloc_array(N, sizeof *x), *y = gm_alloc_array(N, sizeof *y);
    for (size_t i = 0; i < N; i++) x[i] = (double)i, y[i] = 0;
    y[77777] = 100;
    y[33333] = -100;
    gm_plot_series series = {.x = x, .y = y, .n = N, .name = "a"};
    gm_auto_text page = GM_TEXT_INIT;
    gm_report_plot(&page, &(gm_plot){.series = &series, .n_series = 1, .y_min = -100, .y_max = 100, .height = 222});
    assert_true(gm_text_ok(&page));
    assert_true(page.length < 60000);
    const char *path = strstr(gm_text_c(&page), "<svg x="); /* the inner one: the series */
    assert_non_null(strstr(path, " 10.0L"));                /* the top of the frame */
    assert_non_null(strstr(path, " 200.0L"));               /* and its bottom */
    gm_free(x);
    gm_free(y);
}

static void gaps_break_lines_and_are_no_dots(void **state) {
    (void)state;
    const double x[] = {1, 2, NAN, 4, 5}, y[] = {1, INFINITY, 3, 4, 5};
    gm_plot_series line = {.x = x, .y = y, .n = 5}, dots = {.x = x, .y = y, .n = 5, .kind = GM_PLOT_DOTS};
    gm_auto_text page = GM_TEXT_INIT;
    gm_report_plot(&page, &(gm_plot){.series = &dots, .n_series = 1});
    assert_int_equal(count(gm_text_c(&page), "<circle"), 3);
    gm_auto_text second = GM_TEXT_INIT;
    gm_report_plot(&second, &(gm_plot){.series = &line, .n_series = 1});
    const char *path = strstr(strstr(gm_text_c(&second), "<svg x="), "class=\"line\"");
    *strchr(path, '>') = '\0';
    assert_int_equal(count(path, "M"), 2);
    assert_null(strstr(path, "nan"));
    assert_null(strstr(path, "inf"));
}

static void everything_is_drawn_without_data(void **state) {
    (void)state;
    gm_auto_text page = GM_TEXT_INIT;
    gm_report_begin(&page, "t", NULL);
    gm_report_plot(&page, &(gm_plot){.title = "empty"});
    gm_report_histogram(&page, &(gm_histogram){.title = "empty"});
    gm_report_bars(&page, &(gm_bar_chart){.title = "empty"});
    gm_report_share_bar(&page, NULL, 0);
    gm_report_learning_curves(&page, &(gm_learning_curves){.title = "empty"});
    gm_report_table(&page, &(gm_report_table_spec){0});
    gm_report_end(&page);
    assert_true(gm_text_ok(&page));
    assert_null(strstr(gm_text_c(&page), "nan"));
    assert_int_equal(count(gm_text_c(&page), "<svg"), count(gm_text_c(&page), "</svg>"));
    assert_int_equal(count(gm_text_c(&page), "<figure"), count(gm_text_c(&page), "</figure>"));
}

static void texts_are_escaped(void **state) {
    (void)state;
    static const char *evil = "<script>\"&'";
    const double x[] = {1, 2}, y[] = {1, 2};
    gm_plot_series series = {.name = evil, .x = x, .y = y, .n = 2};
    gm_plot_marker marker = {1.5, evil, evil};
    gm_plot_range range = {1, 2, evil, NULL};
    const char *cells[] = {evil};
    gm_report_column column = {evil, false};
    gm_auto_text page = GM_TEXT_INIT;
    gm_report_begin(&page, evil, evil);
    gm_report_section(&page, evil, evil);
    gm_report_note(&page, evil);
    gm_report_plot(&page, &(gm_plot){.title = evil,
                                     .x_label = evil,
                                     .y_label = evil,
                                     .right_label = evil,
                                     .series = &series,
                                     .n_series = 1,
                                     .markers = &marker,
                                     .n_markers = 1,
                                     .ranges = &range,
                                     .n_ranges = 1});
    gm_report_bars(&page, &(gm_bar_chart){.title = evil, .names = &evil, .values = y, .n = 1});
    gm_report_share_bar(&page, &(gm_report_part){evil, NULL, 3}, 1);
    gm_report_table(&page, &(gm_report_table_spec){
                               .columns = &column, .n_columns = 1, .cells = cells, .n_rows = 1, .caption = evil});
    gm_report_figures(&page, &(gm_report_figure){evil, evil, evil}, 1);
    gm_report_end(&page);
    assert_null(strstr(gm_text_c(&page), "<script"));
    assert_true(count(gm_text_c(&page), "&lt;script&gt;") >= 15);
}

static void a_histogram_counts_every_value_once(void **state) {
    (void)state;
    double values[1000];
    for (size_t i = 0; i < 1000; i++) values[i] = i % 10 == 0 ? NAN : sin((double)i) * 3;
    gm_auto_text page = GM_TEXT_INIT;
    gm_report_histogram(&page, &(gm_histogram){.values = values, .n = 1000, .x_min = -1, .x_max = 1, .n_bins = 7});
    long total = 0;
    for (const char *p = gm_text_c(&page); (p = strstr(p, "<title>"));) total += strtol(p += 7, NULL, 10);
    assert_int_equal(total, 900);
}

static void learning_curves_show_each_fold_and_the_mean(void **state) {
    (void)state;
    const double loss[] = {1, 0.5, 0.25, 2, 1, NAN};
    gm_auto_text page = GM_TEXT_INIT;
    gm_report_learning_curves(
        &page, &(gm_learning_curves){.n_folds = 2, .n_epochs = 3, .training = loss, .validation = loss, .y_log = true});
    const char *inner = strstr(gm_text_c(&page), "<svg x=");
    assert_int_equal(count(inner, "class=\"line\""), 6);
    assert_int_equal(count(inner, " thin\""), 4);
}

static void running_out_of_memory_latches(void **state) {
    (void)state;
    const double values[] = {1, 2, 3};
    for (long n = 0; n < 6; n++) {
        gm_auto_text page = GM_TEXT_INIT;
        gm_memory_fail_after(n);
        gm_report_begin(&page, "t", NULL);
        gm_report_histogram(&page, &(gm_histogram){.values = values, .n = 3});
        gm_report_learning_curves(&page, &(gm_learning_curves){.n_folds = 1, .n_epochs = 3, .training = values});
        gm_memory_fail_after(-1);
        if (n < 3) assert_false(gm_text_ok(&page));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_grouped_for_people),
        cmocka_unit_test(ticks_are_round_and_inside),
        cmocka_unit_test(an_axis_can_be_made_of_nothing),
        cmocka_unit_test(a_log_axis_is_even_in_decades),
        cmocka_unit_test(noise_below_zero_does_not_cost_a_tick),
        cmocka_unit_test(thinning_keeps_every_peak),
        cmocka_unit_test(gaps_break_lines_and_are_no_dots),
        cmocka_unit_test(everything_is_drawn_without_data),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(a_histogram_counts_every_value_once),
        cmocka_unit_test(learning_curves_show_each_fold_and_the_mean),
        cmocka_unit_test(running_out_of_memory_latches),
    };
    return cmocka_run_group_tests_name("report_page", tests, NULL, NULL);
}
