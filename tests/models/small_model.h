/* A model that is small enough for tests, with weights that are all different. */
#ifndef GIMLET_TESTS_MODELS_SMALL_MODEL_H
#define GIMLET_TESTS_MODELS_SMALL_MODEL_H

#include "models/models.h"
#include "test.h"

static inline gm_patchtsmixer_config small_config(void) {
    gm_patchtsmixer_config c;
    gm_patchtsmixer_defaults(&c);
    c.context_length = 32;
    c.num_input_channels = 3;
    c.d_model = 8;
    c.num_layers = 2;
    c.prediction_length = 6;
    c.mode = GM_PTSM_MIX_CHANNEL;
    c.self_attn = true;
    c.use_positional_encoding = true;
    return c;
}

static inline gm_model *small_model(const gm_patchtsmixer_config *config) {
    gm_error err = {0};
    gm_model *model = NULL;
    assert_ok(gm_model_new(config, 5, &model, &err), err);
    gm_random r;
    gm_random_init(&r, 9, 1);
    for (size_t i = 0; i < model->n_params; i++) model->params[i] += (float)(0.2 * gm_random_normal(&r));
    return model;
}

/* The first output on some fixed input; caller frees. */
static inline float *small_outputs(const gm_model *model, const float *input, int batch, size_t *n) {
    gm_error err = {0};
    gm_auto(gm_graph) graph = NULL;
    gm_auto(gm_plan) plan = NULL;
    gm_auto(gm_workspace) workspace = NULL;
    assert_ok(gm_model_graph(&model->config, (gm_patchtsmixer_use){0}, &graph, &err), err);
    assert_ok(gm_plan_new(graph, (gm_plan_options){0}, &plan, &err), err);
    assert_ok(gm_workspace_new(plan, 1, &workspace, &err), err);
    *n = (size_t)batch * gm_value_describe(graph, gm_output_at(graph, 0)).size;
    float *outputs[8] = {gm_alloc_aligned(*n * sizeof(float))};
    assert_ok(gm_plan_run(plan, workspace, NULL, model->params, &input, batch, outputs, &err), err);
    return outputs[0];
}

#endif
