#include "models/checkpoint/config_json.h"
#include "models/checkpoint/safetensors.h"
#include "small_model.h"

#include <math.h>
#include <stdio.h>

static void a_model_comes_back_as_it_was(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_patchtsmixer_config config = small_config();
    config.norm_mlp = GM_PTSM_BATCHNORM;
    config.n_prediction_channels = 2;
    config.prediction_channel_indices[0] = 0;
    config.prediction_channel_indices[1] = 2;
    gm_auto(gm_model) a = small_model(&config);
    gm_auto(gm_model) b = NULL;
    assert_ok(gm_model_save(a, folder, &err), err);
    assert_ok(gm_model_load(folder, &b, &err), err);
    assert_int_equal(a->n_params, b->n_params);
    assert_memory_equal(a->params, b->params, a->n_params * sizeof(float));
    assert_int_equal(b->config.norm_mlp, GM_PTSM_BATCHNORM);
    assert_int_equal(b->config.n_prediction_channels, 2);
    assert_int_equal(b->config.prediction_channel_indices[1], 2);
    test_folder_remove(folder);
}

static void unknown_keys_are_kept(void **state) {
    (void)state;
    static const char text[] =
        "{\"model_type\": \"patchtsmixer\", \"return_loss\": true, \"transformers_version\": \"4.37.2\"}";
    gm_error err = {0};
    gm_patchtsmixer_config config;
    gm_auto_free char *extra = NULL;
    assert_ok(config_json_read(text, sizeof text - 1, &config, &extra, &err), err);
    assert_int_equal(config.context_length, 32); /* transformers' default */
    gm_auto_text written = GM_TEXT_INIT;
    config_json_write(&config, extra, &written);
    assert_non_null(strstr(gm_text_c(&written), "\"return_loss\": true"));
    assert_non_null(strstr(gm_text_c(&written), "\"transformers_version\": \"4.37.2\""));
}

/* 5.x refuses "init_std": 0 and "mask_value": 0.0. */
static void numbers_have_the_lexical_type_that_strict_readers_want(void **state) {
    (void)state;
    gm_patchtsmixer_config config = small_config();
    config.init_std = 1;
    config.random_mask_ratio = 0;
    gm_auto_text written = GM_TEXT_INIT;
    config_json_write(&config, NULL, &written);
    assert_non_null(strstr(gm_text_c(&written), "\"init_std\": 1.0"));
    assert_non_null(strstr(gm_text_c(&written), "\"random_mask_ratio\": 0.0"));
    assert_non_null(strstr(gm_text_c(&written), "\"mask_value\": 0,"));
    assert_non_null(strstr(gm_text_c(&written), "\"norm_eps\": 1e-05"));
}

static void wrong_configurations_are_refused_by_name(void **state) {
    (void)state;
    const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"mode\": \"mix_chanel\"}", "mix_channel"},
        {"{\"d_model\": \"8\"}", "\"d_model\" must be a whole number"},
        {"{\"gated_attn\": 1}", "\"gated_attn\" must be true or false"},
        {"{\"context_length\": 32, \"num_patches\": 5}", "num_patches is 5, but its lengths give 4"},
        {"{\"scaling\": \"robust\"}", "\"scaling\" must be"},
        {"{\"architectures\": [\"PatchTSMixerForPredicton\"]}", "PatchTSMixerForPrediction"},
        {"{\"model_type\": \"patchtst\"}", "patchtst"},
        {"{\"seq_len\": 512}", "before PatchTSMixer was part of transformers"},
        {"[1]", "does not hold an object"},
        {"{\"d_model\": 8", "not valid JSON"},
    };
    for (size_t i = 0; i < GM_COUNT(cases); i++) {
        gm_error err = {0};
        gm_patchtsmixer_config config;
        gm_auto_free char *extra = NULL;
        assert_int_equal(config_json_read(cases[i].text, strlen(cases[i].text), &config, &extra, &err), GM_E_FORMAT);
        if (!strstr(err.message, cases[i].message))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].message);
    }
}

/* Header and data of a file, put together by hand. */
static gm_status parse(const char *header, size_t data_bytes, safetensors_file *out, gm_error *err) {
    uint64_t length = strlen(header);
    char *bytes = gm_calloc(1, 8 + length + data_bytes + 1);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    return safetensors_parse(bytes, 8 + length + data_bytes, out, err);
}

