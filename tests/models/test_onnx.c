/* The written file in ONNX Runtime, and faults put into it, which the comparison must see. Skipped without the runtime.
 */
#include "models/onnx/onnx.h"
#include "small_model.h"

#include "onnx.pb-c.h"

#include <math.h>

enum { BATCH = 4, INPUTS = BATCH * 32 * 3 };

typedef struct {
    char *folder, *path;
    gm_model *model;
    float input[INPUTS];
    float *ours;
    size_t n;
} fixture;

static int set_up(void **state) {
    fixture *f = gm_calloc(1, sizeof *f);
    f->folder = test_folder_new();
    f->path = gm_path_join(f->folder, "model.onnx");
    gm_patchtsmixer_config config = small_config();
    f->model = small_model(&config);
    for (size_t i = 0; i < INPUTS; i++) f->input[i] = (float)(sin((double)i * 0.37) + 0.1 * (double)(i % 5));
    f->ours = small_outputs(f->model, f->input, BATCH, &f->n);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    test_folder_remove(f->folder);
    gm_free(f->path);
    gm_free(f->ours);
    gm_model_free(f->model);
    gm_free(f);
    return 0;
}

static void need_runtime(void) {
    gm_error err = {0};
    gm_auto(gm_onnx_runtime) runtime = NULL;
    if (gm_onnx_runtime_open(NULL, &runtime, &err) == GM_E_UNAVAILABLE) skip();
}

/* How far ONNX Runtime lies from us; infinite when it refuses the file. */
static double difference(const fixture *f) {
    gm_error err = {0};
    gm_auto(gm_onnx_judge) judge = NULL;
    if (gm_onnx_judge_open(f->path, NULL, &judge, &err) != GM_OK) return INFINITY;
    gm_auto_free float *theirs = gm_calloc(f->n, sizeof *theirs);
    gm_onnx_value in = {"past_values", 3, {BATCH, 32, 3}, (float *)f->input};
    gm_onnx_value out = {"prediction_outputs", 3, {BATCH, 6, 3}, theirs};
    if (gm_onnx_judge_run(judge, &in, 1, &out, &err) != GM_OK) return INFINITY;
    gm_onnx_difference worst = {0};
    gm_onnx_compare(f->ours, theirs, f->n, &worst);
    return worst.max_rel;
}

static void write_model(const fixture *f) {
    gm_error err = {0};
    assert_ok(gm_onnx_write((const gm_model *const[]){f->model}, 1, NULL, 0, f->path, &err), err);
}

static void onnx_runtime_agrees(void **state) {
    need_runtime();
    write_model(*state);
    assert_true(difference(*state) < 1e-5);
}

static void an_ensemble_has_the_mean_of_its_members(void **state) {
    fixture *f = *state;
    need_runtime();
    gm_error err = {0};
    gm_auto(gm_model) other = small_model(&f->model->config);
    for (size_t i = 0; i < other->n_params; i++) other->params[i] *= 0.9f;
    size_t n;
    gm_auto_free float *second = small_outputs(other, f->input, BATCH, &n);
    for (size_t i = 0; i < n; i++) f->ours[i] = 0.5f * (f->ours[i] + second[i]);
    assert_ok(gm_onnx_write((const gm_model *const[]){f->model, other}, 2, (const char *const[]){"key", "value"}, 1,
                            f->path, &err),
              err);
    assert_true(difference(f) < 1e-5);
}

static Onnx__ModelProto *read_file(const fixture *f) {
    gm_error err = {0};
    gm_auto_free char *bytes = NULL;
    size_t size;
    assert_ok(gm_read_file(f->path, 1 << 26, &bytes, &size, &err), err);
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, size, (const uint8_t *)bytes);
    assert_non_null(model);
    return model;
}

static void write_back(const fixture *f, Onnx__ModelProto *model) {
    size_t size = onnx__model_proto__get_packed_size(model);
    gm_auto_free uint8_t *bytes = gm_alloc(size);
    onnx__model_proto__pack(model, bytes);
    assert_int_equal(gm_write_file_fast(f->path, bytes, size, NULL), GM_OK);
    onnx__model_proto__free_unpacked(model, NULL);
}

static void one_changed_weight_is_seen(void **state) {
    fixture *f = *state;
    need_runtime();
    write_model(f);
    Onnx__ModelProto *model = read_file(f);
    for (size_t i = 0; i < model->graph->n_initializer; i++) {
        Onnx__TensorProto *t = model->graph->initializer[i];
        if (strcmp(t->name, "head.base_forecast_block.weight") != 0) continue;
        float weight;
        memcpy(&weight, t->raw_data.data, sizeof weight);
        weight += 0.05f;
        memcpy(t->raw_data.data, &weight, sizeof weight);
    }
    write_back(f, model);
    assert_true(difference(f) > 1e-4);
}

/* The first node of this type that has such an attribute. */
static Onnx__AttributeProto *attribute_of(Onnx__ModelProto *model, const char *op_type, const char *name) {
    for (size_t i = 0; i < model->graph->n_node; i++) {
        Onnx__NodeProto *node = model->graph->node[i];
        for (size_t a = 0; strcmp(node->op_type, op_type) == 0 && a < node->n_attribute; a++)
            if (strcmp(node->attribute[a]->name, name) == 0) return node->attribute[a];
    }
    fail_msg("the file has no %s with %s", op_type, name);
    return NULL;
}

static void a_swapped_axis_is_seen(void **state) {
    fixture *f = *state;
    need_runtime();
    write_model(f);
    Onnx__ModelProto *model = read_file(f);
    Onnx__AttributeProto *axis = attribute_of(model, "Softmax", "axis");
    axis->i = axis->i == 1 ? 2 : 1;
    write_back(f, model);
    assert_true(difference(f) > 1e-4);
}

static void a_missing_epsilon_is_seen(void **state) {
    fixture *f = *state;
    need_runtime();
    for (size_t i = 0; i < INPUTS; i++) f->input[i] *= 1e-3f; /* small signals: epsilon matters */
    gm_free(f->ours);
    f->ours = small_outputs(f->model, f->input, BATCH, &f->n);
    write_model(f);
    assert_true(difference(f) < 1e-4);
    Onnx__ModelProto *model = read_file(f);
    bool found = false;
    for (size_t i = 0; i < model->graph->n_initializer; i++) { /* the scaler's epsilon is a constant of 1e-5 */
        Onnx__TensorProto *t = model->graph->initializer[i];
        float value = 0, zero = 0;
        if (t->raw_data.len == sizeof value) memcpy(&value, t->raw_data.data, sizeof value);
        if (t->raw_data.len != sizeof value || fabsf(value - 1e-5f) > 1e-9f) continue;
        memcpy(t->raw_data.data, &zero, sizeof zero);
        found = true;
    }
    assert_true(found);
    write_back(f, model);
    assert_true(difference(f) > 1e-4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(onnx_runtime_agrees, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_ensemble_has_the_mean_of_its_members, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_changed_weight_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_swapped_axis_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_epsilon_is_seen, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("onnx", tests, NULL, NULL);
}
