/* Our side of tests/interop: for every directory on the command line (a Hugging Face model with past.bin, and where
 * there is a loss target.bin and mask.bin), outputs.bin, loss, gradients and ten AdamW steps, and the model saved
 * again.
 *
 * usage: driver DIR...    writes DIR/ours/{outputs.bin, gradients.bin, gradients.txt, losses.txt, model.onnx,
 * config.json, model.safetensors} */
#include "models/models.h"
#include "models/onnx/onnx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 10 };

typedef struct {
    const char *dir;
    gm_model *model;
    gm_graph *graph;
    float *inputs[4];
    int batch;
} task;

static void die(const char *dir, const gm_error *err) {
    char text[900];
    fprintf(stderr, "%s: %s\n", dir, gm_error_text(err, text, sizeof text));
    exit(1);
}
#define CHECK(t, expression)                                                                                           \
    do {                                                                                                               \
        gm_error err = {0};                                                                                            \
        if ((expression) != GM_OK) die((t)->dir, &err);                                                                \
    } while (0)

static char *in_dir(const task *t, const char *name) {
    return gm_path_join(t->dir, name);
}

static void write_floats(const task *t, const char *name, const float *data, size_t n) {
    gm_auto_free char *path = in_dir(t, name);
    CHECK(t, gm_write_file_fast(path, data, n * sizeof *data, &err));
}

/* Inputs by the graph's names: past_values from past_values.bin, ...; batch from the first. */
static void read_inputs(task *t) {
    for (int i = 0; i < gm_input_count(t->graph); i++) {
        gm_value_info info = gm_value_describe(t->graph, gm_input_at(t->graph, i));
        char name[96];
        snprintf(name, sizeof name, "%s.bin", info.name);
        gm_auto_free char *path = in_dir(t, name);
        size_t size;
        char *bytes;
        CHECK(t, gm_read_file(path, (size_t)1 << 28, &bytes, &size, &err));
        t->inputs[i] = (float *)(void *)bytes;
        int batch = (int)(size / sizeof(float) / info.size);
        if (i && batch != t->batch) die(t->dir, &(gm_error){.message = "inputs have different batches"});
        t->batch = batch;
    }
}

static void write_outputs(task *t) {
    gm_auto(gm_plan) plan = NULL;
    gm_auto(gm_workspace) room = NULL;
    CHECK(t, gm_plan_new(t->graph, (gm_plan_options){.micro_batch = t->batch}, &plan, &err));
    CHECK(t, gm_workspace_new(plan, 1, &room, &err));
    float *outputs[GM_MAX_OUTPUTS * 4] = {0};
    for (int i = 0; i < gm_output_count(t->graph); i++)
        outputs[i] = gm_alloc_aligned((size_t)t->batch * gm_value_describe(t->graph, gm_output_at(t->graph, i)).size *
                                      sizeof(float));
    CHECK(t, gm_plan_run(plan, room, NULL, t->model->params, (const float *const *)t->inputs, t->batch, outputs, &err));
    for (int i = 0; i < gm_output_count(t->graph); i++) {
        char name[96];
        snprintf(name, sizeof name, "ours/%s.bin", gm_output_name(t->graph, i));
        write_floats(t, name, outputs[i],
                     (size_t)t->batch * gm_value_describe(t->graph, gm_output_at(t->graph, i)).size);
        gm_free(outputs[i]);
    }
}

static void write_gradients(task *t, const float *grads) {
    gm_auto_text table = GM_TEXT_INIT;
    for (int i = 0; i < gm_parameter_count(t->graph); i++) {
        gm_parameter_info p = gm_parameter_at(t->graph, i);
        if (p.kind == GM_TRAINABLE) gm_text_printf(&table, "%s %zu %zu\n", p.name, p.offset, p.size);
    }
    gm_auto_free char *path = in_dir(t, "ours/gradients.txt");
    CHECK(t, gm_write_file_fast(path, gm_text_c(&table), table.length, &err));
    write_floats(t, "ours/gradients.bin", grads, gm_parameters_size(t->graph));
}

