#include "../test.h"

#include "service/runs/presets.h"

static void every_preset_is_a_valid_configuration(void **state) {
    (void)state;
    size_t n;
    const gm_preset *presets = gm_presets(&n);
    assert_true(n >= 3);
    for (size_t i = 0; i < n; i++) {
        gm_error err = {0};
        gm_auto_training_config config = {0};
        assert_ok(gm_preset_config(presets[i].name, NULL, &config, &err), err);
    }
}

static void built_in_presets_are_the_files_of_configs(void **state) {
    (void)state;
    size_t n, size;
    const gm_preset *presets = gm_presets(&n);
    for (size_t i = 0; i < n; i++) {
        gm_error err = {0};
        char path[600];
        snprintf(path, sizeof path, "%s/configs/%s.yaml", getenv("GM_SOURCE_ROOT"), presets[i].name);
        gm_auto_free char *text = NULL;
        assert_ok(gm_read_file(path, 1 << 20, &text, &size, &err), err);
        assert_string_equal(presets[i].yaml, text);
    }
}

static void values_go_over_the_preset(void **state) {
    (void)state;
    gm_error err = {0};
    json_t *values = json_pack("{s:i, s:f, s:b, s:s}", "training_config.epochs", 2, "training_config.learning_rate",
                               0.003, "track_metrics", 1, "training_config.cross_validation.grouping", "hole");
    gm_auto_training_config config = {0};
    assert_ok(gm_preset_config("demo", values, &config, &err), err);
    assert_int_equal(config.training.epochs, 2);
    assert_true(config.training.learning_rate == 0.003);
    assert_int_equal(config.training.grouping, GM_GROUP_HOLE);
    assert_int_equal(config.training.batch_size, 16); /* from demo.yaml */
    json_decref(values);
}

/* The error names the key, and something that helps. */
static void refuse(const char *preset, json_t *values, const char *key, const char *help) {
    gm_error err = {0};
    gm_training_config config;
    gm_status status = gm_preset_config(preset, values, &config, &err);
    char text[800];
    gm_error_text(&err, text, sizeof text);
    if (status == GM_OK || !strstr(text, key) || !strstr(text, help)) fail_msg("%s, %s: %s", key, help, text);
    json_decref(values);
}

static void wrong_values_are_refused_with_the_key_named(void **state) {
    (void)state;
    refuse(NULL, json_pack("{s:i}", "training_config.epoch", 1), "training_config.epoch", "training_config.epochs");
    refuse(NULL, json_pack("{s:i}", "training_config.epochs", 0), "training_config.epochs", "between");
    refuse(NULL, json_pack("{s:s}", "training_config.epochs", "many"), "training_config.epochs", "whole number");
    refuse(NULL, json_pack("{s:f}", "training_config.epochs", 1.5), "training_config.epochs", "whole number");
    refuse(NULL, json_pack("{s:n}", "training_config.epochs"), "training_config.epochs", "number");
    refuse(NULL, json_pack("{s:[i]}", "training_config.epochs", 1), "training_config.epochs", "number");
    refuse(NULL, json_pack("{s:s}", "device", "gpu"), "device", "cuda");
    refuse(NULL, json_pack("{s:s}", "training_config.loss", "heatmop"), "training_config.loss", "heatmap");
    refuse(NULL, json_pack("{s:i}", "", 1), "empty", "key");
    refuse(NULL, json_pack("[s]", "x"), "values", "object");
    refuse("demi", NULL, "demi", "demo");
}

static void a_form_gets_all_it_needs(void **state) {
    (void)state;
    json_t *root = gm_training_choices(), *item;
    assert_true(json_array_size(json_object_get(root, "strategies")) >= 2);
    size_t i, n_specs;
    gm_training_config_specs(&n_specs);
    assert_int_equal(json_array_size(json_object_get(root, "parameters")), n_specs);
    json_array_foreach (json_object_get(root, "parameters"), i, item) {
        assert_true(json_string_length(json_object_get(item, "doc")) > 0);
        if (strcmp(json_string_value(json_object_get(item, "key")), "training_config.epochs") == 0) {
            assert_string_equal(json_string_value(json_object_get(item, "type")), "int");
            assert_int_equal(json_integer_value(json_object_get(item, "default")), 60);
            assert_true(json_number_value(json_object_get(item, "max")) == 100000);
        }
    }
    json_array_foreach (json_object_get(root, "presets"), i, item) {
        assert_true(json_string_length(json_object_get(item, "doc")) > 0);
        gm_error err = {0};
        gm_auto_training_config config = {0}, same = {0}; /* the values alone make the preset */
        assert_ok(gm_preset_config(NULL, json_object_get(item, "values"), &config, &err), err);
        assert_ok(gm_preset_config(json_string_value(json_object_get(item, "name")), NULL, &same, &err), err);
        gm_auto_text a = GM_TEXT_INIT, b = GM_TEXT_INIT;
        gm_training_config_to_yaml(&config, false, &a);
        gm_training_config_to_yaml(&same, false, &b);
        assert_string_equal(gm_text_c(&a), gm_text_c(&b));
    }
    json_decref(root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_preset_is_a_valid_configuration),
        cmocka_unit_test(built_in_presets_are_the_files_of_configs),
        cmocka_unit_test(values_go_over_the_preset),
        cmocka_unit_test(wrong_values_are_refused_with_the_key_named),
        cmocka_unit_test(a_form_gets_all_it_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
