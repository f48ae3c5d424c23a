/* What a finished graph consists of: inputs, outputs, parameters, and which values others need. */
#include "graph_internal.h"

#include <string.h>

gm_value_info gm_value_describe(const gm_graph *graph, gm_value value) {
    if (value < 0 || value >= graph->values.count) return (gm_value_info){.name = ""};
    const gm_tensor *tensor = &graph->values.items[value];
    gm_value_info info = {
        .name = tensor->name, .rank = tensor->shape.rank, .size = tensor->shape.size, .batched = tensor->shape.batched};
    memcpy(info.dims, tensor->shape.dims, sizeof info.dims);
    return info;
}

int gm_input_count(const gm_graph *graph) {
    return graph->inputs.count;
}

int gm_output_count(const gm_graph *graph) {
    return graph->outputs.count;
}

gm_value gm_input_at(const gm_graph *graph, int index) {
    return index >= 0 && index < graph->inputs.count ? graph->inputs.items[index] : GM_NONE;
}

gm_value gm_output_at(const gm_graph *graph, int index) {
    return index >= 0 && index < graph->outputs.count ? graph->outputs.items[index].value : GM_NONE;
}

const char *gm_output_name(const gm_graph *graph, int index) {
    return index >= 0 && index < graph->outputs.count ? graph->outputs.items[index].name : "";
}

int gm_input_index(const gm_graph *graph, const char *name) {
    for (int i = 0; i < graph->inputs.count; i++)
        if (strcmp(graph->values.items[graph->inputs.items[i]].name, name) == 0) return i;
    return -1;
}

int gm_output_index(const gm_graph *graph, const char *name) {
    for (int i = 0; i < graph->outputs.count; i++)
        if (strcmp(graph->outputs.items[i].name, name) == 0) return i;
    return -1;
}

int gm_parameter_count(const gm_graph *graph) {
    return graph->parameters.count;
}

static size_t size_of_kind(const gm_graph *graph, gm_parameter_kind kind, int before) {
    size_t size = 0;
    for (int i = 0; i < before; i++) {
        const gm_parameter_entry *entry = &graph->parameters.items[i];
        if (entry->kind == kind) size += graph->values.items[entry->value].shape.size;
    }
    return size;
}

gm_parameter_info gm_parameter_at(const gm_graph *graph, int index) {
    if (index < 0 || index >= graph->parameters.count) return (gm_parameter_info){.name = "", .value = GM_NONE};
    const gm_parameter_entry *entry = &graph->parameters.items[index];
    const gm_tensor *tensor = &graph->values.items[entry->value];
    gm_parameter_info info = {.name = tensor->name,
                              .kind = entry->kind,
                              .rank = tensor->shape.rank,
                              .size = tensor->shape.size,
                              .value = entry->value};
    memcpy(info.dims, tensor->shape.dims, sizeof info.dims);
    for (int kind = GM_TRAINABLE; kind <= GM_STATE; kind++)
        info.offset += size_of_kind(graph, (gm_parameter_kind)kind,
                                    kind == (int)entry->kind  ? index
                                    : kind < (int)entry->kind ? graph->parameters.count
                                                              : 0);
    return info;
}

int gm_parameter_index(const gm_graph *graph, const char *name) {
    for (int i = 0; i < graph->parameters.count; i++)
        if (strcmp(graph->values.items[graph->parameters.items[i].value].name, name) == 0) return i;
    return -1;
}

size_t gm_parameters_size(const gm_graph *graph) {
    size_t size = 0;
    for (int i = 0; i < graph->parameters.count; i++)
        size += graph->values.items[graph->parameters.items[i].value].shape.size;
    return size;
}

size_t gm_trainable_size(const gm_graph *graph) {
    return size_of_kind(graph, GM_TRAINABLE, graph->parameters.count);
}

void gm_mark_needed(const gm_graph *graph, bool *needed) {
    for (int n = graph->nodes.count - 1; n >= 0; n--) {
        const gm_node *node = &graph->nodes.items[n];
        bool wanted = false;
        for (int j = 0; j < node->n_out; j++) wanted |= needed[node->out[j]];
        for (int i = 0; wanted && i < node->n_in; i++)
            if (node->in[i] != GM_NONE) needed[node->in[i]] = true;
    }
}