/* Upstream averages the loss of pre-training over the hidden patches of the whole batch. */
static float *sample_weights(const task *t) {
    const gm_patchtsmixer_config *c = &t->model->config;
    int mask = gm_input_index(t->graph, "patch_mask");
    if (c->class_ != GM_PTSM_PRETRAINING || !c->masked_loss || mask < 0) return NULL;
    size_t n = (size_t)t->batch * gm_value_describe(t->graph, gm_input_at(t->graph, mask)).size;
    float hidden = 0, *weights = gm_alloc_array((size_t)t->batch, sizeof *weights);
    for (size_t i = 0; i < n; i++) hidden += t->inputs[mask][i];
    for (int i = 0; i < t->batch; i++) weights[i] = 1 / (hidden + 1e-10f);
    return weights;
}

/* The first gradient, and the losses of ten AdamW steps on the same batch. */
static void train(task *t) {
    gm_auto(gm_plan) plan = NULL;
    gm_auto(gm_workspace) room = NULL;
    CHECK(t, gm_plan_new(t->graph, (gm_plan_options){.training = true}, &plan, &err));
    CHECK(t, gm_workspace_new(plan, 1, &room, &err));
    size_t n = gm_parameters_size(t->graph), trainable = gm_trainable_size(t->graph);
    float *grads = gm_alloc_aligned(n * sizeof *grads), *m = gm_alloc_aligned(n * sizeof *m),
          *v = gm_alloc_aligned(n * sizeof *v);
    gm_auto_free float *weights = sample_weights(t);
    gm_auto_text losses = GM_TEXT_INIT;
    for (int step = 0; step < STEPS; step++) {
        double loss;
        CHECK(t, gm_plan_step(plan, room, NULL, t->model->params, (const float *const *)t->inputs, t->batch, weights,
                              (gm_key){.step = (uint64_t)step}, grads, &loss, NULL, &err));
        if (step == 0) write_gradients(t, grads);
        char text[32];
        gm_text_printf(&losses, "%s\n", gm_format_double(loss, text));
        for (size_t i = trainable; i < n; i++) /* running statistics: the new value stands where a gradient would */
            for (int p = 0; p < gm_parameter_count(t->graph); p++) {
                gm_parameter_info info = gm_parameter_at(t->graph, p);
                if (info.kind == GM_STATE && i >= info.offset && i < info.offset + info.size)
                    t->model->params[i] = grads[i];
            }
        gm_adamw(t->model->params, m, v, grads, trainable,
                 (gm_adamw_options){.learning_rate = 1e-3,
                                    .beta1 = 0.9,
                                    .beta2 = 0.999,
                                    .epsilon = 1e-8,
                                    .weight_decay = 0.01,
                                    .gradient_scale = 1,
                                    .step = step + 1},
                 NULL);
    }
    gm_auto_free char *path = in_dir(t, "ours/losses.txt");
    CHECK(t, gm_write_file_fast(path, gm_text_c(&losses), losses.length, &err));
    gm_free(grads);
    gm_free(m);
    gm_free(v);
}

static void drop_graph(task *t) {
    for (int i = 0; i < gm_input_count(t->graph); i++) gm_free(t->inputs[i]);
    gm_graph_free(t->graph);
    t->graph = NULL;
}

static void run(const char *dir) {
    task t = {.dir = dir};
    CHECK(&t, gm_model_load(dir, &t.model, &err));
    gm_auto_free char *ours = in_dir(&t, "ours"), *onnx = in_dir(&t, "ours/model.onnx"), *target = in_dir(&t, "loss");
    CHECK(&t, gm_model_save(t.model, ours, &err));
    CHECK(&t, gm_onnx_write((const gm_model *const[]){t.model}, 1, NULL, 0, onnx, &err));
    gm_auto_free char *observed = in_dir(&t, "past_observed_mask.bin");
    gm_patchtsmixer_use use = {.with_observed_mask = gm_file_exists(observed)};
    CHECK(&t, gm_model_graph(&t.model->config, use, &t.graph, &err));
    read_inputs(&t);
    write_outputs(&t);
    drop_graph(&t);
    if (gm_file_exists(target)) {
        use.with_targets = true;
        CHECK(&t, gm_model_graph(&t.model->config, use, &t.graph, &err));
        read_inputs(&t);
        train(&t);
        drop_graph(&t);
    }
    gm_model_free(t.model);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) run(argv[i]);
    return 0;
}
