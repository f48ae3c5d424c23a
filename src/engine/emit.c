/* Walks a graph for an ONNX writer; the operations emit themselves. */
#include "op_internal.h"

#include <stdio.h>
#include <string.h>

void gm_emit_node(const gm_emit_call *call, const char *op_type, int n_in, const char *const *in, const char *out,
                  int n_attributes, const gm_attribute *attributes) {
    call->emitter->node(call->emitter, out, op_type, n_in, in, 1, &out, n_attributes, attributes);
}

const char *gm_emit_step(const gm_emit_call *call, const char *op_type, int n_in, const char *const *in,
                         int n_attributes, const gm_attribute *attributes) {
    char hint[320];
    snprintf(hint, sizeof hint, "%s/%s", call->name, op_type);
    const char *out = call->emitter->temporary(call->emitter, hint);
    gm_emit_node(call, op_type, n_in, in, out, n_attributes, attributes);
    return out;
}

const char *gm_emit_scalar(const gm_emit_call *call, double value) {
    float data = (float)value;
    return call->emitter->constant_floats(call->emitter, call->name, 0, NULL, &data);
}

const char *gm_emit_ints(const gm_emit_call *call, int count, const int64_t *values) {
    const int64_t dims[] = {count};
    return call->emitter->constant_ints(call->emitter, call->name, 1, dims, values);
}

void gm_emit_transpose(const gm_emit_call *call, const char *in, const char *out, int rank,
                       const int64_t *permutation) {
    gm_emit_node(call, "Transpose", 1, &in, out, 1,
                 &(gm_attribute){"perm", GM_ATTRIBUTE_INTS, .ints = permutation, .n_ints = rank});
}

const char *gm_emit_aligned(const gm_emit_call *call, int i, int rank) {
    const gm_shape *shape = call->in_shape[i];
    if (!shape->batched || shape->rank >= rank) return call->in[i];
    int64_t dims[GM_MAX_RANK + 1] = {-1};
    int axes = 1;
    for (int k = shape->rank; k < rank; k++) dims[axes++] = 1;
    for (int k = 0; k < shape->rank; k++) dims[axes++] = shape->dims[k];
    return gm_emit_step(call, "Reshape", 2, (const char *[]){call->in[i], gm_emit_ints(call, axes, dims)}, 0, NULL);
}

gm_status gm_emit_broadcast(const gm_emit_call *call, const char *op_type, gm_error *err) {
    (void)err;
    const char *const in[] = {gm_emit_aligned(call, 0, call->out_shape[0]->rank),
                              gm_emit_aligned(call, 1, call->out_shape[0]->rank)};
    gm_emit_node(call, op_type, 2, in, call->out[0], 0, NULL);
    return GM_OK;
}

static gm_status emit_one(const gm_graph *graph, const gm_node *node, const char **names, gm_emitter *emitter,
                          gm_error *err) {
    const gm_op *op = gm_isa_v2.ops[node->op];
    if (!op->onnx) return gm_fail(err, GM_E_UNAVAILABLE, "%s: operation %s has no ONNX form", node->name, op->name);
    gm_emit_call call = {
        .emitter = emitter, .name = node->name, .settings = &node->settings, .n_in = node->n_in, .n_out = node->n_out};
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i] == GM_NONE) continue;
        call.in[i] = names[node->in[i]];
        call.in_shape[i] = &graph->values.items[node->in[i]].shape;
    }
    for (int j = 0; j < node->n_out; j++) {
        names[node->out[j]] = emitter->value(emitter, graph, node->out[j]);
        call.out[j] = names[node->out[j]];
        call.out_shape[j] = &graph->values.items[node->out[j]].shape;
    }
    return op->onnx(&call, err);
}

gm_status gm_graph_emit(const gm_graph *graph, gm_emitter *emitter, gm_error *err) {
    GM_TRY(gm_graph_check(graph, err));
    size_t count = (size_t)GM_MAX(graph->values.count, 1);
    gm_auto_free bool *needed = gm_calloc(count, sizeof *needed);
    gm_auto_free const char **names = gm_calloc(count, sizeof *names);
    if (!needed || !names) return gm_nomem(err);
    for (int i = 0; i < graph->outputs.count; i++) needed[graph->outputs.items[i].value] = true;
    gm_mark_needed(graph, needed);
    for (int v = 0; v < graph->values.count; v++) {
        const gm_tensor *tensor = &graph->values.items[v];
        if (!needed[v] || tensor->origin == GM_FROM_NODE) continue;
        if (tensor->origin != GM_FROM_CONSTANT) {
            names[v] = emitter->value(emitter, graph, v);
            continue;
        }
        int64_t dims[GM_MAX_RANK];
        for (int i = 0; i < tensor->shape.rank; i++) dims[i] = tensor->shape.dims[i];
        names[v] = emitter->constant_floats(emitter, tensor->name, tensor->shape.rank, dims, tensor->data);
    }
    for (int n = 0; n < graph->nodes.count; n++) {
        const gm_node *node = &graph->nodes.items[n];
        bool wanted = false;
        for (int j = 0; j < node->n_out; j++) wanted |= needed[node->out[j]];
        if (wanted) GM_TRY(emit_one(graph, node, names, emitter, err));
    }
    return GM_OK;
}
