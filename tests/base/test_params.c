#include "test.h"

#include <math.h>

typedef struct {
    bool enabled;
    int epochs;
    double rate;
    char *name;
    int schedule;
} config;

static const char *const schedules[] = {"constant", "linear", "cosine", NULL};

static const gm_param_spec specs[] = {
    {.key = "strategy",
     .type = GM_PARAM_STRING,
     .offset = offsetof(config, name),
     .fallback = "single",
     .doc = "What to do"},
    {.key = "training.enabled", .type = GM_PARAM_BOOL, .offset = offsetof(config, enabled), .fallback = "true"},
    {.key = "training.epochs",
     .type = GM_PARAM_INT,
     .offset = offsetof(config, epochs),
     .fallback = "100",
     .min = 1,
     .max = 1000,
     .unit = "epochs"},
    {.key = "training.optimizer.rate",
     .type = GM_PARAM_FLOAT,
     .offset = offsetof(config, rate),
     .fallback = "0.001",
     .min = 0,
     .max = 1},
    {.key = "training.schedule",
     .type = GM_PARAM_CHOICE,
     .offset = offsetof(config, schedule),
     .fallback = "linear",
     .choices = schedules},
};
enum { N = GM_COUNT(specs) };

static void defaults_come_from_the_table(void **state) {
    (void)state;
    gm_error err = {0};
    config c;
    assert_ok(gm_params_defaults(specs, N, &c, &err), err);
    assert_true(c.enabled && c.epochs == 100 && c.rate == 0.001 && c.schedule == 1);
    assert_string_equal(c.name, "single");
    gm_params_finish(specs, N, &c);
    assert_null(c.name);
}

static void unknown_keys_suggest_the_nearest(void **state) {
    (void)state;
    gm_error err = {0};
    config c;
    assert_ok(gm_params_defaults(specs, N, &c, &err), err);
    assert_int_equal(gm_params_set(specs, N, &c, "training.epochz", "3", &err), GM_E_ARG);
    assert_non_null(strstr(err.message, "training.epochz"));
    assert_non_null(strstr(err.hint, "'training.epochs'"));
    gm_params_finish(specs, N, &c);
}

static void values_of_the_wrong_kind_or_range_are_refused(void **state) {
    (void)state;
    const char *const bad[][2] = {{"training.epochs", "0"},         {"training.epochs", "1.5"},
                                  {"training.epochs", "many"},      {"training.optimizer.rate", "nan"},
                                  {"training.optimizer.rate", "2"}, {"training.optimizer.rate", "0,1"},
                                  {"training.enabled", "perhaps"},  {"training.schedule", "square"}};
    gm_error err = {0};
    config c;
    assert_ok(gm_params_defaults(specs, N, &c, &err), err);
    for (size_t i = 0; i < GM_COUNT(bad); i++) {
        err = (gm_error){0};
        assert_int_equal(gm_params_set(specs, N, &c, bad[i][0], bad[i][1], &err), GM_E_ARG);
        assert_non_null(strstr(err.message, bad[i][0]));
    }
    assert_true(c.enabled && c.epochs == 100 && c.rate == 0.001 && c.schedule == 1);
    gm_params_finish(specs, N, &c);
}

static void yaml_nests_by_the_dots(void **state) {
    (void)state;
    gm_error err = {0};
    config c;
    assert_ok(gm_params_defaults(specs, N, &c, &err), err);
    assert_ok(gm_params_set(specs, N, &c, "training.schedule", "cosine", &err), err);
    gm_auto_text yaml = GM_TEXT_INIT;
    gm_params_to_yaml(specs, N, &c, false, &yaml);
    assert_string_equal(gm_text_c(&yaml), "strategy: \"single\"\n"
                                          "training:\n"
                                          "  enabled: true\n"
                                          "  epochs: 100\n"
                                          "  optimizer:\n"
                                          "    rate: 0.001\n"
                                          "  schedule: cosine\n");
    gm_params_finish(specs, N, &c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_come_from_the_table),
        cmocka_unit_test(unknown_keys_suggest_the_nearest),
        cmocka_unit_test(values_of_the_wrong_kind_or_range_are_refused),
        cmocka_unit_test(yaml_nests_by_the_dots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
