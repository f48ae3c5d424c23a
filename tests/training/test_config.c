#include "test.h"

#include "training/components_internal.h"

static gm_status read_text(gm_training_config *config, const char *yaml, gm_error *err) {
    gm_status status = gm_training_config_defaults(config, err);
    if (status == GM_OK) status = gm_training_config_read(config, yaml, strlen(yaml), "test.yaml", err);
    if (status == GM_OK) status = gm_training_config_check(config, err);
    return status;
}

/* The seed's own file, word for word. */
static void the_seeds_configuration_is_understood(void **state) {
    (void)state;
    static const char yaml[] = "# configs/patchtsmixer_24cv.yaml - Current approach\n"
                               "strategy: patchtsmixer_24cv\n"
                               "model_config:\n"
                               "  architecture: PatchTSMixer\n"
                               "  input_channels: 17\n"
                               "  sequence_length: 512\n"
                               "  patch_length: 16\n"
                               "  num_classes: 3  # entry, transition, exit\n"
                               "\n"
                               "training_config:\n"
                               "  cross_validation:\n"
                               "    enabled: true\n"
                               "    n_folds: 24\n"
                               "    strategy: stratified\n"
                               "  batch_size: 32\n"
                               "  learning_rate: 0.001\n"
                               "  epochs: 100\n"
                               "  early_stopping:\n"
                               "    patience: 10\n"
                               "    metric: val_loss\n"
                               "\n"
                               "data_config:\n"
                               "  preprocessing:\n"
                               "    normalize_position: true\n"
                               "    combine_torque_signals: true\n"
                               "    sequence_windowing: true\n"
                               "    augmentation:\n"
                               "      noise_injection: 0.05\n"
                               "      time_warping: 0.1\n";
    gm_auto_training_config c;
    gm_error err = {0};
    assert_ok(read_text(&c, yaml, &err), err);
    assert_int_equal(c.training.n_folds, 24);
    assert_int_equal(c.training.epochs, 100);
    assert_int_equal(c.training.patience, 10);
    assert_int_equal(c.training.metric, GM_METRIC_VAL_LOSS);
    assert_int_equal(c.training.stratified, 1);
    assert_true(c.training.learning_rate == 0.001 && c.data.time_warping == 0.1);
}

static void flat_keys_of_the_seed_are_understood(void **state) {
    (void)state;
    static const char yaml[] =
        "model_strategy: patchtsmixer_single\ntrain_test_split: 0.8\nvalidation_split: 0.2\n"
        "sequence_length: 512\nfeature_channels: 17\ndevice: auto\nbatch_size: 16\nnum_workers: 4\n"
        "experiment_name: depth_estimation_experiment\ntrack_metrics: true\n"
        "training_params:\n  epochs: 7\n";
    gm_auto_training_config c;
    gm_error err = {0};
    assert_ok(read_text(&c, yaml, &err), err);
    assert_string_equal(c.strategy, "patchtsmixer_single");
    assert_true(c.training.train_test_split == 0.8 && c.training.batch_size == 16 && c.training.epochs == 7);
}

static void an_unknown_key_is_refused_with_its_place_and_the_nearest(void **state) {
    (void)state;
    gm_training_config c;
    gm_error err = {0};
    assert_int_equal(read_text(&c, "strategy: patchtsmixer_24cv\ntraining_config:\n  epochz: 3\n", &err), GM_E_ARG);
    assert_non_null(strstr(err.message, "training_config.epochz"));
    assert_non_null(strstr(err.hint, "training_config.epochs"));
    assert_int_equal(err.line, 3);
    gm_training_config_finish(&c);
}

