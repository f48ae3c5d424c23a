/* The graph in double, one operation after the other, nothing shared: what the generic tests compare with. */
#include "reference_internal.h"

#include <string.h>

static gm_status run_node(const gm_graph *graph, int n, double **values, int batch, bool training, gm_key key,
                          gm_error *err) {
    const gm_node *node = &graph->nodes.items[n];
    gm_reference_call call = {.settings = &node->settings,
                              .batch = batch,
                              .training = training,
                              .n_in = node->n_in,
                              .n_out = node->n_out,
                              .dice = {.on = training, .key = key, .node = n}};
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i] == GM_NONE) continue;
        call.in[i] = values[node->in[i]];
        call.in_shape[i] = &graph->values.items[node->in[i]].shape;
    }
    for (int j = 0; j < node->n_out; j++) {
        const gm_shape *shape = &graph->values.items[node->out[j]].shape;
        size_t size = shape->size * (shape->batched ? (size_t)batch : 1);
        if (!(values[node->out[j]] = gm_calloc(size + 1, sizeof(double)))) return gm_nomem(err);
        call.out[j] = values[node->out[j]];
        call.out_shape[j] = shape;
    }
    gm_isa_v2.ops[node->op]->reference(&call);
    return GM_OK;
}

gm_status gm_graph_reference(const gm_graph *graph, const double *params, const double *const *inputs, int batch,
                             bool training, gm_key key, gm_value wanted, double *out, gm_error *err) {
    GM_TRY(gm_graph_check(graph, err));
    size_t count = (size_t)graph->values.count;
    gm_auto_free double **values = gm_calloc(count + 1, sizeof *values);
    if (!values) return gm_nomem(err);
    gm_status status = GM_OK;
    for (size_t v = 0; v < count && status == GM_OK; v++) {
        const gm_tensor *tensor = &graph->values.items[v];
        size_t size = tensor->shape.size * (tensor->shape.batched ? (size_t)batch : 1);
        if (tensor->origin == GM_FROM_NODE) {
            if (tensor->output == 0) status = run_node(graph, tensor->index, values, batch, training, key, err);
            continue;
        }
        if (!(values[v] = gm_alloc_array(size + 1, sizeof(double)))) {
            status = gm_nomem(err);
            break;
        }
        const double *from = tensor->origin == GM_FROM_INPUT ? inputs[tensor->index]
                             : tensor->origin == GM_FROM_PARAMETER
                                 ? params + gm_parameter_at(graph, tensor->index).offset
                                 : NULL;
        for (size_t i = 0; i < size; i++) values[v][i] = from ? from[i] : (double)tensor->data[i];
    }
    if (status == GM_OK) {
        const gm_shape *shape = &graph->values.items[wanted].shape;
        memcpy(out, values[wanted], shape->size * (shape->batched ? (size_t)batch : 1) * sizeof *out);
    }
    for (size_t v = 0; v < count; v++) gm_free(values[v]);
    return status;
}
