#include "loop_internal.h"

void gm_network_finish(gm_network *network) {
    gm_plan_free(network->step);
    gm_plan_free(network->run);
    gm_graph_free(network->graph);
    *network = (gm_network){0};
}

static void add_loss(gm_network *n) {
    gm_value prediction = gm_output_at(n->graph, n->prediction_output);
    int target_dims[] = {n->length, n->outputs}, weight_dims[] = {n->outputs};
    gm_value target = gm_input(n->graph, "target", 2, target_dims);
    gm_value weight = gm_input(n->graph, "target_weight", 1, weight_dims);
    gm_value loss = n->loss->build(n->graph, prediction, target, weight);
    gm_loss(n->graph, loss);
    n->loss_output = gm_output_count(n->graph);
    gm_output(n->graph, "loss", loss);
}

static gm_status make(gm_network *n, gm_error *err) {
    n->graph = gm_graph_new();
    if (!n->graph) return gm_nomem(err);
    gm_patchtsmixer_build(n->graph, &n->config, (gm_patchtsmixer_use){0});
    GM_TRY(gm_graph_check(n->graph, err));
    n->prediction_output = gm_output_index(n->graph, "prediction_outputs");
    if (n->prediction_output < 0) return gm_fail(err, GM_E_INTERNAL, "the model has no output prediction_outputs");
    gm_value_info out = gm_value_describe(n->graph, gm_output_at(n->graph, n->prediction_output));
    n->length = n->config.context_length;
    n->channels = n->config.num_input_channels;
    n->outputs = out.dims[1];
    if (n->loss) add_loss(n);
    GM_TRY(gm_graph_check(n->graph, err));
    n->n_params = gm_parameters_size(n->graph);
    n->n_trainable = gm_trainable_size(n->graph);
    GM_TRY(gm_plan_new(n->graph, (gm_plan_options){0}, &n->run, err));
    if (n->loss) GM_TRY(gm_plan_new(n->graph, (gm_plan_options){.training = true}, &n->step, err));
    return GM_OK;
}

gm_status gm_network_make(const gm_patchtsmixer_config *config, const gm_training_loss *loss, gm_network *out,
                          gm_error *err) {
    if (config->class_ != GM_PTSM_PREDICTION || config->prediction_length != config->context_length)
        return gm_fail(err, GM_E_FORMAT,
                       "not a heat map model: PatchTSMixerForPrediction with prediction_length = "
                       "context_length is expected");
    gm_network made = {.config = *config, .loss = loss, .loss_output = -1};
    gm_status status = make(&made, err);
    if (status != GM_OK) {
        gm_network_finish(&made);
        return status;
    }
    *out = made;
    return GM_OK;
}

gm_status gm_fold_save(const char *dir, const gm_network *network, const float *params, const gm_pipeline *pipeline,
                       const gm_provenance *provenance, gm_error *err) {
    gm_model model = {.config = network->config, .params = (float *)params, .n_params = network->n_params};
    GM_TRY(gm_model_save(&model, dir, err));
    return gm_pipeline_save(dir, pipeline, provenance, err);
}