static void wrong_values_name_what_is_allowed(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *word;
    } cases[] = {
        {"strategy: patchtsmixer_25cv", "patchtsmixer_24cv"},
        {"training_config: {loss: msee}", "mse"},
        {"training_config: {scheduler: step}", "cosine"},
        {"training_config: {epochs: 0}", "between 1"},
        {"training_config: {learning_rate: fast}", "must be a number"},
        {"training_config: {cross_validation: {grouping: drill}}", "tool_life"},
        {"model_config: {architecture: Transformer}", "PatchTSMixer"},
        {"model_config: {input_channels: 15}", "gimlet-17 has 17"},
        {"data_config: {features: gimlet-18}", "gimlet-17"},
        {"device: cuda", "this build has none"},
        {"training_config: {epochs: [1, 2]}", "a list"},
        {"training_config: {epochs: 1", "not YAML"},
        {"hello", "stands alone"},
    };
    for (size_t i = 0; i < GM_COUNT(cases); i++) {
        gm_training_config c;
        gm_error err = {0};
        if (read_text(&c, cases[i].yaml, &err) == GM_OK) fail_msg("accepted: %s", cases[i].yaml);
        char text[800];
        if (!strstr(gm_error_text(&err, text, sizeof text), cases[i].word))
            fail_msg("%s: '%s' does not name %s", cases[i].yaml, text, cases[i].word);
        gm_training_config_finish(&c);
    }
}

static void what_is_written_reads_back_the_same(void **state) {
    (void)state;
    gm_auto_training_config a, b;
    gm_error err = {0};
    assert_ok(read_text(&a, "training_config: {learning_rate: 0.0123, loss: mse, point_weight: {exit: 2.5}}", &err),
              err);
    assert_ok(gm_training_config_set(&a, "data_config.preprocessing.bin_mm=0.0625", &err), err);
    gm_auto_text first = GM_TEXT_INIT, second = GM_TEXT_INIT;
    gm_training_config_to_yaml(&a, true, &first);
    assert_ok(read_text(&b, gm_text_c(&first), &err), err);
    gm_training_config_to_yaml(&b, true, &second);
    assert_string_equal(gm_text_c(&first), gm_text_c(&second));
    assert_true(b.data.bin_mm == 0.0625 && b.training.point_weight[GM_EXIT] == 2.5);
}

static void the_configurations_of_the_repository_are_valid(void **state) {
    (void)state;
    static const char *const names[] = {"configs/patchtsmixer_24cv.yaml", "configs/demo.yaml",
                                        "configs/inference_system.yaml"};
    for (size_t i = 0; i < GM_COUNT(names); i++) {
        gm_auto_free char *path = gm_path_join(getenv("GM_SOURCE_ROOT"), names[i]);
        gm_auto_free char *text = NULL;
        size_t size;
        gm_error err = {0};
        assert_ok(gm_read_file(path, 1 << 20, &text, &size, &err), err);
        gm_auto_training_config c;
        assert_ok(read_text(&c, text, &err), err);
        assert_int_equal(c.training.n_folds, 24);
    }
}

/* torch.optim.lr_scheduler shapes at a few steps: 10 epochs of 10 steps, 2 of warm-up. */
static void schedules_rise_and_fall(void **state) {
    (void)state;
    gm_auto_training_config c;
    gm_error err = {0};
    assert_ok(
        read_text(&c, "training_config: {epochs: 10, warmup_epochs: 2, learning_rate: 1, scheduler: cosine}", &err),
        err);
    assert_true(fabs(gm_learning_rate_at(&c, 0, 10) - 1.0 / 21) < 1e-12);
    assert_true(gm_learning_rate_at(&c, 20, 10) == 1);
    assert_true(fabs(gm_learning_rate_at(&c, 60, 10) - 0.5) < 1e-12);
    assert_true(fabs(gm_learning_rate_at(&c, 100, 10)) < 1e-12);
    assert_ok(gm_training_config_set(&c, "training_config.scheduler=linear", &err), err);
    assert_true(fabs(gm_learning_rate_at(&c, 80, 10) - 0.25) < 1e-12);
    assert_ok(gm_training_config_set(&c, "training_config.min_learning_rate=0.2", &err), err);
    assert_true(fabs(gm_learning_rate_at(&c, 80, 10) - 0.4) < 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seeds_configuration_is_understood),
        cmocka_unit_test(flat_keys_of_the_seed_are_understood),
        cmocka_unit_test(an_unknown_key_is_refused_with_its_place_and_the_nearest),
        cmocka_unit_test(wrong_values_name_what_is_allowed),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(the_configurations_of_the_repository_are_valid),
        cmocka_unit_test(schedules_rise_and_fall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