static void damaged_safetensors_are_refused(void **state) {
    (void)state;
    const struct {
        const char *header;
        size_t data;
        const char *message;
    } cases[] = {
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "do not fit"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 12, "belong to no tensor"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "do not fit"},
        {"{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}", 8, "F16"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],"
         "\"data_offsets\":[4,12]}}",
         12, "overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],"
         "\"data_offsets\":[8,12]}}",
         12, "hole"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999],\"data_offsets\":[0,4]}}", 4, "no length"},
        {"{\"a\":1,\"a\":2}", 0, "not a JSON object"},
    };
    for (size_t i = 0; i < GM_COUNT(cases); i++) {
        gm_error err = {0};
        safetensors_file file;
        assert_int_equal(parse(cases[i].header, cases[i].data, &file, &err), GM_E_FORMAT);
        if (!strstr(err.message, cases[i].message))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].message);
    }
    gm_error err = {0};
    safetensors_file file;
    assert_int_equal(safetensors_parse(gm_strdup("abc"), 3, &file, &err), GM_E_FORMAT);
}

/* Saves with one tensor renamed, dropped or with its configuration changed; loading must name what is wrong. */
static void tensors_that_do_not_fit_are_named(void **state) {
    (void)state;
    char *folder = test_folder_new();
    gm_error err = {0};
    gm_patchtsmixer_config config = small_config();
    gm_auto(gm_model) model = small_model(&config);
    gm_model *loaded = NULL;
    assert_ok(gm_model_save(model, folder, &err), err);
    gm_auto_free char *path = gm_path_join(folder, "config.json");
    gm_auto_text text = GM_TEXT_INIT;
    config.prediction_length = 7;
    config_json_write(&config, NULL, &text);
    assert_int_equal(gm_write_file_fast(path, gm_text_c(&text), text.length, NULL), GM_OK);
    assert_int_equal(gm_model_load(folder, &loaded, &err), GM_E_FORMAT);
    assert_non_null(strstr(err.message, "head.base_forecast_block.weight"));
    assert_non_null(strstr(err.message, "shape [6, 32]"));
    err = (gm_error){0};
    config.prediction_length = 6;
    config.num_layers = 3;
    gm_auto_text deeper = GM_TEXT_INIT;
    config_json_write(&config, NULL, &deeper);
    assert_int_equal(gm_write_file_fast(path, gm_text_c(&deeper), deeper.length, NULL), GM_OK);
    assert_int_equal(gm_model_load(folder, &loaded, &err), GM_E_FORMAT);
    assert_non_null(strstr(err.message, "mixers.2"));
    assert_non_null(strstr(err.message, "is missing"));
    err = (gm_error){0};
    config.num_layers = 1;
    gm_auto_text flatter = GM_TEXT_INIT;
    config_json_write(&config, NULL, &flatter);
    assert_int_equal(gm_write_file_fast(path, gm_text_c(&flatter), flatter.length, NULL), GM_OK);
    assert_int_equal(gm_model_load(folder, &loaded, &err), GM_E_FORMAT);
    assert_non_null(strstr(err.message, "is not part of this model"));
    test_folder_remove(folder);
}

static void a_folded_head_gives_the_same(void **state) {
    (void)state;
    enum { BATCH = 3 };
    gm_error err = {0};
    gm_patchtsmixer_config config = small_config();
    config.head_kind = GM_PTSM_HEAD_LINEAR3;
    gm_auto(gm_model) deep = small_model(&config);
    gm_auto(gm_model) plain = NULL;
    assert_ok(gm_model_fold_head(deep, &plain, &err), err);
    assert_int_equal(plain->config.head_kind, GM_PTSM_HEAD_LINEAR);
    float input[BATCH * 32 * 3];
    for (size_t i = 0; i < GM_COUNT(input); i++) input[i] = (float)sin((double)i * 0.7);
    size_t n, m;
    gm_auto_free float *a = small_outputs(deep, input, BATCH, &n);
    gm_auto_free float *b = small_outputs(plain, input, BATCH, &m);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) assert_true(fabsf(a[i] - b[i]) <= 1e-5f * (1 + fabsf(a[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_comes_back_as_it_was),
        cmocka_unit_test(unknown_keys_are_kept),
        cmocka_unit_test(numbers_have_the_lexical_type_that_strict_readers_want),
        cmocka_unit_test(wrong_configurations_are_refused_by_name),
        cmocka_unit_test(damaged_safetensors_are_refused),
        cmocka_unit_test(tensors_that_do_not_fit_are_named),
        cmocka_unit_test(a_folded_head_gives_the_same),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
